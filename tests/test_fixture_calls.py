"""Every rule on the calls that its fixture makes, in source and at runtime: the cases that a new rule brings along."""

from __future__ import annotations

import harness
import pytest
from stored_messages import FOLDER, fixture_of, page, path_of
from test_messages import assert_style
from test_rules import BY_DEFAULT

from losslint.calls import LossCall, Passed
from losslint.checking import check
from losslint.facts import Facts
from losslint.oneof import OneOf
from losslint.rule import Rule, rules

pytest.importorskip("torch")

every_rule = pytest.mark.parametrize("rule", rules(), ids=lambda rule: rule.code)


def certainties(rule: Rule, call: LossCall) -> set[str]:
    return {finding.certainty for finding in check(call, [rule])}


@every_rule
def test_of_its_fixture_it_proves_something_and_passes_something(rule: Rule) -> None:
    told = [certainties(rule, call) for call in harness.calls_of(fixture_of(rule))]
    assert any("proven" in one for one in told), "no call is wrong"
    assert set() in told, "no call is right"


@every_rule
def test_it_speaks_in_one_style(rule: Rule) -> None:
    for call in harness.calls_of(fixture_of(rule)):
        for finding in check(call, [rule]):
            assert_style(finding)
            assert finding.severity in ("error", "warning", "info")


@every_rule
def test_it_proves_nothing_of_what_is_unknown(rule: Rule) -> None:
    for call in harness.calls_of(fixture_of(rule)):
        unseen = tuple(Passed(one.name, one.position, Facts(kind=OneOf.of("tensor", "other"))) for one in call.passed)
        blind = LossCall(call.contract, "call", call.form, unseen)
        assert "proven" not in certainties(rule, blind) or rule.code in BY_DEFAULT


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.txt")), ids=lambda path: path.stem)
def test_it_says_what_is_stored(path: object) -> None:
    (rule,) = [rule for rule in rules() if path_of(rule) == path]
    assert path_of(rule).read_text(encoding="utf-8") == page(rule), "run `python tests/stored_messages.py`, and read what changed"
