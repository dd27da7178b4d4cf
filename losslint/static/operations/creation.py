"""Making tensors and arrays: from literals, from sizes, at random, from one another."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

from losslint.facts import INTS, NO_RANGE, UNKNOWN_AXIS, Domain, Facts, Kind, Range
from losslint.oneof import ANY, OneOf
from losslint.shapes import Dim, Shape
from losslint.static.operand import Operand
from losslint.static.operations.application import DIM_TAG, Application, is_int, is_number
from losslint.static.operations.axes import ANY_SHAPE, SOME_AXIS, Layout, domain, one_of_shapes, rearranged
from losslint.static.operations.casting import cast_facts, device_of
from losslint.static.operations.dtypes import dtypes_of
from losslint.static.operations.elementwise import noted, result_kind
from losslint.static.operations.results import NDARRAY, NO_GRAD, TENSOR, any_grad, as_leaf, grad_of, step
from losslint.tri import Tri

CPU: OneOf[str] = OneOf.of("cpu")


def kind_of(app: Application) -> OneOf[Kind]:
    return NDARRAY if app.name.startswith("numpy.") else TENSOR


def wanted_dtype(app: Application, default: OneOf[str]) -> OneOf[str]:
    """What `dtype=` says, else `default`."""
    constant = app.constant("dtype")
    if not app.given("dtype") or (constant.known and constant.only is None and None in constant):
        return default
    return dtypes_of(constant)


def wanted_device(app: Application, default: OneOf[str]) -> OneOf[str]:
    device = app.operand("device")
    if device is None or (device.value.known and device.value.only is None):
        return default
    return device_of(device)


def wanted_grad(app: Application) -> OneOf[bool]:
    return app.constant("requires_grad") if app.given("requires_grad") else NO_GRAD


def filled(app: Application) -> Operand:
    """zeros, ones, rand, randn, randint, empty: options `dtype`, `domain`, `range`."""
    sizes = app.sizes("size")
    shape = ANY if sizes is None else OneOf.of(Shape(tuple(None if not isinstance(s, (int, str)) else s for s in sizes)))
    if (app.name.startswith("numpy.random.") and sizes == ()) or (app.operation.option("scalar") and not app.given("size")):
        if not all(map(is_number, app.bound.values())):  # `normal(loc=(3, -2))` gives as many as it is told places
            return Operand()
        shape = OneOf.of(Shape(()))
    option = app.operation.option
    dtype = wanted_dtype(app, OneOf.of(option("dtype", "float64" if app.name.startswith("numpy.") else "float32")))
    facts = Facts(
        kind=kind_of(app) if shape.only != Shape(()) or not app.name.startswith("numpy.") else OneOf.of("number"),
        domain=domain(option("domain")) if "domain" in app.operation.options else ANY,
        dtype=dtype,
        shape=shape,
        requires_grad=wanted_grad(app),
        device=wanted_device(app, CPU),
        range=Range(*option("range")) if "range" in app.operation.options else NO_RANGE,
    )
    blank = not facts.domain.known and facts.range == NO_RANGE and shape.only != Shape(())
    return Operand(noted(app, facts), tag="blank" if blank else "")


def full(app: Application) -> Operand:
    sizes = app.sizes("size")
    value = app.bound["fill_value"].value
    numbers = numbers_of(app.bound["fill_value"])
    default = literal_dtype(value.values, kind_of(app) == NDARRAY) if value.values else ANY
    return Operand(
        Facts(
            kind=kind_of(app),
            dtype=wanted_dtype(app, default),
            shape=ANY if sizes is None else OneOf.of(Shape(sizes)),
            requires_grad=wanted_grad(app),
            device=wanted_device(app, CPU),
            range=Range(min(numbers), max(numbers)) if numbers else NO_RANGE,
        )
    )


def randint(app: Application) -> Operand:
    """`randint(high, size)`, `randint(low, high, size)`; numpy's second argument is `high` too."""
    positional = list(app.rest or ())
    sizes = app.operand("size")
    if sizes is None and len(positional) >= 2:
        sizes = positional.pop()
    low, high = app.only("low"), app.only("high")
    if not app.given("low") and len(positional) == 2:
        low = positional[0].value.only
        high = positional[1].value.only
    elif not app.given("high") and positional:
        low, high = (0, positional[0].value.only) if len(positional) == 1 and not app.given("low") else (None, None)
    bounds = Range(float(low), float(high) - 1) if is_int(low) and is_int(high) and high > low else NO_RANGE
    from_size = None if sizes is None else Application(app.operation, app.name, {"size": sizes}, None, app.where).sizes("size")
    return Operand(
        Facts(
            kind=kind_of(app),
            domain=OneOf.of(Domain("zero_one")) if (bounds.low, bounds.high) == (0, 1) else ANY,
            dtype=wanted_dtype(app, OneOf.of("int64")),
            shape=ANY if from_size is None else OneOf.of(Shape(from_size)),
            requires_grad=wanted_grad(app),
            device=wanted_device(app, CPU),
            range=bounds,
        )
    )


