"""A program in segments: the body of each function, long tables and what its own code computes, parsed by libcst when they
are first entered, read or run.

Most functions of a program are never entered, and libcst's parser is what a check spends most of its time in. Where they lie is
told by Python's own parser at a tenth of that cost, its outline. A file that it does not read, such as one in a newer syntax than
the running Python's, is one segment; one in Python 2 is read as Python 3.
"""

from __future__ import annotations

import ast
import warnings
from typing import TYPE_CHECKING, Any, Final

from losslint.static.cutting import Cutter, Definition, Held, Lines, Run, Segment, definitions
from losslint.static.known import Known
from losslint.static.lower import lower_numbered
from losslint.static.older import newer
from losslint.static.parsing import Unparsable, parse_text, refuse_depth

if TYPE_CHECKING:
    import libcst as cst

SEGMENT: Final = 1 << 20
"""The numbers of a segment's nodes begin at a multiple of this."""


class Segments:
    """The segments of one program, `all`. `outline` is what Python's parser makes of it, None where it cannot read it."""

    def __init__(self, text: str, known: Known | None = None) -> None:
        """`known`: what was lowered before. Raises Unparsable where brackets nest too deeply."""
        self.outline = _outline(text)
        refuse_depth(text, self.outline is not None)
        if self.outline is None and (outline := _outline(renewed := newer(text))) is not None:  # Python 2
            text, self.outline = renewed, outline
        self.lines = Lines(text)
        self.known = known or Known()
        self.all: list[Segment] = []

    def module(self) -> ast.Module:
        """What runs when the file is imported; parts of it wait: ask `body_of`, `assigned_value` and `statements_of`. Raises
        Unparsable."""
        if self.outline is None:
            return self.lowered(self.hold(Segment(self.lines.text))[1])
        return ast.Module(Cutter(self.outline, self.lines, self.hold).split(self.outline.body), [])

    def hold(self, segment: Segment) -> Held:
        self.all.append(segment)
        return self, len(self.all) - 1

    def lowered(self, number: int) -> ast.Module:
        """Raises Unparsable with the place in the program."""
        segment = self.all[number]
        try:
            return self.known.lowered(segment.text, number * SEGMENT)
        except Unparsable as error:
            error.line = segment.line(error.line)
            raise

    def parsed(self, number: int) -> tuple[cst.Module, list[Any]]:
        """A segment as libcst has it, and the node of each number in its lowered code: the same text gives the same numbers. It
        could be lowered before."""
        module = parse_text(self.all[number].text)
        return module, lower_numbered(module, number * SEGMENT)[1]

    def body(self, number: int) -> list[ast.stmt]:
        """The body of a function; where libcst cannot read what Python can, one of which nothing is known."""
        try:
            (function,) = self.lowered(number).body
        except Unparsable:
            return [ast.Return(ast.Name("__unknown__", ast.Load()))]
        return function.body  # type: ignore[attr-defined, no-any-return]

    def value(self, number: int) -> ast.expr:
        """The value that a table is; where libcst cannot read what Python can, one of which nothing is known."""
        try:
            (assignment,) = self.lowered(number).body
        except Unparsable:
            return ast.Name("__unknown__", ast.Load())
        return assignment.value  # type: ignore[attr-defined, no-any-return]

    def run(self, number: int, run: Run) -> list[ast.stmt]:
        """The statements of a run, whose functions wait in turn; where libcst cannot read what Python can, none."""
        try:
            body = self.lowered(number).body
        except Unparsable:
            return []
        if self.all[number].opening:
            body = body[0].body  # type: ignore[attr-defined]
        for lowered, node in zip([*definitions(body)], definitions(run.body, run.classes), strict=True):
            lowered.whole = node
            if id(node) in run.classes:
                lowered.body, lowered.bases, lowered.keywords = run.classes[id(node)], node.bases, node.keywords
            if id(node) in run.inside:
                lowered.waiting, signature = run.inside[id(node)]
                if signature:
                    lowered.args, lowered.returns = node.args, node.returns
        return body


def body_of(function: Definition) -> list[ast.stmt]:
    """The statements of a function, parsed now if they were not before."""
    if waits(function):
        segments, number = function.__dict__.pop("waiting")
        function.body = segments.body(number)
    return function.body


def assigned_value(assignment: ast.Assign) -> ast.expr:
    """The value of an assignment, parsed now if it was not before."""
    if waits(assignment):
        segments, number = assignment.__dict__.pop("waiting")
        assignment.value = segments.value(number)
    return assignment.value


def statements_of(run: Run) -> list[ast.stmt]:
    """The statements of a run, parsed now if they were not before."""
    if waits(run):
        segments, number = run.__dict__.pop("waiting")
        run.parsed = segments.run(number, run)
    return run.parsed


def waits(node: Definition | ast.Assign | Run) -> bool:
    """Whether part of it isn't parsed yet."""
    return "waiting" in node.__dict__


def _outline(text: str) -> ast.Module | None:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # invalid escapes in strings are the user's own affair
            return ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
