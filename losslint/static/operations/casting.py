"""Changing dtype, device or kind, and leaving the graph."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from losslint.facts import INTS, NO_RANGE, Domain, Facts, Range
from losslint.oneof import ANY, OneOf
from losslint.places import Locatable
from losslint.static.operand import Operand
from losslint.static.operations.application import Application
from losslint.static.operations.dtypes import dtypes_of, read_dtype
from losslint.static.operations.elementwise import noted, result_kind
from losslint.static.operations.results import NO_GRAD, as_leaf, grad_for, grad_of, loose, step
from losslint.tri import Tri

WHOLE: frozenset[str] = frozenset({"class_index", "one_hot", "signs", "zero_one"})
"""Domains whose values are integers: a cast to an integer dtype keeps them."""
UNSIGNED = Range(0.0, 255.0)


def cast_facts(facts: Facts, dtype: OneOf[str], where: Locatable) -> Facts:
    """The facts after a cast of values to `dtype`."""
    if dtype == facts.dtype and dtype.only is not None:
        return facts
    targets = dtype.values or frozenset()
    whole = bool(targets & (INTS | {"bool"}))
    domain, range_ = facts.domain, facts.range
    if whole:
        domain, range_ = integer_domain(domain, targets), integer_range(range_, targets)
    elif targets & {"float16", "bfloat16"}:
        range_ = rounded_range(range_)
    grad = grad_for(dtype, facts.requires_grad)
    integral = bool(targets) and targets <= INTS | {"bool"}
    changed = facts.with_(dtype=dtype, domain=domain, range=range_, requires_grad=grad)
    if dtype.only is None:
        return changed
    was_whole = facts.dtype.values is not None and facts.dtype.values <= INTS | {"bool"}
    cuts = integral and facts.requires_grad.only is not False and not was_whole
    return step(changed, where, f"cast to {dtype.only}", cuts, facts.requires_grad.is_(True) if cuts else Tri.NO)


def integer_domain(domain: OneOf[Domain], targets: frozenset[str]) -> OneOf[Domain]:
    if domain.values is None or not all(each.name in WHOLE for each in domain.values):
        return ANY
    if "bool" in targets and any(each.name in ("class_index", "signs") for each in domain.values):
        return ANY
    if "uint8" in targets and any(each.name == "signs" for each in domain.values):
        return ANY
    return domain


def integer_range(range_: Range, targets: frozenset[str]) -> Range:
    if targets == {"bool"}:
        return Range(0.0, 1.0)
    if "uint8" in targets and not UNSIGNED.covers(range_):
        return UNSIGNED if targets == {"uint8"} else NO_RANGE
    if targets & {"int8", "int16", "int32"} and not Range(-128.0, 127.0).covers(range_):
        return NO_RANGE
    if range_ == NO_RANGE:
        return range_
    low, high = range_.low, range_.high
    return Range(_truncated(low), _truncated(high), range_.exact)


def rounded_range(range_: Range) -> Range:
    """The range after rounding to half precision: small integers are kept, other ends move, large ones overflow."""
    ends = [end for end in (range_.low, range_.high) if not math.isinf(end)]
    if all(end == round(end) and abs(end) <= 256 for end in ends):
        return range_
    if any(abs(end) > 60000 for end in ends):
        return NO_RANGE
    return Range(range_.low - abs(range_.low) / 128, range_.high + abs(range_.high) / 128)


def _truncated(value: float) -> float:
    return float(int(value)) if abs(value) < 2**53 else value


def cast(app: Application) -> Operand:
    """`x.long()`: option `dtype`."""
    return _cast(app, OneOf.of(app.operation.option("dtype")))


def _cast(app: Application, dtype: OneOf[str]) -> Operand:
    source = app.input.facts.with_(kind=result_kind(app), requires_grad=grad_of(app.input))
    return Operand(cast_facts(source, dtype, app.where))


def astype(app: Application) -> Operand:
    """`x.astype(t)`."""
    return _cast(app, dtypes_of(app.constant("dtype")))


def type_(app: Application) -> Operand:
    """`x.type(t)`; without a dtype it is a string. A tensor type names a device too."""
    if not app.given("dtype"):
        return Operand(Facts(kind=OneOf.of("str")))
    wanted = app.constant("dtype")
    made = _cast(app, dtypes_of(wanted))
    if wanted.known and not any(str(one).endswith("Tensor") for one in wanted):
        return made
    return on_device(made, wanted.map(lambda one: "cuda" if ".cuda." in str(one) else "cpu"))


def type_as(app: Application) -> Operand:
    """Of the other's dtype, and on its device."""
    other = app.operand("other")
    return on_device(_cast(app, other.facts.dtype if other else ANY), other.facts.device if other else ANY)


