"""Modules and names that a program puts together as it runs: `import_module("models." + args.model)`, `eval(args.model)`."""

from __future__ import annotations

import ast
import os
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from losslint.static.choices import Guard, Literal
from losslint.static.values import (
    NOTHING,
    WIDEST,
    Library,
    ModuleValue,
    Value,
    choose,
    constants,
)

if TYPE_CHECKING:
    from losslint.static.calls import Args, Calls, Keywords
    from losslint.static.machine import FileModule, Scope

HELD: Final = "{}"
"""What stands for the unknown part of a name."""


def import_module(machine: Calls, args: Args, keywords: Keywords, node: ast.AST, scope: Scope) -> Value:
    if not args:
        return NOTHING
    if constants(machine.told(args[0])).known:
        return machine.by_name(args[0], lambda name: imported(machine, name, scope))
    parts = _parts(node)
    if parts is None:
        origin = machine.origin_of(args[0])
        return _each(machine, node.args[0], scope, [], str) if origin is not None and isinstance(node, ast.Call) else NOTHING
    (before, after), part = parts
    package, _, stem = before.rpartition(".")
    return _each(machine, part, scope, _modules(machine, package, stem, after, scope), lambda name: f"{before}{name}{after}")


def evaluated(machine: Calls, args: Args, keywords: Keywords, node: ast.AST, scope: Scope) -> Value:
    """`eval` of a name or of a dotted name; anything longer isn't known."""
    if not args:
        return NOTHING
    parts = _parts(node)
    if parts is not None and parts[0][0].endswith(".") and not parts[0][1]:  # `eval("models." + name)`
        owner = _named(machine, parts[0][0][:-1], node, scope)
        picked = machine.evaluate(parts[1], scope)
        return machine.call(Library("builtins.getattr"), [owner, picked], {}, node, scope)
    return machine.by_name(args[0], lambda name: _named(machine, name, node, scope))


def imported(machine: Calls, name: str, scope: Scope) -> Value:
    found = machine.find_module(scope.module, name.lstrip("."), len(name) - len(name.lstrip(".")))
    return ModuleValue(found) if found is not None else Library(name)


def _named(machine: Calls, name: str, node: ast.AST, scope: Scope) -> Value:
    first, *rest = name.split(".")
    value = machine.evaluate(ast.Name(first, ast.Load()), scope)
    for part in rest:
        value = machine.attribute(value, part, node, scope)
    return value if name.replace(".", "").isidentifier() else NOTHING


def _parts(node: ast.AST) -> tuple[tuple[str, str], ast.expr] | None:
    """What stands before and after the one unknown part of the first argument, and that part."""
    if not isinstance(node, ast.Call) or not node.args:
        return None
    given, unknown = node.args[0], list[ast.expr]()
    text = _text(given, unknown)
    if text is None or len(unknown) != 1 or text.count(HELD) != 1:
        return None
    before, _, after = text.partition(HELD)
    return ((before, after), unknown[0]) if before else None


def _text(node: ast.expr, unknown: list[ast.expr]) -> str | None:
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, str) and HELD not in node.value else None
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        left, right = _text(node.left, unknown), _text(node.right, unknown)
        return None if left is None or right is None else left + right
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mod) and isinstance(node.left, ast.Constant):
        unknown.append(node.right)
        return str(node.left.value).replace("%s", HELD)
    if isinstance(node, ast.JoinedStr):
        parts = [_text(part.value if isinstance(part, ast.FormattedValue) else part, unknown) for part in node.values]
        return None if None in parts else "".join(part or "" for part in parts)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "format" and len(node.args) == 1:
        unknown.append(node.args[0])
        return str(node.func.value.value) if isinstance(node.func.value, ast.Constant) else None
    unknown.append(node)
    return HELD


def _modules(machine: Calls, package: str, stem: str, after: str, scope: Scope) -> list[str]:
    """What can stand in the place: names of modules of the package that begin and end in this way."""
    level = len(package) - len(package.lstrip("."))
    found = machine.find_module(scope.module, package[level:], level)
    if found is None or "." in after:
        return []
    names = sorted(name[:-3] for name in _listed(found) if name.endswith(".py") and name != "__init__.py")
    return [name[len(stem) : len(name) - len(after)] for name in names if name.startswith(stem) and name.endswith(after)]


def _listed(package: FileModule) -> list[str]:
    try:
        return os.listdir(os.path.dirname(package.path) or ".")  # noqa: PTH120, PTH208
    except OSError:
        return []


def _each(machine: Calls, part: ast.expr, scope: Scope, names: list[str], whole: Callable[[str], str]) -> Value:
    """One module for each name that the part can be: its options, else its default, else whatever there is."""
    origin = machine.origin_of(machine.evaluate(part, scope))
    if origin is None:
        return NOTHING
    told = origin.options if origin.options is not None else tuple(origin.default)
    chosen = [one for one in told if isinstance(one, str)] or names
    chosen = list(dict.fromkeys(chosen))[:WIDEST]
    cases: list[tuple[Value, Guard]] = [(imported(machine, whole(one), scope), (Literal(origin, "==", one),)) for one in chosen]
    if not cases or set(names) - set(chosen):
        cases.append((NOTHING, (Literal(origin, "in", tuple(chosen), False),)))
    return choose(cases)