def like(app: Application) -> Operand:
    """`zeros_like(x)`, `x.new_zeros` has its own."""
    source, option = app.input.facts, app.operation.option
    return Operand(
        Facts(
            kind=kind_of(app),
            domain=domain(option("domain")) if "domain" in app.operation.options else ANY,
            dtype=wanted_dtype(app, source.dtype),
            shape=source.shape,
            requires_grad=wanted_grad(app),
            device=wanted_device(app, source.device),
            range=Range(*option("range")) if "range" in app.operation.options else NO_RANGE,
        )
    )


def new(app: Application) -> Operand:
    """`x.new_zeros(2, 3)`: of x's dtype, on its device."""
    source, sizes = app.input.facts, app.sizes("size")
    numbers = numbers_of(app.bound["fill_value"]) if app.given("fill_value") else []
    span = app.operation.option("range") or ([min(numbers), max(numbers)] if numbers else None)
    return Operand(
        Facts(
            kind=TENSOR,
            dtype=wanted_dtype(app, source.dtype),
            shape=ANY if sizes is None else OneOf.of(Shape(sizes)),
            requires_grad=wanted_grad(app),
            device=wanted_device(app, source.device),
            range=Range(*span) if span else NO_RANGE,
        ),
        tag="" if span else "blank",
    )


def overwritten(app: Application) -> Operand:
    """`x.fill_(1)`, `x.normal_()`, `x.copy_(y)`: x in shape and dtype, with other numbers."""
    source, option = app.input.facts, app.operation.option
    facts = source.with_(domain=domain(option("domain")) if option("domain") else ANY, range=NO_RANGE, sums=NO_RANGE, finite=ANY)
    if option("range"):
        facts = facts.with_(range=Range(*option("range")))
    elif app.given("value") and (numbers := numbers_of(app.bound["value"])):
        facts = facts.with_(range=Range(min(numbers), max(numbers)))
    elif app.given("source"):
        given = app.bound["source"]
        grad = any_grad([grad_of(app.input), grad_of(given)])
        same = given.facts.shape == source.shape and given.facts.dtype == source.dtype
        facts = facts.with_(requires_grad=grad, domain=given.facts.domain if same else ANY, steps=given.facts.steps)
    return Operand(facts)


def scatter(app: Application) -> Operand:
    """Ones among zeros are one-hot rows: `torch.zeros(n, classes).scatter_(1, labels.unsqueeze(1), 1)`."""
    source = app.input.facts
    given = app.operand("value") or app.operand("src")
    number = numbers_of(given) if given is not None and is_number(given) else []
    dim = app.only("dim")
    hot = source.range in (Range(0.0, 0.0), Range(0.0, 0.0, True)) and number == [1.0] and is_int(dim)
    ranks = {shape.rank for shape in source.shape}
    axis = int(dim) % rank if hot and len(ranks) == 1 and (rank := ranks.pop()) else UNKNOWN_AXIS
    return Operand(
        source.with_(
            kind=TENSOR,
            domain=OneOf.of(Domain("one_hot", axis)) if hot else ANY,
            range=Range(0.0, 1.0) if hot else NO_RANGE,
            requires_grad=grad_of(app.input)
            if given is None or is_number(given)
            else any_grad([grad_of(app.input), grad_of(given)]),
        )
    )


def mixed(app: Application) -> Operand:
    """x with other numbers put or added in some places: its shape and dtype."""
    others = [operand for operand in (*(app.rest or ()), *app.bound.values()) if operand is not app.input]
    grad = any_grad([grad_of(app.input), *(grad_of(one) for one in others if not is_number(one))])
    return Operand(app.input.facts.with_(kind=TENSOR, domain=ANY, range=NO_RANGE, requires_grad=grad))


