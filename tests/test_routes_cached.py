"""Functions whose results the program caches: the same object for the same arguments."""

from __future__ import annotations

from pathlib import Path

import pytest
from routes import HEADER, NETS, assert_found, interpreted, write

SWITCHED = """
from functools import cache, lru_cache

class Switched(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(4, 3)
        self.soft = False

    def forward(self, x):
        return self.fc(x).softmax(1) if self.soft else self.fc(x)
"""
PROGRAMS = {
    "one object for one argument": """
@cache
def net(name, *, deep=False):
    return Switched()

def main(x, y):
    net("a").soft = True
    ce(net("a")(x), y)  # LL101
    ce(net("b")(x), y)
    ce(net("a", deep=True)(x), y)
    ce(net(Soft)(x), y)
""",
    "a cache with a size, and no argument": """
@lru_cache(maxsize=8)
def net():
    return Switched()

def main(x, y):
    net().soft = True
    ce(net()(x), y)  # LL101
""",
    "without a cache each call makes another": """
def net():
    return Switched()

def main(x, y):
    net().soft = True
    ce(net()(x), y)
""",
    "numbers that are equal are one argument only where their types are": """
@lru_cache(typed=True)
def net(size):
    return Switched()

def main(x, y):
    net(1).soft = True
    ce(net(1)(x), y)  # LL101
    ce(net(True)(x), y)
""",
    "what isn't known may be another argument": """
@cache
def net(name):
    return Switched()

def main(x, y, one, other):
    net(one).soft = True
    ce(net(other)(x), y)
""",
    "what is made in a branch may not be made": """
@cache
def net(name):
    return Switched()

def main(x, y, early):
    if early:
        net("a").soft = True
    ce(net("a")(x), y)
""",
    "one that calls itself": """
@cache
def depth(number):
    return 1 if number < 1 else depth(number - 1) + 1

def main(x, y):
    ce(nn.Linear(4, depth(1))(x), y)
    ce(nn.Linear(4, depth(0))(x), y)  # LL112
""",
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_program(name: str, tmp_path: Path) -> None:
    assert_found(tmp_path, {"program.py": HEADER + NETS + SWITCHED + PROGRAMS[name]})


def test_it_is_entered_once_for_each_argument(tmp_path: Path) -> None:
    calls = "net('a')\nnet('b')\nnet('a')\nnet('a')\nother('a')\nother('a')\n"
    made = "@cache\ndef net(name):\n    return F.mse_loss\ndef other(name):\n    return F.mse_loss\n"
    write(tmp_path, {"program.py": HEADER + "from functools import cache\n" + made + calls})
    _, (module,) = interpreted(tmp_path, "program.py")
    assert {one.name: one.entered for one in module.functions} == {"net": 2, "other": 2}
