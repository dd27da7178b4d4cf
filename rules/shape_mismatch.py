"""# shape-mismatch (LL303)

Prediction and target have shapes that the loss refuses.

## What it does
Compares the shape of the target with the one that follows from the prediction's: the same, or the same without the
class axis; and the shapes of the other arguments, such as the second embedding of a pair, the lengths of sequences, the
rows of CTC's padded targets or the last layer that `linear_cross_entropy` is given.

## Why is this bad?
The call raises. A frequent case is (N, 1) class ids, which lack a `squeeze(1)`, and (N, 1) outputs against (N,) labels
for `BCELoss` and `BCEWithLogitsLoss`.

## What torch says
ValueError or RuntimeError.

## Example
```python
loss = F.binary_cross_entropy_with_logits(net(x), labels)  # [N 1] against [N]
```

## Use instead
```python
loss = F.binary_cross_entropy_with_logits(net(x).squeeze(1), labels)
```

## Fix safety
Unsafe: which of the two shapes is meant only the author knows.

## When to ignore it
Never: torch refuses the call.
"""

from __future__ import annotations

from collections.abc import Iterator

from losslint.calls import LossCall
from losslint.contracts import fits
from losslint.facts import FLOATS, INTS
from losslint.judging import classes_last, comparable, mismatched, pairs, size_named, summarise, tensor, title, without
from losslint.rule import Severity, Verdict
from losslint.shapes import Shape, broadcast
from losslint.tri import Tri

CODE = "LL303"
SEVERITY: Severity = "error"


def check(call: LossCall) -> Iterator[Verdict]:
    if call.stage == "call":
        yield from _target(call)
        yield from _others(call)
        yield from _rows(call)


def _target(call: LossCall) -> Iterator[Verdict]:
    contract = call.contract
    if contract.relation is None or not comparable(call):
        return
    found = [(_refused(call, mine, theirs), mine, theirs) for mine, theirs in pairs(call)]
    truth, evidence = summarise([truth for truth, _, _ in found])
    if truth is Tri.NO:
        return
    wants = "equal shapes" if contract.relation == "same" else "a target of the input's shape without the class axis"
    told = f"the shapes of `{contract.prediction}` and `{contract.target}` may differ"
    for sure, mine, theirs in found:
        if sure is Tri.YES:
            some = " on some path" if evidence else ""
            told = f"`{contract.prediction}` is {mine} and `{contract.target}` is {theirs}{some}"
            break
    yield Verdict(
        truth,
        f"`{title(call)}` takes {wants}, but {told}",
        contract.target,
        evidence,
        "Bring both to the shapes that the loss takes with `squeeze`, `unsqueeze`, `view` or `transpose`",
    )


def _others(call: LossCall) -> Iterator[Verdict]:
    """The second embedding of a pair, lengths of sequences and the like, where both shapes are known."""
    contract, mine = call.contract, call.prediction.shape.only
    placed: dict[str, Shape] = {}
    for passed in call.passed:
        theirs = passed.facts.shape.only
        if passed.name not in contract.fitting or mine is None or theirs is None or not tensor(passed.facts):
            continue
        slots = {name: contract.slots[name] for name in (contract.prediction, *placed, passed.name)}
        shapes = {contract.prediction: mine, **placed, passed.name: theirs}
        dims = [[one.dims for one in contract.slots[name].alternatives] for name in (contract.prediction, passed.name)]
        if dims[0] == dims[1]:
            refused = broadcast(mine, theirs) is None or mine.rank != theirs.rank
        else:
            refused = fits(slots, shapes, contract.class_dim, {passed.name: passed.facts.dtype}) is Tri.NO
            placed |= {} if refused else {passed.name: theirs}
        # One number for all fits anything, except where ids are wanted.
        if refused and (theirs.numel != 1 or "class_index" in slots[passed.name].domains):
            yield Verdict(
                Tri.YES,
                f"`{title(call)}` takes shapes that fit, but `{contract.prediction}` is {mine} and `{passed.name}` {theirs}",
                passed.name,
                advice="Bring both to the shapes that the loss takes",
            )


def _rows(call: LossCall) -> Iterator[Verdict]:
    """Padded targets of CTC, one row a sample; concatenated ones have no rows."""
    contract, mine = call.contract, call.prediction
    for name, bound in contract.bounds.items():
        count = size_named(mine, contract.slots[contract.prediction], bound.get("rows"))
        facts = call.facts(name)
        theirs = facts.shape.only if tensor(facts) else None
        rows = theirs.dims[0] if theirs is not None and theirs.rank == 2 else None
        if isinstance(rows, int) and count is not None and rows != count:
            yield Verdict(
                Tri.YES,
                f"`{title(call)}` takes one row a sample, but `{name}` has {rows} and `{contract.prediction}` {count} samples",
                name,
                advice="Pass one row for each sample, or all targets one after the other",
            )


def _refused(call: LossCall, mine: Shape, theirs: Shape) -> Tri:
    contract = call.contract
    if contract.relation == "same":
        if contract.mismatch == "raises":
            return ~mine.same(theirs)
        return mismatched(mine, theirs, contract.elementwise)
    axis = 0 if mine.rank == 1 else contract.class_axis or 0
    ids = without(mine, axis)
    if mine.rank == 1 and theirs.rank == 1 and theirs.numel == 1 and contract.title == "MultiMarginLoss":
        return Tri.NO  # one id in an axis of its own; the other losses take it forward and refuse it backward
    if ids is None:
        return Tri.MAYBE
    # Rows with the class axis are soft targets, or one-hot-class-index; classes at the end class-axis-misplaced.
    whole = call.target.dtype.in_(INTS)
    if classes_last(mine, theirs) is Tri.YES or mine.same(theirs) is Tri.YES:
        return whole & call.prediction.dtype.in_(FLOATS) if mine.rank == 1 else Tri.NO
    soft = mine.same(theirs) & ~whole
    return ~ids.same(theirs) & ~soft
