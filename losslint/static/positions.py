"""Where nodes stand, worked out once for a file when a report first asks."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from libcst._nodes.internal import CodegenState  # the public providers copy the tree and cost twice the parse

from losslint.places import Place
from losslint.static.segments import SEGMENT, Segments
from losslint.static.sources import Source

if TYPE_CHECKING:
    import ast

    import libcst as cst

Span = tuple[int, int, int, int]
START = (1, 0, 1, 0)
_NEWLINE = re.compile(r"\r\n?|\n")


class _Recorder(CodegenState):
    """Replays the code and notes the span of every node: lines from 1, columns from 0, whitespace left out."""

    def __init__(self, module: cst.Module) -> None:
        super().__init__(default_indent=module.default_indent, default_newline=module.default_newline)
        self.spans: dict[int, Span] = {}
        self.line, self.column = 1, 0
        self.stack: list[tuple[int, int]] = []

    def add_indent_tokens(self) -> None:
        for token in self.indent_tokens:
            self.add_token(token)

    def add_token(self, value: str) -> None:
        self.tokens.append(value)
        lines = _NEWLINE.split(value)
        if len(lines) == 1:
            self.column += len(value)
        else:
            self.line += len(lines) - 1
            self.column = len(lines[-1])

    def before_codegen(self, node: Any) -> None:
        self.stack.append((self.line, self.column))

    def after_codegen(self, node: Any) -> None:
        start = self.stack.pop()
        self.spans.setdefault(id(node), (*start, self.line, self.column))

    @contextmanager
    def record_syntactic_position(self, node: Any, *, start_node: Any = None, end_node: Any = None) -> Iterator[None]:
        start = (self.line, self.column)
        yield
        end = (self.line, self.column)
        if start_node is not None:
            start = self.spans[id(start_node)][:2]
        if end_node is not None:
            end = self.spans[id(end_node)][2:]
        self.spans[id(node)] = (*start, *end)


class SourceMap:
    """The positions in one source. A segment is parsed once more where a report asks for one in it: few are reported."""

    def __init__(self, source: Source, segments: Segments) -> None:
        self.source = source
        self.segments = segments
        self.spans: dict[int, list[Span]] = {}

    def place(self, node: ast.AST) -> Place:
        number = getattr(node, "at", None)
        if number is None:  # computes nothing, and was left as the outline has it
            return self.outlined(node) if hasattr(node, "lineno") else self.source.place(1, 1, 1, 1)
        segment, at = divmod(number, SEGMENT)
        if segment not in self.spans:
            self.spans[segment] = self.recorded(segment)
        line, column, end_line, end_column = self.spans[segment][at]
        real = self.segments.all[segment].line
        return self.source.place(real(line), column + 1, real(end_line), end_column + 1)

    def outlined(self, node: Any) -> Place:
        column, end_column = (
            len(self.segments.lines[line].encode()[:offset].decode()) + 1
            for line, offset in ((node.lineno, node.col_offset), (node.end_lineno, node.end_col_offset))
        )
        return self.source.place(node.lineno, column, node.end_lineno, end_column)

    def recorded(self, segment: int) -> list[Span]:
        """Where the node of each number of a segment stands in it."""
        module, nodes = self.segments.parsed(segment)
        recorder = _Recorder(module)
        module._codegen(recorder)
        return [recorder.spans.get(id(node), START) for node in nodes]


@dataclass(unsafe_hash=True)
class Mark:
    """A lowered node's place, not yet worked out."""

    map: SourceMap
    node: ast.AST

    @property
    def spot(self) -> object:
        """What tells it from other places of its file, without working out where it is."""
        return getattr(self.node, "at", None) or (getattr(self.node, "lineno", 0), getattr(self.node, "col_offset", 0))

    def resolve(self) -> Place:
        return self.map.place(self.node)
