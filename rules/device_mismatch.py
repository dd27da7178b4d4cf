"""# device-mismatch (LL509)

The arguments of a loss are on different devices.

## What it does
Compares the device of the target and of weights with the prediction's. Numbers without axes and what `CTCLoss` takes
from the CPU are left alone.

## Why is this bad?
The call raises.

## What torch says
RuntimeError "Expected all tensors to be on the same device".

## Example
```python
loss = F.cross_entropy(net(x.cuda()), torch.tensor([0, 2, 1]))
```

## Use instead
```python
loss = F.cross_entropy(net(x.cuda()), torch.tensor([0, 2, 1], device="cuda"))
```

## Fix safety
Safe: the numbers stay the same.

## When to ignore it
Where a default device is set that the source does not show.
"""

from __future__ import annotations

from collections.abc import Iterator

from losslint.calls import LossCall
from losslint.judging import tensor, title
from losslint.oneof import OneOf
from losslint.rule import Severity, Verdict
from losslint.tri import Tri

CODE = "LL509"
SEVERITY: Severity = "error"


def check(call: LossCall) -> Iterator[Verdict]:
    contract, mine = call.contract, _types(call.prediction.device)
    if call.stage != "call" or call.argument(contract.prediction) is None or not tensor(call.prediction):
        return
    for passed in call.passed:
        if passed.name == contract.prediction or passed.name not in contract.slots or contract.plain:
            continue
        facts = passed.facts
        if facts.kind.in_({"tensor"}) is Tri.NO or any(shape.rank == 0 for shape in facts.shape):
            continue
        theirs = _types(facts.device)
        truth = _apart(mine, theirs)
        if truth is Tri.NO:
            continue
        told = f"is on {' or '.join(theirs)}" if truth is Tri.YES else "may be on another"
        where = f"the device of `{contract.prediction}`" + (f", {' or '.join(mine)}" if mine.known else "")
        yield Verdict(
            truth,
            f"`{title(call)}` takes all arguments on {where}, but `{passed.name}` {told}",
            passed.name,
            advice=f"Move `{passed.name}` to the device of `{contract.prediction}`",
        )


def _apart(mine: OneOf[str], theirs: OneOf[str]) -> Tri:
    if mine.known and theirs.known and not set(mine) & set(theirs):
        return Tri.YES
    return Tri.NO if mine.only is not None and mine == theirs else Tri.MAYBE


def _types(device: OneOf[str]) -> OneOf[str]:
    """Devices without their number: which of several it is the source seldom tells."""
    return device.map(lambda name: name.partition(":")[0])
