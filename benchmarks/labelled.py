"""How many labelled misuses of losses `losslint check` finds in real code, and of how much it raises a false alarm.

    python benchmarks/labelled.py LABELS FOLDER [--only OWNER/NAME]... [--timeout 300] [--missed]

FOLDER holds, as `owner+name`, git directories (bare or not, or one level deeper as `repo`), from which the labelled commits are
read, or plain checkouts, which are taken as they are. A label is one JSON line with

- `repo`, `commit`, `path` and `line` (notebooks: `cell`, counted from 0, and `cell_line`): the loss call,
- `kind`: `misuse`, or `hard_negative` for what looks like one and is right; `category`: a key of CATEGORIES; `scope`: any word,
- `evidence_lines`: `[path, line or "c<cell>:<line>", …]` of what belongs to it, and optionally `id`, `why`.

A misuse counts as found when a finding of its category lies, or a step of its trace, within three lines of the call or its
evidence; a finding of its category, warning or error, within three lines of a hard negative's call is a false alarm.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from repositories import COUNTS, LOSSLINT, Report, run

CATEGORIES = {
    "a": ("softmax into CrossEntropyLoss", "LL101 LL105 LL109 LL115 LL117"),
    "b": ("NLLLoss without log-probabilities", "LL102 LL103 LL106 LL109"),
    "c": ("sigmoid, softmax and the BCE family", "LL101 LL104 LL105 LL106 LL115"),
    "d": ("KLDivLoss", "LL102 LL103 LL104 LL106 LL107 LL109 LL116 LL505 LL506"),
    "e": ("not a tensor", "LL201 LL206"),
    "f": ("dtype of the target", "LL202 LL203 LL204 LL205 LL206"),
    "g": ("shapes that broadcast", "LL301 LL303"),
    "h": ("prediction cut from the graph", "LL206 LL401 LL402"),
    "i": ("tensors to the constructor", "LL501"),
    "j": ("swapped arguments", "LL505"),
    "k": ("deprecated arguments, softmax without dim", "LL109 LL502 LL503"),
    "l": ("CTC, labels of margin losses, one logit", "LL102 LL103 LL112 LL113"),
    "m": ("the loss kept or mishandled", "LL402 LL403 LL404 LL405 LL406 LL409"),
    "n": ("anything else", ""),
}
"""What a category means, and the codes that may count for it; none: any."""
NEAR = 3
SOURCES = (b".py", b".ipynb", b".md", b".toml", b".cfg")


@dataclass(frozen=True)
class Spot:
    """A line of a file, or of a notebook's cell (counted from 0)."""

    path: str
    line: int
    cell: int | None = None

    def near(self, other: Spot) -> bool:
        return (self.path, self.cell) == (other.path, other.cell) and abs(self.line - other.line) <= NEAR


@dataclass
class Tally:
    """Labels met and hit, by (kind, what they are grouped by, group)."""

    met: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    hit: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    told: list[str] = field(default_factory=list)

    def add(self, label: dict[str, Any], hit: bool) -> None:
        for what, group in (("all", ""), ("category", label["category"]), ("scope", label.get("scope", "?"))):
            self.met[label["kind"], what, group] += 1
            self.hit[label["kind"], what, group] += hit
        if hit is not (label["kind"] == "misuse"):
            what = "missed" if label["kind"] == "misuse" else "false alarm"
            where = next(spots_of(label))
            cell = "" if where.cell is None else f" cell {where.cell}"
            place = f"{label['repo']} {where.path}{cell}:{where.line}"
            self.told.append(f"{what}: {label.get('id', '')} {label['category']} {place}: {label.get('why', '')}")

    def ratios(self, kind: str, what: str) -> str:
        keys = sorted(key for key in self.met if key[:2] == (kind, what))
        return "  ".join(f"{key[2]} {self.hit[key]}/{self.met[key]}".strip() for key in keys) or "none"


def spots_of(label: dict[str, Any]) -> Iterator[Spot]:
    """The call, then its evidence."""
    yield Spot(label["path"], label["line"] if label.get("line") is not None else label["cell_line"], label.get("cell"))
    for path, reference, *_ in label.get("evidence_lines", ()):
        if isinstance(reference, str):
            cell, line = reference.removeprefix("c").split(":")
            yield Spot(path, int(line), int(cell))
        else:
            yield Spot(path, reference)


def spots_found(finding: dict[str, Any]) -> Iterator[Spot]:
    """The finding, then the steps of its trace. A report counts cells from 1."""
    for one in (finding, *finding.get("trace", ())):
        cell = one.get("cell")
        yield Spot(one["filename"].replace(os.sep, "/"), one["location"]["row"], None if cell is None else cell - 1)


