"""Answers to a static report: by the span of the call, and never surer than the run was."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from click import unstyle
from fixture_marks import SEVERITY_MARKS, parse_marks

from losslint.checking import Finding
from losslint.confirming import BEYOND_A_RUN, Status, confirm, read
from losslint.errors import InputError
from losslint.places import Place
from losslint.report import array, facts
from losslint.report.confirm import closing, render
from losslint.runreport import Hit, Site
from losslint.runreport import Report as Run

ROOT = Path(__file__).resolve().parents[1]
SPAN = Place("a.py", 3, 8, 3, 30)
STATIC = Finding("LL101", "probabilities-as-logits", "may be probabilities", "error", "obligation", SPAN)
SEEN = replace(STATIC, message="is softmax", certainty="proven", place=replace(SPAN, filename="/w/a.py"))


def answer(finding: Finding, *sites: Site) -> Status:
    return confirm([finding], Run(list(sites)), Path("/w"))[0].status


def site(place: Place = SEEN.place, *hits: Hit, undecided: list[str] | None = None) -> Site:
    return Site(place, "F.cross_entropy", "cross_entropy", calls=3, hits=list(hits), undecided=undecided)


@pytest.mark.parametrize(
    ("sites", "status"),
    [
        ([], "not reached"),
        ([site(undecided=[])], "refuted"),
        ([site(undecided=["LL104"])], "refuted"),
        ([site(undecided=["LL101"])], "undecided"),
        ([site(undecided=None)], "undecided"),
        ([site(SEEN.place, Hit(SEEN, 1, 3, 3), undecided=[])], "confirmed"),
        ([site(SEEN.place, Hit(replace(SEEN, certainty="possible"), 1, 1), undecided=[])], "undecided"),
        ([site(SEEN.place, Hit(replace(SEEN, code="LL104"), 1, 1), undecided=[])], "refuted"),
        ([site(Place("/w/b.py", 3, 8, 3, 30), undecided=[])], "not reached"),
        ([site(Place("/w/a.py", 3, 40, 3, 60), undecided=[])], "not reached"),
        ([site(Place("/w/a.py", 3), undecided=[])], "refuted"),
        ([site(Place("/w/a.py", 9), undecided=[])], "not reached"),
    ],
)
def test_one_finding(sites: list[Site], status: str) -> None:
    assert answer(STATIC, *sites) == status


def test_a_call_over_several_lines_is_met_on_any_where_python_knows_no_columns() -> None:
    wide = replace(STATIC, place=Place("a.py", 3, 8, 6, 2))
    assert answer(wide, site(Place("/w/a.py", 5), undecided=[])) == "refuted"


def test_notebooks_are_not_run() -> None:
    there = replace(STATIC, place=Place("a.ipynb", 3, 8, 3, 30, cell=2))
    assert answer(there, site(Place("/w/a.ipynb", 3), undecided=[])) == "not reached"


@pytest.mark.parametrize("code", sorted(BEYOND_A_RUN))
def test_what_a_run_does_not_see_is_never_refuted(code: str) -> None:
    assert answer(replace(STATIC, code=code, certainty="proven"), site(undecided=[])) == "undecided"


def test_rules_beyond_a_run_are_those_that_no_run_proves_in_their_fixtures() -> None:
    both: set[str] = set()
    alone: set[str] = set()
    for path in (ROOT / "fixtures").glob("*.py"):
        for mark in parse_marks(path):
            if mark.key in (*SEVERITY_MARKS, "runtime"):
                both.add(mark.value)
            elif mark.key == "static":
                alone.add(mark.value)
    # A run on a GPU proves LL508; fixtures run on the CPU.
    assert alone - both - {"LL508"} == BEYOND_A_RUN


def test_the_report_of_check_is_read_back() -> None:
    assert read(array.render([STATIC]), "r.json") == [STATIC]


@pytest.mark.parametrize("text", ["", "{}", "[1]", '[{"code": "LL101"}]', '{"runs": []}'])
def test_another_file_is_refused_by_name(text: str) -> None:
    with pytest.raises(InputError, match=r"^r\.json: is no report of `losslint check --output-format json`: "):
        read(text, "r.json")


def test_the_text_is_grouped_by_place_with_the_evidence() -> None:
    seen = site(SEEN.place, Hit(SEEN, 1, 3, 3), undecided=[])
    answers = confirm(
        [STATIC, replace(STATIC, code="LL104"), replace(STATIC, place=Place("b.py", 1, 1, 1, 5))], Run([seen]), Path("/w")
    )
    text = unstyle(render(answers))
    assert text.count("a.py:3:8: F.cross_entropy, called 3 times") == 1
    assert "is softmax" in text and "calls 1 to 3 of 3, seen 3 times" in text
    assert "b.py:1:1: no loss was called on this line" in text
    assert closing(answers, 3) == "1 confirmed, 1 refuted, 1 not reached of 3 findings (3 loss calls watched)"


def test_ranks_count_for_themselves() -> None:
    merged = replace(site(), calls=8, ranks={0: 4, 1: 4})
    assert facts.when(Hit(SEEN, 1, 4, 8, {0, 1}), merged) == "calls 1 to 4 of 4 on ranks 0, 1, seen 8 times"
    assert facts.when(Hit(SEEN, 2, 2, 1, {1}), merged) == "call 2 of 4 on ranks 1"
