"""A program's own Dice coefficient, `2 * (p * t).sum() / (p.sum() + t.sum())`, or IoU: of scores, which are not between 0 and 1,
they measure nothing."""

from __future__ import annotations

import ast
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from losslint.calls import Passed
from losslint.contracts import Contract, Slot
from losslint.facts import Facts
from losslint.static.homemade import SUBTRACTS
from losslint.static.losses import text
from losslint.static.values import Data, Unknown, Value, facts_of
from losslint.tri import Tri

if TYPE_CHECKING:
    from losslint.static.calls import Calls
    from losslint.static.machine import Scope

DICE: Final = Contract(
    name="dice", library="", class_name=None, function_name=None, init=(), forward=("input",), function=("input",),
    slots={"input": Slot.parse("probs any[*d]")}, prediction="input", target=None,
)  # fmt: skip
MULTIPLIES: Final = frozenset({"operator.mul", "torch.mul", "Tensor.mul"})
SQUARES: Final = frozenset({"operator.pow", "torch.pow", "Tensor.pow", "torch.square", "Tensor.square"})
SUMS: Final = frozenset({"torch.sum", "Tensor.sum"})
ADDS: Final = frozenset({"operator.add", "torch.add", "Tensor.add"})
COMBINES: Final = MULTIPLIES | ADDS | SUBTRACTS
DIVIDES: Final = frozenset({"operator.truediv", "torch.div", "Tensor.div"})
SCORES: Final = frozenset({"logits", "log_probs", "rectified"})


@dataclass(frozen=True)
class Part:
    """A part of the formula: a product or its sum, `of` two values; or the sum of the `totals` of several."""

    of: tuple[Value, Value] | None = None
    summed: bool = False
    totals: tuple[Value, ...] = ()


def part(name: str, args: list[Value]) -> Part | None:
    """The part of the formula that an operation makes of others."""
    first = args[0] if args else None
    second = args[1] if len(args) > 1 else None
    if name in SUMS and isinstance(first, (Data, Unknown)):
        return _summed(first) if isinstance(first, Data) else Part(totals=(first,))
    if name in SQUARES and isinstance(first, Data) and is_tensor(first):
        return Part((first, first))
    if name not in COMBINES or first is None or second is None:
        return None
    if not isinstance(first, Data) or not isinstance(second, Data):
        tensors = any(isinstance(one, Data) and is_tensor(one) for one in (first, second))
        unknown = any(isinstance(one, Unknown) for one in (first, second))
        return Part((first, second)) if name in MULTIPLIES and tensors and unknown else None
    if is_number(first) or is_number(second):
        return second.part if is_number(first) else first.part
    if name in SUBTRACTS:
        return first.part if second.part is not None and second.part.summed else None
    if name in MULTIPLIES:
        return Part((first, second)) if is_tensor(first) and is_tensor(second) else None
    if first.part is not None and second.part is not None and first.part.totals and second.part.totals:
        return Part(totals=(*first.part.totals, *second.part.totals))
    return None


def _summed(value: Data) -> Part | None:
    held = value.part
    if held is None:
        return Part(totals=(value,)) if is_tensor(value) else None
    if held.of is None or held.summed:
        return held
    return Part(totals=held.of[:1]) if held.of[0] is held.of[1] else replace(held, summed=True)


def is_tensor(value: Data) -> bool:
    return value.operand.facts.kind.only == "tensor"


def is_number(value: Data) -> bool:
    return value.operand.facts.kind.only == "number"


def note(machine: Calls, name: str, args: list[Value], node: ast.AST, scope: Scope) -> None:
    """Record the quotient where one of the two values is certainly scores."""
    if name not in DIVIDES or len(args) != 2 or not all(isinstance(one, Data) and one.part is not None for one in args):
        return
    above, below = (one.part for one in args if isinstance(one, Data))
    if above is None or below is None or above.of is None or not above.summed:
        return
    if len(below.totals) != 2:
        return
    if not all(any(one is other for other in below.totals) for one in above.of):
        return
    for one in above.of:
        facts = facts_of(one)
        if is_scores(facts):
            passed = (Passed("input", 0, facts, where=machine.mark(node, scope)),)
            machine.record(DICE, "call", "function", passed, {}, node, scope)
            made = machine.records[-1]
            made.call = replace(made.call, callee=text(node) or "dice")
            return


def is_scores(facts: Facts) -> bool:
    return facts.domain.holds(lambda domain: domain.name in SCORES) is Tri.YES
