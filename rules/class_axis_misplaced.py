"""# class-axis-misplaced (LL302)

The class axis of the input is the last one, but the loss takes it as axis 1.

## What it does
Compares (N, L, C) inputs with (N, L) class ids: `CrossEntropyLoss` and `NLLLoss` want (N, C, L).

## Why is this bad?
Torch refuses the call, with a message that does not name the axis; where L happens to equal C, it silently takes
positions for classes.

## What torch says
RuntimeError "Expected target size [8, 10], got [8, 5]"; nothing when the sizes agree.

## Example
```python
loss = F.cross_entropy(logits, labels)  # [N L C] against [N L]
```

## Use instead
```python
loss = F.cross_entropy(logits.transpose(1, 2), labels)
```
or
```python
loss = F.cross_entropy(logits.flatten(0, 1), labels.flatten())
```

## Fix safety
Transposing is right wherever the class axis is the last. Reshaping to (N, C, L) is not: it mixes the axes up.

## When to ignore it
Never: torch refuses the call, or the number is wrong.
"""

from __future__ import annotations

from collections.abc import Iterator

from losslint.calls import LossCall
from losslint.judging import classes_last, comparable, pairs, summarise, title
from losslint.rule import Severity, Verdict
from losslint.tri import Tri

CODE = "LL302"
SEVERITY: Severity = "error"


def check(call: LossCall) -> Iterator[Verdict]:
    contract = call.contract
    if call.stage != "call" or contract.relation != "class_index":
        return
    if not comparable(call):
        return
    found = [(classes_last(mine, theirs), mine, theirs) for mine, theirs in pairs(call)]
    truth, evidence = summarise([truth for truth, _, _ in found])
    if truth is Tri.NO:
        return
    told = f"the class axis of `{contract.prediction}` may be the last"
    for sure, mine, theirs in found:
        if sure is Tri.YES:
            some = " on some path" if evidence else ""
            told = f"`{contract.prediction}` {mine} with `{contract.target}` {theirs} has it last{some}"
            break
    yield Verdict(
        truth,
        f"`{title(call)}` takes the classes along axis 1, but {told}",
        contract.prediction,
        evidence,
        "Move the class axis with `transpose(1, -1)`, or flatten all other axes into one",
    )
