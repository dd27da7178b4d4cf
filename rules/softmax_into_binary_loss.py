"""# softmax-into-binary-loss (LL115)

Softmax output goes into a loss that judges each element by itself.

## What it does
Checks that the input of `BCELoss` is no softmax with the class axis still there. A softmax of which it is known that
the classes are two, and one class picked from a softmax, are left alone: they are probabilities of the binary question.

## Why is this bad?
The classes compete: where several labels hold, no more than one can be predicted. Over a single class the softmax is
1, whatever the model does, and its gradient 0.

## What torch says
Nothing.

## Example
```python
loss = F.binary_cross_entropy(net(x).softmax(dim=1), flags)
```

## Use instead
```python
loss = F.binary_cross_entropy_with_logits(net(x), flags)
```
or, where exactly one class is right,
```python
loss = F.cross_entropy(net(x), labels)
```

## Fix safety
Unsafe: thresholds and metrics behind the model may expect rows that sum to 1.

## When to ignore it
Where one-hot rows are compared with a softmax on purpose.
"""

from __future__ import annotations

from collections.abc import Iterator

from losslint.calls import LossCall
from losslint.facts import EACH, Domain, Facts
from losslint.judging import NO_DIM, domains, phrase, summarise, tensor, title, verb
from losslint.rule import Severity, Verdict
from losslint.shapes import Shape
from losslint.tri import Tri

CODE = "LL115"
SEVERITY: Severity = "warning"


def check(call: LossCall) -> Iterator[Verdict]:
    name, facts = call.contract.prediction, call.prediction
    if call.stage != "call" or call.wants(name, "probs") is not Tri.YES or not tensor(facts) or call.argument(name) is None:
        return
    if call.contract.class_axis is not None:  # a loss over classes, as Dice over one-hot rows, can take a softmax
        return
    shapes: list[Shape | None] = list(facts.shape) or [None]
    found = [(_competing(domain, shape, facts), domain) for domain in domains(facts) for shape in shapes]
    truth, mixed = summarise([truth for truth, _ in found])
    if truth is Tri.NO:
        return
    softmax = [domain for certain, domain in found if certain is Tri.YES]
    what = phrase(softmax[0]) if softmax else "a softmax"
    yield Verdict(
        truth,
        f"`{title(call)}` takes probabilities that stand each for itself, but `{name}` {verb(truth, mixed)} {what}",
        name,
        mixed,
        "Use a sigmoid for labels that may hold together, or `CrossEntropyLoss` on logits where one class is right",
    )


def _competing(domain: Domain, shape: Shape | None, facts: Facts) -> Tri:
    """Whether probabilities are normalised over classes, and nothing says that there are two."""
    if domain.name != "probs" or domain.axis == EACH:
        return Tri.NO
    axis = domain.axis if isinstance(domain.axis, int) else _chosen(shape, facts)
    if axis is None:
        return Tri.MAYBE
    return Tri.of(shape is None or shape.dim(axis) != 2)


def _chosen(shape: Shape | None, facts: Facts) -> int | None:
    """The axis that torch took for a softmax without `dim`, where nothing was done to its output since."""
    notes = [step.note for step in facts.steps if not step.note.startswith("returned by")]
    if not notes or not notes[-1].endswith(NO_DIM):
        return None
    return 0 if shape is not None and shape.rank in (0, 1, 3) else 1
