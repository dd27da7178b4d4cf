"""Arithmetic and comparison of two operands."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

from losslint.facts import EACH, Domain, Facts, Kind, Range
from losslint.oneof import ANY, OneOf
from losslint.shapes import Shape, broadcast
from losslint.static.operand import Operand
from losslint.static.operations.application import Application, is_number
from losslint.static.operations.axes import ANY_SHAPE, SOME_AXIS, domain, one_of_shapes, shapes_of
from losslint.static.operations.dtypes import as_float, numpy_promote, promote_number, promotions
from losslint.static.operations.results import NDARRAY, NO_GRAD, TENSOR, any_grad, grad_for, grad_of, merged_steps, step
from losslint.tri import Tri

TINY: Final = 1e-3
"""`log(probs + 1e-8)`: adding less than this to probabilities leaves them probabilities."""
SQUASHED: Final = Range(-1.0, 1.0)
COMPARISONS: Final = frozenset({"lt", "le", "gt", "ge", "eq", "ne"})
NO_LIST: Final = frozenset({"sub", "truediv", "pow", "floordiv"})
"""What no list is made for: an array beside it makes it an array."""
MEMBER: Final[OneOf[Kind]] = OneOf.of("ndarray", "number")
"""What an array is made of, as an index gives it."""
CELL: Final[OneOf[Kind]] = OneOf.of("number", "str")
"""What a table holds, if a tensor is made of it."""
COLUMN: Final = "series"
"""The tag of a table's column."""


def binary(app: Application) -> Operand | None:
    """Option `how`: the operator. Methods named `rsub` and the like take their operands the other way round."""
    left, right = app.input, app.bound["other"]
    if COLUMN in (left.tag, right.tag) and all(one.tag == COLUMN or is_cell(one) for one in (left, right)):
        return Operand(Facts(kind=OneOf.of("dataframe"), shape=OneOf.of(Shape((None,)))), tag=COLUMN)
    how, kinds = app.operation.option("how"), {left.facts.kind.only, right.facts.kind.only}
    if how in NO_LIST and "list" in kinds and kinds <= {"list", None} and app.name.startswith("operator."):
        return Operand(Facts(kind=NDARRAY, shape=OneOf.of(SOME_AXIS), requires_grad=NO_GRAD))
    kind = combined_kind(app, left, right)
    if kind is None:
        return None
    inplace = app.name.startswith("inplace.") or app.name.endswith("_")
    if is_number(left) and not is_number(right):
        inplace = False
    dtype = combined_dtype(how, kind, left, right)
    shape = combined_shape(left, right)
    if inplace and left.facts.kind.only in ("tensor", "ndarray"):
        dtype, shape = left.facts.dtype, left.facts.shape
    comparison = how in COMPARISONS
    grad = NO_GRAD if comparison else grad_for(dtype, any_grad((grad_of(left), grad_of(right))))
    facts = Facts(
        kind=kind,
        domain=domain("zero_one") if comparison else combined_domain(how, left, right),
        dtype=dtype,
        shape=shape,
        requires_grad=grad if kind.only == "tensor" or kind.only is None else NO_GRAD,
        device=combined_device(left, right),
        range=Range(0.0, 1.0) if comparison else combined_range(how, left, right),
        steps=merged_steps((left.facts, right.facts)),
    )
    if app.given("alpha") or app.given("rounding_mode"):
        facts = facts.with_(domain=ANY, range=Range(), dtype=ANY if app.given("rounding_mode") else facts.dtype)
    if comparison:
        carried = any_grad((grad_of(left), grad_of(right))).is_(True)
        facts = step(facts, app.where, "comparison", carried is not Tri.NO, carried)
    return Operand(facts)


def combined_kind(app: Application, left: Operand, right: Operand) -> OneOf[Kind] | None:
    """tensor where one of them is; None where nothing says that data is involved."""
    kinds = [operand.facts.kind.only for operand in (left, right)]
    if "tensor" in kinds or app.name.startswith(("torch.", "Tensor.")):
        return TENSOR
    if "ndarray" in kinds:
        other = right if kinds[0] == "ndarray" else left
        known = other.facts.kind.values or frozenset({"other"})
        if is_number(other) or known <= {"ndarray", "number", "list", "tuple"}:
            return NDARRAY if all(shape.rank for shape in shapes_of(combined_shape(left, right))) else MEMBER
        return ANY
    if MEMBER in (left.facts.kind, right.facts.kind) and is_member(left) and is_member(right):
        return MEMBER
    if CELL in (left.facts.kind, right.facts.kind) and is_cell(left) and is_cell(right):
        adds = app.operation.option("how") == "add" and left.facts.kind == right.facts.kind
        return CELL if adds or app.operation.option("how") in ("mul", "mod") else OneOf.of("number")  # no word is divided
    if app.name.startswith("numpy."):
        return ANY
    return None


