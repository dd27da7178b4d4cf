"""Several tensors into one: cat, stack, where."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import reduce

from losslint.facts import EACH, NO_RANGE, UNKNOWN_AXIS, Axis, Domain, Facts, Range, covers_domains
from losslint.oneof import ANY, OneOf
from losslint.shapes import Dim, Shape, broadcast
from losslint.static.operand import Operand
from losslint.static.operations.application import Application, is_number
from losslint.static.operations.arithmetic import combined_device, only_numbers, promoted
from losslint.static.operations.axes import ANY_SHAPE, LOST, SOME_AXIS, Layout, move, one_of_shapes, same_axis, shapes_of
from losslint.static.operations.layouts import unsqueeze, with_dim
from losslint.static.operations.results import NDARRAY, TENSOR, any_grad, grad_for, grad_of, loose, merged_steps, step
from losslint.tri import Tri


def joined(app: Application) -> Operand:
    """cat and stack of a list whose members are known; where only their number isn't, two stand for all."""
    listed = app.bound["tensors"]
    tensors = listed.items if listed.member is None else (listed.member, listed.member)
    numpy = app.name.startswith("numpy.")
    kind = NDARRAY if numpy else TENSOR
    if not tensors:
        return Operand(Facts(kind=kind, shape=OneOf.of(SOME_AXIS)))
    if len(tensors) == 1 and tensors[0].items is not None:
        tensors = tensors[0].items
    dim = app.only("dim")
    stacks = bool(app.operation.option("stacks"))
    first = tensors[0].facts
    shape = _joined_shape([each.facts.shape for each in tensors], dim, stacks)
    if listed.member is not None and isinstance(dim, int) and shape.known:
        shape = OneOf(with_dim(one, dim, None) for one in shape)
    if not stacks and any(one.dims == (0,) for each in tensors for one in each.facts.shape):
        shape = ANY  # torch leaves an empty vector out, whatever the rank of the others
    if not shape.known:
        shape = OneOf.of(SOME_AXIS)  # scalars can't be joined, and make a vector when they are stacked
    domain = _joined_domain(tensors, dim, stacks)
    dtype = reduce(lambda a, b: Operand(Facts(dtype=promoted(a, b, numpy), shape=OneOf.of(Shape((None,))))), tensors).facts.dtype
    if any(each.facts.dtype != first.dtype for each in tensors) and any(is_number(each) for each in tensors):
        dtype = ANY
    range_ = reduce(lambda a, b: a.join(b), (each.facts.range for each in tensors))
    return Operand(
        Facts(
            kind=kind,
            domain=domain,
            dtype=dtype,
            shape=shape,
            requires_grad=grad_for(dtype, any_grad(grad_of(each) for each in tensors)),
            device=reduce(lambda a, b: a if a == b else ANY, (each.facts.device for each in tensors)),
            range=loose(range_),
            steps=merged_steps(each.facts for each in tensors),
        )
    )


def in_rows(app: Application) -> Operand:
    """`vstack`: each number or vector is a row, and what has rows already adds them."""
    found = joined(app)
    listed = app.bound["tensors"]
    members = (listed.member,) if listed.member is not None else listed.items or ()
    shapes = [Shape(()) if is_number(one) else one.facts.shape.only for one in members]
    if not members or any(shape is None or shape.rank is None for shape in shapes):
        return Operand(found.facts.with_(shape=OneOf.of(Shape((None, None), open=True)), domain=ANY))
    rows = [Shape((1, *(shape.dims or (1,)))) if len(shape.dims) < 2 else shape for shape in shapes if shape is not None]
    merged = _joined_shape([OneOf.of(shape) for shape in rows], 0, False)
    if listed.member is not None and merged.known:
        merged = OneOf(with_dim(one, 0, None) for one in merged)
    return Operand(found.facts.with_(shape=merged, domain=ANY))


def padded(app: Application) -> Operand:
    """`pad_sequence`: rows of several lengths filled up, the longest one's axis second or first."""
    listed, filler = app.bound["sequences"], app.only("padding_value")
    rows = [each.facts for each in (listed.items or (() if listed.member is None else (listed.member,)))]
    lengths = {shape.only.dim(0) if shape.only is not None else None for shape in (row.shape for row in rows)}
    alike = (len(lengths) == 1 and None not in lengths) or (listed.items is not None and len(rows) == 1)
    number = isinstance(filler, (int, float)) and not isinstance(filler, bool)
    to_the_end = app.only("padding_side") == "right"
    dtypes = reduce(OneOf.join, (row.dtype for row in rows)) if rows else ANY
    facts = Facts(
        kind=TENSOR,
        dtype=dtypes if len(dtypes.values or ()) == 1 else ANY,
        shape=_padded_shape(rows, len(rows) if listed.items is not None else None, lengths, app.only("batch_first")),
        requires_grad=any_grad(row.requires_grad for row in rows) if rows else ANY,
        device=reduce(OneOf.join, (row.device for row in rows)) if rows else ANY,
        padding=OneOf.of(float(filler)) if number and to_the_end and not alike else ANY,
        steps=merged_steps(rows),
    )
    return Operand(step(facts, app.where, f"padded with {filler:g}" if number else "padded"))


