"""Operators that a class of the program defines: `loss_a + loss_b` of loss objects, a meter that takes `+=`."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from losslint.static.values import Function, Instance, Value

if TYPE_CHECKING:
    from losslint.static.calls import Calls
    from losslint.static.machine import Scope


def overloaded(machine: Calls, name: str, left: Value, right: Value, node: ast.AST, scope: Scope) -> Value | None:
    """What an operator gives whose left side, or else whose right side, is an object that defines it; None where neither is."""
    if isinstance(left, Instance) and (own := _method(left, name)) is not None:
        return machine.enter(own, [left, right], {}, node, scope)
    if isinstance(right, Instance) and (own := _method(right, f"r{name}")) is not None:
        return machine.enter(own, [right, left], {}, node, scope)
    return None


def augmented(machine: Calls, name: str, held: Value, added: Value, node: ast.AST, scope: Scope) -> Value | None:
    """What `held += added` leaves where the object says so itself: what becomes of the added is up to it."""
    own = _method(held, f"i{name}") if isinstance(held, Instance) else None
    return machine.enter(own, [held, added], {}, node, scope) if own is not None else None


def _method(one: Instance, name: str) -> Function | None:
    found = one.cls.lookup(f"__{name.rstrip('_')}__")
    return found[0] if found is not None and isinstance(found[0], Function) else None
