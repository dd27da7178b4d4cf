"""Evaluating expressions."""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable
from functools import lru_cache
from typing import Any, Final

from losslint.oneof import ANY, OneOf
from losslint.places import Step
from losslint.static import builtin, counting, lengths, library, loading, pretrained, summands, tabular, trainers
from losslint.static.budgets import OutOfBudget
from losslint.static.choices import Guard, Literal, Origin, both, decided
from losslint.static.losses import text
from losslint.static.machine import Scope
from losslint.static.modules import is_module
from losslint.static.operand import Operand
from losslint.static.overloading import overloaded
from losslint.static.passing import Passing
from losslint.static.values import (
    COMPARED,
    MODELS,
    NOTHING,
    SIZE,
    WIDEST,
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
    Table,
    Unknown,
    Value,
    choose,
    constant,
    constants,
    contents,
    facts_of,
    is_answer,
    join,
    join_all,
    losses_of,
    narrowed,
    one_constant,
    operand_of,
    picks,
    present,
    value_of,
)
from losslint.tri import Tri

BINARY: Final[dict[type[ast.operator], tuple[str, Callable[[Any, Any], Any]]]] = {
    ast.Add: ("add", operator.add), ast.Sub: ("sub", operator.sub), ast.Mult: ("mul", operator.mul),
    ast.Div: ("truediv", operator.truediv), ast.FloorDiv: ("floordiv", operator.floordiv), ast.Mod: ("mod", operator.mod),
    ast.Pow: ("pow", operator.pow), ast.MatMult: ("matmul", operator.matmul), ast.BitAnd: ("and_", operator.and_),
    ast.BitOr: ("or_", operator.or_), ast.BitXor: ("xor", operator.xor), ast.LShift: ("lshift", operator.lshift),
    ast.RShift: ("rshift", operator.rshift),
}  # fmt: skip
COMPARE: Final[dict[type[ast.cmpop], tuple[str, Callable[[Any, Any], Any]]]] = {
    ast.Eq: ("eq", operator.eq), ast.NotEq: ("ne", operator.ne), ast.Lt: ("lt", operator.lt), ast.LtE: ("le", operator.le),
    ast.Gt: ("gt", operator.gt), ast.GtE: ("ge", operator.ge),
}  # fmt: skip
UNARY: Final[dict[type[ast.unaryop], tuple[str, Callable[[Any], Any]]]] = {
    ast.USub: ("neg", operator.neg),
    ast.UAdd: ("pos", operator.pos),
    ast.Invert: ("invert", operator.invert),
}
SMALL: Final = 1 << 20
"""Constants are folded up to this size."""


USUAL: Final = {"torch": "torch", "nn": "torch.nn", "F": "torch.nn.functional"}
"""What a name stands for that nothing in sight binds: `from fastai.basics import *` brings it, or a page leaves that out."""


