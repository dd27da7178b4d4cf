"""The arguments of a constructor or a call, bound to their parameters and read as Python constants."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from losslint.shapes import Dim
from losslint.static.operand import UNKNOWN_OPERAND, Operand
from losslint.static.operations.application import DIM_TAG


class Arguments:
    """What was passed, by parameter. Reading gives None where an argument is not a known constant."""

    def __init__(self, parameters: Sequence[str], operands: Sequence[Operand], keywords: Mapping[str, Operand]) -> None:
        self.bound: dict[str, Operand] = {**dict(zip(parameters, operands, strict=False)), **keywords}
        self.spread = "**" in self.bound
        """Whether `**options` were passed: what is not given by name may be among them, so no default is known."""

    def __contains__(self, name: str) -> bool:
        """Whether it was passed, as something other than None."""
        return name in self.bound and not is_none(self.bound[name])

    def operand(self, name: str) -> Operand:
        return self.bound.get(name, UNKNOWN_OPERAND)

    def flag(self, name: str, default: bool | None = None) -> bool | None:
        if name not in self.bound:
            return None if self.spread else default
        value = self.bound[name].value.only
        return bool(value) if isinstance(value, bool | int) else None

    def text(self, name: str, default: str | None = None) -> str | None:
        if name not in self.bound:
            return None if self.spread else default
        value = self.bound[name].value.only
        return str(value) if isinstance(value, str) else None

    def integer(self, name: str, default: int | None = None) -> int | None:
        return integer(self.bound[name]) if name in self.bound else None if self.spread else default

    def dim(self, name: str) -> Dim:
        """A size, which may be known by name only."""
        operand = self.operand(name)
        return operand.tag.removeprefix(DIM_TAG) if operand.tag.startswith(DIM_TAG) else integer(operand)

    def number(self, name: str, default: float | None = None) -> float | None:
        return number(self.bound[name]) if name in self.bound else None if self.spread else default

    def integers(self, name: str, count: int, default: int | None = None) -> tuple[int | None, ...]:
        """`count` sizes, of one number or of a tuple."""
        if name not in self.bound:
            return (None if self.spread else default,) * count
        operand = self.bound[name]
        if operand.items is not None:
            sizes = tuple(integer(item) for item in operand.items)
            return sizes * count if len(sizes) == 1 else sizes if len(sizes) == count else (None,) * count
        return (integer(operand),) * count


def integer(operand: Operand) -> int | None:
    value = operand.value.only
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def number(operand: Operand) -> float | None:
    value = operand.value.only
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def is_none(operand: Operand) -> bool:
    """Whether it is certainly the constant None."""
    return operand.value.values == frozenset({None})
