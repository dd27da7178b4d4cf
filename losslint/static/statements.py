"""Executing statements: the way the program would run, with branches joined and loops run to where they settle."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import reduce
from typing import Any

from losslint.facts import INTS
from losslint.oneof import ANY, OneOf
from losslint.static import builtin, hydra, library, options
from losslint.static.budgets import TURN
from losslint.static.choices import Guard, Origin, beyond, both, common
from losslint.static.cutting import Run
from losslint.static.expressions import Expressions, one_constant
from losslint.static.losses import text
from losslint.static.machine import Jumps, Scope, Turning
from losslint.static.operand import Name
from losslint.static.operations import changed, written
from losslint.static.segments import statements_of, waits
from losslint.static.values import (
    NOTHING,
    SIZE,
    Alternatives,
    Class,
    Data,
    Function,
    Instance,
    Library,
    LibraryMethod,
    LibraryObject,
    Members,
    Method,
    ModuleValue,
    Partial,
    Pending,
    Table,
    Unknown,
    Value,
    alternatives,
    choose,
    constant,
    constants,
    facts_of,
    identified,
    join,
    losses_of,
    operand_of,
)
from losslint.static.views import blurred, viewed
from losslint.static.walking import whole
from losslint.tri import Tri

Names = dict[str, Value]
Outcome = tuple[Names, Guard]
"""What names stand for where a branch ends, and what it took for granted."""


class Statements(Expressions):
    """The whole interpreter."""

    def execute(self, body: list[ast.stmt], scope: Scope) -> bool:
        """Run statements in order. Returns whether control reaches their end."""
        for statement in body:
            handler = _HANDLERS.get(type(statement))
            if handler is not None and handler(self, statement, scope) is False:
                return False
        return True

    # Names

    def assign(self, target: ast.expr, value: Value, scope: Scope) -> None:
        if isinstance(target, ast.Name):
            value = identified(value, target.id, self.branches)
            names = scope.elsewhere.get(target.id, scope.names)
            if names is not scope.names and self.branch and target.id in names:
                value = self.overwritten(
                    names[target.id], value, self.since(0)
                )  # only the branch's own names are joined where it ends
            names[target.id] = value
        elif isinstance(target, ast.Attribute):
            owner = self.evaluate(target.value, scope)
            if target.attr == "requires_grad" and isinstance(owner, Data) and isinstance(target.value, (ast.Name, ast.Attribute)):
                self.assign(target.value, self.operate("Tensor.requires_grad_", [owner, value], {}, target, scope), scope)
                return
            if (
                target.attr == "data"
                and isinstance(target.value, ast.Name)
                and self.assign_data(target.value, owner, value, scope)
            ):
                return
            named = f"{target.value.id}.{target.attr}" if isinstance(target.value, ast.Name) else target.attr
            self.assign_attribute(owner, target.attr, identified(value, named, self.branches))
        elif isinstance(target, ast.Subscript):
            self.assign_part(target, value, scope)
        elif isinstance(target, (ast.Tuple, ast.List)):
            self.unpack(target.elts, value, target, scope)
        elif isinstance(target, ast.Starred):
            self.assign(target.value, value, scope)
        elif (whole := viewed(target)) is not target:
            self.change(whole, blurred, scope)

    def assign_part(self, target: ast.Subscript, value: Value, scope: Scope) -> None:
        """`x[index] = value`, also where `x` is one of several things, and `x.data[index] = value`, which writes into `x`."""
        held = target.value
        if isinstance(held, ast.Attribute) and held.attr == "data":
            held = held.value
        index = self.evaluate(target.slice, scope)

        def filled(one: Value) -> Value:
            if not isinstance(one, Data) or one.operand.facts.kind.only not in ("tensor", "ndarray", None):
                self.assign_item(one, index, value)
                return one
            made = written(one.operand, operand_of(index), operand_of(value))
            return Data(made, one.losses | losses_of(value) if made.facts.kind.only != "ndarray" else frozenset())

        self.change(held, filled, scope)

    def assign_attribute(self, owner: Value, name: str, value: Value) -> None:
        for one in alternatives(owner):
            if isinstance(one, (Instance, LibraryObject)):
                self.store(one.attributes, one, name, value)
            elif isinstance(one, (Class, ModuleValue)):
                names = one.names if isinstance(one, Class) else one.module.names
                names[name] = self.overwritten(names[name], value, self.since(0)) if self.branch and name in names else value
            elif (origin := self.origin_of(one)) is not None:
                self.store_unknown(origin, name, value, LibraryMethod(name, one))

    def store_unknown(self, owner: Origin, key: str, value: Value, before: Value) -> None:
        """`args.loss = "ce"`: what is asked of it from now on is another question."""
        held = owner.assigned.get(key, before)
        owner.assigned[key] = self.overwritten(held, value, self.since(0)) if self.branch else value

    def assign_item(self, owner: Value, index: Value, value: Value) -> None:
        key = constants(index).only
        for one in alternatives(owner):
            if isinstance(one, LibraryMethod) and isinstance(one.receiver, LibraryObject):
                one.receiver.attributes[f"{one.name}.{key}"] = value  # `model.classifier[6] = nn.Linear(…)`
            elif isinstance(one, Table):
                if key is not None:
                    self.store(one.items, one, key, value)
                else:
                    one.rest = value if one.rest is None else join(one.rest, value)
            elif isinstance(one, Members):
                if one.items is not None and isinstance(key, int) and -len(one.items) <= key < len(one.items):
                    one.items[key] = value if one.branch >= self.branch else join(one.items[key], value)
                else:
                    one.forget(value)
            elif isinstance(one, LibraryObject) and key is not None:
                held = library.layers(one)
                number = key + len(held) if isinstance(key, int) and key < 0 else key
                one.attributes[str(number)] = value
            elif isinstance(key, str) and (origin := self.origin_of(one)) is not None:
                self.store_unknown(origin, key, value, Unknown(origin=origin.member(key, item=True)))

    def unpack(self, targets: list[ast.expr], value: Value, node: ast.AST, scope: Scope) -> None:
        star = next((index for index, target in enumerate(targets) if isinstance(target, ast.Starred)), None)
        found = builtin.iterate(self, fitting(value, len(targets)) if star is None else value, node, scope)
        if not isinstance(found, list):
            found = SIZE if isinstance(value, LibraryMethod) and value.name == "shape" else found
            for target in targets:
                self.assign(target, Members("list", None, found) if isinstance(target, ast.Starred) else found, scope)
        elif star is None:
            for index, target in enumerate(targets):
                self.assign(target, found[index] if index < len(found) else NOTHING, scope)
        else:
            after = len(targets) - star - 1
            middle = found[star : len(found) - after]
            parts: list[Value] = [*found[:star], Members("list", middle), *found[len(found) - after :]]
            for target, part in zip(targets, parts, strict=False):
                self.assign(target, part, scope)

    def assignment(self, node: ast.Assign, scope: Scope) -> None:
        if waits(node):
            self.assign(node.targets[0], Pending(node, scope), scope)
            return
        if (added := added_to_itself(node)) is not None:
            left, right = self.evaluate(added.left, scope), self.evaluate(added.right, scope)
            first = text(added.left) == text(node.targets[0])
            self.note_total(node.targets[0], left if first else right, right if first else left, node, scope)
            value = self.counted(node.targets[0], self.combine(added.op, left, right, added, scope), scope)
        else:
            value = self.evaluate(node.value, scope)
        for target in node.targets:
            self.assign(target, value, scope)

    def annotated(self, node: ast.AnnAssign, scope: Scope) -> None:
        if node.value is not None:
            self.assign(node.target, self.evaluate(node.value, scope), scope)

    def augmented(self, node: ast.AugAssign, scope: Scope) -> None:
        left = self.evaluate(node.target, scope)
        right = self.evaluate(node.value, scope)
        if isinstance(left, Members) and isinstance(node.op, ast.Add) and left.kind == "list":
            if scope.loops or self.repeat:
                self.note_collected(left, right, node, scope)
            builtin.container_method(self, left, "extend", [right], {})
            return
        if isinstance(node.op, ast.Add):
            self.note_total(node.target, left, right, node, scope)
        value = self.combine(node.op, left, right, node, scope)
        if isinstance(left, Data) and left.operand.facts.kind.only == "tensor" and isinstance(value, Data):
            value = replace(value, operand=changed(left.operand, value.operand, self.no_grad))
        self.assign(node.target, self.counted(node.target, value, scope), scope)

    def counted(self, target: ast.expr, value: Value, scope: Scope) -> Value:
        """A number that was made by adding to one that is older than a loop that runs: how often isn't known."""
        if not self.repeat or not any(type(one) in (int, float) for one in constants(value)):
            return value
        if isinstance(target, ast.Name):
            return SIZE if scope.turning else value
        holder = self.evaluate(target.value, scope) if isinstance(target, (ast.Attribute, ast.Subscript)) else None
        return SIZE if isinstance(holder, (Instance, Table, Members)) and holder.branch < self.repeat else value

    def note_total(self, target: ast.expr, total: Value, loss: Value, node: ast.AST, scope: Scope) -> None:
        """`total += loss`: whether the total can hold it, and whether the loss was done with when it was added."""
        for one in alternatives(loss) if isinstance(loss, Alternatives) else ():
            self.note_total(target, total, one, node, scope)
        if not isinstance(loss, Data) or not loss.losses or loss.operand.facts.kind.only != "tensor":
            return
        if isinstance(target, ast.Subscript) and facts_of(self.evaluate(target.value, scope)).kind.only == "ndarray":
            return  # an array takes the number
        if isinstance(total, Data) and total.operand.facts.kind.only == "tensor" and not total.losses:
            facts = total.operand.facts
            if facts.dtype.in_(INTS) is Tri.YES:
                self.note_use(loss.losses, "integer-total", node, scope)
            elif facts.shape.holds(lambda shape: shape.numel == 0) is Tri.YES:
                self.note_use(loss.losses, "empty-total", node, scope)
        if self.outlives(target, loss, scope):
            self.note_kept(loss, "accumulated", node, scope)

    def outlives(self, target: ast.expr, loss: Data, scope: Scope) -> bool:
        """Whether a loss that is added to a name or an attribute is still in it when a loop computes the next one: a loop that is
        running here, or where this was called from. Losses that are there before a loop live as long without the total."""
        repeat = self.repeat
        for loop in reversed(scope.turning):
            if started_anew(target, loop.body):
                return False
            if any(index >= loop.met and not self.records[index].apart for index in loss.losses):
                return True
            repeat = loop.repeat
        holder = target.value if isinstance(target, (ast.Attribute, ast.Subscript)) else None
        held = self.evaluate(holder, scope) if holder is not None else None
        return isinstance(held, (Instance, Table, Members)) and held.branch < repeat

    def delete(self, node: ast.Delete, scope: Scope) -> None:
        for target in node.targets:
            if isinstance(target, ast.Name):
                scope.names.pop(target.id, None)
            elif isinstance(target, ast.Subscript):
                held, index = self.evaluate(target.value, scope), self.evaluate(target.slice, scope)
                for one in alternatives(held):
                    if isinstance(one, (Members, Table)):
                        builtin.container_method(self, one, "pop", [index], {})

    def global_(self, node: ast.Global, scope: Scope) -> None:
        scope.elsewhere.update({name: scope.module.names for name in node.names})

    def nonlocal_(self, node: ast.Nonlocal, scope: Scope) -> None:
        for name in node.names:
            outer = scope.parent
            while outer is not None and name not in outer.names:
                outer = outer.parent
            if outer is not None:
                scope.elsewhere[name] = outer.names

    def expression(self, node: ast.Expr, scope: Scope) -> bool:
        self.evaluate(node.value, scope)
        return not (self.forks and isinstance(node.value, ast.Call) and self.ends_program(node.value.func, scope))

    def ends_program(self, function: ast.expr, scope: Scope) -> bool:
        """`sys.exit()` on a branch. What follows one that stands alone was meant to run once and is read."""
        if isinstance(function, ast.Attribute):
            return text(function) in ("sys.exit", "os._exit")
        return (
            isinstance(function, ast.Name)
            and function.id in ("exit", "quit")
            and isinstance(self.evaluate(function, scope), (Library, Unknown))
        )

    # Definitions

    def function(self, node: ast.FunctionDef | ast.AsyncFunctionDef, scope: Scope) -> None:
        made = Function(node, scope, scope.module, node.name, self.defaults(node.args, scope))
        scope.module.functions.append(made)
        self.declare(made, node.decorator_list, scope)
        scope.names[node.name] = self.decorate(made, node.decorator_list, scope)

    def decorate(self, made: Function, decorators: list[ast.expr], scope: Scope) -> Value:
        value: Value = made
        for node in reversed(decorators):
            decorator = self.evaluate(node, scope)
            named = self.evaluate(node.func, scope) if isinstance(node, ast.Call) else decorator
            name = named.name if isinstance(named, (Library, LibraryObject)) else ""
            short = name.rpartition(".")[2]
            if short in ("staticmethod", "classmethod", "property", "cached_property"):
                made.kind = "property" if "property" in short else short
            elif name in library.NO_GRAD:
                made.no_grad = True
            elif name in library.ENABLE_GRAD:
                made.no_grad = False
            elif isinstance(node, ast.Attribute) and node.attr == "setter":
                return scope.names.get(made.name, value)
            elif isinstance(node, ast.Call) and name == hydra.MAIN:
                words = {word.arg: self.evaluate(word.value, scope) for word in node.keywords if word.arg is not None}
                hydra.main(made, words, [self.evaluate(one, scope) for one in node.args])
            elif isinstance(node, ast.Call) and name in options.CLICK:
                self.add_option(made, node, scope)
            elif isinstance(decorator, (Function, Method)):
                wrapped = self.call(decorator, [value], {}, node, scope)
                value = wrapped if isinstance(wrapped, (Function, Method, Instance, Partial)) else value
        return value

    def add_option(self, made: Function, node: ast.Call, scope: Scope) -> None:
        args = [self.evaluate(one, scope) for one in node.args]
        keywords = {word.arg: self.evaluate(word.value, scope) for word in node.keywords if word.arg is not None}
        if (added := options.option(args, keywords)) is not None:
            made.defaults[added.name] = Unknown(origin=added)

    def class_(self, node: ast.ClassDef, scope: Scope) -> None:
        bases = [self.evaluate(base, scope) for base in node.bases]
        made = Class(node.name, bases, {}, scope.module, node)
        inner = Scope(made.names, scope.module, scope)
        before = len(scope.module.functions)
        self.execute(node.body, inner)
        for function in scope.module.functions[before:]:
            if function.scope is inner:
                function.owner = made
                function.scope = scope  # a method does not see the names of its class's body
        if any(name.startswith("enum.") for name in made.library_bases()):
            made.names.update({name: member_of_enum(made, name, value) for name, value in made.names.items()})
        if any("dataclass" in ast.unparse(one) for one in node.decorator_list) or "NamedTuple" in map(_last, bases):
            made.fields = tuple(
                one.target.id for one in whole(node).body if isinstance(one, ast.AnnAssign) and isinstance(one.target, ast.Name)
            )
        for base in (one for every in bases for one in alternatives(every)):
            if isinstance(base, Class):
                base.subclasses.append(made)
        scope.module.classes.append(made)
        self.declare(made, node.decorator_list, scope)
        scope.names[node.name] = made
        for decorator in reversed(node.decorator_list):  # it may register the class
            registers = self.evaluate(decorator, scope)
            if isinstance(registers, (Function, Method)):
                self.call(registers, [made], {}, decorator, scope)

    # Control

    def run(self, node: Run, scope: Scope) -> bool:
        return self.execute(statements_of(node), scope)

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

    def if_(self, node: ast.If, scope: Scope) -> bool:
        if is_main(node.test):
            if scope.module.deferred is not None and scope.parent is None:
                scope.module.deferred.append(node.body)
                return True
            return self.execute(node.body, scope)
        truth, guards, narrowed = self.decide(node.test, scope)
        if truth is not Tri.MAYBE:
            return self.execute(node.body if truth is Tri.YES else node.orelse, scope)
        return self.fork([node.body, node.orelse], guards, narrowed, scope)

    def fork(self, bodies: list[list[ast.stmt]], guards: tuple[Guard, ...], narrowed: tuple[Names, ...], scope: Scope) -> bool:
        """Run each body from the same names, but for those that its condition narrows, and join what comes out. Where one body
        alone comes to its end, what it took for granted holds from then on."""
        start, path, since = dict(scope.names), self.path, len(self.switched)
        outcomes: list[Outcome] = []
        modes: list[dict[Instance, OneOf[bool]]] = []
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

    def for_(self, node: ast.For | ast.AsyncFor, scope: Scope) -> bool:
        value = self.evaluate(node.iter, scope)
        found = builtin.turns(self, value, node.iter, scope)
        if isinstance(found, list):
            return self.unrolled(node, found, scope)
        tail = list(value.tail) if isinstance(value, Members) and not node.orelse else []
        if isinstance(value, Members) and tail and all(isinstance(one, (LibraryObject, Instance)) for one in tail):
            # Layers of which only the last ones are known: any number of others, then each of those.
            rest = value.rest
            return self.loop(node, lambda: self.assign(node.target, rest, scope), scope) and self.unrolled(node, tail, scope)
        return self.loop(node, lambda: self.assign(node.target, found, scope), scope)

    def unrolled(self, node: ast.For | ast.AsyncFor, members: list[Value], scope: Scope) -> bool:
        """A loop over members that are known runs over each: `for layer in self.layers: x = layer(x)`."""
        left: list[Outcome] = []
        falls = True
        with self.turning(node, scope):
            for member in members:
                self.assign(node.target, member, scope)
                if not (falls := self.turn(node, left, scope)):
                    break
        return self.finish(node, falls, left, scope)

    @contextmanager
    def turning(self, node: ast.For | ast.AsyncFor | ast.While, scope: Scope) -> Iterator[None]:
        scope.turning.append(Turning(node.body, len(self.records), self.repeat))
        try:
            yield
        finally:
            scope.turning.pop()

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
        with self.turning(node, scope):
            before, self.repeat = self.repeat, self.branches
            try:
                falls = self.passes(node, advance, left, scope)
            finally:
                self.repeat = before
        return self.finish(node, falls, left, scope) or not falls

    def passes(
        self, node: ast.For | ast.AsyncFor | ast.While, advance: Callable[[], None], left: list[Outcome], scope: Scope
    ) -> bool:
        """Returns whether a turn may come to its end."""
        passes = 2 if len(scope.loops) < 2 else 1
        for number in range(passes):
            start, before = dict(scope.names), self.work
            advance()
            if not self.turn(node, left, scope):
                replace_names(scope.names, start)
                return False
            if self.work - before > TURN:
                break
            if number + 1 < passes:
                replace_names(scope.names, join_names([(start, ()), (scope.names, ())]))
        return True

    def with_(self, node: ast.With | ast.AsyncWith, scope: Scope) -> bool:
        quiet = before = self.no_grad
        autocast = self.autocast
        met, refusing = len(self.records), False
        for item in node.items:
            value = self.evaluate(item.context_expr, scope)
            refusing = refusing or expects_exception(item.context_expr)
            name = value.name if isinstance(value, (Library, LibraryObject)) else ""
            called = item.context_expr.func if isinstance(item.context_expr, ast.Call) else None
            if called is not None:
                function = self.evaluate(called, scope)
                name = function.name if isinstance(function, Library) else name
                if name.endswith("set_grad_enabled") and isinstance(item.context_expr, ast.Call) and item.context_expr.args:
                    enabled = constants(self.evaluate(item.context_expr.args[0], scope)).only
                    quiet = enabled is False
            quiet = name not in library.ENABLE_GRAD and (quiet or name in library.NO_GRAD)
            if name in library.AUTOCAST and isinstance(item.context_expr, ast.Call):
                self.autocast = self.autocast_of(name, item.context_expr, scope)
            if item.optional_vars is not None:
                entered = self.entered(value, item.context_expr, scope)
                self.assign(item.optional_vars, entered, scope)
        self.switch_gradients(quiet)
        try:
            return self.execute(node.body, scope)
        finally:
            self.no_grad, self.autocast = before, autocast
            if refusing:
                for record in self.records[met:]:
                    record.refused = True

    def autocast_of(self, name: str, node: ast.Call, scope: Scope) -> OneOf[str]:
        """The device for which `with autocast(…)` turns it on, empty where it turns it off."""
        given = {word.arg: constants(self.evaluate(word.value, scope)) for word in node.keywords}
        device = library.AUTOCAST[name]
        enabled = given.get("enabled", OneOf.of(True))
        if device is None:
            kind = constants(self.evaluate(node.args[0], scope)) if node.args else given.get("device_type", ANY)
        else:
            kind = OneOf.of(device)
            enabled = constants(self.evaluate(node.args[0], scope)) if node.args else enabled
        if enabled.only is False:
            return OneOf.of("")
        return kind.map(str) if enabled.only is True else ANY

    def entered(self, value: Value, node: ast.AST, scope: Scope) -> Value:
        """What `with value as name` binds."""
        if (
            isinstance(value, Instance)
            and (found := value.cls.lookup("__enter__")) is not None
            and isinstance(found[0], Function)
        ):
            return self.enter(found[0], [value], {}, node, scope)
        if isinstance(value, Members) and value.items is None:  # a generator under `contextmanager`
            return value.rest
        return value if isinstance(value, (Instance, LibraryObject)) else NOTHING

    def try_(self, node: ast.Try, scope: Scope) -> bool:
        start, path = dict(scope.names), self.path
        raised: list[Outcome] = []
        scope.raised.append(raised)
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

    def assert_(self, node: ast.Assert, scope: Scope) -> None:
        self.evaluate(node.test, scope)

    # Imports

    def import_(self, node: ast.Import, scope: Scope) -> None:
        for alias in node.names:
            module = self.find_module(scope.module, alias.name, 0)
            if module is not None and alias.asname:
                scope.names[alias.asname] = ModuleValue(module)
                continue
            if alias.asname:
                scope.names[alias.asname] = Library(alias.name)
                continue
            top = alias.name.partition(".")[0]
            package = self.find_module(scope.module, top, 0)
            scope.names[top] = ModuleValue(package) if package is not None else Library(top)

    def import_from(self, node: ast.ImportFrom, scope: Scope) -> None:
        name = node.module or ""
        if name == "__future__":
            return
        module = self.find_module(scope.module, name, node.level)
        for alias in node.names:
            if alias.name == "*":
                self.import_star(name, module, scope)
                continue
            target = alias.asname or alias.name
            scope.names[target] = self.imported(module, name, alias.name, node, scope)

    def imported(self, module: Any, name: str, wanted: str, node: ast.ImportFrom, scope: Scope) -> Value:
        if module is None:
            below = self.find_module(scope.module, f"{name}.{wanted}" if name else wanted, node.level)
            if below is not None:
                return ModuleValue(below)
            return Library(f"{name}.{wanted}") if not node.level else NOTHING
        if wanted in module.names:
            return module.names[wanted]  # type: ignore[no-any-return]
        below = self.find_module(scope.module, f"{name}.{wanted}" if name else wanted, node.level)
        return ModuleValue(below) if below is not None else NOTHING

    def import_star(self, name: str, module: Any, scope: Scope) -> None:
        if module is not None:
            public = module.names.get("__all__")
            chosen = None
            if isinstance(public, Members) and public.items is not None:
                chosen = {constants(one).only for one in public.items}
            for key, value in module.names.items():
                if key in chosen if chosen is not None else not key.startswith("_"):
                    scope.names[key] = value
            return
        for key in library.star_names(name):
            scope.names[key] = Library(f"{name}.{key}")


