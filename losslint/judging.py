"""What rules share: reading facts against a contract, and the words in which that is told."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any, Final

from losslint.calls import LossCall, Passed
from losslint.contracts import Slot
from losslint.facts import EACH, FLOATS, INTS, Domain, Facts, Range
from losslint.oneof import ANY, OneOf
from losslint.shapes import Shape, broadcast
from losslint.tri import Tri

TOLERANCE: Final = 1e-2
"""How far rounding may carry probabilities beyond [0, 1] and log-probabilities beyond 0: bfloat16 has 3 digits."""
REDUCTIONS: Final = frozenset({"none", "mean", "sum"})
TAKEN: Final = "taken for"
"""Begins the note on what a value is only taken for, by a loss that it was given to before."""
LEGACY: Final = ("size_average", "reduce")
NO_DIM: Final = "without a dim"
"""How the step ends that a softmax leaves which was not told its axis."""
TARGETS: Final = frozenset({"target", "targets", "label", "labels", "gt", "truth", "groundtruth", "true", "return", "returns"})
PLAIN: Final = frozenset({
    "float", "long", "double", "half", "int", "to", "type", "cuda", "cpu", "view", "reshape", "squeeze", "unsqueeze",
    "flatten", "contiguous", "detach", "clone", "view_as", "type_as", "reshape_as", "data", "requires_grad_",
})  # fmt: skip
"""Methods that give the same numbers: `target.float()` is a target still."""
SAME: Final = re.compile(rf"([A-Za-z_][\w.]*?)(?:\.(?:{'|'.join(sorted(PLAIN))})(?:\([^()]*\))?|\[[^\[\]]*\])*")


PART: Final = re.compile(r"([A-Za-z_][\w.]*)\[")


@dataclass(frozen=True)
class Suspect:
    """An argument that is, can be or may be wrong. `domain` is an alternative at fault, None where only values tell."""

    passed: Passed
    truth: Tri
    evidence: bool
    domain: Domain | None = None

    @property
    def name(self) -> str:
        return self.passed.name

    @property
    def verb(self) -> str:
        taken = self.truth is Tri.YES and any(step.note.startswith(TAKEN) for step in self.passed.facts.steps)
        return f"was {TAKEN}" if taken else verb(self.truth, self.evidence)


def title(call: LossCall) -> str:
    """The loss as users write it: `nn.MSELoss`, `F.mse_loss`, else its last name."""
    contract = call.contract
    if not contract.library:
        return call.callee  # a loss of the program's own has no other name
    full = contract.class_name if call.form == "module" or call.stage == "construct" else contract.function_name
    full = full or contract.class_name or contract.function_name or contract.name
    for prefix, short in (("torch.nn.functional.", "F."), ("torch.nn.", "nn.")):
        if full.startswith(prefix):
            return short + full[len(prefix) :]
    return full.rpartition(".")[2]


def verb(truth: Tri, evidence: bool) -> str:
    if truth is Tri.YES:
        return "is"
    return "is on some path" if evidence else "may be"


def phrase(domain: Domain) -> str:
    """A domain in a sentence: `softmax probabilities over axis 1`."""
    along = f" over axis {domain.axis}" if isinstance(domain.axis, int) else ""
    if domain.name == "probs":
        return "sigmoid probabilities" if domain.axis == EACH else f"softmax probabilities{along}" if along else "probabilities"
    if domain.name == "log_probs":
        return "log-sigmoid output" if domain.axis == EACH else f"log-softmax output{along}" if along else "log-probabilities"
    return {"logits": "logits", "rectified": "rectified scores", "signs": "signs, -1 or 1"}.get(domain.name, domain.name)


def activation(domain: Domain | None) -> str:
    """The operation that made probabilities or log-probabilities."""
    if domain is None or domain.axis not in (EACH,):
        return "softmax" if domain is None or domain.name == "probs" else "log-softmax"
    return "sigmoid" if domain.name == "probs" else "log-sigmoid"


def tensor(facts: Facts) -> bool:
    """Whether the value can be a tensor: where it certainly is none, `not-a-tensor` speaks and others are silent."""
    return facts.kind.values is None or "tensor" in facts.kind.values


def comparable(call: LossCall) -> bool:
    """Whether prediction and target are both there and may both be tensors, so that their shapes can be compared."""
    contract = call.contract
    given = call.argument(contract.prediction) is not None and call.argument(contract.target) is not None
    return given and tensor(call.prediction) and tensor(call.target)


def target_of(call: LossCall) -> Passed | None:
    """The target of a loss that is computed, where it may be a tensor."""
    passed = call.argument(call.contract.target)
    return passed if call.stage == "call" and passed is not None and tensor(passed.facts) else None


def not_probs(values: Range) -> bool:
    """Whether these values are certainly no probabilities."""
    return _leaves(values, 0.0, 1.0)


def not_log_probs(values: Range) -> bool:
    """Whether these values are certainly no log-probabilities, which are never above 0."""
    return values.low > TOLERANCE or (values.exact and values.high > TOLERANCE)


def _leaves(values: Range, low: float, high: float) -> bool:
    if values.low > high + TOLERANCE or values.high < low - TOLERANCE:
        return True
    return values.exact and (values.low < low - TOLERANCE or values.high > high + TOLERANCE)


def domains(facts: Facts) -> OneOf[Domain]:
    """The domains that the value's range leaves possible."""
    if facts.domain.values is None:
        return ANY
    left = [domain for domain in facts.domain.values if not excluded(domain.name, facts.range)]
    return OneOf(left or facts.domain.values)


