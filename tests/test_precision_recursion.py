"""Recursion ends early where nothing tells when it would, and is followed where objects do."""

from __future__ import annotations

from pathlib import Path

from routes import HEADER, found, write

from losslint.static.choices import Literal, Origin, Paths
from losslint.static.project import check_paths

WALKS = """
def fuse(model):
    for child in model.children():
        fuse(child)
    for name, child in model.named_children():
        setattr(model, name, fuse(child))
    return fuse(model.inner) if model.inner else model

def halved(x, times):
    return x if times < 1 else halved(x / 2, times - 1) + halved(x, times - 1)

def train(model, x, y, times):
    F.cross_entropy(fuse(model)(halved(x, times)), y).backward()
"""
NESTED = """
class Block(nn.Module):
    def __init__(self, inner=None):
        super().__init__()
        self.inner = inner
        self.layer = nn.Linear(4, 4)

    def forward(self, x):
        return torch.softmax(self.layer(x), 1) if self.inner is None else self.inner(x)

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        block = Block()
        for _ in range(6):
            block = Block(block)
        self.outer = block

    def forward(self, x):
        return self.outer(x)

F.cross_entropy(Net()(torch.rand(8, 4)), torch.zeros(8).long())  # LL101
"""


def test_a_walk_over_what_is_not_known_takes_no_budget(tmp_path: Path) -> None:
    write(tmp_path, {"walk.py": HEADER + WALKS})
    result = check_paths([str(tmp_path)])
    assert result.statistics.loss_calls == 1 and result.statistics.budget_hits == 0
    assert not [one for one in result.findings if one.certainty == "proven"]


def test_modules_in_modules_are_followed(tmp_path: Path) -> None:
    text = HEADER + NESTED
    write(tmp_path, {"nested.py": text})
    line = next(number for number, line in enumerate(text.splitlines(), 1) if line.endswith("# LL101"))
    assert found(tmp_path) == {("nested.py", line, "LL101")}


def test_conditions_of_conditions_stay_short() -> None:
    """`a and c or b and not c` is a condition of its own, in which `c` stands twice: in full it would double each time."""
    paths = Paths()
    last = Literal(Origin("c"), "true", None)
    for number in range(20):
        a, b = (Literal(Origin(f"{name}{number}"), "true", None) for name in "ab")
        yes, _ = paths.sides([(a, last), (b, last.negated())], [(a.negated(), last), (b.negated(), last.negated())])
        (last,) = yes
    assert len(paths.composed) == 20
    assert max(len(origin.name) for origin in paths.composed.values()) < 300
