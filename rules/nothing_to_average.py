"""# nothing-to-average (LL603)

The mean of a loss over nothing.

## What it does
Finds empty predictions, and targets all of which are `ignore_index`, where the loss is averaged.

## Why is this bad?
The mean is 0 / 0, and one NaN loss makes every parameter NaN. `MultiMarginLoss` and `MultiLabelMarginLoss` return
whatever memory held instead. It happens seldom, such as in the last batch or for a mask without an entry.

## What torch says
Nothing; the loss is NaN.

## Example
```python
loss = F.cross_entropy(net(x[mask]), y[mask])  # no entry of the mask is set
```

## Use instead
```python
if mask.any():
    loss = F.cross_entropy(net(x[mask]), y[mask])
```

## Fix safety
No fix is offered: whether such a batch is left out or counts as 0 is a choice.

## When to ignore it
Where NaN is looked for and left out afterwards.
"""

from __future__ import annotations

from collections.abc import Iterator

from losslint.calls import LossCall
from losslint.facts import INTS
from losslint.judging import given, legacy_given, title
from losslint.rule import Severity, Verdict
from losslint.tri import Tri

CODE = "LL603"
SEVERITY: Severity = "error"
MEANS = ("mean", "elementwise_mean")


def check(call: LossCall) -> Iterator[Verdict]:
    contract = call.contract
    if call.stage != "call" or call.argument(contract.prediction) is None or not _averaged(call):
        return
    name: str | None = None
    told = None
    if call.prediction.shape.holds(lambda shape: shape.numel == 0) is Tri.YES:
        name, told = contract.prediction, "is empty"
    elif _all_ignored(call):
        name, told = contract.target, "holds nothing but the id that is ignored"
    if told is not None:
        yield Verdict(
            Tri.YES,
            f"`{title(call)}` takes the mean, but `{name}` {told}",
            name,
            advice="Leave such a batch out, or reduce with `sum` and divide by what there is",
        )


def _averaged(call: LossCall) -> bool:
    if "reduction" not in call.contract.defaults:
        return True  # some losses know nothing but the mean
    return not legacy_given(call) and given(call, "reduction").in_(MEANS) is Tri.YES


def _all_ignored(call: LossCall) -> bool:
    ignored, values = call.option("ignore_index").only, call.target.range
    whole = call.target.dtype.in_(INTS) is Tri.YES
    return whole and (values.low, values.high) == (ignored, ignored)
