"""Which functions can have to do with a loss: those worth entering when nobody calls them.

A function matters when it names a loss of torch, or a function, class or attribute of the program that does. Names are followed,
not values: what is entered for nothing costs time only. A method of an object that the function was given doesn't count: who
made the object names its class, and is entered too.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from functools import cache, lru_cache
from typing import Final

from losslint.knowledge import contracts
from losslint.static.walking import walk

LOSS_LIKE: Final = re.compile(r"loss|criteri|entropy|objective|^backward$", re.IGNORECASE)
"""What a loss that arrives from elsewhere is called by, where the program defines no function or class of the name; what is
backpropagated is one too."""
HOLDS_LOSSES: Final = frozenset({"nn", "F", "functional"})
ANYWHERE: Final = frozenset({"globals", "eval", "import_module"})
"""Functions by which anything is found by its name."""
OWN: Final = frozenset({"self", "cls"})
DECORATOR: Final = "contract"
"""What a loss of the program is decorated with to declare its contract."""

Definition = ast.FunctionDef | ast.AsyncFunctionDef


@cache
def losses() -> frozenset[str]:
    """The short names of torch's losses, as classes and as functions."""
    return frozenset(name.rpartition(".")[2] for name in contracts())


class Relevance:
    """The names that matter in a program: `name` of a definition or global, `Family:attribute` of the classes that inherit
    from one another, `called()` for losses from elsewhere. `own`: names of the program's losses whose contract is declared."""

    def __init__(self, trees: Iterable[ast.Module], own: Iterable[str] = ()) -> None:
        trees = list(trees)
        self.families = _families(trees)
        self.mentions: dict[str, set[str]] = {}
        self.defined: set[str] = set()
        self.called: set[str] = set()
        self.decorated: list[tuple[str, set[str]]] = []
        for tree in trees:
            self.collect(tree.body, None)
        for name, names in self.decorated:
            if name in self.mentions:
                self.add(name, names)
        found = set(losses()) | set(own) | {DECORATOR} | {f"{name}()" for name in self.called - self.defined}
        while more := {name for name, names in self.mentions.items() if name not in found and not names.isdisjoint(found)}:
            found |= more
        self.names = frozenset(found)

    def matters(self, function: Definition | ast.Lambda, owner: str | None) -> bool:
        """Whether a function, of the class `owner` if any, mentions a name that matters, or changes what others read."""
        if any(isinstance(part, (ast.Global, ast.Nonlocal)) for part in walk(function)):
            return True
        return not self.names.isdisjoint(self.of(function, owner))

    def of(self, node: ast.AST, owner: str | None) -> set[str]:
        family = self.families.get(owner or "")
        return {f"{family}:{name[5:]}" if name.startswith("self.") else name for name in mentions(node)}

    def collect(self, body: list[ast.stmt], owner: str | None) -> None:
        for node in body:
            if isinstance(node, ast.ClassDef):
                self.define(node.name, [*node.bases, *node.keywords, *node.decorator_list], None)
                self.collect(node.body, node.name)
            elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                self.function(node, owner)
            elif isinstance(node, (ast.Assign, ast.AnnAssign)):
                for target in node.targets if isinstance(node, ast.Assign) else [node.target]:
                    for name in _bound(target):
                        self.add(name if owner is None else f"{self.families[owner]}:{name}", mentions(node))
            elif isinstance(node, (ast.Import, ast.ImportFrom)):
                for alias in node.names:
                    if alias.asname:
                        self.add(alias.asname, [alias.name.rpartition(".")[2]])
            else:
                for inner in ("body", "orelse", "finalbody"):
                    self.collect(getattr(node, inner, []), owner)

    def function(self, node: Definition, owner: str | None) -> None:
        for decorator in node.decorator_list:  # it may register the function
            for name in mentions(decorator):
                self.decorated.append((name, self.of(node, owner)))
        if owner is None:
            self.define(node.name, [node], None)
        else:
            self.define(owner, [node], owner)
            self.add(f"{self.families[owner]}:{node.name}", self.of(node, owner))
        self.called |= {name[:-2] for name in mentions(node) if name.endswith("()")}
        # What a function keeps in objects and globals is found by others under those names; its own names end with it.
        local = _locals(node)
        for part in walk(node):
            if isinstance(part, ast.Assign):
                for target, value in (pair for each in part.targets for pair in _pairs(each, part.value)):
                    if isinstance(target, ast.Attribute) and owner is not None and _last(target.value) in OWN:
                        kept = self.of(value, owner)
                        kept = kept.difference(local).union(*(local[name] for name in kept if name in local))
                        self.add(f"{self.families[owner]}:{target.attr}", kept)
                    elif isinstance(target, ast.Subscript) and (table := _root(target.value)) and table not in local:
                        self.add(table, [node.name])
            elif isinstance(part, ast.Global):
                for name in part.names:
                    self.define(name, [node], owner)

    def define(self, name: str, nodes: Iterable[ast.AST], owner: str | None) -> None:
        self.defined.add(name)
        for node in nodes:
            self.add(name, self.of(node, owner))

    def add(self, name: str, names: Iterable[str]) -> None:
        self.mentions.setdefault(name, set()).update(names)


