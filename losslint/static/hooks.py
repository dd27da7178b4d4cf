"""Hooks of modules, `register_forward_hook` and `register_forward_pre_hook`: what one returns takes the place of what its module
returned, or is given; None leaves it. `forward` called by its name runs none.

Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.Module.html
"""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from losslint.static.values import (
    NOTHING,
    Alternatives,
    LibraryObject,
    Members,
    Module,
    Table,
    Value,
    constant,
    constants,
    is_none,
)

if TYPE_CHECKING:
    from losslint.static.calls import Args, Calls, Keywords
    from losslint.static.machine import Scope

BEFORE: Final = "register_forward_pre_hook"
AFTER: Final = "register_forward_hook"
KEY: Final = "forward hooks"
"""Where an object keeps its hooks: no attribute is called so."""
HANDLE: Final = "torch.utils.hooks.RemovableHandle"


def register(machine: Calls, made: Module, name: str, args: Args, keywords: Keywords) -> Value:
    """Give a module a hook. Returns the handle by which it can be removed."""
    hook = args[0] if args else keywords.get("hook", NOTHING)
    handle = LibraryObject(HANDLE, [made, constant(name), hook], keywords, branch=machine.branches)
    first = constants(keywords.get("prepend", NOTHING)).only is True
    made.attributes.setdefault(KEY, Members("list", []))
    change(machine, made, lambda every: [handle, *every] if first else [*every, handle])
    return handle


def remove(machine: Calls, handle: LibraryObject) -> Value:
    made = handle.args[0]
    if isinstance(made, Module):
        change(machine, made, lambda every: [one for one in every if one is not handle])
    return constant(None)


def change(machine: Calls, made: Module, changed: Callable[[list[Value]], list[Value]]) -> None:
    """Give a module other hooks than it has. In a branch it may have the ones or the others afterwards."""
    held = _each(machine, made.attributes[KEY], lambda one: Members("list", changed(_handles(one))))
    machine.store(made.attributes, made, KEY, held)


def called(machine: Calls, made: Module, args: Args, keywords: Keywords, node: ast.AST, scope: Scope) -> Value:
    """What a module with hooks returns."""

    def under(held: Value) -> Value:
        given, named, handles = args, keywords, [one for one in _handles(held) if isinstance(one, LibraryObject)]
        for one in (each for each in handles if _when(each) == BEFORE):
            given, named = _given(machine.call(one.args[2], _passed(one, made, given, named), {}, node, scope), given, named)
        result = machine.call_unhooked(made, given, named, node, scope)
        for one in (each for each in handles if _when(each) == AFTER):
            before = result
            changed = machine.call(one.args[2], [*_passed(one, made, given, named), before], {}, node, scope)
            result = _each(machine, changed, lambda new, old=before: old if is_none(new) else new)  # type: ignore[misc]
        return result

    return _each(machine, made.attributes[KEY], under)


def _passed(handle: LibraryObject, made: Module, args: Args, keywords: Keywords) -> Args:
    """What a hook is passed before the output."""
    named = constants(handle.keywords.get("with_kwargs", NOTHING)).only is True
    return [made, Members("tuple", list(args)), *([Table(dict(keywords), None)] if named else [])]


def _given(changed: Value, args: Args, keywords: Keywords) -> tuple[Args, Keywords]:
    """What the module is given once a hook has returned this."""
    if is_none(changed):
        return args, keywords
    if isinstance(changed, Members) and changed.kind == "tuple" and changed.items is not None:
        return list(changed.items), keywords
    if isinstance(changed, (Alternatives, Members)):
        return [NOTHING for _ in args], keywords
    return [changed], keywords


def _handles(held: Value) -> list[Value]:
    return list(held.items or ()) if isinstance(held, Members) else []


def _when(handle: LibraryObject) -> object:
    return constants(handle.args[1]).only


def _each(machine: Calls, value: Value, act: Callable[[Value], Value]) -> Value:
    return machine.each(value, act) if isinstance(value, Alternatives) else act(value)
