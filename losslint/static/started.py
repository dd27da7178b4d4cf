"""Functions of the program that something else calls: threads, processes, pools."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Final

from losslint.static.values import NOTHING, SIZE, Function, Members, Method, Table, Value

if TYPE_CHECKING:
    from losslint.static.calls import Args, Calls, Keywords
    from losslint.static.machine import Scope

STARTS: Final = frozenset({"threading.Thread", "multiprocessing.Process", "torch.multiprocessing.Process"})
"""Given a `target` and its arguments."""
SPAWNS: Final = frozenset({
    "torch.multiprocessing.spawn", "torch.multiprocessing.start_processes",
    "torch_xla.distributed.xla_multiprocessing.spawn", "torch_xla.launch",
})  # fmt: skip
"""Given a function and its arguments, which come after the number of the process."""
SUBMITS: Final = {"submit": False, "apply_async": True}
"""Methods of pools that are given a function, and whether its arguments are in one tuple."""


def by_library(machine: Calls, name: str, args: Args, keywords: Keywords, node: ast.AST, scope: Scope) -> None:
    """`threading.Thread(target=train, args=(model,))`, `mp.spawn(worker, args=(2,))`: what is called is called now."""
    if name in STARTS:
        target, before = keywords.get("target", args[1] if len(args) > 1 else NOTHING), []
    elif name in SPAWNS:
        target, before = keywords.get("fn", args[0] if args else NOTHING), [SIZE]
    else:
        return
    given = keywords.get("args", args[1] if name in SPAWNS and len(args) > 1 else Members("tuple", []))
    named = keywords.get("kwargs")
    words = {str(key): value for key, value in named.items.items()} if isinstance(named, Table) else {}
    _run(machine, target, [*before, *_spread(given)], words, node, scope)


def by_method(machine: Calls, name: str, args: Args, keywords: Keywords, node: ast.AST, scope: Scope) -> None:
    """`pool.submit(train, model)`."""
    if name in SUBMITS and args:
        given = list(args[1:])
        _run(machine, args[0], _spread(given[0]) if SUBMITS[name] and given else given, keywords, node, scope)


def _run(machine: Calls, target: Value, args: Args, keywords: Keywords, node: ast.AST, scope: Scope) -> None:
    if isinstance(target, (Function, Method)):
        machine.call(target, args, keywords, node, scope)


def _spread(given: Value) -> list[Value]:
    return list(given.items) if isinstance(given, Members) and given.items is not None else [Members("*", None)]
