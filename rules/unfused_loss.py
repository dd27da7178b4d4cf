"""# unfused-loss (LL110)

An activation and a loss in two steps, where one loss does both and is stabler.

## What it does
Finds sigmoid output in `BCELoss` and the logarithm of probabilities in `NLLLoss`. A log-softmax before `NLLLoss` is
left alone: `CrossEntropyLoss` does the same, to the bit.

## Why is this bad?
A float32 sigmoid is 1 from logits of 17 on, and a softmax 0 below -104: there the logarithm is cut off or infinite and
the gradient is 0 or NaN. The fused losses never take the logarithm of a rounded number.

## What torch says
Nothing. `BCELoss` clamps its logarithms at -100.

## Example
```python
loss = F.binary_cross_entropy(torch.sigmoid(net(x)), labels)
```

## Use instead
```python
loss = F.binary_cross_entropy_with_logits(net(x), labels)
```

## Fix safety
Safe where nothing else reads the probabilities; rounding differs.

## When to ignore it
Where the model has to return probabilities, and its outputs stay small.
"""

from __future__ import annotations

from collections.abc import Iterator

from losslint.calls import LossCall
from losslint.facts import EACH, Domain, Facts
from losslint.judging import domains, tensor, title, verb
from losslint.rule import Severity, Verdict
from losslint.tri import Tri

CODE = "LL110"
SEVERITY: Severity = "info"


def check(call: LossCall) -> Iterator[Verdict]:
    contract, facts = call.contract, call.prediction
    passed = call.argument(contract.prediction)
    if call.stage != "call" or contract.fused is None or passed is None or not tensor(facts):
        return
    seen = domains(facts)
    classes = call.wants(passed.name, "log_probs") is Tri.YES
    truth = seen.holds(lambda domain: _in_two_steps(domain, facts, classes))
    logged = any(domain.logged for domain in seen)
    if truth is Tri.NO:
        return
    evidence = seen.known
    what = "the logarithm of a softmax" if classes else "a sigmoid's output"
    yield Verdict(
        truth,
        f"`{contract.fused}` takes logits and is stabler, but `{passed.name}` of `{title(call)}` {verb(truth, evidence)} {what}",
        passed.name,
        evidence,
        f"Use `{contract.fused}` on logits",
        "warning" if logged else "info",
        "use-fused-loss",
    )


def _in_two_steps(domain: Domain, facts: Facts, classes: bool) -> bool:
    """Whether numbers of this domain were rounded before their logarithm is taken, by what the fused loss does itself: of a loss
    over classes that is no sigmoid. No one set of scores gives what is mixed of several."""
    apart = domain.axis == EACH and not domain.mixed and _by_sigmoid(facts)
    return not (classes and apart) if domain.logged else domain.name == "probs" and apart


def _by_sigmoid(facts: Facts) -> bool:
    """Whether the last activation on the value's way is a sigmoid: one class picked from a softmax stands for itself, too."""
    notes = [step.note.lower() for step in facts.steps]
    activations = [note for note in notes if "sigmoid" in note or "softmax" in note]
    return not activations or "sigmoid" in activations[-1]
