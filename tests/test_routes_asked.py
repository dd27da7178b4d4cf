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
