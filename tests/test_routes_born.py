"""Methods that nobody calls of objects that are made under a condition: it holds for them too."""

from __future__ import annotations

from pathlib import Path

import pytest
from routes import HEADER, assert_found

from losslint.oneof import OneOf
from losslint.static.budgets import DEPTH
from losslint.static.choices import LEFT_OUT, LONGEST, Guard, Literal, Origin, both, by_default, shortened
from losslint.static.project import check_paths

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
    others = [Origin(f"other{number}", default=OneOf.of("x")) for number in range(2 * LONGEST)]
    guard = tuple(Literal(one, "==", "x") for one in others)
    short = shortened(guard)
    assert len(short) == LONGEST
    assert LEFT_OUT in short
    assert by_default(guard)
    assert not by_default(short)


def test_a_chain_of_refusals_is_one() -> None:
    kind, other = Origin("kind", default=OneOf.of("a")), Origin("other", default=OneOf.of("x"))
    refused = tuple(f"k{number}" for number in range(2 * LONGEST))
    guard: Guard = (Literal(other, "==", "x"),)
    for one in refused:
        guard = both(guard, (Literal(kind, "==", one, False),)) or guard
    assert both(guard, (Literal(kind, "==", refused[0]),)) is None
    assert both(guard, (Literal(kind, "==", "k"),)) == (Literal(other, "==", "x"), Literal(kind, "==", "k"))
    assert by_default(guard)
    assert shortened((*guard, Literal(kind, "in", None, False), Literal(kind, "in", "abc", False)))[-1].value == "abc"


FOCAL = """
class Focal(nn.Module):
    def __init__(self, logits):
        super().__init__()
        self.logits = logits

    def forward(self, x, y):
        if self.logits:
            return F.binary_cross_entropy_with_logits(x, y)
        return F.binary_cross_entropy(x, y)

class Holder:
    pass

holder = Holder()
"""


@pytest.mark.parametrize(("logits", "wanted"), [(True, []), (False, ["LL104"])])
def test_a_constructor_that_had_no_budget_runs_when_its_object_is_used(tmp_path: Path, logits: bool, wanted: list[str]) -> None:
    calls = [f"def f{number}():\n    f{number + 1}()\n\n" for number in range(DEPTH - 1)]
    end = f"def f{DEPTH - 1}():\n    holder.loss = Focal({logits})\n\nf0()\n"
    end += "holder.loss(nn.Linear(4, 1)(torch.rand(2, 4)), torch.ones(2, 1))\n"
    file = tmp_path / "program.py"
    file.write_text("".join([HEADER, FOCAL, *calls, end]))
    result = check_paths([str(file)])
    assert result.statistics.over_budget.keys() == {f"{file}:Focal.__init__"}
    assert [one.code for one in result.findings if one.certainty == "proven"] == wanted
