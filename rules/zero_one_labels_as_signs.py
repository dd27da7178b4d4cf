"""# zero-one-labels-as-signs (LL113)

Labels in {0, 1} where {-1, 1} are wanted, or the other way round.

## What it does
Checks the target of `HingeEmbeddingLoss`, `CosineEmbeddingLoss`, `MarginRankingLoss` and `SoftMarginLoss` for
comparisons, one-hot rows and integers from 0 to 1, and that of `BCELoss` and `BCEWithLogitsLoss` for signs.

## Why is this bad?
These losses multiply with the target or compare it with 1 and -1. A label 0 then stands for neither class: those
samples add a constant, or nothing. For the binary cross-entropies a target of -1 makes the loss unbounded below.

## What torch says
Nothing; for `BCELoss` "all elements of target should be between 0 and 1".

## Example
```python
loss = F.soft_margin_loss(scores, (labels == 1).float())
```

## Use instead
```python
loss = F.soft_margin_loss(scores, (labels == 1).float() * 2 - 1)
```

## Fix safety
Safe where the labels are 0 and 1.

## When to ignore it
Where 0 is meant to leave a sample out.
"""

from __future__ import annotations

from collections.abc import Iterator

from losslint.calls import LossCall
from losslint.facts import INTS, Facts
from losslint.judging import domains, misread, target_of, title, verb
from losslint.rule import Severity, Verdict
from losslint.tri import Tri

CODE = "LL113"
SEVERITY: Severity = "error"


def check(call: LossCall) -> Iterator[Verdict]:
    passed = target_of(call)
    if passed is None:
        return
    name = passed.name
    if call.wants(name, "signs") is Tri.YES:
        truth = _zero_one(passed.facts)
        wanted, seen, advice = "signs, -1 or 1", "labels, 0 or 1", "Map the labels with `labels * 2 - 1`"
        evidence = domains(passed.facts).some(lambda domain: domain.name in ("zero_one", "one_hot"))
    else:
        suspects = [suspect for suspect in misread(call, "probs", {"signs"}) if suspect.name == name]
        # Nothing that is unknown looks like signs more than like anything else.
        if not suspects or (suspects[0].truth is Tri.MAYBE and not suspects[0].evidence):
            return
        truth, evidence = suspects[0].truth, suspects[0].evidence
        wanted, seen, advice = "labels between 0 and 1", "signs, -1 or 1", "Map the signs with `(signs + 1) / 2`"
    if truth is not Tri.NO:
        yield Verdict(
            truth, f"`{title(call)}` takes {wanted}, but `{name}` {verb(truth, evidence)} {seen}", name, evidence, advice
        )


def _zero_one(facts: Facts) -> Tri:
    """Whether these are labels of which some are 0.

    Ones alone are signs, too; zeros alone can leave every sample out on purpose.
    """
    values = facts.range
    if values.low > 0 or values.high < 0 or (values.exact and values.high > 1):
        return Tri.NO
    if values.exact:
        return Tri.of(values.low == 0) & (Tri.YES if values.high == 1 else Tri.MAYBE)
    labels = facts.domain.holds(lambda domain: domain.name in ("zero_one", "one_hot"))
    whole = facts.dtype.in_(INTS | {"bool"}) & Tri.of((values.low, values.high) == (0, 1))
    return Tri.YES if Tri.YES in (labels, whole) else Tri.NO if labels is Tri.NO else Tri.MAYBE
