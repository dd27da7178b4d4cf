"""What sequences were filled up with: noted where `pad_sequence` does it, for as long as its result and views of it live."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import Any, Final
from weakref import WeakKeyDictionary

import torch

from losslint.oneof import ANY, OneOf

_filled: Final[WeakKeyDictionary[Any, tuple[float, int, int]]] = WeakKeyDictionary()
"""By storage, which views share: the number, the version, which any change in place counts up, and the longest row."""

PARAMETERS: Final = ("sequences", "batch_first", "padding_value", "padding_side")


def note(result: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> None:
    """`pad_sequence(sequences, batch_first=False, padding_value=0.0, padding_side="right")` gave this."""
    given = dict(zip(PARAMETERS, args, strict=False)) | dict(kwargs)
    filler, rows = given.get("padding_value", 0.0), given.get("sequences", ())
    lengths = {len(row) for row in rows} if isinstance(rows, (list, tuple)) else set()
    if len(lengths) > 1 and isinstance(filler, (int, float)) and given.get("padding_side", "right") == "right":
        # Tensors of inference mode and of transforms have no version or no storage: then nothing is known.
        with suppress(RuntimeError, NotImplementedError):
            _filled[result.untyped_storage()] = (float(filler), result._version, max(lengths))


def padding_of(tensor: torch.Tensor) -> OneOf[float]:
    """What the tensor is padded with, as far as that was noted and nothing was written into it since."""
    if _filled:
        with suppress(RuntimeError, NotImplementedError):
            storage = tensor.untyped_storage()
            filler, version, longest = _filled.get(storage, (0.0, None, 0))
            if version == tensor._version and _reaches_the_end(tensor, storage.nbytes() // tensor.element_size(), longest):
                return OneOf.of(filler)
    return ANY


def _reaches_the_end(tensor: torch.Tensor, whole: int, longest: int) -> bool:
    """Whether this is all of a padded tensor of `whole` numbers but at most the first of its `longest` steps."""
    last: int = tensor.storage_offset()
    last += sum((size - 1) * stride for size, stride in zip(tensor.shape, tensor.stride(), strict=True))
    return last == whole - 1 and (whole - tensor.numel()) * longest <= whole
