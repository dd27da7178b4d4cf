"""Files of tests: those in which nothing leads to a loss are not even run.

A package has many, each with tables of cases that take long to make; nobody imports them for what they define or register.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from typing import Final

from losslint.static.budgets import IMPORT
from losslint.static.machine import FileModule, Machine, Scope
from losslint.static.mentions import HERE, Said, read
from losslint.static.relevance import Relevance
from losslint.static.walking import walk

IMPORTS: Final = (ast.Import, ast.ImportFrom)
BLOCKS: Final = (ast.If, ast.Try, ast.With)
FUNCTIONS: Final = (ast.FunctionDef, ast.AsyncFunctionDef)


def leads_to_a_loss(module: FileModule, relevance: Relevance, machine: Machine) -> bool:
    """Whether anything in a file that hasn't run can lead to a loss, by what it imports. Those files are run."""
    scope = Scope({}, module)
    machine.guard(module, "its imports", lambda: machine.execute(list(_imports(module.outline.body)), scope), IMPORT)
    relevance.extend(machine.loaded())
    pieces = list(_pieces(module.outline.body, relevance))
    own = _defined(module.outline.body).union(*(said.bound for said in pieces)) - scope.names.keys()
    said = {one for piece in pieces for one in piece.mentions if not (one[0] in ("name", "given") and one[1] in own)}
    return HERE in said or relevance.reaches(said, scope)


def _imports(body: Iterable[ast.stmt]) -> Iterator[ast.stmt]:
    for statement in body:
        if isinstance(statement, IMPORTS):
            yield statement
        elif isinstance(statement, BLOCKS):
            yield from (one for one in walk(statement) if isinstance(one, IMPORTS))


def _pieces(body: Iterable[ast.stmt], relevance: Relevance) -> Iterator[Said]:
    """What each part of a file says, functions apart: their local names say nothing."""
    for statement in body:
        if isinstance(statement, (*FUNCTIONS, ast.ClassDef)):
            yield from map(read, statement.decorator_list)
        if isinstance(statement, FUNCTIONS):
            yield relevance.said_in(statement)
        elif isinstance(statement, ast.ClassDef):
            yield from map(read, (*statement.bases, *statement.keywords))
            yield from _pieces(statement.body, relevance)
        elif not isinstance(statement, IMPORTS):
            yield relevance.said_in(statement)


def _defined(body: Iterable[ast.stmt]) -> set[str]:
    return {one.name for one in body if isinstance(one, (*FUNCTIONS, ast.ClassDef))}
