"""Layers and turns of a loop of which there is any number: of what one more of them changes in a shape, nothing is known."""

from __future__ import annotations

from dataclasses import replace

from losslint.oneof import ANY, OneOf
from losslint.shapes import Shape
from losslint.static.values import Data, Value

Names = dict[str, Value]


def changes_shape(before: Value, after: Value) -> bool:
    """Whether a known shape became one that it wasn't."""
    if before is after or not isinstance(before, Data) or not isinstance(after, Data):
        return False
    old, new = before.operand.facts.shape, after.operand.facts.shape
    return old.known and new.known and any(one not in old for one in new)


def change_shapes(before: Names, after: Names) -> bool:
    return any(name in before and changes_shape(before[name], value) for name, value in after.items())


def widened(before: Value, after: Value) -> Value:
    """What comes of any number of steps, of which one more makes `after` of `before`: it keeps the dims that this one left."""
    if not changes_shape(before, after) or not isinstance(after, Data) or not isinstance(before, Data):
        return after
    facts = after.operand.facts
    shapes = [*before.operand.facts.shape, *facts.shape]
    shape = _common(shapes) if len({one.rank for one in shapes}) == 1 and shapes[0].rank is not None else ANY
    return replace(after, operand=replace(after.operand, facts=facts.with_(shape=shape)))


def widen(before: Names, after: Names) -> None:
    """The same of everything that names stand for, in place."""
    for name, value in after.items():
        if name in before:
            after[name] = widened(before[name], value)


def _common(shapes: list[Shape]) -> OneOf[Shape]:
    """What shapes of one rank agree on."""
    axes = zip(*(one.dims for one in shapes), strict=True)
    return OneOf.of(Shape(tuple(dims[0] if len(set(dims)) == 1 else None for dims in axes)))
