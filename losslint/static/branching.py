"""Branches: each side runs from the same names, and what comes out is joined."""

from __future__ import annotations

import ast
from functools import reduce

from losslint.oneof import OneOf
from losslint.static.assigning import Assigning
from losslint.static.choices import Guard, beyond, both, common
from losslint.static.lazily import Later, is_typed_only
from losslint.static.machine import FileModule, Scope
from losslint.static.values import NOTHING, Module, Value, choose
from losslint.tri import Tri

Names = dict[str, Value]
Outcome = tuple[Names, Guard]
"""What names stand for where a branch ends, and what it took for granted."""


class Branching(Assigning):
    """What splits the path, leaves it and joins it."""

    def if_(self, node: ast.If, scope: Scope) -> bool:
        if is_main(node.test):
            if scope.parent is None and scope.module.source.kind == "python":  # cells and blocks may define it anew
                scope.module.deferred.append(node.body)
                return True
            return self.execute(node.body, scope)
        if scope.names is scope.module.names and is_typed_only(node.test):
            self.postpone(node.body, scope.module)
            return self.execute(node.orelse, scope)
        truth, guards, narrowed = self.decide(node.test, scope)
        if truth is not Tri.MAYBE:
            return self.execute(node.body if truth is Tri.YES else node.orelse, scope)
        return self.fork([node.body, node.orelse], guards, narrowed, scope)

    def postpone(self, body: list[ast.stmt], module: FileModule) -> None:
        """What a file imports for type checkers alone waits until it is asked for."""
        module.later = module.later or Later(module, self)
        module.later.add(body)

    def fork(self, bodies: list[list[ast.stmt]], guards: tuple[Guard, ...], narrowed: tuple[Names, ...], scope: Scope) -> bool:
        """Run each body from the same names, but for those that its condition narrows, and join what comes out. Where one body
        alone comes to its end, what it took for granted holds from then on."""
        start, path, since = dict(scope.names), self.path, len(self.switched)
        outcomes: list[Outcome] = []
        modes: list[dict[Module, OneOf[bool]]] = []
        for body, guard, known in zip(bodies, guards, narrowed, strict=True):
            replace_names(scope.names, {**start, **known})
            before = self.enter_branch()
            self.forks.append((self.branch, path, any(guards)))
            self.path = both(path, guard) or path
            try:
                if self.execute(body, scope):
                    outcomes.append((dict(scope.names), beyond(self.path, path)))
                    modes.append(self.switched_back(since))
            finally:
                self.switched_back(since)
                self.path, self.branch = path, before
                self.forks.pop()
        for module in {one for ends in modes for one in ends}:
            self.switched.append((module, module.training))
            module.training = reduce(OneOf.join, [ends.get(module, module.training) for ends in modes])
        replace_names(scope.names, join_names(outcomes) if outcomes else start)
        if outcomes:
            self.path = both(path, common([guard for _, guard in outcomes])) or path
        return bool(outcomes)

    def return_(self, node: ast.Return, scope: Scope) -> bool:
        value = self.evaluate(node.value if node.value is not None else ast.Constant(None), scope)
        scope.returns.append((value, beyond(self.path, scope.start)))
        return False

    def raise_(self, node: ast.Raise, scope: Scope) -> bool:
        if node.exc is not None:
            self.evaluate(node.exc, scope)
        if scope.raised:
            scope.raised[-1].append((dict(scope.names), ()))
        return False

    def jump(self, node: ast.stmt, scope: Scope) -> bool:
        if scope.loops:
            jumps = scope.loops[-1].left if isinstance(node, ast.Break) else scope.loops[-1].next
            jumps.append((dict(scope.names), self.path))
        return False

    def try_(self, node: ast.Try, scope: Scope) -> bool:
        start, path = dict(scope.names), self.path
        raised: list[Outcome] = []
        scope.raised.append(raised)
        with self.perhaps():
            falls = self.execute(node.body, scope)
        scope.raised.pop()
        outcomes: list[Outcome] = []
        if falls and self.execute(node.orelse, scope):
            outcomes.append((dict(scope.names), ()))
        middle = join_names([(start, ()), *raised, (dict(scope.names), ())])
        for handler in node.handlers:
            replace_names(scope.names, middle)
            if handler.name:
                scope.names[handler.name] = NOTHING
            before = self.enter_branch()
            self.forks.append((self.branch, path, False))
            self.path = path
            try:
                if self.execute(handler.body, scope):
                    outcomes.append((dict(scope.names), ()))
            finally:
                self.branch, self.path = before, path
                self.forks.pop()
        replace_names(scope.names, join_names(outcomes) if outcomes else middle)
        return self.execute(node.finalbody, scope) and bool(outcomes)


def is_main(test: ast.expr) -> bool:
    """`__name__ == "__main__"`, either way round."""
    if not isinstance(test, ast.Compare) or len(test.ops) != 1 or not isinstance(test.ops[0], ast.Eq):
        return False
    sides = [test.left, test.comparators[0]]
    return any(isinstance(one, ast.Name) and one.id == "__name__" for one in sides) and any(
        isinstance(one, ast.Constant) and one.value == "__main__" for one in sides
    )


def replace_names(names: Names, others: Names) -> None:
    if names is not others:
        held = dict(others)
        names.clear()
        names.update(held)


def join_names(outcomes: list[Outcome]) -> Names:
    """What names stand for after branches. A name bound in some only keeps what those give: using it elsewhere would raise."""
    if len(outcomes) == 1:
        return dict(outcomes[0][0])
    joined: Names = {}
    others = [names for names, _ in outcomes[1:]]
    for names, _ in outcomes:
        for name, value in names.items():
            if name in joined:
                continue
            for one in others:
                if one.get(name, value) is not value:
                    joined[name] = choose([(one[name], guard) for one, guard in outcomes if name in one])
                    break
            else:
                joined[name] = value
    return joined
