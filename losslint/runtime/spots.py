"""What is kept of one place that calls a loss, from call to call."""

from __future__ import annotations

import threading
import weakref
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass
from types import CodeType
from typing import Any, Final

import torch

from losslint.calls import LossCall, Past
from losslint.checking import Finding
from losslint.contracts import Contract
from losslint.runreport import Site
from losslint.runtime.reading import Reader
from losslint.runtime.sampling import Evidence, Schedule

_tracing: Final = torch._C._get_tracing_state
MOST_PATTERNS: Final = 64
"""Signatures whose findings are kept."""


class Spot:
    """One instruction of the user's that calls a loss, and what was last seen of it."""

    def __init__(self, code: CodeType, site: Site, contract: Contract, of_module: bool) -> None:
        # Known by the id of its code, which therefore has to stay.
        self.code = code
        self.site = site
        self.contract = contract
        self.schedule = Schedule()
        self.evidence = Evidence()
        self.past = Past()
        self.found: list[Finding] = []
        """What the signature alone shows, and so holds for every call that has it."""
        self._counting = threading.Lock()
        self._signature: object = None
        self._of_module = of_module
        self._module: weakref.ref[Any] | None = None
        self._patterns: OrderedDict[object, list[Finding]] = OrderedDict()

    def repeats(self, signature: object, args: tuple[Any, ...]) -> bool:
        """Whether this call is like the last one in all that needs no numbers, and its own aren't due; then it is counted."""
        if self._signature != signature:
            return False
        if self._of_module and (self._module is None or self._module() is not args[0]):
            return False
        site = self.site
        with self._counting:
            if site.calls + 1 >= self.schedule.next or _tracing() is not None:
                return False
            site.calls += 1
        return True

    def count(self) -> int:
        """The number of this call at its place."""
        with self._counting:
            self.site.calls += 1
            return self.site.calls

    def forked(self) -> None:
        self._counting = threading.Lock()

    def recall(self, pattern: object) -> list[Finding] | None:
        """What calls of this pattern were found to be."""
        return self._patterns.get(pattern)

    def keep(self, signature: object, module: Any, pattern: object, found: list[Finding]) -> None:
        # Obligations are told nobody: a call of which nothing else is to be said is only counted.
        found = [one for one in found if one.certainty != "obligation"]
        self._module = None if module is None else weakref.ref(module)
        self._patterns[pattern] = found
        if len(self._patterns) > MOST_PATTERNS:
            self._patterns.popitem(last=False)
        self.found, self._signature = found, signature


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
