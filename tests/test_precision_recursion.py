"""Recursion ends early where nothing tells when it would, and is followed where objects do."""

from __future__ import annotations

from pathlib import Path

from routes import HEADER, found, write

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
