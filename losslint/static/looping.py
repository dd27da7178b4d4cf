"""Loops: over members that are known, each; over others until what they leave settles."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from losslint.static import builtin
from losslint.static.branching import Branching, Outcome, join_names, replace_names
from losslint.static.budgets import TURN
from losslint.static.choices import beyond
from losslint.static.counting import counted
from losslint.static.lastturn import Ends, ends
from losslint.static.machine import Jumps, Scope, Turning
from losslint.static.values import NOTHING, Instance, LibraryObject, Members, Value
from losslint.static.widening import change_shapes, widen
from losslint.tri import Tri


class Looping(Branching):
    """What runs a body again."""

    def for_(self, node: ast.For | ast.AsyncFor, scope: Scope) -> bool:
        if (numbers := counted(self, node.target, node.iter, node, scope)) is not None:
            return self.unrolled(node, numbers, scope)
        value = self.evaluate(node.iter, scope)
        found = builtin.turns(self, value, node.iter, scope)
        if isinstance(found, list):
            return self.unrolled(node, found, scope, self.holds_several(value, node.iter, scope))
        tail = list(value.tail) if isinstance(value, Members) and not node.orelse else []
        if isinstance(value, Members) and tail and all(isinstance(one, (LibraryObject, Instance)) for one in tail):
            # Layers of which only the last ones are known: any number of others, then each of those.
            rest = value.rest
            return self.loop(node, lambda: self.assign(node.target, rest, scope), scope) and self.unrolled(node, tail, scope)
        return self.loop(node, lambda: self.assign(node.target, found, scope), scope)

    def unrolled(self, node: ast.For | ast.AsyncFor, members: list[Value], scope: Scope, several: bool = False) -> bool:
        """A loop over members that are known runs over each: `for layer in self.layers: x = layer(x)`. `several`: the first
        stands for any number of them."""
        left: list[Outcome] = []
        falls = True
        with self.turning(node, scope, several) as turning:
            members = [*members, *(members if turning.ends else ())]
            for index, member in enumerate(members):
                before = dict(scope.names) if several and not index else {}
                turning.last = index == len(members) - 1
                self.assign(node.target, member, scope)
                if not (falls := self.turn(node, left, scope)):
                    break
                if change_shapes(before, scope.names):
                    before = dict(scope.names)
                    self.assign(node.target, member, scope)
                    if not (falls := self.turn(node, left, scope)):
                        break
                    widen(before, scope.names)
        return self.finish(node, falls, left, scope)

    def holds_several(self, value: Value, node: ast.expr, scope: Scope) -> bool:
        """Whether a loop goes over a `ModuleList` of any number of modules: `for index, layer in enumerate(self.layers)`."""
        if isinstance(value, LibraryObject):
            held = value.args[0] if value.args and value.name == "torch.nn.ModuleList" else None
            return isinstance(held, Members) and held.items is None
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("enumerate", "zip"):
            known = ((self.evaluate(one, scope) if is_path(one) else NOTHING, one) for one in node.args)
            return any(self.holds_several(held, one, scope) for held, one in known)
        return False

    @contextmanager
    def turning(self, node: ast.For | ast.AsyncFor | ast.While, scope: Scope, several: bool) -> Iterator[Turning]:
        """`several`: it isn't known how often the body runs."""
        asked = self.ends_of(node) if several and not isinstance(node, ast.While) else {}
        scope.turning.append(Turning(node.body, len(self.records), self.repeat, ends=asked))
        try:
            yield scope.turning[-1]
        finally:
            scope.turning.pop()

    def ends_of(self, node: ast.For | ast.AsyncFor) -> Ends:
        if node not in self.ends:
            self.ends[node] = ends(node)
        return self.ends[node]

    def turn(self, node: ast.For | ast.AsyncFor | ast.While, left: list[Outcome], scope: Scope) -> bool:
        """Run a loop's body once. Returns whether it may come to its end; how it may have broken off is added to `left`."""
        path, jumps = self.path, Jumps()
        scope.loops.append(jumps)
        falls = self.execute(node.body, scope)
        scope.loops.pop()
        ends = [*jumps.next, (dict(scope.names), self.path)] if falls else jumps.next
        self.path = path
        left += [(names, beyond(guard, path)) for names, guard in jumps.left]
        if ends:
            replace_names(scope.names, join_names([(names, beyond(guard, path)) for names, guard in ends]))
        return bool(ends)

    def finish(self, node: ast.For | ast.AsyncFor | ast.While, falls: bool, left: list[Outcome], scope: Scope) -> bool:
        """What follows a loop: its `else` where its last turn came to its end, and whatever broke off before."""
        falls = falls and self.execute(node.orelse, scope)
        if left:
            replace_names(scope.names, join_names([*left, (dict(scope.names), ())] if falls else left))
        return falls or bool(left)

    def while_(self, node: ast.While, scope: Scope) -> bool:
        if self.truth(self.evaluate(node.test, scope)) is Tri.NO:
            return self.execute(node.orelse, scope)
        return self.loop(node, lambda: None, scope)

    def loop(self, node: ast.For | ast.AsyncFor | ast.While, advance: Callable[[], None], scope: Scope) -> bool:
        """A body that runs an unknown number of times, taken to run at least once.

        Losses are computed in loops: that the loop over the batches runs is what training means. The second pass sees what
        the first one left behind; a turn that takes long has loops in it that do so themselves.
        """
        left: list[Outcome] = []
        self.branches += 1
        with self.turning(node, scope, several=True) as turning:
            before, self.repeat = self.repeat, self.branches
            try:
                falls = self.passes(node, turning, advance, left, scope)
            finally:
                self.repeat = before
        return self.finish(node, falls, left, scope) or not (falls or turning.last)

    def passes(
        self,
        node: ast.For | ast.AsyncFor | ast.While,
        turning: Turning,
        advance: Callable[[], None],
        left: list[Outcome],
        scope: Scope,
    ) -> bool:
        """Returns whether a turn may come to its end. Where the loop asks for its last turn the second pass is that, which runs
        once; the first may be any number of others, or none."""
        passes = 2 if turning.ends or len(scope.loops) < 2 else 1
        for number in range(passes):
            if number and turning.ends:
                turning.last, self.repeat = True, turning.repeat
            start, before = dict(scope.names), self.work
            advance()
            if not self.turn(node, left, scope):
                replace_names(scope.names, start)
                if turning.last or not turning.ends:
                    return False
            elif self.work - before > TURN and not turning.ends:
                break
            elif number + 1 < passes:
                replace_names(scope.names, join_names([(start, ()), (scope.names, ())]))
            elif number:
                widen(start, scope.names)
        return True


def is_path(node: ast.expr) -> bool:
    """Whether it names something: `self.layers`."""
    return isinstance(node, ast.Name) or (isinstance(node, ast.Attribute) and is_path(node.value))
