"""# normalised-twice (LL117)

Probabilities are normalised once more on their way to a loss.

## What it does
Finds a softmax, log-softmax or sigmoid of probabilities among what made an argument of a loss. The log-softmax of
log-probabilities is left alone, which changes nothing, and so is the softmax of log-probabilities, which gives the
probabilities again.

## Why is this bad?
Probabilities lie in [0, 1], so a second softmax can raise none above e / (e + C - 1): 0.23 for 10 classes. The loss
cannot come near its minimum and its gradients are flat.

## What torch says
Nothing.

## Example
```python
probs = net(x).softmax(dim=1)
loss = F.nll_loss(F.log_softmax(probs, dim=1), labels)
```

## Use instead
```python
loss = F.nll_loss(F.log_softmax(net(x), dim=1), labels)
```

## Fix safety
The loss and its gradients change: that is the purpose.

## When to ignore it
Where probabilities are sharpened or flattened on purpose.
"""

from __future__ import annotations

from collections.abc import Iterator

from losslint.calls import LossCall
from losslint.facts import FLOATS
from losslint.judging import domains, tensor, title, verb
from losslint.rule import Severity, Verdict
from losslint.tri import Tri

CODE = "LL117"
SEVERITY: Severity = "error"


def check(call: LossCall) -> Iterator[Verdict]:
    if call.stage != "call":
        return
    for passed in call.passed:
        facts = passed.facts
        if not tensor(facts) or facts.dtype.in_(FLOATS) is Tri.NO:
            continue
        wanted = {domain for slot in call.slots(passed.name) for domain in slot.domains}
        if not wanted & {"logits", "probs", "log_probs"} and not facts.domain.some(lambda domain: domain.twice):
            continue
        seen = domains(facts)
        truth = seen.holds(lambda domain: domain.twice)
        if truth is Tri.NO:
            continue
        evidence = seen.known
        yield Verdict(
            truth,
            f"`{title(call)}` takes what is normalised once, but `{passed.name}` {verb(truth, evidence)} normalised twice",
            passed.name,
            evidence,
            "Drop one of the activations",
            fix="drop-activation",
        )
