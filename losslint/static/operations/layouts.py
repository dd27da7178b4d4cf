"""What operations on shape do to one shape. Open shapes, of unknown rank, take the same path."""

from __future__ import annotations

import math

from losslint.facts import EACH, UNKNOWN_AXIS, Axis
from losslint.shapes import Dim, Shape
from losslint.static.operations.axes import LOST, Layout, normal_axis, same_axis
from losslint.tri import Tri


def product(dims: tuple[Dim, ...]) -> Dim:
    """The size of dims merged into one."""
    numbers = [dim for dim in dims if isinstance(dim, int)]
    others = [dim for dim in dims if not isinstance(dim, int)]
    if not others:
        return math.prod(numbers)
    return others[0] if len(others) == 1 and math.prod(numbers) == 1 else None


def view(shape: Shape, sizes: tuple[Dim, ...] | None) -> Layout:
    if sizes is None:
        return LOST
    dims = tuple(None if size == -1 else size for size in sizes)
    if -1 in sizes and not shape.open:
        dims = tuple(_missing(shape.dims, sizes) if size == -1 else size for size in sizes)
    if not shape.open:
        return Layout(Shape(dims), lambda axis: _same_place(axis, shape.dims, dims))
    return Layout(
        Shape(dims), lambda axis: len(dims) - 1 if axis == -1 and shape.dims and _last_same(shape, dims) else UNKNOWN_AXIS
    )


def _last_same(shape: Shape, dims: tuple[Dim, ...]) -> bool:
    return bool(dims) and dims[-1] is not None and shape.dims[-1] == dims[-1]


def _missing(old: tuple[Dim, ...], sizes: tuple[Dim, ...]) -> Dim:
    """The size that -1 stands for: what is left when the sizes that both have are taken out."""
    left = list(old)
    rest: list[Dim] = []
    for size in sizes:
        if size == -1:
            continue
        if size is not None and size in left:
            left.remove(size)
        else:
            rest.append(size)
    if not rest:
        return product(tuple(left))
    total, known = product(tuple(left)), product(tuple(rest))
    return total // known if isinstance(total, int) and isinstance(known, int) and known and total % known == 0 else None


def _same_place(axis: Axis, old: tuple[Dim, ...], new: tuple[Dim, ...]) -> Axis:
    """Where an axis is after a view: it is itself when its size and everything before or after it stayed."""
    if not isinstance(axis, int) or not 0 <= axis < len(old):
        return UNKNOWN_AXIS
    size = old[axis]
    if size is None:
        return UNKNOWN_AXIS
    behind = old[axis + 1 :]
    if (
        None not in behind
        and len(behind) < len(new)
        and new[len(new) - len(behind) - 1] == size
        and new[len(new) - len(behind) :] == behind
    ):
        return len(new) - len(behind) - 1
    before = old[:axis]
    if None not in before and new[: axis + 1] == (*before, size):
        return axis
    inner, outer = _count(behind), _count(before)
    for place, dim in enumerate(new):
        if dim == size and (
            (inner is not None and _count(new[place + 1 :]) == inner) or (outer is not None and _count(new[:place]) == outer)
        ):
            return place
    return UNKNOWN_AXIS


def _count(dims: tuple[Dim, ...]) -> int | None:
    found = product(dims)
    return found if isinstance(found, int) else None


def removed(axis: Axis, place: int, shape: Shape) -> Axis:
    """Where an axis goes when the one at `place` disappears; `EACH` when it is that one."""
    if not isinstance(axis, int):
        return axis
    place = _at(place, shape)
    same = same_axis(axis, place, shape)
    if same is Tri.YES:
        return EACH
    if same is Tri.MAYBE:
        return UNKNOWN_AXIS
    if axis >= 0:
        return axis - 1 if axis > place else axis
    return axis + 1 if axis < place else axis


def _at(place: int, shape: Shape) -> int:
    found = normal_axis(place, shape)
    return found if isinstance(found, int) else place


def without(shape: Shape, place: int) -> Shape:
    """The shape without the axis at `place`."""
    if shape.rank is not None:
        place = _at(place, shape)
        if not 0 <= place < shape.rank:
            return Shape((), open=True)
        return Shape(shape.dims[:place] + shape.dims[place + 1 :])
    if place >= 0 or -place > len(shape.dims):
        return Shape((), open=True) if place >= 0 else shape
    index = len(shape.dims) + place
    return Shape(shape.dims[:index] + shape.dims[index + 1 :], open=True)


def with_dim(shape: Shape, place: int, dim: Dim) -> Shape:
    """The shape with another size at `place`."""
    place = _at(place, shape)
    if shape.open and place >= 0:
        return Shape((), open=True)
    index = place if place >= 0 else len(shape.dims) + place
    if not 0 <= index < len(shape.dims):
        return shape if shape.open else Shape((), open=True)
    return Shape((*shape.dims[:index], dim, *shape.dims[index + 1 :]), shape.open)


def select(shape: Shape, place: int) -> Layout:
    """One index along an axis."""
    return Layout(without(shape, place), lambda axis: removed(axis, place, shape))


def squeezes(shape: Shape, places: tuple[int, ...] | None) -> tuple[Layout, ...]:
    """Every layout that squeezing can give: a dim of unknown size goes when it is 1.

    Without a place, a first dim of unknown size is taken to stay: whoever squeezes everything doesn't think of a batch of one. Of
    the others, nothing says that one is 1, and nothing that it isn't.
    """
    if shape.open:
        return (LOST,) if places is not None else (Layout(Shape((), open=True, thin=True), lambda _: UNKNOWN_AXIS),)
    wanted = range(len(shape.dims)) if places is None else [_at(place, shape) for place in places]
    unsure = [place for place in wanted if 0 <= place < len(shape.dims) and not isinstance(shape.dims[place], int)]
    if places is None:
        if any(place and shape.dims[place] is None for place in unsure):
            return (Layout(Shape((), open=True, thin=True), lambda _: UNKNOWN_AXIS),)
        unsure = []
    if len(unsure) > 2:
        return (LOST,)
    choices = [shape]
    for place in unsure:
        choices = choices + [with_dim(one, place, 1) for one in choices]
    return tuple(_squeezed(one, list(wanted)) for one in choices)


