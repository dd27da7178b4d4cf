"""`pytest --losslint` and its marker, in a pytest of its own."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

pytest.importorskip("torch")

TESTS = """
import pytest, torch
from torch.nn import functional as F

def wrong():
    net = torch.nn.Linear(4, 3)
    return F.cross_entropy(torch.softmax(net(torch.randn(8, 4)), 1), torch.randint(3, (8,)))

def test_wrong():
    wrong()

def test_right():
    F.mse_loss(torch.zeros(3), torch.ones(3))

def test_fails_anyway():
    wrong()
    assert 1 == 2

@pytest.mark.losslint
def test_marked():
    wrong()

@pytest.mark.losslint(on="off")
def test_left_alone():
    wrong()

@pytest.mark.losslint(ignore=["LL101", "LL601"])
def test_ignores():
    wrong()

def test_only_a_warning():
    F.mse_loss(torch.ones(3, requires_grad=True), torch.ones(3, dtype=torch.int64))

@pytest.mark.losslint(severity="warning")
def test_strict():
    F.mse_loss(torch.ones(3, requires_grad=True), torch.ones(3, dtype=torch.int64))
"""
Pytest = Callable[..., "tuple[int, dict[str, str], str]"]


@pytest.fixture
def run(tmp_path: Path) -> Pytest:
    """Exit status, the outcome of each test, and the output."""
    (tmp_path / "test_it.py").write_text(TESTS)
    (tmp_path / "pytest.ini").write_text("[pytest]\n")

    def call(*arguments: str) -> tuple[int, dict[str, str], str]:
        command = [sys.executable, "-m", "pytest", "-p", "losslint.pytest_plugin", "-rA", "--strict-markers", *arguments]
        environment = {**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTEST_ADDOPTS": ""}
        done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
        out = done.stdout + done.stderr
        return done.returncode, {name: how for how, name in re.findall(r"^(PASSED|FAILED) test_it\.py::(\w+)", out, re.M)}, out

    return call


def test_without_the_option_only_marked_tests_are_watched(run: Pytest) -> None:
    status, outcomes, _ = run()
    assert status == 1
    failed = {name for name, how in outcomes.items() if how == "FAILED"}
    assert failed == {"test_fails_anyway", "test_marked", "test_strict"}
    assert len(outcomes) == 8


def test_with_the_option_every_test_is_watched(run: Pytest) -> None:
    status, outcomes, out = run("--losslint")
    failed = {name for name, how in outcomes.items() if how == "FAILED"}
    assert failed == {"test_wrong", "test_fails_anyway", "test_marked", "test_strict"}
    assert "test_it.py:7:12: F.cross_entropy, called 1 time" in out or sys.version_info < (3, 11)
    assert "help: Drop the softmax" in out
    assert re.search(r"assert 1 == 2.*- Captured losslint call -.*LL101 \[error\]", out, re.DOTALL)
    assert status == 1


def test_warnings_instead(run: Pytest) -> None:
    _, outcomes, out = run("--losslint=warn", "-k", "test_wrong or test_right")
    assert set(outcomes.values()) == {"PASSED"}
    assert "LossMisuseWarning: LL101" in out


def test_severity(run: Pytest) -> None:
    assert run("--losslint", "-k", "only_a_warning")[1] == {"test_only_a_warning": "PASSED"}
    assert run("--losslint", "--losslint-severity=warning", "-k", "only_a_warning")[1] == {"test_only_a_warning": "FAILED"}


def test_a_wrong_marker_is_named(run: Pytest, tmp_path: Path) -> None:
    (tmp_path / "test_it.py").write_text("import pytest\n@pytest.mark.losslint(on='loud')\ndef test_a(): pass\n")
    status, _, out = run()
    assert status != 0 and "the marker `losslint` takes on (fail, warn, off), ignore and severity" in out


def test_an_unused_plugin_imports_nothing_heavy() -> None:
    code = (
        "import sys, losslint.pytest_plugin; "
        "print({'torch', 'libcst', 'click', 'losslint.rule', 'losslint.runtime'} & set(sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "set()\n"


def test_without_torch_the_option_says_what_to_install(tmp_path: Path) -> None:
    (tmp_path / "test_it.py").write_text("def test_a(): pass\n")
    code = (
        "import importlib.util as u, pytest, sys; found = u.find_spec; "
        "u.find_spec = lambda name, *rest: None if name == 'torch' else found(name, *rest); "
        "sys.exit(pytest.main(['-p', 'losslint.pytest_plugin', '--losslint']))"
    )
    environment = {**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTEST_ADDOPTS": ""}
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 4
    assert "--losslint needs torch: pip install 'losslint[runtime]'" in done.stderr
