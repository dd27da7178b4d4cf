"""# probabilities-as-log-probabilities (LL103)

A loss that takes log-probabilities gets probabilities: softmax where log-softmax is wanted.

## What it does
Checks that the input of `NLLLoss`, `KLDivLoss`, `CTCLoss` and the like is the logarithm of probabilities, not the
probabilities themselves.

## Why is this bad?
Minus the probability is minimised in place of minus its logarithm: the loss lies between -1 and 0, confident
mistakes are hardly punished and their gradient vanishes.

## What torch says
Nothing.

## Example
```python
loss = nn.NLLLoss()(net(x).softmax(dim=1), labels)
```

## Use instead
```python
loss = nn.NLLLoss()(net(x).log_softmax(dim=1), labels)
```

## Fix safety
The loss and its gradients change: that is the purpose. Unsafe where the probabilities are used elsewhere too.

## When to ignore it
Where the expected accuracy, not the likelihood, is maximised on purpose.
"""

from __future__ import annotations

from collections.abc import Iterator

from losslint.calls import LossCall
from losslint.facts import Domain
from losslint.judging import activation, misread, phrase, title
from losslint.rule import Severity, Verdict

CODE = "LL103"
SEVERITY: Severity = "error"


def check(call: LossCall) -> Iterator[Verdict]:
    for suspect in misread(call, "log_probs", {"probs"}):
        # A target that may be log-probabilities is a matter of `log_target`: log-target-mismatch speaks.
        if suspect.name == call.contract.target:
            continue
        what = phrase(suspect.domain or Domain("probs"))
        made = activation(suspect.domain)
        instead = "logsigmoid" if made == "sigmoid" else "log_softmax"
        yield Verdict(
            suspect.truth,
            f"`{title(call)}` takes log-probabilities, but `{suspect.name}` {suspect.verb} {what}",
            suspect.name,
            suspect.evidence,
            f"Replace the {made} by `{instead}`",
            fix="log-activation",
        )
