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
    """Whether a file does so, or one that is bound to it by imports, in whatever direction and over however many others."""
    waiting = [module.name for module in program.loaded() if _freezes(module.source.text)]
    found = set(waiting)
    while waiting:
        more = program.imports.get(waiting.pop(), set()) - found
        found |= more
        waiting += more
    return lambda module: Tri.MAYBE if module.name in found else Tri.NO


def _freezes(text: str) -> bool:
    return any(word in text for word in WORDS) and FREEZES.search(text) is not None  # a word is found faster than a pattern
