"""Hydra: the configuration that a main function is given, and the objects that `_target_` names."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from losslint.oneof import OneOf
from losslint.static import configs
from losslint.static.choices import Literal, Origin
from losslint.static.values import (
    NOTHING,
    WIDEST,
    Alternatives,
    Function,
    Library,
    Members,
    ModuleValue,
    Partial,
    Table,
    Unknown,
    Value,
    choose,
    constants,
)

if TYPE_CHECKING:
    from losslint.static.calls import Args, Calls, Keywords
    from losslint.static.machine import Scope

MAIN: Final = "hydra.main"
MAKES: Final = frozenset({"hydra.utils.instantiate", "hydra.utils.call", "hydra.instantiate"})
NAMES: Final = frozenset({"hydra.utils.get_class", "hydra.utils.get_method", "hydra.utils.get_object"})
MOST: Final = 100
"""Files that one configuration is composed of."""


def main(function: Function, keywords: Keywords, args: Args) -> None:
    """`@hydra.main(config_path="conf", config_name="config")`: what the function is given where nobody gives it anything."""
    folder = constants(keywords.get("config_path", args[0] if args else NOTHING)).only
    name = constants(keywords.get("config_name", args[1] if len(args) > 1 else NOTHING)).only
    parameters = function.node.args.args
    if not isinstance(name, str) or not isinstance(folder, str) or not parameters:
        return
    composed = _compose(Path(function.module.path).parent / folder, name, set())
    if composed is not None:
        content, groups = composed
        told = Origin(parameters[0].arg)
        value = configs.value_of(content, told, content)
        for place, (chosen, others) in groups.items():
            _offer(value, place, chosen, others, told)
        function.defaults[parameters[0].arg] = value


Groups = dict[tuple[str, ...], tuple[str, dict[str, Any]]]
"""By its place in the configuration: which file of a group is taken, and the others."""


def _compose(folder: Path, name: str, seen: set[Path]) -> tuple[dict[Any, Any], Groups] | None:
    """A file and those that its `defaults` name, the later over the earlier; each file once, as hydra has it."""
    path = folder / (name if name.endswith((".yaml", ".yml")) else f"{name}.yaml")
    own = configs.read(path) if path not in seen and len(seen) < MOST else None
    seen.add(path)
    if not isinstance(own, dict):
        return None
    mine = {key: value for key, value in own.items() if key != "defaults"}
    listed = own.get("defaults") or []
    found: dict[Any, Any] = {}
    groups: Groups = {}
    if not isinstance(listed, list):
        return mine, groups
    for entry in [*listed, *(() if "_self_" in listed else ("_self_",))]:
        if entry == "_self_":
            _merge(found, mine)
        elif isinstance(entry, str) and (base := _compose(folder, entry, seen)) is not None:
            _merge(found, base[0])
            groups.update(base[1])
        elif isinstance(entry, dict):
            for group, chosen in entry.items():
                _add_group(found, groups, folder, str(group), chosen, seen)
    return found, groups


def _add_group(found: dict[Any, Any], groups: Groups, folder: Path, group: str, chosen: Any, seen: set[Path]) -> None:
    group = group.removeprefix("override ").removeprefix("optional ").strip("/ ")
    if not isinstance(chosen, str) or "@" in group:
        return
    below = folder / group
    composed = _compose(below, chosen, seen)
    if composed is None:
        return
    place = tuple(group.split("/"))
    _merge(found, _nested(place, composed[0]))
    groups.update({(*place, *inner): known for inner, known in composed[1].items()})
    others = {one.stem: configs.read(one) for one in sorted(below.glob("*.yaml"))[: WIDEST + 1] if one.stem != chosen}
    groups[place] = chosen, {name: content for name, content in others.items() if isinstance(content, dict)}


def _nested(place: tuple[str, ...], content: Any) -> dict[Any, Any]:
    return {place[0]: _nested(place[1:], content) if len(place) > 1 else content}


def _merge(found: dict[Any, Any], more: dict[Any, Any]) -> None:
    for key, value in more.items():
        if isinstance(value, dict) and isinstance(found.get(key), dict):
            _merge(found[key], value)
        else:
            found[key] = dict(value) if isinstance(value, dict) else value


def _offer(value: Value, place: tuple[str, ...], chosen: str, others: dict[str, Any], told: Origin) -> None:
    """The other files of a group are choices, too; the one that the defaults name is what is meant by default."""
    for part in place[:-1]:
        value = value.items.get(part, NOTHING) if isinstance(value, Table) else NOTHING
        told = told.member(part)
    if not others or not isinstance(value, Table) or place[-1] not in value.items:
        return
    origin = told.member(place[-1])
    origin.default, origin.offered = OneOf.of(chosen), True
    cases = [(value.items[place[-1]], (Literal(origin, "==", chosen),))]
    for name, content in others.items():
        if len(cases) < WIDEST:
            cases.append((configs.value_of(content, Origin(place[-1])), (Literal(origin, "==", name),)))
    value.items[place[-1]] = choose(cases)


def call(machine: Calls, name: str, args: Args, keywords: Keywords, node: ast.AST, scope: Scope) -> Value | None:
    """What a function of hydra returns; None when the name isn't one's."""
    if name in NAMES and args:
        return machine.by_name(args[0], lambda path: named(machine, path, node, scope))
    if name not in MAKES:
        return None
    config = args[0] if args else keywords.get("config", NOTHING)
    rest = {key: value for key, value in keywords.items() if key != "config"}
    return make(machine, config, args[1:], rest, node, scope)


def make(machine: Calls, config: Value, args: Args, keywords: Keywords, node: ast.AST, scope: Scope) -> Value:
    """The object that a configuration describes: `_target_` with the other keys as arguments, made of their own first."""
    if isinstance(config, Alternatives):
        return machine.each(config, lambda one: make(machine, one, args, keywords, node, scope))
    if isinstance(config, Members) and config.items is not None:
        return Members("list", [make(machine, one, [], {}, node, scope) for one in config.items], branch=machine.branches)
    target = constants(config.items["_target_"]).only if isinstance(config, Table) and "_target_" in config.items else None
    if not isinstance(config, Table) or not isinstance(target, str):
        return config if isinstance(config, Table) else machine.unknown([config, *args], keywords)
    settings = {key: constants(config.items[key]).only for key in config.items if str(key).startswith("_")}
    given = {
        str(key): _made(machine, one, node, scope) if settings.get("_recursive_") is not False else one
        for key, one in config.items.items()
        if not str(key).startswith("_")
    }
    given.update(keywords)
    function = named(machine, target, node, scope)
    if _switched_on(config.items.get("_partial_")):
        return Partial(function, tuple(args), given)
    return machine.call(function, args, given, node, scope)


def _made(machine: Calls, value: Value, node: ast.AST, scope: Scope) -> Value:
    if any("_target_" in one.items for one in _tables(value)):
        return make(machine, value, [], {}, node, scope)
    return value


def _tables(value: Value) -> Iterator[Table]:
    if isinstance(value, Table):
        yield value
    elif isinstance(value, (Alternatives, Members)):
        for one in (value.values if isinstance(value, Alternatives) else value.items) or ():
            yield from _tables(one)


def _switched_on(value: Value | None) -> bool:
    return isinstance(value, Unknown) and value.origin is not None and value.origin.default.only is True


def named(machine: Calls, path: str, node: ast.AST, scope: Scope) -> Value:
    """What a dotted path names: in the program's own modules, else in a library."""
    parts = path.split(".")
    for length in range(len(parts) - 1, 0, -1):
        module = machine.find_module(scope.module, ".".join(parts[:length]), 0)
        if module is not None:
            found: Value = ModuleValue(module)
            for part in parts[length:]:
                found = machine.attribute(found, part, node, scope)
            return found
    return Library(path)
