"""Totals of what turns out to be a loss, `total += output.loss` beside `output.loss.backward()` in either order, and of losses
that a sum takes to backward after they were added: `total += first`, then `(first + second).backward()`."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from losslint.static.losses import text
from losslint.static.values import Data, LibraryMethod, Unknown, Value, facts_of, losses_of
from losslint.static.walking import walk

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


def kept(machine: Calls, target: ast.expr, loss: Data, where: Mark, scope: Scope) -> None:
    """A loss is added to a total that a loop leaves: what is backpropagated in the same turn may be the total, or the loss."""
    waiting = frozenset(index for index in loss.losses if not machine.records[index].backward)
    if scope.turning and waiting and isinstance(target, (ast.Name, ast.Attribute)):
        scope.turning[-1].kept.append((text(target), waiting, where))


def done_with(machine: Calls, value: Value, written: ast.expr, scope: Scope) -> None:
    """A value is backpropagated of which a total had been added to, unless it is made of the total."""
    losses = losses_of(value)
    for name, waiting, where in scope.turning[-1].kept:
        if (met := waiting & losses) and not _made_of(written, name, scope.turning[-1].body):
            machine.note_used_at(where, met, "accumulated")


def _made_of(written: ast.expr, total: str, body: list[ast.stmt]) -> bool:
    """Whether an expression may be made of a total in a turn of a loop, by what the turn assigns. A method may read an attribute
    of its object, and a function of the turn its names."""
    owner = total.rpartition(".")[0]
    made: dict[str, list[ast.expr]] = {}
    for statement in body:
        for node in walk(statement):
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)):
                return True
            if isinstance(node, (ast.Assign, ast.AugAssign, ast.AnnAssign)) and node.value is not None:
                for target in node.targets if isinstance(node, ast.Assign) else [node.target]:
                    for part in walk(target):
                        if isinstance(part, (ast.Name, ast.Attribute)):
                            made.setdefault(text(part), []).append(node.value)
    waiting, seen = [written], {""}
    while waiting:
        for node in walk(waiting.pop()):
            if isinstance(node, ast.Call) and owner and text(node.func).startswith(f"{owner}."):
                return True
            if isinstance(node, (ast.Name, ast.Attribute)) and (name := text(node)) not in seen:
                if name == total:
                    return True
                seen.add(name)
                waiting += made.get(name, ())
    return False


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
