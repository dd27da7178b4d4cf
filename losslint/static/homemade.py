"""Losses that no library made: whatever the program itself backpropagates, and its own means of squares."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from losslint.contracts import Contract, Slot
from losslint.facts import Facts
from losslint.shapes import Shape, broadcast
from losslint.static.values import Library, Value

OWN: Final = Contract(
    name="loss", library="", class_name=None, function_name=None, init=(), forward=("input",), function=("input",),
    slots={"input": Slot.parse("real any[*d]")}, prediction="input", target=None,
)  # fmt: skip
"""Of a loss of the program's own nothing is wanted but that its gradient reaches the model."""
SUMMAND: Final = Contract(
    name="summand", library="", class_name=None, function_name=None, init=(), forward=("summand",), function=("summand",),
    slots={"summand": Slot.parse("real any[*d]")}, prediction="summand", target=None,
)  # fmt: skip
"""Of what is added to a loss nothing is wanted but that it has a gradient."""
DIFFERENCE: Final = Contract(
    name="difference", library="", class_name=None, function_name=None, init=(), forward=("input", "target"),
    function=("input", "target"), slots={"input": Slot.parse("real any[*d]"), "target": Slot.parse("real any[*d]")},
    prediction="input", target="target", relation="same", mismatch="silent", symmetric=True,
)  # fmt: skip
"""`((prediction - target) ** 2).mean()`, written out."""

SUBTRACTS: Final = frozenset({"operator.sub", "torch.sub", "torch.subtract", "Tensor.sub"})
MEASURES: Final = frozenset({
    "operator.pow", "torch.pow", "Tensor.pow", "torch.square", "Tensor.square", "torch.abs", "Tensor.abs", "builtins.abs",
})  # fmt: skip
REDUCES: Final = frozenset({"torch.mean", "Tensor.mean", "torch.sum", "Tensor.sum"})


@dataclass(frozen=True)
class Difference:
    """A prediction less its target, not yet reduced. `measured`: its squares or absolute values."""

    left: Facts
    right: Facts
    node: ast.AST
    measured: bool = False


FOREIGN: Final = frozenset({"mxnet", "paddle", "chainer", "mindspore", "oneflow", "jittor", "megengine"})
"""Other libraries whose losses have a `backward` of their own: what becomes of their graphs isn't torch's affair."""


def is_foreign(names: Iterable[Value]) -> bool:
    """Whether a file, by what its names stand for, uses another such library."""
    return any(isinstance(one, Library) and one.name.partition(".")[0] in FOREIGN for one in names)


def crossing(left: Facts, right: Facts) -> bool:
    """Whether a column meets a vector for certain, so that every row is taken with every other."""
    pairs = [(a, b) for a in left.shape for b in right.shape]
    return bool(pairs) and all(_crosses(a, b) or _crosses(b, a) for a, b in pairs)


def _crosses(column: Shape, vector: Shape) -> bool:
    if vector.rank != 1 or vector.dims == (1,) or column.dims[-1:] != (1,):
        return False
    return (column.open or (column.rank == 2 and column.dims[0] != 1)) and broadcast(column, vector) is not None
