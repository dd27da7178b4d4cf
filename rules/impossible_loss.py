"""# impossible-loss (LL602)

A loss has a value that it cannot have on valid input.

## What it does
Looks at the number that a reduced loss gave. Squares, distances, margins and cross-entropies are never below 0; nor is
a divergence of distributions. Where the call itself is known to be wrong, that is said instead. Only a run shows it.

## Why is this bad?
A loss below its least value is no such loss: the input is no log-probability, a target is no distribution, or a weight
is negative. Minimising it has no end: `nll_loss` of raw scores goes to minus infinity.

## What torch says
Nothing.

## Example
```python
loss = F.kl_div(log_probs, counts, reduction="batchmean")  # -1.7
```

## Use instead
```python
loss = F.kl_div(log_probs, counts / counts.sum(1, keepdim=True), reduction="batchmean")
```

## Fix safety
No fix is offered: which argument is at fault the number does not tell.

## When to ignore it
Where a negative weight is meant, as for unlearning or for adversarial terms.
"""

from __future__ import annotations

from collections.abc import Iterator

from losslint.calls import LossCall
from losslint.judging import TOLERANCE, number, title
from losslint.rule import About, Severity, Verdict
from losslint.tri import Tri

CODE = "LL602"
SEVERITY: Severity = "error"
ABOUT: About = "result"


def check(call: LossCall) -> Iterator[Verdict]:
    least, found = call.contract.least, call.result.range
    # The terms of a divergence may well be negative: only what they add up to may not.
    if least is None or not found.exact or call.result.shape.some(lambda shape: shape.rank != 0):
        return
    if found.low >= least - TOLERANCE:
        return
    yield Verdict(
        Tri.YES,
        f"`{title(call)}` takes arguments whose loss is never below {number(least)}, but it is {number(found.low)}",
        advice="Check that probabilities and log-probabilities are such and that no weight is negative",
    )
