"""The report that people read: the code line with a caret, what was seen, what is wanted, how it came, what to do."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from typing import Final

from click import style

from losslint.checking import Finding
from losslint.places import Place
from losslint.report import distinct, places, printable
from losslint.rule import Severity

COLOURS: Final[dict[Severity, str]] = {"error": "red", "warning": "yellow", "info": "blue"}
WIDTH: Final = 110
"""Longer traces and code lines are broken or cut: a notebook's line can be a whole file."""


def headline(finding: Finding) -> str:
    """`train.py:24:12: LL101 [error] message`: the whole report in the concise format."""
    colour = COLOURS[finding.severity]
    label = finding.severity if finding.certainty == "proven" else f"{finding.severity}, {finding.certainty}"
    return (
        f"{style(places.full(finding.place), bold=True)}: {style(finding.code, fg=colour, bold=True)} "
        f"{style(f'[{label}]', fg=colour)} {printable(finding.message)}"
    )


def block(finding: Finding, line: Callable[[Place], str], *, trace: bool = True) -> str:
    """One finding in full. `line` gives the source line of a place, empty where there is none."""
    rows = [headline(finding)]
    margin = len(str(finding.place.line)) + 1
    source = line(finding.place).rstrip("\r\n")
    if source.strip():
        code, caret = underlined(source, finding.place)
        bar = style("|", fg="blue")
        rows.append(f"{' ' * margin}{bar}")
        rows.append(f"{style(str(finding.place.line), fg='blue')} {bar} {code}")
        rows.append(f"{' ' * margin}{bar} {style(caret, fg=COLOURS[finding.severity], bold=True)}")
    notes = [("seen", [printable(finding.seen)] if finding.seen else [])]
    notes.append(("wants", [printable(finding.wants)] if finding.wants else []))
    if trace:
        notes.append(("trace", wrapped(steps(finding))))
    notes.append(("help", [printable(finding.advice)] if finding.advice else []))
    for title, lines in notes:
        for number, text in enumerate(lines):
            label = f"{title}:" if number == 0 else ""
            rows.append(f"{' ' * margin}{style(f'{label:<6}', bold=True)} {text}")
    return "\n".join(rows)


def steps(finding: Finding) -> list[str]:
    """The way the value came, one text a step: `model.py:31 softmax over dim 1`."""
    return list(distinct(f"{places.short(step.place)} {printable(step.note)}" for step in finding.trace))


def wrapped(parts: list[str], width: int = WIDTH) -> list[str]:
    """The steps joined by arrows, broken before an arrow where a line would grow too long."""
    lines: list[str] = []
    for part in parts:
        if lines and len(lines[-1]) + len(part) + 3 <= width:
            lines[-1] += f" → {part}"
        else:
            lines.append(f"→ {part}" if lines else part)
    return lines


def underlined(source: str, place: Place) -> tuple[str, str]:
    """A code line and the carets under the span, cut to what fits on a line. Columns count characters from 1."""
    start = min(max(place.column - 1, 0), len(source))
    same_line = place.end_line in (None, place.line)
    stop = len(source) if not same_line else (place.end_column or place.column + 1) - 1
    stop = min(max(stop, start + 1), max(len(source.rstrip()), start + 1))
    left = 0
    if len(source) > WIDTH and stop > WIDTH:
        left = max(min(start - 20, len(source) - WIDTH), 0)
    shown, before, after = source[left : left + WIDTH], "… " if left else "", " …" if len(source) > left + WIDTH else ""
    indent = len(shown) - len(shown.lstrip()) if not left else 0
    start, stop = start - left, min(stop - left, len(shown) + (start - left >= len(shown)))
    lead = min(indent, start)
    code = "    " + before + _expanded(shown[lead:]) + after
    gap = _columns(shown[lead:start])
    return code, "    " + " " * (len(before) + gap) + "^" * max(_columns(shown[start:stop]), 1)


def _expanded(text: str) -> str:
    return printable(text).replace("\t", "    ")


def _columns(text: str) -> int:
    """How many terminal columns a text takes: wide characters two, combining ones none."""
    total = 0
    for char in _expanded(text):
        if not unicodedata.combining(char):
            total += 2 if unicodedata.east_asian_width(char) in "WF" else 1
    return total
