"""Where a program may keep parameters from learning. Which ones isn't followed: what is live there isn't known."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from losslint.tri import Tri

if TYPE_CHECKING:
    from losslint.static.machine import FileModule
    from losslint.static.program import Program

FREEZES: Final = re.compile(r"(?<!un)[Ff]reez(?!e_support)|requires_grad_?[\"']|requires_grad(?:\s*=(?!=)|_\()\s*(?!True|\s|\))")
"""What keeps parameters from learning, or may: `requires_grad = False`, `freeze()`. Asking for `requires_grad` doesn't."""

WORDS: Final = ("reez", "requires_grad")


def frozen(program: Program) -> Callable[[FileModule], Tri]:
    """Whether a file does so, or one that is bound to it by imports, in whatever direction and over however many others.

    Nobody imports a notebook: what two of them import binds them not.
    """
    alone = {module.name for module in program.loaded() if module.source.kind == "notebook"}
    importers: dict[str, set[str]] = {}
    for importer, imported in program.imports.items():
        for name in imported:
            importers.setdefault(name, set()).add(importer)
    waiting = [(module.name, module.name not in alone) for module in program.loaded() if module.freezes]
    found = set(waiting)
    while waiting:
        name, upwards = waiting.pop()
        more = {(one, upwards) for one in program.imports.get(name, ())}
        if upwards:
            more |= {(one, one not in alone) for one in importers.get(name, ())}
        waiting += more - found
        found |= more
    names = {name for name, _ in found}
    return lambda module: Tri.MAYBE if module.name in names else Tri.NO


def freezes(text: str) -> bool:
    """Whether a file keeps parameters from learning, or may."""
    return any(word in text for word in WORDS) and FREEZES.search(text) is not None  # a word is found faster than a pattern
