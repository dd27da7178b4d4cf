"""Functions whose results the program itself caches, as `functools.cache` does: for the same arguments they give the same object.

Other calls are entered each time. To remember what they return by the facts of their arguments would spare little,
against proving of each that it changes nothing and depends on nothing else.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Final

from losslint.static.values import Class, Function, Library, ModuleValue, Value, losses_of, one_constant

if TYPE_CHECKING:
    from losslint.static.calls import Calls
    from losslint.static.machine import Scope

CACHES: Final = frozenset({
    "functools.cache", "functools.lru_cache", "streamlit.cache_resource", "streamlit.experimental_singleton",
    "cachetools.func.lru_cache", "methodtools.lru_cache",
})  # fmt: skip
Key = tuple[Any, ...]


def called(
    machine: Calls, function: Function, args: list[Value], keywords: dict[str, Value], node: ast.AST, scope: Scope
) -> Value:
    """What a function returns that caches its results. What it returned in a branch, or for want of budget, isn't what it returns
    whenever it is called."""
    results, function.results = function.results or {}, None
    key = _key([*args, *keywords.values()], tuple(keywords))
    try:
        if key is None:
            return machine.enter(function, args, keywords, node, scope)
        if key not in results:
            found = machine.enter(function, args, keywords, node, scope)
            if machine.path or machine.forks or machine.left_out or losses_of(found):
                return found
            results[key] = found
        return results[key]
    finally:
        function.results = results


def _key(values: Iterable[Value], names: tuple[str, ...]) -> Key | None:
    """What tells one call from others; None where an argument may change, or isn't known."""
    parts: list[Any] = [names]
    for value in values:
        if isinstance(value, (Library, Class, Function, ModuleValue)):
            parts.append(value.name if isinstance(value, Library) else value)
        elif (one := one_constant(value)) is not None:
            parts.append((type(one[0]), one[0]))
        else:
            return None
    try:
        hash(key := tuple(parts))
    except TypeError:
        return None
    return key