def arange(app: Application) -> Operand:
    numbers = [operand.value.only for operand in app.rest or ()]
    known = bool(numbers) and all(isinstance(number, (int, float)) for number in numbers) and len(numbers) == len(app.rest or ())
    numpy = kind_of(app) == NDARRAY
    floats = any(isinstance(number, float) for number in numbers)
    default = OneOf.of(("float64" if numpy else "float32") if floats else "int64") if known else ANY
    dim: Dim = None
    range_ = NO_RANGE
    if known and not floats and all(is_int(number) for number in numbers) and not (len(numbers) == 3 and numbers[2] == 0):
        counted = range(*(int(number) for number in numbers if number is not None))
        dim = len(counted)
        if counted:
            range_ = Range(float(min(counted)), float(max(counted)), True)
    elif len(app.rest or ()) == 1 and (app.rest or ())[0].tag.startswith(DIM_TAG):
        dim = (app.rest or ())[0].tag.removeprefix(DIM_TAG)
        default = OneOf.of("int64")
    return Operand(
        Facts(
            kind=kind_of(app),
            dtype=wanted_dtype(app, default),
            shape=OneOf.of(Shape((dim,))),
            requires_grad=wanted_grad(app),
            device=wanted_device(app, CPU),
            range=range_,
        )
    )


def eye(app: Application) -> Operand:
    sizes = [app.only("n"), app.only("m") if app.given("m") else app.only("n")]
    dims = tuple(size if is_int(size) else None for size in sizes)
    default = "float64" if kind_of(app) == NDARRAY else "float32"
    return Operand(
        Facts(
            kind=kind_of(app),
            dtype=wanted_dtype(app, OneOf.of(default)),
            shape=OneOf.of(Shape(dims)),
            requires_grad=wanted_grad(app),
            device=wanted_device(app, CPU),
            range=Range(0.0, 1.0),
        )
    )


def literal(app: Application) -> Operand:
    """`torch.tensor(data)`, `np.array(data)`: a nested list, a number, an array or a tensor.

    Option `default`: the dtype of float literals; option `shares`: a tensor given is passed through, not copied.
    """
    data = app.bound["data"]
    numpy = kind_of(app) == NDARRAY
    source = data.facts
    kinds = source.kind.values
    if kinds is not None and (kinds <= {"tensor", "ndarray", "dataframe"} or kinds == {"ndarray", "number"}):
        return _converted(app, data)
    facts = literal_facts(data, numpy, app.operation.option("default"))
    facts = facts.with_(kind=kind_of(app), device=wanted_device(app, CPU), steps=merged_literal_steps(data))
    dtype = wanted_dtype(app, facts.dtype)
    if app.given("dtype") or facts.dtype.known:
        facts = facts.with_(range=cast_facts(facts, dtype, app.where).range if dtype != facts.dtype else facts.range, dtype=dtype)
    shares = app.operation.option("shares") and data.items is None and not is_number(data)
    facts = facts.with_(requires_grad=grad_of(data) if shares else wanted_grad(app))
    carried = _grads_inside(data)
    if carried or numpy:
        note = "numpy array" if numpy else "copied into a new tensor"
        facts = step(facts, app.where, note, carried, Tri.of(carried and not numpy))
    return Operand(facts if carried or numpy else as_leaf(facts, app.where))


def _grads_inside(data: Operand) -> bool:
    if data.member is not None:
        return _grads_inside(data.member)
    if data.items is None:
        return data.facts.kind.only == "tensor" and data.facts.requires_grad.only is True
    return any(_grads_inside(item) for item in data.items)


def merged_literal_steps(data: Operand) -> tuple:  # type: ignore[type-arg]
    if data.member is not None:
        return data.member.facts.steps
    if data.items is None:
        return data.facts.steps
    return data.items[0].facts.steps if len(data.items) == 1 else ()


def _converted(app: Application, data: Operand) -> Operand:
    source = data.facts
    shares = bool(app.operation.option("shares"))
    passes = shares and source.kind.only == "tensor"
    numpy = kind_of(app) == NDARRAY
    facts = source.with_(kind=kind_of(app), device=wanted_device(app, source.device if source.kind.only == "tensor" else CPU))
    if not passes:
        facts = facts.with_(requires_grad=wanted_grad(app))
        cuts = grad_of(data).only is not False
        note = "numpy array" if numpy else "from numpy" if source.kind.only == "ndarray" else "copied into a new tensor"
        if numpy != (source.kind.only == "ndarray") or cuts:
            aside = grad_of(data).is_(True) if not numpy else Tri.NO
            facts = step(facts, app.where, note, cuts and source.kind.only == "tensor", aside)
    wanted = wanted_dtype(app, source.dtype)
    facts = cast_facts(facts, wanted, app.where) if wanted != source.dtype else facts
    return Operand(as_leaf(facts, app.where) if source.kind.only == "ndarray" and not numpy else facts)