def excluded(domain: str, values: Range) -> bool:
    """Whether the range of the values rules the domain out."""
    return (domain == "probs" and not_probs(values)) or (domain == "log_probs" and not_log_probs(values))


def misread(call: LossCall, wanted: str, wrong: Collection[str]) -> Iterator[Suspect]:
    """The arguments that must be `wanted` and whose domain is, or may be, one of `wrong`."""
    if call.stage != "call":
        return
    for passed in call.passed:
        wants = call.wants(passed.name, wanted)
        facts = passed.facts
        # Integers have no domain of that sort: the rules on dtypes speak.
        if facts.dtype.in_(INTS | {"bool"}) is Tri.YES:
            continue
        if wants is Tri.NO or not tensor(facts) or (wanted == "logits" and takes_rates(call)):
            continue
        seen = domains(facts)
        if seen.values is None and all(excluded(name, facts.range) for name in wrong):
            continue
        truth = wants & seen.holds(lambda domain: domain.name in wrong)
        if truth is not Tri.NO:
            fault = next((domain for domain in seen if domain.name in wrong), None)
            yield Suspect(passed, truth, truth is Tri.MAYBE and wants is Tri.YES and fault is not None, fault)


def given(call: LossCall, name: str) -> OneOf[Any]:
    """The value of an option: what is passed here, else what was given to the constructor, else the default."""
    passed = call.argument(name)
    return passed.value if passed is not None else call.option(name)


def soft_target(call: LossCall) -> Tri:
    """Whether the target of a loss that takes class ids as well is a distribution over the classes."""
    target = call.contract.target
    if target is None or not any({"class_index", "probs"} <= slot.domains for slot in call.slots(target)):
        return Tri.NO
    # Only where the classes are an axis of the prediction do the shapes tell.
    alike = [mine.same(theirs) for mine, theirs in pairs(call)] if call.contract.relation == "class_index" else [Tri.YES]
    return call.target.dtype.in_(FLOATS) & summarise(alike)[0]


def size_named(facts: Facts, slot: Slot, dim: str | None) -> int | None:
    """The size of a dim by its name in the notation of what the argument is first of all."""
    shape, first = facts.shape.only, slot.alternatives[0]
    parts = first.bind(shape) if shape is not None and dim in first.dims else None
    size = parts[dim].dims[0] if parts and dim is not None else None
    return size if isinstance(size, int) else None


