"""What the interpreter knows at each place of random programs, held against what stands there when Python runs them."""

from __future__ import annotations

import random
import sys
import warnings
from collections import defaultdict
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from random_programs import program

from losslint.facts import Facts
from losslint.static.operand import Operand
from losslint.static.project import check_paths

torch = pytest.importorskip("torch", reason="the programs are run")
from test_operations_against_torch import assert_covered  # noqa: E402  (it needs torch)

RUNS = 5
"""Times that a program is run: its conditions are random."""


def known(path: Path) -> dict[int, list[Facts]]:
    result = check_paths([str(path)])
    assert not result.errors
    assert not result.statistics.budget_hits
    found: dict[int, list[Facts]] = defaultdict(list)
    for place, facts in result.reveals:
        found[place.line].append(facts)
    return found


def real(text: str, run: int) -> list[tuple[int, Any]]:
    """The line of each `reveal` that is reached, and a copy of what it is given."""
    seen: list[tuple[int, Any]] = []

    def reveal(value: Any) -> None:
        learns = value.requires_grad and (value.grad_fn is not None or not value._is_view())  # views under no_grad only say so
        seen.append((sys._getframe(1).f_lineno, value.detach().clone().requires_grad_(learns)))

    random.seed(run)
    torch.manual_seed(run)
    with suppress(Exception):  # a random program may run into anything: what it came to before counts
        exec(compile(text, "program.py", "exec"), {"reveal": reveal, "__name__": "__main__"})
    return [(line, value) for line, value in seen if value.isfinite().all()]


def is_covered(facts: Facts, value: Any) -> bool:
    try:
        assert_covered(Operand(facts), value, "")
    except AssertionError:
        return False
    return True


@pytest.mark.parametrize("seed", range(80))
def test_facts_cover_what_stands_there(seed: int, tmp_path: Path) -> None:
    text = program(seed, statements=8)
    path = tmp_path / "program.py"
    path.write_text(text)
    facts = known(path)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for run in range(RUNS):
            for line, value in real(text, run):
                assert any(is_covered(one, value) for one in facts[line]), f"line {line} of\n{text}\n{facts[line]}\n{value}"


def test_much_is_known(tmp_path: Path) -> None:
    """An interpreter that knows nothing covers everything."""
    told = [one for seed in range(10) for one in revealed(seed, tmp_path)]
    assert sum(one.dtype.known for one in told) > 0.7 * len(told)
    assert sum(one.domain.known for one in told) > 0.2 * len(told)


def revealed(seed: int, folder: Path) -> list[Facts]:
    path = folder / f"program{seed}.py"
    path.write_text(program(seed))
    return [one for each in known(path).values() for one in each]
