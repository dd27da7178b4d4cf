"""Functions of one tensor that keep its shape: activations, casts, detaching."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any, Final

from losslint.facts import EACH, INTS, Domain, Facts, Range
from losslint.oneof import ANY, OneOf
from losslint.static.operand import Operand
from losslint.static.operations.application import Application
from losslint.static.operations.axes import along
from losslint.static.operations.dtypes import as_float, dtypes_of
from losslint.static.operations.results import NO_GRAD, TENSOR, any_grad, grad_for, grad_of, loose, step

RETURNS_TENSOR: Final = frozenset({
    "abs", "absolute", "exp", "log", "log1p", "log2", "log10", "tanh", "sin", "cos", "sqrt", "square", "clip", "round", "floor",
    "ceil", "rint", "sign", "reshape", "squeeze", "swapaxes", "argmax", "argmin", "isnan", "isinf", "isfinite",
})  # fmt: skip
"""Functions of numpy that give a tensor back when they are given one."""


def elementwise(app: Application) -> Operand:
    """Options: `domain`, `dtype`, `range`, `cuts`, `note`, each left out where the operation keeps it.

    `flat`: autograd goes through it but the gradient is zero everywhere, as of rounding. `shape` may be "forget".
    """
    source = app.input.facts
    dtype = changed_dtype(app, source.dtype)
    cuts = bool(app.operation.option("cuts", False))
    learned = [*(app.rest or ()), *(app.bound[name] for name in ("weight", "bias") if app.given(name))]
    grad = NO_GRAD if cuts else grad_for(dtype, any_grad(grad_of(each) for each in (app.input, *learned) if not is_plain(each)))
    facts = source.with_(
        kind=result_kind(app),
        dtype=dtype,
        domain=changed_domain(app.operation.option("domain", "keep"), source.domain),
        range=changed_range(app.operation.option("range", "keep"), source.range),
        requires_grad=grad,
    )
    if app.operation.option("shape") == "forget":
        facts = facts.with_(shape=ANY)
    return Operand(noted(app, facts, cuts or bool(app.operation.option("flat"))))


def is_plain(operand: Operand) -> bool:
    """Whether it certainly is no tensor: a constant, a tuple of them."""
    return operand.value.known or (operand.items is not None and all(is_plain(item) for item in operand.items))


def result_kind(app: Application) -> OneOf[Any]:
    """A method that others have too says nothing of the kind of what it was called on."""
    name = app.name
    if name.startswith("ndarray."):
        return OneOf.of("ndarray")
    if name.startswith("Tensor.") and not app.operation.distinctive and app.input.facts.kind.only != "tensor":
        return app.input.facts.kind
    if name.startswith(("numpy.", "scipy.")):
        return numpy_kind(app)
    return TENSOR


def numpy_kind(app: Application) -> OneOf[Any]:
    kinds = app.input.facts.kind
    if kinds.only == "number":
        return ANY
    if app.name.rpartition(".")[2] in RETURNS_TENSOR:
        if kinds.only == "tensor":
            return TENSOR
        if kinds.values is None or "tensor" in kinds.values:
            return OneOf.of("ndarray", "tensor")
    return OneOf.of("ndarray")


def noted(app: Application, facts: Facts, cuts: bool = False) -> Facts:
    note = app.operation.option("note")
    return step(facts, app.where, note, cuts) if note else facts


def changed_dtype(app: Application, source: OneOf[str]) -> OneOf[str]:
    if (app.given("dtype") and app.only("dtype") is not None) or not app.constant("dtype").known:
        return dtypes_of(app.constant("dtype"))
    effect = app.operation.option("dtype", "keep")
    if effect == "float":
        return source.map(numpy_float if app.name.startswith(("numpy.", "scipy.")) else as_float)
    if effect == "bool" and app.name.startswith("numpy.") and app.input.facts.kind.only != "ndarray":
        return ANY  # numpy's booleans come back as uint8 tensors
    return source if effect == "keep" else ANY if effect == "forget" else OneOf.of(effect)


def numpy_float(dtype: str) -> str:
    """What numpy's functions of real numbers make of a dtype: the least floating one that can hold it."""
    if dtype in ("int32", "int64"):
        return "float64"
    return {"bool": "float16", "uint8": "float16", "int8": "float16", "int16": "float32"}.get(dtype, dtype)


