"""# rewrapped-loss (LL402)

A loss is put into a new leaf tensor that requires grad.

## What it does
Finds `torch.tensor(loss, requires_grad=True)` and `Variable(loss, requires_grad=True)` of a computed loss, and
`loss.requires_grad_()` or `loss.requires_grad = True` where the loss was computed from a prediction without gradient.

## Why is this bad?
The new tensor is a leaf without history: backward runs, fills its own `.grad` and reaches no parameter. Nothing learns.

## What torch says
`torch.tensor` of a tensor warns, `Variable` says nothing. Backward succeeds.

## Example
```python
loss = Variable(criterion(model(x), y), requires_grad=True)
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
Never: a loss that needs no gradient needs no backward either.
"""

from __future__ import annotations

from collections.abc import Iterator

from losslint.calls import LossCall
from losslint.facts import Facts
from losslint.judging import title
from losslint.places import Step
from losslint.rule import Severity, Verdict
from losslint.tri import Tri

CODE = "LL402"
SEVERITY: Severity = "error"


def check(call: LossCall) -> Iterator[Verdict]:
    use = call.use("rewrapped", "made-leaf")
    if use is None:
        return
    what = "put into a new leaf tensor" if use.kind == "rewrapped" else "put at the root of a graph of its own by `requires_grad`"
    yield Verdict(
        Tri.YES,
        f"the result of `{title(call)}` is {what}, but backward from there reaches no parameter",
        advice="Call backward on the loss itself"
        if use.kind == "rewrapped"
        else "Keep the prediction in the graph instead: `requires_grad` on the loss only hides that it was cut off",
        facts=Facts(steps=(Step(use.where, what),)),
    )
