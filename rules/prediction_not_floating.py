"""# prediction-not-floating (LL206)

The prediction is integer or bool: class ids, rounded values or a comparison in place of scores.

## What it does
Checks the dtype and the meaning of the prediction.

## Why is this bad?
Torch refuses integers, or computes a loss that no gradient flows through. Class ids taken by `argmax` are no
scores, and converting them back with `.float()` does not bring the gradient back.

## What torch says
RuntimeError, such as "not implemented for 'Long'"; for some regression losses nothing.

## Example
```python
loss = F.cross_entropy(net(x).argmax(dim=1), labels)
```

## Use instead
```python
loss = F.cross_entropy(net(x), labels)
```

## Fix safety
The loss changes from none to the right one.

## When to ignore it
Where a regression loss serves as a metric on rounded values. Class ids converted with `.float()` are reported as proven
only where such a loss is backpropagated.
"""

from __future__ import annotations

from collections.abc import Iterator

from losslint.calls import LossCall
from losslint.facts import INTS
from losslint.judging import tensor, title, verb
from losslint.rule import Severity, Verdict
from losslint.tri import Tri

CODE = "LL206"
SEVERITY: Severity = "error"


def check(call: LossCall) -> Iterator[Verdict]:
    name = call.contract.prediction
    facts = call.prediction
    if call.stage != "call" or call.argument(name) is None or not tensor(facts):
        return
    whole = INTS | {"bool"}
    if any(alternative.dtypes & whole for slot in call.slots(name) for alternative in slot.alternatives):
        return  # a measure of numbers, such as the mean absolute error of ordinal class ids
    truth = facts.dtype.in_(whole) | facts.domain.holds(lambda domain: domain.name == "class_index")
    if facts.dtype.in_(whole) is Tri.NO and not facts.domain.known:
        truth = Tri.NO
    if facts.dtype.in_(whole) is Tri.NO and call.contract.symmetric:
        truth &= call.backward  # ids turned into floats are compared with others to measure, as long as nothing is trained
    if truth is Tri.NO:
        return
    seen = [dtype for dtype in facts.dtype if dtype in whole]
    ids = facts.domain.some(lambda domain: domain.name == "class_index")
    evidence = bool(seen or ids)
    what = " or ".join(["class ids"] * ids + seen) or "integer"
    yield Verdict(
        truth,
        f"`{title(call)}` takes floating scores, but `{name}` {verb(truth, evidence)} {what}",
        name,
        evidence,
        "Pass the scores themselves: no gradient comes through class ids, rounding or comparisons",
    )
