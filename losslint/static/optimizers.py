"""Optimizers of the program: what a step of theirs does, it does to parameters."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Final

from losslint.static.values import NOTHING, Function, Method, Partial, Value, is_none

if TYPE_CHECKING:
    from losslint.static.calls import Args, Calls, Keywords
    from losslint.static.machine import Scope

OPTIMIZERS: Final = "torch.optim."


def step(machine: Calls, method: Method, args: Args, keywords: Keywords, node: ast.AST, scope: Scope) -> Value | None:
    """A step changes parameters and what the optimizer remembers of them, of which nothing is known before or after, and calls
    the closure that it is given. None where a call is something else, or where the step has a loss of its own."""
    given = [*args, *keywords.values()]
    function = method.function
    closures = [one for one in given if isinstance(one, (Function, Method, Partial))]
    if function.owner is None or len(given) > 1 or not all(one in closures or is_none(one) for one in given):
        return None
    if function.names_loss or not any(base.startswith(OPTIMIZERS) for base in function.owner.library_bases()):
        return None
    return machine.call(closures[0], [], {}, node, scope) if closures else NOTHING
