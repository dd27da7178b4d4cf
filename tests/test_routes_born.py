"""Methods that nobody calls of objects that are made under a condition: it holds for them too."""

from __future__ import annotations

from pathlib import Path

from routes import HEADER, assert_found

from losslint.oneof import OneOf
from losslint.static.choices import LEFT_OUT, LONGEST, Literal, Origin, by_default, shortened

COUNT = 14
NET = """
import argparse

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.body, self.last = nn.Linear(4, 3), nn.Identity()

    def forward(self, x):
        return self.last(self.body(x))

"""
WORKER = """
class Worker{number}:
    def __init__(self, model):
        self.model = model

    def train(self, x, y):
        return F.cross_entropy(self.model(x), y){mark}
"""


def test_an_object_made_in_one_branch_has_what_that_branch_has(tmp_path: Path) -> None:
    """The first of many branches gives the model a softmax: that is not so where another one is taken."""
    workers = [WORKER.format(number=number, mark="" if number else "  # LL101") for number in range(COUNT)]
    changes = "        model.last = nn.Softmax(1)\n"
    chain = [
        f"    {'elif' if number else 'if'} args.kind == 'k{number}':\n"
        f"{'' if number else changes}        worker = Worker{number}(model)\n"
        for number in range(COUNT)
    ]
    end = "\nparser = argparse.ArgumentParser()\nparser.add_argument('--kind', default='k0')\nmain(parser.parse_args())\n"
    text = "".join([HEADER, NET, *workers, "\ndef main(args):\n    model = Net()\n", *chain, end])
    assert_found(tmp_path, {"program.py": text})


def test_of_a_long_guard_it_is_not_known_whether_it_holds() -> None:
    kind, other = Origin("kind", default=OneOf.of("a")), Origin("other", default=OneOf.of("x"))
    guard = (*(Literal(kind, "==", f"k{number}", False) for number in range(2 * LONGEST)), Literal(other, "==", "x"))
    short = shortened(guard)
    assert len(short) == LONGEST
    assert Literal(other, "==", "x") in short
    assert LEFT_OUT in short
    assert by_default(guard)
    assert not by_default(short)
