"""Abstract values: what an expression can be while a program is interpreted.

Data (tensors, numbers, constants) is described by facts; everything else has identity, so that a model or a criterion
is followed through arguments, attributes and containers to its use.

None of them is changed but what a program changes: containers, objects, scopes. Those that are made by the hundred thousand
aren't frozen all the same, nor is what they are made of: to make a frozen one takes three times as long.
"""

from __future__ import annotations

import ast
import math
import operator
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

from losslint.facts import UNKNOWN, Domain, Facts, Range
from losslint.oneof import ANY, OneOf
from losslint.places import Step
from losslint.static.choices import Guard, Literal, Origin, both, common
from losslint.static.mentions import LOSS, mentions
from losslint.static.operand import Name, Operand
from losslint.static.operations import met
from losslint.static.walking import statements, whole

if TYPE_CHECKING:
    from losslint.contracts import Contract
    from losslint.static.homemade import Difference
    from losslint.static.machine import FileModule, Scope
    from losslint.static.overlaps import Part
    from losslint.static.weighing import Weight

NESTED: Final = 6
"""Containers in one another are joined so deep; what lies deeper becomes unknown."""
WIDEST: Final = 6
"""More alternatives than this become unknown."""
MODELS: Final = 24
"""So many objects are told apart by what picks them: research code offers a dozen networks by name."""
WRAPS: Final = re.compile(r"self\.(\w+) *= *[\w.]+\([^\n]*\bself\.\1\b")
"""Where a file may put an attribute into something else."""


class Value:
    """The base of all abstract values; an instance of it is unknown."""

    __slots__ = ()


@dataclass(eq=False)
class Unknown(Value):
    """Nothing is known but which losses it may have been computed from, the way of it, and where it comes from. `plain`: it
    carries no gradient."""

    losses: frozenset[int] = frozenset()
    steps: tuple[Step, ...] = ()
    origin: Origin | None = None
    plain: bool = False


@dataclass(eq=False)
class Data(Value):
    """A tensor, an array, a number, a string, None. `losses`: the loss calls whose results went into it.

    `numbers`: the loss calls of which it has the number alone, as `item` gives it. `difference`: what it is the difference of.
    `summands`: the records of what was added to a loss without a gradient. `part`: what it is of a Dice coefficient.
    `weight`: what it is of a loss that is weighted after it was reduced.
    """

    operand: Operand
    losses: frozenset[int] = frozenset()
    numbers: frozenset[int] = frozenset()
    difference: Difference | None = None
    summands: frozenset[int] = frozenset()
    part: Part | None = None
    weight: Weight | None = None


@dataclass(eq=False)
class Members(Value):
    """A list, tuple or set. `items` is None when its length is unknown; `rest` then stands for any member but the last ones,
    which are `tail`. Of the others there are `least` or more, and the first ones are `head`. `names`: what the first items are
    called, "" where they have no name."""

    kind: str
    items: list[Value] | None
    rest: Value = field(default_factory=Unknown)
    names: tuple[str, ...] = ()
    branch: int = 0
    tail: list[Value] = field(default_factory=list)
    least: int = 0
    head: list[Value] = field(default_factory=list)

    def named(self, name: object) -> Value | None:
        """The item that is called so."""
        return self.items[self.names.index(name)] if name and name in self.names and self.items is not None else None

    def any(self) -> Value:
        return join_all([self.rest, *self.tail] if self.items is None else [*self.items])

    def forget(self, *more: Value) -> None:
        """From here on it is unknown how many members there are, and where, of those that it had and of `more`."""
        every = [self.any(), *more] if self.items is None or self.items else [*more]
        self.rest, self.items, self.tail, self.least, self.head = join_all(every), None, [], 0, []

    def grow(self, *more: Value) -> None:
        """From here on it is unknown how many of `more` follow the members that it had."""
        head, least = (self.head, self.least + len(self.tail)) if self.items is None else (self.items, len(self.items))
        self.forget(*more)
        self.head, self.least = list(head), least


