"""# tensors-to-constructor (LL501)

Prediction and target are given to the constructor of a loss class, which takes options.

## What it does
Checks what the constructor of a loss class gets: tensors are wanted for class weights only.

## Why is this bad?
The constructor makes a loss object and computes nothing. Mostly it fails with a message that misleads; with other
arguments it silently returns a module where a number was expected.

## What torch says
"Boolean value of Tensor with more than one value is ambiguous", or nothing.

## Example
```python
loss = nn.CrossEntropyLoss(net(x), labels)
```

## Use instead
```python
loss = nn.CrossEntropyLoss()(net(x), labels)
```

## Fix safety
Safe: the call as it stands cannot work.

## When to ignore it
Never.
"""

from __future__ import annotations

from collections.abc import Iterator

from losslint.calls import LossCall, Passed
from losslint.judging import title
from losslint.rule import Severity, Verdict
from losslint.tri import Tri

CODE = "LL501"
SEVERITY: Severity = "error"


def check(call: LossCall) -> Iterator[Verdict]:
    if call.stage != "construct":
        return
    wrong = [(passed, truth) for passed in call.passed if (truth := _misplaced(call, passed)) is not Tri.NO]
    if not wrong:
        return
    passed, truth = max(wrong, key=lambda pair: pair[1].value)
    evidence = passed.facts.kind.known
    landed = f" as `{passed.name}`" if passed.name else ""
    told = f"gets a tensor{landed}" if truth is Tri.YES else f"may get a tensor{landed}"
    yield Verdict(
        truth,
        f"the constructor `{title(call)}` takes options, but it {told}",
        passed.name,
        evidence,
        f"Make the loss first and call it then: `{title(call)}()(prediction, target)`",
        fix="construct-first",
    )


def _misplaced(call: LossCall, passed: Passed) -> Tri:
    contract = call.contract
    data = passed.facts.kind.in_({"tensor", "ndarray", "dataframe"})
    if call.used_as_loss is Tri.YES and not passed.facts.kind.known:
        data = Tri.YES  # what is backpropagated or added up was meant to be computed here
    slots = contract.slots.get(passed.name) if passed.name in contract.init else None
    if slots is None:
        # An option by keyword that nothing is known of is hardly a tensor.
        return Tri.NO if passed.position is None and not passed.facts.kind.known else data
    # Class weights: a tensor is right there, unless it has axes that weights don't have.
    fits = [alternative.matches(shape) for shape in passed.facts.shape for alternative in slots.alternatives]
    return Tri.YES if fits and all(fit is Tri.NO for fit in fits) and data is Tri.YES else Tri.NO