class Expressions(Passing):
    def evaluate(self, node: ast.expr, scope: Scope) -> Value:
        self.work += 1
        if self.work > self.stop:
            raise OutOfBudget
        handler = _HANDLERS.get(type(node))
        if handler is None:
            return NOTHING
        value = handler(self, node, scope)
        return narrowed(value, self.path) if self.path and type(value) is Alternatives else value

    def name(self, node: ast.Name, scope: Scope) -> Value:
        found = scope.find(node.id)
        if found is not None:
            if type(found) is Unknown and found.origin in self.taken:
                return self.taken[found.origin]
            return self.settled(found) if type(found) is Pending else found
        if node.id in USUAL:
            return Library(USUAL[node.id])
        return Library(f"builtins.{node.id}") if node.id in builtin.NAMES else NOTHING

    def constant_(self, node: ast.Constant, scope: Scope) -> Value:
        held: Value | None = node.__dict__.get("held")  # as many as names: each is made once
        if held is None:
            held = node.held = constant(node.value)  # type: ignore[attr-defined]
        return held

    def formatted(self, node: ast.JoinedStr, scope: Scope) -> Value:
        parts: list[str] = []
        for part in node.values:
            value = constants(self.evaluate(part.value if isinstance(part, ast.FormattedValue) else part, scope)).only
            if value is None:
                return value_of(Operand(facts_of(constant("")).with_()))
            parts.append(str(value))
        return constant("".join(parts))

    def call_method(
        self, bound: LibraryMethod, args: list[Value], keywords: dict[str, Value], node: ast.AST, scope: Scope
    ) -> Value:
        """`super().__init__(…)` and `super().forward(…)` reach what the class inherits from a library."""
        if not bound.name.startswith("super.") or not isinstance(bound.receiver, Instance):
            return super().call_method(bound, args, keywords, node, scope)
        instance, name = bound.receiver, bound.name[6:]
        if instance.held is not None:
            return self.call_container(instance.held, name, args, keywords, node, scope)
        base = self.library_base(instance.cls)
        if name == "__init__":
            pretrained.construct(self, instance, args, keywords, node, scope)
        if name == "__init__" and base is not None:
            instance.base = LibraryObject(base, args, keywords, where=self.mark(node, scope), branch=self.branches)
            if self.contract(base) is not None:
                self.call_library(base, args, keywords, node, scope)
            return constant(None)
        if name == "__call__" and isinstance(found := instance.cls.lookup("forward"), tuple) and isinstance(found[0], Function):
            return self.enter(found[0], [instance, *args], keywords, node, scope)
        if name in ("forward", "__call__") and (head := library.replaced_head(instance)) is not None:
            return library.classified(self.call(head, [NOTHING], {}, node, scope))
        if name in ("forward", "__call__") and base is not None:
            return self.call_object(self.library_part(instance, base), args, keywords, node, scope)
        if name == "__init__":
            outside = trainers.outside(instance.cls)
            if outside and instance not in self.trained:
                trainers.note_training(self, outside, args, keywords, node, scope)
            return constant(None)
        return library.object_method(self, instance, name, args, keywords, node, scope)

    def call_container(
        self, held: Table | Members, name: str, args: list[Value], keywords: dict[str, Value], node: ast.AST, scope: Scope
    ) -> Value:
        """A method that a class inherits from `dict` or `list`."""
        if name == "__init__":
            return builtin.container_method(self, held, "update" if isinstance(held, Table) else "extend", args, keywords)
        if name == "__getitem__" and args:
            return self.item(held, args[0], node, scope)
        if name == "__setitem__" and len(args) == 2:
            self.assign_item(held, args[0], args[1])
            return constant(None)
        return builtin.container_method(self, held, name, args, keywords)

    def subscript(self, node: ast.Subscript, scope: Scope) -> Value:
        value = self.evaluate(node.value, scope)
        index = self.evaluate(node.slice, scope)
        if isinstance(value, Table) and isinstance(node.value, ast.Attribute) and node.value.attr == "__dict__":
            owner = self.evaluate(node.value.value, scope)
            if isinstance(owner, ModuleValue):  # `models.__dict__[args.arch]`
                return self.call(Library("builtins.getattr"), [owner, index], {}, node, scope)
        return self.item(value, index, node, scope)

    def item(self, value: Value, index: Value, node: ast.AST, scope: Scope) -> Value:
        key = constants(index)
        if isinstance(value, Members):
            return self.member(value, index, key)
        if isinstance(value, Table):
            return self.look_up(value, index)
        if isinstance(value, LibraryObject):
            if value.name not in library.CONTAINERS and (row := loading.item_of(self, value, node, scope)) is not NOTHING:
                return row
            chosen = slice_of(index)
            if chosen is not None:
                return library.members(value, chosen)
            return library.member(value, key.only) if key.only is not None else library.any_member(value)
        if isinstance(value, Alternatives):
            return self.each(present(value), lambda one: self.item(one, index, node, scope))
        if isinstance(value, Instance):
            if (named := builtin.fields_in_order(value)) is not None:
                return self.member(Members("tuple", named), index, key)
            found = value.cls.lookup("__getitem__")
            if found is not None and isinstance(found[0], Function):
                return self.enter(found[0], [value, index], {}, node, scope)
            return self.item(value.held, index, node, scope) if value.held is not None else NOTHING
        if isinstance(value, Library) and value.name in library.MODELS and not key.known:
            told = self.told(index)
            if isinstance(told, Alternatives):
                return self.each(told, lambda one: self.item(value, one, node, scope))
            return Library(library.SOME_MODEL)
        if isinstance(value, Library) and value.name == "sys.modules" and isinstance(node, ast.Subscript):
            return ModuleValue(scope.module) if isinstance(node.slice, ast.Name) and node.slice.id == "__name__" else NOTHING
        if isinstance(value, Library) and value.name.endswith(".__dict__"):  # `models.__dict__["resnet18"]`
            return self.by_name(index, lambda name: Library(f"{value.name[:-9]}.{name}"))
        if isinstance(key.only, str) and (origin := self.origin_of(value)) is not None:
            plain = isinstance(value, Unknown) and value.plain
            member = origin.member(key.only, item=True)
            return origin.assigned.get(key.only) or Unknown(losses_of(value), origin=member, plain=plain)
        if isinstance(value, Data):
            if tabular.is_table(value):
                return tabular.item(value, index)
            return self.operate("operator.getitem", [value, index], {}, node, scope)
        if isinstance(value, Unknown) and value.plain:
            return value
        if isinstance(value, LibraryMethod) and value.name == "shape" and isinstance(key.only, int):
            return SIZE
        return Unknown(losses_of(value)) if losses_of(value) else NOTHING

    def member(self, value: Members, index: Value, key: OneOf[Any]) -> Value:
        position = key.only
        operand = operand_of(index)
        if operand.tag == "slice" and value.items is None:
            return Members(value.kind, None, value.any(), branch=value.branch)
        if operand.tag == "slice" and value.items is not None:
            chosen = slice_of(index)
            return Members(value.kind, value.items[chosen]) if chosen is not None else Members(value.kind, None, value.any())
        if (named := value.named(position)) is not None:  # `output["logits"]`
            return named
        if value.items is not None and isinstance(position, int):
            return value.items[position] if -len(value.items) <= position < len(value.items) else NOTHING
        if isinstance(position, int) and -len(value.tail) <= position < 0:
            return value.tail[position]
        if value.items is None and isinstance(position, int) and 0 <= position < len(value.head):
            return value.head[position]
        return value.any()

    def slice_(self, node: ast.Slice, scope: Scope) -> Value:
        parts = (node.lower, node.upper, node.step)
        items = tuple(operand_of(constant(None) if part is None else self.evaluate(part, scope)) for part in parts)
        return Data(Operand(items=items, tag="slice"))

    def binary(self, node: ast.BinOp, scope: Scope) -> Value:
        return self.combine(node.op, self.evaluate(node.left, scope), self.evaluate(node.right, scope), node, scope)

    def combine(self, op: ast.operator, left: Value, right: Value, node: ast.AST, scope: Scope) -> Value:
        name, python = BINARY[type(op)]
        folded = fold(python, constants(left), constants(right)) if isinstance(left, Data) and isinstance(right, Data) else None
        if folded is not None:
            return folded
        if (own := overloaded(self, name, left, right, node, scope)) is not None:
            return own
        self.note_taken(left)
        self.note_taken(right)
        if name == "add" and (added := self.concatenated(left, right)) is not None:
            return added
        if isinstance(left, Members) and name == "mul":
            times = constants(right).only
            if left.items is not None and isinstance(times, int) and len(left.items) * times <= 64:
                return Members(left.kind, left.items * times, branch=self.branches)
            return Members(left.kind, None, left.any())
        if name == "mul":
            for one, factor in zip((left, right), factors(node)[::-1], strict=False):
                if isinstance(one, Data) and one.losses and asks_size(factor):
                    self.note_use(self.results_in(one), "sized", node, scope)
        total = self.operate(f"operator.{name}", [left, right], {}, node, scope)
        return summands.noted(self, left, right, total, node, scope) if name in summands.ADDS else total

    def concatenated(self, left: Value, right: Value) -> Members | None:
        """Two lists, or a list and what isn't known, which is then one too: `[inputs] + hidden + [outputs]`."""
        if isinstance(left, Members) and is_list_like(right):
            right = Members(left.kind, None)
        elif isinstance(right, Members) and is_list_like(left):
            left = Members(right.kind, None)
        if not isinstance(left, Members) or not isinstance(right, Members):
            return None
        if left.items is not None and right.items is not None:
            return Members(left.kind, [*left.items, *right.items], branch=self.branches)
        if right.items is not None:
            tail = [*left.tail, *right.items]
            return Members(left.kind, None, left.rest, branch=self.branches, tail=tail, least=left.least, head=list(left.head))
        before = [left.any()] if left.items is None or left.items else []
        head = list(left.head if left.items is None else left.items)
        rest, tail, least = join_all([*before, right.rest]), list(right.tail), lengths.fewest(left) + right.least
        return Members(left.kind, None, rest, branch=self.branches, tail=tail, least=least, head=head)

    def unary(self, node: ast.UnaryOp, scope: Scope) -> Value:
        value = self.evaluate(node.operand, scope)
        if isinstance(node.op, ast.Not):
            truth, (holds, fails) = self.asks(value)
            if truth is not Tri.MAYBE:
                return constant(truth is Tri.NO)
            return choose([(constant(False), holds), (constant(True), fails)]) if holds or fails else NOTHING
        name, python = UNARY[type(node.op)]
        values = constants(value)
        if values.known and all(isinstance(one, (int, float)) for one in values):
            return join_all([constant(python(one)) for one in values])
        return self.operate(f"operator.{name}", [value], {}, node, scope)

    def boolean(self, node: ast.BoolOp, scope: Scope) -> Value:
        return self.logical(node.values, Tri.NO if isinstance(node.op, ast.And) else Tri.YES, scope)

    def logical(self, parts: list[ast.expr], stops: Tri, scope: Scope) -> Value:
        """`and` and `or`: the later parts are asked where the earlier ones leave it open."""
        value = self.evaluate(parts[0], scope)
        if len(parts) == 1:
            return value
        truth, (holds, fails) = self.asks(value)
        if truth is stops:
            return value
        if truth is not Tri.MAYBE:
            return self.logical(parts[1:], stops, scope)
        stopped, goes_on = (fails, holds) if stops is Tri.NO else (holds, fails)
        with self.assuming(both(self.path, goes_on) or self.path), self.perhaps():
            rest = self.logical(parts[1:], stops, scope)
        if stops is Tri.NO and any(map(is_mode, parts[1:])) and self.truth(rest) is Tri.NO:
            return rest  # `step and self.training`: in evaluation that is false, whatever stands before it
        if not holds and not fails:
            return join(value, rest)
        left = constant(stops is Tri.YES) if isinstance(value, Alternatives) and is_answer(value) else value
        return choose([(left, stopped), (rest, goes_on)])

    def compare(self, node: ast.Compare, scope: Scope) -> Value:
        for loop in scope.turning:
            if id(node) in loop.ends:
                return constant(loop.ends[id(node)] == loop.last)
        left = self.evaluate(node.left, scope)
        rights = [self.evaluate(one, scope) for one in node.comparators]
        return self.compared(node.ops[0], left, rights[0], node, scope) if len(rights) == 1 else NOTHING

    def compared(self, op: ast.cmpop, left: Value, right: Value, node: ast.AST, scope: Scope) -> Value:
        if isinstance(left, Alternatives) and left.guards:
            return self.each(left, lambda one: self.compared(op, one, right, node, scope))
        if isinstance(right, Alternatives) and right.guards:
            return self.each(right, lambda one: self.compared(op, left, one, node, scope))
        if (asked := self.asked(op, left, right)) is not None:
            return asked
        if (told := lengths.compared(type(op), left, right)) is not Tri.MAYBE:
            return constant(told is Tri.YES)
        a, b = constants(left), constants(right)
        if isinstance(op, (ast.Is, ast.IsNot)):
            same = self.same(left, right)
            return NOTHING if same is Tri.MAYBE else constant((same is Tri.YES) == isinstance(op, ast.Is))
        if isinstance(op, (ast.In, ast.NotIn)):
            return self.contains(a, right, isinstance(op, ast.In))
        name, python = COMPARE[type(op)]
        tensors = {"tensor", "ndarray"} & {facts_of(left).kind.only, facts_of(right).kind.only}
        if tensors:
            return self.operate(f"operator.{name}", [left, right], {}, node, scope)
        return fold(python, a, b) or COMPARED

    def asked(self, op: ast.cmpop, left: Value, right: Value) -> Value | None:
        """The answer to a comparison of something that is told to the program with a constant; None when it is none."""
        origin = self.origin_of(left)
        if isinstance(op, (ast.In, ast.NotIn)) and origin is None:
            return self.asked_for_part(left, self.origin_of(right), isinstance(op, ast.In))
        if origin is None:
            origin, left, right, op = self.origin_of(right), right, left, MIRRORED[type(op)]()
        test = ASKED.get(type(op))
        if origin is None or test is None:
            return None
        value = members_of(right) if test[0] == "in" else one_constant(right)
        if value is None:
            return None
        return self.answer(Literal(origin, test[0], value[0], test[1]))

    def asked_for_part(self, part: Value, origin: Origin | None, wanted: bool) -> Value | None:
        """The answer to `"ctc" in args.model`. What a plain name stands for is seldom asked twice, as in a loop over names."""
        if origin is None or not (origin.owner is not None or origin.offered or origin.default.known):
            return None
        (word,) = one_constant(part) or (None,)
        if not isinstance(word, str) or word in origin.assigned:
            return None
        return self.answer(Literal(origin, "has", word, wanted))

    def answer(self, literal: Literal) -> Value:
        truth = decided(self.path, literal)
        if truth is not Tri.MAYBE:
            return constant(truth is Tri.YES)
        return Alternatives((constant(True), constant(False)), ((literal,), (literal.negated(),)))

    def asks(self, value: Value) -> tuple[Tri, tuple[Guard, Guard]]:
        """Whether a condition holds, and what is known where it holds and where it fails."""
        if isinstance(value, Alternatives) and value.guards:
            holds: list[Guard] = []
            fails: list[Guard] = []
            for one, guard in value.cases():
                truth, (yes, no) = self.asks(one)
                if truth is not Tri.NO and (met := both(guard, yes)) is not None:
                    holds.append(met)
                if truth is not Tri.YES and (met := both(guard, no)) is not None:
                    fails.append(met)
            if not holds or not fails:
                return Tri.of(not fails), ((), ())
            return Tri.MAYBE, self.sides(holds, fails)
        origin = self.origin_of(value)
        if origin is None:
            return self.truth(value), ((), ())
        literal = Literal(origin, "true", None)
        truth = decided(self.path, literal)
        return truth, ((literal,), (literal.negated(),)) if truth is Tri.MAYBE else ((), ())

    def told(self, value: Value) -> Value:
        """Something that is told to the program, as the constants that it can be, each under its condition: its options, else
        its default and anything else."""
        origin = self.origin_of(value)
        if origin is None:
            return value
        options = origin.options if origin.options is not None else tuple(origin.default)
        cases: list[tuple[Value, Guard]] = []
        for one in options[:WIDEST]:
            literal = Literal(origin, "==", one)
            if one is not None and decided(self.path, literal) is not Tri.NO:
                cases.append((constant(one), (literal,)))
        if origin.options is None or len(origin.options) > WIDEST:
            cases.append((NOTHING, tuple(Literal(origin, "==", one, False) for one in options[:WIDEST])))
        return Alternatives(tuple(one for one, _ in cases), tuple(guard for _, guard in cases)) if len(cases) > 1 else value

    def by_name(self, name: Value, find: Callable[[str], Value]) -> Value:
        """What is found by a name that is picked: `getattr(nn, args.loss)`."""
        name = self.told(name)
        if isinstance(name, Alternatives) and name.guards:
            return self.each(name, lambda one: self.by_name(one, find))
        names = constants(name)
        return join_all([find(str(one)) for one in names]) if names.known else NOTHING

    def look_up(self, table: Table, key: Value, default: Value | None = None) -> Value:
        """`table[key]`, where what is told to the program picks the member too."""
        origin = self.origin_of(key)
        if origin is not None and table.items and table.rest is None and len(table.items) <= MODELS:
            cases = [(value, Literal(origin, "==", one)) for one, value in table.items.items()]
            left = [(value, (literal,)) for value, literal in cases if decided(self.path, literal) is not Tri.NO]
            if default is not None:
                left.append((default, (Literal(origin, "in", tuple(table.items), False),)))
            return choose(left) if left else NOTHING
        key = self.told(key)
        if isinstance(key, Alternatives) and key.guards:
            vague = self._vague(key)
            return self.each(key, lambda one: NOTHING if one in vague else self.look_up(table, one, default))
        return builtin.lookup(table, constants(key), default)

    def _vague(self, key: Alternatives) -> list[Value]:
        """What isn't told at all, beside something of which is known what it is by default: it would be anything in a table."""
        origins = {one: origin for one in key.values if (origin := self.origin_of(one)) is not None}
        return [one for one, origin in origins.items() if not picks(origin)] if any(map(picks, origins.values())) else []

    def same(self, left: Value, right: Value) -> Tri:
        a, b = constants(left), constants(right)
        if a.known and b.known:
            return Tri.MAYBE if len(list(a)) + len(list(b)) > 2 else Tri.of(a.only is b.only or a.only == b.only)
        for value, other in ((left, b), (right, a)):
            if other.known and other == OneOf.of(None) and self.never_none(value):
                return Tri.NO
        return Tri.MAYBE

    def never_none(self, value: Value) -> bool:
        if isinstance(value, Data):
            return value.operand.facts.kind.known and "none" not in list(value.operand.facts.kind)
        if isinstance(value, Alternatives):
            return all(self.never_none(one) for one in value.values)
        return isinstance(value, (Members, Table, Instance, Function, Class, Method, LibraryObject, ModuleValue))

    def contains(self, key: OneOf[Any], held: Value, wanted: bool) -> Value:
        known: list[Any] | None = None
        held = contents(held)
        if isinstance(held, Members) and held.items is not None:
            every = [constants(one).only for one in held.items]
            known = None if any(one is None for one in every) else every
        elif isinstance(held, Table) and held.rest is None:
            known = list(held.items)
        text = constants(held).only if isinstance(held, Data) else None
        if isinstance(text, str) and key.known:
            truth = key.holds(lambda one: isinstance(one, str) and one in text)
            return NOTHING if truth is Tri.MAYBE else constant((truth is Tri.YES) == wanted)
        if known is None or not key.known:
            return NOTHING
        truth = key.in_(known)
        return NOTHING if truth is Tri.MAYBE else constant((truth is Tri.YES) == wanted)

    def truth(self, value: Value) -> Tri:
        """Whether a condition holds."""
        if isinstance(value, Data):
            values = value.operand.value
            if values.known and value.operand.facts.kind.only in ("bool", "number", "str", "none"):
                return values.holds(bool)
            return Tri.MAYBE
        if isinstance(value, Members) and value.items is not None and value.branch >= self.branch:
            return Tri.of(bool(value.items))
        if isinstance(value, Alternatives):
            every = {self.truth(one) for one in value.values}
            return every.pop() if len(every) == 1 else Tri.MAYBE
        if isinstance(value, (Instance, Function, Class, Method, Library, ModuleValue)):
            return Tri.YES
        if isinstance(value, LibraryObject) and (is_module(value.name) or self.contract(value.name) is not None):
            return Tri.YES  # a layer has no length, unlike containers of layers
        return Tri.MAYBE

    def conditional(self, node: ast.IfExp, scope: Scope) -> Value:
        truth, guards, known = self.decide(node.test, scope)
        if truth is not Tri.MAYBE:
            return self.evaluate(node.body if truth is Tri.YES else node.orelse, scope)
        cases: list[tuple[Value, Guard]] = []
        for part, guard, names in zip((node.body, node.orelse), guards, known, strict=True):
            with self.assuming(both(self.path, guard) or self.path), self.perhaps():
                cases.append((self.under(names, part, scope), guard))
        return choose(cases)

    def under(self, names: dict[str, Value], node: ast.expr, scope: Scope) -> Value:
        """Evaluate with some names narrowed."""
        held = {name: scope.names[name] for name in names}
        scope.names.update(names)
        try:
            return self.evaluate(node, scope)
        finally:
            scope.names.update(held)

    def decide(self, test: ast.expr, scope: Scope) -> tuple[Tri, tuple[Guard, Guard], tuple[dict[str, Value], dict[str, Value]]]:
        """Whether a condition holds, what is known where it holds and where it fails, and what it then says of a name with
        several alternatives: after `if isinstance(out, tuple)` only the tuples are left."""
        truth, guards = self.asks(self.evaluate(test, scope))
        name = questioned(test, scope) if truth is Tri.MAYBE and not any(guards) else None
        if name is None:
            return truth, guards, ({}, {})
        value = scope.names[name]
        every = value.cases() if isinstance(value, Alternatives) else []
        truths = [self.asks(self.under({name: one}, test, scope))[0] for one, _ in every]
        holds = [one for one, found in zip(every, truths, strict=True) if found is not Tri.NO]
        fails = [one for one, found in zip(every, truths, strict=True) if found is not Tri.YES]
        if not holds or not fails:
            return Tri.of(not fails), ((), ()), ({}, {})
        return Tri.MAYBE, guards, ({name: choose(holds)}, {name: choose(fails)})

    def sequence(self, node: ast.List | ast.Tuple | ast.Set, scope: Scope) -> Value:
        kind = {ast.List: "list", ast.Tuple: "tuple", ast.Set: "set"}[type(node)]
        items: list[Value] = []
        rest: list[Value] = []
        for element in node.elts:
            if isinstance(element, ast.Starred):
                found = builtin.iterate(self, self.evaluate(element.value, scope), element, scope)
                if isinstance(found, list):
                    items.extend(found)
                else:  # what comes after it has a place from the end
                    rest, items = [*rest, *items, found], []
            else:
                items.append(self.evaluate(element, scope))
        if rest:
            return Members(kind, None, join_all(rest), branch=self.branches, tail=items)
        return Members(kind, items, branch=self.branches)

    def dictionary(self, node: ast.Dict, scope: Scope) -> Value:
        made = Table({}, branch=self.branches)
        for key, value in zip(node.keys, node.values, strict=True):
            found = self.evaluate(value, scope)
            if key is None:
                if isinstance(found, Table):
                    made.items.update(found.items)
                    made.rest = found.rest if found.rest is not None else made.rest
                else:
                    made.rest = NOTHING
                continue
            name = constants(self.evaluate(key, scope)).only
            if name is None:
                made.rest = found if made.rest is None else join(made.rest, found)
            else:
                made.items[name] = found
        return made

    def lambda_(self, node: ast.Lambda, scope: Scope) -> Value:
        return Function(node, scope, scope.module, "lambda", self.defaults(node.args, scope))

    def defaults(self, spec: ast.arguments, scope: Scope) -> dict[str, Value]:
        plain = [parameter.arg for parameter in (*spec.posonlyargs, *spec.args)]
        found = dict(
            zip(plain[len(plain) - len(spec.defaults) :], (self.evaluate(one, scope) for one in spec.defaults), strict=True)
        )
        for parameter, default in zip(spec.kwonlyargs, spec.kw_defaults, strict=True):
            if default is not None:
                found[parameter.arg] = self.evaluate(default, scope)
        return found

    def comprehension(self, node: ast.ListComp | ast.SetComp | ast.GeneratorExp, scope: Scope) -> Value:
        first = self.evaluate(node.generators[0].iter, scope)
        if isinstance(first, Alternatives) and all(isinstance(one, Members) and one.items is not None for one in first.values):
            return self.each(first, lambda one: self.gathered(node, one, scope))
        return self.gathered(node, first, scope)

    def gathered(self, node: ast.ListComp | ast.SetComp | ast.GeneratorExp, first: Value, scope: Scope) -> Value:
        """What a comprehension makes of what it goes through: a member of each, where they are known, of those that pass."""
        inner = Scope({}, scope.module, scope, scope.function, scope.receiver)
        kind = "set" if isinstance(node, ast.SetComp) else "list"
        found = self.turns_of(node, scope) or builtin.turns(self, first, node, scope)
        if isinstance(found, list) and len(node.generators) == 1:
            made: list[tuple[Tri, Value]] = []
            for one in found:
                self.assign(node.generators[0].target, one, inner)
                passes = Tri.all(self.decide(test, inner)[0] for test in node.generators[0].ifs)
                if passes is not Tri.NO:
                    made.append((passes, self.evaluate(node.elt, inner)))
            results = [one for _, one in made]
            if all(passes is Tri.YES for passes, _ in made):
                return Members(kind, results, branch=self.branches)
            return Members(kind, None, join_all(results), branch=self.branches)
        self.generators(node.generators, found, inner)
        return Members(kind, None, self.evaluate(node.elt, inner), branch=self.branches)

    def dict_comprehension(self, node: ast.DictComp, scope: Scope) -> Value:
        inner = Scope({}, scope.module, scope, scope.function, scope.receiver)
        first = self.turns_of(node, scope) or builtin.turns(self, self.evaluate(node.generators[0].iter, scope), node, scope)
        made = Table({}, branch=self.branches)
        if isinstance(first, list) and len(node.generators) == 1 and not node.generators[0].ifs:
            for one in first:
                self.assign(node.generators[0].target, one, inner)
                key = constants(self.evaluate(node.key, inner)).only
                value = self.evaluate(node.value, inner)
                if key is None:
                    made.rest = value if made.rest is None else join(made.rest, value)
                else:
                    made.items[key] = value
            return made
        self.generators(node.generators, first, inner)
        made.rest = self.evaluate(node.value, inner)
        return made

    def turns_of(self, node: ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp, scope: Scope) -> list[Value] | None:
        only = node.generators[0]
        return counting.counted(self, only.target, only.iter, node, scope) if len(node.generators) == 1 else None

    def generators(self, every: list[ast.comprehension], first: list[Value] | Value, inner: Scope) -> None:
        for place, one in enumerate(every):
            found = builtin.turns(self, self.evaluate(one.iter, inner), one.iter, inner) if place else first
            self.assign(one.target, join_all(found) if isinstance(found, list) else found, inner)
            for test in one.ifs:
                self.evaluate(test, inner)

    def named(self, node: ast.NamedExpr, scope: Scope) -> Value:
        value = self.evaluate(node.value, scope)
        self.assign(node.target, value, scope)
        return value

    def yield_(self, node: ast.Yield, scope: Scope) -> Value:
        scope.yields.append(NOTHING if node.value is None else self.evaluate(node.value, scope))
        return NOTHING

    def yield_from(self, node: ast.YieldFrom, scope: Scope) -> Value:
        found = builtin.iterate(self, self.evaluate(node.value, scope), node, scope)
        scope.yields.append(join_all(found) if isinstance(found, list) else found)
        return NOTHING

    def awaited(self, node: ast.Await, scope: Scope) -> Value:
        return self.evaluate(node.value, scope)

    def starred(self, node: ast.Starred, scope: Scope) -> Value:
        return self.evaluate(node.value, scope)


