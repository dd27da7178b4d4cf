"""Operations that take values along axes together: sums, means, extremes, positions of extremes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from losslint.facts import EACH, INTS, NO_RANGE, UNKNOWN_AXIS, Axis, Domain, Facts, Range
from losslint.oneof import ANY, OneOf
from losslint.shapes import Shape
from losslint.static.operand import Operand
from losslint.static.operations.application import Application
from losslint.static.operations.arithmetic import binary
from losslint.static.operations.axes import ANY_SHAPE, Layout, domain, normal_axis, one_of_shapes, rearranged, shapes_of
from losslint.static.operations.dtypes import as_float
from losslint.static.operations.elementwise import changed_dtype, is_integral, result_kind
from losslint.static.operations.knowledge import operations
from losslint.static.operations.layouts import removed, with_dim, without
from losslint.static.operations.results import NO_GRAD, grad_for, grad_of, loose, step
from losslint.tri import Tri

Dims = tuple[int, ...]


def reduced(shape: Shape, dims: Dims | None, keep: bool) -> Layout:
    """The layout without the axes `dims`, all of them for None."""
    if dims is None:
        if not keep:
            return Layout(Shape(()), lambda _: EACH)
        return Layout(Shape((1,) * len(shape.dims), shape.open), lambda _: EACH)
    if shape.rank is not None:
        places = sorted((normal_axis(dim, shape) for dim in dims), key=str, reverse=True)
        if not all(isinstance(place, int) for place in places):
            return Layout(ANY_SHAPE, lambda _: UNKNOWN_AXIS)
    elif len(dims) > 1:
        return Layout(ANY_SHAPE, lambda _: UNKNOWN_AXIS)
    else:
        places = list(dims)
    taken = [place for place in places if isinstance(place, int)]
    result = shape
    for place in taken:
        result = with_dim(result, place, 1) if keep else without(result, place)

    def moved(axis: Axis) -> Axis:
        for place in taken:
            after = removed(axis, place, shape)
            if after in (EACH, UNKNOWN_AXIS):
                return after
            if not keep:
                axis = after
        return axis

    return Layout(result, moved)


def reduced_facts(app: Application) -> Facts:
    """Shape and domain after the axes `dim` are gone; domains other than those along an axis stay."""
    source = app.input.facts
    dims, keep = app.dims("dim"), app.constant("keepdim")
    if dims.values is None or keep.values is None:
        return rearranged(source, lambda _: Layout(ANY_SHAPE, lambda _: UNKNOWN_AXIS))
    results = [
        rearranged(source, lambda shape, places=places, kept=kept: reduced(shape, places, bool(kept)))  # type: ignore[misc]
        for places in dims.values
        for kept in keep.values
    ]
    facts = results[0]
    for other in results[1:]:
        facts = facts.join(other)
    return facts


def reduction(app: Application) -> Operand:
    """Option `how`: sum, mean, extreme, product, any, all, count, real, or another that forgets."""
    how = app.operation.option("how")
    source, facts = app.input.facts, reduced_facts(app)
    dtype = changed_dtype(app, source.dtype)
    if not app.given("dtype"):
        dtype = reduced_dtype(how, source.dtype, app.name.startswith(("numpy.", "ndarray.")))
    everything = app.dims("dim").only is None and app.dims("dim").known
    facts = facts.with_(
        kind=reduced_kind(app, facts),
        dtype=dtype,
        domain=reduced_domain(how, source.domain, facts.domain, everything),
        range=reduced_range(how, source.range),
        requires_grad=grad_for(dtype, grad_of(app.input)),
    )
    if how in ("any", "all", "count"):
        carried = grad_of(app.input).is_(True)
        facts = step(facts.with_(requires_grad=NO_GRAD), app.where, app.operation.name, carried is not Tri.NO, carried)
    if note := app.operation.option("note"):
        facts = step(facts, app.where, note)
    return Operand(facts)


def reduced_kind(app: Application, facts: Facts) -> OneOf[str]:
    kind = result_kind(app)
    if kind.only != "ndarray" or app.only("keepdim") is True:
        return kind
    ranks = {shape.rank for shape in shapes_of(facts.shape)}
    return OneOf.of("number") if ranks == {0} else kind if not ranks & {0, None} else OneOf.of("number", "ndarray")


def reduced_dtype(how: str, dtype: OneOf[str], numpy: bool) -> OneOf[str]:
    if how in ("any", "all"):
        return (
            dtype.map(lambda name: "uint8" if name == "uint8" and not numpy else "bool")
            if dtype.known
            else OneOf.of("bool", "uint8")
        )
    if how == "count":
        return OneOf.of("int64")
    if dtype.values is None:
        return ANY
    if how in ("sum", "product"):
        if numpy:
            return (
                OneOf("int64" if name in INTS - {"uint8"} | {"bool"} else name for name in dtype.values)
                if "uint8" not in dtype.values
                else ANY
            )
        return OneOf("int64" if name in INTS | {"bool"} else name for name in dtype.values)
    if how in ("mean", "real"):
        return OneOf("float64" if numpy and name in INTS | {"bool"} else as_float(name) for name in dtype.values)
    return dtype


def reduced_domain(how: str, source: OneOf[Domain], after: OneOf[Domain], everything: bool) -> OneOf[Domain]:
    if how in ("any", "all"):
        return domain("zero_one")
    if source.values is None or after.values is None:
        return ANY
    names = {each.name for each in source.values}
    if everything and names <= {"logits"}:
        return ANY
    if how in ("sum", "mean", "extreme", "real") and names == {"logits"}:
        return domain("logits") if how != "real" else ANY
    if how == "mean" and names == {"probs"}:
        return after.map(lambda one: replace(one, mixed=True))
    if how == "extreme" and names <= {"probs", "log_probs"}:
        return OneOf(Domain(name, EACH) for name in names)
    if how == "extreme" and names <= {"class_index", "zero_one", "signs", "rectified", "rate"}:
        return after
    return ANY


def reduced_range(how: str, source: Range) -> Range:
    if how in ("any", "all"):
        return Range(0.0, 1.0)
    return loose(source) if how in ("mean", "extreme") else NO_RANGE


def arg_extreme(app: Application) -> Operand:
    """argmax, argmin: class ids, out of the graph."""
    return Operand(index_facts(app, reduced_facts(app), note_of(app)))


def note_of(app: Application) -> str:
    dim = app.only("dim")
    return f"{app.operation.name} over dim {dim}" if isinstance(dim, int) else app.operation.name


def index_facts(app: Application, facts: Facts, note: str) -> Facts:
    named = app.constant("dim").only is not None or not app.constant("dim").known
    found = facts.with_(
        kind=reduced_kind(app, facts),
        dtype=OneOf.of("int64"),
        domain=domain("class_index") if named else ANY,
        range=Range(0.0),
        requires_grad=NO_GRAD,
    )
    return step(found, app.where, note, cuts=True, aside=grad_of(app.input).is_(True) | Tri.MAYBE)


def pair(app: Application, values: Facts, indices: Facts) -> Operand:
    return Operand(Facts(kind=OneOf.of("tuple")), items=(Operand(values), Operand(indices)), fields={"values": 0, "indices": 1})


def extreme(app: Application) -> Operand | None:
    """max, min: of everything a tensor, along an axis values and indices, with another tensor elementwise."""
    if app.name.startswith(("numpy.", "ndarray.")):
        return reduction(app)
    dim = app.operand("dim")
    other = dim if dim is not None and dim.facts.kind.only == "tensor" else app.operand("other")
    if other is not None:
        return binary(replace(app, operation=operations()["torch.maximum"], bound={"input": app.input, "other": other}))
    if dim is None or dim.value.only is None:
        if dim is None or (dim.value.known and dim.value.only is None and None in dim.value):
            return reduction(app)
        return None if dim.value.known else Operand()
    if not isinstance(dim.value.only, int):
        return Operand()
    values = reduction(app).facts
    if is_integral(values.dtype):
        values = values.with_(requires_grad=NO_GRAD)
    return pair(app, values, index_facts(app, reduced_facts(app), f"indices of {app.operation.name} over dim {dim.value.only}"))


def ordered(app: Application) -> Operand:
    """sort, topk: values and indices of the same rank."""
    source = app.input.facts
    dim = app.only("dim")
    k = app.only("k")
    shapes = [ANY_SHAPE if not isinstance(dim, int) else shape for shape in shapes_of(source.shape)]
    if app.operation.name == "topk" and isinstance(dim, int):
        shapes = [with_dim(shape, dim, k if isinstance(k, int) else None) for shape in shapes]
    names = {each.name for each in source.domain}
    kept = source.domain if source.domain.known and names <= {"logits", "rectified", "rate", "zero_one", "class_index"} else ANY
    if names and names <= {"probs", "log_probs"}:
        kept = OneOf(Domain(name, EACH) for name in names)
    values = source.with_(
        kind=result_kind(app),
        shape=one_of_shapes(shapes),
        domain=kept,
        range=loose(source.range),
        requires_grad=grad_of(app.input),
    )
    return pair(app, values, index_facts(app, values, f"indices of {app.operation.name}"))


TRANSFERS: dict[str, Callable[[Application], Operand | None]] = {
    "reduction": reduction,
    "arg_extreme": arg_extreme,
    "extreme": extreme,
    "ordered": ordered,
}
