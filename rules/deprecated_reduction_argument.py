"""# deprecated-reduction-argument (LL503)

The reduction is chosen by `size_average`, `reduce` or `"elementwise_mean"`, which torch deprecated in 2018.

## What it does
Checks for those arguments. Where `reduction` is given too, they override it: then the severity is warning. Where they
are given the name of a reduction, as in `reduce="none"`, that name only counts as true: the loss is the mean, and where
another was named the severity is error.

## Why is this bad?
They may vanish from torch, and next to `reduction` they silently win.

## What torch says
A deprecation warning.

## Example
```python
criterion = nn.MSELoss(size_average=False)
```

## Use instead
```python
criterion = nn.MSELoss(reduction="sum")
```

## Fix safety
Safe where both flags are constants.

## When to ignore it
Where torch before 0.4.1 must be supported.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from losslint.calls import LossCall, Passed
from losslint.judging import LEGACY, REDUCTIONS, legacy_given, title, verb
from losslint.oneof import OneOf
from losslint.rule import Severity, Verdict
from losslint.tri import Tri

CODE = "LL503"
SEVERITY: Severity = "info"


def check(call: LossCall) -> Iterator[Verdict]:
    if call.stage == "call" and call.form == "module":
        return
    reduction = call.argument("reduction")
    named = [passed for passed in legacy_given(call) if passed.position is None and isinstance(passed.value.only, str)]
    if named:
        yield from _named(call, named[0])
        return
    flags = [passed for passed in legacy_given(call) if passed.facts.kind.in_({"bool", "none"}) is not Tri.NO]
    flags = [passed for passed in flags if passed.value.holds(lambda value: isinstance(value, bool)) is not Tri.NO]
    if flags:
        first = flags[0]
        truth = first.value.holds(lambda value: isinstance(value, bool))
        if not first.value.known:
            truth = first.facts.kind.is_("bool")
        evidence = first.value.known or first.facts.kind.known
        means = _means(call)
        overrides = reduction is not None and means is not None and reduction.value.is_(means) is Tri.NO
        also = f" and overrides `reduction={reduction.value.only!r}`" if reduction is not None and overrides else ""
        yield Verdict(
            truth,
            f"`{title(call)}` takes `reduction`, but the deprecated `{first.name}` {verb(truth, evidence)} given{also}",
            first.name,
            evidence,
            f"Pass `reduction={means!r}` instead" if means is not None else "Pass `reduction` instead",
            severity="warning" if overrides else None,
            fix="use-reduction",
        )
    elif reduction is not None and reduction.value.some(lambda value: value == "elementwise_mean"):
        sure = reduction.value.is_("elementwise_mean")
        yield Verdict(
            sure,
            f"`{title(call)}` takes `reduction='mean'`, but {verb(sure, True)} given the deprecated `elementwise_mean`",
            "reduction",
            sure is Tri.MAYBE,
            "Pass `reduction='mean'` instead",
            fix="use-reduction",
        )


def _named(call: LossCall, flag: Passed) -> Iterator[Verdict]:
    """`reduce="none"`: any string but the empty one is true."""
    word, means = flag.value.only, _means(call)
    known = word in REDUCTIONS
    yield Verdict(
        Tri.YES,
        f"`{title(call)}` takes True or False for `{flag.name}`, but `{word!r}` is given"
        + (f", which counts as true: the reduction is `{means}`" if word and means is not None else ""),
        flag.name,
        advice=f"Pass `reduction={word!r}` instead" if known else "Pass `reduction` instead",
        severity="error" if known and means is not None and means != word else None,
    )


def _means(call: LossCall) -> str | None:
    """The reduction that the flags stand for; None where that isn't known."""
    flags: list[Any] = []
    for name in LEGACY:
        passed = call.argument(name)
        value = OneOf.of(None) if passed is None else passed.value
        if value.values is None or len(value.values) != 1:
            return None
        flags.append(True if value.only is None else value.only)
    average, reduce = flags
    return ("mean" if average else "sum") if reduce else "none"
