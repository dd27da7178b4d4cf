"""Findings as text, JSON, SARIF, annotations and pages."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

FORMATS: Final = ("text", "concise", "json", "github", "sarif")


def plural(count: int, noun: str, several: str | None = None) -> str:
    """`1 error`, `3 errors`."""
    return f"{count} {noun if count == 1 else several or noun + 's'}"


def printable(text: str) -> str:
    """The text without anything that would act on the terminal: source lines are not ours."""
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() or char == "\t" else "\N{REPLACEMENT CHARACTER}" for char in text)


def distinct(words: Iterable[str]) -> Iterator[str]:
    """The words without repeats that follow each other."""
    last = None
    for word in words:
        if word != last:
            yield word
        last = word
