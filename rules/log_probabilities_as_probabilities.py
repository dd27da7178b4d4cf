"""# log-probabilities-as-probabilities (LL106)

Log-softmax or log-sigmoid output goes where probabilities are wanted.

## What it does
Checks the input of `BCELoss` and the target of `KLDivLoss` with `log_target=False`.

## Why is this bad?
Log-probabilities are negative. `KLDivLoss` weighs with them silently and the divergence is meaningless; the
logarithm that `BCELoss` takes of them does not exist.

## What torch says
For `BCELoss` "all elements of input should be between 0 and 1"; for `KLDivLoss` nothing.

## Example
```python
loss = F.kl_div(student.log_softmax(1), teacher.log_softmax(1), reduction="batchmean")
```

## Use instead
```python
loss = F.kl_div(student.log_softmax(1), teacher.log_softmax(1), reduction="batchmean", log_target=True)
```

## Fix safety
The loss and its gradients change: that is the purpose.

## When to ignore it
Never: no value of this loss can be right.
"""

from __future__ import annotations

from collections.abc import Iterator

from losslint.calls import LossCall
from losslint.facts import Domain
from losslint.judging import misread, phrase, title
from losslint.rule import Severity, Verdict

CODE = "LL106"
SEVERITY: Severity = "error"


def check(call: LossCall) -> Iterator[Verdict]:
    for suspect in misread(call, "probs", {"log_probs"}):
        advice = "Use the activation without the logarithm"
        if "log_target" in call.contract.defaults:
            advice = "Pass `log_target=True`"
        what = phrase(suspect.domain or Domain("log_probs"))
        yield Verdict(
            suspect.truth,
            f"`{title(call)}` takes probabilities, but `{suspect.name}` {suspect.verb} {what}",
            suspect.name,
            suspect.evidence,
            advice,
        )
