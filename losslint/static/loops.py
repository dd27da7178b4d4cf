"""Training loops that a library writes: given a model and a loss, they call the one with what the other returns."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from losslint.static.values import NOTHING, Function, LibraryObject, Method, Unknown, Value

if TYPE_CHECKING:
    from losslint.static.calls import Args, Calls, Keywords
    from losslint.static.machine import Scope


@dataclass(frozen=True)
class Loop:
    """Name and position of the model and of the loss. `changes`: options by which outputs are no longer the model's own."""

    model: tuple[str, int]
    loss: tuple[str, int]
    changes: frozenset[str] = frozenset()


_MONAI: Final = Loop(("network", 3), ("loss_function", 5), frozenset({"iteration_update", "inferer"}))
LOOPS: Final = {
    "ignite.engine.create_supervised_trainer": Loop(("model", 0), ("loss_fn", 2), frozenset({"model_transform", "model_fn"})),
    "monai.engines.SupervisedTrainer": _MONAI,
    "monai.engines.trainer.SupervisedTrainer": _MONAI,
}


def run(machine: Calls, name: str, args: Args, keywords: Keywords, node: ast.AST, scope: Scope) -> None:
    """Do once what the loop does with every batch. Nothing is known of the batch."""
    loop = LOOPS.get(name)
    if loop is None or "**" in keywords or any(not _plain(value) for word, value in keywords.items() if word in loop.changes):
        return
    model, loss = (
        keywords[word] if word in keywords else args[at] if at < len(args) else NOTHING for word, at in (loop.model, loop.loss)
    )
    if isinstance(model, Unknown) or isinstance(loss, Unknown) or model is NOTHING or loss is NOTHING:
        return
    # The loop's arguments are not the loss's: the place is the loop's name.
    place = node.func if isinstance(node, ast.Call) else node
    output = machine.call(model, [NOTHING], {}, place, scope)
    machine.mark_backward(machine.call(loss, [output, NOTHING], {}, place, scope))


ENGINES: Final = frozenset({"ignite.engine.Engine", "ignite.engine.engine.Engine"})


def run_engine(machine: Calls, engine: LibraryObject, args: Args, keywords: Keywords, node: ast.AST, scope: Scope) -> None:
    """`Engine(update).run(loader)`: ignite calls the function with itself and a batch."""
    from losslint.static.builtin import iterate

    update = engine.args[0] if engine.args else engine.keywords.get("process_function", NOTHING)
    data = args[0] if args else keywords.get("data", NOTHING)
    if isinstance(update, (Function, Method)):
        batch = iterate(machine, data, node, scope)
        machine.call(update, [engine, NOTHING if isinstance(batch, list) else batch], {}, node, scope)


def _plain(value: Value) -> bool:
    """Whether it is the inferer that calls the model and does no more."""
    return isinstance(value, LibraryObject) and value.name in (
        "monai.inferers.SimpleInferer",
        "monai.inferers.inferer.SimpleInferer",
    )