ASKING: Final = frozenset({"isinstance", "len", "type", "hasattr", "callable", "torch.is_tensor", "is_tensor"})
"""Functions that a condition can call again and again."""


MIRRORED: Final[dict[type[ast.cmpop], type[ast.cmpop]]] = {
    ast.Eq: ast.Eq, ast.NotEq: ast.NotEq, ast.Lt: ast.Gt, ast.Gt: ast.Lt, ast.LtE: ast.GtE, ast.GtE: ast.LtE, ast.Is: ast.Is,
    ast.IsNot: ast.IsNot,
}  # fmt: skip
ASKED: Final[dict[type[ast.cmpop], tuple[str, bool]]] = {
    ast.Eq: ("==", True), ast.NotEq: ("==", False), ast.Is: ("==", True), ast.IsNot: ("==", False), ast.In: ("in", True),
    ast.NotIn: ("in", False), ast.Lt: ("<", True), ast.GtE: ("<", False), ast.LtE: ("<=", True), ast.Gt: ("<=", False),
}  # fmt: skip


def factors(node: ast.AST) -> tuple[ast.expr, ...]:
    """What is multiplied, as it stands in the source."""
    if isinstance(node, ast.BinOp):
        return node.left, node.right
    return (node.target, node.value) if isinstance(node, ast.AugAssign) else ()


