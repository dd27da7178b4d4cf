"""Imports run one way, and cheap imports stay cheap."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parent.parent / "losslint"

LAYERS: tuple[tuple[str, ...], ...] = (
    ("tri", "oneof", "places", "shapes", "errors", "bugs"),
    ("facts",),
    ("contracts",),
    ("declare",),
    ("calls",),
    ("rule", "knowledge"),
    ("judging",),
    ("checking",),
    ("runreport",),
    ("confirming",),
    ("static", "runtime"),
    ("running",),
    ("selection", "suppress", "config"),
    ("fix", "report"),
    ("commands",),
    ("cli", "__main__", "pytest_plugin", "integrations"),
)
"""A module imports from its own layer and those above it in this list; the engines don't import each other."""

HEAVY = ("torch", "libcst", "numpy", "matplotlib", "jinja2")


def layer_of(name: str) -> int:
    """The layer of `losslint.<name>...`. Raises KeyError for a module that has no place yet."""
    part = name.split(".")[1]
    for level, names in enumerate(LAYERS):
        if part in names:
            return level
    raise KeyError(f"{name} has no place in LAYERS")


def imports_of(source: str, module: str) -> set[str]:
    """Dotted names that a module imports from losslint, those under TYPE_CHECKING left out."""
    found: set[str] = set()
    pending: list[ast.AST] = [ast.parse(source)]
    while pending:
        node = pending.pop()
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            pending.extend(node.orelse)
            continue
        pending.extend(ast.iter_child_nodes(node))
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                parts = module.split(".")[: -node.level]
                base = ".".join([*parts, *([base] if base else [])])
            found.update(f"losslint.{alias.name}" for alias in node.names) if base == "losslint" else found.add(base)
    return {name for name in found if name.startswith("losslint.")} - {"losslint.__version__"}


def wrong_directions(source: str, module: str) -> list[str]:
    mine = module.split(".")[1]
    wrong = []
    for name in sorted(imports_of(source, module)):
        other = name.split(".")[1]
        if layer_of(name) > layer_of(module) or {mine, other} == {"static", "runtime"}:
            wrong.append(f"{module} imports {name}")
    return wrong


def modules() -> list[tuple[str, Path]]:
    found = []
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = list(path.relative_to(PACKAGE).with_suffix("").parts)
        parts = parts[:-1] if parts[-1] == "__init__" else parts
        if parts:
            found.append((".".join(["losslint", *parts]), path))
    return found


@pytest.mark.parametrize(("module", "path"), modules(), ids=lambda value: value if isinstance(value, str) else "")
def test_imports_run_one_way(module: str, path: Path) -> None:
    assert wrong_directions(path.read_text(encoding="utf-8"), module) == []


@pytest.mark.parametrize(
    ("source", "module"),
    [
        ("from losslint.checking import check", "losslint.facts"),
        ("def f():\n    from losslint import cli", "losslint.report.text"),
        ("from losslint.static.values import Value", "losslint.runtime.measure"),
        ("import losslint.runtime", "losslint.static.calls"),
        ("from ..commands import check", "losslint.report.text"),
    ],
)
def test_the_test_finds_a_wrong_direction(source: str, module: str) -> None:
    assert len(wrong_directions(source, module)) == 1


def test_the_test_allows_what_is_right() -> None:
    source = "if TYPE_CHECKING:\n    from losslint.checking import Finding\nfrom losslint.tri import Tri"
    assert wrong_directions(source, "losslint.errors") == []
    with pytest.raises(KeyError, match="no place"):
        wrong_directions("from losslint import tri", "losslint.news")


def loaded(statement: str) -> set[str]:
    """Which heavy libraries a fresh interpreter has loaded after `statement`."""
    code = f"{statement}\nimport sys\nprint(*[name for name in {HEAVY!r} if name in sys.modules])"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(result.stdout.split())


@pytest.mark.parametrize("statement", ["import losslint", "import losslint.cli", "from losslint.rule import rules; rules()"])
def test_cheap_imports_load_nothing_heavy(statement: str) -> None:
    assert loaded(statement) == set()


def test_static_engine_needs_no_torch() -> None:
    assert not loaded("import losslint.static.project") & {"torch", "numpy"}


def test_the_test_sees_what_is_loaded() -> None:
    assert loaded("import libcst") == {"libcst"}


def test_runtime_needs_no_libcst() -> None:
    pytest.importorskip("torch")
    assert "libcst" not in loaded("import losslint.runtime; losslint.runtime.watch().__enter__()")
