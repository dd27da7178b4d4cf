"""# logits-as-probabilities (LL104)

A loss that takes probabilities gets raw scores: the sigmoid or softmax is missing.

## What it does
Checks that the input of `BCELoss` and the target of `KLDivLoss` are probabilities, and what a Dice coefficient or IoU
that the program writes out itself is made of. Values outside [0, 1] prove that they are not.

## Why is this bad?
The logarithm of a raw score means nothing. As long as all scores happen to lie in [0, 1] the number is silently
wrong; then training breaks.

## What torch says
For `BCELoss` "all elements of input should be between 0 and 1", only when a value leaves that range and only in
eager mode; for the target of `KLDivLoss` nothing.

## Example
```python
loss = F.binary_cross_entropy(net(x), labels)
```

## Use instead
```python
loss = F.binary_cross_entropy_with_logits(net(x), labels)
```

## Fix safety
The loss and its gradients change: that is the purpose.

## When to ignore it
Where the scores are brought into [0, 1] in a way that cannot be seen.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from losslint.calls import LossCall
from losslint.facts import Range
from losslint.judging import domains, misread, not_probs, number, phrase, title
from losslint.rule import Severity, Verdict

CODE = "LL104"
SEVERITY: Severity = "error"
ACTIVATES: Final = ("sigmoid", "softmax", "from_logits")
"""Options by which losses of other libraries apply the activation themselves."""


def check(call: LossCall) -> Iterator[Verdict]:
    contract = call.contract
    for suspect in misread(call, "probs", {"logits", "rectified", "rate"}):
        facts, truth = suspect.passed.facts, suspect.truth
        told = f"{suspect.verb} {phrase(suspect.domain) if suspect.domain else 'logits'}"
        if Range(0, 1).covers(facts.range) and not (suspect.domain and facts.range.exact):
            continue  # numbers that were measured may be others in the next batch
        if domains(facts).values is None:
            # Labels outside [0, 1] have rules of their own; the target of a divergence has not.
            if suspect.name != contract.prediction and (facts.range.low >= 0 or "log_target" not in contract.defaults):
                continue
            if not_probs(facts.range):
                truth = call.wants(suspect.name, "probs")
                told = f"holds values from {number(facts.range.low)} to {number(facts.range.high)}"
        each = contract.class_axis is None and "log_target" not in contract.defaults
        binary = contract.class_axis is None and suspect.name == contract.prediction
        advice = f"Apply `{'sigmoid' if each else 'softmax'}` first"
        fix: str | None = "use-fused-loss" if binary else "apply-softmax" if not each else None
        if binary and contract.fused:
            advice = f"Use `{contract.fused.rpartition('.')[2]}`, which applies the sigmoid itself"
        elif inside := [word for word in ACTIVATES if word in contract.defaults]:
            advice = f"Let the loss apply it: pass {' or '.join(f'`{word}=True`' for word in inside)}"
            fix = None
        yield Verdict(
            truth,
            f"`{title(call)}` takes probabilities, but `{suspect.name}` {told}",
            suspect.name,
            suspect.evidence,
            advice,
            fix=fix,
        )
