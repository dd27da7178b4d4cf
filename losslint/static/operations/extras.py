"""Operations that fit no other file: clamping, resizing, permutations, lookups."""

from __future__ import annotations

from collections.abc import Callable

from losslint.facts import EACH, NO_RANGE, UNKNOWN_AXIS, Domain, Facts, Kind, Range
from losslint.oneof import ANY, OneOf
from losslint.shapes import Dim, Shape
from losslint.static.operand import Operand
from losslint.static.operations.application import Application, is_int, is_number, size
from losslint.static.operations.axes import ANY_SHAPE, Layout, domain, one_of_shapes, pooled, rearranged, shapes_of
from losslint.static.operations.creation import CPU, kind_of, wanted_device, wanted_dtype, wanted_grad
from losslint.static.operations.elementwise import result_kind
from losslint.static.operations.layouts import with_dim
from losslint.static.operations.results import NO_GRAD, any_grad, grad_of, loose, step
from losslint.tri import Tri


def clamp(app: Application) -> Operand:
    """Probabilities stay probabilities between bounds such as 1e-7 and 1 - 1e-7; logits from 0 up are rectified."""
    source = app.input.facts
    low, high = app.only("min"), app.only("max")
    low = float(low) if isinstance(low, (int, float)) else None
    high = float(high) if isinstance(high, (int, float)) else None
    kept = source.domain
    names = {each.name for each in source.domain}
    if names == {"logits"}:
        if low is not None and low >= 0:
            kept = domain("rectified")
    elif (
        not names <= {"probs", "class_index", "zero_one", "rectified"}
        or (low or 0.0) > 1e-2
        or (high is not None and high < 0.98)
    ):
        kept = ANY
    bounds = source.range
    if (app.given("min") and low is not None) or (app.given("max") and high is not None):
        bounds = Range(
            max(bounds.low, low) if low is not None else bounds.low, min(bounds.high, high) if high is not None else bounds.high
        )
        if bounds.low > bounds.high:
            bounds = NO_RANGE
    if any(app.given(name) and app.only(name) is None and not app.constant(name).known for name in ("min", "max")):
        bounds, kept = NO_RANGE, kept if names == {"logits"} else ANY
    whole = source.dtype.known and all(dtype.startswith(("float", "bfloat")) for dtype in source.dtype)
    dtype = source.dtype if whole or all(is_int(app.only(name)) or not app.given(name) for name in ("min", "max")) else ANY
    facts = source.with_(kind=result_kind(app), domain=kept, range=loose(bounds), dtype=dtype, requires_grad=grad_of(app.input))
    return Operand(step(facts, app.where, "clamped") if kept != source.domain else facts)


def resized(app: Application) -> Operand:
    """interpolate and pooling: batch and channels stay; what was normalised over the channels stays so roughly."""
    source = app.input.facts
    shapes = []
    for shape in shapes_of(source.shape):
        if shape.rank is None or shape.rank < 3:
            shapes.append(ANY_SHAPE)
        elif "pool" in app.name:
            space = int(app.name[-2])
            kept = shape.rank - space
            shapes.append(Shape((*shape.dims[:kept], *pooled_to(app, shape, space))) if kept >= 1 else ANY_SHAPE)
        else:
            shapes.append(Shape((*shape.dims[:2], *sizes_after(app, shape.rank - 2))))
    keeps = "max_pool" not in app.name or all(each.name == "logits" for each in source.domain)
    if app.given("return_indices") and app.only("return_indices") is not False:
        return Operand()
    padded = "pool" in app.name and (app.given("padding") or len(app.rest or ()) > 2)
    kept_domain = source.domain if keeps else ANY
    if "avg_pool" in app.name:
        kept_domain = pooled(kept_domain)
    if padded and kept_domain.known:
        kept_domain = kept_domain.map(lambda each: Domain(each.name, EACH) if each.name == "probs" else each)
    overshoots = "pool" not in app.name and app.only("mode") == "bicubic"
    if overshoots and not all(each.name == "logits" for each in source.domain):
        kept_domain = ANY
    return Operand(
        source.with_(
            kind=result_kind(app),
            shape=ANY if ANY_SHAPE in shapes else OneOf(shapes),
            domain=kept_domain,
            range=NO_RANGE if overshoots or padded else loose(source.range),
            requires_grad=grad_of(app.input),
        )
    )


