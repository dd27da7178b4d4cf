"""The benchmark on labelled code: what counts as found, and the commit that is read."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "benchmarks"))

import labelled  # noqa: E402

PROGRAM = """import torch.nn.functional as F

def step(x, y):
    probs = x.softmax(1)
    return F.cross_entropy(probs, y)
"""
LABEL = {"repo": "me/mine", "path": "train.py", "line": 5, "category": "a", "scope": "function", "kind": "misuse", "id": "1"}


def finding(line: int, *steps: int, code: str = "LL101", severity: str = "error", cell: int | None = None) -> dict[str, object]:
    return {
        "code": code, "severity": severity, "filename": "train.py", "cell": cell, "location": {"row": line},
        "trace": [{"filename": "train.py", "cell": cell, "location": {"row": step}} for step in steps],
    }  # fmt: skip


@pytest.mark.parametrize(
    ("label", "found", "hit"),
    [
        ({}, finding(5), True),
        ({}, finding(8), True),
        ({}, finding(9), False),
        ({}, finding(40, 5), True),
        ({}, finding(5, code="LL301"), False),
        ({"category": "n"}, finding(5, code="LL301"), True),
        ({"evidence_lines": [["train.py", 40, "the model"]]}, finding(40), True),
        ({"cell": 2, "line": None, "cell_line": 5}, finding(5, cell=3), True),
        ({"cell": 2, "line": None, "cell_line": 5}, finding(5, cell=2), False),
        ({"kind": "hard_negative"}, finding(5), True),
        ({"kind": "hard_negative"}, finding(5, severity="info"), False),
        ({"kind": "hard_negative"}, finding(40, 5), False),
    ],
)
def test_what_counts(label: dict[str, object], found: dict[str, object], hit: bool) -> None:
    assert labelled.hits({**LABEL, **label}, [found]) is hit


def test_the_labelled_commit_is_read(tmp_path: Path) -> None:
    repository = tmp_path / "mirror" / "me+mine"
    repository.mkdir(parents=True)

    def git(*words: str) -> str:
        who = ("-c", "user.name=a", "-c", "user.email=a@b")
        return subprocess.run(["git", *who, *words], cwd=repository, capture_output=True, text=True, check=True).stdout.strip()

    git("init", "-q")
    for text in (PROGRAM, PROGRAM.replace("x.softmax(1)", "x")):
        (repository / "train.py").write_text(text)
        git("add", ".")
        git("commit", "-qm", "change")
    labels = [
        {**LABEL, "commit": git("rev-parse", "HEAD~1")},
        {**LABEL, "commit": git("rev-parse", "HEAD"), "kind": "hard_negative"},
        {**LABEL, "commit": "HEAD", "repo": "me/other"},
    ]
    (tmp_path / "labels.jsonl").write_text("".join(json.dumps(label) + "\n" for label in labels))
    command = [sys.executable, ROOT / "benchmarks/labelled.py", tmp_path / "labels.jsonl", tmp_path / "mirror"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "misuses found: 1/1\n" in done.stdout and "false alarms: 0/1\n" in done.stdout
    assert "misuses found by scope: function 1/1\n" in done.stdout
    assert "2 loss calls" in done.stdout and "not in the folder: me/other@HEAD" in done.stdout