@dataclass(eq=False)
class Table(Value):
    """A dict by constant keys. `rest`: what an unknown key may give: one that is written to is taken to be none of those that are
    known. `owned`: it is an object's `__dict__`."""

    items: dict[Any, Value]
    rest: Value | None = None
    branch: int = 0
    owned: bool = False


@dataclass(eq=False)
class Function(Value):
    """A function of the program, with the scope that it closes over. `no_grad`: how its decorators switch gradients. `spent`: the
    expressions that were evaluated in it and in what it called since it last met a loss. `results`: what it returned, where the
    program caches that."""

    node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
    scope: Scope
    module: FileModule
    name: str
    defaults: dict[str, Value]
    owner: Class | None = None
    kind: str = "function"
    no_grad: bool | None = None
    entered: int = 0
    spent: int = 0
    contract: Contract | None = None
    results: dict[Any, Value] | None = None

    @property
    def full_name(self) -> str:
        return f"{self.owner.name}.{self.name}" if self.owner is not None else self.name

    @cached_property
    def most(self) -> float:
        """How many arguments it takes by position. A decorator may take others."""
        spec = self.node.args
        decorated = not isinstance(self.node, ast.Lambda) and self.node.decorator_list
        return math.inf if decorated or spec.vararg is not None else len(spec.posonlyargs) + len(spec.args)

    @cached_property
    def small(self) -> bool:
        """Whether it only returns an expression."""
        return not isinstance(self.node, ast.Lambda) and isinstance(whole(self.node).body[0], ast.Return)

    @cached_property
    def names_loss(self) -> bool:
        """Whether its code mentions a loss of torch, or calls what is named like one; `backward` counts."""
        return any(one == LOSS or one[0] == "call" for one in mentions(whole(self.node)))


@dataclass(eq=False)
class Method(Value):
    function: Function
    receiver: Value


SETTERS: Final = ("function", "classmethod")
"""Kinds of functions in a class that can give its objects attributes: `setUpClass` gives them to the class."""


@dataclass(eq=False)
class Class(Value):
    name: str
    bases: list[Value]
    names: dict[str, Value]
    module: FileModule
    node: ast.ClassDef
    instances: list[Instance] = field(default_factory=list)
    subclasses: list[Class] = field(default_factory=list)
    fields: tuple[str, ...] | None = None
    assigned: dict[str, list[Function]] | None = None
    contract: Contract | None = None
    uses: tuple[frozenset[str], frozenset[str]] | None = None

    def setters(self, name: str) -> list[Function]:
        """The methods, other than the constructor, that assign this attribute of their object."""
        every = [function for ancestor in self.ancestry for function in ancestor.assigning().get(name, ())]
        return [function for function in every if (found := self.lookup(function.name)) is not None and found[0] is function]

    def assigning(self) -> dict[str, list[Function]]:
        if self.assigned is None:
            self.assigned = {}
            for function in self.names.values():
                if isinstance(function, Function) and function.kind in SETTERS and function.name != "__init__":
                    for name in attributes_assigned(function.node):
                        self.assigned.setdefault(name, []).append(function)
        return self.assigned

    @cached_property
    def wrappers(self) -> dict[str, Function]:
        """By attribute, the method that puts what it holds into something else: `self.loss = DeepSupervision(self.loss)`."""
        found = {name: one for ancestor in reversed(self.ancestry) for name, one in ancestor.own_wrappers.items()}
        current = {name: self.lookup(one.name) for name, one in found.items()}  # it may be overridden, and called by that one
        return {name: one[0] for name, one in current.items() if one is not None and isinstance(one[0], Function)}

    @cached_property
    def own_wrappers(self) -> dict[str, Function]:
        """The same, of the methods that this class itself has."""
        found: dict[str, Function] = {}
        if WRAPS.search(self.module.source.text) is not None:
            for function in self.names.values():
                if isinstance(function, Function) and function.kind == "function" and function.name != "__init__":
                    found.update(dict.fromkeys(attributes_wrapped(function.node), function))
        return found

    @cached_property
    def ancestry(self) -> list[Class]:
        """The class and its bases in the program, nearest first."""
        found: list[Class] = [self]
        for base in self.bases:
            for one in alternatives(base):
                if isinstance(one, Class) and one is not self:
                    found.extend(ancestor for ancestor in one.ancestry if ancestor not in found)
        return found

    def library_bases(self) -> list[str]:
        return [
            one.name
            for ancestor in self.ancestry
            for base in ancestor.bases
            for one in alternatives(base)
            if isinstance(one, Library)
        ]

    def lookup(self, name: str, after: Class | None = None) -> tuple[Value, Class] | None:
        line = self.ancestry
        if after is not None and after in line:
            line = line[line.index(after) + 1 :]
        for ancestor in line:
            if name in ancestor.names:
                return ancestor.names[name], ancestor
        return None


