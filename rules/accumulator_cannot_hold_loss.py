"""# accumulator-cannot-hold-loss (LL409)

The running total of a loss is a tensor that cannot hold it.

## What it does
Finds `total += loss` where `total` is an integer tensor, as `torch.tensor(0)`, or an empty one, as `torch.zeros(0)`.

## Why is this bad?
An integer tensor refuses a floating number; an empty one stays empty, whatever is added.

## What torch says
Raises for integers: the result type `Float` cannot be cast to `Long`. Silent for empty ones, until `item()` raises.

## Example
```python
total = torch.tensor(0)
total += loss
```

## Use instead
```python
total = 0.0
total += loss.item()
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

CODE = "LL409"
SEVERITY: Severity = "error"


def check(call: LossCall) -> Iterator[Verdict]:
    use = call.use("integer-total", "empty-total")
    if call.stage != "call" or use is None:
        return
    told = "an integer tensor" if use.kind == "integer-total" else "an empty tensor"
    yield Verdict(
        Tri.YES,
        f"the result of `{title(call)}` is added in place to {told}, but that cannot hold it",
        advice="Start the total from `0.0`",
        facts=Facts(steps=(Step(use.where, f"added to {told}"),)),
    )
