"""All rules speak in one style: names in backquotes, no final full stop, what was seen and what is wanted."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from test_rules import CASES, any_call

from losslint.calls import LossCall
from losslint.checking import Finding, check
from losslint.rule import Rule, rules

SECTIONS = [
    "What it does",
    "Why is this bad?",
    "What torch says",
    "Example",
    "Use instead",
    "Fix safety",
    "When to ignore it",
]


def assert_style(finding: Finding) -> None:
    message, advice = finding.message, finding.advice
    assert message == message.strip() and "\n" not in message
    assert not message.endswith((".", "!", "?"))
    assert message.count("`") % 2 == 0 and message.count("`") >= 2, message
    assert re.search(r"\b(takes?|wants|is backpropagated|is put|is added|keeps)\b", message), message
    assert ", but " in message or ", not for " in message, message
    assert "  " not in message, message
    assert len(message) < 240, message
    assert advice and advice[0].isupper() and not advice.endswith("."), advice
    assert ". " not in advice, f"one sentence: {advice}"
    assert advice.count("`") % 2 == 0


@pytest.mark.parametrize("made", [made for _, certainty, made in CASES if certainty])
def test_style(made: LossCall) -> None:
    for finding in check(made, rules()):
        assert_style(finding)


@settings(max_examples=300, deadline=None)
@given(any_call())
def test_style_of_whatever_is_said(made: LossCall) -> None:
    for finding in check(made, rules()):
        assert_style(finding)


def test_a_message_names_loss_argument_and_domain() -> None:
    (made,) = [made for code, _, made in CASES if code == "LL101"][:1]
    (found,) = check(made, [rule for rule in rules() if rule.code == "LL101"])
    assert found.message == "`F.cross_entropy` takes logits, but `input` is softmax probabilities over axis 1"
    assert found.advice == "Drop the softmax: `F.cross_entropy` applies its own"


@pytest.mark.parametrize("rule", rules(), ids=lambda rule: rule.code)
def test_page(rule: Rule) -> None:
    lines = rule.page.splitlines()
    assert lines[0] == f"# {rule.name} ({rule.code})"
    assert lines[1] == "" and lines[2].endswith(".")
    assert [line[3:] for line in lines if line.startswith("## ")] == SECTIONS
    assert rule.page.count("```") % 2 == 0 and rule.page.count("```python") >= 2
    assert max(map(len, lines)) <= 120
