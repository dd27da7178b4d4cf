"""From names to transfers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import cache
from typing import Final

from losslint.errors import KnowledgeError
from losslint.oneof import ANY, OneOf
from losslint.places import Locatable
from losslint.static.operand import Operand
from losslint.static.operations import (
    arithmetic,
    casting,
    creation,
    elementwise,
    extras,
    indexing,
    joining,
    linear,
    reductions,
    reshaping,
    written_out,
)
from losslint.static.operations.application import Application, bind, is_int
from losslint.static.operations.attributes import NUMBER, size
from losslint.static.operations.knowledge import Operation, operations

Transfer = Callable[[Application], Operand | None]
PADDED_STILL: Final = frozenset({
    "padded", "getitem", "keep", "cut", "same", "move_to", "to", "type", "type_as", "cast", "view", "view_as", "flatten",
    "squeeze", "unsqueeze", "swapped", "transpose", "permute", "movedim",
})  # fmt: skip
"""Transfers that leave what was padded padded; any other may have put something else in its place, or left it out."""


@cache
def transfers() -> Mapping[str, Transfer]:
    """Every transfer by the name that `operations.toml` uses."""
    return {
        "elementwise": elementwise.elementwise,
        "normalise": elementwise.normalise,
        "size": size_of,
        "count": count_of,
        **casting.TRANSFERS,
        **creation.TRANSFERS,
        **arithmetic.TRANSFERS,
        **extras.TRANSFERS,
        **indexing.TRANSFERS,
        **joining.TRANSFERS,
        **linear.TRANSFERS,
        **reductions.TRANSFERS,
        **reshaping.TRANSFERS,
    }


def size_of(app: Application) -> Operand:
    dim = app.only("dim")
    return size(app.input, dim if is_int(dim) else None) if is_int(dim) or not app.given("dim") else Operand(NUMBER)


def count_of(app: Application) -> Operand:
    """`x.numel()`, `x.dim()`: option `what`."""
    shape = app.input.facts.shape.only
    count = None if shape is None else shape.numel if app.operation.option("what") == "numel" else shape.rank
    return Operand(NUMBER) if count is None else Operand(NUMBER, OneOf.of(count))


def transfer_of(operation: Operation) -> Transfer:
    try:
        return transfers()[operation.transfer]
    except KeyError:
        raise KnowledgeError(f"operations.toml: {operation.name}: no transfer `{operation.transfer}`") from None


def find(name: str) -> Operation | None:
    """The operation of a canonical name; a trailing underscore (`relu_`) names the one that works in place."""
    known = operations()
    if name.startswith("inplace."):
        return known.get("operator." + name.removeprefix("inplace."))
    return known.get(name) or known.get(name.rstrip("_") if not name.endswith("__") else name)


def apply(name: str, operands: Sequence[Operand], keywords: Mapping[str, Operand], where: Locatable) -> Operand | None:
    """What is known of the result of an operation; None when the operation, or this way of calling it, isn't known."""
    operation = find(name)
    if operation is None:
        return None
    application = bind(operation, name, operands, keywords, where)
    result = None if application is None else transfer_of(operation)(application)
    if application is not None and result is not None:
        result = written_out.read(application, result)
    if result is None or not result.facts.padding.known or operation.transfer in PADDED_STILL:
        return result
    return replace(result, facts=result.facts.with_(padding=ANY))


def method(attr: str, receiver: Operand) -> str | None:
    """The canonical name of a method, given what is known of what it is called on; None when it isn't known."""
    kinds = receiver.facts.kind.values
    if kinds is not None and "ndarray" in kinds and kinds <= {"ndarray", "number", "bool"}:
        return f"ndarray.{attr}" if find(f"ndarray.{attr}") else None
    if kinds is not None and "tensor" not in kinds:
        return None
    operation = find(f"Tensor.{attr}")
    if operation is None or (receiver.facts.kind.only != "tensor" and not (operation.distinctive or operation.option("shared"))):
        return None
    return f"Tensor.{attr}"