@dataclass(eq=False)
class Instance(Value):
    """An object of a class of the program. `base`: the library object that it is too, when its class derives from one. `held`:
    what it holds, when its class derives from `dict` or `list`. `under`: what was taken for granted where an attribute got its
    first value, until it gets another; `born`: where it was made. `owed`: its constructor, while that has not run. `wrapped`:
    what the attributes are that a method, should it run, puts into objects of the program. `spread`: the name of what wrapped it
    and moves its inputs."""

    cls: Class
    attributes: dict[str, Value] = field(default_factory=dict)
    base: LibraryObject | None = None
    held: Table | Members | None = None
    training: OneOf[bool] = ANY
    branch: int = 0
    ran: list[Function] = field(default_factory=list)
    origin: Origin = field(default_factory=lambda: Origin("self"))
    under: dict[str, Guard] = field(default_factory=dict)
    wrapped: dict[str, Value] | None = None
    born: Guard = ()
    owed: tuple[Function, list[Any], dict[str, Any], ast.AST, Scope] | None = None
    spread: str = ""


@dataclass(eq=False)
class Library(Value):
    """Something of a library, by its dotted name: `torch.nn.functional`, `torch.nn.Linear`."""

    name: str


def make(cls: Class, branch: int, origin: Origin | None = None) -> Instance:
    """A new object of a class of the program, before anything was done to it."""
    instance = Instance(cls, branch=branch) if origin is None else Instance(cls, branch=branch, origin=origin)
    for ancestor in cls.ancestry:
        ancestor.instances.append(instance)
    return instance


MADE: Final = OneOf.of(True)
"""The mode in which torch makes a module: training."""


@dataclass(eq=False)
class LibraryObject(Value):
    """An instance of a library's class, with the constructor's arguments. `training`: the mode, of a module. `floats`: the dtype
    that its parameters were converted to. `spread`: the name of what wrapped it and moves its inputs."""

    name: str
    args: list[Value]
    keywords: dict[str, Value]
    attributes: dict[str, Value] = field(default_factory=dict)
    where: Any = None
    branch: int = 0
    record: int | None = None
    training: OneOf[bool] = MADE
    floats: OneOf[str] | None = None
    origin: Origin = field(default_factory=Origin)
    spread: str = ""


Module = Instance | LibraryObject


@dataclass(eq=False)
class LibraryMethod(Value):
    """A method of data or of a library's object, not yet called."""

    name: str
    receiver: Value


@dataclass(frozen=True, eq=False)
class Partial(Value):
    function: Value
    args: tuple[Value, ...]
    keywords: dict[str, Value]


@dataclass(frozen=True, eq=False)
class ModuleValue(Value):
    """A module of the program."""

    module: FileModule


@dataclass(eq=False)
class Pending(Value):
    """A long table of a file, evaluated when its name is first read."""

    node: ast.Assign
    scope: Scope
    value: Value | None = None


@dataclass(frozen=True, eq=False)
class Super(Value):
    receiver: Value
    owner: Class