def pooled_to(app: Application, shape: Shape, space: int) -> tuple[Dim, ...]:
    """The sizes that adaptive pooling is asked for, where None keeps one; those that other pooling leaves aren't worked out."""
    wanted = app.operand("output_size") or next(iter(app.rest or ()), None)
    if "adaptive" not in app.name or wanted is None:
        return (None,) * space
    each = wanted.items if wanted.items is not None else (wanted,) * space
    if len(each) != space:
        return (None,) * space
    old = shape.dims[len(shape.dims) - space :]
    return tuple(before if one.facts.kind.only == "none" else size(one) for before, one in zip(old, each, strict=True))


def triangle(app: Application) -> Operand:
    """Zeros beside a diagonal."""
    source = app.input.facts
    domain = source.domain if all(each.name in ("logits", "zero_one") for each in source.domain) else ANY
    bounds = Range(min(source.range.low, 0.0), max(source.range.high, 0.0))
    return Operand(source.with_(kind=result_kind(app), domain=domain, range=bounds, requires_grad=grad_of(app.input)))


def bordered(app: Application) -> Operand:
    """`F.pad`: the rank stays; scores stay scores."""
    source = app.input.facts
    sides = app.operand("pad")
    count = len(sides.items) // 2 if sides is not None and sides.items is not None else None
    shapes = []
    for shape in shapes_of(source.shape):
        kept = 0 if count is None or shape.open else len(shape.dims) - count
        shapes.append(ANY_SHAPE if shape.open or kept < 0 else Shape((*shape.dims[:kept], *(None,) * (len(shape.dims) - kept))))
    domain = source.domain if all(each.name == "logits" for each in source.domain) else ANY
    facts = source.with_(
        kind=result_kind(app), domain=domain, range=NO_RANGE, requires_grad=grad_of(app.input), shape=one_of_shapes(shapes)
    )
    return Operand(facts)


def interleaved(app: Application) -> Operand:
    """Members repeated along an axis, in a row where no axis is named."""
    dim = app.only("dim")
    named = is_int(dim)
    if not named and (not app.constant("dim").known or None not in app.constant("dim")):
        return Operand(app.input.facts.with_(domain=ANY, shape=ANY, range=loose(app.input.facts.range)))

    def change(shape: Shape) -> Layout:
        made = with_dim(shape, int(dim), None) if named else Shape((None,))
        if not named or shape.rank is None:
            return Layout(made, lambda _: UNKNOWN_AXIS)
        place = int(dim) % shape.rank if shape.rank else 0
        return Layout(made, lambda axis: EACH if axis == place else axis)

    facts = rearranged(app.input.facts, change)
    return Operand(facts.with_(kind=result_kind(app), range=loose(facts.range), requires_grad=grad_of(app.input)))


def sizes_after(app: Application, space: int) -> tuple[Dim, ...]:
    sizes = app.sizes("size") if app.given("size") else None
    if sizes is None:
        return (None,) * space
    return sizes * space if len(sizes) == 1 else sizes if len(sizes) == space else (None,) * space


def reordered(app: Application) -> Operand:
    source = app.input.facts
    return Operand(source.with_(kind=result_kind(app), requires_grad=grad_of(app.input)))


def same(app: Application) -> Operand:
    return app.input


def linspace(app: Application) -> Operand:
    steps = app.only("steps")
    ends = [app.only(name) for name in ("start", "end")]
    known = all(isinstance(end, (int, float)) for end in ends)
    numpy = app.name.startswith("numpy.")
    return Operand(
        Facts(
            kind=kind_of(app),
            dtype=wanted_dtype(app, OneOf.of("float64" if numpy else "float32")),
            shape=OneOf.of(Shape((steps if is_int(steps) else 50 if numpy and not app.given("steps") else None,))),
            requires_grad=wanted_grad(app),
            device=wanted_device(app, CPU),
            range=Range(min(map(float, ends)), max(map(float, ends))) if known else NO_RANGE,
        )
    )