def asks_size(node: ast.expr) -> bool:
    """Whether an expression is how many of something a tensor has: `x.size(1)`, `x.shape[1]`, `x.numel()`."""
    if isinstance(node, ast.Call):
        return isinstance(node.func, ast.Attribute) and node.func.attr in ("size", "numel")
    return isinstance(node, ast.Subscript) and isinstance(node.value, ast.Attribute) and node.value.attr == "shape"


def is_mode(node: ast.expr) -> bool:
    """`self.training`: the mode of a module."""
    return isinstance(node, ast.Attribute) and node.attr == "training"


def is_list_like(value: Value) -> bool:
    """Whether nothing is known of a value that is added to a list: no batch, and no attribute of a tensor."""
    if isinstance(value, Unknown):
        return not value.plain and not value.losses
    return isinstance(value, LibraryMethod) and isinstance(value.receiver, Unknown) and is_list_like(value.receiver)


def members_of(value: Value) -> tuple[tuple[Any, ...]] | None:
    """The constants in a list, tuple or set, or a dict's keys, in a tuple."""
    if isinstance(value, Table):
        return (tuple(value.items),) if value.rest is None else None
    if not isinstance(value, Members) or value.items is None:
        return None
    every = [one_constant(one) for one in value.items]
    return (tuple(one[0] for one in every if one is not None),) if None not in every else None


