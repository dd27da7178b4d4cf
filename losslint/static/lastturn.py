"""Tests by which a loop's body asks whether it runs for the last time: `if index < len(self.layers) - 1`."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from losslint.static.losses import text
from losslint.static.walking import walk

Ends = dict[int, bool]
"""What such tests, by their identity, are in the last turn; in the others they are the opposite."""
BELOW: Final[dict[type[ast.cmpop], int]] = {ast.Lt: 0, ast.NotEq: 0, ast.LtE: 1}
"""Operators by which an index is before the last one, and how much less than that is compared with."""
ABOVE: Final[dict[type[ast.cmpop], int]] = {ast.Eq: 0, ast.GtE: 0, ast.Gt: 1}
"""Those by which it is the last one."""
SWAPPED: Final[dict[type[ast.cmpop], type[ast.cmpop]]] = {ast.Lt: ast.Gt, ast.Gt: ast.Lt, ast.LtE: ast.GtE, ast.GtE: ast.LtE}


@dataclass
class Extent:
    """How often a loop runs: one of `bases`, and so much less."""

    bases: list[ast.expr]
    counted: bool
    less: int

    @cached_property
    def written(self) -> frozenset[str]:
        return frozenset(f"len({text(one)})" if self.counted else text(one) for one in self.bases)


def ends(loop: ast.For | ast.AsyncFor) -> Ends:
    """The tests of a loop's body that are decided by whether the turn is the last. A loop that trains has none: its turns are
    alike."""
    index, extent = _index(loop)
    if index is None or extent is None:
        return {}
    found: Ends = {}
    for statement in loop.body:
        for node in walk(statement):
            if isinstance(node, ast.Attribute) and node.attr == "backward":
                return {}
            if isinstance(node, ast.Compare) and len(node.ops) == 1:
                last = _in_last(node.left, type(node.ops[0]), node.comparators[0], index, extent)
                if last is not None:
                    found[id(node)] = last
    return found


def _index(loop: ast.For | ast.AsyncFor) -> tuple[str | None, Extent | None]:
    """The name that counts the turns from 0, and how many there are."""
    over, target = loop.iter, loop.target
    if not isinstance(over, ast.Call) or not isinstance(over.func, ast.Name) or over.keywords:
        return None, None
    if over.func.id == "range" and isinstance(target, ast.Name) and len(over.args) in (1, 2):
        base, less = _less(over.args[-1])
        return target.id, Extent([base], counted=False, less=less)
    if over.func.id == "enumerate" and isinstance(target, ast.Tuple) and len(over.args) == 1:
        first, every = target.elts[0], over.args
        if isinstance(every[0], ast.Call) and isinstance(every[0].func, ast.Name) and every[0].func.id == "zip":
            every = every[0].args
        if isinstance(first, ast.Name):
            return first.id, Extent(every, counted=True, less=0)
    return None, None


def _less(node: ast.expr) -> tuple[ast.expr, int]:
    """`n - 1` as `n` and 1; of what is added, less than nothing."""
    less = 0
    while isinstance(node, ast.BinOp) and isinstance(node.op, (ast.Add, ast.Sub)) and isinstance(node.right, ast.Constant):
        if type(node.right.value) is not int:
            break
        less += node.right.value if isinstance(node.op, ast.Sub) else -node.right.value
        node = node.left
    return node, less


def _in_last(left: ast.expr, op: type[ast.cmpop], right: ast.expr, index: str, extent: Extent) -> bool | None:
    """What the comparison is in the last turn, where it is the opposite in all others."""
    one, before = _less(left)
    other, after = _less(right)
    if not isinstance(one, ast.Name) or one.id != index:
        one, before, other, after, op = other, after, one, before, SWAPPED.get(op, op)
    if not isinstance(one, ast.Name) or one.id != index or (op not in BELOW and op not in ABOVE):
        return None
    # index - before is compared with base - after, and the last index is base - less - 1.
    under = after - before - extent.less - 1
    if under not in (0, 1) or (written := text(other)) not in extent.written or not written:
        return None
    if op in BELOW:
        return False if under == BELOW[op] else None
    return True if under == ABOVE[op] else None
