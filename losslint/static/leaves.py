"""Leaves whose own gradient is asked for: `image = Variable(image.data, requires_grad=True)`, a loss of it, then `image.grad`.

What learns is the leaf, so that it was cut from what made it is meant.
"""

from __future__ import annotations

from collections.abc import Iterable, Set
from typing import TYPE_CHECKING, Final

from losslint.calls import Use
from losslint.places import Step
from losslint.static.values import Data, Members, Table, Unknown, Value, constants

if TYPE_CHECKING:
    from losslint.static.machine import Machine, Record

GRADIENTS: Final = "torch.autograd.grad"
BEFORE_GRAPH: Final = 4
"""Its parameters before `create_graph`."""


def ask_by_library(machine: Machine, name: str, given: Iterable[Value]) -> None:
    """`torch.optim.Adam([image])`, `torch.autograd.grad(loss, image)`."""
    if name.startswith("torch.optim.") or name == GRADIENTS:
        for value in given:
            ask(machine, value)


def gradients(name: str, args: list[Value], keywords: dict[str, Value]) -> Value | None:
    """What `torch.autograd.grad(loss, weights)` gives: tensors without a graph, unless one is asked for."""
    if name != GRADIENTS or len(args) > BEFORE_GRAPH or "**" in keywords:
        return None
    graph = keywords.get("create_graph")
    return Members("tuple", None, Unknown()) if graph is None or constants(graph).only is False else None


def ask(machine: Machine, value: Value, depth: int = 2) -> None:
    """Something, or what a container holds, is asked for its gradient."""
    if isinstance(value, Data):
        facts = value.operand.facts
        if facts.requires_grad.only is True and facts.steps and facts.steps[-1].cuts:
            machine.leaves.add(facts.steps[-1])
    elif depth and isinstance(value, (Members, Table)):
        held = value.items.values() if isinstance(value, Table) else value.items or [value.any()]
        for one in held:
            ask(machine, one, depth - 1)


def tell(records: Iterable[Record], asked: Set[Step]) -> None:
    """The losses that are computed from such leaves."""
    for record in records if asked else ():
        for step in record.call.prediction.steps:
            if step.cuts and step in asked:
                record.uses.append(Use("asked", step.where))
                break
