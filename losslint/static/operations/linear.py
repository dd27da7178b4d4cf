"""Products of matrices: what they give is unnormalised, but for a mixture of distributions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from losslint.facts import EACH, NO_RANGE, Domain, Facts, Range
from losslint.oneof import ANY, OneOf
from losslint.shapes import Dim, Shape, broadcast
from losslint.static.operand import Operand
from losslint.static.operations.application import Application, is_number
from losslint.static.operations.arithmetic import combined_device, combined_kind
from losslint.static.operations.axes import ANY_SHAPE, along, domain, one_of_shapes, same_axis, shapes_of
from losslint.static.operations.results import TENSOR, any_grad, grad_for, grad_of, merged_steps
from losslint.tri import Tri


def product(app: Application, operands: list[Operand], shape: OneOf[Shape]) -> Operand:
    first, second = operands[0].facts, operands[1].facts
    dtype = first.dtype if first.dtype.known else second.dtype
    grad = grad_for(dtype, any_grad(grad_of(each) for each in operands if not is_number(each)))
    return Operand(
        Facts(
            kind=combined_kind(app, operands[0], operands[1]) or TENSOR,
            domain=ANY if is_data(operands) else domain("logits"),
            dtype=dtype,
            shape=shape,
            requires_grad=grad,
            device=combined_device(operands[0], operands[1]),
            range=NO_RANGE,
            steps=merged_steps(each.facts for each in operands),
        )
    )


def is_data(operands: list[Operand]) -> bool:
    """Whether nothing learns and nothing of the numbers is known: what labels were made of may be multiplied, too."""
    return all(one.facts.requires_grad.only is False and not one.facts.domain.known for one in operands)


def matmul(app: Application) -> Operand | None:
    left, right = app.input, app.bound["other"]
    if combined_kind(app, left, right) is None:
        return None
    shapes = [matmul_shape(a, b) for a in shapes_of(left.facts.shape) for b in shapes_of(right.facts.shape)]
    result = product(app, [left, right], one_of_shapes(shapes))
    if result.facts.domain.known:
        result = Operand(result.facts.with_(domain=mixed(left.facts, right.facts, result.facts.shape)))
    whole = all((each.facts.dtype.only or "float").startswith(("int", "uint", "bool")) for each in (left, right))
    return Operand(result.facts.with_(domain=ANY)) if whole else result


def mixed(weights: Facts, values: Facts, shape: OneOf[Shape]) -> OneOf[Domain]:
    """What weights that sum to one make of values: of distributions a distribution, as where attention votes on classes; of what
    isn't known nothing that is known. Other products are scores."""
    last = _along_last(weights)
    if last is None:
        return domain("logits")
    if not values.domain.known:
        return ANY
    if _along_last(values) is not Tri.YES:
        return domain("logits") if _along_last(values) is None else ANY
    if last is Tri.NO:
        return ANY
    made = along("probs", OneOf.of(-1), shape) if last is Tri.YES else domain("probs")
    return made.map(lambda one: replace(one, mixed=True))


def _along_last(facts: Facts) -> Tri | None:
    """Whether the values are distributions along the last axis; None where they are, or may be, no distributions."""
    if not facts.domain.known or not all(one.name in ("probs", "one_hot") and one.axis != EACH for one in facts.domain):
        return None
    found = {same_axis(one.axis, -1, shape) for one in facts.domain for shape in shapes_of(facts.shape)}
    return found.pop() if len(found) == 1 else Tri.MAYBE


def matmul_shape(a: Shape, b: Shape) -> Shape:
    """torch.matmul's: vectors are taken as rows and columns, batches broadcast."""
    if a.open or b.open or not a.dims or not b.dims:
        return ANY_SHAPE
    rows: tuple[Dim, ...] = a.dims[-2:-1] if len(a.dims) > 1 else ()
    columns: tuple[Dim, ...] = b.dims[-1:] if len(b.dims) > 1 else ()
    batch = broadcast(Shape(a.dims[:-2]), Shape(b.dims[:-2]))
    return ANY_SHAPE if batch is None else Shape((*batch.dims, *rows, *columns))


def linear(app: Application) -> Operand:
    weight = app.bound["weight"]
    bias = app.operand("bias")
    shape = weight.facts.shape.only
    out: Dim = shape.dims[0] if shape is not None and shape.rank == 2 else None
    shapes = [
        Shape((*one.dims[:-1], out), one.open) if one.dims and (shape is None or shape.rank == 2) else ANY_SHAPE
        for one in shapes_of(app.input.facts.shape)
    ]
    return product(app, [app.input, weight, *([bias] if bias else [])], one_of_shapes(shapes))


def convolution(app: Application) -> Operand:
    """The channels that the weight gives; the sizes behind them aren't worked out."""
    weight, bias = app.bound["weight"], app.operand("bias")
    known = weight.facts.shape.only
    out: Dim = known.dims[0] if known is not None and known.rank and not app.operation.option("transposed") else None
    shapes = []
    for one in shapes_of(app.input.facts.shape):
        space = app.operation.option("space")
        if one.rank is None or one.rank not in (space + 1, space + 2):
            shapes.append(ANY_SHAPE)
        else:
            shapes.append(Shape((*one.dims[: one.rank - space - 1], out, *(None,) * space)))
    return product(app, [app.input, weight, *([bias] if bias else [])], one_of_shapes(shapes))


def contraction(app: Application) -> Operand | None:
    """einsum, bilinear, addmm: the shape isn't worked out, except that einsum's letters give the rank."""
    operands = [app.bound[name] for name in ("input", "other", "third") if name in app.bound] + list(app.rest or ())
    operands = [each for each in operands if each.value.only is None]
    if len(operands) < 2:
        return None
    equation = app.only("equation")
    shape: OneOf[Shape] = ANY
    if isinstance(equation, str) and "->" in equation and "..." not in equation:
        shape = OneOf.of(Shape((None,) * len(equation.partition("->")[2].strip().replace(" ", ""))))
    return product(app, operands, shape)


def outer(app: Application) -> Operand | None:
    """Of two vectors."""
    left, right = app.input, app.bound["other"]
    shapes = [
        Shape((*a.dims, *b.dims)) if a.rank == b.rank == 1 else Shape((None, None))
        for a in shapes_of(left.facts.shape)
        for b in shapes_of(right.facts.shape)
    ]
    return product(app, [left, right], OneOf(shapes))


def dot(app: Application) -> Operand | None:
    """Of two vectors; numpy's is another."""
    return product(app, [app.input, app.bound["other"]], OneOf.of(Shape(())))


def distance(app: Application) -> Operand:
    """cosine_similarity, cdist, norm: a score; option `range`."""
    other = app.operand("other")
    operands = [app.input, *([other] if other else [])]
    facts = product(app, [app.input, other or app.input], ANY).facts
    bounds = app.operation.option("range")
    return Operand(
        facts.with_(
            domain=ANY,
            range=Range(*bounds) if bounds else NO_RANGE,
            requires_grad=any_grad(grad_of(each) for each in operands),
        )
    )


TRANSFERS: dict[str, Callable[[Application], Operand | None]] = {
    "matmul": matmul,
    "linear": linear,
    "convolution": convolution,
    "contraction": contraction,
    "outer": outer,
    "dot": dot,
    "distance": distance,
}
