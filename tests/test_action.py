"""The GitHub Action: its script is run as a runner would, with a stand-in for the environment it makes."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
ACTION = (ROOT / "action.yml").read_text(encoding="utf-8")
pytestmark = pytest.mark.skipif(shutil.which("bash") is None, reason="needs bash")


def script() -> str:
    return textwrap.dedent(ACTION.partition("run: |\n")[2])


def run(tmp_path: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """The script where `python -m venv` and `pip install` do nothing and losslint is the one at hand."""
    binaries = tmp_path / "runner" / "losslint" / "bin"
    binaries.mkdir(parents=True, exist_ok=True)
    for name, body in (
        ("python", "exit 0"),
        ("losslint", f'exec "{sys.executable}" -m losslint "$@"'),
    ):
        (binaries / name).write_text(f"#!/bin/sh\n{body}\n")
        (binaries / name).chmod(0o755)
    given = {
        "PYTHON": "true",
        "RUNNER_TEMP": str(tmp_path / "runner"),
        "ACTION": str(ROOT),
        "PATHS": ".",
        "ARGS": "",
        "SARIF": "",
    }
    environment = {**os.environ, **given, **environment}
    return subprocess.run(["bash", "-c", script()], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)


def test_every_input_is_used_and_none_is_pasted_into_the_script() -> None:
    inputs = re.findall(r"^  ([\w-]+):\n    description:", ACTION, re.MULTILINE)
    assert inputs == ["paths", "args", "sarif-file", "python-version"]
    assert all(f"inputs.{name} " in ACTION for name in inputs)
    assert "${{" not in script()


def test_findings_become_annotations_and_fail_the_step(tmp_path: Path) -> None:
    source = "import torch.nn as nn, torch\nnn.CrossEntropyLoss()(torch.softmax(nn.Linear(2, 3)(x), 1), y)\n"
    (tmp_path / "a.py").write_text(source)
    done = run(tmp_path, SARIF="out.sarif", ARGS="--select LL1", PATHS="a.py")
    assert done.returncode == 1, done.stderr
    assert "::error title=LL101" in done.stdout
    assert '"ruleId": "LL101"' in (tmp_path / "out.sarif").read_text()
    assert run(tmp_path, ARGS="--select LL2").returncode == 0


@pytest.mark.parametrize(
    ("schema", "file"), [("vendor.github-actions", "action.yml"), ("vendor.github-workflows", ".github/workflows/tests.yml")]
)
def test_schema(schema: str, file: str) -> None:
    """GitHub's own, as the package check-jsonschema brings it along."""
    pytest.importorskip("check_jsonschema")
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", schema, str(ROOT / file)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
