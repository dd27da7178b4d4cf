"""Room for deep recursion: a thread with a large stack, where the parser and the interpreter run."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Final, TypeVar

STACK: Final = 512 << 20
"""Bytes of address space; pages that are not used cost nothing."""
SLOTS: Final = 1 << 20
"""Values on the stack of the thread's first frame. Python keeps frames in chunks of 16 KiB and gives a chunk back to the system
as soon as it is left, so that calls made at the edge of one ask for memory each time. A chunk is as large as its first frame
needs, and rounded up to a power of two: beside so large a frame there is room for all others."""
T = TypeVar("T")
_here = threading.local()


def with_room(work: Callable[[], T]) -> T:
    """Run `work` in a thread with a large stack: this one if it has it, else one of its own. What it raises is raised."""
    if getattr(_here, "roomy", False):
        return work()
    done: list[T] = []
    failed: list[BaseException] = []

    def body() -> None:
        _here.roomy = True
        try:
            done.append(work())
        except BaseException as error:
            failed.append(error)

    body.__code__ = body.__code__.replace(co_stacksize=SLOTS)
    before = threading.stack_size()
    try:
        threading.stack_size(STACK)
        thread = threading.Thread(target=body, daemon=True)
        thread.start()
        thread.join()
    except (RuntimeError, ValueError):  # no such stack to be had on this machine
        return work()
    finally:
        threading.stack_size(before)
    if failed:
        raise failed[0]
    return done[0]
