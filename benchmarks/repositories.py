"""What `losslint check` costs and finds on checkouts of real code, beside the linters that are found on PATH.

    python benchmarks/repositories.py FOLDER [--only NAME]... [--repeat 3] [--timeout 60]

Each folder below FOLDER is one repository. Nothing is asserted: times depend on the machine, so every tool is run in the
same session and ratios are printed beside seconds. losslint's modules are compiled first, as those of the others were when
they were installed.
"""

from __future__ import annotations

import argparse
import compileall
import contextlib
import importlib.util
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

LOSSLINT = (sys.executable, "-m", "losslint", "check", "--severity", "info", "--output-format", "json", "--statistics", ".")
OTHERS = {
    "ruff": ("ruff", "check", "--no-cache", "--exit-zero", "--quiet", "."),
    "flake8": ("flake8", "--exit-zero", "."),
    "torchfix": ("torchfix", "--select", "ALL", "."),
}
COUNTS = (
    "files", "parsed", "loss calls", "known domain", "known dtype", "known shape",
    "known target domain", "known target dtype", "known target shape", "budget hits",
)  # fmt: skip
EXPECTED = {0, 1, 2}
"""Exit statuses of `losslint check`; 2 says that some input could not be read. Anything else is a crash."""


@dataclass
class Cost:
    """One run of one tool: seconds, mebibytes at the peak, and the exit status (None when it took too long)."""

    wall: float
    cpu: float
    peak: float
    status: int | None
    output: str = ""
    errors: str = ""


@dataclass
class Report:
    """What was measured on one repository."""

    name: str
    lines: int
    cost: Cost
    counts: dict[str, int] = field(default_factory=dict)
    findings: list[dict[str, Any]] = field(default_factory=list)
    others: dict[str, Cost] = field(default_factory=dict)

    @property
    def codes(self) -> Counter[str]:
        return Counter(one["code"] for one in self.findings)

    def read(self) -> None:
        """Take the findings and the counts from what the run wrote."""
        with contextlib.suppress(ValueError):  # a run that crashed wrote no JSON
            self.findings = json.loads(self.cost.output)
        for line in self.cost.errors.splitlines():
            number, _, name = line.strip().partition(" ")
            if number.isdigit() and name.strip() in COUNTS:
                self.counts[name.strip()] = int(number)

    @property
    def trouble(self) -> str:
        if self.cost.status is None:
            return "too slow"
        return "" if self.cost.status in EXPECTED and "Traceback" not in self.cost.errors else "crash"


def run(command: tuple[str, ...], folder: Path, timeout: float) -> Cost:
    """Run a command in a folder and read what the operating system says that it used."""
    with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as errors:
        start = time.perf_counter()
        process = subprocess.Popen(command, cwd=folder, stdout=output, stderr=errors)
        late = False
        while True:
            pid, status, usage = os.wait4(process.pid, os.WNOHANG)
            if pid:
                break
            if not late and time.perf_counter() - start > timeout:
                late = True
                process.kill()
            time.sleep(0.005)
        wall = time.perf_counter() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        output.seek(0)
        errors.seek(0)
        peak = usage.ru_maxrss / (1 << 20 if sys.platform == "darwin" else 1 << 10)
        code = None if late else process.returncode
        texts = [stream.read().decode("utf-8", "replace") for stream in (output, errors)]
        return Cost(wall, usage.ru_utime + usage.ru_stime, peak, code, *texts)


def best(command: tuple[str, ...], folder: Path, timeout: float, repeat: int) -> Cost:
    """The fastest of several runs: what else the machine does only ever adds."""
    costs = []
    for _ in range(repeat):
        costs.append(run(command, folder, timeout))
        if costs[-1].status is None:
            break
    return min(costs, key=lambda cost: cost.wall)


