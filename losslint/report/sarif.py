"""Findings as SARIF 2.1.0, which code scanning services read."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from losslint import __version__
from losslint.checking import Certainty, Finding
from losslint.places import Place
from losslint.report import places
from losslint.rule import Rule, Severity

SCHEMA: Final = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_LEVELS: Final[dict[Severity, str]] = {"error": "error", "warning": "warning", "info": "note"}
_PRECISION: Final[dict[Certainty, str]] = {"proven": "very-high", "possible": "medium", "obligation": "low"}


def render(
    findings: Iterable[Finding],
    rules: Sequence[Rule],
    problems: Iterable[str] = (),
    root: Path | None = None,
    statuses: Sequence[str] = (),
) -> str:
    """One run. `problems` are what could not be checked; files below `root` (the current folder) are named from there.

    `statuses`: for each finding, what a run said of it, where one was asked.
    """
    base = (root or Path.cwd()).resolve()
    shown, notes = list(findings), list(problems)
    answers = list(statuses) or [""] * len(shown)
    codes = {finding.code for finding in shown}
    listed = [rule for rule in rules if rule.code in codes]
    index = {rule.code: number for number, rule in enumerate(listed)}
    prints = _fingerprints(shown, base)
    run = {
        "tool": {"driver": {"name": "losslint", "version": __version__, "rules": [_rule(rule) for rule in listed]}},
        "columnKind": "unicodeCodePoints",
        "originalUriBaseIds": {"SRCROOT": {"uri": base.as_uri() + "/"}},
        "invocations": [
            {
                "executionSuccessful": not notes,
                "toolExecutionNotifications": [{"level": "error", "message": {"text": note}} for note in notes],
            }
        ],
        "results": [
            _result(finding, index.get(finding.code), fingerprint, base, status)
            for finding, fingerprint, status in zip(shown, prints, answers, strict=True)
        ],
    }
    return json.dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2)


def _rule(rule: Rule) -> dict[str, Any]:
    return {
        "id": rule.code,
        "name": "".join(word.capitalize() for word in rule.name.split("-")),
        "shortDescription": {"text": rule.name},
        "fullDescription": {"text": rule.summary},
        "help": {"text": rule.page, "markdown": rule.page},
        "defaultConfiguration": {"level": _LEVELS[rule.severity]},
        "properties": {"tags": ["pytorch", "loss"], "precision": _PRECISION["proven"]},
    }


def _result(finding: Finding, index: int | None, fingerprint: str, base: Path, status: str) -> dict[str, Any]:
    text = f"{finding.message}. {finding.advice}" if finding.advice else finding.message
    if finding.place.cell is not None:
        text = f"{places.full(finding.place)}: {text}"
    result: dict[str, Any] = {
        "ruleId": finding.code,
        "level": _LEVELS[finding.severity],
        "message": {"text": text},
        "locations": [_location(finding.place, base)],
        "partialFingerprints": {"losslint/v1": fingerprint},
        "properties": {"certainty": finding.certainty, "seen": finding.seen, "wants": finding.wants},
    }
    if index is not None:
        result["ruleIndex"] = index
    if status:
        result["properties"]["status"] = status
    # Only what fails has a level.
    if status == "refuted":
        result |= {"kind": "pass", "level": "none"}
    elif finding.certainty == "obligation" and status != "confirmed":
        result |= {"kind": "open", "level": "none"}
    if finding.trace:
        steps = [{"location": _location(step.place, base) | {"message": {"text": step.note}}} for step in finding.trace]
        result["codeFlows"] = [{"threadFlows": [{"locations": steps}]}]
    return result


def _location(place: Place, base: Path) -> dict[str, Any]:
    """SARIF knows no cells: a place in a notebook is line 1, and a logical location says the cell."""
    if place.cell is not None:
        region = {"startLine": 1}
    else:
        region = {"startLine": place.line, "startColumn": place.column}
        if place.end_line is not None and place.end_column is not None:
            region |= {"endLine": place.end_line, "endColumn": place.end_column}
    found: dict[str, Any] = {"physicalLocation": {"artifactLocation": _artifact(place.filename, base), "region": region}}
    if place.cell is not None:
        found["logicalLocations"] = [{"name": f"cell {place.cell}", "fullyQualifiedName": places.full(place)}]
    return found


def _artifact(filename: str, base: Path) -> dict[str, str]:
    path = (base / filename).resolve()
    if path.is_relative_to(base):
        return {"uri": quote(path.relative_to(base).as_posix()), "uriBaseId": "SRCROOT"}
    return {"uri": path.as_uri()}


def _fingerprints(findings: Iterable[Finding], base: Path) -> list[str]:
    """The same for one mistake however lines move above it: its turn among equal ones in the file, and no line, takes part."""
    turns: Counter[tuple[str, str, str]] = Counter()
    made = []
    for finding in findings:
        key = (finding.code, _artifact(finding.place.filename, base)["uri"], finding.message)
        turns[key] += 1
        made.append(hashlib.sha256("\0".join((*key, str(turns[key]))).encode()).hexdigest()[:32])
    return made
