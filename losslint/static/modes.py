"""Training and evaluation: the mode of a module, and of those that it holds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from losslint.facts import FLOATS
from losslint.oneof import ANY, OneOf
from losslint.static import library
from losslint.static.operations.dtypes import dtypes_of
from losslint.static.values import Data, Instance, LibraryObject, Module, Value, alternatives, constants, facts_of

if TYPE_CHECKING:
    from losslint.static.machine import Machine


FLOATING: Final = {
    "float": OneOf.of("float32"), "double": OneOf.of("float64"), "half": OneOf.of("float16"), "bfloat16": OneOf.of("bfloat16"),
}  # fmt: skip
"""Methods of `nn.Module` that convert its parameters."""


def is_module(value: Value) -> bool:
    if isinstance(value, Instance):
        return any(map(library.is_module_base, value.cls.library_bases()))
    return isinstance(value, LibraryObject) and (
        value.name in library.TRANSPARENT_OBJECTS or library.is_module_base(value.name) or library.is_model(value.name)
    )


def parts(module: Value) -> list[Value]:
    """What a module holds itself, in its order; some of it may be no module."""
    if isinstance(module, Instance):
        return list(module.attributes.values())
    if isinstance(module, LibraryObject):
        return library.list_items(module) if module.name == "torch.nn.ModuleList" else library.layers(module)
    return []


def every_part(module: Module) -> Iterator[Module]:
    """A module and all in it, each once."""
    waiting: list[Value] = [module]
    seen = set[int]()
    while waiting:
        for one in alternatives(waiting.pop()):
            if id(one) not in seen and (one is module or isinstance(one, Instance) or is_module(one)):
                seen.add(id(one))
                waiting.extend(parts(one))
                yield one  # type: ignore[misc]


def convert(machine: Machine, module: Module, name: str, args: Sequence[Value], keywords: Mapping[str, Value]) -> None:
    """`module.double()`, `module.to(torch.float64)`: the dtype of its parameters, and of those of all in it."""
    named = (
        [dtypes_of(constants(one)) for one in (*args, *keywords.values())]
        if name in ("to", "type")
        else [FLOATING.get(name, ANY)]
    )
    dtype = next((one for one in named if one.known), None)
    if dtype is None or not set(dtype) <= FLOATS:
        return
    for one in every_part(module):
        sure = machine.branch <= one.branch  # it was made in this branch
        if isinstance(one, LibraryObject):
            one.floats = dtype if sure else (one.floats or machine.floats).join(dtype)
            continue
        for key, value in one.attributes.items():
            facts = facts_of(value)
            if isinstance(value, Data) and facts.requires_grad.only is True and facts.dtype.known:
                made = dtype if sure else facts.dtype.join(dtype)
                one.attributes[key] = replace(value, operand=replace(value.operand, facts=facts.with_(dtype=made)))


def set_training(machine: Machine, module: Module, mode: OneOf[bool]) -> None:
    """`module.train()`, `module.eval()`. What was before is kept: it may be one branch that does so."""
    for one in every_part(module):
        if one.training != mode:
            machine.switched.append((one, one.training))
            one.training = mode
