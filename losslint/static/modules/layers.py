"""What calling an instance of a layer gives."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from losslint.facts import FLOATS, NO_RANGE, Domain, Facts, Kind
from losslint.oneof import ANY, OneOf
from losslint.places import Locatable, Step
from losslint.shapes import Shape
from losslint.static.modules.arguments import Arguments
from losslint.static.modules.formulas import FORMULAS, with_appended, with_last
from losslint.static.modules.library import Layer
from losslint.static.modules.meaning import domain_after, range_after
from losslint.static.operand import UNKNOWN_OPERAND, Operand

LOGITS: Final = OneOf.of(Domain("logits"))
TENSOR: Final[OneOf[Kind]] = OneOf.of("tensor")
DEFAULT_DTYPE: Final = "float32"
"""Parameters are made in torch's default dtype unless `dtype=` says otherwise."""


def call_layer(name: str, layer: Layer, init: Arguments, call: Arguments, where: Locatable) -> Operand:
    """The result of calling an instance of `name`, which was constructed with `init`."""
    if layer.domain == layer.shape == "same":
        return call.operand(layer.input)
    given = call.operand(layer.input).facts
    facts = Facts(
        kind=TENSOR,
        domain=LOGITS if layer.domain == "fresh" else domain_after(layer, given, init),
        dtype=parameter_dtype(init, given, layer) if layer.domain == "fresh" else given.dtype,
        shape=shape_after(layer, init, call, given.shape),
        requires_grad=learns(layer, init, given),
        device=given.device,
        range=NO_RANGE if layer.domain == "fresh" else range_after(layer.domain, given, init),
        steps=(Step(where, f"output of `{short(name)}`"),) if layer.domain == "fresh" else given.steps,
    )
    return RESULTS[layer.result](Operand(facts), layer, init, call)


def short(name: str) -> str:
    """How people write it: `nn.Linear`."""
    module, _, last = name.rpartition(".")
    return f"nn.{last}" if module == "torch.nn" else last


def parameter_dtype(init: Arguments, given: Facts, layer: Layer) -> OneOf[str]:
    """The input's dtype where it is floating, which the parameters must share, else that of the parameters."""
    own: OneOf[str] = OneOf.of(DEFAULT_DTYPE)
    if "dtype" in init:
        value = init.operand("dtype").value.only
        own = OneOf.of(str(value).removeprefix("torch.")) if isinstance(value, str) else OneOf(FLOATS)
    if layer.shape in ("appended", "bag") or given.dtype.values is None:
        return own
    floating = given.dtype.values & FLOATS
    return OneOf(floating) if floating else own


def learns(layer: Layer, init: Arguments, given: Facts) -> OneOf[bool]:
    """Whether backward reaches a parameter: one of the layer's own, or what made the input."""
    if layer.domain != "fresh":
        return given.requires_grad
    if layer.parameters is None:
        return ANY if "_freeze" in init else OneOf.of(True)
    flag, default = layer.parameters
    has = init.flag(flag, default)
    return OneOf.of(True) if has else given.requires_grad if has is False or given.requires_grad.only else ANY


def shape_after(layer: Layer, init: Arguments, call: Arguments, shape: OneOf[Shape]) -> OneOf[Shape]:
    alternatives: tuple[Shape | None, ...] = (None,) if shape.values is None else tuple(shape)
    results = {_one_shape(layer, init, call, alternative) for alternative in alternatives}
    return ANY if None in results else OneOf(result for result in results if result is not None)


def _one_shape(layer: Layer, init: Arguments, call: Arguments, shape: Shape | None) -> Shape | None:
    if layer.shape == "last":
        return with_last(shape, init.dim(layer.last))
    if layer.shape == "appended":
        return with_appended(shape, init.dim(layer.last))
    return FORMULAS[layer.shape](shape, init, call, layer.spatial)


def _tensor(result: Operand, layer: Layer, init: Arguments, call: Arguments) -> Operand:
    return result


