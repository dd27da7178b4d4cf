"""# ignored-real-class (LL507)

`ignore_index` is one of two classes, so that only the other is learnt.

## What it does
Compares `ignore_index` with the classes of `CrossEntropyLoss` and `NLLLoss`. One class of several is often left out on
purpose, as padding or background is: that is reported as possible. Of two classes it is proven. With soft targets,
which have no id, it is an error.

## Why is this bad?
Samples of that class add nothing to the loss. With two classes only one is left, and the model that always says it has
a loss of 0.

## What torch says
Nothing; of a floating target "ignore_index is not supported for floating point target".

## Example
```python
criterion = nn.CrossEntropyLoss(ignore_index=0)  # background and foreground
```

## Use instead
```python
criterion = nn.CrossEntropyLoss(weight=torch.tensor([0.1, 0.9]))
```

## Fix safety
No fix is offered: what was meant only the author knows.

## When to ignore it
Where the second class is never predicted, as for one of two heads.
"""

from __future__ import annotations

from collections.abc import Iterator

from losslint.calls import LossCall
from losslint.facts import FLOATS
from losslint.judging import given, pairs, summarise, title
from losslint.rule import Severity, Verdict
from losslint.shapes import Shape
from losslint.tri import Tri

CODE = "LL507"
SEVERITY: Severity = "warning"


def check(call: LossCall) -> Iterator[Verdict]:
    contract = call.contract
    if call.stage != "call" or contract.relation != "class_index" or "ignore_index" not in contract.defaults:
        return
    ignored = given(call, "ignore_index").only
    if not isinstance(ignored, int) or ignored < 0:
        return
    if call.target.dtype.in_(FLOATS) is Tri.YES:
        soft, _ = summarise([mine.same(theirs) for mine, theirs in pairs(call)])
        if soft is Tri.YES:
            yield Verdict(
                Tri.YES,
                f"`{title(call)}` takes `ignore_index` with class ids alone, but `{contract.target}` is floating",
                contract.target,
                advice="Leave `ignore_index` out, and give rows to leave out a sum of 0",
                severity="error",
            )
        return
    sizes = [_classes(shape) for shape in call.prediction.shape]
    among, _ = summarise([Tri.MAYBE if size is None else Tri.of(ignored < size) for size in sizes])
    if among is Tri.NO:
        return
    size = sizes[0] if len(set(sizes)) == 1 else None
    told = f"it is `{ignored}`, one of {size} classes" if size is not None else f"`{ignored}` may be one of the classes"
    truth = among & (Tri.YES if size == 2 else Tri.MAYBE)
    yield Verdict(
        truth,
        f"`{title(call)}` takes an `ignore_index` that is no class, but {told}",
        contract.target,
        truth is Tri.MAYBE and size is not None,
        "Leave out an id that no class has, such as the default -100",
    )


def _classes(shape: Shape) -> int | None:
    size = shape.dim(1) if shape.rank is None or shape.rank > 1 else shape.dim(0)
    return size if isinstance(size, int) else None
