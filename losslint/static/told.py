"""Classes and functions that a library fills from the command line: tyro, simple_parsing, `HfArgumentParser`, fire and others.

Each field, and each parameter, is an option: what it is by default is known, and whoever starts the program may say otherwise.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final

from losslint.oneof import ANY
from losslint.static.choices import Origin
from losslint.static.machine import Scope
from losslint.static.values import (
    NOTHING,
    Class,
    Data,
    Function,
    Instance,
    LibraryObject,
    Members,
    Unknown,
    Value,
    constants,
    make,
)
from losslint.static.walking import whole

if TYPE_CHECKING:
    from losslint.static.calls import Args, Calls, Keywords

FILLS: Final = frozenset({
    "tyro.cli", "dcargs.cli", "simple_parsing.parse", "pyrallis.parse", "draccus.parse", "jsonargparse.CLI",
    "jsonargparse.auto_cli", "fire.Fire", "typer.run", "defopt.run",
})  # fmt: skip
"""Functions that fill a class or run a function, which they are given first."""
WRAPS: Final = frozenset({"pyrallis.wrap", "draccus.wrap"})
"""Decorators of a function that is given a class so filled."""
PARSERS: Final = ("HfArgumentParser", "TrlParser", "H4ArgumentParser")
"""Parsers that are given classes, by the last part of their name."""
PARSES: Final = frozenset(
    {"parse_args_into_dataclasses", "parse_args_and_config", "parse_dict", "parse_json_file", "parse_yaml_file"}
)
TAPS: Final = frozenset({"tap.Tap", "tap.tap.Tap"})
"""Base classes of classes that fill themselves, by `parse_args`."""


def call(machine: Calls, name: str, args: Args, keywords: Keywords, node: ast.AST, scope: Scope) -> Value | None:
    """What `tyro.cli(Config)` and `fire.Fire(main)` return; None where it isn't known what they are given."""
    if name not in FILLS:
        return None
    given = args[0] if args else keywords.get("config_class", NOTHING)
    if isinstance(given, Class):
        return filled(machine, given) if _annotated(given) else None
    if isinstance(given, Function) and not isinstance(given.node, ast.Lambda):
        offer(machine, given)
        return machine.call(given, [], {}, node, scope)
    return None


def parsed(machine: Calls, parser: LibraryObject, name: str, keywords: Keywords) -> Value | None:
    """`parser.parse_args_into_dataclasses()` of a parser that was given classes."""
    if name not in PARSES or parser.name.rpartition(".")[2] not in PARSERS:
        return None
    given = parser.args[0] if parser.args else parser.keywords.get("dataclass_types", NOTHING)
    classes = given.items if isinstance(given, Members) else [given]
    if not classes:
        return None
    made: list[Value] = [filled(machine, one) if isinstance(one, Class) else NOTHING for one in classes]
    return Members("tuple", [*made, NOTHING] if "return_remaining_strings" in keywords else made)


def offer(machine: Calls, function: Function) -> None:
    """Make each parameter of a function an option."""
    spec = function.node.args
    for parameter in (*spec.posonlyargs, *spec.args, *spec.kwonlyargs):
        told = _class(machine, parameter.annotation, function.scope)
        if told is not None:
            function.defaults[parameter.arg] = filled(machine, told, Origin(parameter.arg))
        else:
            default = function.defaults.get(parameter.arg, NOTHING)
            function.defaults[parameter.arg] = _option(Origin(parameter.arg), parameter.annotation, default)


def filled(machine: Calls, cls: Class, owner: Origin | None = None) -> Instance:
    """An object of a class whose fields are options."""
    told = owner or Origin(cls.name)
    told.offered = True
    instance = make(cls, machine.branches, told)
    fill(machine, instance, told)
    return instance


def fill(machine: Calls, instance: Instance, owner: Origin) -> None:
    for name, annotation, scope in _annotated(instance.cls):
        part, found = _class(machine, annotation, scope), instance.cls.lookup(name)
        if part is not None:
            instance.attributes[name] = filled(machine, part, owner.member(name))
        else:
            instance.attributes[name] = _option(owner.member(name), annotation, found[0] if found is not None else NOTHING)
    machine.finish_fields(instance, instance.cls.node, Scope(instance.cls.module.names, instance.cls.module))


def _option(origin: Origin, annotation: ast.expr | None, default: Value) -> Value:
    """Something that is told, or what it is by default. What is no constant is nobody's option."""
    if not isinstance(default, (Data, Unknown)):
        return default
    origin.offered, origin.default = True, constants(default) if isinstance(default, Data) else ANY
    origin.options = _choices(annotation)
    return Unknown(origin=origin)


def _choices(annotation: ast.expr | None) -> tuple[Any, ...] | None:
    """Everything that a field annotated with `Literal["a", "b"]` or `bool` can be."""
    if isinstance(annotation, ast.Name) and annotation.id == "bool":
        return (True, False)
    if not isinstance(annotation, ast.Subscript) or _last(annotation.value) != "Literal":
        return None
    every = annotation.slice.elts if isinstance(annotation.slice, ast.Tuple) else [annotation.slice]
    found = tuple(one.value for one in every if isinstance(one, ast.Constant))
    return found if len(found) == len(every) else None


def _class(machine: Calls, annotation: ast.expr | None, scope: Scope) -> Class | None:
    """The class of fields that an annotation names."""
    value = machine.evaluate(annotation, scope) if isinstance(annotation, (ast.Name, ast.Attribute)) else None
    return value if isinstance(value, Class) and value.fields is not None else None


def _annotated(cls: Class) -> list[tuple[str, ast.expr, Scope]]:
    """The fields of a class and of its bases, those of the bases first."""
    return [each for one in reversed(cls.ancestry) for each in _own(one)]


def _own(cls: Class) -> Iterator[tuple[str, ast.expr, Scope]]:
    for one in whole(cls.node).body:
        if isinstance(one, ast.AnnAssign) and isinstance(one.target, ast.Name) and "ClassVar" not in ast.unparse(one.annotation):
            yield one.target.id, one.annotation, Scope(cls.names, cls.module)


def _last(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""
