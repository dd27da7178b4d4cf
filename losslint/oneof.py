"""A set of alternatives, or anything at all."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator
from typing import Any, Final, Generic, TypeVar

from losslint.tri import Tri

T = TypeVar("T", bound=Hashable)
U = TypeVar("U", bound=Hashable)

LIMIT: Final = 12
"""More alternatives than this are widened to anything: joins must reach a fixed point."""


class OneOf(Generic[T]):
    """One of `values`, or anything when nothing is known.

    Immutable. The order of soundness is inclusion: `a.covers(b)` when every value that `b` allows, `a` allows too.
    A known OneOf is never empty.
    """

    __slots__ = ("values",)
    values: frozenset[T] | None

    def __init__(self, values: Iterable[T] | None = None) -> None:
        chosen = None if values is None else frozenset(values)
        if chosen is not None and not chosen:
            raise ValueError("OneOf needs at least one alternative; use ANY when nothing is known")
        if chosen is not None and len(chosen) > LIMIT:
            chosen = None
        object.__setattr__(self, "values", chosen)

    @classmethod
    def of(cls, *values: T) -> OneOf[T]:
        return cls(values)

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError("OneOf is immutable")

    def __reduce__(self) -> tuple[type[OneOf[T]], tuple[tuple[T, ...] | None]]:
        return (type(self), (None if self.values is None else tuple(self.values),))

    @property
    def known(self) -> bool:
        return self.values is not None

    @property
    def only(self) -> T | None:
        """The single alternative, or None when there are several or nothing is known."""
        if self.values is not None and len(self.values) == 1:
            return next(iter(self.values))
        return None

    def __iter__(self) -> Iterator[T]:
        """The alternatives, in a stable order; none when nothing is known."""
        if self.values is None:
            return iter(())
        return iter(self.values) if len(self.values) == 1 else iter(sorted(self.values, key=repr))

    def join(self, other: OneOf[T]) -> OneOf[T]:
        """What is known where two branches meet."""
        if self.values is None or other.values is None:
            return ANY
        return self if self.values == other.values else OneOf(self.values | other.values)

    def covers(self, other: OneOf[T]) -> bool:
        if self.values is None:
            return True
        return other.values is not None and other.values <= self.values

    def holds(self, test: Callable[[T], bool]) -> Tri:
        """Whether `test` holds: YES for every alternative, NO for none, else MAYBE."""
        if self.values is None:
            return Tri.MAYBE
        seen = {test(value) for value in self.values}
        return Tri.MAYBE if len(seen) == 2 else Tri.of(seen.pop())

    def some(self, test: Callable[[T], bool]) -> bool:
        """Whether a *known* alternative passes: evidence on some path."""
        return self.values is not None and any(test(value) for value in self.values)

    def is_(self, value: T) -> Tri:
        return self.holds(lambda mine: mine == value)

    def in_(self, values: Iterable[T]) -> Tri:
        wanted = frozenset(values)
        return self.holds(lambda mine: mine in wanted)

    def map(self, change: Callable[[T], U]) -> OneOf[U]:
        return ANY if self.values is None else OneOf(change(value) for value in self.values)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, OneOf) and self.values == other.values

    def __hash__(self) -> int:
        return hash(self.values)

    def __repr__(self) -> str:
        return "ANY" if self.values is None else f"OneOf({', '.join(map(repr, self))})"


ANY: Final[OneOf[Any]] = OneOf()
"""Nothing is known."""