def member_of_enum(cls: Class, name: str, value: Value) -> Value:
    """What one member of an enumeration is compared as: its value, or whatever tells it from the others."""
    if isinstance(value, Function) or one_constant(value) is not None:
        return value
    return constant(Name(f"{cls.name}.{name}"))


def _last(value: Value) -> str:
    return value.name.rpartition(".")[2] if isinstance(value, (Library, Class)) else ""


def is_main(test: ast.expr) -> bool:
    """`__name__ == "__main__"`, either way round."""
    if not isinstance(test, ast.Compare) or len(test.ops) != 1 or not isinstance(test.ops[0], ast.Eq):
        return False
    sides = [test.left, test.comparators[0]]
    return any(isinstance(one, ast.Name) and one.id == "__name__" for one in sides) and any(
        isinstance(one, ast.Constant) and one.value == "__main__" for one in sides
    )


def added_to_itself(node: ast.Assign) -> ast.BinOp | None:
    """The sum in `total = total + loss`."""
    value = node.value
    if not isinstance(value, ast.BinOp) or not isinstance(value.op, ast.Add) or len(node.targets) != 1:
        return None
    name = text(node.targets[0])
    return value if name and name in (text(value.left), text(value.right)) else None


def started_anew(target: ast.expr, body: list[ast.stmt]) -> bool:
    """Whether every turn of a loop begins a total of its own."""
    name = text(target)
    return any(
        isinstance(one, ast.Assign) and added_to_itself(one) is None and any(text(other) == name for other in one.targets)
        for one in body
    )


