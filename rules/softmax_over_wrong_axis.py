"""# softmax-over-wrong-axis (LL109)

A softmax or log-softmax runs over an axis that is not the loss's class axis.

## What it does
Compares the axis over which the input of `CrossEntropyLoss`, `NLLLoss` or `CTCLoss` was normalised with the axis of the
classes, and the axes of both distributions of `KLDivLoss` with each other. A log-softmax without `dim` is told as a
warning where the axis that torch then chooses is not known to be wrong.

## Why is this bad?
Over axis 0 the samples of a batch compete with each other; the rows that the loss reads as distributions are none.

## What torch says
Nothing; without `dim` a warning "Implicit dimension choice".

## Example
```python
loss = F.nll_loss(F.log_softmax(net(x), dim=0), labels)
```

## Use instead
```python
loss = F.nll_loss(F.log_softmax(net(x), dim=1), labels)
```

## Fix safety
The loss and its gradients change: that is the purpose.

## When to ignore it
Never for class losses: no value of the loss can be right.
"""

from __future__ import annotations

from collections.abc import Iterator

from losslint.calls import LossCall
from losslint.facts import EACH, Domain, Facts
from losslint.judging import NO_DIM, classes_last, domains, pairs, phrase, summarise, tensor, title, verb
from losslint.rule import Severity, Verdict
from losslint.shapes import Shape
from losslint.tri import Tri

CODE = "LL109"
SEVERITY: Severity = "error"


def check(call: LossCall) -> Iterator[Verdict]:
    contract, facts = call.contract, call.prediction
    name = contract.prediction
    if call.stage != "call" or call.argument(name) is None or not tensor(facts):
        return
    if contract.class_axis is None:
        if "log_target" in contract.defaults:
            yield from _divergence(call)
        return
    # Where the classes are the last axis but should be axis 1, the softmax is right and class-axis-misplaced speaks.
    if contract.relation == "class_index" and any(classes_last(mine, theirs) is Tri.YES for mine, theirs in pairs(call)):
        return
    wanted, logs = contract.class_axis, call.wants(name, "log_probs") is Tri.YES
    shapes: list[Shape | None] = list(facts.shape) or [None]
    found = [(_off(domain, shape, wanted, facts, logs), domain) for domain in domains(facts) for shape in shapes]
    truth, mixed = summarise([truth for truth, _ in found])
    wrong = [domain for certain, domain in found if certain is Tri.YES]
    if truth is Tri.MAYBE and not wrong and call.wants(name, "log_probs") is Tri.YES and _without_dim(facts):
        told = "is a softmax without `dim`, over an axis that depends on its rank"
        yield Verdict(
            Tri.YES,
            f"`{title(call)}` takes the classes along axis {wanted}, but `{name}` {told}",
            name,
            advice=f"Pass `dim={wanted}` to the softmax",
            severity="warning",
        )
    elif truth is not Tri.NO:
        what = _words(wrong[0]) if wrong else "normalised over another"
        yield Verdict(
            truth,
            f"`{title(call)}` takes the classes along axis {wanted}, but `{name}` {verb(truth, mixed)} {what}",
            name,
            mixed,
            f"Pass `dim={wanted}` to the softmax",
        )


def _words(domain: Domain) -> str:
    if isinstance(domain.axis, int) or domain.axis == EACH:
        return phrase(domain)
    return "a softmax without `dim`, which takes another axis here"


def _off(domain: Domain, shape: Shape | None, wanted: int, facts: Facts, logs: bool) -> Tri:
    """Whether a value of this shape, with classes along axis `wanted` of a batch, is normalised over another axis."""
    if domain.name not in ("probs", "log_probs"):
        return Tri.NO
    if domain.axis == EACH:
        return Tri.of(logs and domain.name == "log_probs")
    rank = shape.rank if shape is not None else None
    if rank is None:
        # An axis counted from the end is the class axis for one rank, another for the next: it lies as far as there are dims.
        least = len(shape.dims) if shape is not None else 0
        first = domain.axis + least if isinstance(domain.axis, int) and domain.axis < 0 else domain.axis
        return Tri.YES if isinstance(first, int) and first > wanted else Tri.MAYBE
    if rank <= wanted:
        # A sample without its batch has one axis less, and a vector has only one.
        wanted -= 1
    if isinstance(domain.axis, int):
        return Tri.of(domain.axis % rank != wanted) if rank >= 2 else Tri.NO
    # What torch chooses where no dim is given: axis 0 for ranks 0, 1 and 3, else axis 1.
    return Tri.YES if rank == 3 and _without_dim(facts) else Tri.MAYBE


def _without_dim(facts: Facts) -> bool:
    """Whether the last softmax on the value's way had no `dim`."""
    softmax = [step.note for step in facts.steps if "softmax" in step.note.lower()]
    return bool(softmax) and softmax[-1].endswith(NO_DIM)


def _divergence(call: LossCall) -> Iterator[Verdict]:
    """Of a divergence only the axes of both arguments tell: it sums over all of them alike."""
    contract = call.contract
    if not tensor(call.target):
        return
    found = [
        (_apart(mine, theirs, shape, other), mine, theirs)
        for mine in domains(call.prediction)
        for theirs in domains(call.target)
        for shape in call.prediction.shape
        for other in (call.target.shape if call.target.shape.known else (shape,))
    ]
    truth, evidence = summarise([truth for truth, _, _ in found])
    if not found:
        return
    if truth is Tri.NO:
        return
    apart = [(mine, theirs) for certain, mine, theirs in found if certain is Tri.YES]
    told = f"`{contract.prediction}` and `{contract.target}` may be normalised over different axes"
    if apart:
        mine, theirs = apart[0]
        some = " on some path" if evidence else ""
        told = f"`{contract.prediction}` is {phrase(mine)} and `{contract.target}` {phrase(theirs)}{some}"
    yield Verdict(
        truth,
        f"`{title(call)}` takes two distributions over one axis, but {told}",
        contract.prediction,
        evidence,
        "Pass the same `dim` to both",
    )


def _apart(mine: Domain, theirs: Domain, shape: Shape, other: Shape) -> Tri:
    normalised = {"probs", "log_probs"}
    if mine.name not in normalised or theirs.name not in normalised:
        return Tri.NO
    if not isinstance(mine.axis, int) or not isinstance(theirs.axis, int):
        return Tri.MAYBE
    ranks = (shape.rank, other.rank)
    if None in ranks:
        return Tri.MAYBE
    # Shapes broadcast from their ends.
    back = [axis % rank - rank for axis, rank in zip((mine.axis, theirs.axis), ranks, strict=True) if rank]
    return Tri.of(len(back) == 2 and back[0] != back[1])
