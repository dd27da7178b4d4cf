"""What watching costs: the same work watched and unwatched, in one process, in turns.

    python benchmarks/runtime.py [--rounds 40] [--only small-call]

Each round measures plain, plain again and watched, in changing order; printed are the medians over the rounds of plain/plain
(the noise) and of watched/plain, and the ratio of the fastest rounds. A watch is kept from round to round, so that the
first calls of a place, all of which are read, count once: their cost is the column `first calls`. On CUDA the work runs
under `set_sync_debug_mode("error")`, and the peak of allocated memory is compared as well.
"""

from __future__ import annotations

import argparse
import itertools
import os
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as F
from torch import nn

from losslint.runtime import entries, watching
from losslint.runtime.sampling import FIRST

Step = Callable[[], Any]
GPU = torch.cuda.is_available()
WARM_UP = 2000
"""Calls until reading has become rare; fewer of what takes long."""
SECONDS = 0.05
"""How long one measurement takes at least."""


def call(rows: int, classes: int, device: str) -> Step:
    x = torch.randn(rows, classes, device=device, requires_grad=True)
    y = torch.randint(classes, (rows,), device=device)
    return lambda: F.cross_entropy(x, y)


def training(model: nn.Module, x: Any, y: Any, capture: bool = False) -> Step:
    optimizer = torch.optim.Adam(model.parameters(), capturable=capture)
    criterion = nn.CrossEntropyLoss()

    def step() -> None:
        optimizer.zero_grad()
        criterion(model(x).flatten(0, -2), y.flatten()).backward()
        optimizer.step()

    return step


def mlp(width: int, layers: int, batch: int, device: str) -> Step:
    inner = [part for _ in range(layers) for part in (nn.Linear(width, width), nn.ReLU())]
    model = nn.Sequential(*inner, nn.Linear(width, 10)).to(device)
    return training(model, torch.randn(batch, width, device=device), torch.randint(10, (batch,), device=device))


def convolutions(device: str) -> Step:
    def block(inside: int, outside: int, stride: int) -> nn.Module:
        return nn.Sequential(nn.Conv2d(inside, outside, 3, stride, 1, bias=False), nn.BatchNorm2d(outside), nn.ReLU(True))

    widths = [64, 128, 256, 512]
    parts = [block(3, 64, 2)]
    for inside, outside in itertools.pairwise([64, *widths]):
        parts += [block(inside, outside, 2), *(block(outside, outside, 1) for _ in range(6))]
    model = nn.Sequential(*parts, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(512, 1000)).to(device)
    return training(model, torch.randn(32, 3, 224, 224, device=device), torch.randint(1000, (32,), device=device))


def transformer(device: str) -> Step:
    layer = nn.TransformerEncoderLayer(512, 8, 2048, batch_first=True)
    model = nn.Sequential(nn.Embedding(32_000, 512), nn.TransformerEncoder(layer, 4), nn.Linear(512, 32_000)).to(device)
    tokens = torch.randint(32_000, (8, 256), device=device)
    return training(model, tokens, tokens)


def captured(device: str) -> Step:
    """A training step that is replayed from a CUDA graph: its losses can't be seen, and cost nothing."""
    model = nn.Sequential(nn.Linear(256, 256), nn.ReLU(), nn.Linear(256, 10)).to(device)
    x, y = torch.randn(64, 256, device=device), torch.randint(10, (64,), device=device)
    step = training(model, x, y, capture=True)
    side = torch.cuda.Stream()
    with torch.cuda.stream(side):
        for _ in range(3):
            step()
    torch.cuda.current_stream().wait_stream(side)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        step()
    return graph.replay


CASES: dict[str, Callable[[], Step]] = {
    "small-call": lambda: call(32, 10, "cpu"),
    "large-call": lambda: call(4096, 1000, "cpu"),
    "small-step": lambda: mlp(64, 4, 32, "cpu"),
    "medium-step": lambda: mlp(512, 4, 256, "cpu"),
}
if GPU:
    CASES |= {
        "gpu-small-call": lambda: call(32, 10, "cuda"),
        "gpu-mlp": lambda: mlp(512, 4, 256, "cuda"),
        "gpu-convolutions": lambda: convolutions("cuda"),
        "gpu-transformer-32k": lambda: transformer("cuda"),
        "gpu-cuda-graph": lambda: captured("cuda"),
    }


def seconds(step: Step, times: int) -> float:
    if GPU:
        torch.cuda.synchronize()
    start = time.perf_counter()
    for _ in range(times):
        step()
    if GPU:
        torch.cuda.synchronize()
    return (time.perf_counter() - start) / times


