"""# unnormalised-soft-target (LL116)

A floating class target that is no distribution.

## What it does
Checks targets of `CrossEntropyLoss` that have the input's shape: logits, log-probabilities, sigmoid output and values
outside [0, 1]; and, on real tensors, rows that add up to more than 1, these of `KLDivLoss` as well where its input is
normalised over axis 1. Rows that add up to less are left alone, since all-zero rows leave samples out. Else the targets
of `KLDivLoss` are a matter of the rules on probabilities.

## Why is this bad?
Each row's loss is its sum times a cross-entropy: rows of several labels weigh more, and negative entries have no
minimum at all. With several labels at once it pulls every label of a row to 1 / n.

## What torch says
Nothing.

## Example
```python
loss = F.cross_entropy(net(x), several_labels.float())
```

## Use instead
```python
loss = F.binary_cross_entropy_with_logits(net(x), several_labels.float())
```

## Fix safety
No fix is offered: another loss may be meant, or a softmax of the target.

## When to ignore it
Where the rows' sums are weights of the samples.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from losslint.calls import LossCall
from losslint.facts import EACH, FLOATS, Domain, Facts
from losslint.judging import TOLERANCE, domains, not_probs, number, pairs, phrase, soft_target, target_of, title, verb
from losslint.rule import Severity, Verdict
from losslint.tri import Tri

CODE = "LL116"
SEVERITY: Severity = "error"
NONE: Final = frozenset({"logits", "log_probs", "rectified", "signs", "rate"})


def check(call: LossCall) -> Iterator[Verdict]:
    passed = target_of(call)
    if passed is None:
        return
    name, facts, soft = passed.name, passed.facts, soft_target(call)
    if soft is Tri.MAYBE and facts.dtype.in_(FLOATS) is Tri.YES:
        soft = Tri.YES  # of another shape it would be refused
    if facts.sums.exact and facts.sums.high > 1 + TOLERANCE and _over_axis_1(call, name) is Tri.YES:
        yield Verdict(
            Tri.YES,
            f"`{title(call)}` takes a distribution over axis 1, but `{name}` has rows that add up to {number(facts.sums.high)}",
            name,
            advice="Normalise input and target over one axis",
        )
        return
    seen = domains(facts)
    wrong, told = seen.holds(_no_distribution), _by_values(facts)
    truth = soft & (Tri.YES if told else wrong)
    if truth is Tri.NO:
        return
    evidence = soft is Tri.YES and seen.known
    if told is None:
        what = next((phrase(domain) for domain in seen if _no_distribution(domain)), "none")
        told = f"{verb(truth, evidence)} {what}"
    yield Verdict(
        truth,
        f"`{title(call)}` takes a distribution over the classes, but `{name}` {told}",
        name,
        evidence,
        "Make each row a distribution, or use `BCEWithLogitsLoss` for several labels at once",
    )


def _over_axis_1(call: LossCall, name: str) -> Tri:
    """Whether the input of a divergence is normalised over the axis whose sums are read."""
    if "log_target" not in call.contract.defaults:
        return Tri.NO
    # Where the axis of the target is known, softmax-over-wrong-axis compares the two.
    if any(isinstance(domain.axis, int) for domain in call.facts(name).domain):
        return Tri.NO
    alike = Tri.all(Tri.of(mine.rank == theirs.rank) for mine, theirs in pairs(call)) & call.wants(name, "probs")
    return alike & call.prediction.domain.holds(lambda domain: domain.name == "log_probs" and domain.axis == 1)


def _no_distribution(domain: Domain) -> bool:
    return domain.name in NONE or (domain.name == "probs" and domain.axis == EACH)


def _by_values(facts: Facts) -> str | None:
    """What the numbers themselves show to be wrong."""
    if not_probs(facts.range):
        return f"holds values from {number(facts.range.low)} to {number(facts.range.high)}"
    if facts.sums.exact and facts.sums.high > 1 + TOLERANCE:
        return f"has rows that add up to {number(facts.sums.high)}"
    return None
