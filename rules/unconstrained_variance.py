"""# unconstrained-variance (LL118)

Raw output where a variance is wanted.

## What it does
Checks `var` of `GaussianNLLLoss` for logits and for negative values.

## Why is this bad?
A variance is never negative. Raw output is, sooner or later: the call raises then, and until then values below `eps`
are raised to it, where no gradient comes through.

## What torch says
ValueError "var has negative entry/entries", once a value is negative.

## Example
```python
mean, var = net(x).chunk(2, dim=1)
loss = F.gaussian_nll_loss(mean, y, var)
```

## Use instead
```python
mean, raw = net(x).chunk(2, dim=1)
loss = F.gaussian_nll_loss(mean, y, F.softplus(raw))
```

## Fix safety
Unsafe: another activation may be meant, such as `exp` where the network gives the logarithm.

## When to ignore it
Never.
"""

from __future__ import annotations

from collections.abc import Iterator

from losslint.calls import LossCall
from losslint.judging import domains, number, takes_rates, tensor, title, verb
from losslint.rule import Severity, Verdict
from losslint.tri import Tri

CODE = "LL118"
SEVERITY: Severity = "error"


def check(call: LossCall) -> Iterator[Verdict]:
    for passed in call.passed:
        facts = passed.facts
        # The rate of a Poisson loss is a matter of poisson-rate-mismatch.
        if call.stage != "call" or takes_rates(call) or call.wants(passed.name, "rate") is not Tri.YES or not tensor(facts):
            continue
        seen = domains(facts)
        truth = seen.holds(lambda domain: domain.name in ("logits", "log_probs", "signs"))
        told = f"{verb(truth, seen.known)} raw output"
        if facts.range.high < 0 or (facts.range.exact and facts.range.low < 0):
            truth, told = Tri.YES, f"holds values down to {number(facts.range.low)}"
        elif facts.range.low >= 0:
            continue
        if truth is not Tri.NO:
            yield Verdict(
                truth,
                f"`{title(call)}` takes a variance, never negative, but `{passed.name}` {told}",
                passed.name,
                seen.known,
                "Apply `softplus` or `exp` first",
            )
