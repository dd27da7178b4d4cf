"""Objects on which a class itself never calls a method: `if self.copies: self.copy_loss()`, and this one makes no copies."""

from __future__ import annotations

import ast
from collections.abc import Callable, Container, Iterator
from typing import TYPE_CHECKING, Final

from losslint.static.machine import Scope
from losslint.static.values import Function, Instance
from losslint.static.walking import walk, whole
from losslint.tri import Tri

if TYPE_CHECKING:
    from losslint.static.mentions import Mention
    from losslint.static.statements import Statements

Test = tuple[ast.expr, Tri]
"""A condition, and its answer where the code below it runs."""
PLAIN: Final = (
    ast.Attribute,
    ast.Constant,
    ast.BoolOp,
    ast.UnaryOp,
    ast.Compare,
    ast.Name,
    ast.Load,
    ast.boolop,
    ast.unaryop,
    ast.cmpop,
)


def is_unreached(machine: Statements, instance: Instance, name: str, says: Callable[[Function], Container[Mention]]) -> bool:
    """Whether every call of `self.name` in the methods of an object stands below a condition on its attributes that it fails.
    `says`: what a function mentions."""
    sites = [
        (function, tests)
        for cls in instance.cls.ancestry
        for function in cls.names.values()
        if isinstance(function, Function) and function.name != name and ("own", name) in says(function)
        for tests in _sites(function).get(name, ())
    ]
    return bool(sites) and all(any(_fails(machine, instance, function, *test) for test in tests) for function, tests in sites)


def _sites(function: Function) -> dict[str, list[tuple[Test, ...]]]:
    """By the name of each method of its own object that a function calls: the conditions above each such call."""
    node = whole(function.node)
    found: dict[str, list[tuple[Test, ...]]] | None = node.__dict__.get("sites")
    if found is None:  # a base class of many is asked by each of them
        found = node.sites = {}
        for name, tests in _calls(node, ()):
            found.setdefault(name, []).append(tests)
    return found


def _fails(machine: Statements, instance: Instance, function: Function, test: ast.expr, wanted: Tri) -> bool:
    plain = all(isinstance(one, PLAIN) and (not isinstance(one, ast.Name) or one.id == "self") for one in walk(test))
    if not plain:
        return False
    truth, _, _ = machine.decide(test, Scope({"self": instance}, function.module))
    return truth is ~wanted


def _calls(node: ast.AST, tests: tuple[Test, ...]) -> Iterator[tuple[str, tuple[Test, ...]]]:
    """Each method of `self` that is called, and the conditions above the call."""
    if isinstance(node, ast.Call) and (name := _of_self(node.func)):
        yield name, tests
    below: list[tuple[ast.AST, tuple[Test, ...]]] = []
    if isinstance(node, (ast.If, ast.IfExp)):
        below.append((node.test, tests))
        for part, answer in ((node.body, Tri.YES), (node.orelse, Tri.NO)):
            below.extend((one, (*tests, (node.test, answer))) for one in (part if isinstance(part, list) else [part]))
    else:
        below.extend((one, tests) for one in ast.iter_child_nodes(node))
    for one, known in below:
        yield from _calls(one, known)


def _of_self(node: ast.expr) -> str:
    """The name in `self.name`."""
    return node.attr if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "self" else ""
