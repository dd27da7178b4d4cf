"""Seeing calls however they are made: the code of a watched function is exchanged, the function stays the same object.

Replacing `F.cross_entropy` in its module misses `from torch.nn.functional import cross_entropy` done earlier, names in
dicts and partials; a TorchFunctionMode costs half a training step, sees one thread only and makes `F.l1_loss` drop
its weight. A function's code object is looked up at each call, so exchanging it reaches every reference, in
every thread, and functions keep their identity for pickle, torch.jit and torch.compile. C functions have none: the few
losses that torch also exports as such (`torch.kl_div`) are seen only where they are called through Python.
"""

from __future__ import annotations

import inspect
import os
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from types import CodeType, FrameType, FunctionType, SimpleNamespace
from typing import Any, Final, Protocol

import torch

from losslint.contracts import Contract
from losslint.declare import OWN, configured, declared, listeners
from losslint.knowledge import contracts
from losslint.runreport import Unwatched
from losslint.runtime import padding
from losslint.runtime.binding import Form, Stage

Args = tuple[Any, ...]
Kwargs = Mapping[str, Any]


@dataclass(frozen=True)
class Entry:
    """One watched function. No `stage`: torch's own entries into backpropagation. `noted` is told of what others gave."""

    stage: Stage | None
    form: Form
    contract: Contract | None = None
    noted: Callable[[Any, Args, Kwargs], None] | None = None

    def contract_of(self, args: Args) -> Contract | None:
        """The contract: of the nearest known class of `self`, or the function's own."""
        if self.form == "function":
            return self.contract
        if not args:
            return None
        kind = type(args[0])
        if kind not in _subclasses:
            _subclasses[kind] = next((_classes[base] for base in kind.__mro__ if base in _classes), None)
        return _subclasses[kind]


class Watcher(Protocol):
    """One that is told of calls. What `before` returns is handed to `after` with the result, unless it is None."""

    def before(self, entry: Entry, args: Args, kwargs: Kwargs, caller: FrameType) -> Any: ...

    def after(self, token: Any, result: Any) -> None: ...

    def unseen(self, entry: Entry, how: Unwatched) -> None: ...

    def forked(self) -> None: ...


class _Thread(threading.local):
    inside = False


_ENTER: Final = "_losslint_enter"
_frame: Final = sys._getframe
# The two halves of `torch.compiler.is_compiling`, which asks for torch.jit as well and so costs another call.
_is_compiling: Final = torch.compiler.is_dynamo_compiling
_compiler: Final[Any] = (
    torch.compiler if hasattr(torch.compiler, "_is_compiling_flag") else SimpleNamespace(_is_compiling_flag=False)
)
_is_exporting: Final = getattr(torch.compiler, "is_exporting", None)
"""Old torches don't tell an export from a compilation."""
_lock = threading.RLock()
_thread: Final = _Thread()
_watchers: tuple[Watcher, ...] = ()
_entries: Final[dict[str, Entry]] = {}
_originals: Final[dict[str, Callable[..., Any]]] = {}
_patched: Final[dict[str, tuple[FunctionType, CodeType]]] = {}
_classes: Final[dict[type, Contract]] = {}
_subclasses: Final[dict[type, Contract | None]] = {}
_modules = 0


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


def alone(watcher: Watcher) -> bool:
    """Whether nobody else watches."""
    return _watchers == (watcher,)


def refresh() -> None:
    """Watch losses of libraries that were imported since."""
    with _lock:
        if _watchers and _known() != _modules:
            _patch_losses()


def _known() -> int:
    return len(sys.modules) + len(declared) + len(configured)


def enter(key: str, args: Args, kwargs: dict[str, Any]) -> Any:
    """What a watched function does: tell the watchers of an outermost call, and call the original."""
    original = _originals[key]
    if _is_compiling() or _compiler._is_compiling_flag:
        note_compiled(key)
        return original(*args, **kwargs)
    watchers, thread = _watchers, _thread
    if not watchers or thread.inside:
        return original(*args, **kwargs)
    # Two frames up: past the exchanged code, which stands where the watched function stood.
    caller = _frame(2)
    entry, tokens = _entries[key], None
    if entry.noted is not None:
        result = original(*args, **kwargs)
        entry.noted(result, args, kwargs)
        return result
    thread.inside = True
    try:
        for watcher in watchers:
            token = watcher.before(entry, args, kwargs, caller)
            if token is not None:
                tokens = (*(tokens or ()), (watcher, token))
        del caller
        result = original(*args, **kwargs)
        if tokens is not None:
            for watcher, token in tokens:
                watcher.after(token, result)
    finally:
        thread.inside = False
    return result


