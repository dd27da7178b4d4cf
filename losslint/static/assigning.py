"""Giving names, attributes and items their values."""

from __future__ import annotations

import ast
from dataclasses import replace
from typing import Any

from losslint.facts import INTS
from losslint.oneof import OneOf
from losslint.static import awaiting, builtin, environments, overloading, sequences
from losslint.static.choices import Origin
from losslint.static.expressions import BINARY, Expressions
from losslint.static.losses import text
from losslint.static.machine import Scope, stays
from losslint.static.modes import is_module
from losslint.static.operations import changed, written
from losslint.static.positions import Mark
from losslint.static.segments import waits
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
    ModuleValue,
    Pending,
    Table,
    Unknown,
    Value,
    alternatives,
    choose,
    constants,
    facts_of,
    identified,
    is_none,
    is_settings,
    join,
    losses_of,
    operand_of,
    overwrite,
)
from losslint.static.views import blurred, viewed
from losslint.static.walking import walk
from losslint.tri import Tri


class Assigning(Expressions):
    """What binds and unbinds."""

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
            elif isinstance(one, Instance):
                self.assign_member(one, index, value)
            elif isinstance(one, Table):
                if key is not None:
                    self.store(one.items, one, key, value)
                    continue
                if one.owned or (isinstance(value, Unknown) and is_settings(one)):  # `config[name] = value` for each that is told
                    overwrite(one.items, self.branches)
                if not one.owned:
                    self.store_somewhere(one, value)
            elif isinstance(one, Members):
                if one.items is not None and isinstance(key, int) and -len(one.items) <= key < len(one.items):
                    one.items[key] = value if one.branch >= self.branch else join(one.items[key], value)
                else:
                    one.forget(value)
            elif isinstance(one, LibraryObject):
                if one.name in ("torch.nn.ModuleList", "torch.nn.ModuleDict"):
                    self.assign_item(one.args[0] if one.args else NOTHING, index, value)
                else:
                    sequences.replace(self, one, index, value)
            elif isinstance(key, str) and (origin := self.origin_of(one)) is not None:
                self.store_unknown(origin, key, value, Unknown(origin=origin.member(key, item=True)))

    def store_somewhere(self, table: Table, value: Value) -> None:
        """`nets[number] = net`: one of several under keys that aren't known, each of which some condition may have picked."""
        here = self.since(table.branch) if table.branch < self.branch else ()
        if table.rest is None or is_none(table.rest):  # None holds a place
            table.rest = value
        else:
            table.rest = choose([(table.rest, ()), (value, here if stays(here, table, table.items) else ())])

    def assign_member(self, owner: Instance, index: Value, value: Value) -> None:
        found = owner.cls.lookup("__setitem__")
        if found is not None and isinstance(found[0], Function):
            module = owner.cls.module
            self.enter(found[0], [owner, index, value], {}, owner.cls.node, Scope(module.names, module))
        elif owner.held is not None:
            self.assign_item(owner.held, index, value)

    def unpack(self, targets: list[ast.expr], value: Value, node: ast.AST, scope: Scope) -> None:
        star = next((index for index, target in enumerate(targets) if isinstance(target, ast.Starred)), None)
        value = environments.parts_at_first(value, len(targets))
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
            if isinstance(value, Unknown) and self.loads(node.value, scope):
                value = self.in_place_of(node.targets[0], value, scope)
        for target in node.targets:
            self.assign(target, value, scope)

    def loads(self, node: ast.expr, scope: Scope) -> bool:
        """Whether an expression is `torch.load(path)`."""
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute) or node.func.attr != "load":
            return False
        function = self.evaluate(node.func, scope)
        return isinstance(function, Library) and function.name == "torch.load"

    def in_place_of(self, target: ast.expr, loaded: Value, scope: Scope) -> Value:
        """What is loaded whole under the name of a model that was made takes the place of one of its kind."""
        if isinstance(target, ast.Name):
            held = scope.names.get(target.id, NOTHING)
        else:
            held = self.evaluate(target, scope) if isinstance(target, ast.Attribute) else NOTHING
        return held if all(map(is_module, alternatives(held))) else loaded

    def annotated(self, node: ast.AnnAssign, scope: Scope) -> None:
        if node.value is not None:
            self.assign(node.target, self.evaluate(node.value, scope), scope)

    def augmented(self, node: ast.AugAssign, scope: Scope) -> None:
        left = self.evaluate(node.target, scope)
        right = self.evaluate(node.value, scope)
        if (own := overloading.augmented(self, BINARY[type(node.op)][0], left, right, node, scope)) is not None:
            self.assign(node.target, own, scope)
            return
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
        where = self.mark(node, scope)
        for one in alternatives(loss):
            self.note_added(target, total, one, where, scope)
        if scope.turning and isinstance(node, ast.AugAssign) and not started_anew(target, scope.turning[-1].body):
            awaiting.added(self, node.value, loss, where, scope)

    def note_added(self, target: ast.expr, total: Value, loss: Value, where: Mark, scope: Scope) -> None:
        if not isinstance(loss, Data) or not loss.losses or loss.operand.facts.kind.only != "tensor":
            return
        if isinstance(target, ast.Subscript) and facts_of(self.evaluate(target.value, scope)).kind.only == "ndarray":
            return  # an array takes the number
        if isinstance(total, Data) and total.operand.facts.kind.only == "tensor" and not total.losses:
            facts = total.operand.facts
            if facts.dtype.in_(INTS) is Tri.YES:
                self.note_used_at(where, loss.losses, "integer-total")
            elif facts.shape.holds(lambda shape: shape.numel == 0) is Tri.YES:
                self.note_used_at(where, loss.losses, "empty-total")
        if self.outlives(target, loss, scope):
            self.note_kept(loss, "accumulated", where)
            awaiting.kept(self, target, loss, where, scope)

    def outlives(self, target: ast.expr, loss: Data, scope: Scope) -> bool:
        """Whether a loss that is added to a name or an attribute is still in it when a loop computes the next one: a loop that is
        running here, or where this was called from. Losses that are there before a loop live as long without the total."""
        repeat = self.repeat
        for loop in reversed(scope.turning):
            if started_anew(target, loop.body) or self.started_soon(target, loop.body, scope):
                return False
            if any(index >= loop.met and not self.records[index].apart for index in loss.losses):
                return True
            repeat = loop.repeat
        holder = target.value if isinstance(target, (ast.Attribute, ast.Subscript)) else None
        held = self.evaluate(holder, scope) if holder is not None else None
        return isinstance(held, (Instance, Table, Members)) and held.branch < repeat

    def started_soon(self, target: ast.expr, body: list[ast.stmt], scope: Scope) -> bool:
        """Whether a loop begins a new total every so many turns, which may be each: by default, or as an optimizer steps that
        waits for the gradients of an unknown number of turns."""
        for one in body:
            if not isinstance(one, ast.If):
                continue
            every = [part.right for part in walk(one.test) if isinstance(part, ast.BinOp) and isinstance(part.op, ast.Mod)]
            if every and started_anew(target, one.body):
                counts = [self.usual(self.evaluate(turns, scope)) for turns in every]
                return any(
                    not count.known and steps(one.body)
                    if count.holds(is_several) is Tri.MAYBE
                    else count.holds(is_several) is Tri.NO
                    for count in counts
                )
            if self.started_soon(target, [*one.body, *one.orelse], scope):
                return True
        return False

    def usual(self, value: Value) -> OneOf[Any]:
        """The constants that a value is, unless the program is told otherwise."""
        origin = self.origin_of(value)
        return constants(value) if origin is None else origin.default

    def delete(self, node: ast.Delete, scope: Scope) -> None:
        for target in node.targets:
            if isinstance(target, ast.Name):
                scope.names.pop(target.id, None)
            elif isinstance(target, ast.Subscript):
                held, index = self.evaluate(target.value, scope), self.evaluate(target.slice, scope)
                for one in alternatives(held):
                    if isinstance(one, (Members, Table)):
                        builtin.container_method(self, one, "pop", [index], {})
                    elif isinstance(one, LibraryObject) and one.name == sequences.SEQUENTIAL:
                        sequences.remove(self, one, constants(index).only)

    def global_(self, node: ast.Global, scope: Scope) -> None:
        scope.elsewhere.update({name: scope.module.names for name in node.names})

    def nonlocal_(self, node: ast.Nonlocal, scope: Scope) -> None:
        for name in node.names:
            outer = scope.parent
            while outer is not None and name not in outer.names:
                outer = outer.parent
            if outer is not None:
                scope.elsewhere[name] = outer.names


