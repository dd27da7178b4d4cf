"""Routes met in code that had not been linted before: right and wrong side by side, wrong calls marked."""

from __future__ import annotations

from pathlib import Path

import pytest
from routes import HEADER, assert_found

ROUTES = {
    "isinstance of a criterion decides": """
import argparse
args = argparse.ArgumentParser()
args.add_argument("--loss", default="ce")
args = args.parse_args()
net = nn.Linear(3, 2)
def train(criterion, x, y):
    if isinstance(criterion, nn.CrossEntropyLoss):
        criterion(net(x), y).backward()
    elif isinstance(criterion, (nn.MSELoss, nn.L1Loss)):
        criterion(F.softmax(net(x), dim=1), y).backward()
def wrong(criterion, x, y):
    if isinstance(criterion, nn.Module):
        criterion(F.softmax(net(x), dim=1), y).backward()  # LL101
criterion = nn.CrossEntropyLoss()
if args.loss == "mse":
    criterion = nn.MSELoss()
train(criterion, torch.randn(4, 3), labels)
wrong(nn.CrossEntropyLoss(), torch.randn(4, 3), labels)
""",
    "members of an enumeration differ": """
import enum
class Phase(enum.Enum):
    TRAIN = 0,
    VALID = enum.auto()
net = nn.Linear(3, 2)
def run(phase, x, y):
    loss = F.cross_entropy(net(x), y)
    if phase == Phase.TRAIN:
        loss.backward()
run(Phase.TRAIN, torch.randn(4, 3), labels)
with torch.no_grad():
    run(Phase.VALID, torch.randn(4, 3), labels)
def both(phase, x, y):
    loss = F.cross_entropy(net(x), y)  # LL404
    if phase == Phase.VALID:
        loss.backward()
with torch.no_grad():
    both(Phase.VALID, torch.randn(4, 3), labels)
""",
    "a branch under no_grad that the caller knows": """
net = nn.Linear(3, 2)
def run(phase, x, y):
    loss = F.cross_entropy(net(x), y)
    if learns(phase):
        loss.backward()
    return loss.item()
with torch.no_grad():
    run("b", torch.randn(4, 3), labels)
def wrong(phase, x, y):
    with torch.no_grad():
        loss = F.cross_entropy(net(x), y)  # LL404
    if learns(phase):
        loss.backward()
""",
    "the loss that one attribute picked": """
class Plugin(nn.Module):
    def __init__(self, distance):
        super().__init__()
        self.distance = distance
        self.net = nn.Linear(3, 4)
        if distance == "cosine":
            self.measure = nn.CosineEmbeddingLoss()
        elif distance == "mse":
            self.measure = nn.MSELoss()
        else:
            raise NotImplementedError
    def forward(self, x, y):
        if self.distance == "cosine":
            return self.measure(self.net(x), y, torch.ones(1))
        return self.measure(self.net(x), y)
    def wrong(self, x, y):
        if self.distance == "mse":
            return self.measure(self.net(x), y)
        return self.measure(self.net(x), y)  # LL510
plugin = Plugin(configured())
plugin(torch.randn(2, 3), torch.randn(2, 4)).backward()
plugin.wrong(torch.randn(2, 3), torch.randn(2, 4)).backward()
""",
    "the dtype that tensors get by default": """
import numpy as np
torch.set_default_dtype(torch.float64)
net = nn.Sequential(nn.Linear(3, 1), nn.Sigmoid())
x = torch.randn(4, 3).to(torch.float64)
y = torch.from_numpy(np.ones((4, 1)))
nn.MSELoss()(x, torch.ones(4, 3))
nn.MSELoss()(y, torch.ones(4, 1))
F.binary_cross_entropy_with_logits(torch.ones(4, 1, dtype=torch.float32), torch.ones(4, 1))  # LL205
""",
    "a dtype by its place": """
import numpy as np
def run(weights, x, y):
    nn.CrossEntropyLoss(weight=torch.from_numpy(weights))(x, y)
run(np.ones([5], np.float32), torch.randn(4, 5), torch.tensor([0, 1, 2, 3]))
def wrong(weights, x, y):
    nn.CrossEntropyLoss(weight=torch.from_numpy(weights))(x, y)  # LL205
wrong(np.ones([5], np.float64), torch.randn(4, 5), torch.tensor([0, 1, 2, 3]))
""",
    "arguments behind a star": """
class Both(nn.CrossEntropyLoss):
    def forward(self, *inputs):
        a, b, target = tuple(inputs)
        extra = torch.zeros(target.size(0), 5).type_as(a)
        return F.binary_cross_entropy_with_logits(b, extra) + super().forward(a, target)
def measure(a, b, extra=None):
    return F.mse_loss(a, b)
def train(model, loader):
    for image, target in loader:
        outputs = model(image.cuda())
        if not isinstance(outputs, (list, tuple)):
            outputs = (outputs,)
        Both()(*outputs, target.cuda()).backward()
        measure(*outputs, torch.zeros(4, 1).cuda())
""",
    "an object called by its method": """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(3, 4)
        self.softmax = nn.Softmax(dim=1)
    def forward(self, x):
        return self.softmax(self.fc(x))
    def add_loss(self, loss):
        self.loss = loss
    def run(self, loader):
        for x, y in loader:
            self.loss(self.__call__(x), y).backward()  # LL103
            self.loss(self.fc.__call__(x).log_softmax(1), y).backward()
net = Net()
net.add_loss(nn.NLLLoss())
net.run(loaded())
""",
    "classes that attention votes on": """
def episode(scores, y, target, values):
    one_hot = torch.FloatTensor(8, 5, 3)
    one_hot.zero_()
    one_hot.scatter_(2, y.unsqueeze(2), 1)
    attention = nn.Softmax(dim=1)(nn.Linear(9, 5)(torch.randn(8, 9)))
    votes = attention.unsqueeze(1).bmm(one_hot).squeeze()
    F.cross_entropy(votes, target)  # LL101
    F.nll_loss((votes + 1e-6).log(), target)
    F.nll_loss(torch.log(attention @ values), target)
    F.nll_loss(attention @ nn.Linear(3, 4)(values), target)  # LL102
""",
    "networks of many parties": """
import argparse
args = argparse.ArgumentParser()
args.add_argument("--model", default="a")
args = args.parse_args()
class Soft(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(3, 4)
    def forward(self, x):
        return F.softmax(self.fc(x), dim=1)
def build(count):
    nets = {i: None for i in range(count)}
    for i in range(count):
        if args.model == "a":
            net = Soft()
        else:
            net = nn.Linear(3, 4)
        nets[i] = net
    return nets
for number, net in build(10).items():
    for x, y in loaded():
        F.cross_entropy(net(x), y).backward()  # LL101
""",
    "leaves made of what was cut off": """
def attack(net, images):
    w = (net(images) * 2).detach()
    w.requires_grad = True
    opt = torch.optim.Adam([w])
    for _ in range(10):
        F.mse_loss(torch.tanh(w), images).backward()
        opt.step()
@torch.no_grad()
def gradient(net, x):
    image = x.clone().requires_grad_()
    with torch.enable_grad():
        score = net(image).sum()
    score.backward()
    return image.grad
attack(nn.Linear(3, 3), torch.randn(3, 3))
gradient(nn.Linear(3, 3), torch.randn(3, 3))
@torch.no_grad()
def wrong(net, x):
    score = net(x).sum()
    score.backward()  # LL404
wrong(nn.Linear(3, 3), torch.randn(3, 3))
""",
    "distributions one after the other": """
def decode(net, steps, x, y):
    made = [F.log_softmax(net(x), 1) for _ in range(steps)]
    scores = torch.cat(made, 1).view(x.size(0) * steps, -1)
    F.nll_loss(scores, y)
decode(nn.Linear(3, 7), count(), torch.randn(4, 3), labels)
""",
    "a kind that is asked for its truth": """
class Net(nn.Module):
    def __init__(self, type=0):
        super().__init__()
        self.fc = nn.Linear(3, 4)
        self.type = type
    def forward(self, x):
        if not bool(self.type):
            return self.fc(x)
        return F.log_softmax(self.fc(x), dim=1)
def train(net, loss, x, y):
    if not bool(net.type):
        loss(net(x), y.float())
    else:
        loss(net(x), y)
    if bool(net.type):
        F.nll_loss(net(x).exp(), y)  # LL103
x, y = torch.randn(2, 3), torch.tensor([1, 2])
train(Net(0), nn.BCEWithLogitsLoss(), x, torch.ones(2, 4))
train(Net(1), nn.NLLLoss(), x, y)
""",
    "a dozen networks by name": """
import argparse
args = argparse.ArgumentParser()
args.add_argument("--model", required=True)
args = args.parse_args()
"""
    + "".join(
        f"""
class Net{number}(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc{number} = nn.Linear(3, 4)
    def forward(self, x):
        return {"F.softmax(self.fc9(x), dim=1)" if number == 9 else f"self.fc{number}(x)"}
"""
        for number in range(12)
    )
    + "if args.model == 'net0':\n    net = Net0()\n"
    + "".join(f"elif args.model == 'net{number}':\n    net = Net{number}()\n" for number in range(1, 12))
    + """
x, y = torch.randn(2, 3), torch.tensor([1, 2])
F.cross_entropy(net(x), y).backward()  # LL101
if args.model != "net9":
    F.cross_entropy(net(x), y).backward()
""",
    "as many random numbers as means": """
import numpy as np
def toy(count, centre=(3, 3)):
    return torch.tensor([np.random.normal(loc=centre) for _ in range(count)], dtype=torch.float32)
F.binary_cross_entropy_with_logits(nn.Linear(2, 1)(toy(1000)).squeeze(), torch.ones(1000))
""",
    "a tensor type names a device": """
def run(dtype, x):
    net = nn.Linear(3, 1).cuda()
    F.mse_loss(net(x.cuda()), torch.zeros(4, 1).type(torch.cuda.FloatTensor))
    F.mse_loss(net(x.cuda()), torch.zeros(4, 1).type(dtype))
    F.mse_loss(net(x.cuda()), torch.zeros(4, 1).cuda().type(torch.FloatTensor))  # LL509
run(chosen(), torch.randn(4, 3))
""",
    "buffers and parameters go where their module goes": """
class Centres(nn.Module):
    def __init__(self, mean):
        super().__init__()
        self.register_buffer("mean", mean)
        self.register_buffer(name="other", tensor=self.mean.clone())
        self.weight = nn.Parameter(torch.zeros(4), requires_grad=False)
        self.plain = torch.zeros(4)

    def forward(self, x):
        if self.training:
            self.mean = 0.9 * self.mean + 0.1 * x.detach().mean(0)
        loss = F.mse_loss(x, self.mean) + F.mse_loss(x, self.other) + F.mse_loss(x, self.weight)
        return loss + F.mse_loss(x, self.plain)  # LL509

net, centres = nn.Linear(3, 4).cuda(), Centres(torch.zeros(4)).cuda()
centres(net(torch.rand(4, device="cuda")))
""",
}


@pytest.mark.parametrize("name", ROUTES)
def test_route(name: str, tmp_path: Path) -> None:
    assert_found(tmp_path, {"a.py": HEADER + ROUTES[name]})


def test_a_default_dtype_is_that_of_the_script_that_sets_it(tmp_path: Path) -> None:
    """Whether another script runs after it isn't known."""
    loss = "F.binary_cross_entropy_with_logits(torch.ones(4, 1, dtype=torch.float32), torch.ones(4, 1))"
    sets = f"{HEADER}torch.set_default_dtype(torch.float64)\n{loss}  # LL205\n"
    assert_found(tmp_path, {"a.py": sets, "b.py": f"{HEADER}{loss}\n"})
