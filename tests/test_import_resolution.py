"""Resolving imports in the layouts that research code has."""

from __future__ import annotations

from pathlib import Path

import pytest

from losslint.static.imports import Resolver


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "repo").mkdir()
    monkeypatch.chdir(tmp_path / "repo")
    return tmp_path / "repo"


def plant(folder: Path, *files: str) -> None:
    for name in files:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("")


@pytest.mark.parametrize(
    ("files", "importer", "module", "level", "wanted"),
    [
        (["model.py"], "train.py", "model", 0, "model.py"),
        (["pkg/__init__.py", "pkg/net.py"], "train.py", "pkg", 0, "pkg/__init__.py"),
        (["pkg/__init__.py", "pkg/net.py"], "train.py", "pkg.net", 0, "pkg/net.py"),
        (["pkg/net.py"], "train.py", "pkg.net", 0, "pkg/net.py"),
        (["pkg/net.py"], "train.py", "pkg", 0, "pkg"),
        (["pkg/net.py"], "train.py", "pkg.gone", 0, None),
        (["pkg/net.py", "pkg.py"], "train.py", "pkg", 0, "pkg.py"),
        (["pkg/__init__.py", "pkg.py"], "train.py", "pkg", 0, "pkg/__init__.py"),
        (["pkg/a/b.py", "pkg/c.py"], "pkg/a/b.py", "c", 2, "pkg/c.py"),
        (["pkg/a.py", "pkg/b.py"], "pkg/a.py", "b", 1, "pkg/b.py"),
        (["pkg/__init__.py", "pkg/b.py"], "pkg/b.py", "", 1, "pkg/__init__.py"),
        (["pkg/a.py"], "pkg/a.py", "gone", 1, None),
        (["src/pkg/__init__.py", "src/pkg/a.py"], "scripts/train.py", "pkg.a", 0, "src/pkg/a.py"),
        (["lib/nets.py"], "exp/one/train.py", "lib.nets", 0, "lib/nets.py"),
        (["exp/utils.py", "utils.py"], "exp/train.py", "utils", 0, "exp/utils.py"),
        (["exp/nb.ipynb", "models/__init__.py"], "exp/nb.ipynb", "models", 0, "models/__init__.py"),
        (["torch/__init__.py"], "train.py", "torch", 0, None),
        (["numpy.py"], "train.py", "numpy", 0, None),
        (["pkg/__init__.py", "pkg/logging.py"], "pkg/a.py", "logging", 0, None),
        (["logging.py"], "sub/a.py", "logging", 0, None),
        (["types/x.py"], "a.py", "types", 0, None),
        (["queue.py"], "a.py", "queue", 0, "queue.py"),
        (["transformers/x.py"], "a.py", "transformers", 0, None),
        (["transformers/__init__.py"], "a.py", "transformers", 0, "transformers/__init__.py"),
        (["data/x.csv"], "a.py", "data", 0, None),
        (["pkg/torch.py"], "pkg/a.py", "torch", 1, "pkg/torch.py"),
        (["a.py"], "a.py", "a", 0, None),
        (["__init__.py", "net.py"], "train.py", "repo.net", 0, "../repo/net.py"),
    ],
)
def test_resolves(project: Path, files: list[str], importer: str, module: str, level: int, wanted: str | None) -> None:
    plant(project, *files, importer, "pyproject.toml")
    assert Resolver(["."]).resolve(importer, module, level) == wanted


def test_absolute_importers_get_absolute_paths(project: Path) -> None:
    plant(project, "setup.py", "net.py", "exp/train.py")
    assert Resolver([str(project)]).resolve(str(project / "exp" / "train.py"), "net") == str(project / "net.py")


def test_search_goes_up_to_the_repository_and_no_further(project: Path) -> None:
    plant(project, "exp/train.py", "net.py")
    plant(project.parent, "outside.py")
    (project / ".git").mkdir()
    resolver = Resolver(["exp"])
    assert resolver.resolve("exp/train.py", "net") == "net.py"
    assert resolver.resolve("exp/train.py", "outside") is None


def test_without_any_mark_the_checked_path_bounds_the_search(project: Path) -> None:
    plant(project, "exp/deep/train.py", "exp/net.py", "net2.py")
    resolver = Resolver(["exp"])
    assert resolver.resolve("exp/deep/train.py", "net") == "exp/net.py"
    assert resolver.resolve("exp/deep/train.py", "net2") is None


def test_answers_are_cached(project: Path) -> None:
    plant(project, "net.py", "train.py")
    resolver = Resolver(["."])
    assert resolver.resolve("train.py", "net") == "net.py"
    (project / "net.py").unlink()
    assert resolver.resolve("train.py", "net") == "net.py"
