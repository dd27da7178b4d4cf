"""Libraries that train: given a model and a loss they apply the one to what the other returns.

skorch's nets, fastai's `Learner`, ignite's `create_supervised_trainer`, a learning-rate finder, an attack: none of them
does anything to the output in between, but for the exceptions in the knowledge.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING, Final

from losslint.knowledge import contracts
from losslint.static import library
from losslint.static.loops import LOOPS
from losslint.static.values import (
    BATCH,
    NOTHING,
    Class,
    Function,
    Instance,
    Library,
    LibraryObject,
    Members,
    Table,
    Value,
)

if TYPE_CHECKING:
    from losslint.static.calls import Args, Calls, Keywords
    from losslint.static.machine import Scope

NAMED: Final = frozenset({"criterion", "loss", "loss_fn", "loss_func", "loss_function"})
"""What the loss is called where it is given by name."""
CHANGES: Final = frozenset({"model_transform", "output_transform", "prepare_batch", "inferer"})
"""Options that put something between model and loss."""
TAKES_PROBABILITIES: Final = frozenset({"torch.nn.NLLLoss"})
"""skorch takes the logarithm itself for this loss, and others have followed it."""
NEVER: Final = frozenset({"torch", "builtins", "numpy", *sys.stdlib_module_names})
"""Libraries that train nothing themselves."""


def note_training(machine: Calls, name: str, args: Args, keywords: Keywords, node: ast.AST, scope: Scope) -> bool:
    """Compute the loss that a library will compute when it is given one model and one loss. Returns whether it was.

    `name`: the library's own, empty where nothing is known of what is called: then the loss has to be given by name.
    """
    if name.partition(".")[0] in NEVER or name in LOOPS or not CHANGES.isdisjoint(keywords):
        return False
    criteria = [value for value in _given(args, keywords, named=not name) if loss_name(value) is not None]
    models = [value for value in (*args, *keywords.values()) if is_model(value)]
    if len(criteria) != 1 or len(models) != 1 or loss_name(criteria[0]) in TAKES_PROBABILITIES:
        return False
    criterion, model = criteria[0], models[0]
    if isinstance(model, Class):
        options = {key[8:]: value for key, value in keywords.items() if key.startswith("module__")}
        model = machine.instantiate(model, [], options, node, scope)
    output = machine.call(model, [NOTHING], {}, node, scope)
    if isinstance(output, (Members, Table)):  # the library picks from it
        return False
    if isinstance(criterion, Library) and contracts()[criterion.name].class_name == criterion.name:
        criterion = machine.call(criterion, [], {}, node, scope)
    machine.call(criterion, [output, BATCH], {}, node, scope)
    return True


def compute_loss(machine: Calls, made: Instance, args: Args, keywords: Keywords, node: ast.AST, scope: Scope) -> None:
    """transformers' Trainer gives the model that it was made with to the `compute_loss` of a class derived from it."""
    found = made.cls.lookup("compute_loss")
    model = keywords.get("model", args[0] if args else NOTHING)
    if found is not None and isinstance(found[0], Function) and is_model(model) and isinstance(model, (Instance, LibraryObject)):
        machine.mark_backward(machine.enter(found[0], [made, model, NOTHING], {}, node, scope))


def _given(args: Args, keywords: Keywords, named: bool) -> Iterable[Value]:
    return [*(() if named else args), *(value for key, value in keywords.items() if not named or key in NAMED)]


def loss_name(value: Value) -> str | None:
    """The name of the library's loss that a value is, made already or not."""
    if isinstance(value, (Library, LibraryObject)):
        name = library.canonical(value.name)
        return name if name in contracts() else None
    return None


def is_model(value: Value) -> bool:
    """A network: a module of the program with a `forward`, an object of it, a `Sequential`, a model of a library."""
    if isinstance(value, Instance):
        return is_model(value.cls)
    if isinstance(value, Class):
        found = value.lookup("forward")
        return found is not None and isinstance(found[0], Function) and any(map(library.is_module_base, value.library_bases()))
    return isinstance(value, LibraryObject) and (value.name == "torch.nn.Sequential" or library.is_model(value.name))


def outside(cls: Class) -> str:
    """The class of a library, other than a module, that a class of the program derives from; empty where there is none."""
    return next(
        (one for one in cls.library_bases() if not library.is_module_base(one) and one.partition(".")[0] not in NEVER), ""
    )
