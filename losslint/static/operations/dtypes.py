"""dtypes: their names in source and how torch and numpy promote them."""

from __future__ import annotations

from itertools import product
from typing import Any, Final

from losslint.facts import DTYPES, FLOATS, INTS
from losslint.oneof import ANY, OneOf

TORCH: Final = {
    "float": "float32",
    "double": "float64",
    "half": "float16",
    "long": "int64",
    "int": "int32",
    "short": "int16",
    "cfloat": "complex64",
    "cdouble": "complex128",
    "FloatTensor": "float32",
    "DoubleTensor": "float64",
    "HalfTensor": "float16",
    "BFloat16Tensor": "bfloat16",
    "LongTensor": "int64",
    "IntTensor": "int32",
    "ShortTensor": "int16",
    "CharTensor": "int8",
    "ByteTensor": "uint8",
    "BoolTensor": "bool",
    "Tensor": "float32",
}
NUMPY: Final = {
    "float": "float64",
    "float_": "float64",
    "double": "float64",
    "single": "float32",
    "half": "float16",
    "int": "int64",
    "int_": "int64",
    "long": "int64",
    "intc": "int32",
    "short": "int16",
    "byte": "int8",
    "ubyte": "uint8",
    "bool_": "bool",
    "f4": "float32",
    "f8": "float64",
    "i4": "int32",
    "i8": "int64",
    "f": "float32",
    "d": "float64",
    "u1": "uint8",
    "uint8": "uint8",
}
PYTHON: Final = {"float": "float64", "int": "int64", "bool": "bool"}

SIZES: Final = {
    "uint8": 1,
    "int8": 1,
    "int16": 2,
    "int32": 4,
    "int64": 8,
    "float16": 2,
    "bfloat16": 2,
    "float32": 4,
    "float64": 8,
}


def read_dtype(value: object) -> str | None:
    """The dtype that a constant names (`torch.long`, `numpy.float_`, `float`, "float32", "torch.FloatTensor"), else None."""
    if not isinstance(value, str):
        return None
    head, _, last = value.rpartition(".")
    if head in ("", "builtins") and last in PYTHON:
        return PYTHON[last]
    if last in DTYPES and head in ("", "torch", "numpy"):
        return last
    if head in ("torch", "torch.cuda"):
        return TORCH.get(last)
    if head in ("", "numpy"):
        return NUMPY.get(last)
    return None


def category(dtype: str) -> int:
    return 0 if dtype == "bool" else 1 if dtype in INTS else 2 if dtype in FLOATS else 3


def promote(a: str, b: str) -> str:
    """torch's promotion of two tensors that both have dimensions (or both have none)."""
    if a == b:
        return a
    low, high = sorted((a, b), key=category)
    if category(high) == 3:
        wide = "float64" in (a, b) or "complex128" in (a, b)
        return "complex128" if wide else "complex64"
    if category(low) < category(high):
        return high
    if {a, b} == {"float16", "bfloat16"}:
        return "float32"
    if {a, b} == {"uint8", "int8"}:
        return "int16"
    return max(a, b, key=lambda dtype: SIZES[dtype])


def promote_scalar(dtype: str, scalar: str) -> str:
    """torch's promotion of a tensor that has dimensions with a tensor that has none: only a higher category counts."""
    if category(scalar) <= category(dtype):
        return dtype
    if category(scalar) == 3 and category(dtype) == 2:
        return "complex128" if dtype == "float64" else "complex64"
    return scalar


def promote_number(dtype: str, number: object) -> str:
    """torch's promotion of a tensor with a Python number, which is weak: float32 where it raises the category."""
    kind = "bool" if isinstance(number, bool) else "int64" if isinstance(number, int) else "float32"
    return promote_scalar(dtype, "complex64" if isinstance(number, complex) else kind)


def promotions(a: OneOf[str], b: OneOf[str], scalar: tuple[OneOf[bool], OneOf[bool]]) -> OneOf[str]:
    """Every dtype that two tensors can promote to. `scalar`: whether each has no dimensions."""
    if not a.known or not b.known:
        return ANY
    both = (False, True)
    found: set[str] = set()
    for left, right in product(a, b):
        for left_scalar, right_scalar in product(scalar[0].values or both, scalar[1].values or both):
            if left_scalar and not right_scalar:
                found.add(promote_scalar(right, left))
            elif right_scalar and not left_scalar:
                found.add(promote_scalar(left, right))
            else:
                found.add(promote(left, right))
    return OneOf(found)


def numpy_promote(a: str, b: str) -> str:
    """numpy's promotion of two arrays: an integer that a float can't hold makes it wider."""
    if a == b:
        return a
    if category(a) == category(b) or "bool" in (a, b):
        return promote(a, b)
    low, high = sorted((a, b), key=category)
    if category(high) == 3:
        return "complex128" if high == "complex128" or (SIZES.get(low, 1) > 2 and low != "float32") else "complex64"
    needed = {1: "float16", 2: "float32"}.get(SIZES[low], "float64")
    return promote(high, needed)


def as_float(dtype: str) -> str:
    """What torch makes of integers where the result is real."""
    return dtype if category(dtype) >= 2 else "float32"


def dtypes_of(values: OneOf[Any]) -> OneOf[str]:
    """The dtypes that constants name; ANY when one of them names none."""
    if values.values is None:
        return ANY
    found = [read_dtype(value) for value in values.values]
    known = [dtype for dtype in found if dtype is not None]
    return OneOf(known) if len(known) == len(found) else ANY