@dataclass(eq=False)
class Alternatives(Value):
    """One of several values that cannot be told apart by their facts alone. `guards`: when each of them is meant; empty when
    that isn't known."""

    values: tuple[Value, ...]
    guards: tuple[Guard, ...] = ()

    def cases(self) -> list[tuple[Value, Guard]]:
        return list(zip(self.values, self.guards or ((),) * len(self.values), strict=True))


def contents(value: Value) -> Value:
    """What is read where something holds others: of an object that is a container too, that."""
    return value.held if isinstance(value, Instance) and value.held is not None else value


NOTHING: Final = Unknown()
NO_OPERAND: Final = Operand()
BATCH: Final = Unknown(plain=True)
"""What a loader gives that isn't known."""


SIZE: Final = Data(Operand(Facts(kind=OneOf.of("number"), requires_grad=OneOf.of(False))))
"""One dim of something of which nothing is known: `x.size(0)`, `x.shape[0]`."""


COMPARED: Final = Data(
    Operand(
        Facts(domain=OneOf.of(Domain("zero_one")), dtype=OneOf.of("bool"), requires_grad=OneOf.of(False), range=Range(0.0, 1.0))
    )
)
"""Whatever is compared, the result is true or false, or as many of them as there are elements."""


STRING: Final = Facts(kind=OneOf.of("str"))
KINDS: Final = {
    bool: Facts(kind=OneOf.of("bool")),
    int: Facts(kind=OneOf.of("number")),
    float: Facts(kind=OneOf.of("number")),
    complex: Facts(kind=OneOf.of("number")),
    str: STRING,
    type(None): Facts(kind=OneOf.of("none")),
}
OTHER: Final = Facts(kind=OneOf.of("other"))


def constant(value: Any) -> Data:
    """A Python constant."""
    facts = KINDS.get(type(value))
    if facts is None:  # names of libraries are strings of a kind of their own
        facts = next((KINDS[kind] for kind in KINDS if isinstance(value, kind)), OTHER)
    return Data(Operand(facts, OneOf.of(value)))


def constants(value: Value) -> OneOf[Any]:
    """The Python constants that a value can be; ANY when it isn't constant. Library objects count by their names."""
    if isinstance(value, Data):
        return value.operand.value
    if isinstance(value, Library):
        return OneOf.of(Name(value.name))
    if isinstance(value, Alternatives):
        every = [constants(one) for one in value.values]
        found = every[0]
        for one in every[1:]:
            found = found.join(one)
        return found
    return ANY


PLAIN: Final = frozenset({"bool", "number", "str", "none"})
"""Kinds of constants that a condition can be about."""


def one_constant(value: Value) -> tuple[Any] | None:
    """The one plain constant that a value is, in a tuple: None may be it."""
    if isinstance(value, Data) and value.operand.value.known and value.operand.facts.kind.only in PLAIN:
        every = list(value.operand.value)
        return (every[0],) if len(every) == 1 else None
    return None


def alternatives(value: Value) -> tuple[Value, ...]:
    return value.values if isinstance(value, Alternatives) else (value,)


def losses_of(value: Value, depth: int = 3) -> frozenset[int]:
    """The loss calls that a value was computed from, members of containers included."""
    if isinstance(value, (Data, Unknown)):
        return value.losses
    inside: Iterable[Value] = ()
    if depth:
        if isinstance(value, Alternatives):
            inside = value.values
        elif isinstance(value, Members):
            inside = value.items if value.items is not None else (value.rest, *value.tail)
        elif isinstance(value, Table):
            inside = value.items.values()
    found: frozenset[int] = frozenset()
    for one in inside:
        found |= losses_of(one, depth - 1)
    return found


def attributes_assigned(function: ast.AST) -> set[str]:
    """The attributes that a method assigns of its first parameter: of its object, or of the class."""
    spec = getattr(function, "args", None)
    if not isinstance(spec, ast.arguments) or not (*spec.posonlyargs, *spec.args):
        return set()
    receiver = (*spec.posonlyargs, *spec.args)[0].arg
    found: set[str] = set()
    for node in statements(whole(function)):
        targets = node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
        for target in targets:
            for part in target.elts if isinstance(target, (ast.Tuple, ast.List)) else [target]:
                if isinstance(part, ast.Attribute) and isinstance(part.value, ast.Name) and part.value.id == receiver:
                    found.add(part.attr)
    return found


