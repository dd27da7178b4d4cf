"""What the autograd graph tells of weights that come after a loss was reduced: the counterpart of `static.weighing`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final, Literal

from losslint.runtime.graph import is_root

Kind = Literal["root", "weighted", "modulated"]
_SUMS: Final = frozenset({"MeanBackward0", "MeanBackward1", "SumBackward0", "SumBackward1"})
_PRODUCT: Final = "MulBackward0"
_NEGATION: Final = "NegBackward0"
_POWERS: Final = frozenset({"PowBackward0", "PowBackward1"})
_DIFFERENCES: Final = frozenset({"RsubBackward0", "RsubBackward1", "SubBackward0"})
LONGEST: Final = 8
"""Products and signs between a sum and what it sums, or in a focal factor."""


def uses(node: Any) -> Iterator[tuple[Kind, Any]]:
    """The nodes of the graph whose very results are used so at `node`."""
    name = type(node).__name__
    if is_root(node):
        yield from (("root", below) for below in _inputs(node))
    elif name in _SUMS and _several(node):
        yield from (("weighted", one) for one in _weighted(node))
    elif name == _PRODUCT:
        yield from (("modulated", one) for one in _modulated(node))


def _inputs(node: Any) -> list[Any]:
    return [] if node is None else [below for below, _ in node.next_functions if below is not None]


def _several(node: Any) -> bool:
    """Whether more than one number is summed."""
    sizes = getattr(node, "_saved_self_sym_sizes", ())
    return any(size != 1 for size in sizes)


def _weighted(node: Any) -> Iterator[Any]:
    """What the product that is summed was computed of, times what has no graph."""
    (below,) = _inputs(node) or (None,)
    for _ in range(LONGEST):
        inputs = _inputs(below)
        if type(below).__name__ not in (_PRODUCT, _NEGATION) or len(inputs) != 1:
            return
        (below,) = inputs
        yield below


def _modulated(node: Any) -> Iterator[Any]:
    """`(1 - exp(-loss)) ** gamma * loss`, in either order."""
    inputs = _inputs(node)
    if len(inputs) == 2:
        for factor, other in (inputs, inputs[::-1]):
            loss = _without_sign(other)
            if loss is _loss_of(factor):
                yield loss


def _without_sign(node: Any) -> Any:
    while type(node).__name__ == _NEGATION:
        node = _inputs(node)[0]
    return node


def _loss_of(node: Any) -> Any:
    """The node whose result a focal factor, perhaps times a weight, was computed of."""
    for _ in range(LONGEST):
        name = type(node).__name__
        if name in _DIFFERENCES:
            break
        inputs = _inputs(node)
        if len(inputs) != 1 or name not in {_PRODUCT, _NEGATION, *_POWERS}:
            return None
        node = inputs[0]
    below = _inputs(node)
    if len(below) != 1 or type(below[0]).__name__ != "ExpBackward0":
        return None
    negated = _inputs(below[0])
    if len(negated) != 1 or type(negated[0]).__name__ != _NEGATION:
        return None
    return _without_sign(negated[0])
