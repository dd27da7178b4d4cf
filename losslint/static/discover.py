"""Finding the files to check, by walking folders as git would see them."""

from __future__ import annotations

import fnmatch
import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Final

from losslint.errors import InputError
from losslint.static.ignore import IgnoreFile, ignored

SUFFIXES: Final = (".py", ".ipynb", ".md")
SKIPPED: Final = frozenset(
    {
        "venv",
        "env",
        "node_modules",
        "__pycache__",
        "__pypackages__",
        "site-packages",
        "build",
        "dist",
        "_build",
        "bower_components",
    }
)
"""Folders that hold no source of one's own; hidden ones are skipped as well."""


_IMPORT: Final = re.compile(rb"^[^\S\n]*(?:from[^\S\n]+[\w.]+[^\S\n]+)?import[^\S\n]+(?:\([^)]*\)|[^\n]+)", re.MULTILINE)
_IMPORTED: Final = re.compile(rb"\w+")
_LOADED_FOR_LOSSES: Final = (b"torch", b"import *", b"monai", b"kornia", b"timm", b"transformers", b"losslint")
_TRAINING: Final = (b"loss", b"criterion", b"train", b"Train", b"fit(", b"__main__", b"main(")
"""What stands in a file that may set a training going, though the loss and the loop stand elsewhere."""
_STARTS: Final = re.compile(rb"^(?:if __name__|for |while )", re.MULTILINE)
_ROOTS: Final = (".git", "pyproject.toml", "setup.py", "setup.cfg")
"""What lies in the folder of a project."""


@dataclass(frozen=True)
class Found:
    """The files to check, in a stable order, and what was wrong with the paths that were asked for."""

    files: tuple[str, ...]
    problems: tuple[InputError, ...]


def discover(paths: Sequence[str], exclude: Sequence[str] = (), respect_gitignore: bool = True) -> Found:
    """The files under `paths`. A file that is named itself is always checked, whatever its suffix.

    `exclude`: globs, matched against a file's or folder's name and against its path; those that begin with `/`, or with a
    drive, against its full path.
    """
    files: dict[str, None] = {}
    problems: list[InputError] = []
    for path in paths:
        if os.path.isdir(path):  # noqa: PTH112 - pathlib costs much of the walk
            before = len(files)
            found = list(_walk(path, exclude, respect_gitignore, problems))
            files.update(dict.fromkeys(found))
            if not found and len(files) == before:
                problems.append(InputError(path, "no Python, notebook or Markdown file in this folder; check the path"))
        elif os.path.lexists(path):
            if os.path.exists(path):  # noqa: PTH110
                files[path] = None
            else:
                problems.append(InputError(path, "a broken symbolic link"))
        else:
            problems.append(InputError(path, "no such file or folder; check the path"))
    return Found(tuple(files), tuple(problems))


def can_matter(data: bytes) -> bool:
    """Whether a file can hold a call of a loss of torch: a few searches, so that most files are never parsed."""
    if b"hydra" in data and b"instantiate" in data:
        return True  # what it makes is named in configuration files
    if not any(word in data for word in _LOADED_FOR_LOSSES):
        return False
    lower = data.lower()
    return any(word in lower for word in (b"loss", b"entropy", b"kl_div", b"criteri"))


def may_use(data: bytes) -> bool:
    """Whether a file without a loss's name can still train with one that another file makes."""
    return b"import" in data and any(word in data for word in _TRAINING)


def gathers(path: str, data: bytes) -> bool:
    """Whether a file only passes on what a package has: who trains imports it from there."""
    return os.path.basename(path) == "__init__.py" and b"import" in data  # noqa: PTH119


def starts(data: bytes) -> bool:
    """Whether a file is a script: it has a main block, or a loop outside of functions."""
    return _STARTS.search(data) is not None


def users(others: Mapping[str, bytes], chosen: Iterable[str]) -> list[str]:
    """Those of `others` that may train and import one of the `chosen` files, directly or through one another."""
    imported = {path: set(_IMPORTED.findall(_import_lines(data))) for path, data in others.items()}
    stems = {_stem(path) for path in chosen}
    found: list[str] = []
    while more := [path for path, names in imported.items() if path not in found and names & stems]:
        found.extend(more)
        stems.update(_stem(path) for path in more)
    return [path for path in found if may_use(others[path])]


