"""`module.apply(function)`: what a function collects from a module and those in it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from losslint.static.modes import is_module, parts
from losslint.static.values import Function, Value

if TYPE_CHECKING:
    from losslint.static.calls import Calls
    from losslint.static.machine import Scope

MOST: Final = 32
"""Larger trees are not visited."""


def collects(function: Value) -> bool:
    """Whether a function can leave something behind where it was defined: one in another. What sets weights seldom is one."""
    return isinstance(function, Function) and function.scope.function is not None


def visit(machine: Calls, module: Value, function: Value, node: ast.AST, scope: Scope) -> None:
    every = list(_modules(module, set()))
    if len(every) <= MOST:
        for one in every:
            machine.call(function, [one], {}, node, scope)


def _modules(value: Value, seen: set[int]) -> Iterator[Value]:
    """The modules in a module, then itself."""
    if id(value) in seen or len(seen) > MOST:
        return
    seen.add(id(value))
    for one in parts(value):
        if is_module(one):
            yield from _modules(one, seen)
    yield value
