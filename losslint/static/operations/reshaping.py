"""Operations that change the shape and keep the numbers."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product

from losslint.facts import Domain, Facts
from losslint.oneof import ANY, OneOf
from losslint.shapes import Shape
from losslint.static.operand import UNKNOWN_OPERAND, Operand
from losslint.static.operations import layouts, patterns
from losslint.static.operations.application import Application
from losslint.static.operations.axes import LOST, Layout, move, one_of_shapes, rearranged, shapes_of
from losslint.static.operations.elementwise import result_kind
from losslint.static.operations.results import NO_GRAD, TENSOR, grad_of, loose, step


def laid_out(app: Application, change: Callable[[Shape], Layout], note: str = "") -> Operand:
    return noted(app, rearranged(app.input.facts, change), note)


def noted(app: Application, facts: Facts, note: str) -> Operand:
    facts = facts.with_(kind=result_kind(app), requires_grad=grad_of(app.input), range=loose(facts.range))
    return Operand(step(facts, app.where, note) if note else facts)


def choices(app: Application, changes: list[Callable[[Shape], tuple[Layout, ...]]], note: str = "") -> Operand:
    """The facts where one of several changes is made."""
    source = app.input.facts
    shapes: list[Shape] = []
    domains: set[Domain] = set()
    for shape, change in product(shapes_of(source.shape), changes):
        for layout in change(shape):
            shapes.append(layout.shape)
            domains.update(move(domain, shape, layout) for domain in source.domain)
    domain = OneOf(domains) if source.domain.known else ANY
    return noted(app, source.with_(shape=one_of_shapes(shapes), domain=domain), note)


def view(app: Application) -> Operand:
    if not app.rest and not app.given("size"):
        return laid_out(app, lambda _: LOST)
    if app.rest and len(app.rest) == 1 and app.rest[0].facts.kind.only == "other":
        return Operand(app.input.facts.with_(dtype=ANY, domain=ANY, shape=ANY))  # `view(torch.int32)`
    sizes = app.sizes("size")
    return laid_out(app, lambda shape: layouts.view(shape, sizes), "reshaped")


def view_as(app: Application) -> Operand:
    other = app.operand("other")
    target = other.facts.shape.only if other else None
    sizes = target.dims if target is not None and not target.open else None
    if app.operation.option("expands"):
        return laid_out(app, lambda shape: layouts.expand(shape, sizes))
    return laid_out(app, lambda shape: layouts.view(shape, sizes), "reshaped")


def flatten(app: Application) -> Operand:
    start, end = app.only("start_dim"), app.only("end_dim")
    if not isinstance(start, int) or not isinstance(end, int):
        return laid_out(app, lambda _: LOST)
    return laid_out(app, lambda shape: layouts.flatten(shape, start, end), "flattened")


def packed(app: Application) -> Operand:
    """`pack_padded_sequence`: the steps of all sequences one after the other, without the padding."""
    laid = laid_out(app, layouts.packed, "packed")
    data = Operand(laid.facts.with_(padding=ANY))
    sizes = Operand(Facts(kind=TENSOR, dtype=OneOf.of("int64"), shape=OneOf.of(Shape((None,))), requires_grad=NO_GRAD))
    return Operand(
        Facts(kind=OneOf.of("tuple")),
        items=(data, sizes, UNKNOWN_OPERAND, UNKNOWN_OPERAND),
        fields={"data": 0, "batch_sizes": 1, "sorted_indices": 2, "unsorted_indices": 3},
    )


def squeeze(app: Application) -> Operand:
    dims = app.dims("dim")
    if dims.values is None:
        return laid_out(app, lambda _: LOST, "squeezed")

    def change(places: tuple[int, ...] | None) -> Callable[[Shape], tuple[Layout, ...]]:
        return lambda shape: layouts.squeezes(shape, places)

    return choices(app, [change(places) for places in dims.values], "squeezed")


def unsqueeze(app: Application) -> Operand:
    dim = app.only("dim")
    if not isinstance(dim, int):
        return laid_out(app, lambda _: LOST, "unsqueezed")
    return laid_out(app, lambda shape: layouts.unsqueeze(shape, dim), "unsqueezed")


def transpose(app: Application) -> Operand:
    a, b = app.only("dim0"), app.only("dim1")
    if not isinstance(a, int) or not isinstance(b, int):
        return laid_out(app, lambda _: LOST, "transposed")
    return laid_out(app, lambda shape: layouts.transpose(shape, a, b), "transposed")


def swapped(app: Application) -> Operand:
    """`x.t()`, `x.T`, `x.mT`: the last two axes."""
    return laid_out(app, turned, "transposed")


def turned(shape: Shape) -> Layout:
    if shape.rank is None:
        return LOST
    return layouts.permute(shape, tuple(reversed(range(shape.rank))))


def permute(app: Application) -> Operand:
    orders = app.axes("dims")
    if orders.only is None:
        return laid_out(app, lambda _: LOST, "permuted")
    order = orders.only
    return laid_out(app, lambda shape: layouts.permute(shape, order), "permuted")


def movedim(app: Application) -> Operand:
    source, target = app.only("source"), app.only("destination")
    if not isinstance(source, int) or not isinstance(target, int):
        return laid_out(app, lambda _: LOST, "permuted")

    def change(shape: Shape) -> Layout:
        if shape.rank is None or not (-shape.rank <= source < shape.rank and -shape.rank <= target < shape.rank):
            return LOST
        order = [place for place in range(shape.rank) if place != source % shape.rank]
        order.insert(target % shape.rank, source % shape.rank)
        return layouts.permute(shape, tuple(order))

    return laid_out(app, change, "permuted")


def expand(app: Application) -> Operand:
    sizes = app.sizes("size")
    return laid_out(app, lambda shape: layouts.expand(shape, sizes))


def repeat(app: Application) -> Operand:
    times = app.sizes("size")
    return laid_out(app, lambda shape: layouts.repeat(shape, times))


def named_axes(app: Application) -> Operand:
    """`einops.rearrange`, `einops.repeat`."""
    pattern = app.constant("pattern").only
    return laid_out(app, lambda shape: patterns.rearranged(shape, pattern), "rearranged")


TRANSFERS: dict[str, Callable[[Application], Operand | None]] = {
    "view": view,
    "view_as": view_as,
    "flatten": flatten,
    "packed": packed,
    "squeeze": squeeze,
    "unsqueeze": unsqueeze,
    "transpose": transpose,
    "swapped": swapped,
    "permute": permute,
    "movedim": movedim,
    "expand": expand,
    "repeat": repeat,
    "named_axes": named_axes,
}
