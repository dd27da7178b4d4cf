"""# unknown-reduction (LL504)

A reduction that the loss does not know.

## What it does
Compares the value of `reduction` with those that the loss takes.

## Why is this bad?
A constructor never looks at it: the first call raises, maybe long after.

## What torch says
ValueError "avg is not a valid value for reduction", at the first call only.

## Example
```python
criterion = nn.MSELoss(reduction="avg")
```

## Use instead
```python
criterion = nn.MSELoss(reduction="mean")
```

## Fix safety
Unsafe: which reduction is meant only the author knows.

## When to ignore it
Never: torch refuses the call.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from losslint.calls import LossCall
from losslint.judging import REDUCTIONS, legacy_given, title
from losslint.rule import Severity, Verdict
from losslint.tri import Tri

CODE = "LL504"
SEVERITY: Severity = "error"


def check(call: LossCall) -> Iterator[Verdict]:
    passed = call.argument("reduction")
    # The builtins below the functional forms take numbers, and the legacy flags override what is given here.
    if passed is None or not isinstance(call.contract.defaults.get("reduction"), str) or legacy_given(call):
        return
    known = REDUCTIONS | {"elementwise_mean"} | ({"batchmean"} if "log_target" in call.contract.defaults else set())

    def unknown(value: Any) -> bool:
        return value not in known

    truth = passed.value.holds(unknown)
    if truth is Tri.NO:
        return
    wrong = [value for value in passed.value if unknown(value)]
    listed = ", ".join(f"`{value}`" for value in sorted(known - {"elementwise_mean"}))
    told = f"is `{wrong[0]!r}`{'' if truth is Tri.YES else ' on some path'}" if wrong else "may be something else"
    yield Verdict(
        truth,
        f"`{title(call)}` takes {listed}, but `reduction` {told}",
        "reduction",
        bool(wrong),
        "Choose one of the reductions that the loss knows",
    )
