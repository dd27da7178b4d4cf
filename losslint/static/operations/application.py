"""One application of an operation: its arguments by the names of its parameters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any, Final

from losslint.oneof import ANY, OneOf
from losslint.places import Locatable
from losslint.shapes import Dim
from losslint.static.operand import Operand
from losslint.static.operations.knowledge import Operation

SYNONYMS: Final = {
    "axis": "dim",
    "axes": "dim",
    "keepdims": "keepdim",
    "a": "input",
    "x": "input",
    "self": "input",
    "object": "data",
    "shape": "size",
    "arrays": "tensors",
    "a_min": "min",
    "a_max": "max",
    "logits": "input",
    "data": "input",
    "vec2": "other",
}
"""numpy's names of parameters, most of which torch takes too."""

DIM_TAG: Final = "dim "
"""An operand with this tag is a size known by name: `DIM_TAG + "N"`."""


@dataclass(frozen=True)
class Application:
    operation: Operation
    name: str
    bound: Mapping[str, Operand]
    rest: tuple[Operand, ...] | None
    """What the starred parameter took; None when it was given by keyword."""
    where: Locatable

    @property
    def input(self) -> Operand:
        return self.bound["input"]

    def given(self, name: str) -> bool:
        return name in self.bound

    def operand(self, name: str) -> Operand | None:
        return self.bound.get(name)

    def constant(self, name: str) -> OneOf[Any]:
        """The constants that an argument can be; its default when it isn't given."""
        if name in self.bound:
            return self.bound[name].value
        default = next((param.default for param in self.operation.params if param.name == name), None)
        return OneOf.of(default)

    def only(self, name: str) -> Any:
        """The one constant that an argument certainly is, else None."""
        return self.constant(name).only

    def dims(self, name: str) -> OneOf[tuple[int, ...] | None]:
        """The axes that an argument names: a tuple of them, or None for all; ANY when it isn't known."""
        operand = self.bound.get(name)
        if operand is not None and operand.items is not None:
            return integers(operand.items).map(lambda places: places)
        found = self.constant(name)
        if found.values is None or not all(value is None or is_int(value) for value in found.values):
            return ANY
        return OneOf(None if value is None else (value,) for value in found.values)

    def sizes(self, name: str) -> tuple[Dim, ...] | None:
        """Sizes given as one tuple or one by one; None when not even their number is known."""
        if name in self.bound:
            return sizes_of(self.bound[name])
        if self.rest is None:
            return None
        if len(self.rest) == 1 and (self.rest[0].items is not None or not is_number(self.rest[0])):
            return sizes_of(self.rest[0])
        return tuple(size(item) for item in self.rest)

    def axes(self, name: str) -> OneOf[tuple[int, ...]]:
        """Axes given as one tuple or one by one."""
        if name in self.bound:
            operands: tuple[Operand, ...] | None = self.bound[name].items or (self.bound[name],)
        elif self.rest is not None and len(self.rest) == 1 and self.rest[0].items is not None:
            operands = self.rest[0].items
        else:
            operands = self.rest
        return ANY if operands is None else integers(operands)


def bind(
    operation: Operation, name: str, operands: Sequence[Operand], keywords: Mapping[str, Operand], where: Locatable
) -> Application | None:
    """Arguments to parameters; None when they don't fit. Keywords that are no parameters (`out`) are left aside."""
    positional = [param for param in operation.params if not param.keyword_only and not param.star]
    star = next((param for param in operation.params if param.star), None)
    if len(operands) > len(positional) and star is None:
        return None
    bound = {param.name: operand for param, operand in zip(positional, operands, strict=False)}
    names = {param.name for param in operation.params}
    for keyword, operand in keywords.items():
        target = keyword if keyword in names else SYNONYMS.get(keyword, keyword)
        if target in names:
            bound[target] = operand
    if any(param.required and param.name not in bound for param in operation.params):
        return None
    rest = tuple(operands[len(positional) :])
    given_by_keyword = star is not None and star.name in bound
    return Application(operation, name, bound, None if given_by_keyword else rest, where)


def is_int(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def is_number(operand: Operand) -> bool:
    """Whether it is certainly a Python number."""
    if operand.tag.startswith(DIM_TAG):
        return True
    if operand.value.values is not None:
        return all(isinstance(value, (int, float, complex)) for value in operand.value.values)
    kinds = operand.facts.kind.values
    return kinds is not None and kinds <= {"number", "bool"}


def size(operand: Operand) -> Dim:
    only = operand.value.only
    if isinstance(only, int) and not isinstance(only, bool):
        return only
    return operand.tag.removeprefix(DIM_TAG) if operand.tag.startswith(DIM_TAG) else None


def sizes_of(operand: Operand) -> tuple[Dim, ...] | None:
    if operand.items is not None:
        return tuple(size(item) for item in operand.items)
    return (size(operand),) if is_number(operand) else None


def integers(operands: Sequence[Operand]) -> OneOf[tuple[int, ...]]:
    """Every tuple of ints that operands can stand for."""
    found = [operand.value.values for operand in operands]
    if any(values is None or not all(is_int(value) for value in values) for values in found):
        return ANY
    return OneOf(tuple(choice) for choice in product(*(sorted(values or ()) for values in found)))
