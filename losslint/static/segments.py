"""A program in segments: what runs when a file is imported, and the body of each function and its long tables, parsed by libcst
when they are first entered or read.

Most functions of a program are never entered, and libcst's parser is what a check spends most of its time in. Where the bodies
lie is told by Python's own parser at a tenth of that cost. A file that it does not read, such as one in a newer syntax than the
running Python's, is one segment; one in Python 2 is read as Python 3.
"""

from __future__ import annotations

import ast
import warnings
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import accumulate
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
DISPLAYS: Final = (ast.Dict, ast.List, ast.Tuple, ast.Set)
LONG: Final = 10
"""Lines of a table that are worth waiting with."""


@dataclass(frozen=True)
class Segment:
    """A text that is parsed by itself: what lies between two places of `whole`, after `opening`. `lines`: the 1-based line of
    the program in which each of its lines stands."""

    whole: str
    lines: tuple[int, ...] | range = ()
    start: int = 0
    end: int | None = None
    opening: str = ""

    @property
    def text(self) -> str:
        return self.opening + self.whole[self.start : self.end]

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
        lines = Lines(text)
        self.cuts = list(_cuts(self.outline, lines)) if self.outline is not None else []
        self.all = [_head(lines, self.cuts), *(cut.segment for cut in self.cuts)]

    def module(self) -> ast.Module:
        """What runs when the file is imported. Its functions wait for their bodies: ask `body_of`. Raises Unparsable."""
        module = self.lowered(0)
        if self.outline is not None:
            cuts = {id(cut.node): (number, cut) for number, cut in enumerate(self.cuts, 1)}
            for lowered, node in zip(_definitions(module.body), _definitions(self.outline.body), strict=True):
                if not isinstance(node, ast.Assign):
                    lowered.whole = node
                if id(node) in cuts:
                    number, cut = cuts[id(node)]
                    lowered.waiting = (self, number)
                    if cut.signature:
                        lowered.args, lowered.returns = node.args, node.returns
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

    def value(self, number: int) -> ast.expr:
        """The value that a table is; where libcst cannot read what Python can, one of which nothing is known."""
        try:
            (assignment,) = self.lowered(number).body
        except Unparsable:
            return ast.Name("__unknown__", ast.Load())
        return assignment.value  # type: ignore[attr-defined, no-any-return]


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


def waits(node: Definition | ast.Assign) -> bool:
    """Whether part of it isn't parsed yet."""
    return "waiting" in node.__dict__


@dataclass(frozen=True)
class _Cut:
    """What is parsed by itself: the body of a function or a long table, in the lines from `first` to `last`, for which `stub`
    stands in the head. `signature`: the signature of the function is taken from the outline too."""

    node: Definition | ast.Assign
    first: int
    last: int
    stub: str
    segment: Segment
    signature: bool = False


def _outline(text: str) -> ast.Module | None:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # invalid escapes in strings are the user's own affair
            return ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _definitions(body: list[ast.stmt]) -> Iterator[Any]:
    """The classes, functions and names that are defined while these statements run, in their order: none inside a function."""
    for node in body:
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Assign)):
            yield node
            continue
        if isinstance(node, ast.ClassDef):
            yield node
        for inner in ("body", "handlers", "cases", "orelse", "finalbody"):
            for part in getattr(node, inner, ()):
                yield from _definitions([part] if isinstance(part, ast.stmt) else part.body)


