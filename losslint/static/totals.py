"""Totals over the turns of a loop, and those that an evaluation keeps: what adds losses up over the data to report them keeps
their graphs. Whoever wants the gradient of such a total backpropagates it somewhere, or asks for it."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from losslint.static.loading import is_loader
from losslint.static.losses import text

if TYPE_CHECKING:
    from losslint.static.machine import Scope


def added_to_itself(node: ast.Assign) -> ast.BinOp | None:
    """The sum in `total = total + loss`."""
    value = node.value
    if not isinstance(value, ast.BinOp) or not isinstance(value.op, ast.Add) or len(node.targets) != 1:
        return None
    name = text(node.targets[0])
    return value if name and name in (text(value.left), text(value.right)) else None


def started_anew(target: ast.expr, body: list[ast.stmt]) -> bool:
    """Whether every turn of a loop begins a total of its own."""
    name = text(target)
    for one in body:
        if isinstance(one, (ast.With, ast.AsyncWith, ast.Try)) and started_anew(target, one.body):
            return True
        if isinstance(one, ast.Assign) and added_to_itself(one) is None and any(text(other) == name for other in one.targets):
            return True
        if isinstance(one, ast.AnnAssign) and one.value is not None and text(one.target) == name:
            return True
    return False


def switched(called: ast.expr, scope: Scope) -> None:
    """`model.eval()`, `model.train()`, `model.train(False)`."""
    if not isinstance(called, ast.Call) or not isinstance(called.func, ast.Attribute) or len(called.args) > 1:
        return
    if called.func.attr == "eval" and not called.args:
        scope.evaluates = True
    elif called.func.attr == "train":
        scope.evaluates = bool(called.args) and isinstance(called.args[0], ast.Constant) and called.args[0].value is False


def keeper(node: ast.AST) -> ast.expr | None:
    """What a statement or a call adds to: `losses += [loss]`, `losses.append(loss)`."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        return node.func.value
    return node.target if isinstance(node, ast.AugAssign) else None


def reports(target: ast.expr, scope: Scope) -> bool:
    """Whether a total outlives the turns of a loop over data in which a model is evaluated."""
    if not scope.evaluates:
        return False
    for loop in reversed(scope.turning):
        if started_anew(target, loop.body):
            return False
        if isinstance(loop.node, (ast.For, ast.AsyncFor)) and is_loader(loop.node.iter):
            return True
    return False
