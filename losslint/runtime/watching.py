"""Watching loss calls: rules are asked before each call, and again when the result is backpropagated."""

from __future__ import annotations

import sys
import threading
import traceback
import warnings
import weakref
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from types import CodeType, FrameType
from typing import Any, Final

import torch

from losslint.calls import LossCall, Past, Use
from losslint.checking import Finding, check
from losslint.errors import LossMisuse, LossMisuseWarning
from losslint.judging import title
from losslint.places import Step
from losslint.rule import SEVERITIES, Severity, rules
from losslint.runreport import Report, Site
from losslint.runtime import entries
from losslint.runtime.binding import bind, signature
from losslint.runtime.entries import Args, Entry, Kwargs
from losslint.runtime.frames import place_of, user_frame, user_place
from losslint.runtime.graph import is_root
from losslint.runtime.measure import measure
from losslint.runtime.modes import Mode, chosen_mode
from losslint.runtime.results import Steps, after_result
from losslint.runtime.sampling import Schedule
from losslint.runtime.summary import note_call
from losslint.tri import Tri

MOST_NODES: Final = 256
"""Nodes of the autograd graph between a root and the losses that take part in it."""
MARK: Final = "losslint"


class _Spot:
    """One instruction of the user's that calls a loss, and what was last seen of it."""

    def __init__(self, code: CodeType, site: Site) -> None:
        # Known by the id of its code, which therefore has to stay.
        self.code = code
        self.site = site
        self.schedule = Schedule()
        self.signature: object = None
        self.call: LossCall | None = None
        self.found: list[Finding] = []
        """What needs no numbers, and so holds for every call of the same signature."""
        self.past = Past()


@dataclass(eq=False)
class _Pending:
    """A loss call whose result may yet be backpropagated. `read`: whether its result's number is to be looked at."""

    call: LossCall
    spot: _Spot
    step: int
    read: bool = False
    done: bool = False


