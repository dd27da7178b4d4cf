"""The `forward` of an object that is replaced by another, and what it was before."""

from __future__ import annotations

from pathlib import Path

from routes import HEADER, assert_found

PROGRAM = """
import functools

def wrapped(original, *args):
    return original(*args)

def checkpointed(m):
    m.before = m.forward
    m.forward = functools.partial(wrapped, m.before)
    return m

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.ffn = checkpointed(nn.Sequential(nn.Linear(4, 3), nn.Softmax(1)))
        self.raw = checkpointed(nn.Sequential(nn.Linear(4, 3)))
    def forward(self, x):
        return self.ffn(x), self.raw(x)

class Own(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(4, 3)
    def forward(self, x):
        return torch.softmax(self.fc(x), 1)

def train(x, y):
    a, b = Net()(x)
    F.cross_entropy(a, y)  # LL101
    F.cross_entropy(b, y)
    own = checkpointed(Own())
    F.cross_entropy(own(x), y)  # LL101
    head = nn.Linear(4, 3)
    head.forward = lambda x: torch.softmax(x, 1)
    F.cross_entropy(head(x), y)  # LL101
    over = Own()
    over.forward = lambda x: over.fc(x)
    F.cross_entropy(over(x), y)

class Two(nn.Module):
    def __init__(self, soft):
        super().__init__()
        self.fc = nn.Linear(4, 3)
        self.forward = self.soft
    def soft(self, x):
        return torch.softmax(self.fc(x), 1)
    def forward(self, x):
        return self.fc(x)

def train2(x, y):
    F.cross_entropy(Two()(x), y)  # LL101
"""

HOLDS_ITSELF = """
def converted(names):
    out = nn.Sequential(nn.Linear(4, 3))
    out.add_module("again", out if names else nn.Identity())
    return out

def train(x, y, names):
    F.cross_entropy(converted(names)(x), y)
    F.cross_entropy(torch.softmax(x, 1), y)  # LL101
"""


def test_forward_is_replaced(tmp_path: Path) -> None:
    assert_found(tmp_path, {"main.py": HEADER + PROGRAM})


def test_a_sequential_that_may_hold_itself(tmp_path: Path) -> None:
    assert_found(tmp_path, {"main.py": HEADER + HOLDS_ITSELF})