def questioned(test: ast.expr, scope: Scope) -> str | None:
    """The name with several alternatives that a condition asks about; None where asking it again could do something."""
    return next((name for name in askable(test) if isinstance(scope.names.get(name), Alternatives)), None)


@lru_cache(maxsize=10_000)  # a condition in a loop or a layer is asked thousands of times
def askable(test: ast.expr) -> tuple[str, ...]:
    """The names in a condition; none where evaluating it again could do something."""
    names: list[str] = []
    for node in ast.walk(test):
        if isinstance(node, ast.Call) and text(node.func) not in ASKING:
            return ()
        if isinstance(node, (ast.NamedExpr, ast.Await, ast.Yield)):
            return ()
        if isinstance(node, ast.Name):
            names.append(node.id)
    return tuple(names)


def slice_of(index: Value) -> slice | None:
    """The slice that an index is, where its bounds are known."""
    operand = operand_of(index)
    if operand.tag != "slice" or not all(one.value.known for one in operand.items or ()):
        return None
    bounds = [one.value.only for one in operand.items or ()]
    return slice(*bounds) if all(bound is None or isinstance(bound, int) for bound in bounds) else None


def fold(python: Callable[[Any, Any], Any], a: OneOf[Any], b: OneOf[Any]) -> Value | None:
    """An operation on constants; None where they aren't known or it cannot be done."""
    if not a.known or not b.known:
        return None
    results: list[Value] = []
    for x in a:
        for y in b:
            if not isinstance(x, (int, float, str, bool)) or not isinstance(y, (int, float, str, bool)):
                return None
            if python in (operator.pow, operator.lshift, operator.mul) and any(
                isinstance(one, str) or abs(one) > SMALL for one in (x, y)
            ):
                return None
            try:
                results.append(constant(python(x, y)))
            except (TypeError, ValueError, ZeroDivisionError, OverflowError):
                return None
    return join_all(results)