class Watch:
    """One `watch()` in progress."""

    def __init__(self, mode: Mode, severity: Severity) -> None:
        self.report = Report()
        self._mode = mode
        self._loud = SEVERITIES[SEVERITIES.index(severity) :]
        self._lock = threading.RLock()
        self._spots: dict[tuple[int, int, int], _Spot] = {}
        self._sites: dict[tuple[object, ...], Site] = {}
        self._results: dict[int, tuple[weakref.ref[Any], _Pending]] = {}
        self._steps = Steps()

    def before(self, entry: Entry, args: Args, kwargs: Kwargs, caller: FrameType) -> _Pending | None:
        token: _Pending | None = None
        told: list[tuple[_Spot, int, list[Finding]]] = []
        try:
            if entry.stage is None:
                told = self._backpropagated(args, kwargs, caller)
            else:
                token = self._called(entry, args, kwargs, caller, told)
        except Exception as error:
            self._failed(error)
        for spot, step, found in told:
            self._tell(spot, step, found)
        return token

    def after(self, token: _Pending | None, result: Any) -> None:
        if token is None:
            return
        found: list[Finding] = []
        try:
            # AdaptiveLogSoftmaxWithLoss returns a named tuple.
            loss = result if isinstance(result, torch.Tensor) else getattr(result, "loss", None)
            if not isinstance(loss, torch.Tensor):
                return
            if token.read:
                found = self._gave(token, loss)
            if loss.grad_fn is not None:
                loss.grad_fn.metadata.setdefault(MARK, []).append((weakref.ref(self), token))
            else:
                key = id(loss)
                gone = weakref.ref(loss, lambda _: self._results.pop(key, None) and None)
                self._results[key] = (gone, token)
        except Exception as error:
            self._failed(error)
        self._tell(token.spot, token.step, found)

    def started(self) -> None:
        self._steps.watch()

    def ended(self) -> None:
        """What is still open when nothing more is watched."""
        self._steps.forget()
        for spot, step, found in self._disconnected():
            self._tell(spot, step, found)

    def _gave(self, token: _Pending, loss: Any) -> list[Finding]:
        """What the loss itself shows."""
        spot, result = token.spot, measure(loss, token.spot.site.place)
        with self._lock:
            spot.past = after_result(spot.past, token.call, result)
            call = replace(token.call, result=result, past=spot.past)
        return _of_result(call)

    def _disconnected(self) -> list[tuple[_Spot, int, list[Finding]]]:
        """Losses that were backpropagated although no optimizer that stepped then found a gradient."""
        lost: list[_Pending] = self._steps.lost()
        uses = [(one, replace(one.call, uses=(Use("disconnected", one.call.where),), backward=Tri.YES)) for one in lost]
        return [(one.spot, one.step, _of_result(call)) for one, call in uses]

    def _called(
        self,
        entry: Entry,
        args: Args,
        kwargs: Kwargs,
        caller: FrameType,
        told: list[tuple[_Spot, int, list[Finding]]],
    ) -> _Pending | None:
        frame = user_frame(caller)
        if frame is None or entry.stage is None:
            return None
        key = (id(frame.f_code), frame.f_lasti, id(entry))
        spot = self._spots.get(key) or self._spot(key, frame, entry, args)
        if spot is None:
            return None
        module, args = (args[0], args[1:]) if entry.form == "module" else (None, args)
        signed = (id(module), *signature(args, kwargs))
        with self._lock:
            spot.site.calls += 1
            step = spot.site.calls
        values = spot.schedule.due(step)
        if not values and spot.signature == signed and spot.call is not None:
            if spot.found:
                told.append((spot, step, spot.found))
            return None
        contract = entry.contract_of((module,) if entry.form == "module" else args)
        if contract is None:
            return None
        call = bind(contract, entry.stage, entry.form, args, kwargs, spot.site.place, module=module, values=values)
        found = list(check(call, rules()))
        # What was found with the help of numbers says nothing of later calls, whose numbers aren't read.
        lasting = found
        if found and values:
            blind = bind(contract, entry.stage, entry.form, args, kwargs, spot.site.place, module=module, values=False)
            lasting = list(check(blind, rules()))
        with self._lock:
            spot.signature, spot.call, spot.found = signed, call, lasting
            note_call(spot.site, call)
            if values:
                spot.site.doubt(found)
        told.append((spot, step, found))
        # The result of a call that is wrong itself shows nothing new.
        blamed = any(finding.certainty == "proven" and finding.severity == "error" for finding in found)
        return _Pending(call, spot, step, values and not blamed) if call.stage == "call" else None

    def _spot(self, key: tuple[int, int, int], frame: FrameType, entry: Entry, args: Args) -> _Spot | None:
        contract = entry.contract_of(args)
        if contract is None or entry.stage is None:
            return None
        place = place_of(frame)
        with self._lock:
            site = self._sites.get((place, contract.name, entry.stage))
            if site is None:
                named = LossCall(contract, entry.stage, entry.form, ())
                site = self._sites[place, contract.name, entry.stage] = Site(place, title(named), contract.name, entry.stage)
                self.report.sites.append(site)
            return self._spots.setdefault(key, _Spot(frame.f_code, site))

    def _backpropagated(self, args: Args, kwargs: Kwargs, caller: FrameType) -> list[tuple[_Spot, int, list[Finding]]]:
        where = user_place(caller)
        # `Tensor.backward(self)`, `autograd.backward(tensors)` and `autograd.grad(outputs)` alike: the first argument.
        roots = args[0] if args else kwargs.get("tensors", kwargs.get("outputs", ()))
        told = self._disconnected()
        for pending, rooted in self._taking_part([roots] if isinstance(roots, torch.Tensor) else roots):
            pending.done = True
            self._steps.backpropagated(pending)
            uses = (Use("root", where or pending.call.where),) if rooted else ()
            passed = pending.call.passed
            if where is not None:
                step = Step(where, "the loss is backpropagated")
                wanted = pending.call.contract.prediction
                passed = tuple(replace(one, facts=one.facts.after(step)) if one.name == wanted else one for one in passed)
            call = replace(pending.call, backward=Tri.YES, used_as_loss=Tri.YES, passed=passed, uses=uses)
            found = list(check(call, rules()))
            pending.spot.site.doubt(found)
            told.append((pending.spot, pending.step, found))
        return told

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

    def _tell(self, spot: _Spot, step: int, found: Iterable[Finding]) -> None:
        for finding in found:
            if finding.certainty == "obligation":
                continue
            with self._lock:
                new = spot.site.hit(finding, step)
            if finding.certainty != "proven" or finding.severity not in self._loud:
                continue
            if self._mode == "raise":
                raise LossMisuse(finding)
            if self._mode == "warn" and new:
                _warn(finding)

    def _failed(self, error: Exception) -> None:
        """Keep an error of losslint's own from the program that is watched, unless it asked for them."""
        if self._mode == "raise":
            raise error
        last = traceback.extract_tb(error.__traceback__)[-1:]
        where = f" ({last[0].name}, line {last[0].lineno})" if last else ""
        with self._lock:
            self.report.fail(f"{type(error).__name__}: {error}{where}")


def _of_result(call: LossCall) -> list[Finding]:
    return list(check(call, (rule for rule in rules() if rule.about == "result")))


def _warn(finding: Finding) -> None:
    place, text = finding.place, f"{finding.code} {finding.message}"
    try:
        warnings.warn_explicit(text, LossMisuseWarning, place.filename, place.line)
    except LossMisuseWarning:
        # Under `-W error`. A run is stopped by mode `raise` alone; the warning is told all the same.
        sys.stderr.write(warnings.formatwarning(text, LossMisuseWarning, place.filename, place.line))


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
        _end(watching)


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
        _end(_installed)
        _installed = None


_installed: Watch | None = None


def _begin(on: Mode, severity: Severity | None) -> Watch:
    mode = chosen_mode(on)
    if severity is not None and severity not in SEVERITIES:
        raise ValueError(f"severity={severity!r} is not one of {', '.join(SEVERITIES)}")
    watching = Watch(mode, severity or ("error" if mode == "raise" else "warning"))
    if mode != "off":
        entries.add(watching)
        watching.started()
    return watching


def _end(watching: Watch) -> None:
    entries.remove(watching)
    watching.ended()