class Lines:
    """The lines of a program by their 1-based numbers, and where they lie in it."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.all = text.split("\n")
        self.starts = list(accumulate((len(line) + 1 for line in self.all), initial=0))

    def __getitem__(self, number: int) -> str:
        return self.all[number - 1]

    def segment(self, first: int, last: int, opening: str = "") -> Segment:
        """The lines from `first` to `last`."""
        before = first - 1 if opening else first
        return Segment(self.text, range(before, last + 2), self.starts[first - 1], self.starts[last], opening)


def _cuts(outline: ast.Module, lines: Lines) -> Iterator[_Cut]:
    again: frozenset[str] | None = None
    for node in _definitions(outline.body):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            if (body := _body(node, lines)) is not None:
                yield body
        elif isinstance(node, ast.Assign) and (table := _table(node, lines)) is not None:
            again = again if again is not None else _bound_again(outline)
            if not again or again.isdisjoint(part.id for part in walk(node.value) if isinstance(part, ast.Name)):
                yield table


def _bound_again(outline: ast.Module) -> frozenset[str]:
    """The names that a file binds more than once: a table that is read later would hold another value."""
    counts: Counter[str] = Counter()
    for statement in outline.body:
        if isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            counts[statement.name] += 1
        else:
            for target in _targets(statement):
                counts.update(part.id for part in walk(target) if isinstance(part, ast.Name))
    return frozenset(name for name, count in counts.items() if count > 1)


def _targets(statement: ast.stmt) -> Iterator[ast.AST]:
    if isinstance(statement, ast.Assign):
        yield from statement.targets
    elif isinstance(statement, (ast.AnnAssign, ast.AugAssign)):
        yield statement.target
    else:  # whatever it names, it may bind
        yield statement


def _body(node: Definition, lines: Lines) -> _Cut | None:
    first = min(one.lineno for one in (node.body[0], *getattr(node.body[0], "decorator_list", ())))
    last = node.end_lineno or first
    before = lines[first][: node.body[0].col_offset]
    if before.strip() or not before:  # on the line of the `def`
        return None
    start = "async def" if isinstance(node, ast.AsyncFunctionDef) else "def"
    segment = lines.segment(first, last, f"{start} _():\n")
    if not _plain(node):
        return _Cut(node, first, last, f"{_indent(lines[first])}...", segment)
    stub = f"{_indent(lines[node.lineno])}{start} {node.name}(): ..."
    return _Cut(node, node.lineno, last, stub, segment, signature=True)


def _indent(line: str) -> str:
    return line[: len(line) - len(line.lstrip())]


def _table(node: ast.Assign, lines: Lines) -> _Cut | None:
    """A long table of a file's own, in lines of its own: alone, or as the only thing that a function is called with."""
    first, last, target = node.lineno, node.end_lineno or node.lineno, node.targets[0]
    if last - first < LONG or node.col_offset or len(node.targets) > 1 or not isinstance(target, ast.Name):
        return None
    value = node.value
    if isinstance(value, ast.Call) and isinstance(value.func, ast.Name) and len(value.args) == 1 and not value.keywords:
        value = value.args[0]
    after = lines[last].encode()[node.end_col_offset :].strip()
    if not isinstance(value, DISPLAYS) or target.id.startswith("__") or (after and not after.startswith(b"#")):
        return None
    return _Cut(node, first, last, f"{target.id} = ...", lines.segment(first, last))


def _plain(function: Definition) -> bool:
    """Whether no part of a signature is computed, so that it is as good in the outline."""
    spec = function.args
    annotated = [*spec.posonlyargs, *spec.args, *spec.kwonlyargs, spec.vararg, spec.kwarg]
    annotations = [function.returns, *(one.annotation for one in annotated if one is not None)]
    if any(isinstance(part, ast.Call) for one in annotations if one is not None for part in walk(one)):
        return False
    defaults = [one for one in (*spec.defaults, *spec.kw_defaults) if one is not None]
    return not getattr(function, "type_params", None) and all(isinstance(part, PLAIN) for one in defaults for part in walk(one))


def _head(lines: Lines, cuts: list[_Cut]) -> Segment:
    """The program with stubs for what is cut out."""
    if not cuts:
        return Segment(lines.text)
    kept: list[str] = []
    numbers: list[int] = []
    at = 0
    for cut in cuts:
        kept += [*lines.all[at : cut.first - 1], cut.stub]
        numbers += range(at + 1, cut.first + 1)
        at = cut.last
    kept += lines.all[at:]
    numbers += range(at + 1, len(lines.all) + 1)
    return Segment("\n".join(kept), tuple(numbers))
