"""Taking parts: subscripts, chunks, rows by index, masks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from losslint.facts import EACH, INTS, UNKNOWN_AXIS, Axis, Facts
from losslint.oneof import ANY, OneOf
from losslint.shapes import Dim, Shape
from losslint.static.operand import AT_FIRST, Operand
from losslint.static.operations.application import Application, is_int, is_number
from losslint.static.operations.axes import ANY_SHAPE, LOST, Layout, rearranged, same_axis
from losslint.static.operations.elementwise import result_kind
from losslint.static.operations.layouts import select, with_dim
from losslint.static.operations.results import any_grad, grad_of, loose, step
from losslint.tri import Tri


def getitem(app: Application) -> Operand | None:
    """`x[...]` of a tensor or an array; of a tuple, the member that a constant names."""
    source, index = app.input, app.bound["index"]
    if source.items is not None and source.tag != "slice":
        return member(source, index)
    if source.facts.kind.only not in ("tensor", "ndarray"):
        return None
    if source.tag == AT_FIRST and index.value.only == 0:
        return Operand(source.facts)
    indices = list(index.items) if index.items is not None and index.facts.kind.only == "tuple" else [index]
    facts = rearranged(source.facts, lambda shape: indexed(shape, indices))
    kind = source.facts.kind
    if kind.only == "ndarray" and (not facts.shape.known or any(shape.rank in (0, None) for shape in facts.shape)):
        kind = OneOf.of("ndarray", "number")
    facts = facts.with_(kind=kind, range=loose(facts.range), requires_grad=grad_of(source))
    if not all(_to_the_end(each) for each in indices):
        facts = facts.with_(padding=ANY)
    if facts.shape != source.facts.shape and any(is_number(each) for each in indices):
        facts = step(facts, app.where, "indexed")
    return Operand(facts)


def _to_the_end(index: Operand) -> bool:
    """Whether it takes every row to its end: `[:, 1:]`, `[..., None]`."""
    if index.tag == "slice":
        return all(part.value.known and part.value.only is None for part in (index.items or ())[1:])
    return index.value.known and index.value.only in (None, Ellipsis)


def member(source: Operand, index: Operand) -> Operand | None:
    place = index.value.only
    items = source.items or ()
    if is_int(place) and isinstance(place, int) and -len(items) <= place < len(items):
        return items[place]
    return None


def indexed(shape: Shape, indices: list[Operand]) -> Layout:
    """Each index takes the next axis: ints drop it, slices keep it, None adds one, a list or tensor of ints replaces it."""
    dims: list[Dim] = list(shape.dims)
    used = sum(1 for each in indices if takes_axis(each))
    advanced = [each for each in indices if is_advanced(each)]
    if any(unclear(each) for each in indices) or len(advanced) > 1:
        return LOST
    dots = sum(1 for each in indices if each.value.only is Ellipsis)
    if shape.rank is None:
        return _indexed_open(shape, indices, used, dots)
    if used > len(dims) or dots > 1:
        return LOST
    new: list[Dim] = []
    places: dict[int, Axis] = {}
    axis = 0
    for each in indices if dots else [*indices, Operand(value=OneOf.of(Ellipsis))]:
        if each.value.only is Ellipsis:
            for _ in range(len(dims) - used):
                places[axis] = len(new)
                new.append(dims[axis])
                axis += 1
        elif each.value.only is None and each.value.known:
            new.append(1)
        elif is_number(each):
            places[axis] = EACH
            axis += 1
        elif is_advanced(each):
            picked = index_dims(each)
            if picked is None:
                return LOST
            places[axis] = EACH
            new.extend(picked)
            axis += 1
        else:
            whole = (sliced(dims[axis], each) == dims[axis] and dims[axis] is not None) or is_full(each)
            places[axis] = len(new) if whole else EACH
            new.append(sliced(dims[axis], each))
            axis += 1
    return Layout(Shape(tuple(new)), lambda old: places.get(old, UNKNOWN_AXIS) if isinstance(old, int) else old)


def _indexed_open(shape: Shape, indices: list[Operand], used: int, dots: int) -> Layout:
    """Of unknown rank: `x[..., i]`, `x[..., None]` and full slices are followed, the rest isn't."""
    if dots and indices[0].value.only is Ellipsis and len(indices) == 2 and is_number(indices[1]):
        return select(shape, -1)
    if all(is_full(each) for each in indices):
        return Layout(shape, lambda axis: axis)
    if len(indices) == 1 and not is_number(indices[0]) and not is_advanced(indices[0]) and takes_axis(indices[0]):
        # a slice of the first axis: it may be the one axis that is known
        return Layout(ANY_SHAPE, lambda axis: EACH if axis == 0 else UNKNOWN_AXIS if axis == -1 else axis)
    if len(indices) == 1 and is_number(indices[0]) and indices[0].value.known:
        return Layout(
            ANY_SHAPE, lambda axis: axis - 1 if isinstance(axis, int) and axis > 0 else EACH if axis == 0 else UNKNOWN_AXIS
        )
    return LOST


