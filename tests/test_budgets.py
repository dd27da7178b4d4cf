"""What entry points may take: losses that are met on the way are worth going on for; what takes too long stays unknown."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from routes import HEADER

from losslint.static import budgets, looping, shares
from losslint.static.program import Program
from losslint.static.project import Result, check_paths

WORK = f"    [{'x, ' * 500}]\n" * 28
"""More than half of the patience of one of many main blocks, and less than all of it."""
LOSS = "    F.cross_entropy(F.softmax(x, 1), y)\n"
MAIN = 'if __name__ == "__main__":\n    x, y = torch.randn(4, 3), torch.tensor([0, 1, 2, 0])\n'


def checked(folder: Path, text: str) -> Result:
    (folder / "program.py").write_text(HEADER + text)
    return check_paths([str(folder)])


def lines(result: Result) -> list[int]:
    return [one.place.line for one in result.findings if one.certainty == "proven"]


def test_patience_counts_from_the_last_loss(tmp_path: Path) -> None:
    result = checked(tmp_path, MAIN + (WORK * 2 + LOSS) * 3)
    assert len(lines(result)) == 3
    assert not result.statistics.budget_hits


@pytest.mark.parametrize(("blocks", "found"), [(1, True), (20, False)])
def test_what_meets_no_loss_ends(blocks: int, found: bool, tmp_path: Path) -> None:
    """Where main blocks are few, each may go farther."""
    for number in range(1, blocks):
        (tmp_path / f"other{number}.py").write_text(HEADER + MAIN + LOSS)
    result = checked(tmp_path, MAIN + WORK * 2 + LOSS)
    over = [f"{tmp_path / 'program.py'}:its main block"]
    assert [one.place.filename for one in result.findings].count(str(tmp_path / "program.py")) == found
    assert list(result.statistics.over_budget) == ([] if found else over)


def test_a_main_block_alone_ends(tmp_path: Path) -> None:
    assert lines(checked(tmp_path, MAIN + WORK * 6 + LOSS)) == []


def test_a_file_is_defined_to_its_end(tmp_path: Path) -> None:
    text = "if x := 1:\n" + WORK * 2 + "def f(x, y):\n" + LOSS
    assert len(lines(checked(tmp_path, text))) == 1


@pytest.mark.parametrize(("turn", "times"), [(budgets.TURN, 2), (10, 1)])
def test_a_long_turn_of_a_loop_is_made_once(turn: int, times: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(looping, "TURN", turn)
    made: list[object] = []
    one = looping.Looping.turn

    def counted(self: looping.Looping, node: object, *rest: object) -> object:
        made.append(node)
        return one(self, node, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(looping.Looping, "turn", counted)
    checked(tmp_path, "for x, y in loader:\n" + LOSS + LOSS)
    assert len(made) == times


def test_a_file_whose_functions_come_to_no_loss_gets_less(tmp_path: Path) -> None:
    """Each of them may go half as far as the one before it, until one meets a loss."""
    start = "    x, y = torch.randn(4, 3), torch.tensor([0, 1, 2, 0])\n"
    long = "".join(f"def long{number}():\n{start}{WORK}{WORK}{LOSS}" for number in range(2))
    after = "def after():\n" + start + WORK + LOSS
    assert len(lines(checked(tmp_path, after))) == 1
    assert lines(checked(tmp_path, long + after)) == []
    assert len(lines(checked(tmp_path, long + "def short():\n" + start + LOSS + after))) == 2


REGISTRY = """
REGISTERED = {{}}

def register(function):
    name = function.__name__
{work}    REGISTERED[name] = function
    return function
"""


@pytest.mark.parametrize(("work", "followed"), [("", True), ("    [" + "name, " * 100 + "]\n", False)])
def test_a_long_registry_is_followed_where_an_entry_takes_little(work: str, followed: bool, tmp_path: Path) -> None:
    entries = "".join(f"@register\ndef loss{number}(x, y):\n    return F.mse_loss(x, y)\n" for number in range(400))
    result = checked(tmp_path, REGISTRY.format(work=work) + entries)
    assert bool(result.statistics.budget_hits) is not followed


CUT_OFF = """
class Net(nn.Module):
    def __init__(self, name):
        super().__init__()
        self.last = nn.Softmax(dim=1)
        self.end = nn.Softmax(dim=1)
        [WORK]
        self.end = nn.Identity()

    def probabilities(self, x):
        return self.last(x)

    def logits(self, x):
        return self.end(x)

def build(name):
    return Net(name)

