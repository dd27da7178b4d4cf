"""IPython's additions to Python (magics, shell lines, help, prompts), replaced line by line so that Python remains."""

from __future__ import annotations

import re
from typing import Final

_PROGRAM_MAGICS: Final = frozenset(  # those that run the cell itself
    ("time", "timeit", "capture", "prun", "memit", "mprun", "lprun", "snakeviz", "scalene", "heat", "wandb", "notify", "px")
)
_CELL_MAGIC: Final = re.compile(r"%%\s*(\w+)")
_TIMED: Final = re.compile(r"\s*%time\s+(?=\S)")
_ESCAPED: Final = re.compile(r"[%!?]")
_CALLED: Final = re.compile(r"[,;/$]")
_HELP: Final = re.compile(r"[%\w.*]+(\[[\w'\"]+\])?\?{1,2}\s*;?$")
_ASSIGNED: Final = re.compile(r"(\s*(?:[\w.,\s*]|\[[^\]=]*\])+=\s*)[!%]")
_AUTOMAGIC: Final = re.compile(
    r"(?:pip3?|conda|mamba)\s+(?:-\w+\s+)*(?:install|uninstall|list|show|freeze|download|update|create|info)\b"
    r"|(?:cd|ls|mkdir|rmdir|cat|cp|mv|rm|man)\s+[\w./~*-]*[\w./~]\s*$"
)
_TOKEN: Final = re.compile(
    r"""(?P<triple>\"{3}|'{3})|(?P<string>"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*')|(?P<comment>\#.*)|(?P<open>[(\[{])|(?P<close>[)\]}])"""
)
_SPECIAL: Final = re.compile(r"[%!?]|^\s*[,;/$]|^\s*(?:pip|conda|mamba|cd|ls|mkdir|rmdir|cat|cp|mv|rm|man)\b", re.MULTILINE)


class _Scanner:
    """Tells at which lines a statement begins, by following brackets, strings and continuations."""

    def __init__(self) -> None:
        self.depth = 0
        self.quote = ""
        self.continued = False

    @property
    def fresh(self) -> bool:
        return not (self.depth or self.quote or self.continued)

    def read(self, line: str) -> None:
        at = 0
        self.continued = False
        if self.quote:
            at = self._leave_string(line, 0)
        while not self.quote and (match := _TOKEN.search(line, at)):
            at = match.end()
            if match["comment"] is not None:
                return
            if match["triple"]:
                self.quote = match["triple"]
                at = self._leave_string(line, at)
            elif match["open"]:
                self.depth += 1
            elif match["close"]:
                self.depth = max(self.depth - 1, 0)
        self.continued = not self.quote and line.endswith("\\")

    def _leave_string(self, line: str, at: int) -> int:
        end = re.compile(rf"(?:\\.|[^\\])*?{self.quote}").match(line, at)
        if end is None:
            return len(line)
        self.quote = ""
        return end.end()


def to_python(lines: list[str], notebook: bool = True) -> tuple[list[str], list[int]]:
    """The lines with everything that only IPython understands replaced, and how many columns each lost at its front.

    `notebook`: a cell magic and a command without an escape mean something there; in a script exported from a notebook
    only escaped lines do.
    """
    dropped = [0] * len(lines)
    if not any(_SPECIAL.search(line) for line in lines):
        return lines, dropped
    code: list[str] = []
    scanner = _Scanner()
    swallowing = False  # the rest of an escaped line that goes on after a backslash
    for number, line in enumerate(lines):
        if swallowing:
            swallowing = line.endswith("\\")
            code.append("")
            continue
        if not scanner.fresh or not line.strip():
            scanner.read(line)
            code.append(line)
            continue
        cell_magic = _CELL_MAGIC.match(line) if notebook else None
        if cell_magic and all(not before.strip() or before.lstrip().startswith(("#", "pass")) for before in code):
            if cell_magic[1] not in _PROGRAM_MAGICS:
                return [""] * len(lines), dropped
            code.append("pass")
            continue
        if timed := _TIMED.match(line):
            indent = line[: len(line) - len(line.lstrip())]
            dropped[number] = timed.end() - len(indent)
            line = indent + line[timed.end() :]
        replaced = _replace(line, notebook)
        if replaced is None:
            scanner.read(line)
            code.append(line)
        else:
            swallowing = line.endswith("\\")
            code.append(replaced)
    return code, dropped


def _replace(line: str, notebook: bool) -> str | None:
    """The Python that stands in for an escaped line; None when the line is Python."""
    body = line.lstrip()
    indent = line[: len(line) - len(body)]
    if _ESCAPED.match(body) or _HELP.match(body):
        return indent + "pass"
    if assigned := _ASSIGNED.match(line):
        return assigned[1] + "None"
    if notebook and (_CALLED.match(body) or (not indent and _AUTOMAGIC.match(body))):
        return indent + "pass"
    return None


_PYTHON_PROMPT: Final = re.compile(r"(?:>>>|\.\.\.)(?: |$)")
_FIRST_PROMPT: Final = re.compile(r">>>(?: |$)|In \[\d*\]:(?: |$)")
_IPYTHON_PROMPT: Final = re.compile(r"(?:In \[\d*\]:|\s+\.\.\.+:)(?: |$)")


def without_prompts(lines: list[str]) -> tuple[list[str], list[int]]:
    """The code of an interactive session, its outputs blank, and how many columns each line lost at its front."""
    first = next((line for line in lines if line.strip() and not line.startswith("#")), "")
    if not _FIRST_PROMPT.match(first):
        return lines, [0] * len(lines)
    prompt = _PYTHON_PROMPT if first.startswith(">>>") else _IPYTHON_PROMPT
    matches = [prompt.match(line) for line in lines]
    code = [line[match.end() :] if match else "" for line, match in zip(lines, matches, strict=True)]
    return code, [match.end() if match else 0 for match in matches]
