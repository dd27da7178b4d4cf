"""# loss-without-grad (LL404)

A loss is computed where autograd does not record, and then backpropagated.

## What it does
Finds losses that are computed under `torch.no_grad()` or `torch.inference_mode()` and whose backward is called.

## Why is this bad?
The loss has no graph: backward raises, or, in a sum with other losses, this one contributes nothing.

## What torch says
Raises at backward: `element 0 of tensors does not require grad`.

## Example
```python
with torch.no_grad():
    loss = criterion(model(x), y)
loss.backward()
```

## Use instead
```python
loss = criterion(model(x), y)
loss.backward()
```

## Fix safety
No fix is offered: what was meant shows only in the code around.

## When to ignore it
Never.
"""

from __future__ import annotations

from collections.abc import Iterator

from losslint.calls import LossCall
from losslint.facts import Facts
from losslint.judging import title
from losslint.places import Step
from losslint.rule import Severity, Verdict
from losslint.tri import Tri

CODE = "LL404"
SEVERITY: Severity = "error"


def check(call: LossCall) -> Iterator[Verdict]:
    if call.stage != "call" or call.grad_enabled.is_(False) is not Tri.YES or call.backward is not Tri.YES:
        return
    yield Verdict(
        Tri.YES,
        f"`{title(call)}` is backpropagated, but was computed without gradient",
        advice="Compute the loss outside of `no_grad`",
        facts=Facts(steps=(Step(call.where, "computed without gradient"),)),
    )
