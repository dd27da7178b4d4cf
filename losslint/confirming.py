"""What a run says of a static report: each finding and obligation is confirmed, refuted or not reached."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal, cast

from losslint.checking import Finding, TraceStep
from losslint.errors import InputError
from losslint.places import Place
from losslint.runreport import Hit, Report, Site

Status = Literal["confirmed", "refuted", "not reached", "undecided"]
STATUSES: Final[tuple[Status, ...]] = ("confirmed", "refuted", "undecided", "not reached")
BEYOND_A_RUN: Final = frozenset({"LL402", "LL403", "LL405", "LL406", "LL409"})
"""Rules on what becomes of a loss once it is a Python object like any other: a run does not follow it there."""


@dataclass(frozen=True)
class Answer:
    """What the run says of one static finding. `sites` are those that its line reached, `hit` is what confirms it."""

    finding: Finding
    status: Status
    why: str
    sites: tuple[Site, ...] = ()
    hit: Hit | None = None


def read(text: str, source: str) -> list[Finding]:
    """The findings of a report that `losslint check --output-format json` wrote. Raises InputError, which names `source`."""
    try:
        entries = json.loads(text)
        if not isinstance(entries, list):
            raise TypeError("it is no array of findings")
        return [_finding(entry) for entry in entries]
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        reason = f"no `{error.args[0]}`" if isinstance(error, KeyError) else str(error)
        raise InputError(source, f"is no report of `losslint check --output-format json`: {reason}") from error


def confirm(findings: Iterable[Finding], report: Report, root: Path) -> list[Answer]:
    """An answer to each finding, in their order. The findings' files are named from `root`."""
    by_file: dict[str, list[Site]] = {}
    for site in report.sites:
        by_file.setdefault(_real(root, site.place.filename), []).append(site)
    return [_answer(finding, by_file.get(_real(root, finding.place.filename), ())) for finding in findings]


def _answer(finding: Finding, sites: Iterable[Site]) -> Answer:
    if finding.place.cell is not None:
        return Answer(finding, "not reached", "it is in a notebook, which `losslint run` does not run")
    here = _there(finding.place, list(sites))
    if not here:
        return Answer(finding, "not reached", "no loss was called on this line")
    hits = [hit for site in here for hit in site.hits if hit.finding.code == finding.code]
    for hit in hits:
        if hit.finding.certainty == "proven":
            return Answer(finding, "confirmed", hit.finding.message, here, hit)
    if finding.code in BEYOND_A_RUN:
        return Answer(finding, "undecided", "the line ran, but a run does not see what becomes of the loss", here)
    if hits or any(site.undecided is None or finding.code in site.undecided for site in here):
        return Answer(finding, "undecided", _doubt(hits), here)
    return Answer(finding, "refuted", "what was passed is right", here)


def _doubt(hits: Sequence[Hit]) -> str:
    return hits[0].finding.message if hits else "the line ran, but what was passed does not tell"


def _there(static: Place, sites: Sequence[Site]) -> tuple[Site, ...]:
    """The calls that were seen of the one that a finding means: by its span where Python tells it, else by its lines."""
    span = (static.line, static.column, static.end_line, static.end_column)
    same = [
        site
        for site in sites
        if (seen := site.place).end_line and (seen.line, seen.column, seen.end_line, seen.end_column) == span
    ]
    if not same:
        last = static.end_line or static.line
        same = [site for site in sites if not site.place.end_line and static.line <= site.place.line <= last]
    return tuple(same)


def _real(root: Path, filename: str) -> str:
    return str((root / filename).resolve())


def _finding(entry: Mapping[str, Any]) -> Finding:
    return Finding(
        entry["code"],
        entry["name"],
        entry["message"],
        entry["severity"],
        entry["certainty"],
        _place(entry),
        tuple(TraceStep(_place(step), step["message"]) for step in entry.get("trace", ())),
    )


def _place(entry: Mapping[str, Any]) -> Place:
    start, end = entry["location"], entry.get("end_location") or {}
    return Place(
        str(entry["filename"]),
        int(start["row"]),
        int(start["column"]),
        cast("int | None", end.get("row")),
        cast("int | None", end.get("column")),
        cast("int | None", entry.get("cell")),
    )
