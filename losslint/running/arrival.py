"""Acting at the moment a library has been imported.

The watch begins when the program has imported torch, not before: what it sets for torch first (threads, environment
variables) has to count.
"""

from __future__ import annotations

import importlib.abc
import importlib.machinery
import importlib.util
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from importlib.machinery import ModuleSpec
from types import ModuleType


class _Finder(importlib.abc.MetaPathFinder):
    """Finds nothing itself: it lets the others find the module, and has its loader call back."""

    def __init__(self, name: str, arrived: Callable[[], None]) -> None:
        self._name = name
        self._arrived = arrived

    def find_spec(self, name: str, path: Sequence[str] | None, target: ModuleType | None = None) -> ModuleSpec | None:
        if name != self._name:
            return None
        sys.meta_path.remove(self)
        spec = importlib.util.find_spec(name)
        if spec is not None and spec.loader is not None:
            self._hook(spec.loader)
        return spec

    def _hook(self, loader: importlib.abc.Loader) -> None:
        original = loader.exec_module

        def execute(module: ModuleType) -> None:
            with suppress(AttributeError):
                del loader.exec_module
            original(module)
            self._arrived()

        loader.exec_module = execute  # type: ignore[method-assign]


def when_imported(name: str, arrived: Callable[[], None]) -> None:
    """Call `arrived` once `name` has been imported: at once where it is there already."""
    if name in sys.modules:
        arrived()
    else:
        sys.meta_path.insert(0, _Finder(name, arrived))


def installed(name: str) -> bool:
    """Whether a library could be imported, without importing it."""
    try:
        return importlib.util.find_spec(name) is not None
    except (ImportError, ValueError):
        return False