def settled(step: Step, times: int) -> float:
    """As `seconds`, after as much work that isn't measured: patching leaves caches and specialised bytecode cold."""
    seconds(step, times)
    return seconds(step, times)


def watched(watch: watching.Watch, work: Callable[[], float]) -> float:
    entries.add(watch)
    mode = torch.cuda.get_sync_debug_mode() if GPU else 0
    try:
        return work()
    finally:
        if GPU:
            torch.cuda.set_sync_debug_mode(mode)
        entries.remove(watch)


def measure(name: str, rounds: int) -> str:
    torch.manual_seed(0)
    step = CASES[name]()
    once = min(seconds(step, 1) for _ in range(5))
    times = max(1, int(SECONDS / once))
    watch = watching.Watch("collect", "error")
    first = watched(watch, lambda: seconds(step, FIRST))
    # Reading is rare by then: what is measured is a run that has gone on for a while.
    watched(watch, lambda: seconds(step, max(20, min(WARM_UP, int(4 / once)))))
    noise, cost, plain, seen = [], [], [], []
    for at in range(rounds):
        order = (0, 1, 2) if at % 2 else (2, 1, 0)
        took = [0.0] * 3
        for which in order:
            took[which] = watched(watch, lambda: settled(step, times)) if which == 2 else settled(step, times)
        noise.append(took[1] / took[0])
        cost.append(took[2] / took[0])
        plain += took[:2]
        seen.append(took[2])
    errors = f"  errors: {watch.report.errors[0]}" if watch.report.errors else ""
    spread = statistics.quantiles(noise, n=20)
    return (
        f"{name:20} {min(plain) * 1e6:12.1f} {statistics.median(noise):8.3f} [{spread[0]:.3f} {spread[-1]:.3f}]"
        f" {statistics.median(cost):10.3f} {min(seen) / min(plain):10.3f} {first * 1e6:12.0f}{errors}"
    )


def waits(name: str) -> str:
    """Whether watching makes the host wait: `set_sync_debug_mode("error")` turns every wait into an error."""
    step = CASES[name]()
    step()
    watch = watching.Watch("collect", "error")

    def work() -> float:
        torch.cuda.set_sync_debug_mode("error")
        return seconds_without_waiting(step)

    watched(watch, work)
    return f"{name}: no wait in 50 steps" if not watch.report.errors else f"{name}: {watch.report.errors[0]}"


def seconds_without_waiting(step: Step) -> float:
    start = time.perf_counter()
    for _ in range(50):
        step()
    return time.perf_counter() - start


def peak(name: str, on: bool) -> float:
    """The peak of memory in MiB: allocated on the GPU, else resident in this process."""
    step = CASES[name]()
    watch = watching.Watch("collect", "error")
    work = lambda: seconds(step, 40)  # noqa: E731
    if name.startswith("gpu"):
        step()
        torch.cuda.reset_peak_memory_stats()
    if on:
        watched(watch, work)
    else:
        work()
    if name.startswith("gpu"):
        return torch.cuda.max_memory_allocated() / 2**20
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def peak_apart(name: str, on: bool) -> float:
    """The same in a process of its own; the least of five."""
    command = [sys.executable, __file__, "--peak", name, *(["--watched"] if on else [])]
    found = [float(subprocess.run(command, capture_output=True, text=True, check=True).stdout) for _ in range(5)]
    return min(found)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=40)
    parser.add_argument("--only", choices=CASES, action="append")
    parser.add_argument("--memory", action="store_true", help="also compare peaks of memory, in processes of their own")
    parser.add_argument("--peak", choices=CASES, help=argparse.SUPPRESS)
    parser.add_argument("--watched", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.peak:
        print(peak(options.peak, options.watched))
        return
    torch.set_num_threads(max(1, (os.cpu_count() or 2) // 2))
    where = torch.cuda.get_device_name() if GPU else "no CUDA device: the GPU cases are left out"
    print(f"torch {torch.__version__}, {torch.get_num_threads()} threads, {where}")
    print(f"{'case':20} {'plain µs':>12} {'A/A':>8} {'[5 % 95 %]':>13} {'median':>10} {'of minima':>10} {'first µs':>12}")
    for name in options.only or CASES:
        print(measure(name, options.rounds), flush=True)
        if name.startswith("gpu"):
            print(waits(name), flush=True)
        if options.memory:
            plain, on = peak_apart(name, False), peak_apart(name, True)
            print(f"{name}: peak {plain:.1f} MiB, watched {on:.1f} MiB, {100 * (on / plain - 1):+.2f} %", flush=True)


if __name__ == "__main__":
    main()
