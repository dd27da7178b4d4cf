"""The sites of a report as they are shown: places named from one folder, hits that were asked for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from losslint.checking import Finding, TraceStep
from losslint.report.places import near
from losslint.runreport import Report, Site


def shown(report: Report, wanted: Callable[[Finding], bool], root: Path) -> list[Site]:
    """Every site, in order of place, with the hits that are wanted."""
    sites = [
        replace(
            site,
            place=near(site.place, root),
            hits=[replace(hit, finding=_moved(hit.finding, root)) for hit in site.hits if wanted(hit.finding)],
        )
        for site in report.sites
    ]
    return sorted(sites, key=lambda site: (site.place.filename, site.place.line, site.place.column))


def _moved(finding: Finding, root: Path) -> Finding:
    trace = tuple(TraceStep(near(step.place, root), step.note) for step in finding.trace)
    return replace(finding, place=near(finding.place, root), trace=trace)
