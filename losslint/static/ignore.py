"""Matching paths against `.gitignore` files, in the forms that gitignore(5) describes."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass

_CLASSES = {"alnum": "A-Za-z0-9", "alpha": "A-Za-z", "digit": "0-9", "lower": "a-z", "upper": "A-Z", "space": r"\s"}


@dataclass(frozen=True)
class Pattern:
    """One line: what it matches, relative to its file's folder, and whether it takes back what others ignored."""

    expression: re.Pattern[str]
    negated: bool
    folders_only: bool
    names_only: bool


@dataclass(frozen=True)
class IgnoreFile:
    """The patterns of one `.gitignore`."""

    folder: str
    patterns: tuple[Pattern, ...]

    @classmethod
    def read(cls, folder: str) -> IgnoreFile | None:
        """The ignore file of a folder, None when there is none that can be read."""
        try:
            with open(f"{folder}{os.sep}.gitignore", encoding="utf-8-sig", errors="replace") as file:  # noqa: PTH123
                lines = file.read().split("\n")
        except OSError:
            return None
        return cls(folder, tuple(pattern for line in lines if (pattern := parse_pattern(line)) is not None))

    def decides(self, path: str, folder: bool) -> bool | None:
        """Whether the last pattern that matches ignores the path; None when none matches."""
        inside = path[len(self.folder.rstrip(os.sep)) + 1 :].replace(os.sep, "/")
        name = inside.rsplit("/", 1)[-1]
        for pattern in reversed(self.patterns):
            if pattern.folders_only and not folder:
                continue
            if pattern.expression.fullmatch(name if pattern.names_only else inside):
                return not pattern.negated
        return None


def ignored(files: Sequence[IgnoreFile], path: str, folder: bool) -> bool:
    """Whether git ignores a path none of whose folders it ignores. `files`: outermost first; the innermost decides."""
    for file in reversed(files):
        decision = file.decides(path, folder)
        if decision is not None:
            return decision
    return False


def parse_pattern(line: str) -> Pattern | None:
    """One line of an ignore file; None for a comment, an empty line, or a pattern that can match nothing."""
    line = _strip(line.rstrip("\r"))
    if not line or line.startswith("#"):
        return None
    negated = line.startswith("!")
    line = line[1:] if negated else line
    folders_only = line.endswith("/")
    line = line[:-1] if folders_only else line
    if not line:
        return None
    names_only = "/" not in line
    expression = _translate(line.removeprefix("/"))
    if expression is None:
        return None
    return Pattern(expression, negated, folders_only, names_only)


def _strip(line: str) -> str:
    """Without trailing spaces, save one that a backslash keeps."""
    end = len(line)
    while end and line[end - 1] == " ":
        backslashes = len(line[: end - 1]) - len(line[: end - 1].rstrip("\\"))
        if backslashes % 2:
            break
        end -= 1
    return line[:end]


def _translate(glob: str) -> re.Pattern[str] | None:
    at, out = 0, ""
    while at < len(glob):
        if glob.startswith("**/", at) and (at == 0 or glob[at - 1] == "/"):
            out += "(?:.*/)?"
            at += 3
        elif glob[at:] == "**" and (at == 0 or glob[at - 1] == "/"):
            out += ".+"
            at += 2
        elif glob[at] == "*":
            while at < len(glob) and glob[at] == "*":
                at += 1
            out += "[^/]*"
        elif glob[at] == "?":
            out += "[^/]"
            at += 1
        elif glob[at] == "[":
            part, at = _brackets(glob, at + 1)
            if part is None:
                return None
            out += part
        elif glob[at] == "\\":
            if at + 1 == len(glob):
                return None
            out += re.escape(glob[at + 1])
            at += 2
        else:
            out += re.escape(glob[at])
            at += 1
    try:
        return re.compile(out, re.DOTALL)
    except re.error:
        return None


def _brackets(glob: str, at: int) -> tuple[str | None, int]:
    """A bracket expression as a regular expression, and where it ends; None when it is not closed."""
    negated = at < len(glob) and glob[at] in "!^"
    at += negated
    body, first = "", True
    while at < len(glob) and (glob[at] != "]" or first):
        first = False
        if named := re.compile(r"\[:(\w+):\]").match(glob, at):
            body += _CLASSES.get(named[1], "")
            at = named.end()
            continue
        if glob[at] == "\\" and at + 1 < len(glob):
            at += 1
            body += re.escape(glob[at])
        else:
            body += "-" if glob[at] == "-" and body else re.escape(glob[at])
        at += 1
    if at >= len(glob):
        return None, at
    return f"(?!/)[{'^' if negated else ''}{body}]", at + 1
