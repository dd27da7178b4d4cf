"""Python 2, and names that have become keywords since, rewritten as Python 3; lines keep their number.

Much research code that is still read was written before PyTorch 0.4: `print loss`, `x.cuda(async=True)`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

_PARTS: Final = re.compile(
    r"""\"{3}(?:\\.|[^\\])*?\"{3}|'{3}(?:\\.|[^\\])*?'{3}|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|\#[^\n]*|\\\n|[(\[{]|[)\]}]|\n|[:;]""",
    re.DOTALL,
)
"""Strings, comments and continuations, brackets, and what ends a statement."""
_PRINT: Final = re.compile(r"\s*print(?=[ \t]*[^\s(=.,)\]>;]|[ \t]+\()")
_EXCEPT: Final = re.compile(r"(\s*except\s+(?:[\w.]+|\([^()]*\)))\s*,\s*(\w+\s*)$")
_RAISE: Final = re.compile(r"(\s*raise\s+[\w.]+)\s*,\s*(?=\S)")
_EXEC: Final = re.compile(r"\s*exec(?=[ \t]+[^\s(=])")
_KEYWORD: Final = re.compile(r"\basync\b(?!\s+(?:def|for|with)\b)")
_TUPLE: Final = re.compile(r"\blambda\s*\(([\w\s,]+)\)\s*:")
_OCTAL: Final = re.compile(r"(?<![\w.])(?<![eE][+-])0(?=[0-7]+\b(?!\.))")
_LONG: Final = re.compile(r"(?<![\w.])(\d+)[lL]\b")


def newer(text: str) -> str:
    """The text as Python 3 would have it, as far as simple means go; what is Python 3 already may be changed too."""
    statements = list(_statements(_level(text)))
    return "".join(code if kind == "other" else _rewritten(code) for kind, code in _joined(statements))


def _level(text: str) -> str:
    """Tabs in front of code as eight columns, which Python 2 took them for."""
    if "\t" not in text:
        return text
    return "\n".join(
        line[: len(line) - len(line.lstrip())].expandtabs(8) + line.lstrip() if line[:1].isspace() and line.strip() else line
        for line in text.split("\n")
    )


def _statements(text: str) -> Iterator[tuple[str, str]]:
    """The text in pieces: `code` of one simple statement or one clause's head, `end` for what closes it, `other` for comments."""
    depth = start = at = 0
    while (match := _PARTS.search(text, at)) is not None:
        found, at = match.group(), match.end()
        if found in ("(", "[", "{"):
            depth += 1
        elif found in (")", "]", "}"):
            depth = max(depth - 1, 0)
        elif found[0] == "#":
            yield "code", text[start : match.start()]
            yield "other", found
            start = at
        elif depth == 0 and found in ("\n", ":", ";"):
            yield "code", text[start : match.start()]
            yield "end", found
            start = at
    yield "code", text[start:]


def _joined(pieces: list[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    """Statements whose lines a comment inside brackets had parted are one again; their comments go after their code."""
    held: list[str] = []
    for kind, code in pieces:
        if kind == "end":
            whole = "".join(held)
            held = []
            yield ("code", whole) if "#" not in whole else ("other", whole)
            yield "other", code
        elif kind == "other" and not any(part.strip() for part in held):
            yield "other", "".join(held) + code
            held = []
        elif kind == "other" and _balanced("".join(held)):
            yield "code", "".join(held)
            held = []
            yield "other", code
        else:
            held.append(code)
    yield "code", "".join(held)


def _balanced(code: str) -> bool:
    marks = [match.group() for match in _PARTS.finditer(code)]
    return sum(one in ("(", "[", "{") for one in marks) == sum(one in (")", "]", "}") for one in marks)


def _rewritten(code: str) -> str:
    """One statement. Strings are left alone but for what stands in front of them."""
    if (match := _EXCEPT.match(code)) is not None:
        code = f"{match[1]} as {match[2]}"
    elif (match := _RAISE.match(code)) is not None:
        code = f"{match[1]}({_closed(code[match.end() :])}"
    elif (match := _PRINT.match(code) or _EXEC.match(code)) is not None:
        code = f"{match.group()}({_closed(code[match.end() :].lstrip(' '))}"
    made, at = [], 0
    for match in _PARTS.finditer(code):
        if match.group()[0] in "\"'":
            made += [_outside(code[at : match.start()]), match.group()]
            at = match.end()
    return "".join([*made, _outside(code[at:])])


def _closed(code: str) -> str:
    body = code.rstrip()
    return f"{body}){code[len(body) :]}"


def _outside(code: str) -> str:
    code = _KEYWORD.sub("asyn_", code)
    code = _TUPLE.sub(lambda match: f"lambda {match[1]}:", code)
    code = code.replace("<>", "!=")
    return _OCTAL.sub("0o", _LONG.sub(r"\1", code))
