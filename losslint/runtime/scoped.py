"""Watching single losses: drop-in losses and what `wrap` returns, without `watch` or `install`."""

from __future__ import annotations

import copy
import copyreg
import functools
import threading
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any, Final, TypeVar, cast

import torch

from losslint.runreport import Report
from losslint.runtime import entries
from losslint.runtime.entries import Args, Entry, Kwargs
from losslint.runtime.spots import Pending
from losslint.runtime.watching import Watch, begin, end

Criterion = TypeVar("Criterion", bound=Callable[..., Any])
"""A type checker sees of `wrap` what it was given."""
ORIGINAL: Final = "_losslint_original"


class _Scope(threading.local):
    depth = 0


_scope: Final = _Scope()
_lock: Final = threading.Lock()
_watch: Watch | None = None
_report = Report()
_classes: Final[dict[type, type]] = {}


class _ScopedWatch(Watch):
    """Sees the calls of losses that are watched by themselves, and leaves them to `watch` and `install` where these see all."""

    def before(self, entry: Entry, args: Args, kwargs: Kwargs, caller: FrameType) -> Pending | None:
        own = entry.form == "module" and bool(args) and isinstance(args[0], Watched)
        if (entry.stage is not None and not own and not _scope.depth) or not entries.alone(self):
            return None
        return super().before(entry, args, kwargs, caller)


class Watched:
    """What makes a loss class a watched one. In copies it stays so; pickles and checkpoints hold the original class."""

    def __new__(cls, *args: Any, **kwargs: Any) -> Any:
        _begin()
        return super().__new__(cls)

    def __reduce_ex__(self, protocol: Any) -> Any:
        original = vars(type(self)).get(ORIGINAL)
        if original is None:
            return super().__reduce_ex__(protocol)
        # Pickle's usual way of making objects wants the class of the object that is pickled.
        return copyreg._reconstructor, (original, object, None), self.__dict__  # type: ignore[attr-defined]

    def __copy__(self) -> Any:
        return _with_attributes(type(self), dict(self.__dict__))

    def __deepcopy__(self, memo: dict[int, Any]) -> Any:
        twin = memo[id(self)] = type(self).__new__(type(self))
        object.__setattr__(twin, "__dict__", copy.deepcopy(self.__dict__, memo))
        return twin


class _Around(Watched):
    """A loss of the user's own: the losses that it calls are watched."""

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if torch.compiler.is_compiling():
            return super().__call__(*args, **kwargs)  # type: ignore[misc]
        with _inside():
            return super().__call__(*args, **kwargs)  # type: ignore[misc]


def drop_in(original: type, module: str) -> type:
    """The watched subclass of a loss class; it has the original's name, documentation and representation."""
    if original not in _classes:
        kind = Watched if original.__module__.startswith("torch.nn.") else _Around
        space = {
            ORIGINAL: original,
            "__module__": module,
            "__qualname__": original.__qualname__,
            "__doc__": original.__doc__,
        }
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", FutureWarning)  # `NLLLoss2d` is deprecated
            _classes[original] = type(original.__name__, (kind, original), space)
    return _classes[original]


def wrap(criterion: Criterion) -> Criterion:
    """The criterion, watched: a module comes back as one of a watched subclass that shares its state, a function as a function.

    Findings warn, unless LOSSLINT_ON says otherwise; `report()` has them. Raises TypeError for what cannot be called.
    """
    if isinstance(criterion, Watched):
        return criterion
    if isinstance(criterion, torch.nn.Module):
        _begin()
        kind = drop_in(type(criterion), type(criterion).__module__)
        return cast(Criterion, _with_attributes(kind, criterion.__dict__))
    if isinstance(criterion, type) or not callable(criterion):
        raise TypeError(f"wrap takes a loss, a module or a function, not {criterion!r:.80}")
    _begin()

    @functools.wraps(criterion)
    def watched(*args: Any, **kwargs: Any) -> Any:
        if torch.compiler.is_compiling():
            return criterion(*args, **kwargs)
        with _inside():
            return criterion(*args, **kwargs)

    return cast(Criterion, watched)


def report() -> Report:
    """What drop-in losses and wrapped ones have shown so far in this process. What is on its way from a GPU is waited for."""
    if _watch is not None:
        _watch.settle()
    return _report


def release() -> None:
    """Leave drop-in and wrapped losses unwatched, until another one is made."""
    global _watch
    with _lock:
        watch, _watch = _watch, None
    if watch is not None:
        end(watch)


def _begin() -> None:
    global _watch, _report
    if _watch is not None:
        return
    with _lock:
        if _watch is None:
            _watch = begin("warn", None, kind=_ScopedWatch)
            _report = _watch.report


@contextmanager
def _inside() -> Iterator[None]:
    _scope.depth += 1
    try:
        yield
    finally:
        _scope.depth -= 1


def _with_attributes(kind: Any, attributes: dict[str, Any]) -> Any:
    """An instance of `kind` with these very attributes: what changes in one object, changes in the other."""
    made = kind.__new__(kind)
    object.__setattr__(made, "__dict__", attributes)
    return made
