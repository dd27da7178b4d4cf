"""What a class leaves None or empty and uses all the same: whoever uses the class fills it in."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator

from losslint.static.values import NOTHING, Class, Function, Instance, Members, Table, Value
from losslint.static.walking import walk, whole


def is_blank(cls: Class, name: str) -> bool:
    """Whether objects of a class are called by their attribute `name`, which neither the class nor one derived from it ever
    sets to anything but None."""
    return any(name in _uses(one)[0] for one in cls.ancestry) and not any(name in _uses(one)[1] for one in _kin(cls))


def forget_assigned(function: Function, receiver: Value | None) -> None:
    """Of what a method set that did not come to its end, what it sets more than once is no longer known."""
    if isinstance(receiver, Instance):
        nodes = walk(whole(function.node))
        stored = Counter(name for one in nodes if isinstance(one, ast.Attribute) and _stored(one) for name in _of_self(one))
        for name, times in stored.items():
            if times > 1 and name in receiver.attributes:
                receiver.attributes[name] = NOTHING
                receiver.under.pop(name, None)


def forget_empty(value: Value, depth: int = 3) -> None:
    """A list that is empty where a method runs that nobody calls isn't so where the method is called: others fill it."""
    if isinstance(value, Members):
        if value.items == [] and value.kind in ("list", "set"):
            value.forget()
    elif depth:
        held = value.attributes if isinstance(value, Instance) else value.items if isinstance(value, Table) else {}
        for one in held.values():
            forget_empty(one, depth - 1)


def _stored(node: ast.Attribute) -> bool:
    return isinstance(node.ctx, ast.Store)


def _kin(cls: Class) -> Iterator[Class]:
    """A class, its bases and what is derived from it, in the program."""
    waiting, seen = [*cls.ancestry], set[int]()
    while waiting:
        one = waiting.pop()
        if id(one) not in seen:
            seen.add(id(one))
            waiting.extend(one.subclasses if one is cls or cls in one.ancestry else ())
            yield one


def _uses(cls: Class) -> tuple[frozenset[str], frozenset[str]]:
    """The attributes of their object that the methods of a class call, and those that they set to something."""
    if cls.uses is None:
        called, filled = set[str](), set[str]()
        for function in cls.names.values():
            if isinstance(function, Function):
                for node in walk(whole(function.node)):
                    if isinstance(node, ast.Call):
                        called.update(_of_self(node.func))
                    elif isinstance(node, (ast.Assign, ast.AnnAssign)) and not _is_none(node.value):
                        for target in node.targets if isinstance(node, ast.Assign) else [node.target]:
                            for part in target.elts if isinstance(target, (ast.Tuple, ast.List)) else [target]:
                                filled.update(_of_self(part))
        cls.uses = frozenset(called), frozenset(filled)
    return cls.uses


def _of_self(node: ast.expr) -> Iterator[str]:
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "self":
        yield node.attr


def _is_none(node: ast.expr | None) -> bool:
    return node is None or (isinstance(node, ast.Constant) and node.value is None)
