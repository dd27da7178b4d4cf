"""Which calls are looked at with their numbers: dense at first, sparse later."""

from __future__ import annotations

from typing import Final

FIRST: Final = 8
"""Calls of a place that are all read."""
LARGEST_GAP: Final = 1000


class Schedule:
    """Due at the first `FIRST` calls, then after ever longer gaps (half as many calls as there were), up to `LARGEST_GAP`."""

    def __init__(self) -> None:
        self._next = 1

    def due(self, call: int) -> bool:
        """Whether the `call`-th call is read. Asked once a call."""
        if call < self._next:
            return False
        self._next = call + 1 if call < FIRST else call + min(call // 2, LARGEST_GAP)
        return True
