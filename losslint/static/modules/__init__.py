"""What instances of library classes return when called: layers, activations, models, data sets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from losslint.facts import Facts
from losslint.oneof import ANY, OneOf
from losslint.places import Locatable
from losslint.static.modules.arguments import Arguments
from losslint.static.modules.datasets import collate, dataset_item
from losslint.static.modules.layers import call_layer
from losslint.static.modules.library import Delegate, canonical, library
from losslint.static.modules.models import ModelKnowledge, model_result
from losslint.static.operand import Operand
from losslint.static.operations import apply

__all__ = ["ModelKnowledge", "call_module", "collate", "dataset_item", "is_module", "model_result"]


def is_module(name: str) -> bool:
    """Whether instances of the library class `name` can be called and are known here."""
    name = canonical(name)
    return name in library().delegates or name in library().layers


def call_module(
    name: str,
    init: Sequence[Operand],
    init_keywords: Mapping[str, Operand],
    operands: Sequence[Operand],
    keywords: Mapping[str, Operand],
    where: Locatable,
) -> Operand | None:
    """What calling an instance returns that was constructed with `init`; None for a class that isn't known."""
    name = canonical(name)
    if (delegate := library().delegates.get(name)) is not None:
        return _call_delegate(delegate, Arguments(delegate.init, init, init_keywords), operands, keywords, where)
    if (layer := library().layers.get(name)) is not None:
        call = Arguments(layer.forward, operands, keywords)
        return call_layer(name, layer, Arguments(layer.init, init, init_keywords), call, where)
    return None


def _call_delegate(
    delegate: Delegate, init: Arguments, operands: Sequence[Operand], keywords: Mapping[str, Operand], where: Locatable
) -> Operand:
    given = {name: Operand(value=OneOf.of(value)) for name, value in delegate.given.items()}
    perhaps = dict.fromkeys(delegate.init, Operand()) if init.spread else {}
    result = apply(delegate.function, operands, {**keywords, **perhaps, **init.bound, **given}, where)
    if result is not None:
        return result
    facts = Arguments(delegate.forward, operands, keywords).operand(delegate.forward[0]).facts
    return Operand(
        Facts(
            kind=OneOf.of("tensor"),
            dtype=facts.dtype,
            shape=facts.shape if delegate.pointwise else ANY,
            requires_grad=facts.requires_grad,
            device=facts.device,
            steps=facts.steps,
        )
    )