if __name__ == "__main__":
    x, y = torch.randn(4, 3), torch.tensor([0, 1, 2, 0])
    net = build("one")
    F.cross_entropy(net.probabilities(x), y)  # wrong
    F.cross_entropy(net.logits(x), y)
    F.cross_entropy(F.softmax(x, 1), y)  # wrong
"""


@pytest.mark.parametrize("work", ["pass", (WORK * 6).replace("x, ", "name, ").replace("    [", "        [")])
def test_callers_of_what_takes_too_long_go_on(work: str, tmp_path: Path) -> None:
    """A network whose making is cut off is known by what it sets once; whoever asked for it meets its losses."""
    text = CUT_OFF.replace("[WORK]", work.strip())
    result = checked(tmp_path, text)
    wrong = [number for number, line in enumerate((HEADER + text).splitlines(), 1) if line.endswith("# wrong")]
    assert lines(result) == wrong
    assert list(result.statistics.over_budget) == ([f"{tmp_path / 'program.py'}:Net.__init__"] if work != "pass" else [])


OFTEN = """
def helper(x):
    [WORK]
    return x.softmax(1)

def lossy(x, y):
    [WORK]
    return F.cross_entropy(x, y)

x, y = torch.randn(4, 3), torch.tensor([0, 1, 2, 0])
for each in range(2):
    [CALLS]
"""


@pytest.mark.parametrize(("calls", "found"), [("F.nll_loss(helper(x), y)", 2), ("lossy(helper(x), y)", 1)])
def test_what_meets_a_loss_is_entered_again_and_again(calls: str, found: int, tmp_path: Path) -> None:
    """A function that takes much and meets none is not: what it gives is unknown from then on."""
    every = "\n    ".join([calls] * 3)
    result = checked(
        tmp_path, OFTEN.replace("[WORK]", f"[{'x, ' * 500}]\n" + f"    [{'x, ' * 500}]\n" * 20).replace("[CALLS]", every)
    )
    assert len(lines(result)) == found
    over = {name.rpartition(":")[2] for name in result.statistics.over_budget}
    assert over == {"helper"}


def test_a_program_of_many_files_is_thrifty() -> None:
    machine = Program(["."]).machine
    for files, thrift in ((1, 1), (budgets.FILES, 1), (2 * budgets.FILES, 2), (10 * budgets.FILES, 10)):
        machine.crowd(files)
        assert machine.thrift == thrift
    machine.share(1)
    assert (machine.part, machine.long) == (1, budgets.LONG)
    machine.total = budgets.LONG // 2
    machine.share(8)
    assert (machine.part, machine.long) == (budgets.PART, budgets.LONG // 2 + budgets.LONG // 2 // 8)


ALIKE = """
def helper(x):
    [WORK]
    return x.softmax(1)

def lossy(x, y):
    return F.cross_entropy(x, y)
"""


@pytest.mark.parametrize(("loss", "found", "over"), [("F.nll_loss", 6, set()), ("lossy", 1, {"helper"})])
def test_what_leads_to_new_losses_is_entered_again_and_again(
    loss: str, found: int, over: set[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not where the same one is met each time."""
    monkeypatch.setattr(budgets, "UNCALLED", replace(budgets.UNCALLED, spent=3_000))
    callers = "".join(f"def run{number}(x, y):\n    {loss}(helper(x), y)\n" for number in range(6))
    result = checked(tmp_path, ALIKE.replace("[WORK]", f"[{'x, ' * 2_000}]") + callers)
    assert len(lines(result)) == found
    assert {name.rpartition(":")[2] for name in result.statistics.over_budget} == over


LATE = """
class Net(torch.nn.Module):
    def __init__(self, size):
        super().__init__()
        [WORK]

    def fit(self, x, y):
        [x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x]
        return F.cross_entropy(x.softmax(1), y)
"""


@pytest.mark.parametrize("long", [budgets.LONG, 0])
def test_what_is_left_late_is_not_all_spent_on_the_object(long: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("losslint.static.machine.LONG", long)
    result = checked(tmp_path, LATE.replace("[WORK]", "\n        ".join([f"[{'size, ' * 100}]"] * 20)))
    assert len(lines(result)) == 1
    over = {name.rpartition(":")[2] for name in result.statistics.over_budget}
    assert over == (set() if long else {"Net.__init__"})


def test_the_documentation_gives_the_budgets() -> None:
    said = (Path(__file__).parent.parent / "docs" / "cli.md").read_text()
    run, alone, uncalled = budgets.RUN, budgets.main_block(1), budgets.UNCALLED
    own = budgets.LARGE, budgets.LONG, budgets.LATE, shares.ENOUGH
    for number in (run.work, alone.work, uncalled.work, uncalled.patience, budgets.DEPTH, run.entries, *own):
        assert f"{number:,} " in said
