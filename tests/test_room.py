"""The thread in which the parser and the interpreter run."""

from __future__ import annotations

import sys

import pytest

from losslint.static.room import with_room

DEPTHS = 400
CALLS = 500


def nothing() -> None:
    return None


def call_at_each_depth(depth: int) -> None:
    for _ in range(CALLS):
        nothing()
    if depth:
        call_at_each_depth(depth - 1)


@pytest.mark.skipif(sys.platform != "linux", reason="counts the page faults of one thread, as Linux does")
def test_no_depth_makes_each_call_ask_the_system_for_memory() -> None:
    import resource

    def faults() -> int:
        before = resource.getrusage(resource.RUSAGE_THREAD).ru_minflt
        call_at_each_depth(DEPTHS)
        return resource.getrusage(resource.RUSAGE_THREAD).ru_minflt - before

    assert with_room(faults) < CALLS


def test_what_the_work_raises_is_raised() -> None:
    with pytest.raises(ZeroDivisionError):
        with_room(lambda: 1 // 0)


def test_work_inside_work_has_the_same_room() -> None:
    assert with_room(lambda: with_room(lambda: 7)) == 7
