"""Parsing text with libcst, guarded against what makes it crash, with errors said in one line."""

from __future__ import annotations

import ast
import io
import re
import tokenize
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from losslint.static.room import with_room

if TYPE_CHECKING:
    import libcst

DEEPEST: Final = 100
"""Deeper brackets are refused: CPython's own limit is 200, and libcst's memory grows with the square of the depth."""
LONG: Final = 80_000
"""A longer text is first given to CPython's parser, which refuses deep nesting where libcst overflows the stack."""
LONG_LINE: Final = 3_000
"""As LONG, for one line: libcst's memory grows with the square of a chain of unary operators."""

_NO_BRACKETS: Final = bytes(set(range(256)) - set(b"()[]{}"))
_AT: Final = re.compile(r"error at (\d+):(\d+)")
_TOO_DEEP: Final = "nested too deeply to be checked"


class Unparsable(Exception):
    """The text is no Python program. Line and column are 1-based."""

    def __init__(self, reason: str, line: int = 1, column: int = 1) -> None:
        super().__init__(reason)
        self.reason = reason
        self.line = line
        self.column = column


def parse_text(text: str) -> libcst.Module:
    """Parse a program. Raises Unparsable, whatever goes wrong."""
    import libcst

    refuse_depth(text)
    try:
        return with_room(lambda: libcst.parse_module(text))
    except BaseException as error:
        raise _explain(text, error) from error


@contextmanager
def trusting() -> Iterator[None]:
    """Have libcst not validate the nodes that its own parser makes, which takes a seventh of the time. For the whole process: to
    switch it for each text would cost as much."""
    from libcst import CSTNode

    validates = vars(CSTNode).get("__post_init__")
    if validates is not None:
        CSTNode.__post_init__ = lambda self: None  # type: ignore[method-assign]
    try:
        yield
    finally:
        if validates is not None:
            CSTNode.__post_init__ = validates  # type: ignore[method-assign]


def parses(text: str) -> bool:
    """Whether the text is a Python program, for this Python or for libcst."""
    if _cpython(text) is None:
        return True
    try:
        parse_text(text)
    except Unparsable:
        return False
    return True


def refuse_depth(text: str, is_read: bool = False) -> None:
    """Raises Unparsable where brackets nest so deeply that libcst would overflow the stack or the memory. `is_read`: whether
    CPython's parser is known to read the text."""
    deepest = _depth_at_most(text)
    if deepest <= DEEPEST and (is_read or (len(text) <= LONG and max(map(len, text.split("\n"))) <= LONG_LINE)):
        return
    error = None if is_read else _cpython(text)
    if isinstance(error, (RecursionError, MemoryError)) or "too many nested" in str(error):
        raise Unparsable(_TOO_DEEP)
    if deepest > DEEPEST and _bracket_depth(text) > DEEPEST:  # strings and comments were counted above too
        raise Unparsable(_TOO_DEEP)


def _depth_at_most(text: str) -> int:
    """How deeply brackets may nest, those in strings and comments counted too: the times that innermost pairs can be taken
    away, and what is left."""
    left, depth = text.encode("utf-8", "replace").translate(None, _NO_BRACKETS), 0
    while depth <= DEEPEST and len(fewer := left.replace(b"()", b"").replace(b"[]", b"").replace(b"{}", b"")) < len(left):
        left, depth = fewer, depth + 1
    return depth + len(left)


def _bracket_depth(text: str) -> int:
    depth = deepest = 0
    try:
        for token in tokenize.generate_tokens(io.StringIO(text).readline):
            if token.type == tokenize.OP and token.string in ("(", "[", "{"):
                depth += 1
                deepest = max(deepest, depth)
            elif token.type == tokenize.OP and token.string in (")", "]", "}"):
                depth -= 1
    except (tokenize.TokenError, SyntaxError):
        return deepest
    return deepest


def _cpython(text: str) -> Exception | None:
    """What CPython's parser has against the text."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        return error
    return None


def _explain(text: str, error: BaseException) -> Unparsable:
    import libcst

    if not isinstance(error, Exception):
        raise error
    reason = _cpython(text)
    if isinstance(reason, SyntaxError):
        return Unparsable(f"syntax error: {reason.msg}", reason.lineno or 1, max(reason.offset or 1, 1))
    if isinstance(error, RecursionError):
        return Unparsable(_TOO_DEEP)
    if isinstance(error, libcst.ParserSyntaxError):
        at = _AT.search(error.message)
        line, column = (int(at[1]), int(at[2])) if at else (error.editor_line, error.editor_column)
        return Unparsable("syntax error: not understood by the parser", line, max(column, 1))
    first = next(iter(str(error).splitlines()), "")
    return Unparsable(f"the parser failed: {type(error).__name__}: {first}")
