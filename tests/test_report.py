"""What reports look like where the source is awkward: wide characters, tabs, long lines, notebooks, escapes."""

from __future__ import annotations

import re
from typing import Any

import pytest
from click import unstyle
from hypothesis import given
from hypothesis import strategies as st

from losslint.checking import Finding, TraceStep
from losslint.places import Place
from losslint.report import array, github, text


def finding(place: Place, **changes: Any) -> Finding:
    fields: dict[str, Any] = {
        "code": "LL101",
        "name": "probabilities-as-logits",
        "message": "`probs` are probabilities",
        "severity": "error",
        "certainty": "proven",
        "place": place,
    }
    return Finding(**(fields | changes))


@pytest.mark.parametrize(
    ("source", "place", "code", "caret"),
    [
        ("    loss(a, b)", Place("f.py", 1, 5, 1, 15), "    loss(a, b)", "    ^^^^^^^^^^"),
        ("\tloss(a)", Place("f.py", 1, 2, 1, 9), "    loss(a)", "    ^^^^^^^"),
        ("x =\tloss(a)", Place("f.py", 1, 5, 1, 12), "    x =    loss(a)", "           ^^^^^^^"),
        ("损失 = loss(a)", Place("f.py", 1, 6, 1, 13), "    损失 = loss(a)", "           ^^^^^^^"),
        ("loss(", Place("f.py", 1, 1, 3, 2), "    loss(", "    ^^^^^"),
        ("loss(a)", Place("f.py", 1, 1), "    loss(a)", "    ^"),
        ("loss(a)", Place("f.py", 1, 40, 1, 50), "    loss(a)", "           ^"),
    ],
)
def test_carets(source: str, place: Place, code: str, caret: str) -> None:
    assert text.underlined(source, place) == (code, caret)


@given(st.integers(1, 900), st.integers(1, 900))
def test_long_lines_are_cut_and_the_caret_stays_on_its_word(column: int, length: int) -> None:
    source = "".join(chr(ord("a") + number % 26) for number in range(1000))
    place = Place("f.py", 1, column, 1, min(column + length, 1001))
    code, caret = text.underlined(source, place)
    assert len(code) <= text.WIDTH + 8
    marked = code[caret.index("^") : len(caret)]
    assert source[column - 1 :].startswith(marked.removesuffix("…").strip())
    assert len(marked) <= length


@given(st.text(max_size=40), st.integers(1, 60), st.integers(1, 5), st.integers(1, 60))
def test_no_source_line_breaks_the_report(source: str, column: int, end_line: int, end_column: int) -> None:
    code, caret = text.underlined(source, Place("f.py", 1, column, end_line, end_column))
    assert "^" in caret
    assert "\x1b" not in code


def test_nothing_of_the_source_acts_on_the_terminal() -> None:
    block = text.block(finding(Place("f.py", 1), message="`\x1b[2J`"), lambda _: "x = '\x1b]0;owned\x07'")
    assert "\x1b" not in unstyle(block)
    assert "\x07" not in block


def test_a_notebook_place_names_its_cell() -> None:
    place = Place("nb.ipynb", 2, 5, 2, 9, cell=3)
    shown = finding(place, trace=(TraceStep(Place("nb.ipynb", 1, cell=2), "softmax"),))
    block = unstyle(text.block(shown, lambda _: "loss(probs)"))
    assert block.startswith("nb.ipynb:cell 3:2:5: LL101 [error]")
    assert "trace: nb.ipynb:cell 2:1 softmax" in block


def test_traces_break_before_an_arrow() -> None:
    lines = text.wrapped([f"model.py:{number} a step of some length" for number in range(9)])
    assert all(len(line) <= text.WIDTH for line in lines)
    assert all(line.startswith("→ model.py") for line in lines[1:])
    assert re.findall(r"model.py:(\d)", " ".join(lines)) == list("012345678")


def test_json_has_these_keys_and_no_others() -> None:
    place = Place("nb.ipynb", 2, 5, 3, 9, cell=3)
    step = TraceStep(Place("model.py", 31, 4), "softmax over dim 1")
    assert array.entry(finding(place, trace=(step,))) == {
        "code": "LL101",
        "name": "probabilities-as-logits",
        "message": "`probs` are probabilities",
        "severity": "error",
        "certainty": "proven",
        "filename": "nb.ipynb",
        "cell": 3,
        "location": {"row": 2, "column": 5},
        "end_location": {"row": 3, "column": 9},
        "url": None,
        "fix": None,
        "trace": [
            {"filename": "model.py", "cell": None, "location": {"row": 31, "column": 4}, "message": "softmax over dim 1"},
        ],
    }
    assert array.render([]) == "[]"


def test_github_escapes() -> None:
    command = github.command(finding(Place("a,b:c%.py", 2, 5), message="100 % wrong:\nreally, yes", severity="warning"))
    assert command == (
        "::warning title=LL101 (probabilities-as-logits),file=a%2Cb%3Ac%25.py,line=2,col=5::100 %25 wrong:%0Areally, yes"
    )


def test_github_in_notebooks_says_the_cell() -> None:
    command = github.command(finding(Place("nb.ipynb", 2, 5, cell=3), severity="info", advice="drop it"))
    assert command == (
        "::notice title=LL101 (probabilities-as-logits),file=nb.ipynb,line=1,col=1"
        "::nb.ipynb:cell 3:2:5: `probs` are probabilities; drop it"
    )
