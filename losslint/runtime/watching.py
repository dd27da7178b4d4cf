"""Watching loss calls: rules are asked before each call, and again when the result is backpropagated."""

from __future__ import annotations

import threading
import traceback
import warnings
import weakref
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from types import FrameType
from typing import Any, Final, Literal

import torch

from losslint.calls import LossCall, Use
from losslint.checking import Finding, check
from losslint.errors import LossMisuse, LossMisuseWarning
from losslint.places import Place, Step
from losslint.rule import SEVERITIES, Severity, rules
from losslint.runtime import entries
from losslint.runtime.binding import bind, signature
from losslint.runtime.entries import Args, Entry, Kwargs
from losslint.runtime.frames import user_place
from losslint.runtime.graph import is_root
from losslint.tri import Tri

Mode = Literal["collect", "warn", "raise", "off"]
MODES: Final[tuple[Mode, ...]] = ("collect", "warn", "raise", "off")
FIRST_CALLS: Final = 8
"""At each place, numbers are read at the first calls, then at every `EVERY`-th."""
EVERY: Final = 64
MOST_ERRORS: Final = 100
MOST_NODES: Final = 256
"""Nodes of the autograd graph between a root and the losses that take part in it."""
MARK: Final = "losslint"


@dataclass
class Report:
    """What was seen. `findings` has each finding once a place, however often the line ran.

    `calls` counts loss calls; `reached` how often each place called or constructed a loss; `errors` are losslint's own.
    """

    findings: list[Finding] = field(default_factory=list)
    calls: int = 0
    reached: Counter[Place] = field(default_factory=Counter)
    errors: list[str] = field(default_factory=list)

    @property
    def proven(self) -> list[Finding]:
        return [finding for finding in self.findings if finding.certainty == "proven"]


@dataclass(eq=False)
class _Pending:
    """A loss call whose result may yet be backpropagated."""

    call: LossCall
    done: bool = False


@dataclass
class _Site:
    """What was last seen at a place."""

    count: int = 0
    signature: object = None
    call: LossCall | None = None
    found: list[Finding] = field(default_factory=list)


