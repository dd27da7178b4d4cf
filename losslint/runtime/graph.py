"""What the autograd graph tells of a tensor's domain.

The walk goes from the tensor towards the model, through operations that keep the values (view, transpose, slice, cast,
clamp, …), until it meets one that decides what the numbers mean. On the way it keeps, for each axis of the value
at hand, which axis of the measured tensor it has become.

Tensors that nodes have saved are never asked for: hooks of the program may have moved them, or may answer as they like.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from losslint.facts import EACH, UNKNOWN_AXIS, Axis, Domain

BUDGET: Final = 200
"""Nodes looked at; a longer chain of views is unknown."""

Axes = list[Axis]
Sizes = list[int | None] | None

_SAME: Final = frozenset({"ToCopyBackward0", "CloneBackward0", "AliasBackward0", "ContiguousBackward0", "LiftFreshBackward0"})
_CLAMPS: Final = frozenset({"ClampBackward0", "ClampBackward1", "ClampMinBackward0", "ClampMaxBackward0"})
_VIEWS: Final = frozenset({"ViewBackward0", "UnsafeViewBackward0", "ReshapeAliasBackward0", "_UnsafeViewBackward0"})
_LEAF_VIEWS: Final = frozenset({"TBackward0", "PermuteBackward0", "TransposeBackward0", "ExpandBackward0"}) | _SAME | _VIEWS
_RECTIFIED: Final = {"ReluBackward0": "relu", "AbsBackward0": "abs"}
_LINEAR: Final = {
    "AddmmBackward0": "a linear layer",
    "ConvolutionBackward0": "a convolution",
    "LinearBackward0": "a linear layer",
}


@dataclass(frozen=True)
class Origin:
    """The domain and the operation that made it."""

    domain: Domain
    operation: str

    @property
    def note(self) -> str:
        return f"output of {self.operation} (autograd graph)"


def origin_of(tensor: Any) -> Origin | None:
    """The operation that decides what the tensor's numbers mean, None where the graph doesn't tell."""
    if tensor.grad_fn is None:
        return None
    sizes: Sizes = [int(size) for size in tensor.shape]
    return _Walk().origin(tensor.grad_fn, tensor.output_nr, list(range(tensor.dim())), sizes)


def is_root(node: Any) -> bool:
    """Whether a node of the graph takes the square root."""
    name = type(node).__name__
    return name == "SqrtBackward0" or (name == "PowBackward0" and node._saved_exponent == 0.5)


class _Walk:
    def __init__(self) -> None:
        self.left = BUDGET

    def origin(self, node: Any, output: int, axes: Axes, sizes: Sizes) -> Origin | None:
        while node is not None and self.left:
            self.left -= 1
            name = type(node).__name__
            if name in _DECIDES:
                return _DECIDES[name](self, node, axes, sizes)
            if name in ("CatBackward0", "StackBackward0"):
                return self._joined(node, name, axes, sizes)
            if name == "_DDPSinkBackward":
                node, output = node.next_functions[output]
                continue
            step = _below(node, name, axes, sizes)
            if step is None:
                return None
            axes, sizes = step
            node, output = node.next_functions[0]
        return None

    def _joined(self, node: Any, name: str, axes: Axes, sizes: Sizes) -> Origin | None:
        """What all parts agree on; a part without a graph is one that nothing is known of."""
        axis = _wrap(node._saved_dim, len(axes))
        if name == "StackBackward0":
            axes = axes[:axis] + axes[axis + 1 :]
            sizes = sizes[:axis] + sizes[axis + 1 :] if sizes is not None else None
        else:
            axes = [UNKNOWN_AXIS if at == axis else known for at, known in enumerate(axes)]
            sizes = [None if at == axis else size for at, size in enumerate(sizes)] if sizes is not None else None
        parts = [self.origin(part, output, list(axes), sizes) for part, output in node.next_functions]
        first = parts[0] if parts else None
        return first if first is not None and all(part == first for part in parts) else None

    def child(self, node: Any, index: int, axes: Axes, sizes: Sizes) -> Origin | None:
        child, output = node.next_functions[index]
        return self.origin(child, output, axes, sizes)


def _wrap(dim: int, rank: int) -> int:
    """A saved dim as a non-negative one: autograd stores -1 as 2**64 - 1."""
    if dim >= 1 << 63:
        dim -= 1 << 64
    return dim + rank if dim < 0 else dim


def _normalised(name: str, operation: str) -> Callable[[_Walk, Any, Axes, Sizes], Origin | None]:
    def decide(walk: _Walk, node: Any, axes: Axes, sizes: Sizes) -> Origin | None:
        axis = axes[_wrap(node._saved_dim, len(axes))] if axes else UNKNOWN_AXIS
        return Origin(Domain(name, axis, _was_normalised(walk, node, axes, sizes)), operation)

    return decide


def _squashed(name: str, operation: str) -> Callable[[_Walk, Any, Axes, Sizes], Origin | None]:
    return lambda walk, node, axes, sizes: Origin(Domain(name, EACH, _was_normalised(walk, node, axes, sizes)), operation)


def _was_normalised(walk: _Walk, node: Any, axes: Axes, sizes: Sizes) -> bool:
    """Whether what goes in are probabilities already, or were normalised twice before."""
    below = walk.child(node, 0, axes, sizes)
    return below is not None and (below.domain.twice or below.domain.name == "probs")


def _plain(name: str, operation: str, axis: Axis = UNKNOWN_AXIS) -> Callable[[_Walk, Any, Axes, Sizes], Origin | None]:
    return lambda walk, node, axes, sizes: Origin(Domain(name, axis), operation)


def _log(walk: _Walk, node: Any, axes: Axes, sizes: Sizes) -> Origin | None:
    below = walk.child(node, 0, axes, sizes)
    if below is None or below.domain.name != "probs":
        return None
    return Origin(replace(below.domain, name="log_probs", logged=True), f"log of {below.operation}")


def _exp(walk: _Walk, node: Any, axes: Axes, sizes: Sizes) -> Origin | None:
    below = walk.child(node, 0, axes, sizes)
    if below is not None and below.domain.name == "log_probs":
        return Origin(replace(below.domain, name="probs", logged=False), f"exp of {below.operation}")
    return Origin(Domain("rate"), "exp")


def _matmul(walk: _Walk, node: Any, axes: Axes, sizes: Sizes) -> Origin | None:
    """Logits only where a factor is a parameter: attention times one-hot rows is a matrix product of probabilities."""
    if any(_leads_to_leaf(below) for below, _ in node.next_functions):
        return Origin(Domain("logits"), "a linear layer")
    return None


def _scaled(walk: _Walk, node: Any, axes: Axes, sizes: Sizes) -> Origin | None:
    """Logits plus a bias, plus other logits, or times a temperature are logits; of the rest arithmetic knows nothing."""
    if type(node).__name__ in ("MulBackward0", "DivBackward0") and node.next_functions[-1][0] is not None:
        return None
    found = None
    for index, (below, _) in enumerate(node.next_functions):
        if below is None or _leads_to_leaf(below):
            continue
        part = walk.child(node, index, axes, None)
        if part is None or part.domain.name != "logits":
            return None
        found = part
    return found


def _clamped(walk: _Walk, node: Any, axes: Axes, sizes: Sizes) -> Origin | None:
    """Clamping keeps probabilities, away from 0 or not; clamping other values at 0 rectifies them."""
    below = walk.child(node, 0, axes, sizes)
    low = None if hasattr(node, "_raw_saved_min") else getattr(node, "_saved_min", None)
    if isinstance(low, (int, float)) and low == 0 and (below is None or below.domain.name != "probs"):
        return Origin(Domain("rectified"), "clamp")
    return below


def _leads_to_leaf(node: Any) -> bool:
    for _ in range(8):
        if node is None:
            return False
        name = type(node).__name__
        if name == "AccumulateGrad":
            return True
        if name not in _LEAF_VIEWS:
            return False
        node = node.next_functions[0][0]
    return False


_DECIDES: Final[dict[str, Callable[[_Walk, Any, Axes, Sizes], Origin | None]]] = {
    "SoftmaxBackward0": _normalised("probs", "softmax"),
    "LogSoftmaxBackward0": _normalised("log_probs", "log_softmax"),
    "SigmoidBackward0": _squashed("probs", "sigmoid"),
    "HardsigmoidBackward0": _squashed("probs", "hardsigmoid"),
    "LogSigmoidBackward0": _squashed("log_probs", "logsigmoid"),
    "SoftplusBackward0": _plain("rate", "softplus"),
    "LogBackward0": _log,
    "ExpBackward0": _exp,
    "MmBackward0": _matmul,
    "AddBackward0": _scaled,
    "SubBackward0": _scaled,
    "MulBackward0": _scaled,
    "DivBackward0": _scaled,
    **dict.fromkeys(_CLAMPS, _clamped),
    **{name: _plain("logits", operation) for name, operation in _LINEAR.items()},
    **{name: _plain("rectified", operation) for name, operation in _RECTIFIED.items()},
}


def _below(node: Any, name: str, axes: Axes, sizes: Sizes) -> tuple[Axes, Sizes] | None:
    """Axes and sizes of the input of an operation that keeps values, None for every other operation."""
    rank = len(axes)
    if name in _SAME:
        return axes, sizes
    if name == "TBackward0":
        return axes[::-1], sizes[::-1] if sizes is not None else None
    if name == "TransposeBackward0":
        a, b = _wrap(node._saved_dim0, rank), _wrap(node._saved_dim1, rank)
        order = list(range(rank))
        order[a], order[b] = order[b], order[a]
        return _reorder(axes, sizes, order)
    if name == "PermuteBackward0":
        dims = [_wrap(dim, rank) for dim in node._saved_dims]
        return _reorder(axes, sizes, [dims.index(at) for at in range(rank)])
    if name == "UnsqueezeBackward0":
        dim = _wrap(node._saved_dim, rank)
        return axes[:dim] + axes[dim + 1 :], sizes[:dim] + sizes[dim + 1 :] if sizes is not None else None
    if name == "UnbindBackward0":
        dim = _wrap(node._saved_dim, rank + 1)
        return [*axes[:dim], EACH, *axes[dim:]], None if sizes is None else [*sizes[:dim], None, *sizes[dim:]]
    if not hasattr(node, "_saved_self_sym_sizes"):
        return None
    before = [int(size) for size in node._saved_self_sym_sizes]
    kept = _kept(node, name, axes, before, sizes)
    return None if kept is None else (kept, list(before))


def _reorder(axes: Axes, sizes: Sizes, order: Sequence[int]) -> tuple[Axes, Sizes]:
    return [axes[at] for at in order], [sizes[at] for at in order] if sizes is not None else None


def _kept(node: Any, name: str, axes: Axes, before: list[int], after: Sizes) -> Axes | None:
    """For each axis of the input, the axis that it has become; `EACH` where one place along it was picked."""
    rank = len(before)
    if name in _VIEWS:
        return _viewed(axes, before, after)
    if name == "SqueezeBackward0":
        rest = iter(axes)
        return [UNKNOWN_AXIS if size == 1 else next(rest) for size in before]
    if name in ("SqueezeBackward1", "SqueezeBackward2"):
        saved = node._saved_dim
        dims = {_wrap(dim, rank) for dim in (saved if isinstance(saved, tuple) else (saved,))}
        rest = iter(axes)
        return [UNKNOWN_AXIS if at in dims and size == 1 else next(rest) for at, size in enumerate(before)]
    if name == "SelectBackward0":
        dim = _wrap(node._saved_dim, rank)
        return [*axes[:dim], EACH, *axes[dim:]]
    if name in ("SliceBackward0", "SplitBackward0", "SplitWithSizesBackward0", "IndexSelectBackward0"):
        dim = _wrap(node._saved_dim, rank)
        whole = after is not None and after[dim] == before[dim]
        return [UNKNOWN_AXIS if at == dim and not whole else axis for at, axis in enumerate(axes)]
    if name == "ExpandBackward0":
        return axes[len(axes) - rank :]
    if name == "IndexBackward0":
        # The indices themselves stay unread. Of `x[:, ids]` it is seen that one of the first two axes was picked from.
        indexed = len(node._raw_saved_indices) if rank == len(axes) else rank
        return [UNKNOWN_AXIS] * indexed + axes[indexed:]
    return None


def _viewed(axes: Axes, before: list[int], after: Sizes) -> Axes:
    """An axis survives a view when its size and the number of elements before and after it stay the same."""
    if after is None or any(size is None for size in after):
        return [UNKNOWN_AXIS] * len(before)
    now = [size for size in after if size is not None]
    kept: Axes = []
    for at, size in enumerate(before):
        same = [
            to for to, other in enumerate(now) if other == size and math.prod(now[:to]) == math.prod(before[:at]) and size != 1
        ]
        kept.append(axes[same[0]] if len(same) == 1 else UNKNOWN_AXIS)
    return kept
