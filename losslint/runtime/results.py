"""What the results of calls show: the numbers so far at one place, and whether optimizers found gradients."""

from __future__ import annotations

import threading
from typing import Any, Final

from torch.optim.optimizer import register_optimizer_step_pre_hook

from losslint.calls import LossCall, Past
from losslint.facts import Facts

MOST_LOSSES: Final = 64
"""Losses that are awaited where no optimizer steps."""


def after_result(past: Past, call: LossCall, result: Facts) -> Past:
    """The past with one more call whose numbers were read."""
    if past.read == 0:
        return Past(1, call.prediction.range, result.range)
    return Past(past.read + 1, past.prediction.join(call.prediction.range), past.result.join(result.range))


class Steps:
    """Losses backpropagated since the last backward pass but one, and what the optimizers that stepped since then found.

    Of several optimizers one may have nothing to do: the losses are lost only where all that stepped found no gradient at
    all. A step with a closure calls backward itself and proves nothing.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._losses: list[Any] = []
        self.found: set[bool] = set()
        """Whether the optimizers that stepped while losses were awaited found a gradient."""
        self._hook: Any = None

    def watch(self) -> None:
        self._hook = register_optimizer_step_pre_hook(self._stepping)

    def forget(self) -> None:
        if self._hook is not None:
            self._hook.remove()

    def backpropagated(self, loss: Any) -> None:
        with self._lock:
            self._losses = [*self._losses[1 - MOST_LOSSES :], loss]

    def lost(self) -> list[Any]:
        """The losses whose gradients no optimizer found; from here on others are awaited."""
        with self._lock:
            if not self.found:
                return []
            losses, self._losses = self._losses, []
            found, self.found = self.found, set()
        return losses if found == {False} else []

    def _stepping(self, optimizer: Any, args: Any, kwargs: Any) -> None:
        if not self._losses:
            return
        # torch passes the optimizer itself among `args`.
        closure = len(args) > 1 or kwargs.get("closure") is not None
        any_ = closure or any(one.grad is not None for group in optimizer.param_groups for one in group["params"])
        with self._lock:
            if self._losses:
                self.found.add(any_)