def from_numpy(app: Application) -> Operand:
    source = app.input.facts
    facts = source.with_(kind=TENSOR, requires_grad=NO_GRAD, device=CPU)
    return Operand(step(facts, app.where, "from numpy"))


def literal_facts(data: Operand, numpy: bool, default: str | None) -> Facts:
    """Shape, dtype and range of a nested list of numbers, as far as its members are known."""
    dims = literal_dims(data, numpy)
    leaves = list(_leaves(data))
    values = [value for leaf in leaves for value in (leaf.value.values or ())]
    known = bool(leaves) and all(is_number(leaf) and leaf.value.known for leaf in leaves)
    numbers = [float(value) for value in values if isinstance(value, (int, float))]
    exact = known and all(leaf.value.only is not None for leaf in leaves)
    range_ = NO_RANGE
    if known and len(numbers) == len(values) and numbers and not any(math.isnan(number) for number in numbers):
        range_ = Range(min(numbers), max(numbers), exact and data.member is None)
    dtype: OneOf[str] = OneOf.of(default) if default else ANY
    if known and not default:
        dtype = literal_dtype(frozenset(values), numpy) if exact else ANY
    elif not default and leaves and all(is_number(leaf) and leaf.facts.dtype.in_(INTS) is Tri.YES for leaf in leaves):
        dtype = leaves[0].facts.dtype if all(leaf.facts.dtype == leaves[0].facts.dtype for leaf in leaves) else ANY
    shape = Shape(dims) if dims is not None else ANY_SHAPE if data.items is None and data.member is None else SOME_AXIS
    return Facts(domain=labels(leaves), dtype=dtype, shape=one_of_shapes([shape]), range=range_)


def labels(leaves: list[Operand]) -> OneOf[Domain]:
    """Labels put into a list are still what they were; 0 or 1, -1 or 1 by turns are such labels."""
    found: set[Domain] = set()
    for leaf in leaves:
        values = leaf.value.values or frozenset()
        if len(values) > 1 and values in ({0, 1}, {-1, 1}):
            found.add(Domain("zero_one" if 0 in values else "signs"))
        elif not leaf.value.known and leaf.facts.domain.only is not None and leaf.facts.domain.only.name in ("zero_one", "signs"):
            found.add(leaf.facts.domain.only)
        else:
            return ANY
    return OneOf(found) if len(found) == 1 else ANY


def literal_dtype(values: frozenset[object], numpy: bool) -> OneOf[str]:
    if any(isinstance(value, complex) for value in values):
        return ANY
    if any(isinstance(value, float) for value in values):
        return OneOf.of("float64" if numpy else "float32")
    if all(isinstance(value, bool) for value in values):
        return OneOf.of("bool")
    return OneOf.of("int64") if all(isinstance(value, int) for value in values) else ANY


def literal_dims(data: Operand, numpy: bool) -> tuple[Dim, ...] | None:
    """The axes of a nested list. torch takes a tensor in a list for a number: it must have one element."""
    if data.member is not None:
        below = literal_dims(data.member, numpy)
        return None if below is None else (None, *below)
    if data.items is None:
        if not numpy and data.facts.kind.only == "tensor":
            return ()
        return () if is_number(data) else data.facts.shape.only.dims if _ranked(data) else None  # type: ignore[union-attr]
    if not data.items:
        return (0,)
    inner = {literal_dims(item, numpy) for item in data.items}
    if len(inner) != 1:
        return None
    rest = inner.pop()
    return None if rest is None else (len(data.items), *rest)


def _ranked(data: Operand) -> bool:
    """Whether its axes are known. A member of an array, which may be a number, has none either way."""
    shape, kinds = data.facts.shape.only, data.facts.kind.values
    if kinds is None or shape is None or shape.open:
        return False
    return kinds <= {"tensor", "ndarray", "list"} or (not shape.dims and kinds <= {"tensor", "ndarray", "number", "bool", "str"})


def _leaves(data: Operand) -> Iterator[Operand]:
    if data.member is not None:
        yield from _leaves(data.member)
    elif data.items is None:
        yield data
    else:
        for item in data.items:
            yield from _leaves(item)


def numbers_of(operand: Operand) -> list[float]:
    return [float(value) for value in operand.value.values or () if isinstance(value, (int, float))]