_HANDLERS: dict[type[ast.expr], Callable[[Any, Any, Scope], Value]] = {
    ast.Name: Expressions.name, ast.Constant: Expressions.constant_, ast.JoinedStr: Expressions.formatted,
    ast.Attribute: Expressions.attribute_, ast.Subscript: Expressions.subscript, ast.Slice: Expressions.slice_,
    ast.Call: Expressions.call_, ast.BinOp: Expressions.binary, ast.UnaryOp: Expressions.unary, ast.BoolOp: Expressions.boolean,
    ast.Compare: Expressions.compare, ast.IfExp: Expressions.conditional, ast.List: Expressions.sequence,
    ast.Tuple: Expressions.sequence, ast.Set: Expressions.sequence, ast.Dict: Expressions.dictionary,
    ast.Lambda: Expressions.lambda_, ast.ListComp: Expressions.comprehension, ast.SetComp: Expressions.comprehension,
    ast.GeneratorExp: Expressions.comprehension, ast.DictComp: Expressions.dict_comprehension, ast.NamedExpr: Expressions.named,
    ast.Yield: Expressions.yield_, ast.YieldFrom: Expressions.yield_from, ast.Await: Expressions.awaited,
    ast.Starred: Expressions.starred,
}  # fmt: skip

__all__ = ["ANY", "Expressions", "Step", "fold"]
