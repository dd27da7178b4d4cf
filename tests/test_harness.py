"""The harness itself: what disagrees with a mark must fail."""

from __future__ import annotations

from pathlib import Path

import harness
import pytest
from fixture_marks import Mark, MarkError, mismatch, parse_marks

from losslint.checking import Finding
from losslint.facts import EACH, Domain, Facts, Range
from losslint.oneof import OneOf
from losslint.places import Place
from losslint.rule import Severity
from losslint.shapes import Shape

HEAD = "import torch\nimport torch.nn.functional as F\n"
PROBS = Facts(
    kind=OneOf.of("tensor"),
    domain=OneOf.of(Domain("probs", 1)),
    dtype=OneOf.of("float32"),
    shape=OneOf.of(Shape((8, 10))),
    requires_grad=OneOf.of(True),
)


def write(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "fixture.py"
    path.write_text(HEAD + text, encoding="utf-8")
    return path


def finding(line: int, code: str, severity: Severity = "error") -> Finding:
    return Finding(code, "name", "message", severity, "proven", Place("f.py", line))


def test_marks_are_read_from_comments_alone(tmp_path: Path) -> None:
    path = write(
        tmp_path, 'a = "# error: LL101"\nb = 1  # error: LL101, LL202 (why)  # raises: TypeError\n# LL101 is about softmax\n'
    )
    assert parse_marks(path) == (Mark(4, "error", "LL101"), Mark(4, "error", "LL202"), Mark(4, "raises", "TypeError"))


@pytest.mark.parametrize(
    "comment", ["# eror: LL101", "# error LL101", "# error: LL1", "# raises: no type", "# error: LL101 LL102"]
)
def test_mistyped_mark_fails(tmp_path: Path, comment: str) -> None:
    with pytest.raises(MarkError, match=r"fixture\.py:3"):
        parse_marks(write(tmp_path, f"a = 1  {comment}\n"))


@pytest.mark.parametrize(
    ("marks", "found", "wrong"),
    [
        ([Mark(3, "error", "LL101")], [finding(3, "LL101")], []),
        ([], [finding(3, "LL101")], ["not marked"]),
        ([Mark(3, "error", "LL101")], [], ["not found"]),
        ([Mark(3, "error", "LL101")], [finding(4, "LL101")], ["not marked", "not found"]),
        ([Mark(3, "error", "LL101")], [finding(3, "LL102")], ["not marked", "not found"]),
        ([Mark(3, "warning", "LL101")], [finding(3, "LL101")], ["is found as `error`"]),
        ([Mark(3, "todo", "LL101")], [finding(3, "LL101")], ["the gap is closed"]),
        ([Mark(3, "todo", "LL101")], [], []),
        ([Mark(3, "runtime", "LL101")], [finding(3, "LL101")], ["not marked"]),
        ([Mark(3, "static", "LL101")], [finding(3, "LL101", "info")], []),
    ],
)
def test_disagreements(marks: list[Mark], found: list[Finding], wrong: list[str]) -> None:
    said = harness.disagreements("static", harness.Seen(found), marks)
    assert len(said) == len(wrong)
    assert all(part in line for part, line in zip(wrong, said, strict=True))


def test_expected_exception_is_swallowed_and_the_rest_runs(tmp_path: Path) -> None:
    path = write(tmp_path, "F.mse_loss(torch.ones(2), None)  # raises: AttributeError, TypeError\nreveal(torch.ones(3))\n")
    seen = harness.executed(path)
    assert seen.failures == []
    assert seen.statements == 4
    assert [facts.shape.only for facts in seen.reveals[4]] == [Shape((3,))]


def test_exception_marked_where_it_originates(tmp_path: Path) -> None:
    path = write(tmp_path, "def f():\n    raise KeyError(  # raises: LookupError\n        1\n    )\nf()\n")
    assert harness.executed(path).failures == []


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("a = 1  # raises: TypeError\n", "was expected to raise TypeError"),
        ("1 / 0\n", "raises unexpectedly"),
        ("1 / 0  # raises: TypeError\n", "raises unexpectedly"),
    ],
)
def test_exceptions_that_disagree_fail(tmp_path: Path, text: str, says: str) -> None:
    assert any(says in failure for failure in harness.executed(write(tmp_path, text)).failures)


def test_mark_that_nothing_reaches_fails(tmp_path: Path) -> None:
    path = write(tmp_path, "if 0:\n    F.mse_loss(1, 2)  # error: LL201\nx = 1  # reveals: number\n")
    assert harness.unreached(harness.executed(path), parse_marks(path)) == [
        "line 4: no loss is reached for `error: LL201`",
        "line 5: no `reveal` is executed",
    ]


@pytest.mark.parametrize(
    "text",
    [
        "probs(1) float32[8 10]",
        "tensor probs float32[8 10] grad",
        "probs",
        "float32",
        "[8 10]",
    ],
)
def test_reveals_agrees(text: str) -> None:
    assert mismatch(text, PROBS) == ""


@pytest.mark.parametrize(
    "text",
    [
        "logits",
        "probs(0)",
        "probs|logits",
        "?",
        "float64[8 10]",
        "float32[8 9]",
        "float32[? 10]",
        "ndarray probs",
        "no_grad",
        "list",
    ],
)
def test_reveals_disagrees(text: str) -> None:
    assert mismatch(text, PROBS)


def test_reveals_of_alternatives_and_unknowns() -> None:
    both = Facts(domain=OneOf.of(Domain("logits"), Domain("probs", EACH)), shape=OneOf.of(Shape((None, 3), open=True)))
    tensor = both.with_(kind=OneOf.of("tensor"))
    assert mismatch("logits|probs(each) ?[... ? 3]", tensor) == ""
    assert mismatch("logits", tensor)
    assert mismatch("?", Facts()) == ""
    with pytest.raises(MarkError):
        mismatch("problems", tensor)


def test_unsound_inference_fails() -> None:
    real = PROBS.with_(range=Range(0.1, 0.9, exact=True))
    for wrong in (
        PROBS.with_(domain=OneOf.of(Domain("logits"))),
        PROBS.with_(domain=OneOf.of(Domain("probs", 0))),
        PROBS.with_(shape=OneOf.of(Shape((8, 9)))),
        PROBS.with_(requires_grad=OneOf.of(False)),
        PROBS.with_(range=Range(0.5, 1)),
    ):
        assert harness.unsound(harness.Seen(reveals={3: [wrong]}), harness.Seen(reveals={3: [real]}))
    assert harness.unsound(harness.Seen(), harness.Seen(reveals={3: [real]})) == ["line 3: the static engine reveals nothing"]


def test_what_cannot_be_measured_is_left_open() -> None:
    inferred = harness.Seen(reveals={3: [PROBS]})
    for real in (
        Facts(kind=OneOf.of("tensor"), dtype=OneOf.of("float32"), shape=PROBS.shape),
        PROBS.with_(domain=OneOf.of(Domain("probs"))),
    ):
        assert harness.unsound(inferred, harness.Seen(reveals={3: [real]})) == []
