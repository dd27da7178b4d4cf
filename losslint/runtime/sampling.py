"""Which calls are looked at with their numbers, and when numbers that look like probabilities are believed."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from losslint.runtime.values import Values

FIRST: Final = 8
"""Calls of a place that are all read."""
LARGEST_GAP: Final = 5000
BATCHES: Final = 2
"""Batches in a row that have to look like probabilities before they are taken for such; more, after one that did not."""


class Schedule:
    """Due at the first `FIRST` calls, then after ever longer gaps (half as many calls as there were), up to `LARGEST_GAP`."""

    def __init__(self) -> None:
        self.next = 1

    def due(self, call: int) -> bool:
        """Whether the `call`-th call is read. Asked once a call, except before `next`."""
        if call < self.next:
            return False
        self.next = call + 1 if call < FIRST else call + min(call // 2, LARGEST_GAP)
        return True


class Evidence:
    """What numbers showed of the arguments at one place, batch after batch."""

    def __init__(self) -> None:
        self._streaks: dict[int, int] = {}
        self._wanted: dict[int, int] = {}

    def weigh(self, argument: int, values: Values) -> Values:
        """The values, without their domain as long as it could be chance. One-hot rows carry a bound of their own."""
        domain = values.domain
        if domain is not None and domain.name == "one_hot":
            return values
        streak = self._streaks.get(argument, 0)
        if domain is None:
            if streak:
                self._wanted[argument] = 2 * self._wanted.get(argument, BATCHES)
            self._streaks[argument] = 0
            return values
        self._streaks[argument] = streak + 1
        if streak + 1 >= self._wanted.get(argument, BATCHES):
            return values
        return replace(values, domain=None, note="")
