"""Findings as GitHub workflow commands, which become annotations on a pull request."""

from __future__ import annotations

from typing import Final

from losslint.checking import Finding
from losslint.report import places
from losslint.rule import Severity

_COMMANDS: Final[dict[Severity, str]] = {"error": "error", "warning": "warning", "info": "notice"}


def command(finding: Finding) -> str:
    """`::error title=LL101 (name),file=…,line=…,col=…::message`.

    GitHub knows no cells: an annotation in a notebook stands at line 1 and its message says the place.
    """
    place = finding.place
    message = f"{finding.message}; {finding.advice}" if finding.advice else finding.message
    title = f"title={_property(f'{finding.code} ({finding.name})')}"
    if place.cell is not None:
        return (
            f"::{_COMMANDS[finding.severity]} {title},file={_property(place.filename)},line=1,col=1"
            f"::{_data(f'{places.full(place)}: {message}')}"
        )
    where = [f"file={_property(place.filename)}", f"line={place.line}", f"col={place.column}"]
    if place.end_line is not None and place.end_column is not None:
        where += [f"endLine={place.end_line}", f"endColumn={place.end_column}"]
    return f"::{_COMMANDS[finding.severity]} {','.join((title, *where))}::{_data(message)}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
