"""What a report keeps of a call: plain words and numbers, no tensor."""

from __future__ import annotations

from losslint.calls import LossCall
from losslint.facts import Facts
from losslint.runreport import Argument, Histogram, Site
from losslint.runtime.reading import Reader


def note_call(site: Site, step: int, call: LossCall, reader: Reader | None) -> None:
    """Add the facts of a call's arguments to those of earlier calls at its place."""
    for passed in call.passed:
        facts = passed.facts
        seen = site.arguments.setdefault(passed.name or str(passed.position), Argument())
        seen.kinds.update(facts.kind)
        seen.dtypes.update(facts.dtype)
        seen.devices.update(facts.device)
        seen.requires_grad.update(facts.requires_grad)
        note = facts.steps[0].note if facts.steps else ""
        seen.domains.update(f"{domain}: {note}" if note else str(domain) for domain in facts.domain)
        for shape in facts.shape:
            seen.add_shape([size for size in shape.dims if isinstance(size, int)])
        if facts.range.exact:
            seen.widen(facts.range.low, facts.range.high)
    whole, axis = call.prediction.shape.only, call.contract.class_axis
    if whole is not None and axis is not None:
        size = whole.dim(axis if whole.rank != 1 else 0)
        site.classes = size if isinstance(size, int) else None
    reduction = call.option("reduction").only
    site.reduction = reduction if isinstance(reduction, str) else None
    if reader is not None:
        _note_numbers(site, step, call, reader)


def _note_numbers(site: Site, step: int, call: LossCall, reader: Reader) -> None:
    for at, passed in enumerate(call.passed):
        if passed.name == call.contract.prediction and at in reader.now:
            values = reader.now[at]
            if values.sums.exact:
                site.row_sums.add(step, values.sums.low, values.sums.high)
            if values.counts:
                site.histogram = Histogram(step, values.range.low, values.range.high, list(values.counts))


def note_result(site: Site, step: int, result: Facts) -> None:
    """Add a loss, where it is one number."""
    if result.range.exact and result.range.low == result.range.high:
        site.losses.add(step, result.range.low)