def is_member(operand: Operand) -> bool:
    return is_number(operand) or operand.facts.kind == MEMBER


def is_cell(operand: Operand) -> bool:
    return is_member(operand) or operand.facts.kind == CELL


def combined_dtype(how: str, kind: OneOf[Kind], left: Operand, right: Operand) -> OneOf[str]:
    if how in COMPARISONS:
        return OneOf.of("bool")
    numpy = "ndarray" in (kind.values or ())
    if numpy and kind.only is None and not all(is_number(each) or each.facts.kind.only == "ndarray" for each in (left, right)):
        return ANY
    found = promoted(left, right, numpy)
    if how == "truediv" and found.known:
        return found.map(
            lambda name: (
                "float64"
                if numpy and name.startswith(("int", "bool"))
                else "float16"
                if numpy and name == "uint8"
                else as_float(name)
            )
        )
    if how in ("pow", "floordiv", "mod", "sub") and found.known and "bool" in found:
        return ANY
    return found


def promoted(left: Operand, right: Operand, numpy: bool) -> OneOf[str]:
    for number, other in ((left, right), (right, left)):
        if is_number(number):
            values, dtype = number.value.values, other.facts.dtype
            if dtype.values is None:
                return ANY
            if values is not None:
                return OneOf(number_promoted(name, value, numpy) for name in dtype.values for value in values)
            return dtype if all(name.startswith(("float", "bfloat", "complex")) for name in dtype.values) else ANY
    a, b = left.facts.dtype, right.facts.dtype
    if a.values is None or b.values is None:
        return ANY
    if numpy:
        return OneOf(numpy_promote(x, y) for x in a.values for y in b.values)
    return promotions(a, b, (is_scalar(left), is_scalar(right)))


def number_promoted(dtype: str, number: Any, numpy: bool) -> str:
    promoted_ = promote_number(dtype, number)
    if not numpy or promoted_ == dtype:
        return promoted_
    return "int64" if isinstance(number, int) else "float64"


def is_scalar(operand: Operand) -> OneOf[bool]:
    """Whether a tensor has no dimensions."""
    ranks = {shape.rank == 0 if shape.rank is not None or shape.dims else None for shape in shapes_of(operand.facts.shape)}
    return ANY if None in ranks else OneOf(bool(rank) for rank in ranks)


def combined_shape(left: Operand, right: Operand) -> OneOf[Shape]:
    a, b = (OneOf.of(Shape(())) if is_number(each) else each.facts.shape for each in (left, right))
    shapes = [broadcast(x, y) or ANY_SHAPE for x in shapes_of(a) for y in shapes_of(b)]
    return one_of_shapes(shapes)


def combined_device(left: Operand, right: Operand) -> OneOf[str]:
    if is_number(right):
        return left.facts.device
    if is_number(left):
        return right.facts.device
    return left.facts.device if left.facts.device == right.facts.device else ANY


def names(operand: Operand) -> set[str]:
    return {each.name for each in operand.facts.domain}


def only_numbers(operand: Operand) -> list[float] | None:
    values = operand.value.values
    if values is None or not all(isinstance(value, (int, float)) for value in values):
        return None
    return [float(value) for value in values]


def combined_domain(how: str, left: Operand, right: Operand) -> OneOf[Domain]:
    numbers = only_numbers(right)
    if names(left) <= {"probs"} and left.facts.domain.known and numbers is not None:
        same = how in ("mul", "truediv") and all(value == 1 for value in numbers)
        if same or (how in ("add", "sub") and all(abs(value) <= TINY for value in numbers)):
            return left.facts.domain
    numbers = only_numbers(left)
    if how == "sub" and numbers == [1.0] and left_complement(right):
        return right.facts.domain
    if how == "add" and numbers is not None and names(right) == {"probs"} and all(abs(value) <= TINY for value in numbers):
        return right.facts.domain
    if any(names(one) == {"logits"} and SQUASHED.covers(one.facts.range) for one in (left, right)):
        return ANY  # `(tanh(x) + 1) / 2` are no longer scores
    mask = any("bool" in operand.facts.dtype or names(operand) & {"zero_one", "one_hot"} for operand in (left, right))
    if names(left) == {"logits"} and how in ("add", "sub", "mul", "truediv"):
        if how in ("mul", "truediv") and (mask or zero(right)):
            return ANY
        return logits_with(right, how)
    if names(right) == {"logits"} and how in ("add", "sub", "mul"):
        return ANY if how == "mul" and (mask or zero(left)) else logits_with(left, how)
    return ANY