def added_to_itself(node: ast.Assign) -> ast.BinOp | None:
    """The sum in `total = total + loss`."""
    value = node.value
    if not isinstance(value, ast.BinOp) or not isinstance(value.op, ast.Add) or len(node.targets) != 1:
        return None
    name = text(node.targets[0])
    return value if name and name in (text(value.left), text(value.right)) else None


def steps(body: list[ast.stmt]) -> bool:
    """Whether an optimizer may step there."""
    every = (node for statement in body for node in walk(statement))
    return any(isinstance(one, ast.Attribute) and one.attr in ("step", "zero_grad") for one in every)


def is_several(count: Any) -> bool:
    return isinstance(count, (int, float)) and count > 1


def started_anew(target: ast.expr, body: list[ast.stmt]) -> bool:
    """Whether every turn of a loop begins a total of its own."""
    name = text(target)
    for one in body:
        if isinstance(one, (ast.With, ast.AsyncWith, ast.Try)) and started_anew(target, one.body):
            return True
        if isinstance(one, ast.Assign) and added_to_itself(one) is None and any(text(other) == name for other in one.targets):
            return True
        if isinstance(one, ast.AnnAssign) and one.value is not None and text(one.target) == name:
            return True
    return False


def fitting(value: Value, count: int) -> Value:
    """Of several alternatives those that have this many members, where there are such: unpacking the others would raise."""
    every = value.cases() if isinstance(value, Alternatives) else [(value, ())]
    fits = [isinstance(one, Members) and one.items is not None and len(one.items) == count for one, _ in every]
    chosen = [case for case, fit in zip(every, fits, strict=True) if fit]
    return choose(chosen) if chosen else value
