"""Every fixture is linted and executed; its marks say what each engine must find. See `fixture_marks`."""

from __future__ import annotations

from pathlib import Path

import harness
import pytest

from losslint.rule import Rule, rules

pytest.importorskip("torch")

EXTRA = {"exploring_losses"}
"""Fixtures that belong to no single rule."""

every_fixture = pytest.mark.parametrize("path", harness.fixtures(), ids=lambda path: path.stem)


def lines(wrong: list[str]) -> str:
    return "\n".join(wrong)


@every_fixture
def test_executes_as_marked(path: Path) -> None:
    seen = harness.executed(path)
    assert not seen.failures, lines(seen.failures)


@every_fixture
def test_runtime_finds_what_is_marked(path: Path) -> None:
    seen, marks = harness.executed(path), harness.marks_of(path)
    wrong = harness.disagreements("runtime", seen, marks) + harness.unreached(seen, marks)
    assert not wrong, lines(wrong)


@every_fixture
def test_static_finds_what_is_marked(path: Path) -> None:
    seen = harness.linted(path)
    wrong = seen.failures + harness.disagreements("static", seen, harness.marks_of(path))
    assert not wrong, lines(wrong)


@every_fixture
def test_reveals_what_is_written(path: Path) -> None:
    wrong = harness.wrongly_revealed(harness.linted(path), harness.marks_of(path))
    assert not wrong, lines(wrong)


@every_fixture
def test_inference_covers_real_values(path: Path) -> None:
    wrong = harness.unsound(harness.linted(path), harness.executed(path))
    assert not wrong, lines(wrong)


@pytest.mark.parametrize("rule", rules(), ids=lambda rule: rule.code)
def test_rule_has_a_fixture_with_wrong_and_right_uses(rule: Rule) -> None:
    stem = rule.name.replace("-", "_")
    path = harness.FIXTURES / f"{stem}.py"
    assert path.exists(), f"{rule.code} has no fixture {path.name}"
    assert any(mark.value == rule.code for mark in harness.marks_of(path)), "no line is marked with its code"
    assert harness.right_lines(path), "no right use of a loss"


def test_every_fixture_belongs_to_a_rule() -> None:
    names = {rule.name.replace("-", "_") for rule in rules()}
    assert {path.stem for path in harness.fixtures()} - EXTRA <= names
    assert {path.stem for path in harness.fixtures()} >= EXTRA
