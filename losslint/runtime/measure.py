"""From a real value to what is known of it, in the words that the static engine uses."""

from __future__ import annotations

import numbers
import sys
from typing import Any

import torch

from losslint.facts import Facts, Kind, Range
from losslint.oneof import ANY, OneOf
from losslint.places import Place, Step
from losslint.runtime.graph import origin_of
from losslint.runtime.padding import padding_of
from losslint.runtime.values import UNREAD, Values, read
from losslint.shapes import Shape


def measure(value: Any, where: Place, *, values: bool = True) -> Facts:
    """What is known of a value at `where`. With `values` its numbers are read, which waits for its device.

    What values do not show is unknown, not `logits`.
    """
    facts = described(value, where)
    tensor = numeric(value) if values else None
    return facts if tensor is None else with_values(facts, quiet_read(tensor, domain=not facts.domain.known), where)


def described(value: Any, where: Place) -> Facts:
    """What is known without reading numbers."""
    if isinstance(value, torch.Tensor):
        return _tensor(value, where)
    kind = kind_of(value)
    if kind == "ndarray":
        return Facts(
            kind=OneOf.of(kind),
            dtype=OneOf.of(str(value.dtype)),
            shape=OneOf.of(Shape(tuple(value.shape))),
            requires_grad=OneOf.of(False),
        )
    facts = Facts(kind=OneOf.of(kind), requires_grad=OneOf.of(False) if kind in ("number", "bool", "list", "tuple") else ANY)
    if kind == "number" and isinstance(value, numbers.Real):
        number = float(value)
        return facts.with_(range=Range(number, number, exact=True)) if number == number else facts
    return facts


def numeric(value: Any) -> Any:
    """The tensor whose numbers are the value's, None where it has none."""
    if isinstance(value, torch.Tensor):
        return value
    if kind_of(value) == "ndarray" and str(value.dtype) in _FROM_NUMPY:
        return torch.from_numpy(value.copy())
    return None


def with_values(facts: Facts, values: Values, where: Place) -> Facts:
    """The facts, with what their numbers tell."""
    if values is UNREAD:
        return facts
    changes: dict[str, Any] = {"range": values.range, "sums": values.sums}
    if values.finite is not None:
        changes["finite"] = OneOf.of(values.finite)
    if values.domain is not None and not facts.domain.known:
        changes["domain"] = OneOf.of(values.domain)
        changes["steps"] = (Step(where, values.note), *facts.steps)
    return facts.with_(**changes)


def kind_of(value: Any) -> Kind:
    """What kind of thing a value is."""
    for kind, types in _KINDS:
        if isinstance(value, types):
            return kind
    numpy = sys.modules.get("numpy")
    if numpy is not None:
        if isinstance(value, numpy.ndarray):
            return "ndarray"
        if isinstance(value, numpy.bool_):
            return "bool"
    if isinstance(value, numbers.Number):
        return "number"
    if type(value).__module__.partition(".")[0] in ("pandas", "polars") and type(value).__name__ in ("DataFrame", "Series"):
        return "dataframe"
    return "function" if callable(value) else "other"


_KINDS: tuple[tuple[Kind, Any], ...] = (
    ("tensor", torch.Tensor),
    ("none", type(None)),
    ("bool", bool),
    ("number", (int, float, complex)),
    ("str", (str, bytes)),
    ("list", list),
    ("tuple", tuple),
    ("dict", dict),
    ("module", torch.nn.Module),
    ("class", type),
)


def _tensor(tensor: Any, where: Place) -> Facts:
    origin = _quiet_origin(tensor)
    return Facts(
        kind=OneOf.of("tensor"),
        domain=OneOf.of(origin.domain) if origin is not None else ANY,
        dtype=OneOf.of(str(tensor.dtype).removeprefix("torch.")),
        shape=ANY if tensor.is_nested else OneOf.of(Shape(tuple(int(size) for size in tensor.shape))),
        requires_grad=OneOf.of(bool(tensor.requires_grad)),
        device=OneOf.of(str(tensor.device)),
        steps=(Step(where, origin.note),) if origin is not None else (),
        padding=padding_of(tensor),
    )


def _quiet_origin(tensor: Any) -> Any:
    # Saved tensors are gone after backward, and custom nodes answer as they like: then the graph tells nothing.
    try:
        return origin_of(tensor)
    except Exception:
        return None


def quiet_read(tensor: Any, *, domain: bool) -> Values:
    # Under functionalization and the like there is no number to be read: then values tell nothing.
    try:
        return read(tensor, domain=domain)
    except Exception:
        return UNREAD


_FROM_NUMPY = frozenset({"float16", "float32", "float64", "uint8", "int8", "int16", "int32", "int64", "bool"})
