"""# positional-reduction (LL502)

A reduction or another option is given by position and lands in a parameter that is deprecated or means something else.

## What it does
Checks for strings and numbers that land in `size_average` or `reduce`, the first parameters of many losses since they
were deprecated, and for reductions that land in any other parameter.

## Why is this bad?
`nn.MSELoss("sum")` is the mean: the string is true, so `size_average` is. `nn.SmoothL1Loss(0.5)` has the usual beta.
`F.gaussian_nll_loss(x, t, v, "sum")` adds a constant and takes the mean.

## What torch says
A deprecation warning that does not tell what became of the value; for `gaussian_nll_loss` nothing. Losses whose first
parameter is `weight` raise TypeError.

## Example
```python
criterion = nn.MSELoss("sum")
```

## Use instead
```python
criterion = nn.MSELoss(reduction="sum")
```

## Fix safety
Unsafe: the loss becomes what was written, and with it the scale of the gradients.

## When to ignore it
Never.
"""

from __future__ import annotations

from collections.abc import Iterator

from losslint.calls import LossCall, Passed
from losslint.judging import LEGACY, REDUCTIONS, title
from losslint.rule import Severity, Verdict
from losslint.tri import Tri

CODE = "LL502"
SEVERITY: Severity = "error"

WORDS = REDUCTIONS | {"batchmean", "elementwise_mean"}


def check(call: LossCall) -> Iterator[Verdict]:
    if call.stage == "call" and call.form == "module":
        return
    for passed in call.passed:
        if passed.position is None or not passed.name or passed.name == "reduction":
            continue
        truth = _landed(passed)
        if truth is Tri.NO:
            continue
        value = next(iter(passed.value), None) if passed.value.only is not None else None
        what = f"`{value!r}`" if value is not None else "a string or number"
        yield Verdict(
            truth,
            f"`{title(call)}` {'takes' if truth is Tri.YES else 'may take'} {what} for `{passed.name}`, not for "
            f"`{'reduction' if isinstance(value, str) or value is None else 'the option that was meant'}`",
            passed.name,
            passed.value.known or passed.facts.kind.known,
            "Give the option by its name" + (f": `reduction={value!r}`" if isinstance(value, str) else ""),
            fix="name-argument",
        )


def _landed(passed: Passed) -> Tri:
    if passed.name not in LEGACY:
        return passed.value.in_(WORDS) if passed.value.known else Tri.NO
    if passed.value.known:
        return passed.value.holds(lambda value: isinstance(value, (str, int, float)) and not isinstance(value, bool))
    return passed.facts.kind.in_({"str", "number"})
