"""# log-target-mismatch (LL107)

The target of a divergence is probabilities, but `log_target=True` says that it is log-probabilities.

## What it does
Checks the target of `KLDivLoss` with `log_target=True`. Log-probabilities without `log_target=True` are a matter of
log-probabilities-as-probabilities.

## Why is this bad?
The loss takes the exponential of the target: weights lie between 1 and e instead of between 0 and 1, and the minimum
is not where the distributions agree.

## What torch says
Nothing.

## Example
```python
loss = F.kl_div(student.log_softmax(1), teacher.softmax(1), reduction="batchmean", log_target=True)
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

CODE = "LL107"
SEVERITY: Severity = "error"


def check(call: LossCall) -> Iterator[Verdict]:
    for suspect in misread(call, "log_probs", {"probs"}):
        if suspect.name != call.contract.target:
            continue
        what = phrase(suspect.domain or Domain("probs"))
        yield Verdict(
            suspect.truth,
            f"`{title(call)}` takes log-probabilities with `log_target=True`, but `{suspect.name}` {suspect.verb} {what}",
            suspect.name,
            suspect.evidence,
            "Drop `log_target=True`, or use the activation with the logarithm",
        )
