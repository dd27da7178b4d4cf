"""Targets made for a batch of which only that it is one is known: as many as it has rows, in place or new."""

from __future__ import annotations

from pathlib import Path

import pytest
from routes import HEADER, assert_found

PROGRAMS = {
    "a batch of a known data set": """
from torchvision import datasets, transforms

loader = torch.utils.data.DataLoader(datasets.MNIST("data", transform=transforms.ToTensor()), batch_size=8)
net = nn.Linear(784, 1)
for image, _ in loader:
    size = image.size(0)
    F.binary_cross_entropy_with_logits(net(image.view(size, -1)), torch.ones(size))  # LL303
    F.binary_cross_entropy_with_logits(net(image.view(size, -1)), torch.ones(size, 1))
""",
    "all sizes at once": """
net = nn.Linear(784, 1)

def losses(image):
    rows, _ = image.size()
    F.binary_cross_entropy_with_logits(net(image.view(rows, -1)), torch.ones(rows))  # LL303
    F.binary_cross_entropy_with_logits(net(image.view(rows, -1)), torch.ones(image.size()[0]))  # LL303
""",
    "what has a size and isn't known is no tuple": """
def losses(queue, net, x, y):
    if queue.size() == 0:
        F.cross_entropy(net(x).softmax(1), y)  # LL101
    F.mse_loss(net(x).flatten(), torch.zeros(queue.size()))
""",
    "labels that are resized": """
label = torch.zeros(64, 1)
net = nn.Linear(784, 1)
for image in loader:
    label.data.resize_(image.size(0)).fill_(1)
    F.binary_cross_entropy_with_logits(net(image.view(-1, 784)), label)  # LL303
    label.resize_(image.size(0), 1).fill_(0)
    F.binary_cross_entropy_with_logits(net(image.view(-1, 784)), label)
""",
    "what several devices make is joined": """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(8, 1)

    def forward(self, x, several=False):
        out = self.fc(x.view(32 // 2, -1))
        return (out, {"scores": out}) if several else out

labels, x = torch.zeros(32, 1), torch.rand(32, 8)
F.mse_loss(nn.DataParallel(Net(), device_ids=[0, 1])(x), labels)
F.mse_loss(nn.DataParallel(Net()).forward(x), labels)
F.mse_loss(nn.DataParallel(Net())(x, several=True)[0], labels)
F.mse_loss(Net()(x), labels)  # LL303
F.mse_loss(nn.parallel.DistributedDataParallel(Net())(x), labels)  # LL303
F.mse_loss(nn.DataParallel(nn.Linear(8, 1))(x), labels[:, 0])  # LL301
F.mse_loss(nn.DataParallel(nn.Linear(8, 1))(x), torch.zeros(16, 1))  # LL303
""",
    "sizes that torch refuses are unknown": """
short = nn.Conv1d(1, 1, 5)(torch.rand(1, 1, 2))
F.mse_loss(short[..., 1:], torch.rand(1, 1, 2))
F.mse_loss(torch.zeros(3 - 5)[1:], torch.rand(2))
F.mse_loss(nn.ConvTranspose1d(1, 1, 1, padding=4)(torch.rand(1, 1, 2))[..., 1:], torch.rand(1, 1, 2))
""",
    "a leaf whose data are changed learns as before": """
weight = torch.zeros(3, requires_grad=True)
weight.data.resize_(4).fill_(1)
F.mse_loss(weight, torch.zeros(4)).backward()
F.mse_loss(weight, torch.zeros(3)).backward()  # LL303
""",
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_sizes(name: str, tmp_path: Path) -> None:
    assert_found(tmp_path, {"a.py": HEADER + PROGRAMS[name]})
