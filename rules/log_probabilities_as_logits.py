"""# log-probabilities-as-logits (LL105)

Log-softmax or log-sigmoid output goes into a loss that takes logits.

## What it does
Checks that what a loss takes for logits has not gone through a logarithmic activation.

## Why is this bad?
For `CrossEntropyLoss` the second log-softmax changes nothing: it costs time, and readers will wonder (severity info).
For losses that apply a sigmoid, such as `BCEWithLogitsLoss`, the number is wrong: the sigmoid of a log-probability
never exceeds one half (severity error).

## What torch says
Nothing.

## Example
```python
loss = F.cross_entropy(F.log_softmax(net(x), dim=1), labels)
```

## Use instead
```python
loss = F.cross_entropy(net(x), labels)
```

## Fix safety
Safe for `CrossEntropyLoss`: value and gradient stay. Else the loss changes, as it should.

## When to ignore it
Where a model returns log-probabilities by contract and cross-entropy is used for its other options.
"""

from __future__ import annotations

from collections.abc import Iterator

from losslint.calls import LossCall
from losslint.facts import EACH, Domain
from losslint.judging import activation, misread, off_axis, phrase, title
from losslint.rule import Severity, Verdict
from losslint.tri import Tri

CODE = "LL105"
SEVERITY: Severity = "error"


def check(call: LossCall) -> Iterator[Verdict]:
    for suspect in misread(call, "logits", {"log_probs"}):
        domain = suspect.domain or Domain("log_probs")
        idempotent = call.contract.title == "CrossEntropyLoss" and domain.axis != EACH
        # Over another axis than the loss's own it is no idle repetition: softmax-over-wrong-axis speaks.
        if idempotent and off_axis(call, domain) is Tri.YES:
            continue
        name = title(call)
        made = activation(domain)
        yield Verdict(
            suspect.truth,
            f"`{name}` takes logits, but `{suspect.name}` {suspect.verb} {phrase(domain)}",
            suspect.name,
            suspect.evidence,
            f"Drop the {made}: `{name}` {'repeats it to no effect' if idempotent else 'applies its own activation'}",
            severity="info" if idempotent else "error",
            fix="drop-activation",
        )
