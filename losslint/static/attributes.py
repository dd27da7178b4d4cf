"""Attributes: of modules, classes and objects, and those that an object gets only when one of its methods has run."""

from __future__ import annotations

import ast
import math
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from losslint.facts import Facts
from losslint.oneof import OneOf
from losslint.static import builtin, leaves, library, tabular
from losslint.static.blanks import is_blank
from losslint.static.calls import Calls
from losslint.static.machine import Scope
from losslint.static.operand import Operand
from losslint.static.operations import attribute as data_attribute
from losslint.static.values import (
    COMPARED,
    NOTHING,
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
    Pending,
    Super,
    Table,
    Unknown,
    Value,
    constant,
    facts_of,
    is_answer,
    is_none,
    join,
    narrowed,
    present,
    value_of,
)

NUMBER: Final = Data(Operand(Facts(kind=OneOf.of("number"))))
CONSTANTS: Final = {
    f"{module}.{name}": getattr(math, name) for module in ("math", "numpy", "torch") for name in ("pi", "e", "inf", "nan")
}


class Attributes(Calls):
    def attribute_(self, node: ast.Attribute, scope: Scope) -> Value:
        return self.attribute(self.evaluate(node.value, scope), node.attr, node, scope)

    def attribute(self, value: Value, name: str, node: ast.AST, scope: Scope) -> Value:
        if isinstance(value, Library):
            full = f"{value.name}.{name}"
            return constant(CONSTANTS[full]) if full in CONSTANTS else Library(full)
        if isinstance(value, ModuleValue):
            return self.module_attribute(value, name)
        if isinstance(value, Instance):
            return self.instance_attribute(value, name, node, scope)
        if isinstance(value, Class):
            found = value.lookup(name)
            if found is not None and isinstance(found[0], Function) and found[0].kind == "classmethod":
                return Method(found[0], value)
            if found is None and name in ("__name__", "__qualname__"):
                return constant(value.name)
            return found[0] if found is not None else NOTHING
        if isinstance(value, Function) and name == "__name__":
            return constant(value.name)
        if isinstance(value, Super):
            return self.super_attribute(value, name)
        if isinstance(value, LibraryObject):
            return library.attribute(value, name)
        if isinstance(value, Alternatives) and is_answer(value):  # `(y > 0.5).float()`: no bool has such attributes
            return LibraryMethod(name, Data(Operand(facts_of(COMPARED).with_(kind=OneOf.of("tensor")))))
        if isinstance(value, Alternatives):
            return self.each(present(value), lambda one: self.attribute(one, name, node, scope))
        if isinstance(value, Members) and (named := value.named(name)) is not None:
            return named
        if isinstance(value, Table):
            return value.items[name] if name in value.items else LibraryMethod(name, value)
        if isinstance(value, Data):
            if tabular.is_table(value) and (found_ := tabular.attribute(value, name)) is not None:
                return found_
            if name == "grad":
                leaves.ask(self, value)
            known = data_attribute(name, value.operand, self.mark(node, scope))
            if known is not None:
                return value_of(known, value.losses if name not in library.DROPS_LOSS else frozenset())
        origin = self.origin_of(value)
        if origin is not None and name in origin.assigned:
            return origin.assigned[name]  # type: ignore[no-any-return]
        if name == "shape" and isinstance(value, (Unknown, LibraryMethod)):  # whoever has one: a tuple of numbers, never None
            return Members("tuple", None, NUMBER)
        return LibraryMethod(name, value)

    def module_attribute(self, value: ModuleValue, name: str) -> Value:
        if name == "__dict__":
            return Table({**builtin.exported(value)}, NOTHING)  # by a name that isn't told, anything, helpers too
        if (held := value.module.find(name)) is not None:
            return self.settled(held) if isinstance(held, Pending) else held
        below = self.find_module(value.module, name, 1)
        return ModuleValue(below) if below is not None else NOTHING

    def instance_attribute(self, value: Instance, name: str, node: ast.AST, scope: Scope) -> Value:
        if value.owed is not None:
            self.construct(value)
        held = value.attributes.get(name)
        if held is not None and not is_none(held):
            if isinstance(held, Alternatives) and is_none(narrowed(held, self.path)) and value.cls.setters(name):
                return NOTHING  # None on this path of this call: an earlier call took another one and has filled it
            return held
        if (prepared := self.prepared(value, name, node, scope)) is not None:
            return NOTHING if is_none(prepared) and is_blank(value.cls, name) else prepared
        found = value.cls.lookup(name)
        if found is not None:
            member = found[0]
            if is_none(member) and is_blank(value.cls, name):
                return NOTHING
            if isinstance(member, Function):
                if member.kind == "property":
                    return self.enter(member, [value], {}, node, scope)
                if member.kind == "staticmethod":
                    return member
                return Method(member, value.cls if member.kind == "classmethod" else value)
            return member
        if name == "training":
            return Data(Operand(facts_of(constant(True)), value.training))
        if name == "__class__":
            return value.cls
        if name == "__dict__":  # the very attributes: `self.__dict__.update(options)`
            return Table(value.attributes, NOTHING, value.branch, owned=True)
        if value.base is not None and name not in library.SAME:
            return library.attribute(value.base, name)
        if value.held is not None:
            return self.attribute(value.held, name, node, scope)
        if name == "module":  # it was put into one that runs it on several devices, which is taken to be itself
            return value
        return LibraryMethod(name, value)

    def prepared(self, value: Instance, name: str, node: ast.AST, scope: Scope) -> Value | None:
        """An attribute that isn't there yet but that other methods assign: who reads it counts on one of them having run.

        They run with unknown arguments, and only what was missing is taken over. What `__init__` leaves None for them
        to fill may still be None.
        """
        before = value.attributes.get(name)
        setters = [one for one in value.cls.setters(name) if one not in value.ran and one is not scope.function]
        if not setters or (before is None and self.inherited(value, name)):
            return before
        for function in setters:
            value.ran.append(function)
            self.run_apart(function, value, node, scope)
        after = value.attributes.get(name, value.cls.names.get(name))
        return join(before, after) if before is not None and after is not None else after

    def inherited(self, value: Instance, name: str) -> bool:
        """Whether the class itself gives the name a meaning, other than None."""
        found = value.cls.lookup(name)
        return found is not None and not is_none(found[0])

    def run_apart(self, function: Function, value: Instance, node: ast.AST, scope: Scope) -> None:
        """Run a method as if it had been called before."""
        state, met = (self.no_grad, self.group, self.branch), len(self.records)
        self.no_grad, self.group = False, None
        self.enter_branch()
        self.forks.append((self.branch, self.path, False))
        try:
            with keeping(value), self.assuming(()):  # what it leaves behind is read elsewhere too
                owner = value.cls if function.kind == "classmethod" else value
                self.enter(function, [owner], {"**": NOTHING}, node, scope)
        finally:
            self.no_grad, self.group, self.branch = state
            self.forks.pop()
            for record in self.records[met:]:
                record.apart = True

    def wrap_up(self, value: Instance, function: Function) -> None:
        """Prepare an object for a method that nobody calls: whoever does so has set the object up before, and a criterion is
        where another method has put it: `self.loss = DeepSupervision(self.loss)`."""
        if function in value.cls.wrappers.values():
            return
        if value.wrapped is None:
            value.wrapped = {}
            held = dict(value.attributes)
            for name, wraps in value.cls.wrappers.items():
                if isinstance(held.get(name), (Instance, LibraryObject)):
                    self.enter(wraps, [value], {"**": NOTHING}, wraps.node, Scope(wraps.module.names, wraps.module))
                    made = value.attributes.get(name)
                    if isinstance(made, Instance) and made.cls is not getattr(held[name], "cls", None):
                        value.wrapped[name] = made
                    value.attributes.clear()
                    value.attributes.update(held)
        value.attributes.update(value.wrapped)

    def super_attribute(self, value: Super, name: str) -> Value:
        receiver = value.receiver
        cls = receiver.cls if isinstance(receiver, Instance) else receiver if isinstance(receiver, Class) else None
        found = cls.lookup(name, after=value.owner) if cls is not None else None
        if found is not None and isinstance(found[0], Function):
            return found[0] if found[0].kind == "staticmethod" else Method(found[0], receiver)
        if isinstance(receiver, Instance):
            return LibraryMethod(f"super.{name}", receiver)
        return NOTHING


@contextmanager
def keeping(value: Instance) -> Iterator[None]:
    """Of what a method that nobody calls gives its object, only what the object lacked or had as None is taken over.

    Where it gives something, an unknown attribute that it answers anew is taken over too (`self.is_regression = data.task ==
    "regression"`): what it has picked by that answer is then picked as it will be asked.
    """
    held = dict(value.attributes)
    yield
    gives = any(name not in held or is_none(held[name]) for name in value.attributes)
    for name, one in held.items():
        new = value.attributes.get(name)
        answered = gives and isinstance(one, Unknown) and isinstance(new, Alternatives) and is_answer(new)
        if not answered and not is_none(one):
            value.attributes[name] = one