def left_complement(right: Operand) -> bool:
    """1 - p: of a sigmoid's probabilities it is again one for each; of a softmax's it sums to something else."""
    return right.facts.domain.known and all(each == Domain("probs", EACH) for each in right.facts.domain)


def zero(operand: Operand) -> bool:
    numbers = only_numbers(operand)
    return numbers is not None and 0.0 in numbers


def logits_with(other: Operand, how: str) -> OneOf[Domain]:
    """Adding any number, or scaling, leaves real numbers unnormalised; taking away a logarithm may normalise them."""
    if how == "sub" and not other.facts.domain.known and any(step.note in ("log", "logsumexp") for step in other.facts.steps):
        return ANY
    if how in ("add", "sub") and names(other) & {"log_probs"}:
        return ANY
    return domain("logits")


def combined_range(how: str, left: Operand, right: Operand) -> Range:
    found = _shifted_range(how, left, right)
    return Range(0.0, math.inf) if found == Range() and is_never_negative(how, left, right) else found


def is_never_negative(how: str, left: Operand, right: Operand) -> bool:
    """Whether the operands say so, of whatever dtype they are."""
    if how == "pow":
        power = only_numbers(right)
        return lowest(left) >= 0 or (power is not None and all(value % 2 == 0 for value in power))
    return how in ("add", "mul", "truediv") and lowest(left) >= 0 and lowest(right) >= 0


def lowest(operand: Operand) -> float:
    numbers = only_numbers(operand)
    return operand.facts.range.low if numbers is None else min(numbers, default=-math.inf)


def _shifted_range(how: str, left: Operand, right: Operand) -> Range:
    """Only with a constant: `x / 255`, `2 * x - 1`, `1 - p`."""
    for source, number, swapped in ((left, only_numbers(right), False), (right, only_numbers(left), True)):
        if number is None or len(number) != 1 or source.facts.range == Range():
            continue
        low, high, value = source.facts.range.low, source.facts.range.high, number[0]
        try:
            if how == "add":
                ends = (low + value, high + value)
            elif how == "sub":
                ends = (value - low, value - high) if swapped else (low - value, high - value)
            elif how == "mul" and value != 0:
                ends = (low * value, high * value)
            elif how == "truediv" and not swapped and value != 0:
                ends = (low / value, high / value)
            else:
                return Range()
        except OverflowError:
            return Range()
        if "uint8" in source.facts.dtype or not source.facts.dtype.known:
            return Range()
        if any(math.isnan(end) for end in ends):  # inf - inf
            return Range()
        slack = 1e-6 * max(1.0, *(abs(end) for end in ends if abs(end) != float("inf")), 0.0)
        exact = all(end == round(end) for end in ends if abs(end) != float("inf"))
        slack = 0.0 if exact else slack
        return Range(min(ends) - slack, max(ends) + slack)
    return Range()


def reflected(app: Application) -> Operand | None:
    return binary(replace(app, bound={**app.bound, "input": app.bound["other"], "other": app.input}))


def negated(app: Application) -> Operand | None:
    source = app.input.facts
    if source.kind.only not in ("tensor", "ndarray") and source.kind != MEMBER and not app.name.startswith(("torch.", "Tensor.")):
        return None
    kept = source.domain if source.domain.known and names(app.input) <= {"logits", "signs"} else ANY
    range_ = Range(-source.range.high, -source.range.low, source.range.exact)
    if source.dtype.values is None or "uint8" in source.dtype.values:
        range_ = Range()
    return Operand(source.with_(domain=kept, range=range_))


def inverted(app: Application) -> Operand | None:
    """`~mask`, `a & b`: of masks a mask."""
    operands = [app.input, *([app.bound["other"]] if app.given("other") else [])]
    if not any(each.facts.kind.only in ("tensor", "ndarray") for each in operands):
        return None
    bools = all(each.facts.dtype.only == "bool" for each in operands)
    facts = operands[0].facts
    if len(operands) == 2:
        kind = combined_kind(app, *operands) or ANY
        facts = facts.with_(
            kind=kind, shape=combined_shape(*operands), dtype=promoted(operands[0], operands[1], kind.only == "ndarray")
        )
    return Operand(
        facts.with_(
            domain=domain("zero_one") if bools else ANY, range=Range(0.0, 1.0) if bools else Range(), requires_grad=NO_GRAD
        )
    )


TRANSFERS: dict[str, Callable[[Application], Operand | None]] = {
    "binary": binary,
    "reflected": reflected,
    "negated": negated,
    "inverted": inverted,
}
