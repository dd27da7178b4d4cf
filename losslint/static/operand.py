"""A value as the operations see it: facts, constants and members, without identity."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from losslint.facts import UNKNOWN, Facts
from losslint.oneof import ANY, OneOf

if TYPE_CHECKING:
    from losslint.static.operations.written_out import Formula


AT_FIRST = "at first"
"""The tag of what `env.reset()` gives: the observation, or a tuple of it and something more."""


class Name(str):
    """A library object passed as a value, by its dotted name: `torch.float32`, `numpy.int64`."""

    __slots__ = ()


@dataclass(unsafe_hash=True)
class Operand:
    """An argument or a result of an operation.

    `value`: the Python constants that it can be (int, float, bool, str, None, `Name`, `Ellipsis`), ANY when it isn't
    constant. `items`: the members of a list, tuple or named tuple whose length is known, else None. A slice is an Operand
    with `tag` "slice" and three items (start, stop, step). `member`: what stands for any member of a list of unknown length.
    `formula`: the part that it is of a softmax that is written out.
    """

    facts: Facts = UNKNOWN
    value: OneOf[Any] = ANY
    items: tuple[Operand, ...] | None = None
    tag: str = ""
    fields: Mapping[str, int] = field(default_factory=dict, compare=False)
    member: Operand | None = None
    formula: Formula | None = field(default=None, compare=False)


UNKNOWN_OPERAND = Operand()