@lru_cache(maxsize=20_000)  # a method is asked for by its class, by its own name and when it may be run
def mentions(node: ast.AST) -> frozenset[str]:
    """What a piece of code mentions: names, `self.attribute`, and attributes of what it doesn't bind itself.

    For `getattr(nn, …)` and `globals()[…]`, every loss there is. Local names of a function are left out, and say nothing where
    they are called.
    """
    names: set[str] = set()
    found: set[str] = set()
    plain: set[str] = set()
    looked: list[str] = []
    bound: set[str] = set()
    shared: set[str] = set()
    attributes: list[tuple[str, str]] = []
    for part in walk(node):
        if isinstance(part, ast.Name):
            (bound if isinstance(part.ctx, ast.Store) else names).add(part.id)
        elif isinstance(part, ast.arg):
            bound.add(part.arg)
        elif isinstance(part, ast.Attribute):
            attributes.append((_root(part.value), part.attr))
        elif isinstance(part, ast.Call):
            name = _last(part.func)
            if LOSS_LIKE.search(name):
                (plain if isinstance(part.func, ast.Name) else found).add(f"{name}()")
            elif name == "getattr" and _picks(part.args):
                looked.append(_root(part.args[0]))
            elif name == "import_module" or (name in ANYWHERE and isinstance(part.func, ast.Name)):  # `model.eval()` is another
                found |= losses()
        elif isinstance(part, ast.Constant):
            if isinstance(part.value, str) and part.value in losses():
                found.add(part.value)
        elif isinstance(part, ast.alias):
            names.add(part.name.rpartition(".")[2])
        elif isinstance(part, ast.Global):
            shared.update(part.names)
    local = bound - shared if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)) else set()
    for root, attribute in attributes:
        if root in OWN:
            found.add(f"self.{attribute}")
        elif attribute in losses() or root not in local:
            found.add(attribute)
    found |= plain - {f"{name}()" for name in bound}
    if any(name not in local for name in looked):  # a module; objects of the function's own hold no losses by their names
        found |= losses()
    return frozenset(found | (names | bound) - local)


def _picks(args: list[ast.expr]) -> bool:
    """Whether `getattr` looks a loss up, or something in what may be a module of losses."""
    if len(args) < 2 or (isinstance(args[0], ast.Name) and args[0].id in OWN):
        return False
    return _last(args[0]) in HOLDS_LOSSES or (isinstance(args[0], ast.Name) and not isinstance(args[1], ast.Constant))


def _families(trees: list[ast.Module]) -> dict[str, str]:
    """For every class name, the name that stands for all that inherit from one another."""
    head: dict[str, str] = {}

    def find(name: str) -> str:
        while head.setdefault(name, name) != name:
            name = head[name]
        return name

    for tree in trees:
        for node in walk(tree):
            if isinstance(node, ast.ClassDef):
                find(node.name)
                for base in node.bases:
                    if (name := _last(base)) not in ("Module", "object", "LightningModule", ""):
                        head[find(name)] = find(node.name)
    return {name: find(name) for name in list(head)}


def _locals(function: Definition) -> dict[str, frozenset[str]]:
    """The local names of a function, and what the values that it gives them mention."""
    found = {part.arg: frozenset[str]() for part in walk(function.args) if isinstance(part, ast.arg)}
    spec = function.args
    plain = [*spec.posonlyargs, *spec.args]
    for parameter, default in zip(plain[len(plain) - len(spec.defaults) :], spec.defaults, strict=True):
        found[parameter.arg] = mentions(default)
    for parameter, given in zip(spec.kwonlyargs, spec.kw_defaults, strict=True):
        found[parameter.arg] = mentions(given) if given is not None else frozenset()
    for part in walk(function):
        if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store):
            found.setdefault(part.id, frozenset())
        elif isinstance(part, ast.Assign):
            for target in part.targets:
                if isinstance(target, ast.Name):
                    found[target.id] = found.get(target.id, frozenset()) | mentions(part.value)
    return {name: values - found.keys() for name, values in found.items()}


def _pairs(target: ast.expr, value: ast.expr) -> list[tuple[ast.expr, ast.expr]]:
    """What each target of an assignment gets, in `a, b = x, y` too."""
    if isinstance(target, (ast.Tuple, ast.List)):
        if isinstance(value, (ast.Tuple, ast.List)) and len(target.elts) == len(value.elts):
            return list(zip(target.elts, value.elts, strict=True))
        return [(one, value) for one in target.elts]
    return [(target, value)]


def _bound(target: ast.expr) -> Iterator[str]:
    return (part.id for part in walk(target) if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store))


def _last(node: ast.AST) -> str:
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def _root(node: ast.AST) -> str:
    while isinstance(node, ast.Attribute):
        node = node.value
    return node.id if isinstance(node, ast.Name) else ""
