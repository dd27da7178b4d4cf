"""Asks torch about every case and prints how the rules agree: `python tests/oracle/report.py [--exhaustive] [loss ...]`.

It runs under any torch: under another one than the contracts describe, `known.py` says what is otherwise there. Losses are asked
about in as many processes as there are cores.
"""

from __future__ import annotations

import multiprocessing
import os
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent.parent)]

import torch  # noqa: E402
from asking import answers, disagreement  # noqa: E402
from cases import cases  # noqa: E402
from known import reason  # noqa: E402
from losses import LOSSES  # noqa: E402


@dataclass
class Told:
    """What was asked about some losses. `seen` of `wrong` calls that raise or are wrong show in the source."""

    outcomes: Counter[str] = field(default_factory=Counter)
    known: Counter[str] = field(default_factory=Counter)
    new: list[str] = field(default_factory=list)
    seen: int = 0
    wrong: int = 0


def asked(name: str, exhaustive: bool) -> Told:
    told = Told()
    torch.set_num_threads(1)
    chosen = [loss for loss in LOSSES if loss.function == name]
    with tempfile.TemporaryDirectory() as folder:
        for answer in answers(cases(chosen, exhaustive), Path(folder)):
            told.outcomes[answer.torch] += 1
            if answer.torch in ("raises", "wrong"):
                told.wrong += 1
                told.seen += bool(answer.static)
            for how in {disagreement(answer, "runtime"), disagreement(answer, "static")} - {""}:
                why = reason(answer, how)
                told.known[why] += bool(why)
                told.new += [] if why else [f"{answer.case.key}: {how} ({answer.raised})"]
    return told


def main(words: list[str]) -> int:
    names = [word for word in words if not word.startswith("-")]
    chosen = [loss.function for loss in LOSSES if not names or loss.function in names]
    absent = [loss.function for loss in LOSSES if loss.function in chosen and not hasattr(torch.nn, loss.module)]
    chosen = [name for name in chosen if name not in absent]
    began, every = time.perf_counter(), Told()
    with multiprocessing.get_context("spawn").Pool(min(os.cpu_count() or 1, len(chosen))) as pool:
        for told in pool.imap(partial(asked, exhaustive="--exhaustive" in words), chosen):
            every.outcomes += told.outcomes
            every.known += told.known
            every.new += told.new
            every.seen += told.seen
            every.wrong += told.wrong
    for name in absent:
        print(f"{name} is not in this torch")
    total, known = sum(every.outcomes.values()), sum(every.known.values())
    print(f"torch {torch.__version__}: {total} calls asked about in {time.perf_counter() - began:.0f} s")
    print(", ".join(f"{count} {name}" for name, count in every.outcomes.most_common()))
    print(f"{total - known - len(every.new)} agree")
    print(f"{every.seen} of {every.wrong} that raise or are wrong show in the source alone")
    print(f"{known} known disagreements:")
    for why, count in every.known.most_common():
        print(f"  {count:4} {why}")
    print(f"{len(every.new)} others" + (":" if every.new else ""))
    for line in every.new:
        print(f"  {line}")
    return bool(every.new)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