def _with_indices(result: Operand, layer: Layer, init: Arguments, call: Arguments) -> Operand:
    wanted = init.flag("return_indices", False)
    if wanted is None:
        return UNKNOWN_OPERAND
    if not wanted:
        return result
    places = Facts(
        TENSOR, dtype=OneOf.of("int64"), shape=result.facts.shape, requires_grad=OneOf.of(False), device=result.facts.device
    )
    return _tuple(result, Operand(places))


def _cell(result: Operand, layer: Layer, init: Arguments, call: Arguments) -> Operand:
    """(h, c), alike."""
    return _tuple(result, result)


def _recurrent(result: Operand, layer: Layer, init: Arguments, call: Arguments) -> Operand:
    """(output, h) of RNN and GRU, (output, (h, c)) of LSTM.

    The output of a packed sequence is a packed sequence: nothing is said of it unless the input is a tensor.
    """
    given = call.operand("input").facts
    both = init.flag("bidirectional", False)
    directions = None if both is None else 2 if both else 1
    depth = init.integer("num_layers", 1)
    stacked = depth * directions if depth is not None and directions is not None else None
    hidden = init.integer("hidden_size")
    projected = init.integer("proj_size", 0)
    size = hidden if projected == 0 else projected
    width = size * directions if size is not None and directions is not None else None
    batch_first = init.flag("batch_first", False)
    plain = given.kind.only == "tensor"

    def state(size: int | None) -> Operand:
        if not plain or given.shape.values is None:
            return Operand(result.facts.with_(shape=OneOf.of(Shape((size,), open=True))))
        return Operand(result.facts.with_(shape=OneOf(_state_shape(shape, stacked, size, batch_first) for shape in given.shape)))

    shapes = OneOf(with_last(shape, width) for shape in (given.shape if given.shape.known else (None,)))
    output = Operand(result.facts.with_(shape=shapes)) if plain else UNKNOWN_OPERAND
    states = state(size) if layer.result == "recurrent" else _tuple(state(size), state(hidden))
    return _tuple(output, states)


def _state_shape(shape: Shape, stacked: int | None, size: int | None, batch_first: bool | None) -> Shape:
    """[layers N H] of [L N H] or [N L H], [layers H] of [L H]."""
    if shape.rank == 2:
        return Shape((stacked, size))
    if shape.rank != 3 or batch_first is None:
        return Shape((size,), open=True)
    return Shape((stacked, shape.dims[0 if batch_first else 1], size))


def _attention(result: Operand, layer: Layer, init: Arguments, call: Arguments) -> Operand:
    """(output, weights), the weights None when they are not asked for."""
    wanted = call.flag("need_weights", True)
    if wanted is False:
        return _tuple(result, Operand(Facts(kind=OneOf.of("none")), OneOf.of(None)))
    # Dropout stretches the weights; a masked row is NaN.
    normalised = "dropout" not in init and wanted is True
    weights = Facts(
        kind=TENSOR if wanted else ANY,
        domain=OneOf.of(Domain("probs", -1)) if normalised else ANY,
        dtype=result.facts.dtype if wanted else ANY,
        requires_grad=OneOf.of(True) if wanted else ANY,
        device=result.facts.device,
        steps=result.facts.steps,
    )
    return _tuple(result, Operand(weights))


def _unless_weights(result: Operand, layer: Layer, init: Arguments, call: Arguments) -> Operand:
    """Graph attention returns its weights too when it is asked to."""
    return UNKNOWN_OPERAND if "return_attention_weights" in call else result


def _tuple(*items: Operand) -> Operand:
    return Operand(Facts(kind=OneOf.of("tuple")), items=items)


RESULTS: Final[Mapping[str, Callable[[Operand, Layer, Arguments, Arguments], Operand]]] = {
    "tensor": _tensor,
    "indices": _with_indices,
    "cell": _cell,
    "recurrent": _recurrent,
    "recurrent_pair": _recurrent,
    "attention": _attention,
    "unless_weights": _unless_weights,
}
