"""Comments that silence a finding on their line: `# noqa`, `# noqa: LL101`, `# losslint: ignore[LL101]`."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

_NOQA: Final = re.compile(r"#\s*noqa\b(?P<colon>\s*:\s*(?P<codes>[A-Z]+[0-9]+(?:[,\s]+[A-Z]+[0-9]+)*)?)?", re.IGNORECASE)
_IGNORE: Final = re.compile(r"#\s*losslint\s*:\s*ignore\b\s*(?P<list>\[(?P<codes>[^\]]*)\])?", re.IGNORECASE)


def silenced(line: str) -> frozenset[str] | None:
    """The codes and names that the comments of a line silence: none, some, or every one (None).

    A `# noqa:` followed by no code silences nothing, as with Ruff: it is a slip, and hiding everything would be worse.
    """
    found: set[str] = set()
    for match in _NOQA.finditer(line):
        if match["colon"] is None:
            return None
        found.update(_split(match["codes"] or ""))
    for match in _IGNORE.finditer(line):
        if match["list"] is None:
            return None
        found.update(_split(match["codes"]))
    return frozenset(found)


def is_silenced(code: str, name: str, lines: Iterable[str]) -> bool:
    """Whether a comment on one of the lines (a call's first and last) silences the rule: by code, family or name."""
    for line in lines:
        codes = silenced(line)
        if codes is None:
            return True
        if any(code.upper().startswith(mine.upper()) or name == mine.lower() for mine in codes):
            return True
    return False


def _split(codes: str) -> list[str]:
    return [code for code in re.split(r"[,\s]+", codes) if code]
