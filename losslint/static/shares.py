"""Large programs: the functions that nobody calls are entered in processes side by side, each with its share of the files.

Each process begins as the first one is when the files' own code has run. How many shares there are, and what is in them, depends
on the program alone, so that one core and many find the same. What the functions of one share make isn't known in another. Where
the system can't fork, one process does it all.
"""

from __future__ import annotations

import gc
import os
import sys
import threading
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, TypeVar

from losslint.errors import InputError

if TYPE_CHECKING:
    from multiprocessing.connection import Connection
    from multiprocessing.process import BaseProcess

ENOUGH: Final = 300
"""Functions that wait to be entered in a large program."""
COUNT: Final = 8
"""Shares of a large program. What a function of it may take counts in each anew, so that two would find no more in more time."""
T = TypeVar("T")
S = TypeVar("S")


@dataclass(frozen=True)
class Lost:
    """A process ended without a word: the system wanted its memory, or somebody killed it. `code`: its exit code, less than zero
    for a signal."""

    code: int | None

    def error(self, paths: Sequence[str]) -> InputError:
        """What became of the files that it was given."""
        why = f"a process ended with {self.code}" if self.code is not None and self.code >= 0 else "the system ended a process"
        return InputError(paths[0], f"{why} that checked it and {len(paths) - 1} more files; check fewer at once")


def divided(items: Sequence[T], weights: Sequence[int], count: int = COUNT) -> list[list[T]]:
    """The items in shares of about the same weight, in their order; one share where they don't weigh enough for more."""
    every = sum(weights)
    if every < ENOUGH or not can_fork():
        return [list(items)]
    parts: list[list[T]] = [[] for _ in range(count)]
    done = 0
    for item, weight in zip(items, weights, strict=True):
        parts[min((2 * done + weight) * count // (2 * every), count - 1)].append(item)  # where its middle lies
        done += weight
    return [part for part in parts if part]


def can_fork() -> bool:
    """macOS can, but its libraries may crash afterwards."""
    return hasattr(os, "fork") and sys.platform != "darwin"


def side_by_side(parts: Sequence[S], work: Callable[[S], T], heard: Callable[[T], object] = lambda told: None) -> list[T | Lost]:
    """What `work` gives for each part, each in a process of its own that begins as this one is then; as many at a time as there
    are cores. `heard` is told what each gives as soon as it is there. Raises what `work` raises."""
    import multiprocessing
    from multiprocessing.connection import wait

    context: Any = multiprocessing.get_context("fork")
    found: dict[int, T | Lost] = {}
    running: dict[Any, tuple[int, BaseProcess]] = {}
    waiting = list(range(len(parts)))
    gc.freeze()  # what the collector doesn't touch stays shared
    try:
        while waiting or running:
            while waiting and len(running) < _cores():
                here, there = context.Pipe(duplex=False)
                process = context.Process(target=_tell, args=(there, work, parts[waiting[0]]), daemon=True)
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore", DeprecationWarning)  # the only other thread waits for this one
                    process.start()
                there.close()
                running[here] = waiting.pop(0), process
            for connection in wait(list(running)):
                number, process = running.pop(connection)
                found[number] = told = _heard(connection, process)  # type: ignore[arg-type]
                if not isinstance(told, Lost):
                    heard(told)
    finally:
        for _, process in running.values():
            process.terminate()
        gc.unfreeze()
    return [found[number] for number in range(len(parts))]


def _tell(there: Connection, work: Callable[[S], T], part: S) -> None:
    threading.Thread(target=_end_with_the_first, daemon=True).start()
    try:
        try:
            told: tuple[str, Any] = ("found", work(part))
        except Exception as error:
            told = ("raised", error)
        there.send(told)
    except (KeyboardInterrupt, BrokenPipeError):  # nobody listens any more
        os._exit(1)


def _end_with_the_first() -> None:
    """Whatever ends the first process, which may have no time to tell."""
    from multiprocessing import parent_process
    from multiprocessing.connection import wait

    first = parent_process()
    if first is not None:
        wait([first.sentinel])
        os._exit(1)


def _heard(connection: Connection, process: BaseProcess) -> Any:
    try:
        kind, told = connection.recv()
    except EOFError:
        process.join()
        return Lost(process.exitcode)
    finally:
        connection.close()
    process.join()
    if kind == "raised":
        raise told
    return told


def _cores() -> int:
    """The cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
