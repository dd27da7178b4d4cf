"""The user's place of a call, found by walking out of torch and losslint."""

from __future__ import annotations

import os
from pathlib import Path
from types import FrameType
from typing import Final

import torch

from losslint.places import Place

_TORCH: Final = str(Path(torch.__file__).parent) + os.sep
_LOSSLINT: Final = str(Path(__file__).parent) + os.sep
_HANDS_ON: Final = tuple(
    _TORCH + part.replace("/", os.sep)
    for part in (
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
        "distributed/fsdp/",
        "distributed/pipelining/",
        "optim/optimizer.py",
    )
)
"""Parts of torch that call what the user gave them. A loss called from any other part is torch's own business."""


def user_place(frame: FrameType | None) -> Place | None:
    """Where the user's code made the call whose caller is `frame`; None where torch made it for its own ends."""
    while frame is not None:
        filename = frame.f_code.co_filename
        if filename.startswith(_TORCH):
            if not filename.startswith(_HANDS_ON):
                return None
        elif not filename.startswith(_LOSSLINT):
            return Place(filename, frame.f_lineno or 1)
        frame = frame.f_back
    return None