def attributes_wrapped(function: ast.AST) -> set[str]:
    """The attributes of its object that a method passes to a call and gives its result."""
    found: set[str] = set()
    for node in statements(whole(function)):
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call) and isinstance(node.targets[0], ast.Attribute):
            target = node.targets[0]
            for given in (*node.value.args, *(keyword.value for keyword in node.value.keywords)):
                if isinstance(given, ast.Attribute) and given.attr == target.attr and _is_self(given) and _is_self(target):
                    found.add(target.attr)
    return found


def _is_self(node: ast.Attribute) -> bool:
    return isinstance(node.value, ast.Name) and node.value.id == "self"


def is_none(value: Value) -> bool:
    return isinstance(value, Data) and value.operand.facts.kind.only == "none"


def present(value: Alternatives) -> Alternatives:
    """What is left of alternatives where None would raise, so that one of the others is meant; all of them if there is none."""
    left = [case for case in value.cases() if not is_none(case[0])]
    if not left or len(left) == len(value.values):
        return value
    return Alternatives(tuple(one for one, _ in left), tuple(guard for _, guard in left) if value.guards else ())


def is_answer(value: Alternatives) -> bool:
    """Whether a value is the answer to a comparison: true under one condition, false under the other."""
    return bool(value.guards) and all(
        constants(one).only in (True, False) and facts_of(one).kind.only == "bool" for one in value.values
    )


def as_data(value: Value) -> Value:
    """What is computed with the answer to a comparison shows that it was one of numbers."""
    return COMPARED if isinstance(value, Alternatives) and is_answer(value) else value


def facts_of(value: Value) -> Facts:
    return operand_of(value).facts


def operand_of(value: Value, depth: int = 4) -> Operand:
    """A value as operations see it."""
    if isinstance(value, Data):
        return value.operand
    if isinstance(value, Unknown):
        if not value.plain and not value.steps:
            return NO_OPERAND
        return Operand(Facts(requires_grad=OneOf.of(False) if value.plain else ANY, steps=value.steps))
    if isinstance(value, LibraryMethod) and isinstance(value.receiver, Unknown):
        return operand_of(value.receiver)  # an attribute of something unknown: `batch.label`
    if isinstance(value, Members) and value.kind in ("list", "tuple"):
        items = None if value.items is None or depth == 0 else tuple(operand_of(item, depth - 1) for item in value.items)
        names = {name: index for index, name in enumerate(value.names) if name}
        kind: Any = value.kind
        member = operand_of(value.any(), depth - 1) if value.items is None and depth else None
        return Operand(Facts(kind=OneOf.of(kind)), items=items, fields=names, member=member)
    if isinstance(value, Table):
        return Operand(Facts(kind=OneOf.of("dict")))
    if isinstance(value, Library):
        return Operand(Facts(kind=OneOf.of("other")), OneOf.of(Name(value.name)))
    if isinstance(value, Alternatives):
        return Operand(join_facts([operand_of(one, 0).facts for one in value.values]), constants(value))
    if isinstance(value, (Function, Method)):
        return Operand(Facts(kind=OneOf.of("function")))
    return NO_OPERAND


def value_of(operand: Operand, losses: frozenset[int] = frozenset()) -> Value:
    """An operation's result as a value."""
    if operand.items is not None and operand.tag != "slice":
        named = {place: name for name, place in operand.fields.items()}
        names = tuple(named.get(place, "") for place in range(max(named) + 1)) if named else ()
        kind = "list" if operand.facts.kind.only == "list" else "tuple"
        return Members(kind, [value_of(item, losses) for item in operand.items], names=names)
    if operand.member is not None and operand.facts.kind.only in ("list", "tuple"):
        return Members(operand.facts.kind.only, None, value_of(operand.member, losses))
    return Data(operand, losses)