def to(app: Application) -> Operand:
    """`x.to(dtype)`, `x.to(device)`, `x.to(device, dtype)`, `x.to(other)`."""
    dtype, device = app.input.facts.dtype, app.input.facts.device
    given = list(app.rest or ())[:2] + [operand for name in ("dtype", "device", "other") if (operand := app.operand(name))]
    for operand in given:
        if operand.facts.kind.only == "tensor":
            dtype, device = operand.facts.dtype, operand.facts.device
        elif operand.tag == "device" or operand is app.operand("device"):
            device = device_of(operand)
        elif operand.value.known and all(read_dtype(value) for value in operand.value):
            dtype = dtypes_of(operand.value)
        elif operand.value.known and all(isinstance(value, (str, int, type(None))) for value in operand.value):
            device = device_of(operand)
        elif operand.facts.kind.only in ("str", "number", "bool"):
            device = ANY
        else:
            dtype, device = ANY, ANY
    result = _cast(app, dtype)
    return on_device(result, device)


def on_device(operand: Operand, device: OneOf[str]) -> Operand:
    return Operand(operand.facts.with_(device=device))


def device_of(operand: Operand) -> OneOf[str]:
    """The type of the device that an operand names ("cuda:1" is "cuda")."""
    if operand.value.values is None or not all(isinstance(value, str) for value in operand.value.values):
        return ANY
    return operand.value.map(lambda value: value.partition(":")[0])


def device(app: Application) -> Operand:
    """`torch.device("cuda")`."""
    return Operand(Facts(kind=OneOf.of("other")), value=app.constant("type"), tag="device")


def move_to(app: Application) -> Operand:
    """`x.cuda()`, `x.cpu()`: option `device`."""
    source = app.input.facts
    return Operand(
        source.with_(kind=result_kind(app), device=OneOf.of(app.operation.option("device")), requires_grad=grad_of(app.input))
    )


def cut(app: Application) -> Operand:
    """`x.detach()`, `x.numpy()`, `x.item()`: option `kind` where that changes."""
    kind = app.operation.option("kind")
    facts = app.input.facts.with_(kind=OneOf.of(kind) if kind else result_kind(app), requires_grad=NO_GRAD)
    if kind in ("number", "list"):
        facts = facts.with_(range=loose(facts.range))
    value: OneOf[Any] = ANY
    return Operand(noted(app, facts, cuts=True), value)


def require_grad(app: Application) -> Operand:
    """`x.requires_grad_()`."""
    wanted = app.constant("requires_grad")
    facts = app.input.facts.with_(kind=result_kind(app), requires_grad=wanted if wanted.known else ANY)
    return Operand(as_leaf(facts, app.where) if grad_of(app.input).only is False else facts)


def keep(app: Application) -> Operand:
    """The same value: `clone`, `contiguous`, `Variable`."""
    if app.operation.option("kind") == "any" and app.input.facts.kind.only != "tensor":
        return app.input
    return Operand(noted(app, app.input.facts.with_(kind=result_kind(app), requires_grad=grad_of(app.input))))


TRANSFERS: dict[str, Callable[[Application], Operand | None]] = {
    "cast": cast,
    "astype": astype,
    "type": type_,
    "type_as": type_as,
    "to": to,
    "device": device,
    "move_to": move_to,
    "cut": cut,
    "require_grad": require_grad,
    "keep": keep,
}
