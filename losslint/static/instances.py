"""`isinstance` and `issubclass`: `isinstance(criterion, nn.CrossEntropyLoss)` decides which branch is meant."""

from __future__ import annotations

from typing import Final

from losslint.knowledge import contracts
from losslint.static import library
from losslint.static.modules import is_module
from losslint.static.values import Class, Instance, Library, LibraryObject, Value
from losslint.tri import Tri

OPEN: Final = frozenset({
    "torch.nn.ReLU6", "torch.nn.Hardtanh", "torch.nn.NLLLoss2d", "torch.nn.NLLLoss", "torch.nn.RNNBase", "torch.nn.RNNCellBase",
})  # fmt: skip
"""Public classes of `torch.nn` of which one is a base of another; beside `Lazy…`, no others are."""


def is_instance(value: LibraryObject | Instance, kind: Value) -> Tri:
    """Whether an object is an instance of what may be a class. Wrappers stand for what they wrap, so nothing is said of them."""
    if isinstance(value, Instance):
        return _of_own_class(value, kind)
    mine = library.canonical(value.name)
    if isinstance(kind, Class):
        return Tri.NO
    if not isinstance(kind, Library):
        return Tri.MAYBE
    wanted = library.canonical(kind.name)
    if mine == wanted:
        return Tri.YES
    if wanted == "torch.nn.Module":
        return Tri.YES if _plain(mine) else Tri.MAYBE
    return Tri.NO if _plain(mine) and _plain(wanted) else Tri.MAYBE


def is_subclass(one: Value, other: Value) -> Tri:
    """Whether a class of the program derives from another."""
    if isinstance(one, Class) and isinstance(other, Class):
        return Tri.of(other in one.ancestry)
    if isinstance(one, Class) and isinstance(other, Library) and other.name == "torch.nn.Module":
        return Tri.YES if any(map(library.is_module_base, one.library_bases())) else Tri.MAYBE
    return Tri.MAYBE


def _of_own_class(value: Instance, kind: Value) -> Tri:
    """An object of a class of the program."""
    if isinstance(kind, Class):
        return Tri.of(kind in value.cls.ancestry)
    if not isinstance(kind, Library):
        return Tri.MAYBE
    wanted, bases = library.canonical(kind.name), {library.canonical(name) for name in value.cls.library_bases()}
    if wanted in bases:
        return Tri.YES
    return Tri.NO if contracts().get(wanted) is not None and bases == {"torch.nn.Module"} else Tri.MAYBE


def _plain(name: str) -> bool:
    """Whether it is a class of `torch.nn` that is known, has no kin and wraps nothing."""
    contract = contracts().get(name)
    known = is_module(name) or (contract is not None and contract.class_name == name)
    return known and name.startswith("torch.nn.") and name not in OPEN and not name.startswith("torch.nn.Lazy")