def changed_domain(effect: Any, source: OneOf[Domain]) -> OneOf[Domain]:
    """`keep`, `forget`, `probs/each`, or a table from the domain before to the domain after, `_` for the others: the
    exponential of what isn't known may be probabilities, whose logarithm was worked out by hand."""
    if isinstance(effect, str):
        return ANY if effect == "forget" else source if effect == "keep" else renormalised(OneOf.of(parse_domain(effect)), source)
    rest = effect.get("_", "forget")
    if source.values is None:
        return ANY
    found: list[Domain] = []
    for domain in source.values:
        to = effect.get(domain.name, rest)
        if to == "forget":
            return ANY
        logged = to == "log_probs" and domain.name == "probs" and not domain.mixed
        found.append(domain if to == "keep" else parse_domain(to) if "/" in to else replace(domain, name=to, logged=logged))
    return OneOf(found)


def parse_domain(text: str) -> Domain:
    name, _, axis = text.partition("/")
    return Domain(name, EACH) if axis == "each" else Domain(name)


def renormalised(made: OneOf[Domain], source: OneOf[Domain]) -> OneOf[Domain]:
    """The domains made by normalising: `twice` where the source was probabilities already.

    The logarithm of probabilities is not: its softmax gives the probabilities again.
    """
    if made.values is None or source.values is None:
        return made
    before = {domain.twice or domain.name == "probs" for domain in source.values}
    return OneOf(
        replace(domain, twice=True) if twice and domain.name in ("probs", "log_probs") else domain
        for domain in made.values
        for twice in before
    )


def changed_range(effect: Any, source: Range) -> Range:
    """`keep`, `forget`, `rectify` (nothing below 0), `absolute`, `whole` (to whole numbers, at most) or `[low, high]`."""
    if effect == "keep":
        return loose(source)
    if effect == "rectify":
        return Range(max(source.low, 0.0), max(source.high, 0.0))
    if effect == "absolute":
        return Range(max(source.low, -source.high, 0.0), max(abs(source.low), abs(source.high)))
    if effect == "whole":
        return loose(source) if all(end in (0, 1, math.inf, -math.inf) for end in (source.low, source.high)) else Range()
    return Range() if effect == "forget" else Range(*effect)


def normalise(app: Application) -> Operand:
    """softmax and its kin: `domain` along the axis given by `dim`."""
    source = app.input.facts
    name = app.operation.option("domain")
    dims = app.constant("dim")
    integers = dims.values is not None and all(isinstance(value, int) for value in dims.values)
    axes: OneOf[int | str] = dims if integers else ANY
    dtype = changed_dtype(app, source.dtype)
    facts = source.with_(
        kind=result_kind(app),
        dtype=dtype,
        domain=renormalised(along(name, axes, source.shape), source.domain),
        range=Range(0.0, 1.0) if name == "probs" else Range(-math.inf, 0.0),
        requires_grad=grad_for(dtype, grad_of(app.input)),
    )
    label = app.operation.option("note", app.operation.name)
    if integers and dims.only is not None:
        label += f" over dim {dims.only}"
    elif dims.only is None and dims.known and not integers:
        label += " without a dim"
    return Operand(step(facts, app.where, label))


def cut(facts: Facts) -> Facts:
    return facts.with_(requires_grad=NO_GRAD)


def is_integral(dtype: OneOf[str]) -> bool:
    """Whether every dtype that it can be is an integer or bool."""
    return dtype.values is not None and dtype.values <= INTS | {"bool"}
