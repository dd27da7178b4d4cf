"""What results of operations share: steps, gradients, ranges."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import product
from typing import Final

from losslint.facts import FLOATS, NO_RANGE, Facts, Kind, Range
from losslint.oneof import ANY, OneOf
from losslint.places import Locatable, Step
from losslint.static.operand import Operand
from losslint.static.operations.application import is_number
from losslint.tri import Tri

MAX_STEPS: Final = 12
LOSS: Final = "loss computed by"
OUTPUT: Final = "output of"
LEFT_TORCH: Final = frozenset({"numpy array", "Python number", "Python list"})
NO_GRAD: Final[OneOf[bool]] = OneOf.of(False)
TENSOR: Final[OneOf[Kind]] = OneOf.of("tensor")
NDARRAY: Final[OneOf[Kind]] = OneOf.of("ndarray")
DIFFERENTIABLE: Final = FLOATS | {"complex64", "complex128"}


def step(facts: Facts, where: Locatable, note: str, cuts: bool = False, aside: Tri = Tri.NO) -> Facts:
    return facts.with_(steps=bounded((*facts.steps, Step(where, note, cuts, aside))))


def as_leaf(facts: Facts, where: Locatable) -> Facts:
    """What a layer gave that left torch and came back as a tensor that requires grad: backward ends there, and nothing raises.

    The numbers of a loss are another matter, and so are those of what is learnt itself, as a temperature.
    """
    notes = [one.note for one in facts.steps]
    left = any(one.cuts and one.note in LEFT_TORCH for one in facts.steps)
    given = any(note.startswith(OUTPUT) for note in notes) and not any(note.startswith(LOSS) for note in notes)
    return step(facts, where, "copied into a new tensor") if facts.requires_grad.only is True and left and given else facts


def bounded(steps: tuple[Step, ...]) -> tuple[Step, ...]:
    """The first steps and the last ones: a loop must not make the chain grow."""
    half = MAX_STEPS // 2
    return steps if len(steps) <= MAX_STEPS else steps[:half] + steps[-half:]


def merged_steps(facts: Iterable[Facts]) -> tuple[Step, ...]:
    found: dict[Step, None] = {}
    for each in facts:
        found.update(dict.fromkeys(each.steps))
    return bounded(tuple(found))


def grad_of(operand: Operand) -> OneOf[bool]:
    kinds = operand.facts.kind.values
    if is_number(operand) or (kinds is not None and "tensor" not in kinds and not kinds & {"list", "tuple", "other"}):
        return NO_GRAD
    return operand.facts.requires_grad


def any_grad(grads: Iterable[OneOf[bool]]) -> OneOf[bool]:
    """Whether the result of an operation on tensors requires grad: when one of them does."""
    result: OneOf[bool] = NO_GRAD
    for grad in grads:
        if True in (result.only, grad.only):
            result = OneOf.of(True)
        elif not result.known or not grad.known:
            result = ANY
        else:
            result = OneOf(a or b for a, b in product(result, grad))
    return result


def grad_for(dtype: OneOf[str], grad: OneOf[bool]) -> OneOf[bool]:
    """Only real and complex numbers carry gradients."""
    if dtype.values is None or grad.only is False:
        return grad
    can = {name in DIFFERENTIABLE for name in dtype.values}
    return grad if can == {True} else NO_GRAD if can == {False} else grad.join(NO_GRAD)


def loose(range_: Range) -> Range:
    """The range of some of the values."""
    return range_ if range_ == NO_RANGE or not range_.exact else Range(range_.low, range_.high)
