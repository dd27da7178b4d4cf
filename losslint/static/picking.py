"""Functions of the standard library and of numpy that hand on members of what they are given: which ones isn't known."""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from losslint.oneof import OneOf
from losslint.static.values import Data, Members, Value, constant, constants, join_all

if TYPE_CHECKING:
    from losslint.static.calls import Args, Calls, Keywords
    from losslint.static.machine import Scope


def _members(machine: Calls, value: Value, node: ast.AST, scope: Scope) -> Value:
    """Any one member."""
    from losslint.static.builtin import iterate

    found = iterate(machine, value, node, scope)
    return join_all(found) if isinstance(found, list) else found


def _one(machine: Calls, args: Args, keywords: Keywords, node: ast.AST, scope: Scope) -> Value:
    return _members(machine, args[0], node, scope)


def _several(machine: Calls, args: Args, keywords: Keywords, node: ast.AST, scope: Scope) -> Value:
    return Members("list", None, _members(machine, args[0], node, scope))


def _numpy_choice(machine: Calls, args: Args, keywords: Keywords, node: ast.AST, scope: Scope) -> Value | None:
    """One member without a size, else an array of them. Arrays and numbers are numpy's own affair."""
    if isinstance(args[0], Data):
        return None
    size = args[1] if len(args) > 1 else keywords.get("size", constant(None))
    chosen = _one if constants(size) == OneOf.of(None) else _several
    return chosen(machine, args, keywords, node, scope)


def _chain(machine: Calls, args: Args, keywords: Keywords, node: ast.AST, scope: Scope) -> Value:
    return Members("list", None, join_all([_members(machine, one, node, scope) for one in args]))


def _shuffle(machine: Calls, args: Args, keywords: Keywords, node: ast.AST, scope: Scope) -> Value:
    """In place: each member may stand anywhere afterwards."""
    held = args[0]
    if isinstance(held, Members) and held.items:
        held.items = [held.any()] * len(held.items)
    return constant(None)


def _same(machine: Calls, args: Args, keywords: Keywords, node: ast.AST, scope: Scope) -> Value:
    return args[0]


def _queue(machine: Calls, args: Args, keywords: Keywords, node: ast.AST, scope: Scope) -> Value:
    return Members("list", [], branch=machine.branches) if not args else _several(machine, args, keywords, node, scope)


PICKS: Final[dict[str, Callable[..., Value | None]]] = {
    "random.choice": _one, "secrets.choice": _one, "random.sample": _several, "random.choices": _several,
    "numpy.random.choice": _numpy_choice, "random.shuffle": _shuffle, "numpy.random.shuffle": _shuffle,
    "itertools.chain": _chain, "itertools.cycle": _same, "itertools.islice": _same, "collections.deque": _queue,
}  # fmt: skip


def pick(machine: Calls, name: str, args: Args, keywords: Keywords, node: ast.AST, scope: Scope) -> Value | None:
    """What such a function returns; None when the name isn't one's."""
    if (handler := PICKS.get(name)) is None or not (args or name == "collections.deque"):
        return None
    return handler(machine, args, keywords, node, scope)
