"""# loss-not-finite (LL601)

A loss is NaN or infinite.

## What it does
Looks at the number that a loss gave, and names the argument that brought the NaN or infinity in, where one did. Where
the call itself is known to be wrong, that is said instead. Only a run shows it.

## Why is this bad?
NaN spreads: after one backward pass and one step of the optimizer every parameter that the loss reaches is NaN. An
infinite loss has NaN or infinite gradients.

## What torch says
Nothing. `torch.autograd.set_detect_anomaly` looks at gradients alone, and makes training several times slower.

## Example
```python
ratio = output / output.sum(1, keepdim=True)  # 0 / 0
loss = F.mse_loss(ratio, target)
```

## Use instead
```python
ratio = output / output.sum(1, keepdim=True).clamp(min=1e-8)
loss = F.mse_loss(ratio, target)
```

## Fix safety
No fix is offered: the cause lies before the call.

## When to ignore it
Where such losses are expected and left out, as a scaler of gradients does for float16.
"""

from __future__ import annotations

from collections.abc import Iterator

from losslint.calls import LossCall, Passed
from losslint.judging import title
from losslint.rule import About, Severity, Verdict
from losslint.tri import Tri

CODE = "LL601"
SEVERITY: Severity = "error"
ABOUT: About = "result"


def check(call: LossCall) -> Iterator[Verdict]:
    if call.result.finite.is_(False) is not Tri.YES:
        return
    source = _source(call)
    # Finite arguments can still give infinity: targets that are longer than the inputs allow, the logarithm of 0.
    told = f"`{source.name}` holds NaN or infinity" if source is not None else "it is not, though its arguments are"
    yield Verdict(
        Tri.YES,
        f"`{title(call)}` wants a finite loss, but {told}",
        source.name if source is not None else None,
        advice=f"Look at how `{source.name}` is made" if source is not None else "Look at the range of the arguments",
    )


def _source(call: LossCall) -> Passed | None:
    return next((passed for passed in call.passed if passed.facts.finite.is_(False) is Tri.YES), None)
