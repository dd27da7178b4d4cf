"""Where something stands in a program, and the steps by which a value came to be."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from losslint.tri import Tri


class Locatable(Protocol):
    """Something whose place can be worked out when a report needs it."""

    def resolve(self) -> Place: ...


@dataclass(frozen=True, order=True)
class Place:
    """A span of source. Lines and columns are 1-based; in a notebook they count from the cell's start.

    `cell` is the 1-based number of the cell over all cells of the notebook, None elsewhere.
    """

    filename: str
    line: int
    column: int = 1
    end_line: int | None = None
    end_column: int | None = None
    cell: int | None = None

    def resolve(self) -> Place:
        return self

    def __str__(self) -> str:
        cell = f"cell {self.cell}:" if self.cell is not None else ""
        return f"{self.filename}:{cell}{self.line}"


@dataclass(frozen=True)
class Step:
    """One step of a value's way. `cuts` marks a step that took the value out of the autograd graph; `aside`: whether it
    did so as a side effect, as class ids, a comparison or a copy do, to what had a gradient."""

    where: Locatable
    note: str
    cuts: bool = False
    aside: Tri = Tri.NO
