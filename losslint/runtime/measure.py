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
from losslint.runtime.values import UNREAD, Values, read
from losslint.shapes import Shape


def measure(value: Any, where: Place, *, values: bool = True) -> Facts:
    """What is known of a value at `where`. With `values` its numbers are read, which waits for its device.

    What values do not show is unknown, not `logits`.
    """
    if isinstance(value, torch.Tensor):
        return _tensor(value, where, values)
    kind = kind_of(value)
    if kind == "ndarray":
        return _array(value, where, values)
    facts = Facts(kind=OneOf.of(kind), requires_grad=OneOf.of(False) if kind in ("number", "bool", "list", "tuple") else ANY)
    if kind == "number" and isinstance(value, numbers.Real):
        number = float(value)
        return facts.with_(range=Range(number, number, exact=True)) if number == number else facts
    return facts


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


def _tensor(tensor: Any, where: Place, values: bool) -> Facts:
    origin = _quiet_origin(tensor)
    seen = _quiet_read(tensor, domain=origin is None) if values else UNREAD
    domain = origin.domain if origin is not None else seen.domain
    note = origin.note if origin is not None else seen.note
    return Facts(
        kind=OneOf.of("tensor"),
        domain=OneOf.of(domain) if domain is not None else ANY,
        dtype=OneOf.of(str(tensor.dtype).removeprefix("torch.")),
        shape=ANY if tensor.is_nested else OneOf.of(Shape(tuple(int(size) for size in tensor.shape))),
        requires_grad=OneOf.of(bool(tensor.requires_grad)),
        device=OneOf.of(str(tensor.device)),
        range=seen.range,
        sums=seen.sums,
        finite=ANY if seen.finite is None else OneOf.of(seen.finite),
        steps=(Step(where, note),) if note else (),
    )


def _quiet_origin(tensor: Any) -> Any:
    # Saved tensors are gone after backward, and custom nodes answer as they like: then the graph tells nothing.
    try:
        return origin_of(tensor)
    except Exception:
        return None


def _quiet_read(tensor: Any, *, domain: bool) -> Values:
    # Under vmap, functionalization and the like there is no number to be read: then values tell nothing.
    try:
        return read(tensor, domain=domain)
    except Exception:
        return UNREAD


def _array(array: Any, where: Place, values: bool) -> Facts:
    name = str(array.dtype)
    tensor = torch.from_numpy(array.copy()) if values and name in _FROM_NUMPY else None
    seen = _quiet_read(tensor, domain=True) if tensor is not None else UNREAD
    return Facts(
        kind=OneOf.of("ndarray"),
        domain=OneOf.of(seen.domain) if seen.domain is not None else ANY,
        dtype=OneOf.of(name),
        shape=OneOf.of(Shape(tuple(array.shape))),
        requires_grad=OneOf.of(False),
        range=seen.range,
        steps=(Step(where, seen.note),) if seen.note else (),
    )


_FROM_NUMPY = frozenset({"float16", "float32", "float64", "uint8", "int8", "int16", "int32", "int64", "bool"})
