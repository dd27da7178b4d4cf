"""# poisson-rate-mismatch (LL108)

A rate where its logarithm is wanted, or the other way round.

## What it does
Checks the input of `PoissonNLLLoss`: exp, softplus or relu output with `log_input=True`, which is the default, and the
raw output of a layer, or negative values, with `log_input=False`.

## Why is this bad?
With `log_input=True` the loss takes the exponential itself: of a rate that is positive it can express none below 1, and
it overflows early. Without, the logarithm of a negative rate is NaN.

## What torch says
Nothing.

## Example
```python
loss = F.poisson_nll_loss(net(x).exp(), counts)
```

## Use instead
```python
loss = F.poisson_nll_loss(net(x), counts)
```

## Fix safety
The loss and its gradients change: that is the purpose.

## When to ignore it
Where counts below 1 cannot occur and a rate of at least 1 is meant.
"""

from __future__ import annotations

from collections.abc import Iterator

from losslint.calls import LossCall
from losslint.judging import domains, takes_rates, tensor, title, verb
from losslint.rule import Severity, Verdict
from losslint.tri import Tri

CODE = "LL108"
SEVERITY: Severity = "error"


def check(call: LossCall) -> Iterator[Verdict]:
    name, facts = call.contract.prediction, call.prediction
    if call.stage != "call" or not takes_rates(call) or call.argument(name) is None or not tensor(facts):
        return
    seen = domains(facts)
    rates = seen.holds(lambda domain: domain.name in ("rate", "rectified", "probs"))
    raw = seen.holds(lambda domain: domain.name in ("logits", "log_probs"))
    if facts.range.high < 0 or (facts.range.exact and facts.range.low < 0):
        rates, raw = Tri.NO, Tri.YES
    elif facts.range.low >= 0:
        raw = Tri.NO
    wants_logs, wants_rates = call.wants(name, "logits"), call.wants(name, "rate")
    truth = (wants_logs & rates) | (wants_rates & raw)
    if truth is Tri.NO:
        return
    logs = wants_logs is not Tri.NO
    evidence = seen.known and Tri.MAYBE not in (wants_logs, wants_rates)
    wanted, told = ("the logarithm of a rate", "a rate") if logs else ("a rate", "raw output, which can be negative")
    yield Verdict(
        truth,
        f"`{title(call)}` takes {wanted} with `log_input={logs}`, but `{name}` {verb(truth, evidence)} {told}",
        name,
        evidence,
        "Pass `log_input=False`, or drop the activation" if logs else "Drop `log_input=False`, or apply `softplus` first",
    )
