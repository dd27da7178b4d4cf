"""# root-of-mean-square (LL408)

The square root of a loss that can be 0 is backpropagated.

## What it does
Finds `torch.sqrt(loss)`, `loss.sqrt()` and `loss ** 0.5` of `MSELoss`, `L1Loss`, `SmoothL1Loss` and `HuberLoss` where
backward follows. A small number added below the root makes it right.

## Why is this bad?
At 0 the root's slope is infinite and the loss's is 0: their product is NaN, and every parameter with it.

## What torch says
Nothing.

## Example
```python
loss = torch.sqrt(F.mse_loss(net(x), y))
loss.backward()
```

## Use instead
```python
loss = torch.sqrt(F.mse_loss(net(x), y) + 1e-8)
loss.backward()
```

## Fix safety
The loss changes by no more than the root of the number that is added.

## When to ignore it
Where the prediction can never be exactly right, as for noisy targets in large batches.
"""

from __future__ import annotations

from collections.abc import Iterator

from losslint.calls import LossCall
from losslint.facts import Facts
from losslint.judging import title
from losslint.places import Step
from losslint.rule import Severity, Verdict
from losslint.tri import Tri

CODE = "LL408"
SEVERITY: Severity = "warning"


def check(call: LossCall) -> Iterator[Verdict]:
    use, contract = call.use("root"), call.contract
    # Symmetric losses of two arguments are 0 where both are equal; a likelihood has a variance as well.
    if use is None or not contract.symmetric or "var" in contract.slots or call.backward is not Tri.YES:
        return
    yield Verdict(
        Tri.YES,
        f"the root of `{title(call)}` is backpropagated, but at 0 its gradient is NaN",
        advice="Add a small number below the root, as in `torch.sqrt(loss + 1e-8)`",
        facts=Facts(steps=(Step(use.where, "the root is backpropagated"),)),
    )
