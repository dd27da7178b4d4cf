"""# unreduced-backward (LL405)

Backward is called on a loss that was not reduced.

## What it does
Finds `reduction="none"` losses on whose very result backward is called without a gradient to start from.

## Why is this bad?
There is one loss per element; backward needs one number, or a gradient for each element.

## What torch says
Raises at backward: `grad can be implicitly created only for scalar outputs`. With one element it passes.

## Example
```python
loss = F.mse_loss(output, target, reduction="none")
loss.backward()
```

## Use instead
```python
loss = F.mse_loss(output, target, reduction="none")
loss.mean().backward()
```

## Fix safety
No fix is offered: what was meant shows only in the code around.

## When to ignore it
When the batch always holds one element.
"""

from __future__ import annotations

from collections.abc import Iterator

from losslint.calls import LossCall
from losslint.facts import Facts
from losslint.judging import LEGACY, title
from losslint.places import Step
from losslint.rule import Severity, Verdict
from losslint.tri import Tri

CODE = "LL405"
SEVERITY: Severity = "error"


def check(call: LossCall) -> Iterator[Verdict]:
    use = call.use("backward")
    if call.stage != "call" or use is None or call.option("reduction").is_("none") is not Tri.YES:
        return
    if any(call.argument(name) is not None for name in LEGACY):
        return
    if call.prediction.shape.some(lambda shape: shape.numel == 1):
        return
    yield Verdict(
        Tri.YES,
        f"`{title(call)}` keeps one loss per element, but backward wants a single number",
        advice="Reduce the loss first, as with `.mean()`",
        facts=Facts(steps=(Step(use.where, "backward without reducing"),)),
    )
