"""How long a list is whose members aren't all known: `[inputs] + hidden + [outputs]` has two or more."""

from __future__ import annotations

import ast
from typing import Final

from losslint.facts import Facts, Range
from losslint.oneof import OneOf
from losslint.static.operand import Operand
from losslint.static.values import Data, Members, Value, constants
from losslint.tri import Tri

LENGTH: Final = "length"
"""Tag of the length of a list, which is never less than its range says."""
MIRRORED: Final[dict[type[ast.cmpop], type[ast.cmpop]]] = {
    ast.Lt: ast.Gt, ast.Gt: ast.Lt, ast.LtE: ast.GtE, ast.GtE: ast.LtE, ast.Eq: ast.Eq, ast.NotEq: ast.NotEq,
}  # fmt: skip


def fewest(held: Members) -> int:
    return len(held.items) if held.items is not None else held.least + len(held.tail)


def at_least(length: int) -> Value:
    return Data(Operand(Facts(kind=OneOf.of("number"), range=Range(low=length)), tag=LENGTH))


def is_length(value: Value) -> bool:
    return isinstance(value, Data) and value.operand.tag == LENGTH


def compared(op: type[ast.cmpop], left: Value, right: Value) -> Tri:
    """What is known of `len(members) <= 1` and the like."""
    if not is_length(left) and is_length(right) and op in MIRRORED:
        op, left, right = MIRRORED[op], right, left
    limit = constants(right).only
    if not isinstance(left, Data) or not is_length(left) or not isinstance(limit, int):
        return Tri.MAYBE
    low = left.operand.facts.range.low
    if low > limit and op in (ast.Gt, ast.GtE, ast.NotEq, ast.Lt, ast.LtE, ast.Eq):
        return Tri.of(op in (ast.Gt, ast.GtE, ast.NotEq))
    if low == limit and op in (ast.GtE, ast.Lt):
        return Tri.of(op is ast.GtE)
    return Tri.MAYBE
