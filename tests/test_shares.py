"""Large programs in shares: each in a process of its own, and what they tell put together."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from routes import HEADER, write

from losslint.errors import InputError
from losslint.static import project, shares
from losslint.static.program import Program
from losslint.static.project import KNOWN, Result, check_paths
from losslint.static.shares import COUNT, ENOUGH, Lost, divided, side_by_side
from losslint.static.sources import Source

needs_fork = pytest.mark.skipif(not shares.can_fork(), reason="the system can't fork")
WRONG = "    return F.cross_entropy(F.softmax(net(x), 1), y)\n"
RIGHT = "    return F.cross_entropy(net(x), y)\n"
NET = "import torch.nn as nn\nclass Net(nn.Module):\n    def forward(self, x):\n        return x.softmax(-1)\n"


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Any program of two functions is large."""
    monkeypatch.setattr(shares, "ENOUGH", 2)


# Dividing


@needs_fork
@pytest.mark.parametrize(
    ("weights", "count"),
    [
        ([ENOUGH - 1], 1),
        ([1] * (ENOUGH - 1), 1),
        ([1] * ENOUGH, COUNT),
        ([1] * ENOUGH * 100, COUNT),
        ([ENOUGH, 0, 0], 2),
        ([], 1),
    ],
)
def test_how_many_shares(weights: list[int], count: int) -> None:
    parts = divided(range(len(weights)), weights)
    assert len(parts) == count
    assert [one for part in parts for one in part] == list(range(len(weights)))  # each file is in one, in order


@needs_fork
def test_shares_weigh_about_the_same() -> None:
    weights = [number % 7 for number in range(1000)]
    totals = [sum(weights[one] for one in part) for part in divided(range(1000), weights)]
    assert len(totals) == COUNT
    assert max(totals) - min(totals) <= 12


def test_where_the_system_cannot_fork_there_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shares, "can_fork", lambda: False)
    assert divided("ab", [ENOUGH, ENOUGH]) == [["a", "b"]]


# Processes


@needs_fork
def test_each_has_a_process_that_begins_as_this_one_is() -> None:
    seen = ["before"]

    def work(part: str) -> tuple[list[str], int]:
        seen.append(part)
        return seen, os.getpid()

    told = [one for one in side_by_side("abcde", work) if not isinstance(one, Lost)]
    assert [found for found, _ in told] == [["before", part] for part in "abcde"]
    assert len({os.getpid(), *(process for _, process in told)}) == 6
    assert seen == ["before"]


@needs_fork
def test_what_is_raised_there_is_raised_here() -> None:
    def work(part: int) -> int:
        if part == 3:
            raise InputError("a.py", "is broken")
        return part

    with pytest.raises(InputError, match=r"a\.py: is broken"):
        side_by_side(range(6), work)


@needs_fork
@pytest.mark.parametrize(
    ("end", "code"), [(lambda: os._exit(3), 3), (lambda: os.kill(os.getpid(), signal.SIGKILL), -signal.SIGKILL)]
)
def test_a_process_that_ends_without_a_word(end: Callable[[], None], code: int) -> None:
    assert side_by_side([0, 1, 2], lambda part: end() if part == 1 else part) == [0, Lost(code), 2]


@needs_fork
def test_no_process_outlives_the_first() -> None:
    work = "lambda part: (print('begun', flush=True), time.sleep(100))"
    script = f"import time\nfrom losslint.static.shares import side_by_side\nside_by_side([0, 1], {work})"
    first = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)
    assert first.stdout is not None
    assert first.stdout.readline().startswith("begun")  # both write
    first.kill()
    first.communicate(timeout=50)  # the others hold the pipe as long as they live


@needs_fork
def test_an_interrupt_is_not_told_twice(capfd: pytest.CaptureFixture[str]) -> None:
    def work(part: int) -> None:
        raise KeyboardInterrupt

    assert side_by_side([0], work) == [Lost(1)]
    assert capfd.readouterr() == ("", "")


# Programs


