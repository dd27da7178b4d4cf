"""What a program asks of its values: whether they can be called, of which class they are, whether one of its switches is on."""

from __future__ import annotations

from pathlib import Path

import pytest
from routes import HEADER, assert_found, write

from losslint.static.project import check_paths

DEFAULT = """
import inspect

def default(value, other):
    if value is not None:
        return value
    return other() if {asked} else other

net = nn.Linear(3, 3)

def step(x, noise=None):
    noise = default(noise, lambda: torch.randn_like(x))
    return F.mse_loss(net(x), noise)

step(torch.randn(8, 3)).backward()
"""
PROGRAMS = {
    "a method below a switch that the object has off": """
class Loss(nn.Module):
    def __init__(self, criterion, head, copies=False):
        super().__init__()
        self.criterion = criterion
        self.head = head
        self.copies = copies

    def copied(self, out, target, align):
        return self.criterion(self.head(out), align, target).sum()

    def forward(self, out, target, align):
        if self.copies:
            return self.copied(out, target, align)
        return self.criterion(out, target)

loss = Loss(nn.CrossEntropyLoss(), nn.Linear(3, 4))
loss(torch.randn(8, 4), torch.tensor([0] * 8), None).backward()
""",
    "a method below a switch that the object has on": """
class Loss(nn.Module):
    def __init__(self, criterion, head, soft=True):
        super().__init__()
        self.criterion = criterion
        self.head = head
        self.soft = soft

    def softly(self, out, target):
        return self.criterion(self.head(out).softmax(1), target)  # LL101

    def later(self, out, target):
        if self.soft:
            return self.softly(out, target)

Loss(nn.CrossEntropyLoss(), nn.Linear(3, 4))
""",
    "a result that has two parts when it is asked for": """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(3, 4)

    def forward(self, x, inner=None):
        out = self.layer(x).softmax(1)
        return (out, x) if isinstance(inner, bool) else out

def step(x, y):
    F.cross_entropy(Net()(x), y)  # LL101
""",
    "a cast that types alone see": """
from typing import cast

def step(x, y, reduction):
    nn.MSELoss(reduction=cast(str, reduction))(x, y)
    nn.MSELoss(reduction=cast(str, "avg"))(x, y)  # LL504
""",
    "a class that is no object yet": """
def made(given):
    is_made = isinstance(given, nn.Module)
    return given if is_made else given()

class Net:
    def __init__(self, criterion):
        self.criterion = made(criterion)

    def step(self, x, y):
        return self.criterion(x.softmax(1), y)  # LL101

Net(nn.CrossEntropyLoss).step(torch.randn(8, 3), torch.tensor([0] * 8))
""",
    "a class of which an object is made on some path": """
class Net:
    def __init__(self, criterion, **options):
        self.criterion, self.options = criterion, options

    def prepare(self, given):
        done = isinstance(given, nn.Module)
        self.made = given if done and not self.options else type(given)(**self.options) if done else given()

    def step(self, x, y):
        return self.made(x.softmax(1), y)  # LL101

class Classifier(Net):
    def __init__(self, criterion=nn.CrossEntropyLoss, **options):
        super().__init__(criterion, **options)
        self.prepare(torch.load("criterion") if options else criterion)

def main(**options):
    Classifier(**options).step(torch.randn(8, 3), torch.tensor([0] * 8))
""",
    "a method that another one replaces on some path": """
class Tagger(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(3, 4)

    def forward(self, x):
        return self.layer(x)

    def loss(self, x, y):
        return F.cross_entropy(self.forward(x), y), len(y)

class Trainer:
    def __init__(self, model):
        self.model = model

    def train(self, data, many=False):
        if many:
            self.model.forward = self.model.loss
        for x, y in data:
            loss, count = self.model.loss(x, y)
            loss.backward()

def main(data, many):
    trainer = Trainer(Tagger())
    trainer.train(data, many=many)
    trainer.train(data)
""",
    "what a sequence of layers keeps beside them": """
class Net(nn.Module):
    def __init__(self):
        net = nn.Sequential(nn.Linear(3, 4), nn.Softmax(1))
        net.start = self.start
        net.sizes = [3, 4]
        super().__init__()
        self.net = net

    def start(self, module):
        nn.init.zeros_(module.weight)

    def forward(self, x):
        return self.net(x)

F.cross_entropy(Net()(torch.randn(8, 3)), torch.tensor([0] * 8))  # LL101
""",
    "class ids that others fill in": """
class Clusters(nn.Module):
    def __init__(self, count):
        super().__init__()
        self.register_buffer("assigned", -100 * torch.ones(count).long())
        self.register_buffer("centers", torch.rand(5, 8))

    def forward(self, x, index):
        return F.cross_entropy(x @ self.centers.t(), self.assigned[index])

def step(x, index):
    Clusters(100)(x, index).backward()
""",
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_asked(name: str, tmp_path: Path) -> None:
    assert_found(tmp_path, {"main.py": HEADER + PROGRAMS[name]})


@pytest.mark.parametrize("asked", ["callable(other)", "inspect.isfunction(other)", "not isinstance(other, torch.Tensor)"])
def test_a_function_that_makes_a_default_is_called(asked: str, tmp_path: Path) -> None:
    write(tmp_path, {"main.py": HEADER + DEFAULT.format(asked=asked)})
    assert [one for one in check_paths([str(tmp_path)]).findings if one.certainty == "possible"] == []


def test_a_tensor_is_neither_a_mapping_nor_a_sequence(tmp_path: Path) -> None:
    text = """
from collections.abc import Mapping, Sequence

def move(x, device):
    if device is None:
        return x
    if isinstance(x, Mapping):
        return type(x)({key: move(one, device) for key, one in x.items()})
    if isinstance(x, Sequence):
        return type(x)(move(one, device) for one in x)
    return x.to(device)

def train(a, b, device):
    net = nn.Sequential(nn.Linear(3, 4), nn.LogSoftmax(1))
    loader = torch.utils.data.DataLoader(torch.utils.data.TensorDataset(torch.tensor(a), torch.tensor(b)))
    for x, y in loader:
        x, y = move(x, device), move(y, device)
        F.nll_loss(net(x), y).backward()
"""
    write(tmp_path, {"main.py": HEADER + text})
    assert [one for one in check_paths([str(tmp_path)]).findings if one.certainty in ("proven", "possible")] == []
