"""Loops over a few numbers by which attributes and members are named: `setattr(self, f"fc{i}", nn.Linear(8, 8))`, and over those
by which a list is filled from another: `layers.append(nn.Linear(sizes[i], sizes[i + 1]))`.

Each turn of such a loop means something else. Loops over other numbers are as good as loops of any length.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Any, Final

from losslint.static.values import Library, Value, constant, constants
from losslint.static.walking import walk

if TYPE_CHECKING:
    from losslint.static.expressions import Expressions
    from losslint.static.machine import Scope

MOST: Final = 16
"""Longer loops are not followed turn by turn."""
NAMING: Final = frozenset({
    "setattr", "getattr", "hasattr", "delattr", "add_module", "register_module", "register_buffer", "register_parameter",
    "get_submodule", "__setattr__", "__getattr__",
})  # fmt: skip
LOOPS: Final = (ast.For, ast.AsyncFor, ast.While)


def counted(machine: Expressions, target: ast.expr, over: ast.expr, body: Any, scope: Scope) -> list[Value] | None:
    """The numbers that a loop or comprehension goes through, where there are few and its `body` names something by them.
    `body`: a node, of which the answer is kept."""
    if not isinstance(target, ast.Name) or not isinstance(over, ast.Call) or over.keywords:
        return None
    if not isinstance(over.func, ast.Name) or over.func.id != "range" or not _tells_apart(target.id, body):
        return None
    function = machine.evaluate(over.func, scope)
    bounds = [constants(machine.evaluate(one, scope)).only for one in over.args]
    if not isinstance(function, Library) or not all(type(one) is int for one in bounds):
        return None
    try:
        numbers = range(*bounds)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return None
    return [constant(number) for number in numbers] if 0 < len(numbers) <= MOST else None


def _tells_apart(number: str, body: Any) -> bool:
    known: bool | None = body.__dict__.get("tells_apart")
    if known is None:
        every = list(walk(body))
        known = body.tells_apart = any(
            _mentions(part, number) for one in every for text in _names(one) for part in walk(text) if _is_written(part)
        ) or (
            isinstance(body, ast.For)
            and not any(isinstance(one, LOOPS) and one is not body for one in every)
            and any(isinstance(one, ast.Subscript) and _mentions(one.slice, number) for one in every)
            and any(map(_fills, every))
        )
    return known


def _fills(node: ast.AST) -> bool:
    """Whether it puts something at the end of a list: `layers.append(layer)`, `layers += [layer, nn.ReLU()]`."""
    if isinstance(node, ast.AugAssign):
        return isinstance(node.op, ast.Add) and isinstance(node.value, (ast.List, ast.Tuple))
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in ("append", "extend")


def _mentions(node: ast.AST, name: str) -> bool:
    return any(isinstance(one, ast.Name) and one.id == name for one in walk(node))


def _names(node: ast.AST) -> list[ast.expr]:
    """What names an attribute or a member in a node itself."""
    if isinstance(node, ast.Call):
        called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        return node.args if called in NAMING else []
    if isinstance(node, ast.DictComp):
        return [node.key]
    return [node.slice] if isinstance(node, ast.Subscript) else []


def _is_written(node: ast.AST) -> bool:
    """Whether it is a text made of others: `f"fc{i}"`, `"fc%d" % i`, `"fc{}".format(i)`, `"fc" + str(i)`."""
    if isinstance(node, ast.Call):
        return isinstance(node.func, ast.Attribute) and node.func.attr == "format" and isinstance(node.func.value, ast.Constant)
    if isinstance(node, ast.BinOp):
        return any(isinstance(side, ast.Constant) and isinstance(side.value, str) for side in (node.left, node.right))
    return isinstance(node, ast.JoinedStr)