def compile_modules() -> None:
    """An editable install leaves that to the first run, which may not be allowed to keep it (PYTHONDONTWRITEBYTECODE)."""
    for name in ("losslint", "losslint_rules"):
        spec = importlib.util.find_spec(name)
        for folder in (spec and spec.submodule_search_locations) or ():
            compileall.compile_dir(folder, quiet=1)


def measure(folder: Path, timeout: float, repeat: int) -> Report:
    lines = sum(path.read_bytes().count(b"\n") for path in folder.rglob("*.py") if path.is_file())
    report = Report(folder.name, lines, best(LOSSLINT, folder, timeout, repeat))
    report.read()
    for name, command in OTHERS.items():
        if shutil.which(command[0]):
            report.others[name] = best(command, folder, timeout, repeat)
    return report


def told(report: Report) -> str:
    cost = report.cost
    counts = ", ".join(f"{report.counts.get(name, 0)} {name}" for name in COUNTS)
    codes = ", ".join(f"{code} {number}" for code, number in sorted(report.codes.items())) or "none"
    lines = [
        f"{report.name}: {report.lines} lines{f' ({report.trouble})' if report.trouble else ''}",
        f"  {counts}",
        f"  findings: {codes}",
        f"  losslint  {cost.wall:7.2f} s  {cost.cpu:7.2f} s CPU  {cost.peak:6.0f} MiB",
    ]
    for name, other in report.others.items():
        ratio = f"losslint takes {cost.wall / other.wall:.2f} of its time, {cost.cpu / other.cpu:.2f} of its CPU time"
        lines.append(f"  {name:9} {other.wall:7.2f} s  {other.cpu:7.2f} s CPU  {other.peak:6.0f} MiB  {ratio}")
    return "\n".join(lines)


def summed(reports: list[Report]) -> str:
    counts: Counter[str] = Counter()
    codes: Counter[str] = Counter()
    for report in reports:
        counts.update(report.counts)
        codes.update(report.codes)
    lines = [f"all {len(reports)} repositories: {sum(report.lines for report in reports)} lines"]
    lines.append("  " + ", ".join(f"{counts[name]} {name}" for name in COUNTS))
    lines.append("  findings: " + (", ".join(f"{code} {number}" for code, number in sorted(codes.items())) or "none"))
    lines.append("  trouble: " + (", ".join(f"{one.name} ({one.trouble})" for one in reports if one.trouble) or "none"))
    wall, cpu = (sum(getattr(one.cost, what) for one in reports) for what in ("wall", "cpu"))
    lines.append(f"  losslint {wall:.2f} s, {cpu:.2f} s CPU, at most {max(one.cost.peak for one in reports):.0f} MiB")
    for name in OTHERS:
        both = [(one.cost, one.others[name]) for one in reports if name in one.others]
        if both:
            times = sum(mine.wall for mine, _ in both) / sum(other.wall for _, other in both)
            cpus = sum(mine.cpu for mine, _ in both) / sum(other.cpu for _, other in both)
            lines.append(f"  beside {name}: {times:.2f} of its time, {cpus:.2f} of its CPU time")
        else:
            lines.append(f"  beside {name}: not on PATH")
    return "\n".join(lines)


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("folder", type=Path, help="a folder of checkouts")
    parser.add_argument("--only", action="append", default=[], help="measure just this folder below it (repeatable)")
    parser.add_argument("--repeat", type=int, default=1, help="runs of each tool; the fastest counts")
    parser.add_argument("--timeout", type=float, default=60.0, help="seconds that one run may take")
    options = parser.parse_args()
    compile_modules()
    folders = sorted(path for path in options.folder.iterdir() if path.is_dir() and not path.name.startswith("."))
    reports = []
    for folder in folders:
        if not options.only or folder.name in options.only:
            reports.append(measure(folder, options.timeout, max(1, options.repeat)))
            print(told(reports[-1]), flush=True)
    if not reports:
        parser.error(f"no checkouts in {options.folder}")
    print(summed(reports))
    return 1 if any(report.trouble for report in reports) else 0


if __name__ == "__main__":
    sys.exit(main())
