"""The axis along which values are normalised, and how it moves.

Where the rank is known an axis is stored non-negative; where it isn't, it is stored as it was written (-1, 1).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import product
from typing import Final

from losslint.facts import EACH, UNKNOWN_AXIS, Axis, Domain, Facts
from losslint.oneof import ANY, OneOf
from losslint.shapes import Shape
from losslint.tri import Tri

ANY_SHAPE: Final = Shape((), open=True)
"""The shape that covers every shape: unknown shapes take the same path as known ones."""
SOME_AXIS: Final = Shape((None,), open=True)
"""The shape that covers every shape of one axis or more."""

ALONG_AN_AXIS: Final = frozenset({"probs", "log_probs", "one_hot"})


@dataclass(frozen=True)
class Layout:
    """A new shape, and where each axis of the old one went: `EACH` where it was taken apart."""

    shape: Shape
    axis: Callable[[Axis], Axis]


LOST: Final = Layout(ANY_SHAPE, lambda _: UNKNOWN_AXIS)


def shapes_of(shape: OneOf[Shape]) -> tuple[Shape, ...]:
    return (ANY_SHAPE,) if shape.values is None else tuple(shape)


def one_of_shapes(shapes: list[Shape]) -> OneOf[Shape]:
    return ANY if ANY_SHAPE in shapes else OneOf(shapes)


def normal_axis(axis: Axis, shape: Shape) -> Axis:
    """The axis, non-negative where the rank is known; `UNKNOWN_AXIS` where there is no such axis."""
    if isinstance(axis, str) or shape.rank is None:
        return axis
    return axis % shape.rank if -shape.rank <= axis < shape.rank else UNKNOWN_AXIS


def same_axis(a: Axis, b: Axis, shape: Shape) -> Tri:
    a, b = normal_axis(a, shape), normal_axis(b, shape)
    if EACH in (a, b):
        return Tri.NO
    if UNKNOWN_AXIS in (a, b):
        return Tri.MAYBE
    assert isinstance(a, int)
    assert isinstance(b, int)
    return Tri.of(a == b) if (a < 0) == (b < 0) else Tri.MAYBE


def rearranged(facts: Facts, change: Callable[[Shape], Layout]) -> Facts:
    """The facts after a change of layout, for each shape and each domain that the value can have."""
    shapes: list[Shape] = []
    domains: set[Domain] = set()
    for shape in shapes_of(facts.shape):
        layout = change(shape)
        shapes.append(layout.shape)
        domains.update(move(domain, shape, layout) for domain in facts.domain)
    return facts.with_(shape=one_of_shapes(shapes), domain=OneOf(domains) if facts.domain.known else ANY)


def move(domain: Domain, shape: Shape, layout: Layout) -> Domain:
    if domain.name not in ALONG_AN_AXIS or domain.axis in (EACH, UNKNOWN_AXIS):
        return domain
    axis = layout.axis(normal_axis(domain.axis, shape))
    if axis == EACH and domain.name == "one_hot":
        return Domain("zero_one")
    return replace(domain, axis=normal_axis(axis, layout.shape))


def along(name: str, axes: OneOf[int | str], shape: OneOf[Shape]) -> OneOf[Domain]:
    """The domain of values normalised along one of `axes`."""
    if axes.values is None:
        return OneOf.of(Domain(name))
    return OneOf(Domain(name, normal_axis(axis, each)) for axis, each in product(axes, shapes_of(shape)))


def domain(name: str) -> OneOf[Domain]:
    return OneOf.of(Domain(name))


def pooled(found: OneOf[Domain]) -> OneOf[Domain]:
    """Pooled rectified maps are the class scores of SqueezeNet and its like, as they were published: no slip."""
    return found.map(lambda domain: Domain("logits") if domain.name == "rectified" else domain)
