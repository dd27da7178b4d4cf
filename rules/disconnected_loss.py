"""# disconnected-loss (LL605)

A loss is backpropagated, and the optimizer finds no gradient.

## What it does
Looks at the parameters of every optimizer that steps after a backward pass. Where none of them has a gradient, the loss
was not connected with them, or the gradients were cleared in between. Only a run shows it.

## Why is this bad?
The step does nothing: the model stays as it is. This happens when the model was replaced after the optimizer was made,
when another model's output reached the loss, or when `zero_grad` stands between `backward` and `step`.

## What torch says
Nothing.

## Example
```python
loss.backward()
optimizer.zero_grad()
optimizer.step()
```

## Use instead
```python
optimizer.zero_grad()
loss.backward()
optimizer.step()
```

## Fix safety
No fix is offered: the cause lies around the call.

## When to ignore it
Where the optimizer has nothing to do by design, as in a phase in which all its parameters are frozen.
"""

from __future__ import annotations

from collections.abc import Iterator

from losslint.calls import LossCall
from losslint.judging import title
from losslint.rule import About, Severity, Verdict
from losslint.tri import Tri

CODE = "LL605"
SEVERITY: Severity = "error"
ABOUT: About = "result"


def check(call: LossCall) -> Iterator[Verdict]:
    if call.use("disconnected") is None:
        return
    yield Verdict(
        Tri.YES,
        f"`{title(call)}` is backpropagated, but the optimizers that stepped then had no gradient in any parameter",
        advice="Make the optimizer from the parameters of the model that is trained, and call `zero_grad` before `backward`",
    )
