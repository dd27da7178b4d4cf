"""# target-out-of-range (LL114)

A class id that is no class, or a binary label outside [0, 1].

## What it does
Compares the range of the target's numbers with the number of classes, and with [0, 1] for the binary losses.
`ignore_index` is no mistake, and neither is the -1 that closes a row for `MultiLabelMarginLoss`.

## Why is this bad?
`BCEWithLogitsLoss` takes any number: with masks of 0 and 255 it has no minimum, and training runs away from what was
meant. A class id that is no class raises on the CPU and ends the process's use of the device on CUDA; `CTCLoss` reads
memory that is not its own.

## What torch says
IndexError or RuntimeError for class ids and for `BCELoss`; nothing for `BCEWithLogitsLoss`.

## Example
```python
loss = F.binary_cross_entropy_with_logits(net(x), mask)  # 0 and 255
```

## Use instead
```python
loss = F.binary_cross_entropy_with_logits(net(x), mask / 255)
```

## Fix safety
No fix is offered: what the numbers mean only the author knows.

## When to ignore it
Never: torch refuses the call, or the number is wrong.
"""

from __future__ import annotations

from collections.abc import Iterator

from losslint.calls import LossCall
from losslint.facts import FLOATS, Range
from losslint.judging import (
    class_counts,
    classes_last,
    number,
    pairs,
    size_named,
    soft_target,
    summarise,
    target_of,
    tensor,
    title,
)
from losslint.oneof import OneOf
from losslint.rule import Severity, Verdict
from losslint.tri import Tri

CODE = "LL114"
SEVERITY: Severity = "error"


def check(call: LossCall) -> Iterator[Verdict]:
    if call.stage != "call":
        return
    yield from _lengths(call)
    passed = target_of(call)
    if passed is None:
        return
    name = passed.name
    if any("class_index" in slot.domains for slot in call.slots(name)):
        yield from _class_ids(call, name)
    elif call.wants(name, "probs") is not Tri.NO and "log_target" not in call.contract.defaults:
        yield from _labels(call, name)
    elif call.wants(name, "signs") is Tri.YES:
        yield from _signs(call, name)


def _signs(call: LossCall, name: str) -> Iterator[Verdict]:
    """What is neither -1 nor 1 and no label of 0 and 1 either, such as classes 1 and 2."""
    values = call.facts(name).range
    if call.target.requires_grad.is_(True) is Tri.YES:
        return
    # In eight bits without a sign -1 is 255.
    most = 255 if call.facts(name).dtype.is_("uint8") is not Tri.NO else 1
    if values.exact and (values.low < -1 or values.high > most):
        told = f"holds {_span(values)}"
        yield Verdict(
            Tri.YES, f"`{title(call)}` takes signs, -1 or 1, but `{name}` {told}", name, advice="Map the labels to -1 and 1"
        )


def _lengths(call: LossCall) -> Iterator[Verdict]:
    """Lengths of sequences beyond what there is."""
    contract = call.contract
    for passed in call.passed:
        dim = contract.bounds.get(passed.name, {}).get("within")
        sizes = [size for name, slot in contract.slots.items() if (size := size_named(call.facts(name), slot, dim))]
        if sizes and tensor(passed.facts) and passed.facts.range.exact and passed.facts.range.high > max(sizes):
            yield Verdict(
                Tri.YES,
                f"`{title(call)}` takes lengths up to {max(sizes)}, but `{passed.name}` holds {_span(passed.facts.range)}",
                passed.name,
                advice="Count the steps that each sequence has",
            )


def _labels(call: LossCall, name: str) -> Iterator[Verdict]:
    values = call.facts(name).range
    # Signs are a matter of zero-one-labels-as-signs.
    if call.facts(name).domain.some(lambda domain: domain.name == "signs"):
        return
    # What carries a gradient is no label: swapped-arguments speaks.
    if call.target.requires_grad.is_(True) is Tri.YES:
        return
    truth = _leaves(values, 0, 1)
    if truth is Tri.NO:
        return
    told = f"holds {_span(values)}" if truth is Tri.YES else "may hold others"
    advice = "Divide masks of 0 and 255 by 255" if values.high == 255 else "Map the labels to 0 and 1"
    yield Verdict(truth, f"`{title(call)}` takes labels between 0 and 1, but `{name}` {told}", name, advice=advice)


def _class_ids(call: LossCall, name: str) -> Iterator[Verdict]:
    facts = call.facts(name)
    # Floating targets are distributions, or a matter of target-dtype-rejected.
    if facts.dtype.in_(FLOATS) is Tri.YES and (call.contract.relation == "class_index" or soft_target(call) is Tri.YES):
        return
    # Classes on another axis, or ids as the prediction, are a matter of other rules.
    if any(classes_last(mine, theirs) is Tri.YES for mine, theirs in pairs(call)):
        return
    if call.prediction.dtype.in_(FLOATS) is Tri.NO:
        return
    found = [(_outside(call, facts.range, size), size) for size in class_counts(call)]
    truth, evidence = summarise([truth for truth, _ in found])
    if truth is Tri.NO:
        return
    told, wants = "may hold others", "ids of its classes"
    for sure, size in found:
        if sure is Tri.YES:
            told = f"holds {_span(facts.range)}{' for some of them' if evidence else ''}"
            wants = f"class ids from 0 to {size - 1}" if size is not None else "class ids from 0 on"
            break
    yield Verdict(
        truth,
        f"`{title(call)}` takes {wants}, but `{name}` {told}",
        name,
        evidence,
        "Count the classes from 0, and name the id to leave out as `ignore_index` where the loss has it",
    )


def _outside(call: LossCall, values: Range, size: int | None) -> Tri:
    contract = call.contract
    least, most = 0, size - 1 if size is not None else None
    if contract.relation == "same":
        least = -1
    if contract.class_axis == 2 and any(shape.rank != 1 for shape in call.target.shape):
        return Tri.MAYBE  # beyond the length of each target its padding is not read
    ignored = _ignored(call)
    low, high = values.low, values.high
    if "ignore_index" in contract.defaults and ignored is None:
        return Tri.MAYBE
    if values.exact:
        # The id left out hides the next one.
        low, high = (least if low == ignored else low), (least if high == ignored else high)
    if most is None:
        return Tri.YES if values.exact and low < least else Tri.MAYBE
    seen = Range(min(low, high), max(low, high), values.exact)
    if ignored is not None and not values.exact and seen.low <= ignored <= seen.high:
        return Tri.NO if Range(least, most).covers(seen) else Tri.MAYBE
    return _leaves(seen, least, most)


def _ignored(call: LossCall) -> int | None:
    option = call.option("ignore_index")
    if option == OneOf.of(None):
        return -100  # what torch takes for it
    return option.only if isinstance(option.only, int) else None


def _leaves(values: Range, low: float, high: float) -> Tri:
    """Whether some of these values lie outside."""
    if values.low > high or values.high < low:
        return Tri.YES
    if Range(low, high).covers(values):
        return Tri.NO
    return Tri.YES if values.exact else Tri.MAYBE


def _span(values: Range) -> str:
    if values.low == values.high:
        return f"`{number(values.low)}`"
    return f"values from {number(values.low)} to {number(values.high)}"
