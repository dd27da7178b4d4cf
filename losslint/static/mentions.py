"""What a piece of code mentions, by its names alone: the edges along which a loss can be reached."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from losslint.knowledge import contracts
from losslint.static.walking import Fields, walk

LOSS_LIKE: Final = re.compile(r"loss|criteri|entropy|objective|^backward$", re.IGNORECASE)
"""What a loss that arrives from elsewhere is called by, where the program defines no function or class of the name; what is
backpropagated is one too."""
ANYWHERE: Final = frozenset({"globals", "eval"})
"""Functions by which anything is found by its name."""
ASKING: Final = frozenset({"hasattr", "dir", "callable", "print"})
"""Functions that pick nothing from a module that they are given."""
OF_CLASSES: Final = frozenset({"isinstance", "issubclass"})
"""Functions that are told a class of which no object is made."""
OWN: Final = frozenset({"self", "cls"})
CODE: Final = Fields()

Mention = tuple[str, ...]
"""`("name", "a", "b")` for `a.b` where the code does not bind `a`; `("own", "x")` for `self.x` and `("super", "x")` for
`super().x`; `("given", "a", "b")` for `a.b` passed to a call; `("call", "f")` for a call of what is named like a loss;
`("any", "f")` for what is imported inside; LOSS for a loss of torch."""
LOSS: Final[Mention] = ("loss",)
HERE: Final[Mention] = ("here",)
"""Anything of the file."""
Definition = ast.FunctionDef | ast.AsyncFunctionDef


@cache
def losses() -> frozenset[str]:
    """The short names of the losses that are known, as classes and as functions."""
    return frozenset(name.rpartition(".")[2] for name in contracts())


@dataclass(frozen=True)
class Said:
    """What a piece of code says. `shared`: the names of others that it changes; `assigned`: its assignments; `bound`: the names
    that it binds around it, those of a function being its own."""

    mentions: frozenset[Mention]
    shared: frozenset[str] = frozenset()
    assigned: tuple[ast.Assign, ...] = ()
    bound: frozenset[str] = frozenset()


def mentions(node: ast.AST) -> frozenset[Mention]:
    return read(node).mentions


def read(node: ast.AST) -> Said:
    """What a function, another statement or an expression says. The local names of a function are left out, and say nothing
    where they are called; so are its decorators, which run elsewhere."""
    found: set[Mention] = set()
    bound: set[str] = set()
    shared: set[str] = set()
    assigned: list[ast.Assign] = []
    known, code = losses(), CODE
    inside = isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
    waiting: list[Any] = [node.args, *node.body] if inside else [node]  # type: ignore[attr-defined]
    while waiting:
        part = waiting.pop()
        kind = type(part)
        if kind is ast.Name:
            if type(part.ctx) is ast.Store:
                bound.add(part.id)
            else:
                found.add(("name", part.id))
            continue
        if kind is ast.Attribute:
            root, path = _path(part)
            if not known.isdisjoint(path):
                found.add(LOSS)
            if type(root) is ast.Name and type(root.ctx) is not ast.Store:
                found.add(("own", path[0]) if root.id in OWN else ("name", root.id, *path))
            elif type(root) is ast.Call and _last(root.func) == "super":
                found.add(("super", path[0]))
            else:
                waiting.append(root)
            continue
        if kind is ast.Constant:
            if type(part.value) is str and part.value.rpartition(".")[2].removesuffix("()") in known:
                found.add(LOSS)
            continue
        if kind is ast.arg:
            bound.add(part.arg)
            continue  # of what it is annotated with, others make an object
        if kind is ast.AnnAssign and inside:
            waiting += (part.target, *([part.value] if part.value is not None else ()))
            continue
        if kind is ast.Assign:
            assigned.append(part)
        elif kind is ast.Call:
            name = _last(part.func)
            if name in OF_CLASSES:
                waiting += part.args[:1]
                continue
            if LOSS_LIKE.search(name):
                found.add(("call", name, "plain" if type(part.func) is ast.Name else ""))
            elif name in ANYWHERE and type(part.func) is ast.Name:  # `model.eval()` is another
                found.add(HERE)
            if name not in ASKING:
                found.update(_given(part))
            waiting.append(part.func)
            waiting += part.args
            waiting += [word.value for word in part.keywords]
            continue
        elif kind is ast.alias:
            bound.add(part.asname or part.name.partition(".")[0])
            found.add(("any", part.name.rpartition(".")[2]))
            continue
        elif kind is ast.Global or kind is ast.Nonlocal:
            shared.update(part.names)
            continue
        elif kind is ast.FunctionDef or kind is ast.AsyncFunctionDef or kind is ast.ClassDef:
            bound.add(part.name)
        for field in code[kind]:
            value = getattr(part, field, None)
            if type(value) is list:
                waiting += value
            elif value is not None:
                waiting.append(value)
    closed = inside or isinstance(node, ast.Lambda)
    local = bound - shared if closed else frozenset[str]()
    return Said(frozenset(_outside(found, local)), frozenset(shared), tuple(assigned), frozenset(() if closed else bound))


def _outside(found: Iterable[Mention], local: Iterable[str]) -> Iterator[Mention]:
    for one in found:
        if one[0] == "call":
            if not (one[2] and one[1] in local):
                yield one[:2]
        elif one[0] not in ("name", "given") or one[1] not in local:
            yield one


def _given(call: ast.Call) -> Iterator[Mention]:
    """The dotted names that a call is passed; for `getattr` with a name that is known, none."""
    if _last(call.func) == "getattr" and len(call.args) > 1 and isinstance(call.args[1], ast.Constant):
        return
    for one in (*call.args, *(word.value for word in call.keywords)):
        root, path = _path(one)
        if type(root) is ast.Name:
            yield ("given", root.id, *path)


def kept(function: Definition, said: Said) -> Iterator[tuple[Mention, frozenset[Mention]]]:
    """What a function keeps beyond its end, as an attribute of its object (`("own", "x")`) or a member of a table that it does
    not own (`("name", "table")`), and what that mentions."""
    local: dict[str, frozenset[Mention]] | None = None
    for part in said.assigned:
        for target, value in (pair for each in part.targets for pair in _pairs(each, part.value)):
            if isinstance(target, ast.Attribute) and _last(target.value) in OWN:
                local = local if local is not None else _locals(function, said)
                yield ("own", target.attr), _through(mentions(value), local)
            elif isinstance(target, ast.Subscript):
                root = _path(target.value)[0]
                local = local if local is not None else _locals(function, said)
                if isinstance(root, ast.Name) and root.id not in local and root.id not in OWN:
                    yield ("name", root.id), _through(mentions(value), local)


def _through(mentioned: frozenset[Mention], local: dict[str, frozenset[Mention]]) -> frozenset[Mention]:
    """What is mentioned, local names replaced by what their values mention."""
    found: set[Mention] = set()
    for one in mentioned:
        if one[0] in ("name", "given") and one[1] in local:
            found |= {other for other in local[one[1]] if other[0] not in ("name", "given") or other[1] not in local}
        else:
            found.add(one)
    return frozenset(found)


def _locals(function: Definition, said: Said) -> dict[str, frozenset[Mention]]:
    """The local names of a function, and what the values that it gives them mention."""
    found = {part.arg: frozenset[Mention]() for part in walk(function.args) if isinstance(part, ast.arg)}
    spec = function.args
    plain = [*spec.posonlyargs, *spec.args]
    for parameter, default in zip(plain[len(plain) - len(spec.defaults) :], spec.defaults, strict=True):
        found[parameter.arg] = mentions(default)
    for parameter, given in zip(spec.kwonlyargs, spec.kw_defaults, strict=True):
        found[parameter.arg] = mentions(given) if given is not None else frozenset()
    for part in said.assigned:
        for target in part.targets:
            if isinstance(target, ast.Name):
                found[target.id] = found.get(target.id, frozenset()) | mentions(part.value)
            else:
                for inner in walk(target):
                    if isinstance(inner, ast.Name) and isinstance(inner.ctx, ast.Store):
                        found.setdefault(inner.id, frozenset())
    return found


def _pairs(target: ast.expr, value: ast.expr) -> list[tuple[ast.expr, ast.expr]]:
    """What each target of an assignment gets, in `a, b = x, y` too."""
    if isinstance(target, (ast.Tuple, ast.List)):
        if isinstance(value, (ast.Tuple, ast.List)) and len(target.elts) == len(value.elts):
            return list(zip(target.elts, value.elts, strict=True))
        return [(one, value) for one in target.elts]
    return [(target, value)]


def _path(node: Any) -> tuple[Any, tuple[str, ...]]:
    """What a chain of attributes begins with, and their names."""
    path: list[str] = []
    while type(node) is ast.Attribute:
        path.append(node.attr)
        node = node.value
    return node, tuple(reversed(path))


def _last(node: ast.AST) -> str:
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""
