"""# loss-floor-of-double-softmax (LL604)

A cross-entropy comes down to the least value that it has on probabilities, and no further.

## What it does
Looks at the losses of many calls at one place, where the input never left [0, 1]: `CrossEntropyLoss` of probabilities
cannot fall below ln(1 + (C - 1) / e). Only a run shows it, and only where the graph does not show the softmax itself.

## Why is this bad?
The loss seems to converge, to 0.313 for 2 classes, 1.461 for 10, 5.91 for 1000, and never gets better. With 300 classes
accuracy fell from 0.846 to 0.010 (SGD), with 100 from 0.96 to 0.19.

## What torch says
Nothing.

## Example
```python
output = net(x)  # ends in a softmax
loss = F.cross_entropy(output, y)
```

## Use instead
```python
output = net(x)  # ends in a linear layer
loss = F.cross_entropy(output, y)
```

## Fix safety
No fix is offered: the activation is somewhere in the model.

## When to ignore it
Where logits are kept in [0, 1] on purpose; they cannot express certainty.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

from losslint.calls import LossCall
from losslint.judging import TOLERANCE, number, title
from losslint.rule import About, Severity, Verdict
from losslint.shapes import Shape
from losslint.tri import Tri

CODE = "LL604"
SEVERITY: Severity = "warning"
ABOUT: About = "result"
READ = 12
"""Fewer calls whose numbers were read tell nothing of what the loss converges to."""
NEAR = 0.1
"""How close to the floor the loss must have come, as a part of the way from guessing."""


def check(call: LossCall) -> Iterator[Verdict]:
    classes, past = _classes(call), call.past
    if classes is None or past.read < READ:
        return
    if past.prediction.low < -TOLERANCE or past.prediction.high > 1 + TOLERANCE:
        return
    floor, guess = math.log(1 + (classes - 1) / math.e), math.log(classes)
    if not floor - TOLERANCE <= past.result.low <= floor + NEAR * (guess - floor):
        return
    least = f"{number(floor)}, the least for probabilities of {classes} classes"
    yield Verdict(
        Tri.YES,
        f"`{title(call)}` takes logits, but its loss stays above {least}",
        call.contract.prediction,
        advice="Look for a softmax or sigmoid at the end of the model, and drop it",
        fix="drop-activation",
    )


def _classes(call: LossCall) -> int | None:
    """The number of classes of a plain mean of cross-entropies of logits, whose least value is known; else None."""
    if call.wants(call.contract.prediction, "logits") is not Tri.YES:
        return None
    if call.option("reduction").is_("mean") is not Tri.YES or call.option("label_smoothing").in_({0}) is not Tri.YES:
        return None
    shape: Shape | None = call.prediction.shape.only
    size = shape.dim(1) if shape is not None else None
    return size if isinstance(size, int) and size > 1 else None
