"""# option-out-of-range (LL511)

An option has a value that the loss refuses.

## What it does
Compares numbers given as options with what torch takes: `label_smoothing` from 0 to 1, `delta` of `HuberLoss` and
`margin` of the triplet losses above 0, `beta` of `SmoothL1Loss` not below 0, `p` of `MultiMarginLoss` 1 or 2, and
`blank` of `CTCLoss` one of the classes.

## Why is this bad?
The call raises; a constructor mostly takes anything, so that it raises at the first call, maybe long after. A negative
`label_smoothing` is silently taken for 0.

## What torch says
RuntimeError or ValueError, such as "label_smoothing must be between 0.0 and 1.0. Got: 1.5".

## Example
```python
criterion = nn.CrossEntropyLoss(label_smoothing=10)  # per cent
```

## Use instead
```python
criterion = nn.CrossEntropyLoss(label_smoothing=0.1)
```

## Fix safety
No fix is offered: which value is meant only the author knows.

## When to ignore it
Never: torch refuses the call.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from losslint.calls import LossCall, Passed
from losslint.judging import title
from losslint.rule import Severity, Verdict
from losslint.tri import Tri

CODE = "LL511"
SEVERITY: Severity = "error"


def check(call: LossCall) -> Iterator[Verdict]:
    for name, bound in call.contract.bounds.items():
        passed = call.argument(name) or Passed(name, None, value=call.option(name))
        below = bound.get("below")
        size = _size(call) if below is not None else None
        # What a constructor was given is told there, unless it takes the prediction to tell.
        if (call.stage == "call" and call.form == "module") != (below is not None and call.form == "module"):
            continue
        truth = passed.value.holds(lambda value, bound=bound, size=size: _outside(value, bound, size))  # type: ignore[misc]
        wrong = [value for value in passed.value if _outside(value, bound, size)]
        if wrong:
            some = "" if truth is Tri.YES else " on some path"
            yield Verdict(
                truth,
                f"`{title(call)}` takes {_words(bound, size)} for `{name}`, but it is `{wrong[0]!r}`{some}",
                name,
                True,
                "Choose a value that the loss takes",
            )


def _outside(value: Any, bound: Any, size: int | None) -> bool:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return False
    if "of" in bound:
        return value not in bound["of"]
    return (
        value < bound.get("least", value)
        or value > bound.get("most", value)
        or ("above" in bound and value <= bound["above"])
        or (size is not None and value >= size)
    )


def _size(call: LossCall) -> int | None:
    """The number of classes, which is the last size of what CTC is given."""
    shape = call.prediction.shape.only
    size = shape.dim(-1) if shape is not None else None
    return size if isinstance(size, int) else None


def _words(bound: Any, size: int | None) -> str:
    if "of" in bound:
        return " or ".join(map(str, bound["of"]))
    if "above" in bound:
        return f"a number above {bound['above']}"
    most = bound.get("most", size - 1 if size is not None else None)
    return f"a number from {bound['least']} {'on' if most is None else f'to {most}'}"