def hits(label: dict[str, Any], findings: list[dict[str, Any]]) -> bool:
    codes = CATEGORIES[label["category"]][1].split()
    wanted = list(spots_of(label))
    misuse = label["kind"] == "misuse"
    for finding in findings:
        if (codes and finding["code"] not in codes) or (not misuse and finding["severity"] == "info"):
            continue
        seen = list(spots_found(finding))
        if any(mine.near(theirs) for mine in (seen if misuse else seen[:1]) for theirs in (wanted if misuse else wanted[:1])):
            return True
    return False


def git_directory(folder: Path) -> Path | None:
    places = (folder / "repo" / ".git", folder / "repo", folder / ".git", folder)
    return next((place for place in places if (place / "HEAD").is_file()), None)


def extract(directory: Path, commit: str, target: Path) -> bool:
    """Write the sources of a commit. Objects that the git directory lacks are left out."""
    git = ["git", f"--git-dir={directory}"]
    listed = subprocess.run([*git, "ls-tree", "-r", "-z", commit], capture_output=True, check=False)
    if listed.returncode:
        return False
    entries = [entry.partition(b"\t") for entry in listed.stdout.split(b"\0") if entry.endswith(SOURCES)]
    files = [(meta.split()[2], name) for meta, _, name in entries if meta.split()[1] == b"blob" and not meta.startswith(b"12")]
    asked = b"".join(blob + b"\n" for blob, _ in files)
    given = subprocess.run([*git, "cat-file", "--batch"], input=asked, capture_output=True, check=False).stdout
    at = 0
    for _, name in files:
        end = given.find(b"\n", at)
        header = given[at:end].split()
        at = end + 1
        if end < 0 or len(header) != 3:
            continue
        size = int(header[2])
        path = target / os.fsdecode(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(given[at : at + size])
        at += size + 1
    return True


def score(folder: Path, name: str, labels: list[dict[str, Any]], timeout: float, tally: Tally) -> Report:
    """Check one repository at one commit."""
    report = Report(name, 0, run((*LOSSLINT, "--exit-zero"), folder, timeout))
    report.read()
    for label in labels:
        tally.add(label, hits(label, report.findings))
    return report


def told(tally: Tally, reports: list[Report], absent: list[str], missed: bool) -> str:
    counts: Counter[str] = Counter()
    for report in reports:
        counts.update(report.counts)
    lines = [one for one in tally.told if missed or one.startswith("false")]
    for what in ("category", "scope", "all"):
        lines.append(f"misuses found by {what}: {tally.ratios('misuse', what)}".replace(" by all", ""))
    for what in ("category", "all"):
        lines.append(f"false alarms by {what}: {tally.ratios('hard_negative', what)}".replace(" by all", ""))
    lines.append(", ".join(f"{counts[name]} {name}" for name in COUNTS))
    lines.append("trouble: " + (", ".join(f"{one.name} ({one.trouble})" for one in reports if one.trouble) or "none"))
    lines.append(f"not in the folder: {', '.join(absent) or 'none'}")
    return "\n".join(lines)


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("labels", type=Path, help="a file of labels, one JSON object a line")
    parser.add_argument("folder", type=Path, help="git directories or checkouts, each as owner+name")
    parser.add_argument("--only", action="append", default=[], metavar="OWNER/NAME", help="just this repository (repeatable)")
    parser.add_argument("--timeout", type=float, default=300.0, help="seconds that one repository may take")
    parser.add_argument("--missed", action="store_true", help="also list the misuses that are not found")
    options = parser.parse_args()
    jobs: dict[tuple[str, str], list[dict[str, Any]]] = defaultdict(list)
    for line in options.labels.read_text(encoding="utf-8").splitlines():
        label = json.loads(line)
        if not options.only or label["repo"] in options.only:
            jobs[label["repo"], label["commit"]].append(label)
    tally, reports, absent = Tally(), [], []
    for (repo, commit), labels in sorted(jobs.items()):
        place = options.folder / repo.replace("/", "+")
        directory = git_directory(place)
        with tempfile.TemporaryDirectory() as made:
            if directory is not None and extract(directory, commit, Path(made)):
                reports.append(score(Path(made), repo, labels, options.timeout, tally))
            elif directory is None and place.is_dir():
                reports.append(score(place, repo, labels, options.timeout, tally))
            else:
                absent.append(f"{repo}@{commit[:8]}")
    print(told(tally, reports, absent, options.missed))
    return 1 if any(report.trouble for report in reports) else 0


if __name__ == "__main__":
    sys.exit(main())
