"""Which loss calls take part in a backward pass: results carry a mark that the graph leads back to."""

from __future__ import annotations

import weakref
from collections.abc import Iterable
from typing import Any, Final

import torch

from losslint.runtime.spots import Pending
from losslint.runtime.weighing import Kind, uses

MOST_NODES: Final = 256
"""Nodes of the autograd graph between a root and the losses that take part in it."""
PASSES: Final = 4
"""Backward passes that look for a result; walking the graph costs, and most calls aren't marked."""
MARK: Final = "losslint"


class Results:
    """Results of loss calls that are awaited in backward passes. They are held weakly, or marked on their graph's node."""

    def __init__(self) -> None:
        self._leaves: dict[int, tuple[weakref.ref[Any], Pending]] = {}
        self.passes_left = 0
        """Backward passes that still look for a result."""

    def add(self, loss: Any, pending: Pending) -> None:
        self.passes_left = PASSES
        if loss.grad_fn is not None:
            loss.grad_fn.metadata.setdefault(MARK, []).append((weakref.ref(self), pending))
            return
        key = id(loss)
        gone = weakref.ref(loss, lambda _: self._leaves.pop(key, None) and None)
        self._leaves[key] = (gone, pending)

    def taking_part(self, roots: Iterable[Any]) -> list[tuple[Pending, frozenset[Kind]]]:
        """Those from which a backward pass starts or through which it goes first, and what was done with their results."""
        if not self.passes_left:
            return []
        self.passes_left -= 1
        found: list[Pending] = []
        used: dict[Any, set[Kind]] = {}
        kinds: dict[int, set[Kind]] = {}
        nodes: list[Any] = []
        for root in roots:
            held = self._leaves.get(id(root))
            if held is not None and held[0]() is root:
                found.append(held[1])
            if isinstance(root, torch.Tensor) and root.grad_fn is not None:
                nodes.append(root.grad_fn)
        seen = set(nodes)
        at = 0
        while at < len(nodes) and at < MOST_NODES:
            marks = [pending for results, pending in nodes[at].metadata.get(MARK, ()) if results() is self]
            found.extend(marks)
            for kind, below in uses(nodes[at]):
                used.setdefault(below, set()).add(kind)
            for pending in marks:
                kinds.setdefault(id(pending), set()).update(used.get(nodes[at], ()))
            for below, _ in () if marks else nodes[at].next_functions:
                if below is not None and below not in seen:
                    seen.add(below)
                    nodes.append(below)
            at += 1
        return [(pending, frozenset(kinds.get(id(pending), ()))) for pending in found if not pending.done]
