"""# logits-as-log-probabilities (LL102)

A loss that takes log-probabilities gets raw scores: the log-softmax is missing.

## What it does
Checks that the input of `NLLLoss`, `KLDivLoss`, `CTCLoss` and the like has gone through a log-softmax. Values above 0
prove that it has not: no log-probability is positive.

## Why is this bad?
The loss only picks or weighs the numbers it is given. Without normalisation it is minimised by letting the scores
grow without end: it goes to minus infinity while the model learns little.

## What torch says
Nothing.

## Example
```python
loss = F.nll_loss(net(x), labels)
```

## Use instead
```python
loss = F.cross_entropy(net(x), labels)
```
or
```python
loss = F.nll_loss(F.log_softmax(net(x), dim=1), labels)
```

## Fix safety
The loss and its gradients change: that is the purpose.

## When to ignore it
Where the scores are normalised in a way that cannot be seen, as by a flow that returns log-likelihoods.
"""

from __future__ import annotations

from collections.abc import Iterator

from losslint.calls import LossCall
from losslint.judging import domains, misread, not_log_probs, number, phrase, title
from losslint.rule import Severity, Verdict

CODE = "LL102"
SEVERITY: Severity = "error"


def check(call: LossCall) -> Iterator[Verdict]:
    advice = "Apply `log_softmax` over the class axis first"
    if call.contract.fused:
        advice = f"Use `{call.contract.fused.rpartition('.')[2]}`, which applies log-softmax itself, or apply `log_softmax` first"
    for suspect in misread(call, "log_probs", {"logits", "rectified", "rate"}):
        facts = suspect.passed.facts
        truth, told = suspect.truth, f"{suspect.verb} {phrase(suspect.domain) if suspect.domain else 'logits'}"
        if domains(facts).values is None and not_log_probs(facts.range):
            wants = call.wants(suspect.name, "log_probs")
            truth, told = wants, f"holds values up to {number(facts.range.high)}, and no log-probability is above 0"
            if not facts.range.exact:
                told = "holds values above 0 only, and no log-probability is above 0"
        yield Verdict(
            truth,
            f"`{title(call)}` takes log-probabilities, but `{suspect.name}` {told}",
            suspect.name,
            suspect.evidence,
            advice,
            fix="apply-log-softmax",
        )
