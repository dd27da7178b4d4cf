"""Softmax, log-softmax and sigmoid that a program writes out of their parts: `e / e.sum(1, keepdim=True)` of `e = torch.exp(x)`,
`x - torch.logsumexp(x, 1, keepdim=True)`, `1 / (1 + torch.exp(-x))`; whatever else is divided by its own sum; and mixtures of
distributions, `(p + q) / 2`, `0.3 * p + 0.7 * q`."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final, Literal

from losslint.facts import EACH, UNKNOWN_AXIS, Axis, Domain, Range
from losslint.oneof import ANY, OneOf
from losslint.static.operand import Operand
from losslint.static.operations.application import Application, is_int
from losslint.static.operations.arithmetic import TINY
from losslint.static.operations.axes import along, shapes_of
from losslint.static.operations.results import step

How = Literal["opposite", "difference", "quotient", "power", "exponential", "sum", "logsumexp", "and_one", "mixture"]


@dataclass(frozen=True, eq=False)
class Formula:
    """A part of what may become a softmax, and what it was made of.

    `opposite`: -x. `difference`, `quotient`, `power`: of x and `other`. `exponential`: of x. `sum`: of x along `axis`.
    `logsumexp`: the logarithm of that sum of x's exponential. `and_one`: 1 + x. `kept`: whether the axis of a sum is still
    there, as one of size 1: the sum then lines up with what was summed. `mixture`: probabilities like those of x, `weight` times,
    in all.
    """

    how: How
    of: Operand
    other: Operand | None = None
    axis: int = 0
    kept: bool = False
    weight: float = 1.0


def read(app: Application, result: Operand) -> Operand:
    """The result, with what it completes or the part that it is."""
    reader = READERS.get(app.operation.name)
    return result if reader is None or "input" not in app.bound else reader(app, result)


def alike(one: Operand, other: Operand) -> bool:
    """Whether two are the same value, or were made of the same in the same way.

    Each operation makes facts anew, so that those of one tensor are its own; all that nothing is known of share theirs.
    """
    if one.facts is other.facts and one.facts.kind.only in ("tensor", "ndarray"):
        return True
    if one.value.only is not None or other.value.only is not None:
        return bool(one.value.only == other.value.only)
    a, b = one.formula, other.formula
    if a is None or b is None or (a.how, a.axis, a.kept) != (b.how, b.axis, b.kept) or not alike(a.of, b.of):
        return False
    return a.other is b.other or (a.other is not None and b.other is not None and alike(a.other, b.other))


def _short(operand: Operand, *parts: How) -> Operand:
    """Without the way by which it came to be, but for the last of these parts: formulas stay small."""
    return operand if operand.formula is None or operand.formula.how in parts else replace(operand, formula=None)


def _opposite(app: Application, result: Operand) -> Operand:
    return replace(result, formula=Formula("opposite", _short(app.input)))


def _exponential(app: Application, result: Operand) -> Operand:
    return replace(result, formula=Formula("exponential", _short(app.input, "opposite", "difference", "quotient")))


def _sum(app: Application, result: Operand) -> Operand:
    axes = app.dims("dim").only
    if axes is None or len(axes) != 1 or not is_int(axes[0]):
        return result
    kept = app.only("keepdim") is True
    return replace(result, formula=Formula("sum", _short(app.input, "exponential", "power"), None, axes[0], kept))


def _logsumexp(app: Application, result: Operand) -> Operand:
    found = _sum(app, result).formula
    if found is None:
        return result
    return replace(result, formula=replace(found, how="logsumexp", of=_short(app.input, "difference", "quotient")))


def _log(app: Application, result: Operand) -> Operand:
    held = app.input.formula
    if held is None or held.how != "sum" or held.of.formula is None or held.of.formula.how != "exponential":
        return result
    return replace(result, formula=replace(held, how="logsumexp", of=held.of.formula.of))


def _lined_up(app: Application, result: Operand) -> Operand:
    """`total.unsqueeze(1)`, `total[:, None]`, `total.view(-1, 1)`: with an axis of size 1 again where the summed one was."""
    held = app.input.formula
    if held is None or held.how not in SUMS:
        return result
    shapes, asked = shapes_of(result.facts.shape), app.only("dim") if "dim" in app.bound else None
    kept = asked == held.axis or (bool(shapes) and all(_is_one(shape.dims, shape.open, held.axis) for shape in shapes))
    return replace(result, formula=replace(held, kept=kept))


def _is_one(dims: tuple[object, ...], is_open: bool, axis: int) -> bool:
    return (axis < 0 or not is_open) and -len(dims) <= axis < len(dims) and dims[axis] == 1


def _spread(app: Application, result: Operand) -> Operand:
    """`total.expand_as(x)`"""
    held = app.input.formula
    return replace(result, formula=held) if held is not None and held.how in SUMS else result


def _clamped(app: Application, result: Operand) -> Operand:
    held = app.input.formula
    return replace(result, formula=held) if held is not None and held.how == "sum" else result


def _weight(operand: Operand) -> tuple[Operand, float] | None:
    """Of probabilities, or of a sum of them, one of the distributions and their weight in all."""
    held = operand.formula
    if held is not None and held.how == "mixture":
        return held.of, held.weight
    found = operand.facts.domain.only
    return (operand, 1.0) if found is not None and found.name == "probs" and found.axis != UNKNOWN_AXIS else None


def _mixture(app: Application, result: Operand, of: Operand, weight: float) -> Operand:
    """What is weighted to one is a distribution again; it is one whatever was mixed, but none that one softmax gives."""
    if weight <= 0:
        return result
    if abs(weight - 1) > TINY:
        return replace(result, formula=Formula("mixture", _short(of), weight=weight))
    domain = of.facts.domain.map(lambda one: replace(one, twice=False, logged=False, mixed=True))
    return _normalised(app, result, domain, "mixed")


def _times(app: Application, result: Operand) -> Operand:
    for one, other in ((app.input, app.bound["other"]), (app.bound["other"], app.input)):
        number = one.value.only
        if isinstance(number, (int, float)) and number != 1 and (held := _weight(other)) is not None:
            return _mixture(app, result, held[0], held[1] * number)
    return result


def _shared(app: Application, result: Operand) -> Operand | None:
    """The sum of two distributions over the same axis, or of several."""
    left, right = _weight(app.input), _weight(app.bound["other"])
    if left is None or right is None or _axes(left[0]) != _axes(right[0]):
        return None
    return _mixture(app, result, left[0], left[1] + right[1])


def _axes(operand: Operand) -> OneOf[Axis]:
    return operand.facts.domain.map(lambda one: one.axis)


def _added(app: Application, result: Operand) -> Operand:
    if (shared := _shared(app, result)) is not None:
        return shared
    for one, other in ((app.input, app.bound["other"]), (app.bound["other"], app.input)):
        number, held = one.value.only, other.formula
        if held is not None and isinstance(number, (int, float)):
            if number == 1 and held.how == "exponential":
                return replace(result, formula=Formula("and_one", other))
            return replace(result, formula=held) if abs(number) < TINY and held.how in ("sum", "mixture") else result
    return result


def _raised(app: Application, result: Operand) -> Operand:
    return replace(result, formula=Formula("power", _short(app.input), _short(app.bound["other"])))


def _subtracted(app: Application, result: Operand) -> Operand:
    above, below = app.input, app.bound["other"].formula
    if below is None or below.how != "logsumexp":
        return replace(result, formula=Formula("difference", _short(above), _short(app.bound["other"])))
    if not below.kept or not alike(above, below.of):
        return replace(result, facts=result.facts.with_(domain=ANY))
    return _normalised(app, result, along("log_probs", OneOf.of(below.axis), above.facts.shape), "log_softmax written out")


def _divided(app: Application, result: Operand) -> Operand:
    above, below = app.input, app.bound["other"].formula
    if below is not None and below.how == "and_one":
        exponential = below.of.formula
        inner = exponential.of.formula if exponential is not None else None
        if (above.value.only == 1 and inner is not None and inner.how == "opposite") or alike(above, below.of):
            return _normalised(app, result, OneOf.of(Domain("probs", EACH)), "sigmoid written out")
    if below is not None and below.how == "sum" and below.kept and alike(above, below.of):
        if not _is_weight(above):
            return replace(result, facts=result.facts.with_(domain=ANY))
        return _normalised(app, result, along("probs", OneOf.of(below.axis), above.facts.shape), "divided by its sum")
    count = app.bound["other"].value.only
    if isinstance(count, (int, float)) and count > 1 and above.formula is not None and above.formula.how == "mixture":
        return _mixture(app, result, above.formula.of, above.formula.weight / count)
    return replace(result, formula=Formula("quotient", _short(above), _short(app.bound["other"])))


def _scaled(app: Application, result: Operand) -> Operand:
    """`F.normalize(weights, p=1)`"""
    axis = app.only("dim")
    if app.only("p") != 1 or not is_int(axis) or not _is_weight(app.input):
        return result
    return _normalised(app, result, along("probs", OneOf.of(axis), app.input.facts.shape), "divided by its sum")


def _is_weight(operand: Operand) -> bool:
    """Whether nothing of it is negative, but for what a small number added to it leaves open."""
    return operand.facts.range.low >= -TINY


def _normalised(app: Application, result: Operand, domain: OneOf[Domain], note: str) -> Operand:
    logged = domain.only is not None and domain.only.name == "log_probs"
    within = Range(-math.inf, 0.0) if logged else Range(0.0, 1.0)
    return Operand(step(result.facts.with_(domain=domain, range=within), app.where, note))


SUMS: Final = frozenset({"sum", "logsumexp"})
READERS: Final[dict[str, Callable[[Application, Operand], Operand]]] = {
    "neg": _opposite, "exp": _exponential, "sum": _sum, "logsumexp": _logsumexp, "log": _log, "unsqueeze": _lined_up,
    "view": _lined_up, "reshape": _lined_up, "getitem": _lined_up, "expand": _spread, "expand_as": _spread,
    "broadcast_to": _spread, "clamp": _clamped, "add": _added, "sub": _subtracted, "truediv": _divided, "normalize": _scaled,
    "pow": _raised, "mul": _times,
}  # fmt: skip