def legacy(app: Application) -> Operand:
    """`torch.FloatTensor(...)`: sizes give an uninitialised tensor, a list its values. Options `dtype`, `device`."""
    rest = app.rest or ()
    dtype = OneOf.of(app.operation.option("dtype"))
    base = Facts(kind=TENSOR, dtype=dtype, requires_grad=NO_GRAD, device=OneOf.of(app.operation.option("device", "cpu")))
    if not rest:
        return Operand(base.with_(shape=OneOf.of(Shape((0,)))))
    if all(is_number(operand) for operand in rest):
        sizes = Application(app.operation, app.name, {}, rest, app.where).sizes("size")
        return Operand(base.with_(shape=ANY if sizes is None else OneOf.of(Shape(sizes))))
    data = rest[0]
    if data.items is not None and data.facts.kind.only == "tuple" and all(map(is_number, data.items)):
        return Operand(base)  # `x.size()` gives sizes, any other tuple numbers
    if data.items is not None or data.member is not None:
        found = literal_facts(data, False, app.operation.option("dtype"))
        return Operand(
            base.with_(shape=found.shape, domain=found.domain, range=cast_facts(found.with_(dtype=ANY), dtype, app.where).range)
        )
    if data.facts.kind.only in ("tensor", "ndarray", "dataframe"):
        source = data.facts
        changed = source.with_(kind=TENSOR, requires_grad=NO_GRAD, device=base.device)
        return Operand(cast_facts(changed, dtype, app.where))
    return Operand(base.with_(shape=data.facts.shape))


def variable(app: Application) -> Operand:
    """`Variable(x)`: a leaf that shares x's numbers; it never carries x's graph."""
    grad = grad_of(app.input)
    facts = app.input.facts.with_(kind=TENSOR, requires_grad=app.constant("requires_grad"))
    if facts.requires_grad.only is True and facts.steps and facts.steps[-1].cuts:
        # A new leaf: backward ends here, and the model's parameters get nothing.
        return Operand(step(facts, app.where, "wrapped in a new leaf", cuts=True))
    return Operand(step(facts, app.where, "wrapped in Variable", cuts=True) if grad.only is True else facts)


def parameter(app: Application) -> Operand:
    """`nn.Parameter(x)`: of x's shape and dtype. What it holds will be learnt, so the numbers say nothing, and it goes where its
    module goes."""
    given = app.operand("input")
    facts = given.facts if given is not None and given.facts.kind.only != "none" else Facts()
    grad = app.constant("requires_grad")
    return Operand(Facts(kind=TENSOR, dtype=facts.dtype, shape=facts.shape, requires_grad=grad))


def one_hot(app: Application) -> Operand:
    count = app.only("num_classes")
    size = count if is_int(count) and count >= 0 else None

    def change(shape: Shape) -> Layout:
        return Layout(Shape((*shape.dims, size), shape.open), lambda axis: axis)

    facts = rearranged(app.input.facts.with_(domain=ANY), change)
    axes = {len(shape.dims) - 1 if shape.rank is not None else -1 for shape in facts.shape} or {-1}
    return Operand(
        facts.with_(
            kind=TENSOR,
            domain=OneOf(Domain("one_hot", axis) for axis in axes),
            dtype=OneOf.of("int64"),
            range=Range(0.0, 1.0),
            requires_grad=NO_GRAD,
            steps=step(facts, app.where, "one_hot").steps,
        )
    )


def bernoulli(app: Application) -> Operand:
    source = app.input.facts
    return Operand(
        source.with_(kind=result_kind(app), domain=domain("zero_one"), range=Range(0.0, 1.0), requires_grad=grad_of(app.input))
    )


def multinomial(app: Application) -> Operand:
    facts = Facts(kind=TENSOR, dtype=OneOf.of("int64"), domain=domain("class_index"), requires_grad=NO_GRAD, range=Range(0.0))
    shape = app.input.facts.shape.only
    count = app.only("num_samples")
    if shape is not None and not shape.open and shape.dims:
        facts = facts.with_(shape=OneOf.of(Shape((*shape.dims[:-1], count if is_int(count) else None))))
    return Operand(step(facts.with_(steps=app.input.facts.steps), app.where, "multinomial", cuts=grad_of(app.input).only is True))


TRANSFERS: dict[str, Callable[[Application], Operand | None]] = {
    "filled": filled,
    "full": full,
    "randint": randint,
    "like": like,
    "new": new,
    "overwritten": overwritten,
    "scatter": scatter,
    "mixed": mixed,
    "arange": arange,
    "eye": eye,
    "literal": literal,
    "from_numpy": from_numpy,
    "legacy": legacy,
    "variable": variable,
    "parameter": parameter,
    "one_hot": one_hot,
    "bernoulli": bernoulli,
    "multinomial": multinomial,
}
