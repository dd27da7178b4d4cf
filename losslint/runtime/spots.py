"""What is kept of one place that calls a loss, from call to call."""

from __future__ import annotations

import sys
import threading
from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import CodeType
from typing import Any, Final

import torch

from losslint.calls import LossCall, Past
from losslint.checking import Finding
from losslint.contracts import Contract
from losslint.runreport import Site
from losslint.runtime.binding import options_kept, options_signed, pattern, signature
from losslint.runtime.entries import Entry
from losslint.runtime.likeness import Alike, like_nothing, likeness
from losslint.runtime.reading import Reader
from losslint.runtime.sampling import Evidence, Schedule
from losslint.runtime.unseen import capturing, on_cuda

_tracing: Final = torch._C._get_tracing_state
_TURNS: Final = getattr(sys, "_is_gil_enabled", lambda: True)()
"""Whether threads take turns: at calls and at jumps back alone, so that nothing comes between the parts of an addition."""
MOST_KEPT: Final = 256
"""Signatures, and patterns of signatures, whose findings are kept."""


class Spot:
    """One instruction of the user's that calls a loss, and what was seen of it.

    Four levels, each dearer than the one before: a call like the last one, a call with a signature seen before, a call
    with a pattern seen before, a call of which the rules are asked. Only the last is for the watch to do.
    """

    def __init__(self, code: CodeType, instruction: int, entry: Entry, site: Site, contract: Contract) -> None:
        # Known by the id of its code, which therefore has to stay.
        self.code = code
        self.instruction = instruction
        self.entry = entry
        self.site = site
        self.contract = contract
        self.schedule = Schedule()
        self.evidence = Evidence()
        self.past = Past()
        self.found: list[Finding] = []
        """What the signature of the last call alone shows, and so holds for every call that has it."""
        self._of_module = entry.form == "module" and entry.stage == "call"
        self._options = options_kept(contract)
        self._counting = threading.Lock()
        self._alike: Alike = like_nothing
        self._last: object = None
        self._on_cuda = False
        self._signatures: OrderedDict[object, list[Finding]] = OrderedDict()
        self._patterns: OrderedDict[object, list[Finding]] = OrderedDict()

    def repeats(self, args: Sequence[Any], kwargs: Mapping[str, Any]) -> bool:
        """Whether all that a call like this one shows without its numbers is known, and these aren't due; then it is counted."""
        site = self.site
        if site.calls + 1 >= self.schedule.next or _tracing() is not None or (self._on_cuda and capturing()):
            return False
        if not self._alike(args, kwargs) and not self._recalls(args, kwargs):
            return False
        if _TURNS:
            site.calls += 1
        else:
            self.count()
        return True

    def count(self) -> int:
        """The number of this call at its place."""
        with self._counting:
            self.site.calls += 1
            return self.site.calls

    def forked(self) -> None:
        self._counting = threading.Lock()

    def signed(self, args: Sequence[Any], kwargs: Mapping[str, Any]) -> tuple[object, ...]:
        """All that the rules can tell apart without numbers."""
        if self._of_module:
            return (signature(args[1:], kwargs), options_signed(args[0], self._options))
        return signature(args, kwargs)

    def recall(self, signed: tuple[object, ...]) -> list[Finding] | None:
        """What calls of the signature's pattern were found to be."""
        return self._patterns.get(pattern(signed))

    def keep(self, args: Sequence[Any], kwargs: Mapping[str, Any], signed: tuple[object, ...], found: list[Finding]) -> None:
        """Remember what such calls are found to be. The arguments are not kept."""
        # Obligations are told nobody: a call of which nothing else is to be said is only counted.
        self.found = found = [one for one in found if one.certainty != "obligation"]
        _put(self._patterns, pattern(signed), found)
        _put(self._signatures, signed, found)
        self._expect(args, kwargs, signed)
        self._on_cuda = any(map(on_cuda, (*args, *kwargs.values())))

    def _recalls(self, args: Sequence[Any], kwargs: Mapping[str, Any]) -> bool:
        signed = self.signed(args, kwargs)
        found = self._signatures.get(signed)
        if found is None:
            return False
        self.found = found
        self._expect(args, kwargs, signed)
        return True

    def _expect(self, args: Sequence[Any], kwargs: Mapping[str, Any], signed: object) -> None:
        """Look for more of the same, once the same has come twice."""
        self._alike = likeness(args, kwargs, self._of_module) if signed == self._last else like_nothing
        self._last = signed


def _put(kept: OrderedDict[object, list[Finding]], key: object, found: list[Finding]) -> None:
    kept[key] = found
    if len(kept) > MOST_KEPT:
        kept.popitem(last=False)


@dataclass(eq=False)
class Pending:
    """A loss call whose result is looked at, and which may yet be backpropagated.

    `reader`: where its numbers are wanted. `blamed`: the call is wrong itself, so its result shows nothing new. `told`: what
    it was found to be before; it isn't counted again.
    """

    call: LossCall
    spot: Spot
    step: int
    reader: Reader | None = None
    blamed: bool = False
    told: frozenset[tuple[str, str]] = frozenset()
    done: bool = False

    def news(self, found: Iterable[Finding]) -> list[Finding]:
        """Those that were not told of this call before, or as less certain."""
        new = [one for one in found if (one.code, one.certainty) not in self.told]
        self.told |= {(one.code, one.certainty) for one in new}
        return new
