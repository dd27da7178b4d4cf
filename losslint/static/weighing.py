"""Weights that come after a loss was reduced: one number times a weight per sample, or times its own focal factor."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from losslint.shapes import Shape
from losslint.static.homemade import REDUCES, SUBTRACTS
from losslint.static.library import POWERS
from losslint.static.overlaps import MULTIPLIES
from losslint.static.values import Data, Value, constants, losses_of
from losslint.tri import Tri

if TYPE_CHECKING:
    from losslint.static.calls import Calls
    from losslint.static.machine import Scope

NEGATES: Final = frozenset({"operator.neg", "torch.neg", "Tensor.neg"})
EXPONENTIATES: Final = frozenset({"torch.exp", "Tensor.exp"})


@dataclass(frozen=True)
class Weight:
    """What has become of the very results of `losses`: their negation, `exp(-loss)`, one less that, a power of it; or a product
    with a tensor of several elements, which waits to be reduced."""

    losses: frozenset[int]
    stage: Literal["result", "negated", "likelihood", "factor", "weighted"]


def followed(machine: Calls, name: str, args: Sequence[Value], node: ast.AST, scope: Scope) -> Weight | None:
    """What an operation makes of it. The wrong uses are noted on the way."""
    if not args:
        return None
    first, *rest = args
    held = _held(machine, first)
    if name in REDUCES:
        if held is not None and held.stage == "weighted":
            machine.note_use(held.losses, "weighted", node, scope)
        return None
    if name in NEGATES and held is not None:
        turned: dict[str, Literal["result", "negated"]] = {"result": "negated", "negated": "result"}
        return Weight(held.losses, turned.get(held.stage, held.stage))
    if name in EXPONENTIATES and held is not None and held.stage == "negated":
        return Weight(held.losses, "likelihood")
    if name in POWERS and held is not None and held.stage == "factor":
        return held
    if len(rest) != 1:
        return None
    other = _held(machine, rest[0])
    if name in SUBTRACTS and other is not None and other.stage == "likelihood" and constants(first).only == 1:
        return Weight(other.losses, "factor")
    return _product(machine, args, held, other, node, scope) if name in MULTIPLIES else None


def _product(
    machine: Calls, args: Sequence[Value], left: Weight | None, right: Weight | None, node: ast.AST, scope: Scope
) -> Weight | None:
    for one, other, factor in ((left, right, args[1]), (right, left, args[0])):
        if one is None:
            continue
        if other is not None:
            if one.stage == "factor" and other.stage in ("result", "negated"):
                machine.note_use(one.losses & other.losses, "modulated", node, scope)
            continue
        if one.stage in ("factor", "weighted"):
            return one
        if one.stage in ("result", "negated") and has_several(factor):
            return Weight(one.losses, "weighted")
    return None


def _held(machine: Calls, value: Value | None) -> Weight | None:
    if not isinstance(value, Data) or not value.losses:
        return None
    if value.weight is not None:
        return value.weight
    results = machine.results_in(value)
    return Weight(results, "result") if results else None


def has_several(value: Value) -> bool:
    """Whether it is a tensor of several elements that isn't learnt: a mask, or weights of samples. Equal ones only scale."""
    if not isinstance(value, Data) or losses_of(value):
        return False
    facts = value.operand.facts
    if facts.kind.only not in ("tensor", "ndarray") or facts.requires_grad.only is True or facts.range.low == facts.range.high:
        return False
    return facts.shape.holds(_is_several) is Tri.YES


def _is_several(shape: Shape) -> bool:
    return any(dim != 1 for dim in shape.dims)
