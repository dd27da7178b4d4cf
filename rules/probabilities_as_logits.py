"""# probabilities-as-logits (LL101)

Softmax or sigmoid output goes into a loss that takes logits.

## What it does
Checks that what a loss takes for logits is not already a probability, however far from the loss the softmax or
sigmoid stands: in the model's `forward`, at the end of an `nn.Sequential`, in a helper.

## Why is this bad?
The loss applies the activation itself. Applied twice, it flattens the differences between classes: the
cross-entropy over C classes cannot fall below ln(1 + (C - 1) / e), gradients shrink, and with many classes training
comes to a halt.

## What torch says
Nothing.

## Example
```python
probs = torch.softmax(net(x), dim=1)
loss = F.cross_entropy(probs, labels)
```

## Use instead
```python
loss = F.cross_entropy(net(x), labels)
```

## Fix safety
Dropping the activation changes the loss and the gradients: that is its purpose. Unsafe where the probabilities are
used elsewhere too.

## When to ignore it
Where a bounded loss is wanted on purpose, as in some work on noisy labels.
"""

from __future__ import annotations

from collections.abc import Iterator

from losslint.calls import LossCall
from losslint.facts import Domain
from losslint.judging import activation, misread, phrase, title
from losslint.rule import Severity, Verdict

CODE = "LL101"
SEVERITY: Severity = "error"


def check(call: LossCall) -> Iterator[Verdict]:
    for suspect in misread(call, "logits", {"probs"}):
        what = phrase(suspect.domain or Domain("probs"))
        made = activation(suspect.domain) if suspect.domain is not None else "softmax or sigmoid"
        yield Verdict(
            suspect.truth,
            f"`{title(call)}` takes logits, but `{suspect.name}` {suspect.verb} {what}",
            suspect.name,
            suspect.evidence,
            f"Drop the {made}: `{title(call)}` applies its own",
            fix="drop-activation",
        )
