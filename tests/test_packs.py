"""Rule packs of third parties, found through the entry point, and `losslint new-rule`, which starts a rule."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from routes import write

from losslint.cli import main

RULE = '''"""# loss-of-squares (ABC101)

A loss of squares is computed.
"""

from losslint.judging import title
from losslint.rule import Verdict
from losslint.tri import Tri

CODE = "ABC101"
SEVERITY = "warning"


def check(call):
    if call.contract.name == "mse_loss" and call.stage == "call":
        yield Verdict(Tri.YES, f"`{title(call)}` takes numbers, but `input` is one", "input", advice="Take another")
'''
USE = """import torch
import torch.nn.functional as F

F.mse_loss(torch.rand(3), torch.rand(3))
F.mse_loss(torch.rand(3), torch.rand(3))  # noqa: ABC101
"""


def installed(folder: Path, files: dict[str, str], value: str = "abc_rules") -> None:
    """A distribution that registers a pack, as pip would leave it in a folder of the path."""
    write(
        folder,
        {
            **files,
            "abc-1.0.dist-info/METADATA": "Metadata-Version: 2.1\nName: abc\nVersion: 1.0\n",
            "abc-1.0.dist-info/entry_points.txt": f"[losslint.rules]\nabc = {value}\n",
        },
    )


def losslint(path: Path, *arguments: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("COV")}
    environment["PYTHONPATH"] = str(path)
    command = [sys.executable, "-m", "losslint", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, env=environment, cwd=cwd)


def test_a_packs_rules_are_found_and_asked(tmp_path: Path) -> None:
    installed(tmp_path / "path", {"abc_rules/__init__.py": "", "abc_rules/loss_of_squares.py": RULE})
    write(tmp_path, {"use.py": USE})
    listed = losslint(tmp_path / "path", "rule", "loss-of-squares")
    assert "# loss-of-squares (ABC101)" in listed.stdout, listed.stderr
    checked = losslint(tmp_path / "path", "check", "--output-format", "concise", "--quiet", "use.py", cwd=tmp_path)
    assert checked.stdout == "use.py:4:1: ABC101 [warning] `F.mse_loss` takes numbers, but `input` is one\n"
    assert checked.returncode == 1
    ignored = losslint(tmp_path / "path", "check", "--ignore", "ABC", "use.py", cwd=tmp_path)
    assert ignored.returncode == 0


BROKEN = {
    "gone": ({}, "rule pack `abc` (abc_rules) cannot be imported: ModuleNotFoundError"),
    "raises": ({"abc_rules/__init__.py": "1 / 0"}, "rule pack `abc` (abc_rules) cannot be imported: ZeroDivisionError"),
    "exits": ({"abc_rules/__init__.py": "raise SystemExit"}, "rule pack `abc` (abc_rules) cannot be imported: SystemExit"),
    "a module": ({"abc_rules.py": RULE}, "rule pack `abc` (abc_rules) is a module, not a package of rules"),
    "no Python": ({"abc_rules/loss.py": "def"}, "rule module `abc_rules.loss` is broken: SyntaxError"),
    "no code": ({"abc_rules/loss.py": '"""Page."""'}, "rule module `abc_rules.loss` is broken: AttributeError"),
    "a bad code": (
        {"abc_rules/loss.py": RULE.replace('"ABC101"', '"squares"')},
        "rule module `abc_rules.loss`: CODE is 'squares', not capital letters and a number",
    ),
    "a bad severity": (
        {"abc_rules/loss.py": RULE.replace('"warning"', '"fatal"')},
        "rule module `abc_rules.loss`: SEVERITY is 'fatal'",
    ),
    "no page": ({"abc_rules/loss.py": RULE[RULE.index("from losslint") :]}, "rule module `abc_rules.loss` has no docstring"),
    "no check": (
        {"abc_rules/loss.py": RULE[: RULE.index("def check")] + "check = 1\n"},
        "`abc_rules.loss`: `check` is no function",
    ),
    "a taken code": ({"abc_rules/loss.py": RULE.replace("ABC101", "LL101")}, "LL101 is defined twice: `"),
    "a check that breaks": (
        {"abc_rules/loss.py": RULE[: RULE.index("    if call")] + "    1 / 0\n"},
        "rule ABC101 (loss) broke on F.mse_loss: ZeroDivisionError",
    ),
    "a verdict that is none": (
        {"abc_rules/loss.py": RULE[: RULE.index("    if call")] + "    yield True\n"},
        "rule ABC101 (loss) broke on F.mse_loss: AttributeError",
    ),
}


@pytest.mark.parametrize("how", BROKEN)
def test_a_broken_pack_fails_by_its_name(how: str, tmp_path: Path) -> None:
    files, message = BROKEN[how]
    package = {"abc_rules/__init__.py": ""} if any("/" in name for name in files) else {}
    installed(tmp_path / "path", {**package, **files})
    write(tmp_path, {"use.py": USE})
    done = losslint(tmp_path / "path", "check", "use.py", cwd=tmp_path)
    assert done.returncode == 2
    (line,) = done.stderr.splitlines()
    assert message in line


def pack(folder: Path) -> None:
    write(
        folder,
        {
            "pyproject.toml": '[project]\nname = "abc"\n[project.entry-points."losslint.rules"]\nabc = "abc_rules"\n',
            "src/abc_rules/__init__.py": "",
        },
    )


def files_in(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def test_a_new_rule_is_two_files_that_work(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    pack(tmp_path)
    before = files_in(tmp_path)
    monkeypatch.chdir(tmp_path)
    assert main(["new-rule", "too-many-axes", "--code", "ABC101"]) == 0
    made = {"src/abc_rules/too_many_axes.py", "fixtures/too_many_axes.py"}
    assert files_in(tmp_path) - before == made
    assert set(capsys.readouterr().out.split()) == made
    installed(tmp_path / "src", {})
    done = losslint(tmp_path / "src", "check", "--select", "ABC101", "--output-format", "concise", "--quiet", "fixtures")
    marked = [number for number, line in enumerate(_lines(tmp_path), 1) if "# info: ABC101" in line]
    assert [int(line.split(":")[1]) for line in done.stdout.splitlines()] == marked, done.stderr
    assert "ABC101" in losslint(tmp_path / "src", "rule", "too-many-axes").stdout
    pytest.importorskip("torch")
    program = "fixtures/too_many_axes.py"
    ran = losslint(tmp_path / "src", "run", "--select", "ABC101", program)
    assert f"{program}:{marked[0]}" in ran.stderr and "ABC101" in ran.stderr, ran.stderr


def _lines(folder: Path) -> list[str]:
    return (folder / "fixtures" / "too_many_axes.py").read_text(encoding="utf-8").splitlines()


def test_the_next_code_is_the_packs_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, {"rules/__init__.py": "", "rules/first.py": 'CODE = "ABC109"\n'})
    monkeypatch.chdir(tmp_path)
    assert main(["new-rule", "second"]) == 0
    assert 'CODE = "ABC110"' in (tmp_path / "rules" / "second.py").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["Bad Name", "--code", "ABC101"], "`Bad Name` is no name of a rule"),
        (["fine", "--code", "abc"], "`abc` is no code"),
        (["fine", "--code", "LL101"], "`LL101` is taken: LL101 is `probabilities-as-logits`"),
        (["probabilities-as-logits", "--code", "ABC101"], "`probabilities-as-logits` is taken"),
        (["fine"], "has a code yet: give one"),
        (["fine", "--code", "ABC101", "--into", "nowhere"], "no folder `nowhere`"),
        (["known", "--code", "ABC101"], "known.py: exists already; nothing was written"),
        (["shown", "--code", "ABC101"], "fixtures/shown.py: exists already; nothing was written"),
    ],
)
def test_what_cannot_be_written_is_one_line(
    arguments: list[str],
    message: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    pack(tmp_path)
    write(tmp_path, {"src/abc_rules/known.py": "kept\n", "fixtures/shown.py": "kept\n"})
    before = {name: (tmp_path / name).read_bytes() for name in files_in(tmp_path)}
    monkeypatch.chdir(tmp_path)
    assert main(["new-rule", *arguments]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert message in line
    assert {name: (tmp_path / name).read_bytes() for name in files_in(tmp_path)} == before


def test_a_new_rule_wants_a_pack(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["new-rule", "fine"]) == 2
    assert "no rule pack here" in capsys.readouterr().err
    assert not files_in(tmp_path)
