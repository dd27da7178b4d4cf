"""# single-logit-cross-entropy (LL112)

Cross-entropy over a single class: the loss is 0 whatever the model does.

## What it does
Checks the size of the class axis of inputs to `CrossEntropyLoss` and `NLLLoss`.

## Why is this bad?
The softmax of one number is 1, its logarithm 0, and so is every gradient.

## What torch says
Nothing.

## Example
```python
loss = F.cross_entropy(nn.Linear(16, 1)(x), labels)
```

## Use instead
```python
loss = F.binary_cross_entropy_with_logits(nn.Linear(16, 1)(x).squeeze(1), labels.float())
```

## Fix safety
Unsafe: the labels must become floating, and thresholds move from argmax to the sign.

## When to ignore it
Never: nothing is learnt.
"""

from __future__ import annotations

from collections.abc import Iterator

from losslint.calls import LossCall
from losslint.facts import Facts
from losslint.judging import summarise, tensor, title
from losslint.rule import Severity, Verdict
from losslint.shapes import Shape
from losslint.tri import Tri

CODE = "LL112"
SEVERITY: Severity = "error"


def check(call: LossCall) -> Iterator[Verdict]:
    contract = call.contract
    if call.stage != "call" or contract.title not in ("CrossEntropyLoss", "NLLLoss") or not tensor(call.prediction):
        return
    if call.argument(contract.prediction) is None:
        return
    straight = _straight(call.prediction) and not any(shape.rank is None or shape.rank > 1 for shape in call.target.shape)
    truth, evidence = summarise([_single(shape, straight) for shape in call.prediction.shape])
    if truth is Tri.NO:
        return
    told = "has one" if truth is Tri.YES else "has one on some path" if evidence else "may have one"
    yield Verdict(
        truth,
        f"`{title(call)}` takes scores of several classes, but `{contract.prediction}` {told}",
        contract.prediction,
        evidence,
        "Use `BCEWithLogitsLoss` with floating labels, or give the model one output for each class",
    )


def _straight(facts: Facts) -> bool:
    """Whether it is what a layer put out, as it came."""
    notes = [step.note for step in facts.steps if not step.note.startswith("returned by")]
    return bool(notes) and notes[-1].startswith("output of")


def _single(shape: Shape, straight: bool) -> Tri:
    if shape.rank is None:
        # The one output of a last layer, whatever its rank: classes along another axis would come from elsewhere.
        return Tri.YES if straight and shape.dims == (1,) else Tri.MAYBE
    # A lone row has its classes along axis 0; a batch of scalars looks the same.
    size = shape.dim(1) if shape.rank >= 2 else None if shape.rank else 0
    return Tri.MAYBE if size is None or isinstance(size, str) else Tri.of(size == 1)
