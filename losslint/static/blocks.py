"""A run of code inside another document: a notebook's cell, a fenced block of Markdown."""

from __future__ import annotations

from dataclasses import dataclass

from losslint.errors import InputError
from losslint.places import Place
from losslint.static.magics import to_python, without_prompts
from losslint.static.older import newer
from losslint.static.parsing import Unparsable, parse_text, parses


@dataclass
class Block:
    """Lines of one block: as they stand in the document, as Python, and the columns dropped at each one's front.

    `first`: the line of the first one, in the document, or in the cell where there is a cell.
    """

    first: int
    shown: list[str]
    code: list[str]
    dropped: list[int]
    cell: int | None = None


def block(first: int, lines: list[str], cell: int | None = None, shown: list[str] | None = None) -> Block:
    """Make a block of code that may be indented, have prompts, and hold what only IPython understands.

    `shown`: the lines in full, where the document adds something in front of them.
    """
    full = lines if shown is None else shown
    outer = [len(long) - len(short) for long, short in zip(full, lines, strict=True)]
    flush, indents = _dedent(lines)
    bare, prompts = without_prompts(flush)
    code, magics = to_python(bare)
    return Block(first, full, code, [sum(each) for each in zip(outer, indents, prompts, magics, strict=True)], cell)


def _dedent(lines: list[str]) -> tuple[list[str], list[int]]:
    """Take from each line at most the indentation of the first one that has code."""
    first = next((line for line in lines if line.strip()), "")
    width = len(first) - len(first.lstrip())
    drop = [min(width, len(line) - len(line.lstrip())) for line in lines]
    return [line[count:] for line, count in zip(lines, drop, strict=True)], drop


def blank_unparsable(path: str, blocks: list[Block]) -> tuple[InputError, ...]:
    """Blank the blocks that keep the whole from being one program, and say which and why."""
    if parses(_text(blocks)):
        return ()
    notes = []
    for each in blocks:
        text = _text([each])
        if parses(text) or _renewed(each, text):
            continue
        try:
            parse_text(text)
        except Unparsable as error:
            notes.append(_blank(path, each, error))
    while not parses(_text(blocks)):  # a block that parses alone but not before its neighbour, as one ending in a backslash
        try:
            parse_text(_text(blocks))
        except Unparsable as error:
            notes.append(_blank(path, *_containing(blocks, error)))
    return tuple(notes)


def _renewed(each: Block, text: str) -> bool:
    """Whether a block is Python once it is no longer Python 2, which it then isn't."""
    code = newer(text)
    if code == text or not parses(code):
        return False
    each.code = code[:-1].split("\n")
    return True


def _text(blocks: list[Block]) -> str:
    return "\n".join(line for each in blocks for line in each.code) + "\n"


def _containing(blocks: list[Block], error: Unparsable) -> tuple[Block, Unparsable]:
    left = error.line
    written = [each for each in blocks if any(each.code)]
    for each in blocks:
        if left <= len(each.code) and any(each.code):
            return each, Unparsable(error.reason, left, error.column)
        left -= len(each.code)
    return written[-1], Unparsable(error.reason)


def _blank(path: str, each: Block, error: Unparsable) -> InputError:
    each.code = [""] * len(each.code)
    line = each.first + min(error.line, len(each.code)) - 1
    what = "block" if each.cell is None else "cell"
    return InputError(str(Place(path, line, cell=each.cell)), f"{what} left out: {error.reason}")
