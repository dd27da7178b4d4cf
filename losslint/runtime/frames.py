"""The user's place of a call, found by walking out of torch and losslint."""

from __future__ import annotations

import contextlib
import linecache
import os
import sys
from itertools import islice
from pathlib import Path
from types import CodeType, FrameType
from typing import Final

import torch

from losslint.places import Place

_TORCH: Final = str(Path(torch.__file__).parent) + os.sep
_LOSSLINT: Final = str(Path(__file__).parent) + os.sep
_GENERATED: Final = "<eval_with_key>"
"""Code that torch.fx writes for a graph: the place is where the graph is called."""
_HANDS_ON: Final = tuple(
    _TORCH + part.replace("/", os.sep)
    for part in (
        "_tensor.py",
        "nn/modules/module.py",
        "nn/modules/container.py",
        "nn/parallel/",
        "utils/",
        "_dynamo/",
        "_functorch/",
        "_higher_order_ops/",
        "func/",
        "amp/",
        "autograd/",
        "cuda/",
        "distributed/",
        "export/",
        "_export/",
        "fx/",
        "jit/",
        "optim/",
    )
)
"""Parts of torch that call what the user gave them. A loss called from any other part is torch's own business."""

_CALLS: Final = torch.nn.Module.__call__.__code__
"""Stands between nearly every module and its caller: passed by without a look-up."""
_USERS, _BETWEEN, _TORCHS = range(3)
_whose: Final[dict[str, int]] = {}


def user_frame(frame: FrameType | None) -> FrameType | None:
    """The user's frame from which the call came whose caller is `frame`; None where torch made it for its own ends."""
    while frame is not None:
        whose = _whose.get(frame.f_code.co_filename)
        if whose is None:
            whose = _owner(frame.f_code.co_filename)
        if whose == _USERS:
            return frame
        if whose == _TORCHS:
            return None
        frame = frame.f_back
        if frame is not None and frame.f_code is _CALLS:
            frame = frame.f_back
    return None


def is_users(filename: str) -> bool:
    return _owner(filename) == _USERS


def _owner(filename: str) -> int:
    if filename.startswith(_TORCH):
        whose = _BETWEEN if filename.startswith(_HANDS_ON) else _TORCHS
    else:
        whose = _BETWEEN if filename.startswith((_LOSSLINT, _GENERATED, contextlib.__file__)) else _USERS
    _whose[filename] = whose
    return whose


def place_of(frame: FrameType) -> Place:
    """File, line and columns of what the frame is doing. Python 3.10 knows no columns."""
    code, line = frame.f_code, frame.f_lineno or 1
    if sys.version_info < (3, 11):
        return Place(code.co_filename, line)
    return _span(code, frame.f_lasti, line)


def user_place(frame: FrameType | None) -> Place | None:
    """Where the user's code made the call whose caller is `frame`."""
    users = user_frame(frame)
    return None if users is None else place_of(users)


def _span(code: CodeType, instruction: int, line: int) -> Place:
    if sys.version_info < (3, 11):
        return Place(code.co_filename, line)
    start, end, left, right = next(islice(code.co_positions(), instruction // 2, None), (None,) * 4)
    if start is None or end is None or left is None or right is None:
        return Place(code.co_filename, line)
    return Place(
        code.co_filename,
        start,
        _characters(code.co_filename, start, left) + 1,
        end,
        _characters(code.co_filename, end, right) + 1,
    )


def _characters(filename: str, line: int, column: int) -> int:
    """Python counts the bytes of a line, places count characters."""
    text = linecache.getline(filename, line)
    return column if text.isascii() else len(text.encode()[:column].decode(errors="replace"))
