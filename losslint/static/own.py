"""Losses of the program whose contract was declared, by the configuration or by a decorator in the source."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import PurePath
from typing import Any

from losslint.contracts import Contract
from losslint.declare import DECORATOR, contract_of, named
from losslint.errors import InputError, NotationError
from losslint.oneof import ANY, OneOf
from losslint.static.losses import Losses
from losslint.static.machine import FileModule, Scope
from losslint.static.values import (
    Class,
    Function,
    Instance,
    Library,
    LibraryObject,
    Value,
    constants,
)

Args = Sequence[Value]
Keywords = Mapping[str, Value]


class OwnLosses(Losses):
    """Finding the contract of a function or class of the program, and recording its calls."""

    def declare(self, value: Function | Class, decorators: Iterable[ast.expr], scope: Scope) -> None:
        """Take the contract from a decorator. A decorator that cannot be read is complained of."""
        for node in decorators:
            if not isinstance(node, ast.Call):
                continue
            called = self.evaluate(node.func, scope)
            if not isinstance(called, (Library, LibraryObject)) or called.name not in (DECORATOR, "losslint.declare.contract"):
                continue
            try:
                words = {one.arg: ast.literal_eval(one.value) for one in node.keywords if one.arg is not None}
                value.contract = named(contract_of(value.name, words), value.name, isinstance(value, Class))
            except (ValueError, SyntaxError, TypeError):
                continue  # put together at run time: nothing is known of it
            except NotationError as error:
                place = self.mark(node, scope).resolve()
                self.complaints.append(InputError(f"{place.filename}:{place.line}", f"`losslint.contract`: {error}"))

    def own(self, value: Function | Class) -> Contract | None:
        """The contract that was declared for a function or class of the program."""
        if value.contract is None and value.name in self.own_names:
            for name, contract in self.own_contracts.items():
                if name.rpartition(".")[2] == value.name and self.is_called(value, name):
                    value.contract = contract
        return value.contract

    def is_called(self, value: Function | Class, name: str) -> bool:
        """Whether a definition goes by a dotted name: that of its file, or of one that imports it."""
        package, _, last = name.rpartition(".")
        if isinstance(value, Function) and (value.owner is not None or value.scope.parent is not None):
            return False
        wanted = package.split(".") if package else []
        return any(
            _parts(module)[-len(wanted) :] == wanted or not wanted
            for module in self.loaded()
            if module is value.module or module.names.get(last) is value
        )

    def own_of(self, cls: Class) -> Contract | None:
        """The contract of a class, or of the nearest base that has one and whose `forward` it keeps."""
        for ancestor in cls.ancestry:
            found = self.own(ancestor)
            if found is not None or "forward" in ancestor.names or "__call__" in ancestor.names:
                return found
        return None

    def call_own(
        self,
        contract: Contract,
        function: Function,
        args: Sequence[Value],
        keywords: Mapping[str, Value],
        node: ast.AST,
        scope: Scope,
    ) -> Value:
        names = parameters(function)
        contract = replace(contract, function=names)
        defaults = {name: constants(value) for name, value in function.defaults.items()}
        return self.record_own(contract, "function", args, keywords, defaults, node, scope)

    def call_own_module(
        self,
        contract: Contract,
        loss: Instance,
        args: Sequence[Value],
        keywords: Mapping[str, Value],
        node: ast.AST,
        scope: Scope,
    ) -> Value:
        found = loss.cls.lookup("forward") or loss.cls.lookup("__call__")
        if found is not None and isinstance(found[0], Function):
            contract = replace(contract, forward=parameters(found[0])[1:])
        kept = {name: constants(value) for name, value in loss.attributes.items()}
        return self.record_own(contract, "module", args, keywords, kept, node, scope)

    def record_own(
        self,
        contract: Contract,
        form: str,
        args: Args,
        keywords: Keywords,
        known: Mapping[str, OneOf[Any]],
        node: ast.AST,
        scope: Scope,
    ) -> Value:
        passed = self.passed(contract.function if form == "function" else contract.forward, args, keywords, node, scope)
        given = {one.name: one.value for one in passed}
        options = {
            name: given.get(name, known.get(name, OneOf.of(contract.defaults[name]) if name in contract.defaults else ANY))
            for name in {option for case in contract.cases for option in case.when}
        }
        return self.record(contract, "call", form, passed, options, node, scope)


def parameters(function: Function) -> tuple[str, ...]:
    """The names of what a function can be told one by one, in order."""
    spec = function.node.args
    return tuple(parameter.arg for parameter in (*spec.posonlyargs, *spec.args, *spec.kwonlyargs))


def _parts(module: FileModule) -> list[str]:
    """A file's dotted path, outermost folder first."""
    path = PurePath(module.path).with_suffix("")
    return [part for part in path.parts if part != "__init__"]