def _squeezed(shape: Shape, wanted: list[int]) -> Layout:
    kept = [place for place in range(len(shape.dims)) if not (place in wanted and shape.dims[place] == 1)]
    return Layout(
        Shape(tuple(shape.dims[place] for place in kept)),
        lambda axis: kept.index(axis) if isinstance(axis, int) and axis in kept else EACH,
    )


def unsqueeze(shape: Shape, place: int) -> Layout:
    if shape.rank is None:
        if place >= 0:
            return LOST
        if -place - 1 > len(shape.dims):
            return LOST
        index = len(shape.dims) + place + 1
        dims = (*shape.dims[:index], 1, *shape.dims[index:])
        return Layout(Shape(dims, open=True), lambda axis: _pushed(axis, place))
    at = place + shape.rank + 1 if place < 0 else place
    if not 0 <= at <= shape.rank:
        return LOST
    return Layout(
        Shape((*shape.dims[:at], 1, *shape.dims[at:])), lambda axis: axis + 1 if isinstance(axis, int) and axis >= at else axis
    )


def _pushed(axis: Axis, place: int) -> Axis:
    if not isinstance(axis, int) or axis >= 0:
        return UNKNOWN_AXIS
    return axis - 1 if axis <= place else axis


def permute(shape: Shape, order: tuple[int, ...]) -> Layout:
    rank = len(order)
    places = [place % rank for place in order] if rank else []
    if sorted(places) != list(range(rank)) or (shape.rank is not None and shape.rank != rank):
        return LOST
    missing = rank - len(shape.dims)
    if missing < 0:
        return LOST
    old: tuple[Dim, ...] = (None,) * missing + shape.dims if shape.open else shape.dims
    return Layout(
        Shape(tuple(old[place] for place in places)),
        lambda axis: places.index(axis % rank) if isinstance(axis, int) and -rank <= axis < rank else UNKNOWN_AXIS,
    )


def transpose(shape: Shape, a: int, b: int) -> Layout:
    if shape.rank is not None:
        if not (-shape.rank <= a < shape.rank and -shape.rank <= b < shape.rank):
            return LOST
        order = list(range(shape.rank))
        order[a], order[b] = order[b], order[a]
        return permute(shape, tuple(order))
    if a < 0 and b < 0 and max(-a, -b) <= len(shape.dims):
        dims = list(shape.dims)
        dims[a], dims[b] = dims[b], dims[a]
        return Layout(Shape(tuple(dims), open=True), lambda axis: _swapped(axis, a, b))
    return Layout(Shape((), open=True), lambda axis: _swapped(axis, a, b))


def _swapped(axis: Axis, a: int, b: int) -> Axis:
    """Of unknown rank: an axis is one of the two for certain only when it is written as they are."""
    if axis == a:
        return b
    if axis == b:
        return a
    if isinstance(axis, int) and (axis < 0) == (a < 0) == (b < 0):
        return axis
    return UNKNOWN_AXIS


def flatten(shape: Shape, start: int, end: int) -> Layout:
    if shape.rank is None:
        return Layout(Shape((None,)), lambda _: UNKNOWN_AXIS) if (start, end) == (0, -1) else LOST
    if shape.rank == 0:
        return Layout(Shape((1,)), lambda _: UNKNOWN_AXIS)
    first, last = start % shape.rank, end % shape.rank
    if first > last:
        return LOST
    dims = (*shape.dims[:first], product(shape.dims[first : last + 1]), *shape.dims[last + 1 :])

    def moved(axis: Axis) -> Axis:
        if not isinstance(axis, int) or axis < first or first == last:
            return axis
        return axis - (last - first) if axis > last else UNKNOWN_AXIS

    return Layout(Shape(dims), moved)


def packed(shape: Shape) -> Layout:
    """The first two axes become one, of which some is left out."""
    if shape.rank is None or shape.rank < 2:
        return Layout(Shape((None,), open=shape.rank is None), lambda _: UNKNOWN_AXIS)
    return Layout(Shape((None, *shape.dims[2:])), flatten(shape, 0, 1).axis)


def expand(shape: Shape, sizes: tuple[Dim, ...] | None) -> Layout:
    if sizes is None:
        return LOST
    dims: list[Dim] = []
    for back, size in enumerate(reversed(sizes), 1):
        dims.append(shape.dims[-back] if size == -1 and back <= len(shape.dims) else None if size == -1 else size)
    added = None if shape.rank is None else len(sizes) - shape.rank
    return Layout(
        Shape(tuple(reversed(dims))),
        lambda axis: (axis + added if added is not None else UNKNOWN_AXIS) if isinstance(axis, int) and axis >= 0 else axis,
    )


def repeat(shape: Shape, times: tuple[Dim, ...] | None) -> Layout:
    if times is None or shape.rank is None or len(times) < shape.rank:
        return LOST
    added = len(times) - shape.rank
    old: tuple[Dim, ...] = (1,) * added + shape.dims
    dims = tuple(size if count == 1 else product((size, count)) for size, count in zip(old, times, strict=True))
    return Layout(Shape(dims), lambda axis: axis + added if isinstance(axis, int) and times[axis + added] == 1 else EACH)
