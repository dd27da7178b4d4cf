"""What watching costs: the same work watched and unwatched, in one process, in turns.

    python benchmarks/runtime.py [--rounds 100] [--only small-call]
    python benchmarks/runtime.py --memory

Each round measures plain, plain again and watched, one thread, in changing order. Printed are the medians over the rounds of
watched/plain and of plain/plain (the noise, A/A), each with its 95 % interval, by seconds of the processor and of the clock.
A watch is kept from round to round: what it does at the first calls of a place, all of which are read, counts once, and is
the column `first 8`. On CUDA the clock alone counts, and the work also runs under `set_sync_debug_mode("error")`.

`--memory` compares the peak of all tensors in a step each of whose losses is read, and how far the process grows: at the first
calls, and over a thousand more.
"""

from __future__ import annotations

import argparse
import gc
import itertools
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from paired import Ratio, Seconds, block, median_ratio, rounds, seconds
from runtime_cases import CASES, GPU, Step

from losslint.runtime import entries, watching
from losslint.runtime.sampling import FIRST

WARM_UP = 2000
"""Calls until reading has become rare; fewer of what takes long."""
SECONDS = 0.002
"""How long one sample takes at least."""
BLOCK = 0.05
"""How long one block takes at least, and the same once more before it: patching leaves caches and bytecode cold."""


def repeat(step: Step) -> Callable[[int], None]:
    def work(times: int) -> None:
        if GPU:
            torch.cuda.synchronize()
        for _ in itertools.repeat(None, times):
            step()
        if GPU:
            torch.cuda.synchronize()

    return work


def watched(watch: watching.Watch, work: Callable[[], Any]) -> Any:
    entries.add(watch)
    watch.started()
    try:
        return work()
    finally:
        if GPU:
            torch.cuda.set_sync_debug_mode("default")
        entries.remove(watch)
        watch.ended()


