"""# target-carries-grad (LL407)

The target of a loss is live: backward goes through it as well.

## What it does
Finds targets that carry gradient beside a prediction that does, in a loss that is backpropagated. It is proven for
losses of labels (`CrossEntropyLoss`, `BCELoss`, `BCEWithLogitsLoss`, `MultiLabelSoftMarginLoss`), and for any other
where the source calls it a target or what is expected. Elsewhere, as between two views of one sample, both may be
meant to learn.

## Why is this bad?
The target moves towards the prediction. A target that the model makes itself, as a bootstrapped value or a
pseudo-label, gives the loss a way to fall without learning: both collapse to one constant. At the least, a graph is
kept for nothing.

## What torch says
Nothing for most; `SoftMarginLoss` raises in backward, `HingeEmbeddingLoss` sends no gradient there.

## Example
```python
target = reward + 0.99 * target_net(following).amax(1)
loss = F.smooth_l1_loss(q, target)
```

## Use instead
```python
with torch.no_grad():
    target = reward + 0.99 * target_net(following).amax(1)
loss = F.smooth_l1_loss(q, target)
```

## Fix safety
Safe where the target is meant to be fixed: only its gradient goes.

## When to ignore it
Where the target is meant to learn too, as in mutual learning. Two parts of one value, as in the
total variation of an image, are meant so.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from losslint.calls import LossCall, Passed
from losslint.judging import TARGETS, called, of_one, target_of, tensor, title
from losslint.rule import Severity, Verdict
from losslint.tri import Tri

CODE = "LL407"
SEVERITY: Severity = "warning"
FIXED: Final = TARGETS | {"expected"}
"""A value that is expected is what a prediction is held against, where it is the second of the two."""


def check(call: LossCall) -> Iterator[Verdict]:
    passed = target_of(call)
    if passed is None or not tensor(call.prediction) or call.grad_enabled.is_(False) is Tri.YES:
        return
    live = passed.facts.requires_grad.is_(True) & call.prediction.requires_grad.is_(True) & call.backward
    fixed = _fixed(call, passed)
    if live is Tri.NO or (not fixed and of_one(call, passed)):
        return
    truth = live & ~call.frozen & (Tri.YES if fixed else Tri.MAYBE)
    evidence = live is Tri.YES
    yield Verdict(
        truth,
        f"`{title(call)}` takes a fixed target, but `{passed.name}` {'carries' if truth is Tri.YES else 'may carry'} gradient",
        passed.name,
        evidence,
        "Detach the target, or make it under `torch.no_grad`",
        fix="detach-target",
    )


def _fixed(call: LossCall, passed: Passed) -> bool:
    """Whether the loss takes labels, or the value is called a target: then it isn't one of two that learn."""
    domains = {domain for slot in call.slots(passed.name) for domain in slot.domains}
    labels = bool(domains & {"probs", "signs", "class_index"}) and "log_target" not in call.contract.defaults
    return labels or called(passed, FIXED) is Tri.YES
