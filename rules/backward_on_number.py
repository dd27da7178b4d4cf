"""# backward-on-number (LL403)

Backward is called on the number of a loss.

## What it does
Finds `loss.item().backward()`, `float(loss).backward()`, and backward on sums of such numbers. Source alone shows it:
when the program runs there is no tensor left to watch.

## Why is this bad?
A Python number has no graph and no `backward`. The call raises.

## What torch says
AttributeError: 'float' object has no attribute 'backward'.

## Example
```python
loss = criterion(model(x), y).item()
loss.backward()
```

## Use instead
```python
loss = criterion(model(x), y)
loss.backward()
shown = loss.item()
```

## Fix safety
No fix is offered: where the number is wanted shows only in the code around.

## When to ignore it
Never: the call raises.
"""

from __future__ import annotations

from collections.abc import Iterator

from losslint.calls import LossCall
from losslint.facts import Facts
from losslint.judging import title
from losslint.places import Step
from losslint.rule import Severity, Verdict
from losslint.tri import Tri

CODE = "LL403"
SEVERITY: Severity = "error"


def check(call: LossCall) -> Iterator[Verdict]:
    use = call.use("number-backward")
    if use is None:
        return
    yield Verdict(
        Tri.YES,
        f"backward wants the result of `{title(call)}` itself, but it is called on its number",
        advice="Call backward on the loss, and `item` only for what is shown",
        facts=Facts(steps=(Step(use.where, "backward on the number"),)),
    )
