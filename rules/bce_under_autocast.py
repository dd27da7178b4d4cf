"""# bce-under-autocast (LL508)

The binary cross-entropy of probabilities is computed under CUDA autocast.

## What it does
Checks whether `BCELoss` or `binary_cross_entropy` is called where autocast is on for CUDA. On the CPU autocast computes
it in float32, and nothing is wrong.

## Why is this bad?
Probabilities that a float16 layer rounded to 0 or 1 have no useful gradient. torch refuses the call.

## What torch says
RuntimeError "unsafe to autocast", on CUDA alone.

## Example
```python
with torch.autocast("cuda"):
    loss = F.binary_cross_entropy(torch.sigmoid(net(x)), y)
```

## Use instead
```python
with torch.autocast("cuda"):
    loss = F.binary_cross_entropy_with_logits(net(x), y)
```

## Fix safety
Safe where nothing else reads the probabilities; rounding differs.

## When to ignore it
Where the program never runs on CUDA: autocast is then off, with a warning.
"""

from __future__ import annotations

from collections.abc import Iterator

from losslint.calls import LossCall
from losslint.judging import title
from losslint.rule import Severity, Verdict
from losslint.tri import Tri

CODE = "LL508"
SEVERITY: Severity = "error"


def check(call: LossCall) -> Iterator[Verdict]:
    name, fused = call.contract.prediction, call.contract.fused
    if call.stage != "call" or fused is None or call.wants(name, "probs") is not Tri.YES:
        return
    # Where the tensors are known to be elsewhere, autocast for CUDA does not touch them.
    elsewhere = call.prediction.device.holds(lambda device: device.partition(":")[0] != "cuda")
    truth = call.autocast.is_("cuda")
    if truth is Tri.NO:
        return
    if elsewhere is Tri.YES:
        return
    told = "it is called" if truth is Tri.YES else "it may be called"
    yield Verdict(
        truth,
        f"`{title(call)}` wants autocast to be off for CUDA, but {told} where it is on",
        name,
        advice=f"Use `{fused}` on logits, or leave autocast for the loss with `torch.autocast('cuda', enabled=False)`",
        fix="use-fused-loss",
    )
