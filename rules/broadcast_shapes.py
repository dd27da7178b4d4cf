"""# broadcast-shapes (LL301)

Prediction and target have different shapes that broadcast to something larger.

## What it does
Compares the shapes of prediction and target where the loss takes equal shapes and torch lets others pass. A target
without any axis is left alone: it is one value for every element. With as many axes on both sides and without a
reduction, as in `F.mse_loss(a[:, None], b[None], reduction="none")`, every pair may be meant: that is only possible.

## Why is this bad?
(N, 1) against (N,) becomes (N, N): every prediction is compared with every target, and the best that the model can
learn is the mean of the targets.

## What torch says
A warning, once, for `MSELoss`, `L1Loss`, `SmoothL1Loss` and `HuberLoss`; nothing for `HingeEmbeddingLoss`,
`PoissonNLLLoss`, `GaussianNLLLoss` and `KLDivLoss`.

## Example
```python
loss = F.mse_loss(net(x), y)  # [N 1] against [N]
```

## Use instead
```python
loss = F.mse_loss(net(x).squeeze(1), y)
```

## Fix safety
Unsafe: which of the two shapes is meant only the author knows.

## When to ignore it
Where one target is meant for several predictions; `expand_as` says so.
"""

from __future__ import annotations

from collections.abc import Iterator

from losslint.calls import LossCall
from losslint.judging import broadcasts, comparable, pairs, summarise, title
from losslint.rule import Severity, Verdict
from losslint.shapes import broadcast
from losslint.tri import Tri

CODE = "LL301"
SEVERITY: Severity = "error"


def check(call: LossCall) -> Iterator[Verdict]:
    contract = call.contract
    if call.stage != "call" or contract.mismatch not in ("warns", "silent"):
        return
    if not comparable(call):
        return
    found = [(broadcasts(mine, theirs, contract.elementwise), mine, theirs) for mine, theirs in pairs(call)]
    truth, evidence = summarise([truth for truth, _, _ in found])
    if truth is Tri.NO:
        return
    paths = " on some path" if evidence else ""
    alike = all(mine.rank == theirs.rank for _, mine, theirs in found)
    if truth is Tri.YES and alike and call.option("reduction").only == "none":
        truth, evidence = Tri.MAYBE, True
    names = f"`{contract.prediction}` and `{contract.target}`"
    told = f"the shapes of {names} may differ"
    for sure, mine, theirs in found:
        if sure is Tri.YES:
            told = f"`{contract.prediction}` {mine} and `{contract.target}` {theirs} broadcast to {broadcast(mine, theirs)}"
            break
    yield Verdict(
        truth,
        f"`{title(call)}` takes equal shapes, but {told}{paths}",
        contract.prediction,
        evidence,
        "Bring both to one shape with `squeeze`, `unsqueeze` or `view`",
    )
