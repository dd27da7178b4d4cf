"""Attributes of tensors and arrays."""

from __future__ import annotations

from typing import Any, Final

from losslint.facts import Facts
from losslint.oneof import ANY, OneOf
from losslint.places import Locatable
from losslint.shapes import Dim
from losslint.static.operand import Name, Operand
from losslint.static.operations.application import DIM_TAG
from losslint.static.operations.axes import rearranged
from losslint.static.operations.elementwise import cut
from losslint.static.operations.layouts import transpose
from losslint.static.operations.reshaping import turned
from losslint.static.operations.results import NO_GRAD, grad_of, step

NUMBER: Final = Facts(kind=OneOf.of("number"), requires_grad=NO_GRAD)
BOOL: Final = Facts(kind=OneOf.of("bool"), requires_grad=NO_GRAD)


def attribute(name: str, operand: Operand, where: Locatable) -> Operand | None:
    """An attribute of a tensor or an array; None when it isn't known. `shape` has its dims as items where the rank is known."""
    facts = operand.facts
    kind = facts.kind.only
    if kind not in ("tensor", "ndarray"):
        return None
    if name in ("T", "mT"):
        change = turned if name == "T" else lambda shape: transpose(shape, -1, -2)
        return Operand(step(rearranged(facts, change), where, "transposed"))
    if name == "shape":
        return shape_of(operand)
    if name == "ndim":
        rank = facts.shape.only.rank if facts.shape.only is not None else None
        return Operand(NUMBER, ANY if rank is None else OneOf.of(rank))
    if name == "dtype":
        library = "torch" if kind == "tensor" else "numpy"
        return Operand(Facts(kind=OneOf.of("other")), facts.dtype.map(lambda one: Name(f"{library}.{one}")))
    if kind == "ndarray":
        return None
    if name == "data":
        was = grad_of(operand).only
        return Operand(step(cut(facts), where, "detached by .data", cuts=was is not False))
    if name == "grad":
        return Operand(
            facts.with_(domain=ANY, range=Facts().range, requires_grad=NO_GRAD, kind=OneOf.of("tensor", "none"), steps=())
        )
    if name == "requires_grad":
        return Operand(BOOL, facts.requires_grad)
    if name == "device":
        return Operand(Facts(kind=OneOf.of("other")), facts.device, tag="device")
    if name == "is_cuda":
        return Operand(BOOL, facts.device.map(lambda one: one == "cuda"))
    return None


def shape_of(operand: Operand) -> Operand:
    """`x.shape`: dims known by name carry a tag, so that `view(n, -1)` finds them again."""
    shape = operand.facts.shape.only
    base = Facts(kind=OneOf.of("tuple"), requires_grad=NO_GRAD)
    if shape is None or shape.rank is None:
        return Operand(base, tag="shape")
    return Operand(base, items=tuple(size_operand(dim) for dim in shape.dims), tag="shape")


def size_operand(dim: Dim) -> Operand:
    if isinstance(dim, int):
        value: OneOf[Any] = OneOf.of(dim)
        return Operand(NUMBER, value)
    return Operand(NUMBER, tag=f"{DIM_TAG}{dim}" if dim is not None else "")


def size(operand: Operand, dim: int | None) -> Operand:
    """`x.size()`, `x.size(dim)`."""
    if dim is None:
        return shape_of(operand)
    sizes = {shape.dim(dim) for shape in operand.facts.shape}
    return size_operand(sizes.pop()) if len(sizes) == 1 else Operand(NUMBER)
