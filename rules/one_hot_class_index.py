"""# one-hot-class-index (LL204)

A loss that takes class ids gets integer one-hot rows.

## What it does
Checks for integer targets that still have the class axis.

## Why is this bad?
Class targets are ids without the class axis, or floating probabilities with it. Integers with it are neither.

## What torch says
RuntimeError: "Expected floating point type for target with class probabilities, got Long", or
"0D or 1D target tensor expected, multi-target not supported".

## Example
```python
loss = F.cross_entropy(logits, F.one_hot(labels, 10))
```

## Use instead
```python
loss = F.cross_entropy(logits, labels)
```

## Fix safety
Dropping `one_hot`, or `argmax` over the class axis, gives the same classes. `.float()` works for `cross_entropy` too,
though not with `ignore_index`.

## When to ignore it
Never: torch refuses the call.
"""

from __future__ import annotations

from collections.abc import Iterator

from losslint.calls import LossCall
from losslint.judging import hot_rows, title
from losslint.rule import Severity, Verdict
from losslint.tri import Tri

CODE = "LL204"
SEVERITY: Severity = "error"


def check(call: LossCall) -> Iterator[Verdict]:
    target = call.contract.target
    if call.stage != "call" or call.argument(target) is None:
        return
    truth = hot_rows(call)
    if truth is Tri.NO:
        return
    evidence = call.target.domain.some(lambda domain: domain.name == "one_hot")
    told = "is integer rows with the class axis" if truth is Tri.YES else "may be one-hot rows"
    yield Verdict(
        truth,
        f"`{title(call)}` takes class ids, but `{target}` {told}",
        target,
        evidence,
        "Pass the class ids themselves: drop `one_hot` or take `argmax` over the class axis",
        fix="drop-one-hot",
    )
