"""# float64-mixed-in (LL205)

A float64 argument beside a prediction of another floating dtype.

## What it does
Compares the dtype of the target and of weights with the prediction's, for every argument of which torch then computes
in float64 or which it refuses. float64 comes in from numpy and from Python's `double`. A number without axes does no
harm, except for the backward of `HuberLoss`; nor does a class weight beside a distribution over the classes.

## Why is this bad?
The loss and all that is added to it become float64, which a GPU computes many times slower. BCELoss and class weights
are refused, and HuberLoss fails in backward.

## What torch says
Nothing where it promotes; else "Found dtype Double but expected Float" and the like.

## Example
```python
loss = F.mse_loss(net(x), torch.from_numpy(np.random.rand(8, 1)))
```

## Use instead
```python
loss = F.mse_loss(net(x), torch.from_numpy(np.random.rand(8, 1)).float())
```

## Fix safety
`.float()` drops digits that float32 cannot hold.

## When to ignore it
Where the loss is meant to be computed in float64.
"""

from __future__ import annotations

from collections.abc import Iterator

from losslint.calls import LossCall
from losslint.facts import FLOATS
from losslint.judging import soft_target, tensor, title
from losslint.oneof import OneOf
from losslint.rule import Severity, Verdict
from losslint.tri import Tri

CODE = "LL205"
SEVERITY: Severity = "warning"


def check(call: LossCall) -> Iterator[Verdict]:
    contract, mine = call.contract, call.prediction
    if call.stage != "call" or call.argument(contract.prediction) is None or not tensor(mine):
        return
    # What torch refuses comes first: of one rule and one place a run tells one finding.
    for passed in sorted(call.passed, key=lambda one: contract.float64.get(one.name) == "promotes"):
        harm, facts = contract.float64.get(passed.name), passed.facts
        if harm is None or not tensor(facts):
            continue
        # A number without axes is taken in whatever dtype it is, except by backward.
        if harm != "backward" and any(shape.rank == 0 for shape in facts.shape):
            continue
        double = facts.dtype.is_("float64")
        mixed = double & mine.dtype.in_(FLOATS - {"float64"})
        if harm != "promotes":
            # Every other mixture is refused as well; under autocast the dtypes of some losses are made equal first.
            mixed = mixed | (Tri.NO if call.autocast.some(bool) else _differ(facts.dtype, mine.dtype))
        if passed.name == "weight":
            mixed &= ~soft_target(call)  # beside a distribution over the classes a weight is promoted
        if mixed is Tri.NO:
            continue
        evidence = facts.dtype.known and mine.dtype.known
        what = "of another"
        if evidence:
            what = f"{' or '.join(facts.dtype)} beside {' or '.join(mine.dtype)} `{contract.prediction}`"
        told = "is" if mixed is Tri.YES else "is on some path" if evidence else "may be"
        yield Verdict(
            mixed,
            f"`{title(call)}` takes one floating dtype, but `{passed.name}` {told} {what}",
            passed.name,
            evidence,
            "Convert both to one dtype, with `.float()` for the one that came from numpy",
            "warning" if harm == "promotes" else "error",
        )


def _differ(theirs: OneOf[str], mine: OneOf[str]) -> Tri:
    """Whether these are two floating dtypes."""
    if not theirs.known or not mine.known:
        return Tri.MAYBE
    pairs = [a != b for a in theirs if a in FLOATS for b in mine if b in FLOATS]
    whole = len(pairs) == len(list(theirs)) * len(list(mine))
    return Tri.NO if not any(pairs) else Tri.YES if whole and all(pairs) else Tri.MAYBE
