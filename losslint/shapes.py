"""Shapes with numeric, named and unknown dims.

A dim is an int, a name (equal names are equal sizes) or None (unknown). An open shape has unknown leading dims:
`Shape((1,), open=True)` is what `nn.Linear(64, 1)` gives for an input of unknown rank. A thin shape has no dim of size 1, as
`squeeze()` leaves it.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import zip_longest

from losslint.tri import Tri

Dim = int | str | None


def same_dim(a: Dim, b: Dim) -> Tri:
    """Whether two dims are the same size. Different names may be the same size."""
    if a is None or b is None:
        return Tri.MAYBE
    if a == b:
        return Tri.YES
    return Tri.NO if isinstance(a, int) and isinstance(b, int) else Tri.MAYBE


@dataclass(frozen=True)
class Shape:
    dims: tuple[Dim, ...]
    open: bool = False
    thin: bool = False

    @property
    def rank(self) -> int | None:
        return None if self.open else len(self.dims)

    def dim(self, axis: int) -> Dim:
        """The size along `axis`, None when it isn't known. Negative axes count from the end."""
        if axis < 0:
            return self.dims[axis] if -axis <= len(self.dims) else None
        return self.dims[axis] if not self.open and axis < len(self.dims) else None

    @property
    def numel(self) -> int | None:
        if self.open:
            return None
        total = 1
        for dim in self.dims:
            if not isinstance(dim, int):
                return None
            total *= dim
        return total

    def covers(self, other: Shape) -> bool:
        """Whether every shape that `other` allows is allowed here. Names are free: each covers any size."""
        mine, theirs = self.dims, other.dims
        if self.thin and not other.thin and (other.open or 1 in theirs):
            return False
        if self.open:
            if len(mine) > len(theirs):
                return False
            theirs = theirs[len(theirs) - len(mine) :]
        elif other.open or len(mine) != len(theirs):
            return False
        return all(not isinstance(a, int) or a == b for a, b in zip(mine, theirs, strict=True))

    def same(self, other: Shape) -> Tri:
        if (self.thin and 1 in other.dims) or (other.thin and 1 in self.dims):
            return Tri.NO
        if self.rank is not None and other.rank is not None and self.rank != other.rank:
            return Tri.NO
        if (self.open and not other.open and len(self.dims) > len(other.dims)) or (
            other.open and not self.open and len(other.dims) > len(self.dims)
        ):
            return Tri.NO
        pairs = zip(reversed(self.dims), reversed(other.dims), strict=False)
        agree = Tri.all(same_dim(a, b) for a, b in pairs)
        return agree if agree is Tri.NO or not (self.open or other.open) else Tri.MAYBE

    def __str__(self) -> str:
        dims = " ".join("?" if dim is None else str(dim) for dim in self.dims)
        if self.thin and not dims:
            return "[squeezed]"
        return f"[{'... ' if self.open else ''}{dims}]".replace(" ]", "]")


def broadcast(a: Shape, b: Shape) -> Shape | None:
    """The shape that torch broadcasts two shapes to; None when they certainly do not broadcast.

    Rule of numpy and torch: aligned at the end, a dim of 1 stretches.
    """
    dims: list[Dim] = []
    for x, y in zip_longest(reversed(a.dims), reversed(b.dims), fillvalue="absent"):
        if x == "absent" or y == "absent":
            present, short = (y, a) if x == "absent" else (x, b)
            if not short.open:
                dims.append(present)
            else:
                dims.append(present if isinstance(present, int) and present != 1 else None)
        elif x == y:
            dims.append(x)
        elif x == 1 or y == 1:
            dims.append(y if x == 1 else x)
        elif isinstance(x, int) and isinstance(y, int):
            return None
        else:
            dims.append(x if isinstance(x, int) else y if isinstance(y, int) else None)
    return Shape(tuple(reversed(dims)), a.open or b.open)
