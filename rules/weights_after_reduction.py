"""# weights-after-reduction (LL512)

A loss is weighted after it was reduced to one number.

## What it does
Finds losses with `reduction="mean"` (the default) or `"sum"` whose result is multiplied by a tensor of several weights
before the mean or sum of that is taken, and those that are multiplied by a focal factor of the reduced loss itself,
`(1 - torch.exp(-loss)) ** gamma`.

## Why is this bad?
The samples have been averaged already. What is left of their weights is the mean of the weights, which scales every
sample alike: importance sampling, masks and focal losses have no effect on which samples the model learns from.

## What torch says
Nothing.

## Example
```python
loss = (weights * F.mse_loss(net(x), y)).mean()
loss.backward()
```

## Use instead
```python
loss = (weights * F.mse_loss(net(x), y, reduction="none")).mean()
loss.backward()
```

## Fix safety
No fix is offered: the weights must also have a shape that goes with one loss per element.

## When to ignore it
When the batch always holds one sample.
"""

from __future__ import annotations

from collections.abc import Iterator

from losslint.calls import LossCall
from losslint.facts import Facts
from losslint.judging import LEGACY, title
from losslint.places import Step
from losslint.rule import Severity, Verdict
from losslint.tri import Tri

CODE = "LL512"
SEVERITY: Severity = "warning"
NUMBER = ("mean", "sum", "batchmean")
WRONG = {"weighted": "a weight for each", "modulated": "a focal factor, which each should have"}


def check(call: LossCall) -> Iterator[Verdict]:
    use, reduction = call.use(*WRONG), call.option("reduction")
    if use is None or not reduction.known or any(call.argument(name) is not None for name in LEGACY):
        return
    # One sample is its own mean, and class ids are as many as there are samples.
    if any(facts.shape.some(lambda shape: shape.numel == 1) for facts in (call.prediction, call.target)):
        return
    truth = reduction.holds(lambda value: value in NUMBER)
    if truth is Tri.NO:
        return
    yield Verdict(
        truth,
        f"`{title(call)}` keeps one number for all samples, but is multiplied by {WRONG[use.kind]}",
        evidence=True,
        advice='Pass `reduction="none"`, and reduce after weighting',
        facts=Facts(steps=(Step(use.where, "weighted after it was reduced"),)),
    )
