"""A program in segments: what runs when a file is imported, and the body of each function, parsed by libcst when it is first
entered.

Most functions of a program are never entered, and libcst's parser is what a check spends most of its time in. Where the bodies
lie is told by Python's own parser at a tenth of that cost. A file that it does not read, such as one in a newer syntax than the
running Python's, is one segment; one in Python 2 is read as Python 3.
"""

from __future__ import annotations

import ast
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from losslint.static.lower import lower_numbered
from losslint.static.older import newer
from losslint.static.parsing import Unparsable, parse_text, refuse_depth
from losslint.static.walking import walk

if TYPE_CHECKING:
    import libcst as cst

Definition = ast.FunctionDef | ast.AsyncFunctionDef

SEGMENT: Final = 1 << 20
"""The numbers of a segment's nodes begin at a multiple of this."""
PLAIN: Final = (ast.Constant, ast.Name, ast.Attribute, ast.UnaryOp, ast.Tuple, ast.List, ast.expr_context, ast.unaryop)
"""What the defaults of parameters may be made of to be taken from the outline: nothing that a report points at."""


@dataclass(frozen=True)
class Segment:
    """A text that is parsed by itself, and the 1-based line of the program in which each of its lines stands."""

    text: str
    lines: tuple[int, ...] | range

    def parse(self) -> cst.Module:
        """Raises Unparsable with the place in the program."""
        try:
            return parse_text(self.text)
        except Unparsable as error:
            error.line = self.line(error.line)
            raise

    def line(self, number: int) -> int:
        return self.lines[min(max(number, 1), len(self.lines)) - 1] if self.lines else number


class Segments:
    """The segments of one program. `outline` is what Python's parser makes of it, None where it cannot read it."""

    def __init__(self, text: str) -> None:
        """Raises Unparsable where brackets nest too deeply."""
        refuse_depth(text)
        self.outline = _outline(text)
        if self.outline is None and (outline := _outline(renewed := newer(text))) is not None:  # Python 2
            text, self.outline = renewed, outline
        self.cuts = list(_cuts(self.outline, text.split("\n"))) if self.outline is not None else []
        self.all = [_head(text, self.cuts), *(cut.segment for cut in self.cuts)]

    def module(self) -> ast.Module:
        """What runs when the file is imported. Its functions wait for their bodies: ask `body_of`. Raises Unparsable."""
        module = self.lowered(0)
        if self.outline is not None:
            numbers = {id(cut.node): number for number, cut in enumerate(self.cuts, 1)}
            for lowered, node in zip(_definitions(module.body), _definitions(self.outline.body), strict=True):
                lowered.whole = node  # type: ignore[union-attr]
                if id(node) in numbers:
                    number = numbers[id(node)]
                    lowered.waiting = (self, number)  # type: ignore[union-attr]
                    if self.cuts[number - 1].signature:
                        lowered.args, lowered.returns = node.args, node.returns  # type: ignore[union-attr]
        return module

    def lowered(self, number: int) -> ast.Module:
        return lower_numbered(self.all[number].parse(), number * SEGMENT)[0]

    def parsed(self, number: int) -> tuple[cst.Module, list[Any]]:
        """A segment as libcst has it, and the node of each number in its lowered code: the same text gives the same numbers."""
        module = self.all[number].parse()
        return module, lower_numbered(module, number * SEGMENT)[1]

    def body(self, number: int) -> list[ast.stmt]:
        """The body of a function; where libcst cannot read what Python can, one of which nothing is known."""
        try:
            (function,) = self.lowered(number).body
        except Unparsable:
            return [ast.Return(ast.Name("__unknown__", ast.Load()))]
        return function.body  # type: ignore[attr-defined, no-any-return]


def body_of(function: Definition) -> list[ast.stmt]:
    """The statements of a function, parsed now if they were not before."""
    waiting = getattr(function, "waiting", None)
    if waiting is not None:
        segments, number = waiting
        function.body = segments.body(number)
        del function.waiting  # type: ignore[union-attr]
    return function.body


@dataclass(frozen=True)
class _Cut:
    """The body of a function, from its first line to its last; `signature`: what stands before it, but for the decorators, is
    taken from the outline too."""

    node: Definition
    first: int
    last: int
    segment: Segment
    signature: bool

    @property
    def start(self) -> int:
        return self.node.lineno if self.signature else self.first

    def stub(self, lines: list[str]) -> str:
        """What stands for it in the head."""
        line = lines[self.start - 1]
        indent = line[: len(line) - len(line.lstrip())]
        if not self.signature:
            return f"{indent}..."
        return f"{indent}{'async ' if isinstance(self.node, ast.AsyncFunctionDef) else ''}def {self.node.name}(): ..."


def _outline(text: str) -> ast.Module | None:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # invalid escapes in strings are the user's own affair
            return ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _definitions(body: list[ast.stmt]) -> Iterator[Definition | ast.ClassDef]:
    """The classes and functions that are defined while these statements run, in their order: none inside a function."""
    for node in body:
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            yield node
            continue
        if isinstance(node, ast.ClassDef):
            yield node
        for inner in ("body", "handlers", "cases", "orelse", "finalbody"):
            for part in getattr(node, inner, ()):
                yield from _definitions([part] if isinstance(part, ast.stmt) else part.body)


def _cuts(outline: ast.Module, lines: list[str]) -> Iterator[_Cut]:
    for node in _definitions(outline.body):
        if isinstance(node, ast.ClassDef):
            continue
        first = min(one.lineno for one in (node.body[0], *getattr(node.body[0], "decorator_list", ())))
        last = node.end_lineno or first
        before = lines[first - 1][: node.body[0].col_offset]
        if before.strip() or not before:  # on the line of the `def`
            continue
        opening = "async def _():" if isinstance(node, ast.AsyncFunctionDef) else "def _():"
        text = "\n".join([opening, *lines[first - 1 : last], ""])
        yield _Cut(node, first, last, Segment(text, range(first - 1, last + 2)), _plain(node))


def _plain(function: Definition) -> bool:
    """Whether no part of a signature is computed, so that it is as good in the outline."""
    spec = function.args
    annotated = [*spec.posonlyargs, *spec.args, *spec.kwonlyargs, spec.vararg, spec.kwarg]
    annotations = [function.returns, *(one.annotation for one in annotated if one is not None)]
    if any(isinstance(part, ast.Call) for one in annotations if one is not None for part in walk(one)):
        return False
    defaults = [one for one in (*spec.defaults, *spec.kw_defaults) if one is not None]
    return not getattr(function, "type_params", None) and all(isinstance(part, PLAIN) for one in defaults for part in walk(one))


def _head(text: str, cuts: list[_Cut]) -> Segment:
    """The program without the bodies."""
    if not cuts:
        return Segment(text, ())
    lines = text.split("\n")
    kept: list[str] = []
    numbers: list[int] = []
    at = 0
    for cut in cuts:
        kept += lines[at : cut.start - 1]
        numbers += range(at + 1, cut.start)
        kept.append(cut.stub(lines))
        numbers.append(cut.start)
        at = cut.last
    kept += lines[at:]
    numbers += range(at + 1, len(lines) + 1)
    return Segment("\n".join(kept), tuple(numbers))
