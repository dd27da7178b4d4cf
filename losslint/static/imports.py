"""Finding the file that an import inside a project means, without running anything."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Final

NEVER_LOCAL: Final = frozenset({"torch", "numpy"})
"""The libraries whose meaning everything rests on: a project's folder of that name never stands for them."""
_LIBRARIES: Final = frozenset(
    {"torchvision", "torchaudio", "transformers", "timm", "monai", "kornia", "datasets", "lightning", "pytorch_lightning"}
    | {"tensorflow", "keras", "jax", "sklearn", "scipy", "pandas", "PIL", "cv2", "matplotlib", "tqdm", "wandb", "torchmetrics"}
    | {"segmentation_models_pytorch", "accelerate"}
)  # fmt: skip
"""Installed packages go before a mere folder of the same name."""
_PUTS: Final = re.compile(r"^[^#\n]*\bsys\.path\.(?:append|insert|extend)\((.*)", re.MULTILINE)
_LITERAL: Final = re.compile(r"[\"']([^\"'\n]+)[\"']")
_ROOT_MARKS: Final = (".git", "pyproject.toml", "setup.py", "setup.cfg", ".hg")


class Resolver:
    """Resolves imports within a project. Third-party and standard modules are not found: None.

    `roots`: the paths that are checked. A script has its own folder on its path, a package its parent, and programs
    append folders as they run: the importer's folder is tried first, then those above it up to the project's root,
    each with its `src/`, and then the roots.
    """

    def __init__(self, roots: Sequence[str]) -> None:
        folders = (root if os.path.isdir(root) else os.path.dirname(root) for root in roots)  # noqa: PTH112, PTH120
        self.roots = tuple(dict.fromkeys(os.path.normpath(folder or ".") for folder in folders))
        self._listings: dict[str, dict[str, bool]] = {}
        self._found: dict[tuple[str, str, int], str | None] = {}
        self._searched: dict[str, tuple[str, ...]] = {}

    def resolve(self, importer: str, module: str, level: int = 0) -> str | None:
        """The file of a module, its package's `__init__.py`, or the folder of a namespace package.

        `level`: the leading dots. The path is written as the importer's is, relative where that is.
        """
        folder = os.path.dirname(os.path.normpath(importer)) or "."  # noqa: PTH120
        key = (folder, module, level)
        if key not in self._found:
            self._found[key] = self._relative(folder, module, level) if level else self._absolute(folder, module)
        found = self._found[key]
        return None if found is not None and _same(found, importer) else found

    def appended(self, importer: str, module: str, text: str) -> str | None:
        """The file of a module in a folder that the importer, of which this is the text, puts on the path itself.

        A folder that is written from the root of its author's machine is sought by where it ends.
        """
        parts = module.split(".")
        if parts[0] in NEVER_LOCAL or parts[0] in _LIBRARIES or parts[0] in sys.stdlib_module_names or "sys.path" not in text:
            return None
        bases = self._search(os.path.dirname(os.path.normpath(importer)) or ".")  # noqa: PTH120
        for folder in _on_the_path(text):
            for base in bases:
                found = self._within(os.path.normpath(f"{base}/{folder}"), parts)
                if found is not None and not _same(found, importer):
                    return found
        return None

    def _relative(self, folder: str, module: str, level: int) -> str | None:
        for _ in range(level - 1):
            folder = _parent(folder)
        return self._within(folder, module.split(".") if module else [])

    def _absolute(self, folder: str, module: str) -> str | None:
        parts = module.split(".")
        if not parts[0] or parts[0] in NEVER_LOCAL:
            return None
        standard = parts[0] in sys.stdlib_module_names
        if standard and self._is_package(folder):
            return None
        namespace: str | None = None
        for base in (folder,) if standard else self._search(folder):
            found = self._within(base, parts)
            if found is None:
                continue
            if found.endswith(".py"):
                return found
            namespace = namespace or found  # a regular package or module further on goes first, as in Python
        return None if standard or parts[0] in _LIBRARIES else namespace

    def _search(self, folder: str) -> tuple[str, ...]:
        if folder not in self._searched:
            self._searched[folder] = tuple(dict.fromkeys(self._bases(folder)))
        return self._searched[folder]

    def _bases(self, folder: str) -> Iterator[str]:
        tops = {_absolute(root) for root in self.roots}
        above, here = [folder], folder
        # The last folder with a mark is the project's; the checked path bounds the search where none has.
        last = 0
        for _ in range(40):
            absolute = _absolute(here)
            names = self._names(here)
            if absolute in tops or any(mark in names for mark in _ROOT_MARKS):
                last = len(above)
                if ".git" in names:
                    break
            parent = _parent(here)
            if _absolute(parent) == absolute:
                break
            above.append(parent)
            here = parent
        for base in above[: max(last, 1)]:
            yield base
            if "src" in self._names(base):
                yield os.path.normpath(f"{base}/src")
        top = above[max(last, 1) - 1]
        if "__init__.py" in self._names(top):  # the repository is itself the package
            yield _parent(top)
        yield from self.roots

    def _within(self, base: str, parts: Sequence[str]) -> str | None:
        """The module of these names under a folder."""
        here = base
        for at, part in enumerate(parts):
            names = self._names(here)
            last = at == len(parts) - 1
            if names.get(part) is True and (not last or self._is_package(f"{here}/{part}") or f"{part}.py" not in names):
                here = f"{here}/{part}"
            elif last and names.get(f"{part}.py") is False:
                return os.path.normpath(f"{here}/{part}.py")
            else:
                return None
        if "__init__.py" in self._names(here):
            return os.path.normpath(f"{here}/__init__.py")
        return os.path.normpath(here) if self._has_python(here) else None

    def _is_package(self, folder: str) -> bool:
        return "__init__.py" in self._names(folder)

    def _has_python(self, folder: str) -> bool:
        """Whether a folder without `__init__.py` holds modules, itself or one folder further."""
        names = self._names(folder)
        if any(name.endswith(".py") for name in names):
            return True
        return any(
            inside and name.isidentifier() and any(each.endswith(".py") for each in self._names(f"{folder}/{name}"))
            for name, inside in names.items()
        )

    def _names(self, folder: str) -> dict[str, bool]:
        """What stands in a folder, and whether each is a folder."""
        key = os.path.normpath(folder)
        if key not in self._listings:
            try:
                with os.scandir(key) as scan:
                    self._listings[key] = {entry.name: _is_folder(entry) for entry in scan}
            except OSError:
                self._listings[key] = {}
        return self._listings[key]


@lru_cache(maxsize=256)
def _on_the_path(text: str) -> tuple[str, ...]:
    """The folders that a file puts on the path, as they are written, those from the root by each of their ends."""
    found: list[str] = []
    for call in _PUTS.finditer(text):
        for written in _LITERAL.findall(call[1]):
            parts = [part for part in written.split("/") if part not in ("", ".")]
            rooted = written.startswith("/")
            found += ["/".join(parts[at:]) for at in range(len(parts) if rooted else min(len(parts), 1))]
    return tuple(dict.fromkeys(found))


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a loop of links
        return False


def _absolute(folder: str) -> str:
    return os.path.abspath(folder)  # noqa: PTH100 - links are kept as they are


def _parent(folder: str) -> str:
    if folder == "." or os.path.basename(folder) == "..":  # noqa: PTH119
        return os.path.normpath(f"{folder}/..")
    return os.path.dirname(folder) or "."  # noqa: PTH120


def _same(found: str, importer: str) -> bool:
    return os.path.normpath(found) == os.path.normpath(importer)