def is_full(index: Operand) -> bool:
    return index.tag == "slice" and all(part.value.known and part.value.only is None for part in index.items or ())


def is_mask(index: Operand) -> bool:
    return index.facts.dtype.only == "bool"


def is_advanced(index: Operand) -> bool:
    return index.facts.kind.only in ("tensor", "ndarray", "list") and index.tag != "slice"


def takes_axis(index: Operand) -> bool:
    return not (index.value.only is Ellipsis or (index.value.known and index.value.only is None))


def unclear(index: Operand) -> bool:
    if index.tag == "slice" or index.value.only is Ellipsis or (index.value.known and index.value.only is None):
        return False
    if is_number(index):
        return index.facts.kind.only == "bool" or any(isinstance(value, bool) for value in index.value)
    return not is_advanced(index) or index_dims(index) is None


def index_dims(index: Operand) -> tuple[Dim, ...] | None:
    """The dims that a list or tensor of indices puts in place of the axis; None when they aren't known."""
    if index.items is not None:
        return (len(index.items),) if all(is_number(item) for item in index.items) else None
    shape = index.facts.shape.only
    if shape is None or shape.rank is None or not index.facts.dtype.known:
        return None
    if is_mask(index):
        return (None,) if shape.rank == 1 else None
    return shape.dims if (index.facts.dtype.values or frozenset()) <= INTS - {"uint8"} else None


ONE: Final[list[list[Any]]] = [[None, 1, None], [0, 1, None], [-1, None, None]]
"""Slices that leave one, however many there were, as long as there were any: `x[:1]`, `x[-1:]`."""


def sliced(dim: Dim, index: Operand) -> Dim:
    parts = [part.value.only if part.value.known else "?" for part in index.items or ()]
    if parts == [None, None, None]:
        return dim
    if len(parts) != 3 or not all(part is None or is_int(part) for part in parts) or parts[2] == 0:
        return None
    if not isinstance(dim, int):
        return 1 if parts in ONE else None
    return len(range(*slice(*parts).indices(dim))) if dim >= 0 else None  # what torch refuses


def picked(app: Application) -> Operand:
    """index_select, gather, take_along_dim, narrow: another size along `dim`."""
    dim, index = app.only("dim"), app.operand("index")
    gathers = bool(app.operation.option("gathers"))
    if not is_int(dim):
        facts = rearranged(app.input.facts, lambda _: LOST)
    else:
        found = index.facts.shape.only if index is not None else None
        one: Dim = found.dims[0] if found is not None and found.rank == 1 else None

        def change(shape: Shape) -> Layout:
            if gathers:
                target = found if found is not None else ANY_SHAPE
                return Layout(target, lambda axis: EACH)
            return Layout(
                with_dim(shape, dim, length(app) if app.given("length") else one),
                lambda axis: _unless(axis, dim, shape),
            )

        facts = rearranged(app.input.facts, change)
    grad = grad_of(app.input)
    return Operand(facts.with_(kind=result_kind(app), requires_grad=grad, range=loose(facts.range)))


