"""# kl-div-mean (LL506)

The divergence is averaged over every element, not over the batch.

## What it does
Checks for `KLDivLoss` and `kl_div` with `reduction="mean"`, which is the default. A result of `kl_div` that is
multiplied by a size of a tensor, `* x.size(1)`, is left alone.

## Why is this bad?
The divergence of a distribution is a sum over its classes. Divided by the number of classes too, the loss and its
gradients are too small by that factor.

## What torch says
A warning, at the call.

## Example
```python
criterion = nn.KLDivLoss()
```

## Use instead
```python
criterion = nn.KLDivLoss(reduction="batchmean")
```

## Fix safety
Unsafe: the loss grows by the number of classes, and with it its weight beside other losses.

## When to ignore it
Where the scale is made up for elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterator

from losslint.calls import LossCall
from losslint.judging import given, legacy_given, starred, title
from losslint.rule import Severity, Verdict
from losslint.tri import Tri

CODE = "LL506"
SEVERITY: Severity = "warning"


def check(call: LossCall) -> Iterator[Verdict]:
    # For the module the constructor is the place where the reduction is chosen.
    chosen = call.stage == "construct" or call.form == "function"
    if not chosen or "log_target" not in call.contract.defaults or legacy_given(call) or starred(call):
        return
    if call.use("sized"):
        return  # a mean over every element, times their number in a row
    reduction = given(call, "reduction")
    truth = reduction.is_("mean")
    if truth is Tri.NO:
        return
    evidence = reduction.known
    told = "is `mean`" if truth is Tri.YES else "is `mean` on some path" if evidence else "may be `mean`"
    yield Verdict(
        truth,
        f"`{title(call)}` takes `batchmean` for the divergence per sample, but `reduction` {told}",
        "reduction",
        evidence,
        "Pass `reduction='batchmean'`",
        fix="batchmean",
    )
