"""What only type checkers import, below `if TYPE_CHECKING:`. A package that loads its modules lazily lists them there: each is
read when its name is asked for, not all of them when one is.
"""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterable
from typing import Final

from losslint.static.machine import FileModule, Machine, Scope
from losslint.static.values import NOTHING, Value
from losslint.static.walking import walk

BUILTINS: Final = frozenset(dir(builtins))


def is_typed_only(test: ast.expr) -> bool:
    """Whether a condition holds for type checkers alone: `TYPE_CHECKING`, or that or a switch of the program's."""
    if isinstance(test, ast.BoolOp) and isinstance(test.op, ast.Or):
        return any(map(is_typed_only, test.values))
    return (test.attr if isinstance(test, ast.Attribute) else getattr(test, "id", "")) == "TYPE_CHECKING"


class Later:
    """The names of a file that are imported when they are asked for."""

    def __init__(self, module: FileModule, machine: Machine) -> None:
        self.module = module
        self.machine = machine
        self.named: dict[str, ast.stmt] = {}
        self.stars: list[ast.ImportFrom] = []
        self.offers: dict[str, list[ast.ImportFrom]] | None = None
        self.found: dict[str, Value | None] = {}

    def add(self, body: Iterable[ast.stmt]) -> None:
        """Keep the imports among some statements."""
        for node in (part for statement in body for part in walk(statement)):
            if isinstance(node, ast.Import):
                self.named.update((one.asname or one.name.partition(".")[0], ast.Import([one])) for one in node.names)
            elif isinstance(node, ast.ImportFrom):
                for one in node.names:
                    if one.name == "*":
                        self.stars.append(node)
                    else:
                        self.named.setdefault(one.asname or one.name, ast.ImportFrom(node.module, [one], node.level))

    def find(self, name: str) -> Value | None:
        """What a name is, imported now; None when nothing offers it, or while it is imported."""
        if name not in self.found:
            self.found[name] = None
            self.found[name] = self.sought(name)
        return self.found[name]

    def sought(self, name: str) -> Value | None:
        if name in self.named:
            return self.imported(name, self.named[name])
        if not self.stars or name.startswith("_") or name in BUILTINS:
            return None
        if self.offers is None:
            self.offers = {}
            for star in self.stars:
                for one in self.machine.offers.of(self.machine.locate(self.module.path, star.module or "", star.level)):
                    self.offers.setdefault(one, []).append(star)
        statements = (ast.ImportFrom(star.module, [ast.alias(name)], star.level) for star in self.offers.get(name, ()))
        return next((found for one in statements if (found := self.imported(name, one)) is not None), None)

    def imported(self, name: str, statement: ast.stmt) -> Value | None:
        names: dict[str, Value] = {}
        self.machine.execute([statement], Scope(names, self.module))
        return None if names.get(name) is NOTHING else names.get(name)
