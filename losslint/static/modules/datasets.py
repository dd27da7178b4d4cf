"""What an item of a well-known data set is, and what a DataLoader makes of items."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from losslint.errors import KnowledgeError
from losslint.facts import Domain, Facts, Range
from losslint.oneof import ANY, OneOf
from losslint.shapes import Dim, Shape
from losslint.static.modules.arguments import Arguments
from losslint.static.modules.library import read_table
from losslint.static.modules.outputs import Output
from losslint.static.operand import UNKNOWN_OPERAND, Operand


@dataclass(frozen=True)
class DataSet:
    """One entry of `models.toml`. `classes`: how many class ids there are, or the parameter that says so."""

    init: tuple[str, ...] = ()
    classes: int | str | None = None
    classes_default: int | None = None
    target: Output | None = None
    unless: tuple[str, ...] = ()


def dataset_item(name: str, keywords: Mapping[str, Operand], operands: Sequence[Operand] = ()) -> Operand | None:
    """(image, target) of the data set that the class `name` makes of these arguments; None when it isn't known.

    The image is whatever the transform makes of it.
    """
    entry = datasets().get(name) or datasets().get(_exported(name))
    if entry is None:
        return None
    made = Arguments(entry.init, operands, keywords)
    changed = len(operands) > len(entry.init) or any(name in made for name in (*entry.unless, "target_transform"))
    target = UNKNOWN_OPERAND if changed else _target(entry, made)
    return Operand(Facts(kind=OneOf.of("tuple")), items=(UNKNOWN_OPERAND, target))


SCALARS = frozenset({"ndarray", "number"})
"""An item of an array: one of its rows, or a number with the array's dtype."""


def collate(item: Operand, batch: Dim = None) -> Operand:
    """What torch's default collation makes of a batch of such items: numbers become tensors, tensors are stacked."""
    facts = item.facts
    kind = facts.kind.only
    if kind in ("tensor", "ndarray") or (facts.kind.values == SCALARS and facts.shape.known):
        stacked = facts.shape.map(lambda shape: Shape((None, *shape.dims), True) if shape.open else Shape((batch, *shape.dims)))
        return Operand(facts.with_(kind=OneOf.of("tensor"), shape=stacked, domain=_behind_batch(facts.domain)))
    if kind in ("number", "bool"):
        return Operand(_stacked_number(item, batch))
    if item.items is not None and kind in ("tuple", "list", "dict", "other"):
        members = tuple(collate(member, batch) for member in item.items)
        # A tuple comes out as a list; a named tuple and a dict keep their type.
        plain = kind == "tuple" and not item.fields
        return Operand(Facts(kind=OneOf.of("list")) if plain else facts, items=members, tag=item.tag, fields=item.fields)
    return UNKNOWN_OPERAND


def _stacked_number(item: Operand, batch: Dim) -> Facts:
    """Python's ints and bools become int64 and bool, its floats float64."""
    facts = item.facts
    dtype = facts.dtype
    if not dtype.known and item.value.values is not None:
        dtype = item.value.map(_dtype_of)
    return Facts(
        kind=OneOf.of("tensor"),
        domain=facts.domain,
        dtype=dtype if dtype.known and not dtype.some(lambda name: name == "other") else ANY,
        shape=OneOf.of(Shape((batch,))),
        requires_grad=OneOf.of(False),
        device=OneOf.of("cpu"),
        range=Range(facts.range.low, facts.range.high),
        steps=facts.steps,
    )


def _dtype_of(value: object) -> str:
    return {bool: "bool", int: "int64", float: "float64"}.get(type(value), "other")


def _behind_batch(domains: OneOf[Domain]) -> OneOf[Domain]:
    """Axes counted from the front move one back behind the batch dim."""
    return domains.map(
        lambda domain: Domain(domain.name, domain.axis + 1) if isinstance(domain.axis, int) and domain.axis >= 0 else domain
    )


def _target(entry: DataSet, made: Arguments) -> Operand:
    if entry.target is not None:
        return entry.target.operand({}, None, ())
    count = made.integer(entry.classes, entry.classes_default) if isinstance(entry.classes, str) else entry.classes
    return Operand(
        Facts(
            kind=OneOf.of("number"),
            domain=OneOf.of(Domain("class_index")),
            dtype=OneOf.of("int64"),
            requires_grad=OneOf.of(False),
            range=Range() if count is None else Range(0, count - 1),
        )
    )


def _exported(name: str) -> str:
    """`torchvision.datasets.mnist.MNIST` is `torchvision.datasets.MNIST`."""
    path = name.split(".")
    return ".".join((*path[:-2], path[-1])) if len(path) > 2 else name


@cache
def datasets() -> Mapping[str, DataSet]:
    found: dict[str, DataSet] = {}
    for entry in read_table("models.toml")["datasets"]:
        rest: dict[str, Any] = {key: tuple(value) if isinstance(value, list) else value for key, value in entry.items()}
        names = rest.pop("names")
        if "target" in rest:
            rest["target"] = Output.parse(rest["target"])
        for name in names:
            if name in found:
                raise KnowledgeError(f"models.toml: `{name}` is described twice")
            try:
                found[name] = DataSet(**rest)
            except TypeError as error:
                raise KnowledgeError(f"models.toml: `{name}`: {error}") from error
    return found