def join_facts(every: list[Facts]) -> Facts:
    found = every[0]
    for facts in every[1:]:
        found = found.join(facts)
    return found if every else UNKNOWN


def join(a: Value, b: Value, depth: int = NESTED) -> Value:
    """What a value is where two branches meet."""
    if a is b:
        return a
    a, b = _settled(a), _settled(b)
    if any(isinstance(one, Alternatives) and one.guards for one in (a, b)):
        return choose([(a, ()), (b, ())])
    if isinstance(a, Data) and isinstance(b, Data):
        return a if _allows(a, b) else _join_data(a, b)
    if isinstance(a, Unknown) and isinstance(b, (Unknown, Data)):
        return Unknown(a.losses | losses_of(b))
    if isinstance(b, Unknown) and isinstance(a, Data):
        return Unknown(a.losses | b.losses)
    if isinstance(a, Members) and isinstance(b, Members) and alike(a, b):
        return _join_members(a, b, depth)
    if isinstance(a, Library) and isinstance(b, Library) and a.name == b.name:
        return a
    if isinstance(a, Method) and isinstance(b, Method) and a.function is b.function and a.receiver is b.receiver:
        return a
    return alternatives_of([*alternatives(a), *alternatives(b)])


def alike(a: Members, b: Members) -> bool:
    """Whether two containers are joined member by member. Those of different lengths mean different things: they stay apart."""
    return a.kind == b.kind and (a.items is None or b.items is None or len(a.items) == len(b.items))


def _settled(value: Value) -> Value:
    """An attribute of something unknown, kept until now because it may be called, is itself unknown."""
    return NOTHING if isinstance(value, LibraryMethod) and isinstance(value.receiver, (Unknown, LibraryMethod)) else value


def _allows(a: Data, b: Data) -> bool:
    """Whether one is any string, and the other one of them: tables have hundreds."""
    x, y = a.operand, b.operand
    return x.facts is STRING and y.facts is STRING and not x.value.known and not any((a.losses, b.losses, b.numbers, b.summands))


def _join_data(a: Data, b: Data) -> Value:
    x, y = a.operand, b.operand
    if (
        x.facts.kind.known
        and y.facts.kind.known
        and x.facts.kind != y.facts.kind
        and "tensor" in (x.facts.kind.only, y.facts.kind.only)
    ):
        return Alternatives((a, b))  # `loss = None` before, `loss = criterion(…)` after: kept apart
    operand = met(x, y) or Operand(x.facts.join(y.facts), x.value.join(y.value))
    both = operand.facts.kind.only == "number"
    numbers = a.numbers | b.numbers if both else a.numbers & b.numbers
    return Data(operand, a.losses | b.losses, numbers, summands=a.summands | b.summands)


def _join_members(a: Members, b: Members, depth: int = NESTED) -> Value:
    if not depth:
        return Unknown(losses_of(a) | losses_of(b))
    if a.items is not None and b.items is not None and len(a.items) == len(b.items) and a.names == b.names:
        items = [join(x, y, depth - 1) for x, y in zip(a.items, b.items, strict=True)]
        if a.kind == "tuple" and all(map(operator.is_, items, a.items)):
            return a  # it can't be changed: as good as a copy
        return Members(a.kind, items, names=a.names)
    ends = [one.tail if one.items is None else one.items for one in (a, b)]
    same = min(map(len, ends))
    tail = [join(x, y, depth - 1) for x, y in zip(ends[0][-same:], ends[1][-same:], strict=True)] if same else []
    others = [Members(one.kind, None, one.rest, tail=end[: len(end) - same]) if one.items is None
              else Members(one.kind, end[: len(end) - same]) for one, end in zip((a, b), ends, strict=True)]  # fmt: skip
    left = [one.any() for one in others if one.items is None or one.items]
    return Members(a.kind, None, join_all(left, depth - 1), tail=tail)