def root_of(path: str) -> str | None:
    """The folder of the project that a file belongs to: the nearest one above it that says so."""
    here = os.path.dirname(os.path.abspath(path))  # noqa: PTH100, PTH120
    while not any(os.path.lexists(f"{here}{os.sep}{name}") for name in _ROOTS):
        parent = os.path.dirname(here)  # noqa: PTH120
        if parent == here:
            return None
        here = parent
    return here


def first_files(root: str, exclude: Sequence[str], most: int) -> list[str]:
    """The files of a folder, as far as a walk of so many goes."""
    here = os.path.relpath(root) if _below(root, os.getcwd()) else root  # noqa: PTH109
    return list(islice(_walk(here, exclude, True, []), most))


def _below(path: str, folder: str) -> bool:
    return f"{path}{os.sep}".startswith(f"{folder.rstrip(os.sep)}{os.sep}")


def _import_lines(data: bytes) -> bytes:
    return b" ".join(_IMPORT.findall(data))


def _stem(path: str) -> bytes:
    folder, name = os.path.split(path)
    stem = name.partition(".")[0]
    return os.fsencode(os.path.split(folder)[1] if stem == "__init__" else stem)


def _walk(top: str, exclude: Sequence[str], respect_gitignore: bool, problems: list[InputError]) -> Iterator[str]:
    start = os.path.realpath(top)
    rules = _above(start) if respect_gitignore else ()
    pending: list[tuple[str, str, tuple[IgnoreFile, ...]]] = [(top, start, rules)]
    seen = {start}
    while pending:
        shown, real, rules = pending.pop()
        if respect_gitignore:
            here = IgnoreFile.read(real)
            rules = (*rules, here) if here is not None else rules
        try:
            with os.scandir(shown) as scan:
                entries = sorted(scan, key=lambda entry: entry.name)
        except OSError as error:
            problems.append(InputError(shown, f"cannot be read: {error.strerror or error}"))
            continue
        folders: list[tuple[str, str, tuple[IgnoreFile, ...]]] = []
        for entry in entries:
            folder = _is_folder(entry)
            if folder is None or (not folder and not entry.name.endswith(SUFFIXES)):
                continue
            path = entry.name if shown == "." else entry.path
            if folder and (entry.name in SKIPPED or entry.name.startswith(".") or _is_environment(entry.path)):
                continue
            inside = f"{real}{os.sep}{entry.name}"
            if exclude and _excluded(entry.name, path, inside, exclude):
                continue
            if rules and ignored(rules, inside, folder):
                continue
            if not folder:
                yield path
                continue
            if entry.is_symlink():
                inside = os.path.realpath(inside)
            if inside not in seen:  # links can make loops
                seen.add(inside)
                folders.append((path, inside, rules))
        pending.extend(reversed(folders))


def _is_folder(entry: os.DirEntry[str]) -> bool | None:
    """Whether it is a folder or a file; None for what is neither, as a pipe or a broken link."""
    try:
        return True if entry.is_dir() else False if entry.is_file() else None
    except OSError:
        return None


def _is_environment(folder: str) -> bool:
    return os.path.lexists(f"{folder}/pyvenv.cfg")


def _excluded(name: str, path: str, full: str, exclude: Sequence[str]) -> bool:
    plain = path.replace(os.sep, "/").removeprefix("./")
    rooted = full.replace(os.sep, "/")
    return any(
        fnmatch.fnmatchcase(name, pattern)
        or fnmatch.fnmatchcase(plain, pattern)
        or fnmatch.fnmatchcase(rooted, pattern)
        or plain.endswith(f"/{pattern}")
        or fnmatch.fnmatchcase(plain, f"*/{pattern}")
        for pattern in (each.removeprefix("./").rstrip("/") for each in exclude)
    )


def _above(folder: str) -> tuple[IgnoreFile, ...]:
    """The ignore files of the folders above, up to the repository's root; none outside a repository."""
    chain: list[IgnoreFile] = []
    here = folder
    while True:
        if os.path.lexists(f"{here}{os.sep}.git"):
            break
        parent = os.path.dirname(here)  # noqa: PTH120
        if parent == here:
            return ()
        here = parent
        found = IgnoreFile.read(here)
        if found is not None:
            chain.append(found)
    return tuple(reversed(chain))
