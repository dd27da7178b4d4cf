"""Watching loss calls: rules are asked before each call, and again when the result is backpropagated."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from types import FrameType
from typing import Any

import torch

from losslint.calls import LossCall, Use
from losslint.checking import Finding, check
from losslint.facts import Facts
from losslint.judging import title
from losslint.places import Step
from losslint.rule import SEVERITIES, Rule, Severity, rules
from losslint.runreport import Report, Site, Unwatched
from losslint.runtime import entries
from losslint.runtime.backward import Results
from losslint.runtime.binding import bind
from losslint.runtime.entries import Args, Entry, Kwargs
from losslint.runtime.frames import place_of, user_frame, user_place
from losslint.runtime.mailbox import Courier, DeviceCourier, Mailbox
from losslint.runtime.measure import described
from losslint.runtime.modes import Mode, chosen_mode
from losslint.runtime.reading import RESULT, Reader
from losslint.runtime.results import Steps, after_result
from losslint.runtime.spots import Pending, Spot
from losslint.runtime.summary import note_call, note_result
from losslint.runtime.telling import Teller
from losslint.runtime.unseen import capturing, compiling, scripted, traced, traced_place
from losslint.tri import Tri

Told = list[tuple[Spot, int, list[Finding]]]


class Watch:
    """One `watch()` in progress."""

    def __init__(
        self, mode: Mode, severity: Severity, codes: frozenset[str] | None = None, courier: Courier | None = None
    ) -> None:
        self._teller = Teller(mode, severity)
        self.report = self._teller.report
        self._codes = codes
        self._courier = courier or DeviceCourier()
        self._mailbox = Mailbox(self._courier)
        self._under_way = self._mailbox.under_way
        self._spots: dict[tuple[int, int, int], Spot] = {}
        self._last: Spot | None = None
        self._sites: dict[tuple[object, ...], Site] = {}
        self._results = Results()
        self._steps = Steps()
        self._scripted: frozenset[str] = frozenset()

    def before(self, entry: Entry, args: Args, kwargs: Kwargs, caller: FrameType) -> Pending | None:
        if self._under_way:
            self._deliver()
        token: Pending | None = None
        told: Told
        try:
            if entry.stage is None:
                if not self._results.passes_left and not self._steps.found:
                    return None
                told = self._backpropagated(args, kwargs, caller)
            else:
                frame = user_frame(caller)
                if frame is None:
                    if compiling():
                        self.unseen(entry, "compiled")
                    return None
                spot = self._last
                if spot is None or spot.instruction != frame.f_lasti or spot.code is not frame.f_code or spot.entry is not entry:
                    spot = self._last = self._spots.get((id(frame.f_code), frame.f_lasti, id(entry)))
                # Nearly every call of a training run ends here.
                if spot is not None and spot.repeats(args, kwargs):
                    if not spot.found:
                        return None
                    told = [(spot, spot.site.calls, spot.found)]
                else:
                    told = []
                    token = self._called(spot or self._spot(frame, entry, args), args, kwargs, told)
        except Exception as error:
            self._teller.failed(error)
            return None
        for one, step, found in told:
            self._teller.tell(one.site, step, found)
        return token

    def after(self, token: Pending, result: Any) -> None:
        found: list[Finding] = []
        try:
            # AdaptiveLogSoftmaxWithLoss returns a named tuple.
            loss = result if isinstance(result, torch.Tensor) else getattr(result, "loss", None)
            if not isinstance(loss, torch.Tensor):
                return
            if token.reader is not None:
                found = self._gave(token, token.reader, loss)
            self._results.add(loss, token)
        except Exception as error:
            self._teller.failed(error)
        self._teller.tell(token.spot.site, token.step, found)

    def unseen(self, entry: Entry, how: Unwatched) -> None:
        """A loss is being compiled: its calls won't be seen."""
        if entry.stage != "call" or entry.contract is None:
            return
        try:
            place = traced_place(entries.enter.__code__)
            if place is None:
                # The compiler runs what it has made of a call that was noted before.
                return
            with self._teller.lock:
                self.report.note_unseen(how, title(LossCall(entry.contract, "call", entry.form, ())), place)
        except Exception as error:
            self._teller.failed(error)

    def forked(self) -> None:
        self._teller.lock = threading.RLock()
        for spot in self._spots.values():
            spot.forked()
        self._mailbox.forget()

    def started(self) -> None:
        self._steps.watch()
        self._scripted = scripted()

    def ended(self) -> None:
        """What is still open when nothing more is watched. Waits for what is still on its way."""
        self._steps.forget()
        self.settle()
        told: Told = []
        try:
            told = self._disconnected()
            for name in sorted(scripted() - self._scripted):
                contract = entries.contract_named(name)
                if contract is not None:
                    self.report.note_unseen("scripted", title(LossCall(contract, "call", "function", ())), None)
        except Exception as error:
            self._teller.failed(error)
        for spot, step, found in told:
            self._teller.tell(spot.site, step, found)

    def settle(self) -> None:
        """Wait for the numbers that are on their way."""
        self._deliver(wait=True)

    def _deliver(self, *, wait: bool = False) -> None:
        try:
            arrived = list(self._mailbox.arrived(wait=wait))
        except Exception as error:
            self._teller.failed(error)
            return
        for then, numbers in arrived:
            then(numbers)

    def _rules(self) -> tuple[Rule, ...]:
        every = rules()
        return every if self._codes is None else tuple(rule for rule in every if rule.code in self._codes)

    def _ask(self, call: LossCall) -> list[Finding]:
        return list(check(call, self._rules()))

    def _ask_of_result(self, call: LossCall) -> list[Finding]:
        return list(check(call, (rule for rule in self._rules() if rule.about == "result")))

    def _called(self, spot: Spot | None, args: Args, kwargs: Kwargs, told: Told) -> Pending | None:
        """Ask the rules: with numbers where they are due, else unless a call of this pattern was judged already."""
        if spot is None:
            return None
        if traced():
            self._pass_by(spot, "traced")
            return None
        step = spot.count()
        due, signed = spot.schedule.due(step), spot.signed(args, kwargs)
        known = spot.recall(signed)
        if capturing():
            self._pass_by(spot, "captured")
        entries.refresh()
        if not due and known is not None:
            with self._teller.lock:
                spot.keep(args, kwargs, signed, known)
            told.append((spot, step, known))
            return None
        contract, place, stage, form = spot.contract, spot.site.place, spot.site.stage, spot.entry.form
        module, given = (args[0], args[1:]) if form == "module" else (None, args)
        bound = partial(bind, contract, stage, form, given, kwargs, place, module=module)
        reader = Reader(self._courier, spot.evidence, place, contract.prediction) if due else None
        call = bound(read=reader.read if reader else None)
        found = lasting = self._ask(call)
        # What was found with the help of numbers says nothing of later calls, whose numbers aren't read.
        if found and reader is not None:
            lasting = known if known is not None else self._ask(bound())
        with self._teller.lock:
            spot.keep(args, kwargs, signed, lasting)
            note_call(spot.site, step, call, reader)
            if reader is not None and not reader.later:
                spot.site.doubt(found)
        told.append((spot, step, found))
        if stage != "call":
            return None
        told_now = frozenset((one.code, one.certainty) for one in found)
        return Pending(call, spot, step, reader, _blamed(found), told_now)

    def _pass_by(self, spot: Spot, how: Unwatched) -> None:
        with self._teller.lock:
            self.report.note_unseen(how, spot.site.loss, spot.site.place)

    def _spot(self, frame: FrameType, entry: Entry, args: Args) -> Spot | None:
        contract = entry.contract_of(args)
        if contract is None or entry.stage is None:
            return None
        place = place_of(frame)
        key = (place, contract.name, entry.stage)
        with self._teller.lock:
            site = self._sites.get(key)
            if site is None:
                named = LossCall(contract, entry.stage, entry.form, ())
                site = self._sites[key] = Site(place, title(named), contract.name, entry.stage)
                self.report.sites.append(site)
            spot = Spot(frame.f_code, frame.f_lasti, entry, site, contract)
            return self._spots.setdefault((id(frame.f_code), frame.f_lasti, id(entry)), spot)

    def _gave(self, token: Pending, reader: Reader, loss: Any) -> list[Finding]:
        """What the loss itself shows, as far as its number and those of the arguments are at hand."""
        result = reader.read(RESULT, "", loss, described(loss, token.spot.site.place))
        if reader.later:
            self._mailbox.post(reader.vector(), partial(self._arrived, token, reader, result))
            return []
        return self._with_result(token, result)

    def _arrived(self, token: Pending, reader: Reader, result: Facts, numbers: Sequence[float]) -> None:
        """The numbers of an earlier call have come from their device."""
        found: list[Finding] = []
        try:
            token.call, result = reader.arrived(token.call, result, numbers)
            found = self._ask(token.call)
            with self._teller.lock:
                note_call(token.spot.site, token.step, token.call, reader)
                token.spot.site.doubt(found)
            token.blamed = _blamed(found)
            found += self._with_result(token, result)
        except Exception as error:
            self._teller.failed(error)
        self._teller.tell(token.spot.site, token.step, token.news(found))

    def _with_result(self, token: Pending, result: Facts) -> list[Finding]:
        spot = token.spot
        with self._teller.lock:
            note_result(spot.site, token.step, result)
            if token.blamed:
                return []
            spot.past = after_result(spot.past, token.call, result)
        return self._ask_of_result(replace(token.call, result=result, past=spot.past))

    def _disconnected(self) -> Told:
        """Losses that were backpropagated although no optimizer that stepped then found a gradient."""
        lost: list[Pending] = self._steps.lost()
        uses = [(one, replace(one.call, uses=(Use("disconnected", one.call.where),), backward=Tri.YES)) for one in lost]
        return [(one.spot, one.step, self._ask_of_result(call)) for one, call in uses]

    def _backpropagated(self, args: Args, kwargs: Kwargs, caller: FrameType) -> Told:
        # `autograd.backward(tensors)` and `autograd.grad(outputs)` alike: the first argument.
        roots = args[0] if args else kwargs.get("tensors", kwargs.get("outputs", ()))
        told = self._disconnected()
        taking_part = self._results.taking_part([roots] if isinstance(roots, torch.Tensor) else roots)
        where = user_place(caller) if taking_part else None
        for pending, kinds in taking_part:
            pending.done = True
            self._steps.backpropagated(pending)
            uses = tuple(Use(kind, where or pending.call.where) for kind in sorted(kinds))
            passed = pending.call.passed
            if where is not None:
                step = Step(where, "the loss is backpropagated")
                wanted = pending.call.contract.prediction
                passed = tuple(replace(one, facts=one.facts.after(step)) if one.name == wanted else one for one in passed)
            call = replace(pending.call, backward=Tri.YES, used_as_loss=Tri.YES, passed=passed, uses=uses)
            found = self._ask(call)
            with self._teller.lock:
                if pending.spot.site.undecided is not None:
                    pending.spot.site.doubt(found)
            told.append((pending.spot, pending.step, pending.news(found)))
        return told


