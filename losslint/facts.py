"""What is known of one value, whether it was read in source or measured on a real tensor."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Final, Literal

from losslint.oneof import ANY, OneOf
from losslint.places import Step
from losslint.shapes import Shape

EACH: Final = "each"
"""The axis of probabilities that stand each for itself, as a sigmoid makes them."""
UNKNOWN_AXIS: Final = "?"
Axis = int | str

DOMAINS: Final = {
    "logits": "unnormalised real numbers",
    "probs": "probabilities",
    "log_probs": "log-probabilities",
    "class_index": "class indices",
    "one_hot": "one-hot rows",
    "signs": "signs, -1 or 1",
    "zero_one": "labels, 0 or 1",
    "rate": "a positive rate",
    "rectified": "rectified scores",
    "real": "any real number",
}
"""Names of value domains and how messages call them. `real` stands in contracts alone: anything goes."""

Kind = Literal[
    "tensor",
    "ndarray",
    "list",
    "tuple",
    "dict",
    "number",
    "bool",
    "str",
    "none",
    "dataframe",
    "module",
    "class",
    "function",
    "other",
]

FLOATS: Final = frozenset({"float16", "bfloat16", "float32", "float64"})
INTS: Final = frozenset({"uint8", "int8", "int16", "int32", "int64"})
DTYPES: Final = FLOATS | INTS | {"bool", "complex64", "complex128"}


@dataclass(frozen=True)
class Domain:
    """What the numbers mean. `axis`: the axis along which they are normalised, `EACH`, or `UNKNOWN_AXIS`.

    `twice`: (log-)probabilities made by normalising probabilities once more. `logged`: log-probabilities made by taking the
    logarithm of probabilities, not by one operation that is stable. `mixed`: distributions mixed by others, as by attention: no
    softmax of scores gives them.
    """

    name: str
    axis: Axis = UNKNOWN_AXIS
    twice: bool = False
    logged: bool = False
    mixed: bool = False

    def __str__(self) -> str:
        return self.name if self.axis == UNKNOWN_AXIS else f"{self.name}({self.axis})"


@dataclass(frozen=True)
class Range:
    """Every value lies in [low, high]. `exact`: both ends are attained, as in a literal or a measured tensor."""

    low: float = -math.inf
    high: float = math.inf
    exact: bool = False

    def join(self, other: Range) -> Range:
        return Range(min(self.low, other.low), max(self.high, other.high), self.exact and self == other)

    def covers(self, other: Range) -> bool:
        return self.low <= other.low and other.high <= self.high


NO_RANGE: Final = Range()
LONGEST_WAY: Final = 12
"""Steps of provenance that a value keeps."""


@dataclass(unsafe_hash=True)
class Facts:
    """What is known of one value. A change makes a new one (`with_`); where branches meet, `join`.

    `sums`: what the numbers along axis 1, or of a vector, add up to; only real tensors show it. `finite`: whether no
    number is NaN or infinite. `padding`: the number with which sequences of several lengths were filled up to one length, where
    that certainly happened and nothing was left out since.
    `requires_grad`: whether backward would reach a parameter through the value. `steps`, the way by which the value
    came to be, oldest first, takes no part in equality: two values of one kind are alike however they were made.
    """

    kind: OneOf[Kind] = ANY
    domain: OneOf[Domain] = ANY
    dtype: OneOf[str] = ANY
    shape: OneOf[Shape] = ANY
    requires_grad: OneOf[bool] = ANY
    device: OneOf[str] = ANY
    range: Range = NO_RANGE
    steps: tuple[Step, ...] = field(default=(), compare=False)
    sums: Range = NO_RANGE
    finite: OneOf[bool] = ANY
    padding: OneOf[float] = ANY

    def with_(self, **changes: object) -> Facts:
        return Facts(**{**self.__dict__, **changes})  # in half the time of `dataclasses.replace`, which matters here

    def after(self, *steps: Step) -> Facts:
        """One way more; a long way keeps its beginning and its end."""
        every = (*self.steps, *steps)
        return self.with_(steps=every if len(every) <= LONGEST_WAY else (*every[:4], *every[4 - LONGEST_WAY :]))

    def join(self, other: Facts) -> Facts:
        if self == other:
            return self if len(self.steps) >= len(other.steps) else other
        more = tuple(step for step in other.steps if step not in self.steps)
        return Facts(
            self.kind.join(other.kind),
            self.domain.join(other.domain),
            self.dtype.join(other.dtype),
            join_shapes(self.shape, other.shape),
            self.requires_grad.join(other.requires_grad),
            self.device.join(other.device),
            self.range.join(other.range),
            self.steps + more,
            self.sums.join(other.sums),
            self.finite.join(other.finite),
            self.padding.join(other.padding),
        )

    def covers(self, other: Facts) -> bool:
        """Soundness: whether everything that `other` allows is allowed here."""
        return not self.contradictions(other)

    def contradictions(self, other: Facts) -> tuple[str, ...]:
        """The names of the fields whose alternatives `other` leaves."""
        wrong = [
            name for name in ("kind", "dtype", "requires_grad", "device") if not getattr(self, name).covers(getattr(other, name))
        ]
        if not covers_domains(self.domain, other.domain):
            wrong.append("domain")
        if self.shape.values is not None and (
            other.shape.values is None
            or not all(any(mine.covers(theirs) for mine in self.shape.values) for theirs in other.shape.values)
        ):
            wrong.append("shape")
        if not self.range.covers(other.range):
            wrong.append("range")
        return tuple(wrong)


def covers_domains(mine: OneOf[Domain], theirs: OneOf[Domain]) -> bool:
    if mine.values is None:
        return True
    if theirs.values is None:
        return False
    return all(any(a.name == b.name and covers_axis(a.axis, b.axis) for a in mine.values) for b in theirs.values)


def covers_axis(mine: Axis, theirs: Axis) -> bool:
    """A negative axis was read where the rank isn't known: it may be any that is counted from the start."""
    return mine in (UNKNOWN_AXIS, theirs) or (isinstance(mine, int) and isinstance(theirs, int) and mine < 0 <= theirs)


def join_shapes(a: OneOf[Shape], b: OneOf[Shape]) -> OneOf[Shape]:
    """The union, except that a shape covered by another is dropped, so that loops settle."""
    both = a.join(b)
    if both.values is None or len(both.values) == 1:
        return both
    kept = [
        shape
        for shape in both.values
        if not any(other != shape and other.covers(shape) and not shape.covers(other) for other in both.values)
    ]
    return OneOf(kept or both.values)


UNKNOWN: Final = Facts()
