"""# rectified-logits (LL111)

ReLU, softplus, `abs` or a clamp at 0 stands straight before a loss that takes logits.

## What it does
Checks that logits can be negative.

## Why is this bad?
A score that is never negative cannot say that a class is unlikely: the sigmoid stays above one half, and where the
ReLU is closed no gradient flows.

## What torch says
Nothing.

## Example
```python
loss = F.cross_entropy(F.relu(net(x)), labels)
```

## Use instead
```python
loss = F.cross_entropy(net(x), labels)
```

## Fix safety
The loss and its gradients change: that is the purpose.

## When to ignore it
Where the scores are counts or energies by design.
"""

from __future__ import annotations

from collections.abc import Iterator

from losslint.calls import LossCall
from losslint.judging import misread, title
from losslint.rule import Severity, Verdict

CODE = "LL111"
SEVERITY: Severity = "warning"


def check(call: LossCall) -> Iterator[Verdict]:
    for suspect in misread(call, "logits", {"rectified", "rate"}):
        # Values below 0 have not been rectified.
        if suspect.passed.facts.range.exact and suspect.passed.facts.range.low < 0:
            continue
        yield Verdict(
            suspect.truth,
            f"`{title(call)}` takes logits, but `{suspect.name}` {suspect.verb} rectified scores, never negative",
            suspect.name,
            suspect.evidence,
            "Drop the activation after the last layer",
            fix="drop-activation",
        )
