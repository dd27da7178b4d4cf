"""Training and evaluation: the mode of a module, and of those that it holds."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from losslint.oneof import OneOf
from losslint.static import library
from losslint.static.values import Instance, LibraryObject, Module, Value, alternatives

if TYPE_CHECKING:
    from losslint.static.machine import Machine


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


def set_training(machine: Machine, module: Module, mode: OneOf[bool]) -> None:
    """`module.train()`, `module.eval()`. What was before is kept: it may be one branch that does so."""
    for one in every_part(module):
        if one.training != mode:
            machine.switched.append((one, one.training))
            one.training = mode
