"""Walking folders: what is found, what is skipped, and git as the judge of ignore files."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from losslint.static.discover import can_matter, discover


def plant(folder: Path, *files: str) -> None:
    for name in files:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("")


def names(folder: Path, **options: object) -> set[str]:
    found = discover([str(folder)], **options)  # type: ignore[arg-type]
    return {Path(each).relative_to(folder).as_posix() for each in found.files}


def test_finds_the_three_kinds_and_skips_what_is_not_source(tmp_path: Path) -> None:
    plant(tmp_path, "a.py", "b.ipynb", "docs/c.md", "notes.txt", "pkg/d.py", ".hidden/e.py", "venv/f.py", "mine/pyvenv.cfg")
    plant(tmp_path, "mine/lib/g.py", "node_modules/h.md", "build/i.py", "x/__pycache__/j.py", ".ipynb_checkpoints/b.ipynb")
    assert names(tmp_path) == {"a.py", "b.ipynb", "docs/c.md", "pkg/d.py"}


def test_order_is_stable_and_paths_stay_as_given(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plant(tmp_path, "b/z.py", "b/a.py", "a.py", "c.py")
    monkeypatch.chdir(tmp_path)
    assert discover(["."]).files == ("a.py", "c.py", "b/a.py", "b/z.py")
    assert discover(["b", "c.py", "b/a.py"]).files == ("b/a.py", "b/z.py", "c.py")


def test_missing_path_and_folder_without_python_are_said(tmp_path: Path) -> None:
    plant(tmp_path, "empty/readme.txt", "a.py", "strange.txt")
    found = discover([str(tmp_path / "absent"), str(tmp_path / "empty"), str(tmp_path / "a.py"), str(tmp_path / "strange.txt")])
    assert found.files == (str(tmp_path / "a.py"), str(tmp_path / "strange.txt"))
    assert [problem.place for problem in found.problems] == [str(tmp_path / "absent"), str(tmp_path / "empty")]
    assert "no such file or folder" in str(found.problems[0])
    assert "no Python" in str(found.problems[1])


def test_loops_of_links_end(tmp_path: Path) -> None:
    plant(tmp_path, "pkg/a.py")
    (tmp_path / "pkg" / "again").symlink_to(tmp_path, target_is_directory=True)
    (tmp_path / "pkg" / "self").symlink_to(tmp_path / "pkg" / "self")
    (tmp_path / "gone.py").symlink_to(tmp_path / "nowhere.py")
    assert names(tmp_path) == {"pkg/a.py"}
    assert "broken symbolic link" in str(discover([str(tmp_path / "gone.py")]).problems[0])


@pytest.mark.parametrize("pattern", ["old", "old/", "old/*.py", "a.py", "sub/old", "./sub/old/a.py"])
def test_exclude(tmp_path: Path, pattern: str) -> None:
    plant(tmp_path, "sub/old/a.py", "keep.py")
    assert names(tmp_path, exclude=[pattern]) == {"keep.py"}


def test_ignore_files_above_count_only_in_a_repository(tmp_path: Path) -> None:
    plant(tmp_path, "sub/data/a.py", "sub/b.py")
    (tmp_path / ".gitignore").write_text("data/\n")
    assert names(tmp_path / "sub") == {"data/a.py", "b.py"}
    (tmp_path / ".git").mkdir()
    assert names(tmp_path / "sub") == {"b.py"}
    assert names(tmp_path / "sub", respect_gitignore=False) == {"data/a.py", "b.py"}


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root reads everything")
def test_unreadable_folder_is_said(tmp_path: Path) -> None:
    plant(tmp_path, "a.py", "locked/b.py")
    (tmp_path / "locked").chmod(0)
    try:
        found = discover([str(tmp_path)])
    finally:
        (tmp_path / "locked").chmod(0o700)
    assert found.files == (str(tmp_path / "a.py"),)
    assert "cannot be read" in str(found.problems[0])


NAMES = st.sampled_from(["a", "b", "ab", "data", "a.b", "x y"])
FILES = st.lists(
    st.tuples(st.lists(NAMES, max_size=2), st.sampled_from(["m.py", "a.py", "ab.py", "run.ipynb"])), min_size=1, max_size=6
)
WORDS = [
    "a",
    "b",
    "ab",
    "*",
    "?",
    "**",
    "a*",
    "*.py",
    "[ab]",
    "[!a]*",
    "data",
    "m.py",
    "a.b",
    "x y",
    "\\a",
    "[a-c]b",
    "#a",
    "x y ",
]
LINES = st.builds(
    lambda bang, front, words, back: bang + front + "/".join(words) + back,
    st.sampled_from(["", "", "!", "\\!"]),
    st.sampled_from(["", "", "/"]),
    st.lists(st.sampled_from(WORDS), min_size=1, max_size=3),
    st.sampled_from(["", "", "/", "  ", "/**"]),
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(FILES, st.lists(LINES, max_size=5), st.lists(LINES, max_size=2))
def test_agrees_with_git(tmp_path_factory: pytest.TempPathFactory, files: list, top: list[str], inner: list[str]) -> None:
    root = tmp_path_factory.mktemp("tree")
    for folders, name in files:
        plant(root, "/".join([*folders, name]))
    (root / ".gitignore").write_text("\n".join(top))
    if (root / "a").is_dir():
        (root / "a" / ".gitignore").write_text("\n".join(inner))
    subprocess.run(["git", "init", "-q", str(root)], check=True)
    listed = subprocess.run(
        ["git", "-C", str(root), "ls-files", "-z", "--others", "--exclude-standard"], check=True, capture_output=True, text=True
    ).stdout
    wanted = {each for each in listed.split("\0") if each.endswith((".py", ".ipynb"))}
    assert names(root) == wanted


def test_can_matter() -> None:
    assert can_matter(b"import torch\nnn.MSELoss()")
    assert can_matter(b"import torch.nn.functional as F\nF.cross_entropy(a, b)")
    assert not can_matter(b"import torch\nx = 1")
    assert not can_matter(b"F.kl_div(a, b)")