def _blamed(found: Iterable[Finding]) -> bool:
    """Whether the call is wrong itself: then its result shows nothing new."""
    return any(finding.certainty == "proven" and finding.severity == "error" for finding in found)


@contextmanager
def watch(on: Mode = "collect", *, severity: Severity | None = None, codes: frozenset[str] | None = None) -> Iterator[Report]:
    """Check every loss call made inside, in any thread; yields the report, which grows meanwhile.

    `on`: collect findings in the report only; also warn (LossMisuseWarning, once a place); raise LossMisuse instead of
    calling the loss; or off, which watches nothing. The environment's LOSSLINT_ON overrides it. Proven findings below
    `severity` neither warn (default: `warning`) nor raise (default: `error`). `codes`: the rules that are asked, by default
    all. Nested watches each see every call.
    """
    watching = begin(on, severity, codes)
    try:
        yield watching.report
    finally:
        end(watching)


def install(on: Mode = "warn", *, severity: Severity | None = None, codes: frozenset[str] | None = None) -> Report:
    """Watch from now until `uninstall`, instead of a `with` block. A second call replaces the first."""
    global _installed
    uninstall()
    _installed = begin(on, severity, codes)
    return _installed.report


def uninstall() -> None:
    """End what `install` began. What is still on its way from a GPU is waited for."""
    global _installed
    if _installed is not None:
        watching, _installed = _installed, None
        end(watching)


_installed: Watch | None = None


def begin(on: Mode, severity: Severity | None, codes: frozenset[str] | None = None, kind: type[Watch] = Watch) -> Watch:
    """A watch that has begun. Raises ValueError and ConfigError for words that mean nothing."""
    mode = chosen_mode(on)
    if severity is not None and severity not in SEVERITIES:
        raise ValueError(f"severity={severity!r} is not one of {', '.join(SEVERITIES)}")
    watching = kind(mode, severity or ("error" if mode == "raise" else "warning"), codes)
    if mode != "off":
        entries.add(watching)
        watching.started()
    return watching


def end(watching: Watch) -> None:
    entries.remove(watching)
    watching.ended()
