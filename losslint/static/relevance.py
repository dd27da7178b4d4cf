"""Which functions can have to do with a loss: those worth entering when nobody calls them.

A function matters when it mentions a loss of torch, or a function, class, module or attribute of the program that does. What its
names stand for is known once the files have run; from there on names are followed, not values: what is entered for nothing costs
time only. A method of an object that the function was given doesn't count: who made the object names its class, and is entered
too.
"""

from __future__ import annotations

import ast
import builtins
import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Final

from losslint.static.machine import FileModule, Scope
from losslint.static.mentions import LOSS, Mention, Said, kept, losses, read
from losslint.static.values import (
    Alternatives,
    Class,
    Function,
    Instance,
    Library,
    LibraryObject,
    Members,
    Method,
    ModuleValue,
    Partial,
    Table,
    Unknown,
    Value,
)
from losslint.static.walking import whole

BUILTINS: Final = frozenset(dir(builtins))
MODULES: Final = frozenset({"torch.nn", "torch.nn.functional", "torch.nn.modules", "torch.nn.modules.loss"})
"""Modules of libraries of which anything may be picked by its name where they are passed on."""
DEFINITIONS: Final = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
DEEP: Final = 4
"""Containers are searched so deep for what they hold."""

Node = tuple[Any, ...]
"""LOSS; `(number,)` of a definition, `(number, number of its scope)` of a function made in another one, `("free", …)` of what
either says of others; `("own", number of a class, attribute)`, "super", "of" and "kept" alike; `("global", path, name)` of what
a file binds, the path empty where it isn't known; `("held", number)` of a container; `("call", name)`."""


