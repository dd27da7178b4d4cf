"""# target-dtype-rejected (LL202)

The target has a dtype that the loss refuses.

## What it does
Compares the target's dtype with those that the loss takes: int64 (or uint8) class ids, floating targets of the same
shape for class probabilities and for the losses of the BCE family, no bools for `poisson_nll_loss(full=True)`; and the
dtype of weights, layers and lengths.

## Why is this bad?
The call raises: "expected scalar type Long but found Int", "not implemented for 'Int'" and the like.

## What torch says
RuntimeError.

## Example
```python
loss = F.nll_loss(log_probs, torch.IntTensor([1, 2, 0]))
```

## Use instead
```python
loss = F.nll_loss(log_probs, torch.tensor([1, 2, 0]))
```

## Fix safety
`.long()` keeps class ids that were stored as int32 or float; fractions would be cut off.

## When to ignore it
Never: torch refuses the call.
"""

from __future__ import annotations

from collections.abc import Iterator

from losslint.calls import LossCall, Passed
from losslint.contracts import Alternative
from losslint.facts import FLOATS
from losslint.judging import hot_rows, soft_target, target_of, title
from losslint.rule import Severity, Verdict
from losslint.shapes import Shape
from losslint.tri import Tri

CODE = "LL202"
SEVERITY: Severity = "error"


def check(call: LossCall) -> Iterator[Verdict]:
    yield from _target(call)
    for passed in call.passed if call.stage == "call" else ():
        if passed.name in call.contract.strict and passed.facts.kind.is_("tensor") is Tri.YES:
            yield from _strict(call, passed)


def _strict(call: LossCall, passed: Passed) -> Iterator[Verdict]:
    """A weight, or the lengths of sequences."""
    taken, seen = call.contract.slots[passed.name].dtypes, passed.facts.dtype
    # Beside a distribution over the classes a weight is promoted.
    truth = ~seen.in_(taken) & (~soft_target(call) if passed.name == "weight" else Tri.YES)
    if truth is not Tri.NO:
        wrong = [dtype for dtype in seen if dtype not in taken]
        evidence = bool(wrong)
        yield Verdict(
            truth,
            f"`{title(call)}` takes {_words(taken)} for `{passed.name}`, but it {_told(wrong, truth is Tri.YES, evidence)}",
            passed.name,
            evidence,
            f"Convert it with `.{'float' if taken <= FLOATS else 'long'}()`",
        )


def _target(call: LossCall) -> Iterator[Verdict]:
    contract, passed = call.contract, target_of(call)
    if passed is None:
        return
    name = passed.name
    alternatives = [alternative for slot in call.slots(name) for alternative in slot.alternatives]
    dtypes = passed.facts.dtype
    # Integers that are promoted, or refused by backward alone, are a matter of integer-regression-target.
    if contract.integer_target in ("promotes", "backward"):
        return
    if hot_rows(call) is Tri.YES:
        return
    sure = _taken(alternatives, call, certainly=True)
    perhaps = _taken(alternatives, call, certainly=False)
    surely_wrong = dtypes.in_(perhaps) is Tri.NO
    if dtypes.in_(sure) is Tri.YES:
        return
    wrong = [dtype for dtype in dtypes if dtype not in perhaps]
    doubtful = wrong or [dtype for dtype in dtypes if dtype not in sure]
    wants = _words(perhaps)
    yield Verdict(
        Tri.YES if surely_wrong else Tri.MAYBE,
        f"`{title(call)}` takes {wants} for `{name}`, but it {_told(doubtful, surely_wrong, bool(wrong))}",
        name,
        bool(wrong),
        f"Convert it with `.{'float' if perhaps <= FLOATS else 'long'}()`",
    )


def _told(dtypes: list[str], sure: bool, evidence: bool) -> str:
    if not dtypes:
        return "may have another dtype"
    told = "is" if sure else "is on some path" if evidence else "may have the shape for another dtype than"
    return f"{told} {' or '.join(dtypes)}"


def _words(dtypes: frozenset[str]) -> str:
    words = ["a floating dtype"] if dtypes >= FLOATS else []
    left = sorted(dtypes - FLOATS if words else dtypes)
    return " or ".join(left + words)


def _taken(alternatives: list[Alternative], call: LossCall, certainly: bool) -> frozenset[str]:
    """The dtypes that the loss takes for a target of this shape: certainly, or perhaps."""
    taken = [
        alternative.dtypes
        for alternative in alternatives
        if (_applies(alternative, call) is Tri.YES if certainly else _applies(alternative, call) is not Tri.NO)
    ]
    if certainly and not taken:
        return frozenset.intersection(*(alternative.dtypes for alternative in alternatives))
    return frozenset().union(*(taken or [alternative.dtypes for alternative in alternatives]))


def _applies(alternative: Alternative, call: LossCall) -> Tri:
    """Whether this way to give class targets goes with the shapes: ids lack the class axis, distributions have it."""
    if call.contract.relation != "class_index":
        return Tri.YES
    if call.target.shape.known and all(alternative.matches(shape) is Tri.NO for shape in call.target.shape):
        return Tri.NO
    truths = set()
    for mine in call.prediction.shape:
        for theirs in call.target.shape:
            truths.add(_matches(alternative, mine, theirs))
    return truths.pop() if len(truths) == 1 else Tri.MAYBE


def _matches(alternative: Alternative, mine: Shape, theirs: Shape) -> Tri:
    if mine.rank is None or theirs.rank is None:
        return Tri.NO if alternative.domain != "class_index" and mine.same(theirs) is Tri.NO else Tri.MAYBE
    # Whole numbers of another rank are a matter of the rules on shapes, not of dtype.
    return Tri.of(mine.rank != theirs.rank + 1 or alternative.domain == "class_index")
