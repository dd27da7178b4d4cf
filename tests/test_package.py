"""The wheel holds what the repository holds, entry points are found, imports stay cheap, one command runs everything."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import zipfile
from importlib.metadata import entry_points
from pathlib import Path

import pytest

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

ROOT = Path(__file__).resolve().parents[1]
LEFT_OUT = {"__pycache__", "build", "dist"}


def sources() -> list[Path]:
    """Every file of the installed packages: the tracked ones, or all of them where there is no repository."""
    try:
        done = subprocess.run(
            ["git", "ls-files", "--cached", "--others", "--exclude-standard", "losslint", "rules"],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=True,
        )
        names = [Path(name) for name in done.stdout.splitlines()]
    except (OSError, subprocess.CalledProcessError):
        names = [path.relative_to(ROOT) for folder in ("losslint", "rules") for path in (ROOT / folder).rglob("*")]
    return [name for name in names if (ROOT / name).is_file() and not LEFT_OUT & set(name.parts)]


def installed_name(path: Path) -> str:
    return path.as_posix().replace("rules/", "losslint_rules/", 1) if path.parts[0] == "rules" else path.as_posix()


def project() -> dict[str, object]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def test_the_wheel_holds_the_repository(tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    for path in [*sources(), Path("pyproject.toml"), Path("README.md"), Path("LICENSE")]:
        (copy / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / path, copy / path)
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(tmp_path), str(copy)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    with zipfile.ZipFile(next(tmp_path.glob("*.whl"))) as wheel:
        inside = {name for name in wheel.namelist() if ".dist-info/" not in name}
    assert inside == {installed_name(path) for path in sources()}


def test_packages_are_listed() -> None:
    """Setuptools finds none by itself: the list is explicit since `rules/` is renamed."""
    tool = project()["tool"]
    assert isinstance(tool, dict)
    folders = {installed_name(path.parent / "__init__.py") for path in sources() if path.name == "__init__.py"}
    assert sorted(tool["setuptools"]["packages"]) == sorted(
        name.removesuffix("/__init__.py").replace("/", ".") for name in folders
    )


def test_entry_points() -> None:
    assert [entry.value for entry in entry_points(group="losslint.rules") if entry.name == "losslint"] == ["losslint_rules"]
    assert [entry.value for entry in entry_points(group="console_scripts") if entry.name == "losslint"] == ["losslint.cli:script"]


@pytest.mark.parametrize(
    ("module", "forbidden"),
    [
        ("losslint", ("torch", "numpy", "libcst", "click")),
        ("losslint.checking", ("torch", "numpy", "libcst", "click")),
        ("losslint.commands.check", ("torch", "numpy", "libcst")),
        ("losslint_rules", ("torch", "numpy", "libcst")),
    ],
)
def test_imports_are_cheap(module: str, forbidden: tuple[str, ...]) -> None:
    assert not loaded(f"import {module}") & set(forbidden)


def test_the_test_of_cheap_imports_sees_an_import() -> None:
    assert "json" in loaded("import json")


def loaded(statement: str) -> set[str]:
    script = f"import sys\n{statement}\nprint(*sys.modules)"
    environment = {name: value for name, value in os.environ.items() if not name.startswith("COV")}
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, env=environment)
    return set(done.stdout.split())


def test_continuous_integration_runs_the_command_of_the_readme() -> None:
    """What a newcomer pastes is what is checked."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8").splitlines()
    commands = [line for line in readme if line.startswith("python3 -m venv ")]
    assert len(commands) == 2, "the README gives one command for the main job and one for the tests"
    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8").splitlines()
    assert commands[1] in script
    assert os.access(ROOT / ".ci" / "run", os.X_OK)


def test_the_main_job_of_the_readme_checks_the_tour() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8").splitlines()
    main_job = next(line for line in readme if line.startswith("python3 -m venv "))
    assert main_job.endswith("losslint check --exit-zero fixtures/tour")
    assert {path.suffix for path in (ROOT / "fixtures" / "tour").iterdir()} >= {".py", ".ipynb"}