def class_counts(call: LossCall) -> list[int | None]:
    """The numbers of classes that there can be, None where that isn't known."""
    contract = call.contract
    if contract.classes is not None:
        found: list[Any] = list(call.option(contract.classes)) if contract.classes in contract.init else []
        needed = {name: slot for name, slot in contract.slots.items() if name not in contract.defaults}
        found += [size_named(call.facts(name), slot, contract.classes) for name, slot in needed.items()]
        return [size for size in found if isinstance(size, int)] or [None]
    if contract.class_axis is None:
        return [_size(shape, -1) for shape in call.prediction.shape] if contract.relation == "same" else [None]
    # Samples without a batch have one axis less; of the losses here only CTC has the classes last. Of unknown rank they are where
    # log-probabilities were made along the last axis: any other class axis would be wrong itself.
    along = call.prediction.domain.holds(lambda domain: domain.name == "log_probs" and domain.axis == -1) is Tri.YES
    last = contract.class_axis == 2 or along
    return [_size(shape, -1 if last else 0 if shape.rank == 1 else contract.class_axis) for shape in call.prediction.shape] or [
        None
    ]


def _size(shape: Shape, axis: int) -> int | None:
    size = shape.dim(axis)
    return size if isinstance(size, int) else None


def legacy_given(call: LossCall) -> tuple[Passed, ...]:
    """The `size_average` and `reduce` that are passed here and are not certainly None."""
    return tuple(
        passed
        for passed in call.passed
        if passed.name in LEGACY and passed.value != OneOf.of(None) and passed.facts.kind.only != "none"
    )


def starred(call: LossCall) -> bool:
    """Whether `*args` or `**kwargs` are passed, so that what is missing cannot be told."""
    return any(passed.name.startswith("*") for passed in call.passed)


def without(shape: Shape, axis: int) -> Shape | None:
    """The shape without one axis; None when that cannot be told. Negative axes count from the end."""
    rank = len(shape.dims)
    if shape.open and axis >= 0:
        return None
    position = axis if axis >= 0 else rank + axis
    if not 0 <= position < rank:
        return None
    return Shape(shape.dims[:position] + shape.dims[position + 1 :], shape.open)


def pairs(call: LossCall) -> list[tuple[Shape, Shape]]:
    """Every combination of a prediction's and a target's known shape."""
    if call.stage != "call" or call.contract.target is None or not (tensor(call.prediction) and tensor(call.target)):
        return []
    return [(mine, theirs) for mine in call.prediction.shape for theirs in call.target.shape]


def summarise(truths: Collection[Tri]) -> tuple[Tri, bool]:
    """One truth for several alternatives, and whether some of them is certain."""
    if not truths:
        return Tri.MAYBE, False
    if len(set(truths)) == 1:
        return next(iter(truths)), False
    return Tri.MAYBE, Tri.YES in truths


def number(value: float) -> str:
    return f"{value:.4g}"


def off_axis(call: LossCall, domain: Domain) -> Tri:
    """Whether these are normalised over another axis than the class axis of the loss's prediction."""
    axis, wanted = domain.axis, call.contract.class_axis
    if not isinstance(axis, int):
        return Tri.MAYBE
    truths = []
    for shape in call.prediction.shape:
        rank = shape.rank
        if rank is None:
            # Over the last axis of a value of unknown rank: axis 1 where the rank is 2.
            truths.append(Tri.MAYBE)
        elif rank >= 2:
            off = axis % rank
            truths.append(Tri.of(off != wanted) if wanted is not None else Tri.of(off == 0))
        else:
            truths.append(Tri.NO)
    return summarise(truths)[0]


def hot_rows(call: LossCall) -> Tri:
    """Whether class ids are wanted and the target has integer rows with the class axis still there."""
    contract = call.contract
    if contract.relation != "class_index" or not tensor(call.target):
        return Tri.NO
    whole = call.target.dtype.in_(INTS | {"bool"})
    truths = [whole & Tri.of(domain.name == "one_hot") for domain in call.target.domain]
    by_domain = Tri.all(truths) if truths else Tri.NO
    by_shape, _ = summarise([_rows(mine, theirs) for mine, theirs in pairs(call)])
    return by_domain | (whole & by_shape) if truths or pairs(call) else whole & Tri.MAYBE


