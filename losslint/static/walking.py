"""Walking code to look names up in it: what `ast.walk` gives, in another order and at a third of its cost."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Any, Final

NO_CODE: Final = frozenset(
    (
        *("ctx", "op", "ops", "id", "attr", "arg", "name", "names", "asname", "module", "level"),
        *("kind", "simple", "conversion", "is_async", "type_comment", "rest", "kwd_attrs"),
    )
)
"""The fields of nodes that hold no code."""
BLOCKS: Final = ("body", "orelse", "finalbody", "handlers", "cases")
"""Those that hold statements, or what these stand in."""


class Fields(dict[type, tuple[str, ...]]):
    """The fields of a class of nodes that hold code, all others left out."""

    def __missing__(self, kind: type) -> tuple[str, ...]:
        imports = issubclass(kind, (ast.Import, ast.ImportFrom))  # these have nodes for the names
        found = tuple(one for one in getattr(kind, "_fields", ()) if one not in NO_CODE or (imports and one == "names"))
        return self.setdefault(kind, found)


def whole(node: Any) -> Any:
    """A definition with its body, although libcst may not have parsed that yet: to look names up in, it has no numbers."""
    return getattr(node, "whole", node)


def statements(node: ast.AST) -> Iterator[ast.AST]:
    """A statement and those below it, in no particular order, with what they stand in: `except` and `case`. Few nodes are."""
    waiting = [node]
    while waiting:
        node = waiting.pop()
        yield node
        for name in BLOCKS:
            below = node.__dict__.get(name)
            if type(below) is list:
                waiting += below


def walk(node: ast.AST) -> Iterator[ast.AST]:
    """A node and everything below it, in no particular order."""
    waiting = [node]
    while waiting:
        node = waiting.pop()
        yield node
        for value in node.__dict__.values():
            if isinstance(value, ast.AST):
                waiting.append(value)
            elif type(value) is list:
                waiting.extend([one for one in value if isinstance(one, ast.AST)])
