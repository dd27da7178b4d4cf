"""The exception that ended a program: shown as Python shows it, and where it came from if a loss raised it."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Final

from losslint.places import Place

_STAND_IN: Final = " (importlib._bootstrap)"
"""What the runtime puts behind the file's name of a frame that stands where a watched function stood."""
_LOSSLINT: Final = str(Path(__file__).resolve().parent.parent) + os.sep


def show(error: BaseException) -> None:
    """What Python prints of an uncaught exception, by the program's own excepthook, without losslint's frames."""
    for one in _chain(error):
        one.__traceback__ = _without_own(one.__traceback__)
    sys.excepthook(type(error), error, error.__traceback__)


def raised_in_loss(error: BaseException) -> Place | None:
    """The user's line whose call of a loss raised: the last frame outside torch, where torch's losses lie below it.

    To be asked before `show`, which takes frames away.
    """
    roots = [root for name in ("torch",) if (root := _root(name))]
    frames = list(_frames(error.__traceback__))
    place, inside = None, False
    for filename, line in frames:
        if filename.startswith(_LOSSLINT):
            continue
        if any(filename.startswith(root) for root in roots):
            inside = inside or filename.endswith((os.path.join("nn", "functional.py"), os.path.join("modules", "loss.py")))  # noqa: PTH118
        else:
            place, inside = Place(filename, line), False
    return place if inside else None


def _root(name: str) -> str | None:
    module = sys.modules.get(name)
    return str(Path(module.__file__).parent) + os.sep if module is not None and module.__file__ else None


def _frames(traceback: TracebackType | None) -> Iterator[tuple[str, int]]:
    while traceback is not None:
        yield traceback.tb_frame.f_code.co_filename.removesuffix(_STAND_IN), traceback.tb_lineno
        traceback = traceback.tb_next


def _chain(error: BaseException) -> Iterator[BaseException]:
    seen: set[int] = set()
    pending: list[BaseException | None] = [error]
    while pending:
        one = pending.pop()
        if one is not None and id(one) not in seen:
            seen.add(id(one))
            yield one
            pending += [one.__cause__, one.__context__]


def _own(filename: str) -> bool:
    return filename.startswith(_LOSSLINT) or filename.endswith(_STAND_IN)


def _without_own(traceback: TracebackType | None) -> TracebackType | None:
    while traceback is not None and _own(traceback.tb_frame.f_code.co_filename):
        traceback = traceback.tb_next
    if traceback is not None:
        traceback.tb_next = _without_own(traceback.tb_next)
    return traceback