def measure(name: str, count: int) -> str:
    torch.manual_seed(0)
    work = repeat(CASES[name]())
    once = min(seconds(work, 1).clock for _ in range(5))
    times = max(1, int(SECONDS / once))
    samples = max(5, int(BLOCK / (times * once)))
    watch = watching.Watch("collect", "error")
    plain_first = seconds(work, FIRST).processor * FIRST
    first = watched(watch, lambda: seconds(work, FIRST)).processor * FIRST - plain_first
    # Reading is rare by then: what is measured is a run that has gone on for a while.
    watched(watch, lambda: work(max(20, min(WARM_UP, int(4 / once)))))

    def plain() -> Seconds:
        work(times * samples // 2)
        return block(work, times, samples)

    took = list(rounds([plain, plain, lambda: watched(watch, plain)], count))
    units = ["clock"] if name.startswith("gpu") else ["processor", "clock"]
    columns = [ratios(took, unit) for unit in units]
    usual = min(getattr(one, units[0]) for arms in took for one in arms[:2]) * 1e6
    errors = f"  errors: {watch.report.errors[0]}" if watch.report.errors else ""
    return f"{name:21} {usual:10.1f} {'  '.join(f'{cost} {noise}' for cost, noise in columns)} {first * 1e3:9.1f}{errors}"


def ratios(took: list[list[Seconds]], unit: str) -> tuple[Ratio, Ratio]:
    """Watched to plain, and plain to plain."""
    values = [[getattr(one, unit) for one in arms] for arms in took]
    return median_ratio([on / plain for plain, _, on in values]), median_ratio([other / plain for plain, other, _ in values])


def waits(name: str) -> str:
    """Whether watching makes the host wait: `set_sync_debug_mode("error")` turns every wait into an error."""
    step = CASES[name]()
    step()
    watch = watching.Watch("collect", "error")

    def work() -> None:
        torch.cuda.set_sync_debug_mode("error")
        for _ in range(50):
            step()

    watched(watch, work)
    return f"{name}: no wait in 50 steps" if not watch.report.errors else f"{name}: {watch.report.errors[0]}"


def tensors_peak(step: Step, watch: watching.Watch | None) -> int:
    """The most bytes of tensors at one time in a step, those included that are there all the while."""
    gc.collect()
    storages = {one.untyped_storage().data_ptr(): one.untyped_storage().nbytes() for one in _tensors()}
    with torch.profiler.profile(activities=[torch.profiler.ProfilerActivity.CPU], profile_memory=True) as profile:
        watched(watch, step) if watch is not None else step()
    now = most = sum(storages.values())
    for event in profile.profiler.kineto_results.events():
        if event.name() == "[memory]":
            now += event.nbytes()
            most = max(most, now)
    return most


def _tensors() -> list[Any]:
    # `isinstance` would ask proxies and deprecated objects of torch for their class.
    return [one for one in gc.get_objects() if issubclass(type(one), torch.Tensor)]


def memory(name: str) -> str:
    torch.manual_seed(0)
    step = CASES[name]()
    if name.startswith("gpu"):
        plain, on = cuda_peak(step, None), cuda_peak(step, watching.Watch("collect", "error"))
    else:
        # What was allocated before the first profile is not seen to be freed in it.
        plain = [tensors_peak(step, None) for _ in range(FIRST)][-1]
        on = max(tensors_peak(step, watch) for watch in [watching.Watch("collect", "error")] for _ in range(FIRST))
    told = f"{name:21} {plain / 2**10:12.1f} {on / 2**10:12.1f} {100 * (on / plain - 1):+9.3f} %"
    if name.startswith("gpu"):
        return told
    grown = [grown_apart(name, on) for on in (False, True)]
    return told + "".join(f"   {first:8.2f} {later:6.2f}" for first, later in grown)


def cuda_peak(step: Step, watch: watching.Watch | None) -> int:
    step()
    torch.cuda.reset_peak_memory_stats()
    for _ in range(FIRST):
        watched(watch, step) if watch is not None else step()
    return int(torch.cuda.max_memory_allocated())


def growth(name: str, on: bool) -> tuple[float, float]:
    """By how many MiB the process grows: in the first calls, when it has done the same before unwatched, and in later ones."""
    torch.manual_seed(0)
    work = repeat(CASES[name]())
    watch = watching.Watch("collect", "error")
    once = min(seconds(work, 1).clock for _ in range(5))
    many = max(20, min(1000, int(4 / once)))
    work(min(many, 50))
    sizes = [resident()]
    for times in (min(many, 50), many):
        watched(watch, lambda times=times: work(times)) if on else work(times)
        gc.collect()
        sizes.append(resident())
    return sizes[1] - sizes[0], sizes[2] - sizes[1]


def resident() -> float:
    line = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmRSS"))
    return int(line.split()[1]) / 1024


def grown_apart(name: str, on: bool) -> tuple[float, float]:
    """In a process of its own; the medians of five."""
    command = [sys.executable, __file__, "--grow", name, *(["--watched"] if on else [])]
    found = [subprocess.run(command, capture_output=True, text=True, check=True).stdout.split() for _ in range(5)]
    first, later = (sorted(map(float, column))[2] for column in zip(*found, strict=True))
    return first, later


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=100)
    parser.add_argument("--only", choices=CASES, action="append")
    parser.add_argument("--memory", action="store_true", help="compare memory instead of time")
    parser.add_argument("--grow", choices=CASES, help=argparse.SUPPRESS)
    parser.add_argument("--watched", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    torch.set_num_threads(1)
    if options.grow:
        print(*growth(options.grow, options.watched))
        return
    where = torch.cuda.get_device_name() if GPU else "no CUDA device: the GPU cases are left out"
    print(f"torch {torch.__version__}, {torch.get_num_threads()} thread, {where}")
    if options.memory:
        print(f"{'':21} {'peak of tensors, KiB':>37}   process grows, MiB: plain, watched")
        print(f"{'case':21} {'plain':>12} {'watched':>12} {'':>11}   {'first':>8} {'later':>6}   {'first':>8} {'later':>6}")
    else:
        print(f"{'case':21} {'plain µs':>10} {'processor: watched/plain, A/A':40} {'clock':40} {'first 8, ms':>11}")
    for name in options.only or CASES:
        print(memory(name) if options.memory else measure(name, options.rounds), flush=True)
        if name.startswith("gpu") and not options.memory:
            print(waits(name), flush=True)


if __name__ == "__main__":
    main()
