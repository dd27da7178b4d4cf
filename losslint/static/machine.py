"""The state of an interpretation: modules, scopes, budgets, branches and the loss calls met."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from losslint.calls import LossCall, Use
from losslint.contracts import Contract
from losslint.errors import InputError
from losslint.facts import Facts
from losslint.oneof import ANY, OneOf
from losslint.places import Place
from losslint.static.positions import Mark, SourceMap
from losslint.static.sources import Source
from losslint.static.values import (
    NOTHING,
    Class,
    Function,
    Instance,
    LibraryObject,
    Members,
    Table,
    Value,
    facts_of,
    join,
    losses_of,
)
from losslint.tri import Tri

DEPTH: Final = 40
"""Calls entered inside one another before a call's result is unknown."""
ENTRIES: Final = 400
"""Times that one function is entered in one interpretation."""
WORK: Final = 100_000
"""Expressions evaluated from one entry point."""


class OutOfBudget(Exception):
    """An entry point took more work than it may."""


@dataclass(eq=False)
class FileModule:
    """One file of the program. `deferred`: the bodies of `if __name__ == "__main__"`, run last."""

    name: str
    path: str
    source: Source
    tree: ast.Module
    map: SourceMap
    names: dict[str, Value] = field(default_factory=dict)
    deferred: list[list[ast.stmt]] = field(default_factory=list)
    functions: list[Function] = field(default_factory=list)
    classes: list[Class] = field(default_factory=list)
    checked: bool = False
    ran: bool = False


@dataclass(eq=False)
class Scope:
    """The names of a function's call, a class body or a module. `elsewhere`: where the names declared global or nonlocal live."""

    names: dict[str, Value]
    module: FileModule
    parent: Scope | None = None
    function: Function | None = None
    receiver: Value | None = None
    elsewhere: dict[str, dict[str, Value]] = field(default_factory=dict)
    returns: list[Value] = field(default_factory=list)
    yields: list[Value] = field(default_factory=list)
    loops: list[list[dict[str, Value]]] = field(default_factory=list)

    def find(self, name: str) -> Value | None:
        scope: Scope | None = self
        while scope is not None:
            if name in scope.names:
                return scope.names[name]
            scope = scope.parent
        return self.module.names.get(name)


@dataclass(eq=False)
class Record:
    """One loss call met. `group`: shared by the alternatives of one call, `share` of them in all. `refused`: met where an
    exception is expected, as under `pytest.raises`: what is wrong with it is the point."""

    call: LossCall
    module: FileModule
    backward: bool = False
    used: bool = False
    result: Facts | None = None
    uses: list[Use] = field(default_factory=list)
    group: int | None = None
    share: int = 1
    refused: bool = False


class Machine:
    """What every layer of the interpreter shares."""

    def __init__(
        self,
        find_module: Callable[[FileModule, str, int], FileModule | None],
        loaded: Callable[[], Iterable[FileModule]] = tuple,
        own_contracts: Mapping[str, Contract] | None = None,
    ) -> None:
        self.find_module = find_module
        self.loaded = loaded
        self.own_contracts = own_contracts or {}
        self.own_names = frozenset(name.rpartition(".")[2] for name in self.own_contracts)
        self.complaints: list[InputError] = []
        self.records: list[Record] = []
        self.reveals: list[tuple[Place, Facts]] = []
        self.work = 0
        self.depth = 0
        self.branch = 0
        self.repeat = 0
        self.branches = 0
        self.no_grad = False
        self.autocast: OneOf[str] = ANY
        self.group: tuple[int, int] | None = None
        self.groups = 0
        self.budget_hits = 0

    # Branches: a write to an object that is older than the branch may or may not happen.

    def enter_branch(self) -> int:
        before = self.branch
        self.branches += 1
        self.branch = self.branches
        return before

    def grows(self, owner: Members) -> bool:
        """Whether a list is older than the innermost branch or loop: how often it is appended to isn't known."""
        return owner.branch < max(self.branch, self.repeat)

    def store(self, table: dict[Any, Value], owner: Instance | LibraryObject | Table | Members, key: Any, value: Value) -> None:
        if owner.branch < self.branch_start() and key in table:
            value = join(table[key], value)
        table[key] = value

    def branch_start(self) -> int:
        """Objects made before this number are older than the innermost branch."""
        return self.branch

    def mark(self, node: ast.AST, scope: Scope) -> Mark:
        return Mark(scope.module.map, node)

    def spend(self) -> None:
        self.work += 1
        if self.work > WORK:
            raise OutOfBudget

    def mark_backward(self, value: Value) -> None:
        """Backward on a value. Where it may have a gradient, it is no backward on the losses computed without one: they are
        weights of others, or what another path leaves in the same place."""
        live = self.group is not None or facts_of(value).requires_grad.only is not False
        for index in losses_of(value):
            record = self.records[index]
            if not live or record.call.grad_enabled.is_(False) is not Tri.YES:
                record.backward = True

    def note_use(self, losses: frozenset[int], kind: Any, node: ast.AST, scope: Scope) -> None:
        for index in losses:
            self.records[index].uses.append(Use(kind, self.mark(node, scope)))

    # The layers above fill these in.

    def call(self, function: Value, args: list[Value], keywords: dict[str, Value], node: ast.AST, scope: Scope) -> Value:
        raise NotImplementedError

    def attribute(self, value: Value, name: str, node: ast.AST, scope: Scope) -> Value:
        raise NotImplementedError

    def evaluate(self, node: ast.expr, scope: Scope) -> Value:
        raise NotImplementedError

    def execute(self, body: list[ast.stmt], scope: Scope) -> bool:
        raise NotImplementedError


__all__ = ["DEPTH", "ENTRIES", "NOTHING", "WORK", "FileModule", "Machine", "OutOfBudget", "Record", "Scope", "Tri"]