def randperm(app: Application) -> Operand:
    n = app.only("n")
    if not is_int(n):
        return Operand(Facts(kind=kind_of(app), requires_grad=NO_GRAD))
    return Operand(
        Facts(
            kind=kind_of(app),
            dtype=OneOf.of("int64"),
            shape=OneOf.of(Shape((n,))),
            requires_grad=NO_GRAD,
            range=Range(0.0, max(0.0, n - 1.0)),
        )
    )


def numpy_randint(app: Application) -> Operand:
    low, high = app.only("low"), app.only("high")
    if not app.given("high") or high is None:
        low, high = 0, low
    sizes = app.sizes("size") if app.given("size") else ()
    scalar = sizes == ()
    return Operand(
        Facts(
            kind=OneOf.of("number") if scalar else OneOf.of("ndarray"),
            dtype=wanted_dtype(app, OneOf.of("int64")),
            shape=ANY if sizes is None else OneOf.of(Shape(sizes)),
            requires_grad=NO_GRAD,
            range=Range(float(low), float(high) - 1) if is_int(low) and is_int(high) and high > low else NO_RANGE,
        )
    )


def numpy_choice(app: Application) -> Operand | None:
    """`choice(10, 4)` picks of the numbers below 10, `choice(array, 4)` of the array's rows; without a size, one."""
    picked = app.bound["a"]
    sizes = app.sizes("size") if app.given("size") and app.constant("size") != OneOf.of(None) else ()
    if is_number(picked):
        facts = Facts(kind=OneOf.of("number"), dtype=OneOf.of("int64"), shape=OneOf.of(Shape(())))
    elif picked.facts.kind.only == "ndarray" and picked.facts.shape.holds(lambda shape: shape.rank == 1) is Tri.YES:
        facts = picked.facts.with_(kind=OneOf.of("ndarray", "number"), shape=OneOf.of(Shape(())), range=loose(picked.facts.range))
    else:
        return None
    if sizes == ():
        return Operand(facts.with_(requires_grad=NO_GRAD))
    shape = ANY if sizes is None else OneOf.of(Shape(sizes))
    return Operand(facts.with_(kind=OneOf.of("ndarray"), shape=shape, requires_grad=NO_GRAD))


def embedding(app: Application) -> Operand:
    index, weight = app.bound["index"], app.bound["weight"]
    table = weight.facts.shape.only
    last = table.dims[-1] if table is not None and table.dims else None
    shapes = [Shape((*shape.dims, last), shape.open) for shape in shapes_of(index.facts.shape)]
    learns = grad_of(weight)
    rows = weight.facts.with_(shape=OneOf(shapes), requires_grad=any_grad([learns]))
    return Operand(rows.with_(domain=domain("logits"), range=NO_RANGE) if learns.only is True else rows)  # else as it was filled


def tolist(app: Application) -> Operand:
    source = app.input.facts
    facts = Facts(kind=OneOf.of("list", "number"), requires_grad=NO_GRAD, steps=source.steps, dtype=ANY)
    if source.shape.known and all(shape.rank is not None for shape in source.shape):
        ranks = {shape.rank for shape in source.shape}
        kind: OneOf[Kind] = OneOf.of("number") if ranks == {0} else OneOf.of("list") if 0 not in ranks else facts.kind
        facts = facts.with_(kind=kind, shape=source.shape)
    return Operand(step(facts, app.where, "Python list", cuts=True))


TRANSFERS: dict[str, Callable[[Application], Operand | None]] = {
    "clamp": clamp,
    "resized": resized,
    "reordered": reordered,
    "bordered": bordered,
    "triangle": triangle,
    "interleaved": interleaved,
    "same": same,
    "linspace": linspace,
    "randperm": randperm,
    "numpy_randint": numpy_randint,
    "numpy_choice": numpy_choice,
    "embedding": embedding,
    "tolist": tolist,
}