def alternatives_of(values: Iterable[Value]) -> Value:
    kept: list[Value] = []
    data: Data | None = None
    for value in values:
        if isinstance(value, Data) and data is not None:
            joined = _join_data(data, value)
            if isinstance(joined, Data):
                kept[kept.index(data)] = joined
                data = joined
                continue
        if isinstance(value, Unknown) and any(isinstance(one, Unknown) for one in kept):
            continue
        if isinstance(value, Members):
            same = next((one for one in kept if isinstance(one, Members) and alike(one, value)), None)
            if same is not None:
                kept[kept.index(same)] = _join_members(same, value) if same is not value else value
                continue
        if isinstance(value, Library) and any(isinstance(one, Library) and one.name == value.name for one in kept):
            continue
        if value not in kept:
            kept.append(value)
            data = value if isinstance(value, Data) and data is None else data
    if len(kept) == 1:
        return kept[0]
    if len(kept) > WIDEST:
        kept = [value for value, _ in _fewer([(value, ()) for value in kept])]
    if len(kept) == 1:
        return kept[0]
    if len(kept) > WIDEST:
        losses: frozenset[int] = frozenset()
        for value in kept:
            losses |= losses_of(value)
        return Unknown(losses)
    return Alternatives(tuple(kept))


def join_all(values: list[Value], depth: int = NESTED) -> Value:
    if not values:
        return NOTHING
    found = values[0]
    for value in values[1:]:
        before, found = found, join(found, value, depth)
        if isinstance(before, Alternatives) and isinstance(found, Unknown):  # too many: the rest are no likelier than those
            return Unknown(frozenset().union(*map(losses_of, values)))
    return found


def choose(cases: Iterable[tuple[Value, Guard]], depth: int = NESTED) -> Value:
    """What a value is, from what it is under each of several guards. What means different things is kept apart."""
    kept: list[tuple[Value, Guard]] = []
    for outer, known in cases:
        for value, guard in outer.cases() if isinstance(outer, Alternatives) else [(outer, ())]:
            under = both(known, guard)
            if under is None:
                continue
            for index, (other, there) in enumerate(kept):
                merged = _merged(other, there, value, under, depth)
                if merged is not None:
                    kept[index] = (merged, common([there, under]))
                    break
            else:
                kept.append((value, under))
    if len(kept) > WIDEST:
        kept = _fewer(kept)
        kept = kept if len(kept) <= widest(kept) else _likeliest(kept)
    values, guards = [value for value, _ in kept], tuple(guard for _, guard in kept)
    if len(kept) < 2 or len(kept) > widest(kept) or not any(guards):
        return join_all(values)
    return Alternatives(tuple(values), guards)


def _fewer(cases: list[tuple[Value, Guard]]) -> list[tuple[Value, Guard]]:
    from losslint.static.kin import fewer

    return fewer(cases)


def widest(cases: Iterable[tuple[Value, Guard]]) -> int:
    """How many cases are told apart: more of objects, what makes them and their methods, which a condition each has to pick; one
    that none picks may be what stands there otherwise, None too."""
    every = list(cases)
    picked = all(isinstance(value, MADE_BY_NAME) or is_none(value) or is_vague(value) for value, _ in every)
    return MODELS if picked and sum(not guard for _, guard in every) <= 1 else WIDEST


def is_vague(value: Value) -> bool:
    """Whether it isn't even known what kind of thing it is, as of what was loaded and then moved to a device."""
    return isinstance(value, Data) and not value.operand.facts.kind.known


MADE_BY_NAME: Final = (Instance, LibraryObject, Class, Function, Library, Method, LibraryMethod, Unknown)
"""What is picked by what it is called."""


