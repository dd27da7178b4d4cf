"""Findings as a JSON array of objects with Ruff's keys, plus `severity`, `certainty` and `trace`."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from losslint.checking import Finding
from losslint.places import Place


def render(findings: Iterable[Finding]) -> str:
    """The array; ASCII only, so that it survives any pipe."""
    return json.dumps([entry(finding) for finding in findings], indent=2)


def entry(finding: Finding) -> dict[str, Any]:
    """One finding. Rows and columns are 1-based; in a notebook they count from the cell's start."""
    place = finding.place
    end_line = place.end_line or place.line
    return {
        "code": finding.code,
        "name": finding.name,
        "message": finding.message,
        "severity": finding.severity,
        "certainty": finding.certainty,
        "filename": place.filename,
        "cell": place.cell,
        "location": _location(place),
        "end_location": {"row": end_line, "column": place.end_column or place.column},
        "url": None,
        "fix": None,
        "trace": [
            {
                "filename": step.place.filename,
                "cell": step.place.cell,
                "location": _location(step.place),
                "message": step.note,
            }
            for step in finding.trace
        ],
    }


def _location(place: Place) -> dict[str, int]:
    return {"row": place.line, "column": place.column}
