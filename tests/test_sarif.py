"""SARIF: what version 2.1.0 requires, what code scanning needs, and that a mistake keeps its fingerprint when lines move."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from losslint.checking import Finding, TraceStep
from losslint.places import Place
from losslint.report import sarif
from losslint.rule import Rule

RULES = (
    Rule("LL101", "probabilities-as-logits", "error", "# t\n\nSoftmax twice.\n\nMore.", lambda call: iter(())),
    Rule("LL503", "deprecated-reduction-argument", "info", "Old words.", lambda call: iter(())),
)
PROVEN = Finding(
    "LL101",
    "probabilities-as-logits",
    "`input` is softmax",
    "error",
    "proven",
    Place("src/train me.py", 3, 8, 3, 30),
    (TraceStep(Place("src/model.py", 31, 5), "softmax over dim 1"),),
    "Drop the softmax",
)
OPEN = Finding("LL503", "deprecated-reduction-argument", "may be old", "info", "obligation", Place("nb.ipynb", 2, 5, cell=3))


def rendered(tmp_path: Path, *findings: Finding, problems: tuple[str, ...] = ()) -> dict[str, Any]:
    log: dict[str, Any] = json.loads(sarif.render(findings, RULES, problems, tmp_path))
    return log


def required(log: dict[str, Any]) -> None:
    """The properties that SARIF 2.1.0 requires, and the closed sets of words it allows."""
    assert log["version"] == "2.1.0" and log["runs"]
    for run in log["runs"]:
        driver = run["tool"]["driver"]
        assert driver["name"]
        assert all(rule["id"] and rule["shortDescription"]["text"] for rule in driver["rules"])
        assert all(isinstance(one["executionSuccessful"], bool) for one in run["invocations"])
        assert all(note["message"]["text"] for one in run["invocations"] for note in one["toolExecutionNotifications"])
        for result in run["results"]:
            assert result["message"]["text"]
            assert result["level"] in ("none", "note", "warning", "error")
            assert result.get("kind", "fail") in ("fail", "open") and (result.get("kind") != "open" or result["level"] == "none")
            assert driver["rules"][result["ruleIndex"]]["id"] == result["ruleId"]
            places = [*result["locations"], *(s["location"] for f in result.get("codeFlows", ()) for s in steps(f))]
            for place in places:
                physical = place["physicalLocation"]
                assert physical["region"]["startLine"] >= 1
                assert "uriBaseId" not in physical["artifactLocation"] or not physical["artifactLocation"]["uri"].startswith("/")
                assert " " not in physical["artifactLocation"]["uri"]


def steps(flow: dict[str, Any]) -> list[dict[str, Any]]:
    return [step for thread in flow["threadFlows"] for step in thread["locations"]]


def test_what_the_standard_requires(tmp_path: Path) -> None:
    log = rendered(tmp_path, PROVEN, OPEN, problems=("gone.py: no such file",))
    required(log)
    assert log["runs"][0]["invocations"][0]["executionSuccessful"] is False
    assert [rule["id"] for rule in log["runs"][0]["tool"]["driver"]["rules"]] == ["LL101", "LL503"]
    first, second = log["runs"][0]["results"]
    location = first["locations"][0]["physicalLocation"]
    assert location["artifactLocation"] == {"uri": "src/train%20me.py", "uriBaseId": "SRCROOT"}
    assert location["region"] == {"startLine": 3, "startColumn": 8, "endLine": 3, "endColumn": 30}
    assert first["message"]["text"] == "`input` is softmax. Drop the softmax"
    assert steps(first["codeFlows"][0])[0]["location"]["message"]["text"] == "softmax over dim 1"
    assert (second["kind"], second["level"]) == ("open", "none")
    assert second["locations"][0]["logicalLocations"][0]["fullyQualifiedName"] == "nb.ipynb:cell 3:2:5"


def test_nothing_found_is_a_valid_run(tmp_path: Path) -> None:
    log = rendered(tmp_path)
    required(log)
    assert log["runs"][0]["results"] == []


def test_the_check_of_required_properties_can_fail(tmp_path: Path) -> None:
    log = rendered(tmp_path, PROVEN)
    del log["runs"][0]["results"][0]["message"]["text"]
    with pytest.raises(KeyError):
        required(log)


def test_files_elsewhere_have_an_absolute_uri(tmp_path: Path) -> None:
    log = rendered(tmp_path / "here", replace(PROVEN, place=Place(str(tmp_path / "there.py"), 1)))
    uri = log["runs"][0]["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]
    assert uri == {"uri": (tmp_path / "there.py").resolve().as_uri()}


def test_fingerprints_outlive_moved_lines_and_tell_twins_apart(tmp_path: Path) -> None:
    def prints(*findings: Finding) -> list[str]:
        return [one["partialFingerprints"]["losslint/v1"] for one in rendered(tmp_path, *findings)["runs"][0]["results"]]

    moved = replace(PROVEN, place=replace(PROVEN.place, line=90, end_line=90))
    assert prints(PROVEN) == prints(moved)
    assert len(set(prints(PROVEN, moved))) == 2
    assert prints(PROVEN) != prints(replace(PROVEN, message="another"))
