"""Three-valued truth."""

from __future__ import annotations

import enum
from collections.abc import Iterable


class Tri(enum.Enum):
    """Kleene's strong three-valued logic.

    ===== ===== =====    ===== ===== =====    ===== =====
    a     b     a & b    a     b     a | b    a     ~a
    ===== ===== =====    ===== ===== =====    ===== =====
    YES   YES   YES      YES   any   YES      YES   NO
    YES   MAYBE MAYBE    NO    NO    NO       NO    YES
    NO    any   NO       NO    MAYBE MAYBE    MAYBE MAYBE
    MAYBE MAYBE MAYBE    MAYBE MAYBE MAYBE
    ===== ===== =====    ===== ===== =====    ===== =====

    ``bool()`` of it is refused: an ``if`` on MAYBE would hide the question.
    """

    NO = 0
    MAYBE = 1
    YES = 2

    @classmethod
    def of(cls, truth: bool) -> Tri:
        return cls.YES if truth else cls.NO

    @classmethod
    def all(cls, items: Iterable[Tri]) -> Tri:
        """The conjunction; YES when there is none."""
        return min(items, key=lambda item: item.value, default=cls.YES)

    @classmethod
    def any(cls, items: Iterable[Tri]) -> Tri:
        """The disjunction; NO when there is none."""
        return max(items, key=lambda item: item.value, default=cls.NO)

    def __and__(self, other: Tri) -> Tri:
        return self if self.value <= other.value else other

    def __or__(self, other: Tri) -> Tri:
        return self if self.value >= other.value else other

    def __invert__(self) -> Tri:
        return Tri(2 - self.value)

    def __bool__(self) -> bool:
        raise TypeError("the truth of a Tri is not a bool: compare it with Tri.YES, Tri.NO or Tri.MAYBE")
