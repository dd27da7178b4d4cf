"""From a call to findings: every rule is asked, and its verdicts become findings."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final, Literal

from losslint.calls import LossCall
from losslint.errors import RuleError
from losslint.facts import DOMAINS, EACH, Facts
from losslint.places import Locatable, Place
from losslint.rule import Rule, Severity, Verdict
from losslint.tri import Tri

Certainty = Literal["proven", "possible", "obligation"]
CERTAINTIES: Final[tuple[Certainty, ...]] = ("obligation", "possible", "proven")


@dataclass(frozen=True)
class TraceStep:
    """One step of a finding's trace, at a place that can be printed."""

    place: Place
    note: str


@dataclass(frozen=True)
class Finding:
    """One violation of one rule at one place.

    `seen` and `wants` describe the argument at fault and what the loss takes there; both may be empty. `at`: the event that is
    wrong, where several calls may lead to one.
    """

    code: str
    name: str
    message: str
    severity: Severity
    certainty: Certainty
    place: Place
    trace: tuple[TraceStep, ...] = ()
    advice: str = ""
    seen: str = ""
    wants: str = ""
    fix: str | None = None
    at: Locatable | None = field(default=None, compare=False, repr=False)


def check(call: LossCall, rules: Iterable[Rule], obligations: bool = True) -> Iterator[Finding]:
    """Ask each rule about one call. `obligations`: also give what only a run can tell.

    Raises RuleError, which names the rule, when a rule breaks.
    """
    for rule in rules:
        try:
            told = [verdict for verdict in rule.check(call) if verdict.truth is not Tri.NO]
        except Exception as error:
            raise RuleError(f"rule {rule.code} ({rule.name}) broke on {call.callee}: {type(error).__name__}: {error}") from error
        for verdict in told:
            if obligations or certainty(verdict) != "obligation":
                yield _finding(call, rule, verdict)


def certainty(verdict: Verdict) -> Certainty:
    return "proven" if verdict.truth is Tri.YES else "possible" if verdict.evidence else "obligation"


def _finding(call: LossCall, rule: Rule, verdict: Verdict) -> Finding:
    passed = call.argument(verdict.argument)
    facts = verdict.facts or (passed.facts if passed is not None else None)
    place = call.where.resolve()
    trace: list[TraceStep] = []
    for step in facts.steps if facts is not None else ():
        here = TraceStep(step.where.resolve(), step.note)
        if here not in trace:
            trace.append(here)
    slots = call.slots(verdict.argument) if verdict.argument is not None and call.stage == "call" else ()
    return Finding(
        rule.code,
        rule.name,
        verdict.message,
        verdict.severity or rule.severity,
        certainty(verdict),
        place,
        tuple(trace),
        verdict.advice,
        describe(facts) if facts is not None else "",
        " / ".join(str(slot) for slot in slots),
        verdict.fix,
        verdict.at,
    )


def describe(facts: Facts) -> str:
    """What is known of a value in a few words: `probabilities over axis 1, float32 [8 10]`. Its kind alone is in the message."""
    words: list[str] = []
    kinds = list(facts.kind)
    if kinds and kinds != ["tensor"]:
        words.append(" or ".join(kinds))
    names = []
    for domain in facts.domain:
        where = _along(domain.axis)
        names.append(DOMAINS.get(domain.name, domain.name) + where)
    if names:
        words.append(" or ".join(names))
    data = " or ".join(facts.dtype)
    shapes = " or ".join(str(shape) for shape in facts.shape)
    if data or shapes:
        words.append(f"{data} {shapes}".strip())
    return ", ".join(words) if names or data or shapes else ""


def _along(axis: int | str) -> str:
    if isinstance(axis, int):
        return f" over axis {axis}"
    return " of each element" if axis == EACH else ""