class Relevance:
    """The definitions, attributes and names that lead to a loss. `is_loss`: whether a dotted name of a library is one's."""

    def __init__(self, modules: Iterable[FileModule], is_loss: Callable[[str], bool], own: Iterable[str] = ()) -> None:
        self.is_loss = is_loss
        self.own = frozenset(own)
        self.modules: dict[str, FileModule] = {}
        self.said: dict[int, Said] = {}
        self.texts: dict[str, Said] = {}
        self.answers: dict[Function, int | None] = {}
        self.globals: dict[tuple[str, str], list[ast.AST]] = {}
        self.asked: set[Node] = set()
        self.families: dict[int, set[str]] = {}
        self.having: dict[str, dict[int, Class]] = {}
        self.beneath: dict[int, dict[int, Class]] = {}
        self.defined: dict[str, set[Node]] = {}
        self.back: dict[Node, set[Node]] = {}
        self.keepers: dict[Node, list[Function]] = {}
        self.fresh: list[Function | Class] = []
        self.steps: dict[Node, int] = {LOSS: 0}
        self.waiting: deque[tuple[Node, int]] = deque()
        self.extend(modules)

    def extend(self, modules: Iterable[FileModule]) -> None:
        """Take in the files that have run and aren't known yet."""
        new = [module for module in modules if module.ran and module.path not in self.modules]
        self.modules.update((module.path, module) for module in new)
        self.beneath.clear()
        for module in new:
            self.define(module)
        for name in self.own:
            self.waiting += ((node, 0) for node in self.defined.get(name, ()))
        for module in new:
            self.collect(module)

    def reaches(self, said: Iterable[Mention], scope: Scope) -> bool:
        """Whether what code outside of functions and classes says leads to a loss."""
        targets = self.resolve(said, scope, None)
        self.follow()
        return self.nearest(targets) is not None

    def matters(self, function: Function, within: int | None = None) -> bool:
        """Whether entering a function can meet a loss, or changes what others read. `within`: in so many steps, where a call
        takes two."""
        steps = self.distance(function)
        return steps is not None and (within is None or steps <= within)

    def distance(self, function: Function) -> int | None:
        if function not in self.answers:
            self.answers[function] = 0 if self.said_by(function).shared else self.leads(function)
        return self.answers[function]

    def leads(self, function: Function) -> int | None:
        self.node(function)
        targets = self.targets(function)
        self.follow()
        return self.nearest(targets)

    def nearest(self, targets: Iterable[Node]) -> int | None:
        """How many steps the nearest loss is away, None where none is reached."""
        return min((steps for one in targets if (steps := self.reached(one)) is not None), default=None)

    def used(self, module: FileModule) -> set[str]:
        """The functions and methods that a file names, other than to define them."""
        code = [self.say(statement) for statement in module.outline.body if not isinstance(statement, DEFINITIONS)]
        code += map(self.says, module.functions)
        return {one[1] for said in code for one in said if one[0] in ("name", "own")}

    # What is defined

    def define(self, module: FileModule) -> None:
        every: list[Function | Class] = [*module.functions, *module.classes]
        for one in every:
            self.asked.add(_node(one))
            if isinstance(one, Class) or (one.owner is None and one.scope.parent is None):
                self.defined.setdefault(one.name, set()).add(_node(one))
        for statement in module.outline.body:
            for name, value in _assigned(statement):
                self.globals.setdefault((module.path, name), []).append(value)
                if ("global", "", name) in self.asked:
                    self.link(("global", "", name), [self.variable(module.path, name)])

    # What mentions what

    def collect(self, module: FileModule) -> None:
        for function in module.functions:
            self.function(function)
        for cls in module.classes:
            self.cls(cls)

    def follow(self) -> None:
        """Take in what was found as a value only, such as a function made while another ran, and note what leads to a loss."""
        while self.fresh or self.waiting:
            if self.fresh:
                one = self.fresh.pop()
                if isinstance(one, Function):
                    self.function(one)
                else:
                    self.cls(one)
                continue
            node, steps = self.waiting.popleft()
            if steps < self.steps.get(node, steps + 1):
                self.steps[node] = steps
                self.waiting += ((one, steps + 1) for one in self.back.get(node, ()))
                for function in self.keepers.pop(node, ()):
                    self.keep(function)

    def function(self, function: Function) -> None:
        node, own = whole(function.node), _node(function)
        said = self.said_by(function)
        self.link(_free(own), self.resolve(said.mentions, function.scope, None))
        self.link(own, self.targets(function))
        if isinstance(node, ast.Lambda):
            return
        if said.assigned and own in self.steps:
            self.keep(function)
        elif said.assigned:
            self.keepers.setdefault(own, []).append(function)
        for name in said.shared:
            self.link(("global", function.module.path, name), [own])
        for decorator in node.decorator_list:  # a registry keeps the function
            registrar = decorator.func if isinstance(decorator, ast.Call) else decorator
            for key in self.resolve(self.say(registrar), function.scope, _owner(function)):
                if key[0] in ("own", "global"):
                    self.link(key, [own])

    def keep(self, function: Function) -> None:
        """What a function keeps beyond its end leads where it says: of interest for functions that lead to a loss alone."""
        owner, own = _owner(function), _node(function)
        for one, held in kept(whole(function.node), self.said_by(function)):
            if one[0] != "own":
                for key in self.named(one[1], (), function.scope):
                    if key[0] in ("global", "held"):
                        self.link(key, [own])
            elif owner is not None:
                self.has(owner, one[1])
                self.link(("kept", id(owner), one[1]), self.resolve(held, function.scope, owner))

    def cls(self, cls: Class) -> None:
        """Who names a class makes objects of it: what they can do is what its methods and those of its bases say, themselves
        aside. What a class derived from it does otherwise, its objects don't."""
        node = _node(cls)
        self.link(node, (_free(_node(one)) for one in cls.ancestry))
        self.link(_free(node), (key for base in cls.bases if not isinstance(base, Class) for key in self.found(base)))
        for name, value in list(cls.names.items()):
            self.has(cls, name)
            self.link(_free(node), map(_free, self.found(value)) if isinstance(value, Function) else self.found(value))
        scope = Scope(cls.names, cls.module)
        for statement in whole(cls.node).body:
            for name, given in _assigned(statement):
                key = ("kept", id(cls), name)
                self.has(cls, name)
                self.link(_free(node), [key])
                self.link(key, self.resolve(self.say(given), scope, cls))

    def targets(self, function: Function) -> set[Node]:
        own = [one for one in self.says(function) if one[0] in ("own", "super")]
        return {_free(_node(function)), *self.resolve(own, function.scope, _owner(function))}

    def say(self, node: ast.AST) -> frozenset[Mention]:
        return self.said_in(node).mentions

    def says(self, function: Function) -> frozenset[Mention]:
        return self.said_by(function).mentions

    def said_in(self, node: ast.AST) -> Said:
        known = self.said.get(id(node))
        if known is None:
            known = self.said[id(node)] = read(node)
        return known

    def said_by(self, function: Function) -> Said:
        """Read once for all functions that are written alike: models are made from one another."""
        node = whole(function.node)
        known = self.said.get(id(node))
        if known is None:
            text = function.module.map.segments.lines.of(node)
            known = self.said[id(node)] = self.texts.get(text) or read(node)
            if text:
                self.texts[text] = known
        return known

    def link(self, key: Node, targets: Iterable[Node]) -> None:
        for target in targets:
            sources = self.back.setdefault(target, set())
            if key not in sources:
                sources.add(key)
                steps = self.reached(target)
                if steps is not None:
                    self.waiting.append((key, steps + 1))

    def reached(self, node: Node) -> int | None:
        """In how many steps a loss is reached from here, as far as is known."""
        return 0 if node[0] == "call" and node[1] not in self.defined else self.steps.get(node)

    # What a mention means

    def resolve(self, said: Iterable[Mention], scope: Scope, owner: Class | None) -> set[Node]:
        found: set[Node] = set()
        for one in said:
            if one[0] == "name":
                found.update(self.named(one[1], one[2:], scope))
            elif one[0] == "given":
                found.update(self.picked(one[1], one[2:], scope))
            elif one[0] == "here":
                found.update(self.anything(scope.module))
            elif one[0] == "any":
                found.update(self.defined.get(one[1], ()))
                found.update((LOSS,) if one[1] in losses() else (self.anywhere(one[1]),))
            elif one[0] not in ("own", "super"):
                found.add(one)
            elif owner is not None:
                found.add(self.attribute(owner, one[1], one[0]))
        return found

    def attribute(self, cls: Class, name: str, how: str) -> Node:
        """What a class calls so: `"own"` for `self.name` in it, which the classes below it may have otherwise, `"super"` for
        `super().name`, `"of"` for `Class.name`."""
        key = (how, id(cls), name)
        if key not in self.asked:
            self.asked.add(key)
            for one in cls.ancestry[1:] if how == "super" else cls.ancestry:
                self.inherit(key, one, name)
            if how == "own":
                self.families.setdefault(id(cls), set()).add(name)
                below, having = self.below(cls), self.having.get(name, {})
                for number in below.keys() & having.keys():
                    self.inherit(key, below[number], name)
        return key

    def has(self, cls: Class, name: str) -> None:
        """Tell the classes above that call a name on their own objects that this one has it."""
        having = self.having.setdefault(name, {})
        if id(cls) not in having:
            having[id(cls)] = cls
            for above in cls.ancestry[1:]:
                if name in self.families.get(id(above), ()):
                    self.inherit(("own", id(above), name), cls, name)

    def below(self, cls: Class) -> dict[int, Class]:
        if id(cls) not in self.beneath:
            self.beneath[id(cls)] = {id(one): one for one in _below(cls)}
        return self.beneath[id(cls)]

    def inherit(self, key: Node, cls: Class, name: str) -> None:
        self.link(key, [("kept", id(cls), name)])
        if name in cls.names:
            self.link(key, self.found(cls.names[name]))

    def anywhere(self, name: str) -> Node:
        """A name of some file, of which it isn't known which."""
        key = ("global", "", name)
        if key not in self.asked:
            self.asked.add(key)
            self.link(key, (self.variable(path, name) for path, other in list(self.globals) if other == name))
        return key

    def variable(self, path: str, name: str) -> Node:
        """A name that a file binds."""
        key = ("global", path, name)
        if key not in self.asked:
            self.asked.add(key)
            module = self.modules[path]
            for value in self.globals.get((path, name), ()):
                self.link(key, self.resolve(self.say(value), Scope(module.names, module), None))
        return key

    def named(self, root: str, path: Sequence[str], scope: Scope) -> Iterator[Node]:
        """What `root.path` is."""
        value = scope.find(root)
        if value is None:
            if root not in BUILTINS:
                yield LOSS if root in losses() else self.anywhere(root)
            return
        value, left = self.along(value, path)
        if left and isinstance(value, ModuleValue):
            yield self.anywhere(left[0])
            return
        if left and isinstance(value, (Class, Instance)):
            yield self.attribute(value.cls if isinstance(value, Instance) else value, left[0], "of")
        yield from self.found(value)
        if isinstance(value, (Function, Class, Library, ModuleValue)):
            return
        if (scope.module.path, root) in self.globals:
            yield self.variable(scope.module.path, root)
        elif isinstance(value, Unknown):
            yield self.anywhere(root)

    def picked(self, root: str, path: Sequence[str], scope: Scope) -> Iterator[Node]:
        """What may be picked from `root.path`, which is passed on, if it is a module."""
        value, left = self.along(scope.find(root), path)
        if isinstance(value, Library) and value.name in MODULES:
            yield LOSS
        elif isinstance(value, ModuleValue) and not left:
            yield from self.anything(value.module)

    def anything(self, module: FileModule) -> Iterator[Node]:
        for one in module.names.values():
            if isinstance(one, (Function, Class, Library)):
                yield from self.found(one)

    def along(self, value: Value | None, path: Sequence[str]) -> tuple[Value | None, Sequence[str]]:
        """What a dotted name comes to through modules and libraries, and what is left of it there."""
        for at, name in enumerate(path):
            if isinstance(value, ModuleValue) and (inside := self.inside(value.module, name)) is not None:
                value = inside
            elif isinstance(value, Library):
                value = Library(f"{value.name}.{name}")
            else:
                return value, path[at:]
        return value, ()

    def inside(self, module: FileModule, name: str) -> Value | None:
        """What a module has of this name; of a package, a module of its folder too."""
        if name in module.names or not module.path.endswith("__init__.py"):
            return module.find(name)
        folder = module.path.removesuffix("__init__.py")
        below = self.modules.get(f"{folder}{name}.py") or self.modules.get(os.path.join(folder, name, "__init__.py"))  # noqa: PTH118
        return ModuleValue(below) if below is not None else None

    def found(self, value: Value | None, depth: int = DEEP) -> Iterator[Node]:
        """The definitions of the program, and the losses, that a value holds."""
        inside: Iterable[Value] = ()
        if isinstance(value, (Function, Class)):
            yield self.node(value)
        elif isinstance(value, Method):
            yield self.node(value.function)
            inside = (value.receiver,)
        elif isinstance(value, Instance):
            yield self.node(value.cls)
        elif isinstance(value, Library):
            if self.is_loss(value.name):
                yield LOSS
        elif isinstance(value, LibraryObject):
            if self.is_loss(value.name):
                yield LOSS
            inside = (*value.args, *value.keywords.values())
        elif isinstance(value, Partial):
            inside = (value.function, *value.args, *value.keywords.values())
        elif isinstance(value, Alternatives):
            inside = value.values
        elif isinstance(value, Members):
            yield ("held", id(value))
            inside = (*(value.items or value.tail), value.rest)
        elif isinstance(value, Table):
            yield ("held", id(value))
            inside = [*value.items.values(), *([value.rest] if value.rest is not None else [])]
        if depth:
            for one in inside:
                yield from self.found(one, depth - 1)

    def node(self, value: Function | Class) -> Node:
        node = _node(value)
        if node not in self.asked:
            self.asked.add(node)
            self.fresh.append(value)
        return node