def expects_exception(node: ast.expr) -> bool:
    """`pytest.raises(…)`, `self.assertRaises(…)` and their like."""
    if not isinstance(node, ast.Call):
        return False
    name = node.func.attr if isinstance(node.func, ast.Attribute) else node.func.id if isinstance(node.func, ast.Name) else ""
    return name in ("raises", "assertRaises", "assertRaisesRegex", "assert_raises")


def fitting(value: Value, count: int) -> Value:
    """Of several alternatives those that have this many members, where there are such: unpacking the others would raise."""
    every = value.cases() if isinstance(value, Alternatives) else [(value, ())]
    fits = [isinstance(one, Members) and one.items is not None and len(one.items) == count for one, _ in every]
    chosen = [case for case, fit in zip(every, fits, strict=True) if fit]
    return choose(chosen) if chosen else value


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


_HANDLERS: dict[type[ast.stmt], Callable[[Any, Any, Scope], bool | None]] = {
    ast.Assign: Statements.assignment, ast.AnnAssign: Statements.annotated, ast.AugAssign: Statements.augmented,
    ast.Expr: Statements.expression, ast.Return: Statements.return_, ast.Raise: Statements.raise_, ast.Delete: Statements.delete,
    ast.Break: Statements.jump, ast.Continue: Statements.jump, ast.If: Statements.if_, ast.For: Statements.for_,
    ast.AsyncFor: Statements.for_, ast.While: Statements.while_, ast.With: Statements.with_, ast.AsyncWith: Statements.with_,
    ast.Try: Statements.try_, ast.FunctionDef: Statements.function, ast.AsyncFunctionDef: Statements.function,
    ast.ClassDef: Statements.class_, ast.Global: Statements.global_, ast.Nonlocal: Statements.nonlocal_,
    ast.Assert: Statements.assert_, ast.Import: Statements.import_, ast.ImportFrom: Statements.import_from,
    Run: Statements.run,
}  # fmt: skip
if hasattr(ast, "TryStar"):
    _HANDLERS[ast.TryStar] = Statements.try_

__all__ = ["Data", "Statements", "is_main", "join_names", "operand_of"]
