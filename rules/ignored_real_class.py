"""# ignored-real-class (LL507)

`ignore_index` is one of two classes, so that only the other is learnt, or the padding of the targets is not ignored.

## What it does
Compares `ignore_index` with the classes of `CrossEntropyLoss` and `NLLLoss`. One class of several is often left out on
purpose, as padding or background is: that is reported as possible. Of two classes it is proven. With soft targets,
which have no id, it is an error.

Compares it also with the number by which `pad_sequence` filled the targets up, where nothing was put in its place or
left out since, no `weight` may make it count for nothing, and neither the scores nor the losses are masked. When a
program runs, padding is known until the targets are copied, as to a GPU. The `padding_idx` of a layer tells nothing:
the targets of a text classifier are no words. Nor does a tensor that was filled before rows were written into it: zeros
are background as often as padding.

## Why is this bad?
Samples of that class add nothing to the loss. With two classes only one is left, and the model that always says it has
a loss of 0. Padding that counts is a class like any other, mostly the commonest: with sentences half as long as the
longest one, half of the loss is about saying nothing after their end, and the mean looks twice as good.

## What torch says
Nothing; of a floating target "ignore_index is not supported for floating point target", of padding that no class has,
such as -1, "Target -1 is out of bounds".

## Example
```python
criterion = nn.CrossEntropyLoss(ignore_index=0)  # background and foreground
F.cross_entropy(scores.transpose(1, 2), pad_sequence(tags, batch_first=True))
```

## Use instead
```python
criterion = nn.CrossEntropyLoss(weight=torch.tensor([0.1, 0.9]))
F.cross_entropy(scores.transpose(1, 2), pad_sequence(tags, batch_first=True, padding_value=-100))
```

## Fix safety
No fix is offered: what was meant only the author knows.

## When to ignore it
Where the second class is never predicted, as for one of two heads; where the padding is the sign that ends a sequence,
and the model has to learn to repeat it.
"""

from __future__ import annotations

from collections.abc import Iterator

from losslint.calls import LossCall
from losslint.facts import FLOATS
from losslint.judging import class_counts, given, legacy_given, soft_target, summarise, title, verb
from losslint.oneof import OneOf
from losslint.rule import Severity, Verdict
from losslint.tri import Tri

CODE = "LL507"
SEVERITY: Severity = "warning"


def check(call: LossCall) -> Iterator[Verdict]:
    contract = call.contract
    if call.stage != "call":
        return
    ignored = given(call, "ignore_index").only
    yield from _padding(call, ignored)
    # The default of CrossEntropyLoss is no id, and nothing negative is.
    if not isinstance(ignored, int) or (ignored < 0 and contract.defaults["ignore_index"] is not None):
        return
    if call.target.dtype.in_(FLOATS) is Tri.YES:
        if soft_target(call) is Tri.YES:
            yield Verdict(
                Tri.YES,
                f"`{title(call)}` takes `ignore_index` with class ids alone, but `{contract.target}` is floating",
                contract.target,
                advice="Leave `ignore_index` out, and give rows to leave out a sum of 0",
                severity="error",
            )
        return
    sizes = class_counts(call)
    among, _ = summarise([Tri.MAYBE if size is None else Tri.of(0 <= ignored < size) for size in sizes])
    if among is Tri.NO:
        return
    size = sizes[0] if len(set(sizes)) == 1 else None
    told = f"it is `{ignored}`, one of {size} classes" if size is not None else f"`{ignored}` may be one of the classes"
    truth = among & (Tri.YES if size == 2 else Tri.MAYBE)
    yield Verdict(
        truth,
        f"`{title(call)}` takes an `ignore_index` that is no class, but {told}",
        contract.target,
        size is not None,
        "Leave out an id that no class has, such as the default -100",
    )


def _padding(call: LossCall, ignored: object) -> Iterator[Verdict]:
    """Targets filled up with another number than the one that is left out."""
    name, filler = call.contract.target, call.target.padding
    ignored = -100 if given(call, "ignore_index") == OneOf.of(None) else ignored
    counted = isinstance(ignored, int) and given(call, "reduction").in_(("mean", "sum")) is Tri.YES and not legacy_given(call)
    # A class of weight 0 is left out as well, and scores that were multiplied with a mask, of which nothing is known any more.
    if not counted or not filler.known or given(call, "weight").is_(None) is not Tri.YES or not call.prediction.domain.known:
        return
    truth = filler.holds(lambda number: number != ignored)
    if truth is Tri.NO:
        return
    wrong = next(number for number in filler if number != ignored)
    sizes = set(class_counts(call))
    size = sizes.pop() if len(sizes) == 1 else None
    yield Verdict(
        truth,
        f"`{title(call)}` wants padding to be ignored, but `{name}` {verb(truth, True)} padded with `{wrong:g}`, "
        f"and `ignore_index` is `{ignored}`",
        name,
        True,
        f"Pad the targets with `{ignored}`, or pass `ignore_index={wrong:g}` where no class has that id",
        # Torch refuses an id that no class has.
        severity="error" if wrong < 0 or (size is not None and wrong >= size) else None,
    )