def _rows(mine: Shape, theirs: Shape) -> Tri:
    """Whether the target has the input's shape, of at least two axes and two classes."""
    if mine.rank is not None and mine.rank < 2:
        return Tri.NO
    if theirs.rank is not None and theirs.rank < 2:
        return Tri.NO
    return mine.same(theirs)


def broadcasts(mine: Shape, theirs: Shape, elementwise: bool = True) -> Tri:
    """Whether two shapes differ and broadcast to something else than elementwise; a value without axes is a constant.

    `elementwise`: leading axes of one element do no harm.
    """
    same = mine.same(theirs)
    if same is Tri.YES or mine.rank == 0 or theirs.rank == 0 or (mine.numel == 1 and theirs.numel == 1):
        return Tri.NO
    if elementwise and _bare(mine) == _bare(theirs):
        return Tri.NO  # leading axes of one element: each number meets its own
    if broadcast(mine, theirs) is None:
        return Tri.NO
    if mine.thin or theirs.thin:
        # Squeezed, against an axis of size 1 beside others: rows become columns. A lone element is a constant.
        other = theirs if mine.thin else mine
        return Tri.of(not other.open and any(dim != 1 for dim in other.dims)) & ~same
    if column_and_batch(mine, theirs) or column_and_batch(theirs, mine):
        return Tri.YES
    certain = all(a == b or 1 in (a, b) for a, b in zip(reversed(mine.dims), reversed(theirs.dims), strict=False))
    return ~same if certain else Tri.MAYBE


def column_and_batch(column: Shape, batch: Shape) -> bool:
    """Whether one ends in an axis of size 1, its rank unknown, and the other is a batch of numbers of unknown size.

    Where the rank is 1 after all there is one sample, and the other then says so.
    """
    return column.open and column.dims[-1:] == (1,) and batch.rank == 1 and not isinstance(batch.dims[0], int)


def _bare(shape: Shape) -> Shape:
    """Without the leading axes that have one element."""
    if shape.open:
        return shape
    first = next((at for at, size in enumerate(shape.dims) if size != 1), len(shape.dims))
    return Shape(shape.dims[first:])


def mismatched(mine: Shape, theirs: Shape, elementwise: bool = True) -> Tri:
    """Whether two shapes differ where equal ones are wanted, other than by broadcasting for certain."""
    if broadcasts(mine, theirs, elementwise) is Tri.YES or theirs.rank == 0 or (elementwise and _bare(mine) == _bare(theirs)):
        return Tri.NO
    return ~mine.same(theirs)


def classes_last(mine: Shape, theirs: Shape) -> Tri:
    """Whether class ids fit an input whose class axis is the last, and do not fit one whose class axis is axis 1."""
    rank = mine.rank
    if rank is None or theirs.rank is None:
        return Tri.MAYBE if (rank is None or rank >= 3) and (theirs.rank is None or theirs.rank >= 2) else Tri.NO
    last, second = without(mine, -1), without(mine, 1)
    if rank < 3 or theirs.rank != rank - 1 or last is None or second is None:
        return Tri.NO
    fits, usual = last.same(theirs), second.same(theirs)
    if fits is Tri.YES:
        # Equal names at every axis say more than sizes that happen to agree.
        return Tri.of(usual is not Tri.YES)
    return fits & ~usual


def takes_rates(call: LossCall) -> bool:
    """Whether the prediction is a rate or its logarithm, as for Poisson: no activation is applied to it."""
    return any("rate" in slot.domains for case in call.contract.cases for slot in case.slots.values())


def of_one(call: LossCall, passed: Passed) -> bool:
    """Whether an argument and the prediction are parts of one value: `x[1:]` and `x[:-1]`."""
    prediction = call.argument(call.contract.prediction)
    whole = [PART.match(one.text) for one in (passed, prediction) if one is not None]
    return len(whole) == 2 and None not in whole and len({one[1] for one in whole if one is not None}) == 1


def called(passed: Passed, names: frozenset[str]) -> Tri:
    """Whether a variable or an attribute is called by one of these words."""
    found = SAME.fullmatch(passed.text)
    words = found[1].rpartition(".")[2].lower().split("_") if found is not None else []
    return Tri.of(bool(names & {word.strip("0123456789") for word in words}))