def contract_named(name: str) -> Contract | None:
    """The contract of a watched function."""
    entry = _entries.get(name)
    return entry.contract if entry is not None else None


def tell_unseen(key: str, how: Unwatched) -> None:
    """A watched function became part of code that runs without Python."""
    for watcher in _watchers:
        watcher.unseen(_entries[key], how)


def note_compiled(key: str) -> None:
    """Run while torch.compile or torch.export traces, and left out of what they make."""
    tell_unseen(key, "exported" if _is_exporting is not None and _is_exporting() else "compiled")


# Python counts no frame of such a name when a warning says how far up its cause is: torch's go on standing at the user's line.
_NO_FRAME: Final = " (importlib._bootstrap)"
enter.__code__ = enter.__code__.replace(co_filename=enter.__code__.co_filename + _NO_FRAME)
# What `torch.compiler.assume_constant_result` does, without the second that importing the compiler takes.
note_compiled._dynamo_marked_constant = True  # type: ignore[attr-defined]


def _forked() -> None:
    """In a child another thread may have held a lock when it was made."""
    global _lock
    _lock = threading.RLock()
    for watcher in _watchers:
        watcher.forked()


listeners.append(refresh)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forked)


def _patch() -> None:
    # `Tensor.backward` is a way into the first.
    for function in (torch.autograd.backward, torch.autograd.grad):
        _exchange(function, Entry(None, "function"))
    _exchange(torch.nn.utils.rnn.pad_sequence, Entry(None, "function", noted=padding.note))
    _patch_losses()


def _patch_losses() -> None:
    global _modules
    _modules = _known()
    _subclasses.clear()
    named = [(_resolve(name), contract) for name, contract in (*contracts().items(), *configured.items())]
    for found, contract in (*named, *declared):
        if contract.library == OWN and callable(found):
            contract = _as_defined(found, contract)
        if isinstance(found, FunctionType):
            _exchange(found, Entry("call", "function", contract))
        elif isinstance(found, type):
            _classes[found] = contract
            for method, stage in (("forward", "call"), ("__init__", "construct")):
                function = getattr(found, method)
                if contract.library == OWN and stage == "construct":
                    continue
                if isinstance(function, FunctionType) and function is not getattr(torch.nn.Module, method):
                    _exchange(function, Entry("call" if stage == "call" else "construct", "module"))


def _as_defined(loss: Any, contract: Contract) -> Contract:
    """A user's contract names the arguments it speaks of; the definition has them all, in order, and the options' defaults."""
    called = loss.forward if isinstance(loss, type) and hasattr(loss, "forward") else loss
    parameters = inspect.signature(called).parameters
    names = tuple(name for name in parameters if name != "self")
    given = {name: one.default for name, one in parameters.items() if one.default is not one.empty}
    options = tuple(dict.fromkeys(option for case in contract.cases for option in case.when))
    return replace(contract, init=options, forward=names, function=names, defaults={**given, **contract.defaults})


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
        if _patched[key][0] is function:
            return
        key = f"{key}@{id(function)}"  # made by one definition that ran several times
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
    # Stays when the code is restored: another thread may just have begun to run it.
    function.__globals__[_ENTER] = enter
    function.__code__ = _watched_code(key, code)


def _restore() -> None:
    # `_originals` stay: another thread may be on its way through `enter`.
    for function, code in _patched.values():
        function.__code__ = code
        del function.__signature__  # type: ignore[attr-defined]
    _patched.clear()
    _classes.clear()
    _subclasses.clear()


def _watched_code(key: str, code: CodeType) -> CodeType:
    """Code that calls `enter`. It keeps name and line, by which torch.jit finds the source of a function.

    Python wants the number of free variables to stay the same (`__class__`, in a method that uses `super()`). `enter` stands
    in the function's module under a name of its own: an import at each call would cost as much as all the rest.
    """
    free = "".join(f"    {name} = None\n" for name in code.co_freevars)
    uses = "".join(f"{name}; " for name in code.co_freevars)
    body = f"{uses}return {_ENTER}({key!r}, args, kwargs)"
    space: dict[str, Callable[[], FunctionType]] = {}
    exec(f"def make():\n{free}    def watched(*args, **kwargs): {body}\n    return watched\n", {}, space)
    made: CodeType = space["make"]().__code__
    changes: dict[str, Any] = {
        "co_name": code.co_name,
        "co_filename": code.co_filename + _NO_FRAME,
        "co_firstlineno": code.co_firstlineno,
    }
    if sys.version_info >= (3, 11):
        changes["co_qualname"] = code.co_qualname
    return made.replace(**changes)


def patched() -> Sequence[str]:
    """The names of the functions watched at the moment."""
    return tuple(_patched)