def _node(value: Function | Class) -> Node:
    """Functions that a decorator makes are one piece of code, and as many functions as it is given."""
    code = (id(whole(value.node)),)
    return (*code, id(value.scope)) if isinstance(value, Function) and value.scope.parent is not None else code


def _free(node: Node) -> Node:
    """What the code of a function or a class says of others than the object that it belongs to."""
    return ("free", *node)


def _below(cls: Class) -> Iterator[Class]:
    for one in cls.subclasses:
        yield one
        yield from _below(one)


def _owner(function: Function) -> Class | None:
    """What is made in a method speaks of the method's object."""
    owner, scope = function.owner, function.scope
    while owner is None and scope.parent is not None:
        owner = scope.function.owner if scope.function is not None else None
        scope = scope.parent
    return owner


def _assigned(statement: ast.stmt) -> Iterator[tuple[str, ast.AST]]:
    """The names that a statement outside of functions binds, and the code that says to what."""
    if isinstance(statement, (ast.Assign, ast.AnnAssign)):
        for target in statement.targets if isinstance(statement, ast.Assign) else [statement.target]:
            for part in ast.walk(target):
                if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store):
                    yield part.id, statement
        return
    if isinstance(statement, DEFINITIONS):
        return
    for inner in ("body", "handlers", "orelse", "finalbody"):
        for part in getattr(statement, inner, ()):
            for each in [part] if isinstance(part, ast.stmt) else part.body:
                yield from _assigned(each)