def told(result: Result) -> list[tuple[str, str, int, str]]:
    return [(one.code, Path(one.place.filename).name, one.place.line, one.certainty) for one in result.findings]


def proven(result: Result) -> list[tuple[str, str, int]]:
    return [one[:3] for one in told(result) if one[3] == "proven"]


def both_ways(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Result:
    """What shares find, which is what one process finds."""
    shared = check_paths([str(folder)])
    with monkeypatch.context() as patched:
        patched.setattr(shares, "can_fork", lambda: False)
        alone = check_paths([str(folder)])
    assert told(shared) == told(alone)
    assert [finding.trace for finding in shared.findings] == [finding.trace for finding in alone.findings]
    for one in ("files", "parsed", "loss_calls", *KNOWN):
        assert getattr(shared.statistics, one) == getattr(alone.statistics, one)
    assert list(map(str, shared.errors)) == list(map(str, alone.errors))
    return shared


@needs_fork
@pytest.mark.usefixtures("small")
def test_shares_find_what_one_process_finds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    function = f"{HEADER}from net import Net\nnet = Net()\ndef train(x, y):\n"
    files = {f"wrong{number}.py": function + RIGHT for number in range(4)}
    files |= {f"right{number}.py": function.replace("Net()", "torch.nn.Linear(4, 3)") + RIGHT for number in range(4)}
    write(tmp_path, {**files, "net.py": NET})
    calls: list[int] = []

    def counted(parts: list[list[Source]], *work: Callable[..., Any]) -> list[Any]:
        calls.append(len(parts))
        return side_by_side(parts, *work)

    monkeypatch.setattr(project, "side_by_side", counted)
    result = both_ways(tmp_path, monkeypatch)
    assert calls == [8]
    assert proven(result) == [("LL101", f"wrong{number}.py", 8) for number in range(4)]
    assert {result.line(one.place).strip() for one in result.findings} == {RIGHT.strip()}


@needs_fork
@pytest.mark.usefixtures("small")
def test_files_read_in_a_share_only_are_shown_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    late = f"{HEADER}def loss(net, x, y):\n{WRONG}"
    function = f"{HEADER}def train(net, x, y):\n    from late.{{}} import loss\n    return loss(net, x, y)\n"
    write(tmp_path, {"a.py": function.format("one"), "b.py": function.format("two"), "late/one.py": late, "late/two.py": late})
    result = both_ways(tmp_path, monkeypatch)
    assert {one.place.filename for one in result.findings} == {str(tmp_path / "late" / name) for name in ("one.py", "two.py")}
    assert {result.line(one.place) for one in result.findings} == {WRONG.rstrip()}


@needs_fork
@pytest.mark.usefixtures("small")
def test_a_test_runs_in_its_share(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    test = f"import pytest\n{HEADER}def test_it(net, x, y):\n{WRONG}"
    write(tmp_path, {"tests/test_a.py": test, "tests/test_b.py": test, "tests/test_c.py": test.replace(WRONG, "    pass\n")})
    assert [name for _, name, _ in proven(both_ways(tmp_path, monkeypatch))] == ["test_a.py", "test_b.py"]


@needs_fork
@pytest.mark.usefixtures("small")
def test_a_share_that_is_lost_is_told_in_a_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The others' findings are still told."""
    write(tmp_path, {f"{name}.py": f"{HEADER}def f(net, x, y):\n{WRONG}" for name in "abcd"})
    finish = Program.finish

    def dies(program: Program, sources: list[Source]) -> None:
        finish(program, sources)
        if sources[0].path.endswith("b.py"):
            os.kill(os.getpid(), signal.SIGKILL)

    monkeypatch.setattr(Program, "finish", dies)
    result = check_paths([str(tmp_path)])
    why = "the system ended a process that checked it and 0 more files; check fewer at once"
    assert list(map(str, result.errors)) == [f"{tmp_path / 'b.py'}: {why}"]
    assert [name for _, name, _ in proven(result)] == ["a.py", "c.py", "d.py"]
