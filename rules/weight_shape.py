"""# weight-shape (LL304)

A weight that does not match the classes, or the elements, that it weighs.

## What it does
Compares the shape of `weight` and `pos_weight` with the prediction's: one number a class for `CrossEntropyLoss`,
`NLLLoss` and `MultiMarginLoss`, the prediction's own shape for the weights of `MSELoss` and its kin, and a shape that
broadcasts into the prediction's for the binary losses; one number for each of `num_classes` of
`LinearCrossEntropyLoss`.

## Why is this bad?
The call raises, for the binary losses only once a batch has another size: a weight of 8 numbers fits a batch of 8.

## What torch says
RuntimeError or ValueError, at the call: the constructor takes any weight, but for that of `LinearCrossEntropyLoss`.

## Example
```python
criterion = nn.CrossEntropyLoss(weight=torch.tensor([1.0, 5.0]))  # for 10 classes
```

## Use instead
```python
criterion = nn.CrossEntropyLoss(weight=torch.ones(10))
```

## Fix safety
No fix is offered: the weights are a choice.

## When to ignore it
Never: torch refuses the call.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from losslint.calls import LossCall
from losslint.judging import class_counts, summarise, tensor, title
from losslint.rule import Severity, Verdict
from losslint.shapes import Shape, broadcast, same_dim
from losslint.tri import Tri

CODE = "LL304"
SEVERITY: Severity = "error"
WEIGHTS: Final = ("weight", "pos_weight")


def check(call: LossCall) -> Iterator[Verdict]:
    contract, facts = call.contract, call.prediction
    if contract.classes is not None:
        yield from _by_count(call)
        return
    if call.stage != "call" or not tensor(facts) or call.argument(contract.prediction) is None:
        return
    for passed in call.passed:
        if passed.name not in WEIGHTS or not contract.slots.get(passed.name) or passed.facts.kind.in_({"tensor"}) is Tri.NO:
            continue
        found = [
            (_refused(call, passed.name, mine, weight), mine, weight) for mine in facts.shape for weight in passed.facts.shape
        ]
        truth, evidence = summarise([truth for truth, _, _ in found])
        if truth is Tri.NO:
            continue
        told = f"`{passed.name}` may have another shape"
        for sure, mine, weight in found:
            if sure is Tri.YES:
                some = " on some path" if evidence else ""
                told = f"`{passed.name}` is {weight} and `{contract.prediction}` is {mine}{some}"
                break
        wants = {"C": "one weight a class", "*d": "a weight of the input's shape"}.get(_dims(call, passed.name), "")
        wants = wants or "a weight that broadcasts into the input's shape"
        yield Verdict(
            truth, f"`{title(call)}` takes {wants}, but {told}", passed.name, evidence, "Pass one weight for each class"
        )


def _by_count(call: LossCall) -> Iterator[Verdict]:
    """A weight beside a number of classes that no axis of the prediction tells: the constructor looks at it as well."""
    passed = call.argument("weight")
    if passed is None or passed.facts.kind.in_({"tensor"}) is Tri.NO:
        return
    counts = class_counts(call)
    truth, evidence = summarise([~weight.same(Shape((count,))) for count in counts for weight in passed.facts.shape])
    if truth is not Tri.NO:
        told = f"is {' or '.join(map(str, passed.facts.shape))}" if passed.facts.shape.known else "may have another shape"
        wants = "one weight a class" + (f", {counts[0]} of them" if counts[0] is not None else "")
        yield Verdict(
            truth,
            f"`{title(call)}` takes {wants}, but `weight` {told}",
            "weight",
            evidence,
            "Pass one weight for each class",
        )


def _dims(call: LossCall, name: str) -> str:
    """The dims of the weight's notation; `C` only where the prediction has a class axis to compare with."""
    dims = " ".join(call.contract.slots[name].alternatives[0].dims)
    return "*w" if dims == "C" and call.contract.class_axis is None else dims


def _refused(call: LossCall, name: str, mine: Shape, weight: Shape) -> Tri:
    dims = _dims(call, name)
    if dims == "*d":
        return ~mine.same(weight)
    if dims == "C":
        if weight.rank is None or mine.rank is None:
            return Tri.MAYBE if weight.rank in (None, 1) else Tri.YES
        axis = call.contract.class_axis or 0
        return ~same_dim(mine.dim(axis if mine.rank > 1 else 0), weight.dim(0)) if weight.rank == 1 else Tri.YES
    wide = broadcast(mine, weight)
    if wide is None:
        return Tri.YES
    return ~wide.same(mine)