def length(app: Application) -> Dim:
    only = app.only("length")
    return int(only) if isinstance(only, int) else None


def _unless(axis: Axis, dim: int, shape: Shape) -> Axis:
    same = same_axis(axis, dim, shape)
    return EACH if same is Tri.YES else axis if same is Tri.NO else UNKNOWN_AXIS


def select_one(app: Application) -> Operand:
    dim = app.only("dim")
    facts = rearranged(app.input.facts, lambda shape: select(shape, dim) if is_int(dim) else LOST)
    return Operand(facts.with_(kind=result_kind(app), requires_grad=grad_of(app.input), range=loose(facts.range)))


def masked_select(app: Application) -> Operand:
    facts = rearranged(app.input.facts, lambda _: Layout(Shape((None,)), lambda _: EACH))
    return Operand(facts.with_(kind=result_kind(app), requires_grad=grad_of(app.input), range=loose(facts.range)))


def masked_fill(app: Application) -> Operand:
    """Logits with some of them minus infinity stay logits."""
    source = app.input.facts
    kept = source.domain if source.domain.known and {each.name for each in source.domain} <= {"logits"} else OneOf()
    facts = source.with_(domain=kept, range=Facts().range, shape=OneOf(), kind=result_kind(app), requires_grad=grad_of(app.input))
    mask = app.operand("mask")
    if app.name.endswith("_") or (mask is not None and mask.facts.shape == source.shape):
        facts = facts.with_(shape=source.shape)
    return Operand(facts)


def parts(app: Application) -> Operand:
    """chunk, split, unbind: a tuple."""
    dim = app.only("dim")
    how = app.operation.name
    grad = grad_of(app.input)
    if not is_int(dim):
        return Operand(Facts(kind=OneOf.of("tuple")))
    if how == "unbind":
        one = rearranged(app.input.facts, lambda shape: select(shape, dim))
        sizes = {shape.dim(dim) for shape in app.input.facts.shape}
        count = sizes.pop() if len(sizes) == 1 else None
        each = Operand(one.with_(requires_grad=any_grad((grad,)), range=loose(one.range), kind=result_kind(app)))
        if not isinstance(count, int):
            return Operand(Facts(kind=OneOf.of("tuple")), member=each)
        return Operand(Facts(kind=OneOf.of("tuple")), items=(each,) * count)
    shape = app.input.facts.shape.only
    total = shape.dim(dim) if shape is not None else None

    def part(size: Dim) -> Operand:
        facts = rearranged(app.input.facts, lambda old: Layout(with_dim(old, dim, size), lambda axis: _unless(axis, dim, old)))
        return Operand(facts.with_(requires_grad=grad, range=loose(facts.range), kind=result_kind(app)))

    lengths = part_lengths(app, how, total)
    if lengths is None:  # of how many isn't known
        return Operand(Facts(kind=OneOf.of("tuple")), member=part(None))
    return Operand(Facts(kind=OneOf.of("tuple")), items=tuple(map(part, lengths)))


def part_lengths(app: Application, how: str, total: Dim) -> list[Dim] | None:
    given = app.operand("count")
    if given is not None and given.items is not None:
        return [int(item.value.only) if is_int(item.value.only) else None for item in given.items]  # type: ignore[arg-type]
    count = app.only("count")
    if not is_int(count) or count < 1:
        return None
    if not isinstance(total, int):
        return None
    size = -(-total // count) if how == "chunk" else count
    return [min(size, total - start) for start in range(0, total, size)] if total else None


TRANSFERS: dict[str, Callable[[Application], Operand | None]] = {
    "getitem": getitem,
    "picked": picked,
    "select": select_one,
    "masked_select": masked_select,
    "masked_fill": masked_fill,
    "parts": parts,
}
