"""Summands of a loss that carry no gradient: what is backpropagated is live all the same, so that torch never says so."""

from __future__ import annotations

import ast
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from losslint.calls import Passed
from losslint.oneof import OneOf
from losslint.shapes import Shape
from losslint.static.homemade import SUMMAND
from losslint.static.losses import text
from losslint.static.values import Data, Value, facts_of
from losslint.tri import Tri

if TYPE_CHECKING:
    from losslint.static.calls import Calls
    from losslint.static.machine import Scope

ADDS: Final = frozenset({"add", "sub"})
SUMS: Final = frozenset({
    "operator.add", "operator.sub", "operator.neg", "Tensor.sum", "torch.sum", "Tensor.mean", "torch.mean", "Tensor.float",
    "Tensor.to", "Tensor.clone",
})  # fmt: skip
SCALES: Final = frozenset({"operator.mul", "operator.truediv"})
"""By something without gradient: a summand that is scaled is still a summand."""
SCALAR: Final = OneOf.of(Shape(()))


def noted(machine: Calls, left: Value, right: Value, total: Value, node: ast.AST, scope: Scope) -> Value:
    """The sum or difference of a loss and a number that was computed from a live prediction but came out of the graph.

    What was detached was meant to be; what went through class ids or a comparison seldom was.
    """
    if not isinstance(left, Data) or not isinstance(right, Data) or not isinstance(total, Data):
        return total
    for one, other, place in ((left, right, 0), (right, left, 1)):
        if other.losses and is_dead(one):
            return replace(total, summands=total.summands | {record(machine, one, place, node, scope)})
    return total


def is_dead(value: Data) -> bool:
    facts = value.operand.facts
    if facts.requires_grad.only is not False or facts.kind.only != "tensor" or facts.shape != SCALAR:
        return False
    cuts = [step for step in facts.steps if step.cuts]
    return any(step.aside is Tri.YES for step in cuts) and all(step.aside is not Tri.NO for step in cuts)


def record(machine: Calls, value: Data, place: int, node: ast.AST, scope: Scope) -> int:
    at, whole = node, ""
    if isinstance(node, ast.BinOp):
        at, whole = (node.left, node.right)[place], text(node)
    elif isinstance(node, ast.AugAssign):
        at, whole = (node.target, node.value)[place], text(node.target)
    name = text(at) or "summand"
    passed = (Passed(name, place, facts_of(value), where=machine.mark(at, scope), text=name),)
    contract = replace(SUMMAND, function=(name,), forward=(name,), prediction=name, slots={name: SUMMAND.slots["summand"]})
    machine.record(contract, "call", "function", passed, {}, node, scope)
    made = machine.records[-1]
    made.call = replace(made.call, callee=whole or "loss")
    return len(machine.records) - 1


def held(name: str, args: list[Value]) -> frozenset[int]:
    """The dead summands that are still summands of an operation's result."""
    if name in SCALES:
        if len(args) != 2 or not any(is_plain(one) for one in args):
            return frozenset()
    elif name not in SUMS:
        return frozenset()
    return frozenset().union(*(one.summands for one in args if isinstance(one, Data)))


def is_plain(value: Value) -> bool:
    facts = facts_of(value)
    return facts.kind.only == "number" or facts.requires_grad.only is False


__all__ = ["ADDS", "held", "noted"]
