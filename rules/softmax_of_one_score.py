"""# softmax-of-one-score (LL119)

A softmax over an axis that holds a single score: it gives 1, whatever the score.

## What it does
Checks predictions of the losses that compare numbers, as `MSELoss`, `HuberLoss` or `HingeEmbeddingLoss`, for a softmax
or log-softmax over an axis of one element. For losses of classes or probabilities single-logit-cross-entropy,
probabilities-as-logits and softmax-into-binary-loss speak.

## Why is this bad?
exp(s) / exp(s) is 1 and its logarithm 0: the prediction is a constant, its gradient is 0, and the model learns nothing.

## What torch says
Nothing.

## Example
```python
loss = F.mse_loss(net(x).softmax(1), y)  # [N 1]
```

## Use instead
```python
loss = F.mse_loss(net(x).sigmoid(), y)
```

## Fix safety
Unsafe: whether a sigmoid or no activation is meant only the author knows.

## When to ignore it
Never: nothing comes through such a softmax.
"""

from __future__ import annotations

from collections.abc import Iterator

from losslint.calls import LossCall
from losslint.facts import Domain
from losslint.judging import activation, summarise, tensor, title, verb
from losslint.rule import Severity, Verdict
from losslint.shapes import Shape
from losslint.tri import Tri

CODE = "LL119"
SEVERITY: Severity = "error"


def check(call: LossCall) -> Iterator[Verdict]:
    name, facts = call.contract.prediction, call.prediction
    if call.stage != "call" or not tensor(facts) or call.wants(name, "real") is not Tri.YES:
        return
    found = [(_constant(domain, shape), domain) for domain in facts.domain for shape in facts.shape]
    truth, evidence = summarise([truth for truth, _ in found])
    wrong = [domain for truth, domain in found if truth is Tri.YES]
    if not wrong:
        return  # where nothing is known of the size, nothing speaks for a single score either
    yield Verdict(
        truth,
        f"`{title(call)}` takes predictions, but `{name}` {verb(truth, evidence)} the {activation(wrong[0])} of one score",
        name,
        evidence,
        "Use a sigmoid, or no activation",
    )


def _constant(domain: Domain, shape: Shape) -> Tri:
    if domain.name not in ("probs", "log_probs") or not isinstance(domain.axis, int):
        return Tri.NO
    return Tri.of(shape.dim(domain.axis) == 1)
