"""Comparing what two ways of the same work take, on a machine that does other work as well.

Blocks of either way alternate in every order, each is compared with the block beside it, and what is reported is the median of
these ratios with a bootstrap interval. A block is several samples, and stands for its faster quarter: what else the machine
does makes samples slower, never faster. Seconds of the processor count besides those of the clock: they leave out the
time in which another program had the processor.
"""

from __future__ import annotations

import itertools
import random
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

Work = Callable[[int], None]
"""Does something so many times."""
DRAWS = 2000


@dataclass(frozen=True)
class Seconds:
    """What one time took, of many."""

    processor: float
    clock: float


@dataclass(frozen=True)
class Ratio:
    """The median of paired ratios, and where it lies with 95 % confidence."""

    median: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.median:.3f} [{self.low:.3f} {self.high:.3f}]"


def seconds(work: Work, times: int) -> Seconds:
    clock, processor = time.perf_counter(), time.process_time()
    work(times)
    return Seconds((time.process_time() - processor) / times, (time.perf_counter() - clock) / times)


def block(work: Work, times: int, samples: int) -> Seconds:
    """The first quartile of several samples, of the processor's seconds and of the clock's each for itself."""
    took = [seconds(work, times) for _ in range(samples)]
    quarter = samples // 4
    return Seconds(sorted(one.processor for one in took)[quarter], sorted(one.clock for one in took)[quarter])


def rounds(arms: Sequence[Callable[[], Seconds]], count: int) -> Iterator[list[Seconds]]:
    """Each arm once a round, one round after the other in another order."""
    orders = list(itertools.permutations(range(len(arms))))
    for at in range(count):
        took = {which: arms[which]() for which in orders[at % len(orders)]}
        yield [took[which] for which in range(len(arms))]


def median_ratio(ratios: Sequence[float]) -> Ratio:
    draw = random.Random(0)
    medians = sorted(statistics.median(draw.choices(ratios, k=len(ratios))) for _ in range(DRAWS))
    return Ratio(statistics.median(ratios), medians[DRAWS * 25 // 1000], medians[DRAWS * 975 // 1000])
