"""Seeing calls however they are made: the code of a watched function is exchanged, the function stays the same object.

Replacing `F.cross_entropy` in its module misses `from torch.nn.functional import cross_entropy` done earlier, names in
dicts and partials; a TorchFunctionMode costs half a training step, sees one thread only and makes `F.l1_loss` drop
its weight. A function's code object is looked up at each call, so exchanging it reaches every reference, in
every thread, and functions keep their identity for pickle, torch.jit and torch.compile. C functions have none: the few
losses that torch also exports as such (`torch.kl_div`) are seen only where they are called through Python.
"""

from __future__ import annotations

import inspect
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import CodeType, FrameType, FunctionType
from typing import Any, Final, Protocol

import torch

from losslint.contracts import Contract
from losslint.knowledge import contracts
from losslint.runtime.binding import Form, Stage

Args = tuple[Any, ...]
Kwargs = Mapping[str, Any]


@dataclass(frozen=True)
class Entry:
    """One watched function. `stage` "backward" marks torch's own entries into backpropagation."""

    stage: Stage | None
    form: Form
    contract: Contract | None = None

    def contract_of(self, args: Args) -> Contract | None:
        """The contract: of the nearest known class of `self`, or the function's own."""
        if self.form == "function":
            return self.contract
        for base in type(args[0]).__mro__ if args else ():
            if base in _classes:
                return _classes[base]
        return None


class Watcher(Protocol):
    """One that is told of calls. What `before` returns is handed to `after` with the result."""

    def before(self, entry: Entry, args: Args, kwargs: Kwargs, caller: FrameType) -> Any: ...

    def after(self, token: Any, result: Any) -> None: ...


_lock: Final = threading.RLock()
_thread: Final = threading.local()
_watchers: tuple[Watcher, ...] = ()
_entries: Final[dict[str, Entry]] = {}
_originals: Final[dict[str, Callable[..., Any]]] = {}
_patched: Final[dict[str, tuple[FunctionType, CodeType]]] = {}
_classes: Final[dict[type, Contract]] = {}


def add(watcher: Watcher) -> None:
    """Tell `watcher` of every call from now on. The first one patches."""
    global _watchers
    with _lock:
        if not _watchers:
            _patch()
        _watchers = (*_watchers, watcher)


def remove(watcher: Watcher) -> None:
    """The last one to go restores every function."""
    global _watchers
    with _lock:
        _watchers = tuple(other for other in _watchers if other is not watcher)
        if not _watchers:
            _restore()


def enter(key: str, args: Args, kwargs: dict[str, Any]) -> Any:
    """What a watched function does: tell the watchers of an outermost call, and call the original."""
    if torch.compiler.is_compiling():
        return _originals[key](*args, **kwargs)
    watchers = _watchers
    if not watchers or getattr(_thread, "inside", False):
        return _originals[key](*args, **kwargs)
    # Two frames up: past the exchanged code, which stands where the watched function stood.
    caller = sys._getframe(2)
    _thread.inside = True
    try:
        tokens = [(watcher, watcher.before(_entries[key], args, kwargs, caller)) for watcher in watchers]
        del caller
        result = _originals[key](*args, **kwargs)
        for watcher, token in tokens:
            watcher.after(token, result)
    finally:
        _thread.inside = False
    return result


def _patch() -> None:
    for function in (torch.Tensor.backward, torch.autograd.backward, torch.autograd.grad):
        _exchange(function, Entry(None, "function"))
    for name, contract in contracts().items():
        found = _resolve(name)
        if isinstance(found, FunctionType):
            _exchange(found, Entry("call", "function", contract))
        elif isinstance(found, type):
            _classes[found] = contract
            for method, stage in (("forward", "call"), ("__init__", "construct")):
                function = getattr(found, method)
                if isinstance(function, FunctionType) and function is not getattr(torch.nn.Module, method):
                    _exchange(function, Entry("call" if stage == "call" else "construct", "module"))


def _resolve(name: str) -> Any:
    """What a dotted name stands for, None where its module isn't loaded: nobody can be calling it.

    Read from the modules' dictionaries: asking a package for an attribute may import what it puts off.
    """
    parts = name.split(".")
    for end in range(len(parts) - 1, 0, -1):
        module = sys.modules.get(".".join(parts[:end]))
        if module is not None:
            return vars(module).get(parts[end]) if end == len(parts) - 1 else None
    return None


def _exchange(function: FunctionType, entry: Entry) -> None:
    key = f"{function.__module__}.{function.__qualname__}"
    if key in _patched:
        return
    code = function.__code__
    original = FunctionType(code, function.__globals__, function.__name__, function.__defaults__, function.__closure__)
    original.__kwdefaults__ = function.__kwdefaults__
    original.__annotations__ = function.__annotations__
    original.__module__ = function.__module__
    original.__qualname__ = function.__qualname__
    _entries[key], _originals[key] = entry, original
    _patched[key] = (function, code)
    function.__signature__ = inspect.signature(function)  # type: ignore[attr-defined]
    function.__code__ = _watched_code(key, code)


def _restore() -> None:
    # `_originals` stay: another thread may be on its way through `enter`.
    for function, code in _patched.values():
        function.__code__ = code
        del function.__signature__  # type: ignore[attr-defined]
    _patched.clear()
    _classes.clear()


def _watched_code(key: str, code: CodeType) -> CodeType:
    """Code that calls `enter`. It keeps name, file and line, by which torch.jit finds the source of a function.

    Python wants the number of free variables to stay the same (`__class__`, in a method that uses `super()`).
    """
    free = "".join(f"    {name} = None\n" for name in code.co_freevars)
    uses = "".join(f"{name}; " for name in code.co_freevars)
    body = f"{uses}from {__name__} import enter; return enter({key!r}, args, kwargs)"
    space: dict[str, Callable[[], FunctionType]] = {}
    exec(f"def make():\n{free}    def watched(*args, **kwargs): {body}\n    return watched\n", {}, space)
    made: CodeType = space["make"]().__code__
    changes: dict[str, Any] = {
        "co_name": code.co_name,
        "co_filename": code.co_filename,
        "co_firstlineno": code.co_firstlineno,
    }
    if sys.version_info >= (3, 11):
        changes["co_qualname"] = code.co_qualname
    return made.replace(**changes)


def patched() -> Sequence[str]:
    """The names of the functions watched at the moment."""
    return tuple(_patched)
