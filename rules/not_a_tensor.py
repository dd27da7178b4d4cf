"""# not-a-tensor (LL201)

A NumPy array, list, number or other object stands where the loss takes a tensor.

## What it does
Checks what kind of value each tensor argument is. The few exceptions that torch makes are known: a number as the
target of `gaussian_nll_loss` and `multilabel_soft_margin_loss`, a float `var`, lists of lengths for `ctc_loss`, None
for what may be left out.

## Why is this bad?
The call raises, often with a message that misleads; a value that left torch has lost its gradient as well.

## What torch says
TypeError or AttributeError, such as "'int' object is not callable" for an array given to `mse_loss`.

## Example
```python
loss = nn.L1Loss()(np.array([0.1, 0.9]), np.array([0.0, 1.0]))
```

## Use instead
```python
loss = nn.L1Loss()(torch.tensor([0.1, 0.9]), torch.tensor([0.0, 1.0]))
```

## Fix safety
`torch.as_tensor` keeps the dtype: NumPy's float64 may then meet float32.

## When to ignore it
Never: torch refuses the call.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from losslint.calls import LossCall, Passed
from losslint.judging import REDUCTIONS, title
from losslint.rule import Severity, Verdict
from losslint.tri import Tri

CODE = "LL201"
SEVERITY: Severity = "error"

ACCEPTED: Final = {
    ("GaussianNLLLoss", "target"): {"number"},
    ("GaussianNLLLoss", "var"): {"number"},
    ("MultiLabelSoftMarginLoss", "target"): {"number", "bool"},
    ("MultiLabelSoftMarginLoss", "weight"): {"number", "bool"},
    ("CTCLoss", "input_lengths"): {"list", "tuple"},
    ("CTCLoss", "target_lengths"): {"list", "tuple"},
}
"""What torch 2.13 takes beside tensors, tried on every loss and argument."""
WITHOUT_GRAD: Final = {("GaussianNLLLoss", "target"), ("MultiLabelSoftMarginLoss", "weight")}
"""Where it also takes arrays, as long as the prediction carries no gradient."""
# What may stand for a tensor, or wrap one, in ways that are not known here.
UNSURE: Final = frozenset({"tensor", "other"})
NAMES: Final = {
    "ndarray": "a NumPy array",
    "none": "None",
    "dataframe": "a data frame",
    "str": "a string",
    "bool": "a bool",
    "other": "an object",
}


def check(call: LossCall) -> Iterator[Verdict]:
    for passed in call.passed:
        if passed.name not in call.contract.slots or _reduction(passed) or passed.held:
            continue
        kinds = passed.facts.kind
        key = (call.contract.title, passed.name)
        fine = UNSURE | ACCEPTED.get(key, set())
        if call.stage == "construct":
            # A weight becomes a buffer of the module. Whether a tensor is right there tensors-to-constructor tells.
            fine = UNSURE
        elif key in WITHOUT_GRAD and call.prediction.requires_grad.is_(True) is not Tri.YES:
            fine = fine | {"ndarray"}
        if any(_tensor(call, other) for other in call.contract.plain):
            fine = fine - {"list", "tuple"}  # lengths are all given as tensors, or none is
        if passed.name in call.contract.defaults:
            fine = fine | {"none"}
        truth = ~kinds.holds(fine.__contains__)
        if call.stage == "construct" and truth is Tri.MAYBE:
            continue
        if truth is Tri.NO:
            continue
        wrong = [kind for kind in kinds if kind not in fine]
        what = " or ".join(NAMES.get(kind, f"a {kind}") for kind in wrong)
        told = f"is {what}" if truth is Tri.YES else f"is {what} on some path" if wrong else "may be something else"
        yield Verdict(
            truth,
            f"`{title(call)}` takes a tensor, but `{passed.name}` {told}",
            passed.name,
            bool(wrong),
            "Pass a tensor: `torch.as_tensor` converts, but a prediction must come from the model as it is",
        )


def _tensor(call: LossCall, name: str) -> bool:
    return call.facts(name).kind.only == "tensor"


def _reduction(passed: Passed) -> bool:
    """A reduction that landed here by position: positional-reduction speaks."""
    return passed.position is not None and passed.value.some(lambda value: value in REDUCTIONS | {"batchmean"})
