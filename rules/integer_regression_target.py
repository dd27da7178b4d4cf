"""# integer-regression-target (LL203)

A regression loss gets an integer target.

## What it does
Checks the dtype of the target of `L1Loss`, `MSELoss`, `SmoothL1Loss`, `HuberLoss` and the other losses on real numbers.

## Why is this bad?
Most promote it silently, so nothing shows that values were cut off where the target was made, or that class ids are
regressed. `HuberLoss` computes the loss and then fails in `backward` (severity error).

## What torch says
Nothing; for `HuberLoss` "Found dtype ... but expected ..." in `backward`.

## Example
```python
loss = nn.L1Loss()(prediction, torch.tensor([0, 1, 1, 1]))
```

## Use instead
```python
loss = nn.L1Loss()(prediction, torch.tensor([0.0, 1.0, 1.0, 1.0]))
```

## Fix safety
Converting with `.float()` keeps the number that the loss has now.

## When to ignore it
Where the target counts something and the promotion is meant.
"""

from __future__ import annotations

from collections.abc import Iterator

from losslint.calls import LossCall
from losslint.facts import INTS
from losslint.judging import tensor, title, verb
from losslint.rule import Severity, Verdict
from losslint.tri import Tri

CODE = "LL203"
SEVERITY: Severity = "warning"


def check(call: LossCall) -> Iterator[Verdict]:
    contract = call.contract
    if call.stage != "call" or contract.integer_target not in ("promotes", "backward"):
        return
    target = call.target
    # Two integers are a matter of prediction-not-floating.
    if call.argument(contract.target) is None or not tensor(target) or call.prediction.dtype.in_(INTS) is Tri.YES:
        return
    truth = target.dtype.in_(INTS)
    if truth is Tri.NO:
        return
    seen = [dtype for dtype in target.dtype if dtype in INTS]
    evidence = bool(seen)
    fails = contract.integer_target == "backward"
    yield Verdict(
        truth,
        f"`{title(call)}` takes a floating target, but `{contract.target}` {verb(truth, evidence)} "
        f"{' or '.join(seen) or 'integer'}{', which fails in backward' if fails else ''}",
        contract.target,
        evidence,
        "Make the target floating where it is created, or convert it with `.float()`",
        severity="error" if fails else None,
        fix="to-float",
    )
