"""Lightning: its Trainer gives a module's steps the batches of its loaders; a module keeps what its constructor was told."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from losslint.oneof import OneOf
from losslint.static.modes import every_part
from losslint.static.own import parameters
from losslint.static.values import (
    NOTHING,
    Function,
    Instance,
    LibraryObject,
    Members,
    Module,
    Table,
    Value,
    constant,
    constants,
    is_none,
)

if TYPE_CHECKING:
    from losslint.static.calls import Args, Calls, Keywords
    from losslint.static.machine import Scope

FITS: Final = {
    "fit": (("training_step", "train_dataloader"), ("validation_step", "val_dataloader")),
    "validate": (("validation_step", "val_dataloader"),),
    "test": (("test_step", "test_dataloader"),),
}
"""By the Trainer's method: the steps that it calls, and who gives their loader where it isn't given itself."""
MODES: Final = {"training_step": True, "validation_step": False, "test_step": False, "predict_step": False}
"""The mode in which the Trainer has a module, by the step that it calls."""
GIVEN: Final = {
    "train_dataloader": ("train_dataloaders", "train_dataloader"),
    "val_dataloader": ("val_dataloaders", "dataloaders"),
    "test_dataloader": ("dataloaders", "test_dataloaders"),
}


def is_trainer(made: Value) -> bool:
    package, _, name = made.name.rpartition(".") if isinstance(made, LibraryObject) else ("", "", "")
    return name == "Trainer" and package.partition(".")[0] in ("pytorch_lightning", "lightning")


def fit(machine: Calls, name: str, args: Args, keywords: Keywords, node: ast.AST, scope: Scope) -> None:
    """`trainer.fit(model, loader)`, `trainer.fit(model, datamodule=data)`, `trainer.fit(model)` with loaders of its own."""
    model = args[0] if args else keywords.get("model", NOTHING)
    if not isinstance(model, Instance):
        return
    data = keywords.get("datamodule", args[1] if len(args) > 1 else NOTHING)
    for place, (step, loader) in enumerate(FITS[name], 1):
        found = model.cls.lookup(step)
        if found is None or not isinstance(found[0], Function):
            continue
        named = (keywords[word] for word in GIVEN[loader] if word in keywords)
        given = next(named, args[place] if place < len(args) else NOTHING)
        batch = _batch(machine, [data, model], loader, given, node, scope)
        if batch is NOTHING:
            continue  # it is run with unknown batches, as whatever nobody calls
        before = machine.switch_gradients(machine.no_grad or step != "training_step")
        try:
            with in_mode_of(model, step):
                result = machine.enter(found[0], [model, batch, NOTHING], {}, node, scope)
        finally:
            machine.no_grad = before
        if step == "training_step" and not _by_hand(model):
            machine.mark_backward(result.items.get("loss", NOTHING) if isinstance(result, Table) else result)


def save_hyperparameters(machine: Calls, module: Instance, args: Args, keywords: Keywords) -> Value:
    """`self.save_hyperparameters()`: from here on `self.hparams` holds the arguments of the constructors that run. Where a
    derived class and a base both have one, it is the derived class's."""
    names, ignored = _names(args), _names([keywords["ignore"]] if "ignore" in keywords else [])
    if names is None and len(args) == 1:  # the options themselves, as a dict or a namespace
        machine.store(module.attributes, module, "hparams", args[0])
    if names is not None and ignored is not None:
        told: dict[str, Value] = {}
        for scope in reversed(machine.constructing):
            told |= _arguments(scope) if scope.receiver is module else {}
        kept = {name: value for name, value in told.items() if name not in ignored and (name in names or not args)}
        module.origin.member("hparams").assigned.update(kept)
    return constant(None)


def _names(given: Args) -> set[str] | None:
    """The names among arguments, or in lists of them; None where something isn't known or is no name."""
    found: set[str] = set()
    for value in given:
        word = constants(value).only
        inner = _names(value.items) if isinstance(value, Members) and value.items is not None else None
        if not isinstance(word, str) and inner is None and not is_none(value):
            return None
        found |= {word} if isinstance(word, str) else inner or set()
    return found


def _arguments(scope: Scope) -> dict[str, Value]:
    """What a call was told, as its parameters are by now."""
    assert scope.function is not None
    spec = scope.function.node.args
    found = {name: scope.names[name] for name in parameters(scope.function)[1:] if name in scope.names}
    others = scope.names.get(spec.kwarg.arg) if spec.kwarg is not None else None
    return found | {str(key): one for key, one in others.items.items()} if isinstance(others, Table) else found


@contextmanager
def in_mode_of(module: Instance, step: str) -> Iterator[None]:
    """What the Trainer does before a step of a Lightning module: of its parts, those that nobody has put into a mode yet."""
    before = [(part, part.training) for part in _unset(module)] if step in MODES and _is_lightning(module) else []
    for part, _ in before:
        part.training = OneOf.of(MODES[step])
    yield
    for part, mode in before:
        part.training = mode


def _is_lightning(module: Instance) -> bool:
    return any(base.endswith(".LightningModule") for base in module.cls.library_bases())


def _unset(module: Instance) -> Iterator[Module]:
    """The module and its parts whose mode the program doesn't set; a library's have the one in which they were made."""
    return (one for one in every_part(module) if isinstance(one, LibraryObject) or not one.training.known)


def _by_hand(model: Instance) -> bool:
    """Whether the module calls backward itself."""
    told = model.attributes.get("automatic_optimization")
    return (told is not None and constants(told).only is not True) or model.cls.lookup("automatic_optimization") is not None


def _batch(machine: Calls, owners: list[Value], loader: str, given: Value, node: ast.AST, scope: Scope) -> Value:
    """What a step is given as its batch; NOTHING where that isn't known."""
    from losslint.static.builtin import iterate

    for owner in owners:
        found = owner.cls.lookup(loader) if isinstance(owner, Instance) and not isinstance(given, LibraryObject) else None
        if found is not None and isinstance(found[0], Function):
            given = machine.enter(found[0], [owner], {}, node, scope)
    if isinstance(given, Members) and given.items:  # several loaders: the first is as good as any
        given = given.items[0]
    batch = iterate(machine, given, node, scope) if isinstance(given, LibraryObject) else NOTHING
    return NOTHING if isinstance(batch, list) else batch
