"""# swapped-arguments (LL505)

The target is passed where the prediction belongs, and the prediction where the target belongs.

## What it does
Looks at what both arguments are: whether the gradient would reach a model through the target alone, class ids or
labels against scores, and for a divergence probabilities against log-probabilities. In source it also reads what the
arguments are called; names alone prove nothing but for a symmetric loss, where only the style is at stake. There an
output of a model that was detached is left alone.

## Why is this bad?
Both have the same shape, so nothing raises. The loss is another function of the prediction, often one without a
minimum: the binary cross-entropy with swapped arguments is linear in the prediction.

## What torch says
Nothing for BCE, BCEWithLogits, KLDiv, MSE and soft targets; for class ids RuntimeError.

## Example
```python
loss = F.binary_cross_entropy_with_logits(labels, net(x))
```

## Use instead
```python
loss = F.binary_cross_entropy_with_logits(net(x), labels)
```

## Fix safety
The loss and its gradients change, unless the loss is symmetric: that is the purpose.

## When to ignore it
Where the gradient is meant to reach the target alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from losslint.calls import LossCall, Passed
from losslint.facts import FLOATS, INTS, Facts
from losslint.judging import TARGETS, called, domains, tensor, title
from losslint.rule import Severity, Verdict
from losslint.tri import Tri

CODE = "LL505"
SEVERITY: Severity = "error"
PREDICTIONS: Final = frozenset({
    "pred", "preds", "predict", "predicted", "prediction", "predictions", "output", "outputs", "logit", "logits", "hat",
    "probs", "scores", "recon", "estimate",
})  # fmt: skip
NO_GRAD: Final = "computed without gradient"
LABELS: Final = frozenset({"zero_one", "one_hot", "class_index", "signs"})
SCORES: Final = frozenset({"logits", "probs", "log_probs", "rectified"})


def check(call: LossCall) -> Iterator[Verdict]:
    contract = call.contract
    first, second = call.argument(contract.prediction), call.argument(contract.target)
    if call.stage != "call" or first is None or second is None or not (tensor(first.facts) and tensor(second.facts)):
        return
    if contract.symmetric:
        # Either order gives the same number: names tell which is which, labels, which no model returns, and what never learns.
        labels = first.facts.domain.holds(lambda domain: domain.name in LABELS) & first.facts.requires_grad.is_(False)
        named = _named(first, second) & (called(second, PREDICTIONS) | _live(second.facts))
        truth, evidence = named | ((labels | _fixed(first.facts)) & _live(second.facts)), False
        if truth is not Tri.YES:
            return
    else:
        truth, evidence = _swapped(call, first.facts, second.facts)
    if truth is Tri.NO:
        return
    told = "they are the other way round" if truth is Tri.YES else "they may be the other way round"
    yield Verdict(
        truth,
        f"`{title(call)}` takes the prediction as `{first.name}` and the target as `{second.name}`, but {told}",
        second.name,
        evidence,
        "Swap the two arguments",
        severity="info" if contract.symmetric else None,
        fix="swap-arguments",
    )


def _swapped(call: LossCall, first: Facts, second: Facts) -> tuple[Tri, bool]:
    target_first = first.domain.holds(lambda domain: domain.name in LABELS)
    scores_last = domains(second).holds(lambda domain: domain.name in SCORES)
    ids_first = first.dtype.in_(INTS | {"bool"}) & second.dtype.in_(FLOATS) & Tri.of(call.contract.relation == "class_index")
    truths = [ids_first, target_first & scores_last]
    grads = first.requires_grad.is_(False) & second.requires_grad.is_(True)
    evidence = False
    names = _named(*(_passed(call, name) for name in (call.contract.prediction, call.contract.target)))
    if "log_target" not in call.contract.defaults:
        # Of what nothing is known, the name says what it is where the other one is a model's scores.
        truths.append(grads)
        if names is Tri.YES:
            truths.append(scores_last & _live(second) & Tri.of(_live(first) is not Tri.YES))
    elif call.wants(call.contract.target or "", "log_probs") is Tri.NO:
        # A divergence of a fixed input from a target that learns is one: of the reverse direction.
        crossed = domains(first).holds(lambda domain: domain.name == "probs")
        truths.append(crossed & domains(second).holds(lambda domain: domain.name == "log_probs"))
        evidence = grads is Tri.YES
    truth = Tri.any(truths)
    if names is Tri.YES:
        evidence = evidence or called(_passed(call, call.contract.target), PREDICTIONS) is Tri.YES
    return truth, evidence


def _passed(call: LossCall, name: str | None) -> Passed:
    return call.argument(name) or Passed("", None)


def _live(facts: Facts) -> Tri:
    return facts.requires_grad.is_(True)


def _fixed(facts: Facts) -> Tri:
    """Whether nothing learns through it: what was detached is an output of a model still, as in a commitment loss."""
    cuts = any(step.cuts and not step.note.startswith(NO_GRAD) for step in facts.steps)
    return facts.requires_grad.is_(False) & Tri.of(not cuts)


def _named(first: Passed, second: Passed) -> Tri:
    """Whether the first is called a target, and the second isn't."""
    return called(first, TARGETS) & ~called(first, PREDICTIONS) & ~called(second, TARGETS)
