"""The names that files have to offer, by their texts alone."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Final

_DEFINED: Final = re.compile(r"\n(?:(?:async\s+def|def|class)\s+(\w+)|(\w+)\s*(?::[^=\n]+)?=(?!=))")
_IMPORTED: Final = re.compile(r"\n[^\S\n]*from\s+(\.*)([\w.]*)\s+import\s+(\([^)]*\)|[^\n]+)")
"""Both begin with a newline, which is found in a third of the time that asking at each character takes."""

Locate = Callable[[str, str, int], "str | None"]
"""The file that an import means: of the path of the importer, the module's name and the leading dots."""


class Offers:
    """The names that files may have, by their texts: those that each defines or imports, and what the stars of its imports
    bring. Each file is read once."""

    def __init__(self, locate: Locate) -> None:
        self.locate = locate
        self.known: dict[str | None, set[str]] = {None: set()}

    def of(self, path: str | None) -> set[str]:
        if path not in self.known:
            self.known[path] = set()  # files that import each other: the first has what the second brings besides
            self.known[path] = self.read(path)
        return self.known[path]

    def read(self, path: str | None) -> set[str]:
        try:
            text = "\n" + Path(path or "").read_text("utf-8", "replace")
        except OSError:
            return set()
        found = {one[1] or one[2] for one in _DEFINED.finditer(text)}
        for dots, module, names in _IMPORTED.findall(text):
            if names.strip() != "*":
                found.update(re.findall(r"\w+", names))
            elif path is not None:
                found |= self.of(self.locate(path, module, len(dots)))
        return found
