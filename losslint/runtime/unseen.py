"""Losses that become part of code which runs without Python: where they are, so that the report can say they weren't seen."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from types import CodeType, FrameType
from typing import Any, Final

import torch

from losslint.places import Place
from losslint.runtime.frames import is_users, user_place

_SCRIPTED: Final = "__torch__.torch.nn."


def traced_place(enter: CodeType) -> Place | None:
    """The user's line that torch.compile is tracing, or that runs while a tracer looks on. `enter`: what the line entered."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None and frame.f_code is not enter:
        frame = frame.f_back
    place = user_place(frame.f_back.f_back) if frame is not None and frame.f_back is not None else None
    if place is not None:
        return place
    context = _tracing_context()
    if context is None:
        return None
    lines = [line for line in reversed(context.extract_stack()) if is_users(line.filename)]
    # Exporting wraps the model in a line of its own making, which has no file.
    best = next((line for line in lines if line.filename != "<string>"), lines[0] if lines else None)
    return None if best is None else Place(best.filename, best.lineno or 1)


def _tracing_context() -> Any:
    """What torch.compile is at, None where it is at nothing."""
    context: Any = getattr(sys.modules.get("torch._guards"), "TracingContext", None)
    return context if context is not None and context.try_get() is not None else None


def compiling() -> bool:
    """Whether the compiler of an old torch, which does not enter losses, tries out what one makes of its arguments."""
    return _tracing_context() is not None


def traced() -> bool:
    """Whether torch.jit.trace looks on: what losslint computed now would become part of the trace."""
    return torch._C._get_tracing_state() is not None


def capturing() -> bool:
    """Whether what runs on the current GPU is recorded into a CUDA graph, whose replays nobody sees."""
    return bool(torch.cuda.is_initialized() and torch.cuda.is_current_stream_capturing())


def on_cuda(value: Any) -> bool:
    return isinstance(value, torch.Tensor) and value.is_cuda


def scripted() -> frozenset[str]:
    """Functions of torch.nn that torch.jit.script has compiled in this process."""
    unit: Any = getattr(torch.jit._state, "_python_cu", None)
    return frozenset(_names(unit)) if unit is not None else frozenset()


def _names(unit: Any) -> Iterator[str]:
    for function in unit.get_functions():
        name = str(function.qualified_name)
        if name.startswith(_SCRIPTED):
            yield name.removeprefix("__torch__.")