def _padded_shape(rows: list[Facts], count: int | None, lengths: set[Dim], batch_first: object) -> OneOf[Shape]:
    shapes = {row.shape.only for row in rows}
    ranks = {shape.rank if shape is not None else None for shape in shapes}
    if len(ranks) != 1 or None in ranks or not isinstance(batch_first, bool):
        return ANY
    numbers = [length for length in lengths if isinstance(length, int)]
    longest = max(numbers) if count is not None and len(numbers) == len(lengths) else None
    rest = {shape.dims[1:] for shape in shapes if shape is not None}
    tail: tuple[Dim, ...] = rest.pop() if len(rest) == 1 else (None,) * len(next(iter(rest)))
    return OneOf.of(Shape(((count, longest) if batch_first else (longest, count)) + tail))


def _layout(shape: Shape, dim: object, stacks: bool) -> Layout:
    if not isinstance(dim, int):
        return LOST
    if stacks:
        return unsqueeze(shape, dim)

    def moved(axis: Axis) -> Axis:  # distributions one after the other are still such once they are viewed apart again
        return axis if axis == EACH or same_axis(axis, dim, shape) is Tri.NO else UNKNOWN_AXIS

    return Layout(shape, moved)


def _joined_domain(tensors: tuple[Operand, ...], dim: object, stacks: bool) -> OneOf[Domain]:
    found: OneOf[Domain] | None = None
    for each in tensors:
        if not each.facts.domain.known:
            return ANY
        moved = OneOf(
            move(one, shape, _layout(shape, dim, stacks)) for one in each.facts.domain for shape in shapes_of(each.facts.shape)
        )
        found = moved if found is None else found.join(moved)
    # values of several meanings side by side mean none of them
    return found if found is not None and len({one.name for one in found}) == 1 and found.only is not None else ANY


def _joined_shape(shapes: list[OneOf[Shape]], dim: object, stacks: bool) -> OneOf[Shape]:
    known = [shape.only for shape in shapes]
    if not isinstance(dim, int):
        return ANY
    ranked = [shape for shape in known if shape is not None and shape.rank is not None]
    if not ranked or len({shape.rank for shape in ranked}) != 1:
        return ANY
    rank = ranked[0].rank or 0
    dims: list[Dim] = []
    for place in range(rank):
        sizes = [shape.dims[place] for shape in ranked]
        dims.append(next((size for size in sizes if isinstance(size, int)), sizes[0]))
    merged = Shape(tuple(dims))
    if stacks:
        merged = unsqueeze(merged, dim).shape
        return one_of_shapes([with_dim(merged, dim, len(shapes))]) if merged.rank is not None else ANY
    if not -rank <= dim < rank:
        return ANY
    along = [shape.dims[dim] for shape in ranked]
    numbers = [size for size in along if isinstance(size, int)]
    total = sum(numbers) if len(numbers) == len(shapes) else None
    return OneOf.of(with_dim(merged, dim, total if len(shapes) > 1 else along[0]))


def where(app: Application) -> Operand | None:
    """`torch.where(mask, a, b)`: either of them, broadcast."""
    a, b, condition = app.operand("input"), app.operand("other"), app.bound["condition"]
    if a is None or b is None:
        return None
    facts = a.facts.join(b.facts)
    if is_number(a) or is_number(b):
        tensor, number = (b, a) if is_number(a) else (a, b)
        kept = tensor.facts.domain if {one.name for one in tensor.facts.domain} == {"logits"} else ANY
        values = only_numbers(number)
        ends = Range(min(values), max(values)) if values else NO_RANGE
        facts = tensor.facts.with_(domain=kept, range=tensor.facts.range.join(ends))
    elif not (covers_domains(a.facts.domain, b.facts.domain) and covers_domains(b.facts.domain, a.facts.domain)):
        facts = facts.with_(domain=ANY)
    elif any(one.name in ("probs", "log_probs", "one_hot") for one in facts.domain):
        facts = facts.with_(domain=OneOf(replace(one, axis=UNKNOWN_AXIS) for one in facts.domain))
    dtype = promoted(a, b, app.name.startswith("numpy.")) if not (is_number(a) and is_number(b)) else ANY
    shapes: list[Shape] = []
    for x in shapes_of(a.facts.shape if not is_number(a) else OneOf.of(Shape(()))):
        for y in shapes_of(b.facts.shape if not is_number(b) else OneOf.of(Shape(()))):
            for z in shapes_of(condition.facts.shape):
                first = broadcast(x, y)
                shapes.append((broadcast(first, z) if first is not None else None) or ANY_SHAPE)
    # `torch.where(scores.argmax(1) == y, right, wrong)` was cut off where the condition was.
    cut = [condition.facts] if any(step.cuts for step in condition.facts.steps) else []
    return Operand(
        facts.with_(
            kind=NDARRAY if app.name.startswith("numpy.") else TENSOR,
            dtype=dtype,
            shape=one_of_shapes(shapes),
            requires_grad=grad_for(dtype, any_grad((grad_of(a), grad_of(b)))),
            device=combined_device(a, b),
            range=loose(facts.range),
            steps=merged_steps((*cut, a.facts, b.facts)),
        )
    )


TRANSFERS: dict[str, Callable[[Application], Operand | None]] = {
    "joined": joined,
    "in_rows": in_rows,
    "padded": padded,
    "where": where,
}
