"""Reading the numbers of one call: at once where nothing has to be waited for, else when they have arrived."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

import torch

from losslint.calls import LossCall
from losslint.facts import Facts
from losslint.places import Place
from losslint.runtime.mailbox import Courier
from losslint.runtime.measure import numeric, with_values
from losslint.runtime.sampling import Evidence
from losslint.runtime.values import Reading, Values, interpret, launch

RESULT: Final = -1
"""The result's number among the arguments."""


class Reader:
    """The numbers of one call. `now` has what was read of each argument, `later` what is on its way."""

    def __init__(self, courier: Courier, evidence: Evidence, place: Place, prediction: str) -> None:
        self._courier = courier
        self._evidence = evidence
        self._place = place
        self._prediction = prediction
        self.now: dict[int, Values] = {}
        self.later: list[tuple[int, Reading]] = []

    def read(self, at: int, name: str, value: Any, facts: Facts) -> Facts:
        """The facts of an argument, with its numbers where they are at hand."""
        tensor = numeric(value)
        if tensor is None:
            return facts
        waits = self._courier.waits(tensor)
        domain = at != RESULT and not facts.domain.known
        reading = _quiet_launch(tensor, domain, name == self._prediction, waits)
        if reading is None:
            return facts
        if waits:
            self.later.append((at, reading))
            return facts
        return with_values(facts, self._weigh(at, name, interpret(reading, reading.numbers.tolist())), self._place)

    def _weigh(self, at: int, name: str, values: Values) -> Values:
        self.now[at] = values
        weighed = self._evidence.weigh(at, values)
        # A prediction that may turn out to be probabilities isn't yet judged by its range, as if that were all to be said.
        return Values(finite=values.finite) if weighed is not values and name == self._prediction else weighed

    def vector(self) -> Any:
        """All that is on its way, in one tensor of one device."""
        device = self.later[0][1].numbers.device
        self.later = [(at, reading) for at, reading in self.later if reading.numbers.device == device]
        with torch.no_grad(), torch._C.DisableTorchFunction():
            return torch.cat([reading.numbers for _, reading in self.later])

    def arrived(self, call: LossCall, result: Facts, numbers: Sequence[float]) -> tuple[LossCall, Facts]:
        """The call and its result with the numbers that have come."""
        passed, start = list(call.passed), 0
        for at, reading in self.later:
            name = "" if at == RESULT else passed[at].name
            values = self._weigh(at, name, interpret(reading, numbers[start : start + reading.size]))
            start += reading.size
            if at == RESULT:
                result = with_values(result, values, self._place)
            else:
                passed[at] = replace(passed[at], facts=with_values(passed[at].facts, values, self._place))
        return replace(call, passed=tuple(passed)), result


def _quiet_launch(tensor: Any, domain: bool, bins: bool, waits: bool) -> Reading | None:
    # Functionalized tensors and the like have no numbers: then values tell nothing.
    try:
        return launch(tensor, domain=domain, bins=bins, whole=waits)
    except Exception:
        return None
