"""What a `Sequential` holds after layers were added to it, taken out of it or replaced: each under its name, in order.

One that only some path adds is passed by on the others; before one that a loop adds there may be any number of others.
"""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING, Any, Final

from losslint.static import library
from losslint.static.machine import stays
from losslint.static.values import NOTHING, Instance, LibraryObject, Members, Unknown, Value, constant, constants

if TYPE_CHECKING:
    from losslint.static.calls import Args, Calls, Keywords
    from losslint.static.machine import Machine

SEQUENTIAL: Final = "torch.nn.Sequential"


def passed_by() -> Value:
    """What stands where there may be no layer."""
    return LibraryObject("torch.nn.Identity", [], {})


def method(machine: Calls, made: LibraryObject, name: str, args: Args, keywords: Keywords) -> Value | None:
    """A method that changes what a `Sequential` holds; None when it is none of those."""
    if name == "append" and (args or keywords):
        _add(machine, made, None, args[0] if args else next(iter(keywords.values())))
        return made
    if name == "extend" and args:
        for one in _several(args[0]):
            _add(machine, made, None, one)
        return made
    if name == "insert" and len(args) == 2:
        _insert(machine, made, constants(args[0]).only, args[1])
        return made
    if name == "pop" and args:
        taken = library.member(made, constants(args[0]).only)
        remove(machine, made, constants(args[0]).only)
        return taken
    return None


def add_module(machine: Calls, made: LibraryObject | Instance, args: Args, keywords: Keywords) -> Value:
    """`module.add_module("fc", nn.Linear(4, 3))`, of any module."""
    name, module = (args[at] if at < len(args) else keywords.get(word, NOTHING) for at, word in enumerate(("name", "module")))
    key = constants(name).only
    if isinstance(made, LibraryObject) and made.name == SEQUENTIAL:
        _add(machine, made, key, module)
    else:
        name_given = key if isinstance(key, str) else f"{library.SOME}{len(made.attributes)}"
        machine.store(made.attributes, made, name_given, module)
    return constant(None)


def replace(machine: Machine, made: LibraryObject, index: Value, value: Value) -> None:
    """`layers[1] = nn.Identity()`; of a model whose parts aren't known, `model[1] = …` is remembered by its key."""
    key = constants(index).only
    if made.name != SEQUENTIAL:
        if key is not None:
            made.attributes[str(key)] = value
    elif (name := _unfold(made, key)) is not None:
        machine.store(made.attributes, made, name, value)
    else:
        _forget(made)


def remove(machine: Machine, made: LibraryObject, key: Any) -> None:
    name = _unfold(made, key)
    if name is None or machine.repeat > made.branch:
        _forget(made)
    elif made.branch < machine.branch:
        machine.store(made.attributes, made, name, passed_by())
    else:
        del made.attributes[name]
        _renumber(made, list(library.named_layers(made).values()))


def _add(machine: Calls, made: LibraryObject, key: Any, layer: Value) -> None:
    _unfold(made, None)
    if not isinstance(key, str) or key not in made.attributes:
        if machine.repeat > made.branch:
            made.attributes[_free(made)] = Unknown()
        key = key if isinstance(key, str) else _free(made)
    machine.store(made.attributes, made, key, _perhaps(machine, made, layer) if key not in made.attributes else layer)


def _insert(machine: Calls, made: LibraryObject, at: Any, layer: Value) -> None:
    _unfold(made, None)
    if not isinstance(at, int) or machine.repeat > made.branch:
        _forget(made)
        return
    held = list(library.named_layers(made).values())
    held.insert(at, _perhaps(machine, made, layer))
    _renumber(made, held)


def _perhaps(machine: Calls, made: LibraryObject, layer: Value) -> Value:
    """What is added in a branch that is younger than the layers themselves."""
    if made.branch >= machine.branch:
        return layer
    here = machine.since(made.branch)
    return machine.overwritten(passed_by(), layer, here if stays(here, made, made.attributes) else ())


def _several(value: Value) -> list[Value]:
    if isinstance(value, Members) and value.items is not None:
        return list(value.items)
    if isinstance(value, LibraryObject) and value.name in library.CONTAINERS:
        return library.list_items(value) if value.name == "torch.nn.ModuleList" else library.layers(value)
    return [Unknown()]


def _unfold(made: LibraryObject, key: Any) -> str | None:
    """Keep every layer under its name from here on. Returns the name of the one at a position or of a name, if there is one."""
    held = library.named_layers(made)
    if made.args:
        made.args.clear()
        for name in held:
            made.attributes.pop(name, None)
        made.attributes.update(held)
    names = list(held)
    if isinstance(key, int):  # what stands behind any number of layers has no position
        return names[key] if -len(names) <= key < len(names) and not any(map(library.is_spread, held.values())) else None
    return key if isinstance(key, str) and key in held else None


def _free(made: LibraryObject) -> str:
    return next(name for at in count(len(made.attributes)) if (name := str(at)) not in made.attributes)


def _renumber(made: LibraryObject, layers: list[Value]) -> None:
    for name in library.named_layers(made):
        del made.attributes[name]
    made.attributes.update({str(at): one for at, one in enumerate(layers)})


def _forget(made: LibraryObject) -> None:
    made.args.clear()
    _renumber(made, [Unknown()])
