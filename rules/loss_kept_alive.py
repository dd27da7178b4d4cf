"""# loss-kept-alive (LL406)

A loss is added to a running total with its graph still attached.

## What it does
Finds `total += loss` in a loop, after the loss was backpropagated, without `item()` or `detach()`. A total is reported
once, at the first of the losses that go into it.

## Why is this bad?
The total holds the graph of every loss that went into it, batch after batch: memory grows until the total is dropped.

## What torch says
Silent.

## Example
```python
loss.backward()
total += loss
```

## Use instead
```python
loss.backward()
total += loss.item()
```

## Fix safety
No fix is offered: what was meant shows only in the code around.

## When to ignore it
When the loop is short and the total is thrown away.
"""

from __future__ import annotations

from collections.abc import Iterator

from losslint.calls import LossCall
from losslint.facts import Facts
from losslint.judging import title
from losslint.places import Step
from losslint.rule import Severity, Verdict
from losslint.tri import Tri

CODE = "LL406"
SEVERITY: Severity = "warning"


def check(call: LossCall) -> Iterator[Verdict]:
    use = call.use("accumulated", "collected")
    if use is None and call.use("backward"):
        use = call.use("accumulated-before", "collected-before")
    if call.stage != "call" or use is None:
        return
    kept = "put into a list" if use.kind.startswith("collected") else "added to a total"
    yield Verdict(
        Tri.YES,
        f"the result of `{title(call)}` is {kept}, but keeps its graph",
        advice="Add `loss.item()` or `loss.detach()`",
        facts=Facts(steps=(Step(use.where, kept),)),
        at=use.where,
    )
