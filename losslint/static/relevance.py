"""Which functions can have to do with a loss: those worth entering when nobody calls them.

A function matters when it names a loss of torch, or something of the program that does. Names are followed, not values, so
this errs towards mattering; what is entered for nothing costs time only.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from functools import cache, lru_cache
from typing import Final

from losslint.knowledge import contracts

LOSS_LIKE: Final = re.compile(r"loss|criteri|entropy|objective", re.IGNORECASE)
"""What a loss that arrives from elsewhere is called by, where the program defines no function or class of the name."""
OF_EVERY_CLASS: Final = re.compile(r"__\w+__|forward|call")
"""Methods called through their object: the class's name stands for them."""
TORCH: Final = frozenset({"nn", "F", "functional", "torch"})


@cache
def losses() -> frozenset[str]:
    """The short names of torch's losses, as classes and as functions."""
    return frozenset(name.rpartition(".")[2] for name in contracts())


@cache
def every_loss() -> frozenset[str]:
    return frozenset(mark + name for name in losses() for mark in ("", "."))


class Relevance:
    """The names that matter in a program, each written as code mentions it: `name`, `.attribute`, `called()`."""

    def __init__(self, trees: Iterable[ast.Module]) -> None:
        self.mentions: dict[str, set[str]] = {}
        self.defined: set[str] = set()
        self.called: set[str] = set()
        for tree in trees:
            self.collect(tree.body, None)
        found = set(every_loss()) | {f"{name}()" for name in self.called - self.defined}
        while more := {name for name, names in self.mentions.items() if name not in found and not names.isdisjoint(found)}:
            found |= more
        self.names = frozenset(found)

    def matters(self, function: ast.AST) -> bool:
        """Whether a function mentions a name that matters, or changes what others read."""
        if any(isinstance(part, (ast.Global, ast.Nonlocal)) for part in ast.walk(function)):
            return True
        return not self.names.isdisjoint(mentions(function))

    def collect(self, body: list[ast.stmt], owner: str | None) -> None:
        for node in body:
            if isinstance(node, ast.ClassDef):
                self.define(node.name, [*node.bases, *node.keywords, *node.decorator_list])
                self.collect(node.body, node.name)
            elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                self.function(node, owner)
            elif isinstance(node, (ast.Assign, ast.AnnAssign)):
                for target in node.targets if isinstance(node, ast.Assign) else [node.target]:
                    if node.value is not None:
                        for name in _bound(target):
                            self.add(name, [node.value])
                            self.add(f".{name}", [node.value])
            else:
                for inner in ("body", "orelse", "finalbody"):
                    self.collect(getattr(node, inner, []), owner)

    def function(self, node: ast.FunctionDef | ast.AsyncFunctionDef, owner: str | None) -> None:
        if owner is not None:
            self.define(owner, [node])
        if owner is None or not OF_EVERY_CLASS.fullmatch(node.name):
            self.define(node.name, [node])
        self.called |= {name[:-2] for name in mentions(node) if name.endswith("()")}
        # What a function keeps in objects and globals is found by others under those names; its own names end with it.
        for part in ast.walk(node):
            if isinstance(part, ast.Assign):
                for target in part.targets:
                    if isinstance(target, ast.Attribute):
                        self.add(f".{target.attr}", [part.value])
            elif isinstance(part, ast.Global):
                for name in part.names:
                    self.define(name, [node])

    def define(self, name: str, nodes: Iterable[ast.AST]) -> None:
        nodes = list(nodes)
        self.defined.add(name)
        self.add(name, nodes)
        self.add(f".{name}", nodes)

    def add(self, name: str, nodes: Iterable[ast.AST]) -> None:
        known = self.mentions.setdefault(name, set())
        for node in nodes:
            known |= mentions(node)


@lru_cache(maxsize=20_000)  # a method is asked for by its class, by its own name and when it may be run
def mentions(node: ast.AST) -> frozenset[str]:
    """What a piece of code mentions. A loss-like name counts as called where the code itself does not bind it."""
    found: set[str] = set()
    bound: set[str] = set()
    for part in ast.walk(node):
        if isinstance(part, ast.Name):
            found.add(part.id)
        elif isinstance(part, ast.Attribute):
            found.add(f".{part.attr}")
        elif isinstance(part, ast.alias):
            found.add(part.name.rpartition(".")[2])
        elif isinstance(part, ast.Constant):
            if isinstance(part.value, str) and part.value in losses():
                found.add(part.value)
        elif isinstance(part, ast.Call):
            name = _last(part.func)
            if LOSS_LIKE.search(name):
                found.add(f"{name}()")
            elif name == "getattr" and part.args and _last(part.args[0]) in TORCH:
                found |= every_loss()
        elif isinstance(part, ast.Assign):
            bound.update(name for target in part.targets for name in _bound(target))
    return frozenset(found - {f"{name}()" for name in bound})


def _bound(target: ast.expr) -> Iterator[str]:
    return (part.id for part in ast.walk(target) if isinstance(part, ast.Name))


def _last(node: ast.AST) -> str:
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""