def _likeliest(cases: list[tuple[Value, Guard]]) -> list[tuple[Value, Guard]]:
    """As many cases as are followed, those that the defaults pick first; of the others nothing is known."""
    if len(cases) <= WIDEST or not all(guard for _, guard in cases):
        return cases
    ordered = sorted(cases, key=lambda case: not all(_by_default(literal) for literal in case[1]))
    left = ordered[WIDEST - 1 :]
    losses: frozenset[int] = frozenset()
    for value, _ in left:
        losses |= losses_of(value)
    return [*ordered[: WIDEST - 1], (Unknown(losses), common([guard for _, guard in left]))]


def _by_default(literal: Literal) -> bool:
    default = literal.origin.default
    return default.known and all(literal.allows(one) for one in default)


def _merged(a: Value, here: Guard, b: Value, there: Guard, depth: int) -> Value | None:
    """Two cases as one value where they mean the same; None where they are kept apart."""
    if a is b:
        return a
    if isinstance(a, Data) and isinstance(b, Data):
        return join(a, b) if _same_meaning(a.operand, b.operand) else None
    if isinstance(a, Unknown) and isinstance(b, Unknown):
        if a.origin is not b.origin and here and there and (picks(a.origin) or picks(b.origin)):
            return None
        origin = a.origin if a.origin is b.origin else None
        return Unknown(a.losses | b.losses, origin=origin, plain=a.plain and b.plain)
    if isinstance(a, Members) and isinstance(b, Members) and alike(a, b):
        if not depth or a.items is None or b.items is None or a.names != b.names:
            return _join_members(a, b, depth)
        return Members(
            a.kind, [choose([(x, here), (y, there)], depth - 1) for x, y in zip(a.items, b.items, strict=True)], names=a.names
        )
    if isinstance(a, LibraryMethod) and isinstance(b, LibraryMethod):
        return a if a.name == b.name and a.receiver is b.receiver else None
    if isinstance(a, (Library, Method)) and type(a) is type(b):
        joined = join(a, b)
        return joined if joined is a else None
    return None


def picks(origin: Origin | None) -> bool:
    """Whether it is known what something unknown is by default, or all that it can be: that picks models and losses."""
    return origin is not None and (origin.default.known or origin.options is not None)


def _same_meaning(x: Operand, y: Operand) -> bool:
    """Whether nothing is lost when two operands are joined. Shapes are joined, unless their ranks differ."""
    a, b = x.facts, y.facts
    return (
        x.value == y.value
        and (a.kind, a.domain, a.dtype, a.requires_grad) == (b.kind, b.domain, b.dtype, b.requires_grad)
        and (not a.shape.known or not b.shape.known or a.shape.map(lambda one: one.rank) == b.shape.map(lambda one: one.rank))
    )


def narrowed(value: Value, path: Guard) -> Value:
    """What is left of guarded alternatives where a path is taken."""
    if not path or not isinstance(value, Alternatives) or not value.guards:
        return value
    left = [(one, guard) for one, guard in value.cases() if both(path, guard) is not None]
    if len(left) == len(value.values) or not left:
        return value
    return left[0][0] if len(left) == 1 else Alternatives(tuple(one for one, _ in left), tuple(guard for _, guard in left))


def overwrite(attributes: dict[Any, Value], born: int) -> None:
    """Set one or more attributes of an object that aren't told, as from a file: what was constant is so by default only."""
    for name, value in attributes.items():
        if isinstance(value, Data) and value.operand.value.only is not None:
            attributes[name] = Unknown(origin=Origin(name, default=value.operand.value, born=born))


def is_settings(table: Table) -> bool:
    """Whether a table holds settings, of which some are text: each may be told otherwise by its name. What counts the names that
    come up holds numbers."""
    return table.owned or any(isinstance(constants(one).only, str) for one in table.items.values())


def identified(value: Value, name: str, born: int) -> Value:
    """Something unknown can be asked about once a name is bound to it."""
    if isinstance(value, LibraryObject):
        value.origin.name = value.origin.name or name
    if not isinstance(value, Unknown):
        return value
    if value.origin is None:
        return Unknown(value.losses, value.steps, Origin(name, born=born), value.plain)
    value.origin.name = value.origin.name or name
    return value
