"""einops: axes that a pattern names, `'b n c -> (b n) c'`."""

from __future__ import annotations

import re
from typing import Final

from losslint.facts import UNKNOWN_AXIS, Axis
from losslint.shapes import Dim, Shape
from losslint.static.operations.axes import LOST, Layout

GROUP: Final = re.compile(r"\(([^)]*)\)|(\S+)")


def rearranged(shape: Shape, pattern: object) -> Layout:
    """The axes of the left side as the right side has them; those in brackets are one axis together."""
    sides = pattern.split("->") if isinstance(pattern, str) else []
    if len(sides) != 2 or "..." in sides[0] + sides[1]:
        return LOST
    left, right = map(_groups, sides)
    if not shape.open and len(shape.dims) != len(left):
        return LOST
    missing = len(left) - len(shape.dims)
    if missing < 0:
        return LOST
    old: tuple[Dim, ...] = (None,) * missing + shape.dims
    sizes: dict[str, Dim] = {names[0]: size for names, size in zip(left, old, strict=True) if len(names) == 1}

    def moved(axis: Axis) -> Axis:
        names = left[axis] if isinstance(axis, int) and -len(left) <= axis < len(left) else ()
        return right.index(names) if len(names) == 1 and names in right else UNKNOWN_AXIS

    return Layout(Shape(tuple(_size(names, sizes) for names in right)), moved)


def _groups(side: str) -> list[tuple[str, ...]]:
    return [tuple(group.split()) if group or not single else (single,) for group, single in GROUP.findall(side)]


def _size(names: tuple[str, ...], sizes: dict[str, Dim]) -> Dim:
    total = 1
    for name in names:
        size = 1 if name == "1" else sizes.get(name)
        if not isinstance(size, int):
            return size if names == (name,) else None
        total *= size
    return total
