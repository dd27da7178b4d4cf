"""# prediction-cut-from-graph (LL401)

The prediction was taken out of the autograd graph, and the loss is backpropagated.

## What it does
Follows the prediction to an operation that cuts it from the graph: `detach`, `.data`, `.numpy()`, `argmax`, rounding,
a comparison, `torch.tensor(prediction)`, or `torch.no_grad()` around the model. A term that came out of the graph
through class ids, a comparison or a copy, and is added to a loss that has a gradient, counts as well.

## Why is this bad?
No gradient reaches the model. Alone, the loss raises at `backward`; summed with another loss, it silently
contributes nothing.

## What torch says
"element 0 of tensors does not require grad and does not have a grad_fn" at `backward`, or nothing.

## Example
```python
loss = F.mse_loss(net(x).detach(), y)
loss.backward()
```

## Use instead
```python
loss = F.mse_loss(net(x), y)
loss.backward()
```

## Fix safety
Unsafe: the cut may be meant for another use of the value.

## When to ignore it
Where the gradient is meant to reach the target alone.
"""

from __future__ import annotations

from collections.abc import Iterator

from losslint.calls import LossCall
from losslint.facts import INTS, Facts
from losslint.judging import tensor, title
from losslint.places import Step
from losslint.rule import Severity, Verdict
from losslint.tri import Tri

CODE = "LL401"
SEVERITY: Severity = "error"
LEAVES = ("wrapped in a new leaf", "copied into a new tensor")


def check(call: LossCall) -> Iterator[Verdict]:
    facts = call.prediction
    if call.stage != "call" or call.grad_enabled.is_(True) is Tri.NO or not tensor(facts):
        return
    cuts = [step for step in facts.steps if step.cuts]
    if not cuts or _whole(call) or call.use("asked") is not None:
        return
    # Where another argument carries the gradient, as in a commitment loss, cutting this one is meant.
    others = [passed for passed in call.passed if passed.name in call.contract.slots and passed.name != call.contract.prediction]
    if any(passed.facts.requires_grad.some(bool) for passed in others):
        return
    cut = facts.requires_grad.is_(False) if not _leaf(facts) else Tri.YES
    truth = cut & call.backward
    if truth is Tri.NO:
        return
    evidence = call.backward is Tri.YES and facts.requires_grad.known
    known = _leaf(facts) or all(passed.facts.requires_grad.known for passed in others)
    if truth is Tri.YES and call.contract.symmetric and not known:
        truth, evidence = Tri.MAYBE, True
    told = "was cut from the graph" if truth is Tri.YES else "may have been cut from the graph"
    yield Verdict(
        truth,
        f"`{title(call)}` is backpropagated, but `{call.contract.prediction}` {told} by {_quoted(_cause(cuts).note)}",
        call.contract.prediction,
        evidence,
        "Keep the prediction in the graph: detach only what is logged or stored",
    )


def _leaf(facts: Facts) -> bool:
    """Whether it was put into a new tensor that requires grad itself: backward ends there, and nothing raises."""
    return facts.requires_grad.only is True and facts.steps[-1].note in LEAVES


def _cause(cuts: list[Step]) -> Step:
    """The last step that certainly cut it; else the last that may have."""
    return next((step for step in reversed(cuts) if step.aside is Tri.YES), cuts[-1])


def _quoted(note: str) -> str:
    return f"`{note}`" if "`" not in note else note


def _whole(call: LossCall) -> bool:
    """Class ids and other integers are a matter of prediction-not-floating, where a loss takes floating numbers alone."""
    facts = call.prediction
    if any(slot.dtypes & INTS for slot in call.slots(call.contract.prediction)):
        return False
    ids = facts.domain.holds(lambda domain: domain.name == "class_index")
    return (facts.dtype.in_(INTS | {"bool"}) | ids) is Tri.YES
