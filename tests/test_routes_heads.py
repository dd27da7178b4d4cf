"""The last layer that a program gives to a library's model: what the model returns is a row for each image."""

from __future__ import annotations

from pathlib import Path

import pytest
from routes import HEADER, assert_found

PROGRAMS = {
    "a head of convolutions, which the model flattens": """
from torchvision.models import squeezenet1_1

def main(x, y: torch.LongTensor):
    model = squeezenet1_1(pretrained=True)
    model.classifier = nn.Sequential(nn.Dropout(p=0.5), nn.Conv2d(512, 2, 1), nn.ReLU(inplace=True), nn.AvgPool2d(13))
    loader = torch.utils.data.DataLoader(torch.utils.data.TensorDataset(x, torch.randint(2, (8,))))
    for images, labels in loader:
        F.cross_entropy(model(images), labels)
""",
    "a softmax over the images": """
from torchvision.models import resnet18

def main(x):
    model = resnet18()
    model.fc = nn.Sequential(nn.Linear(512, 3), nn.LogSoftmax(dim=0))
    F.nll_loss(model(x), torch.randint(3, (8,)))  # LL109
""",
    "one column for a vector of targets": """
from torchvision.models import resnet18

def main(x):
    model = resnet18()
    model.fc = nn.Linear(512, 1)
    F.mse_loss(model(x), torch.rand(8))  # LL301
""",
    "a class derived from the model": """
from torchvision.models.resnet import BasicBlock, ResNet

class Net(ResNet):
    def __init__(self):
        super().__init__(BasicBlock, [2, 2, 2, 2])
        self.fc = nn.Linear(512, 1)

    def forward(self, x):
        return super().forward(x)

def main(x):
    F.mse_loss(Net()(x), torch.rand(8))  # LL301
""",
}


@pytest.mark.parametrize("program", PROGRAMS.values(), ids=PROGRAMS.keys())
def test_a_head_of_its_own(program: str, tmp_path: Path) -> None:
    assert_found(tmp_path, {"program.py": HEADER + program})
