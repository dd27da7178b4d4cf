"""Asks torch about every case and prints how the rules agree: `python tests/oracle/report.py [--exhaustive] [loss ...]`.

It runs under any torch: under another one than the contracts describe, its disagreements are what changed between the two.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent.parent)]

import torch  # noqa: E402
from asking import answers, disagreement  # noqa: E402
from cases import cases  # noqa: E402
from known import reason  # noqa: E402
from losses import LOSSES  # noqa: E402


def main(words: list[str]) -> int:
    names = [word for word in words if not word.startswith("-")]
    chosen = [loss for loss in LOSSES if not names or loss.function in names]
    outcomes: Counter[str] = Counter()
    known: Counter[str] = Counter()
    new: list[str] = []
    in_source = wrong = 0
    began = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        for answer in answers(cases(chosen, "--exhaustive" in words), Path(folder)):
            outcomes[answer.torch] += 1
            if answer.torch in ("raises", "wrong"):
                wrong += 1
                in_source += bool(answer.static)
            for told in {disagreement(answer, "runtime"), disagreement(answer, "static")} - {""}:
                why = reason(answer, told)
                known[why] += bool(why)
                new += [] if why else [f"{answer.case.key}: {told} ({answer.raised})"]
    total = sum(outcomes.values())
    print(f"torch {torch.__version__}: {total} calls asked about in {time.perf_counter() - began:.0f} s")
    print(", ".join(f"{count} {name}" for name, count in outcomes.most_common()))
    print(f"{total - sum(known.values()) - len(new)} agree")
    print(f"{in_source} of {wrong} that raise or are wrong show in the source alone")
    print(f"{sum(known.values())} known disagreements:")
    for why, count in known.most_common():
        if why:
            print(f"  {count:4} {why}")
    print(f"{len(new)} others" + (":" if new else ""))
    for line in new:
        print(f"  {line}")
    return bool(new)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
