"""Totals of what turns out to be a loss: `total += output.loss` beside `output.loss.backward()`, in either order."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from losslint.static.losses import text
from losslint.static.values import Data, LibraryMethod, Unknown, Value, facts_of, losses_of

if TYPE_CHECKING:
    from losslint.static.calls import Calls
    from losslint.static.machine import Scope
    from losslint.static.positions import Mark


def added(machine: Calls, node: ast.expr, value: Value, where: Mark, scope: Scope) -> None:
    """Something that isn't known to be a loss is added to a total that a loop leaves: it may be, or have been, backpropagated."""
    name = _scaled(node)
    if machine.no_grad or not scope.turning or name is None or losses_of(value) or not _may_be_loss(value):
        return
    loop, source = scope.turning[-1], _source(name, scope)
    done = loop.done.get(text(name))
    if source is None:
        return
    if done is not None and done[0] is source:
        machine.note_used_at(where, frozenset({done[1]}), "accumulated")
    else:
        loop.awaited[text(name)] = (source, where)


def backpropagated(machine: Calls, node: ast.expr, loss: int, scope: Scope) -> None:
    """What the program backpropagates is a loss: so is what it has added to a total before."""
    if not scope.turning or not isinstance(node, (ast.Name, ast.Attribute)):
        return
    loop, source = scope.turning[-1], _source(node, scope)
    before = loop.awaited.pop(text(node), None)
    if before is not None and before[0] is source:
        machine.note_used_at(before[1], frozenset({loss}), "accumulated")
    if isinstance(node, ast.Attribute):  # a name stands for its loss itself
        loop.done[text(node)] = (source, loss)


def _may_be_loss(value: Value) -> bool:
    facts = facts_of(value)
    if not isinstance(value, (Data, Unknown, LibraryMethod)) or facts.requires_grad.only is False:
        return False
    return facts.kind.only in (None, "tensor")


def _scaled(node: ast.expr) -> ast.Name | ast.Attribute | None:
    """What is added, apart from a factor: `loss / steps`."""
    if isinstance(node, ast.BinOp) and isinstance(node.op, (ast.Mult, ast.Div)):
        node = node.left
    return node if isinstance(node, (ast.Name, ast.Attribute)) else None


def _source(node: ast.expr, scope: Scope) -> Value | None:
    """What the name at the root of an expression stands for: once it is bound anew, the expression means something else."""
    while isinstance(node, ast.Attribute):
        node = node.value
    return scope.find(node.id) if isinstance(node, ast.Name) else None