class Watch:
    """One `watch()` in progress."""

    def __init__(self, mode: Mode, severity: Severity) -> None:
        self.report = Report()
        self._mode = mode
        self._loud = SEVERITIES[SEVERITIES.index(severity) :]
        self._lock = threading.RLock()
        self._sites: dict[object, _Site] = {}
        self._results: dict[int, tuple[weakref.ref[Any], _Pending]] = {}
        self._told: set[tuple[str, Place]] = set()

    def before(self, entry: Entry, args: Args, kwargs: Kwargs, caller: FrameType) -> _Pending | None:
        call: LossCall | None = None
        found: list[Finding] = []
        try:
            if entry.stage is None:
                found = self._backpropagated(args, kwargs, caller)
            else:
                call, found = self._called(entry, args, kwargs, caller)
        except Exception:
            self._failed()
        self._tell(found)
        return _Pending(call) if call is not None and call.stage == "call" else None

    def after(self, token: _Pending | None, result: Any) -> None:
        if token is None:
            return
        try:
            # AdaptiveLogSoftmaxWithLoss returns a named tuple.
            loss = result if isinstance(result, torch.Tensor) else getattr(result, "loss", None)
            if not isinstance(loss, torch.Tensor):
                return
            if loss.grad_fn is not None:
                loss.grad_fn.metadata.setdefault(MARK, []).append((weakref.ref(self), token))
            else:
                key = id(loss)
                gone = weakref.ref(loss, lambda _: self._results.pop(key, None) and None)
                self._results[key] = (gone, token)
        except Exception:
            self._failed()

    def _called(self, entry: Entry, args: Args, kwargs: Kwargs, caller: FrameType) -> tuple[LossCall | None, list[Finding]]:
        contract = entry.contract_of(args)
        where = user_place(caller) if contract is not None else None
        if contract is None or where is None or entry.stage is None:
            return None, []
        module, args = (args[0], args[1:]) if entry.form == "module" else (None, args)
        key = (where, contract.name, entry.stage, id(module))
        signed = signature(args, kwargs)
        with self._lock:
            self.report.reached[where] += 1
            self.report.calls += entry.stage == "call"
            site = self._sites.setdefault(key if entry.stage == "call" else (where, contract.name), _Site())
            site.count += 1
            values = site.count <= FIRST_CALLS or site.count % EVERY == 0
            if not values and site.signature == signed and site.call is not None:
                return site.call, site.found
        call = bind(contract, entry.stage, entry.form, args, kwargs, where, module=module, values=values)
        found = list(check(call, rules()))
        with self._lock:
            site.signature, site.call, site.found = signed, call, found
        return call, found

    def _backpropagated(self, args: Args, kwargs: Kwargs, caller: FrameType) -> list[Finding]:
        where = user_place(caller)
        # `Tensor.backward(self)`, `autograd.backward(tensors)` and `autograd.grad(outputs)` alike: the first argument.
        roots = args[0] if args else kwargs.get("tensors", kwargs.get("outputs", ()))
        found: list[Finding] = []
        for pending, rooted in self._taking_part([roots] if isinstance(roots, torch.Tensor) else roots):
            pending.done = True
            uses = (Use("root", where or pending.call.where),) if rooted else ()
            passed = pending.call.passed
            if where is not None:
                step = Step(where, "the loss is backpropagated")
                wanted = pending.call.contract.prediction
                passed = tuple(replace(one, facts=one.facts.after(step)) if one.name == wanted else one for one in passed)
            call = replace(pending.call, backward=Tri.YES, used_as_loss=Tri.YES, passed=passed, uses=uses)
            found.extend(check(call, rules()))
        return found

    def _taking_part(self, roots: Iterable[Any]) -> list[tuple[_Pending, bool]]:
        """Loss results from which a backward pass starts or through which it goes first, and whether from their square root."""
        found: list[_Pending] = []
        rooted: set[Any] = set()
        under_root: set[int] = set()
        nodes: list[Any] = []
        for root in roots:
            held = self._results.get(id(root))
            if held is not None and held[0]() is root:
                found.append(held[1])
            if isinstance(root, torch.Tensor) and root.grad_fn is not None:
                nodes.append(root.grad_fn)
        seen = set(nodes)
        at = 0
        while at < len(nodes) and at < MOST_NODES:
            marks = [token for watch, token in nodes[at].metadata.get(MARK, ()) if watch() is self]
            found.extend(marks)
            if is_root(nodes[at]):
                rooted.update(below for below, _ in nodes[at].next_functions)
            if nodes[at] in rooted:
                under_root.update(map(id, marks))
            for below, _ in () if marks else nodes[at].next_functions:
                if below is not None and below not in seen:
                    seen.add(below)
                    nodes.append(below)
            at += 1
        return [(pending, id(pending) in under_root) for pending in found if not pending.done]

    def _tell(self, found: Iterable[Finding]) -> None:
        for finding in found:
            if finding.certainty == "obligation":
                continue
            with self._lock:
                key = (finding.code, finding.place)
                known = key in self._told
                self._told.add(key)
                if not known:
                    self.report.findings.append(finding)
            if finding.certainty != "proven" or finding.severity not in self._loud:
                continue
            if self._mode == "raise":
                raise LossMisuse(finding)
            if self._mode == "warn" and not known:
                place = finding.place
                warnings.warn_explicit(f"{finding.code} {finding.message}", LossMisuseWarning, place.filename, place.line)

    def _failed(self) -> None:
        """Keep an error of losslint's own from the program that is watched, unless it asked for them."""
        if self._mode == "raise":
            raise
        with self._lock:
            if len(self.report.errors) < MOST_ERRORS:
                self.report.errors.append(traceback.format_exc())


@contextmanager
def watch(on: Mode = "collect", *, severity: Severity | None = None) -> Iterator[Report]:
    """Check every loss call made inside, in any thread; yields the report, which grows meanwhile.

    `on`: collect findings in the report only; also warn (LossMisuseWarning, once a place); raise LossMisuse instead of
    calling the loss; or off, which watches nothing. Proven findings below `severity` neither warn (default: `warning`)
    nor raise (default: `error`). Nested watches each see every call.
    """
    watching = _begin(on, severity)
    try:
        yield watching.report
    finally:
        entries.remove(watching)


def install(on: Mode = "warn", *, severity: Severity | None = None) -> Report:
    """Watch from now until `uninstall`, instead of a `with` block. A second call replaces the first."""
    global _installed
    uninstall()
    _installed = _begin(on, severity)
    return _installed.report


def uninstall() -> None:
    """End what `install` began."""
    global _installed
    if _installed is not None:
        entries.remove(_installed)
        _installed = None


_installed: Watch | None = None


def _begin(on: Mode, severity: Severity | None) -> Watch:
    if on not in MODES:
        raise ValueError(f"on={on!r} is not one of {', '.join(MODES)}")
    if severity is not None and severity not in SEVERITIES:
        raise ValueError(f"severity={severity!r} is not one of {', '.join(SEVERITIES)}")
    watching = Watch(on, severity or ("error" if on == "raise" else "warning"))
    if on != "off":
        entries.add(watching)
    return watching
