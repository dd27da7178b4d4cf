"""Writing into a tensor: `buffer[index] = value`.

A buffer of zeros that a program fills is what was written into it: where some of it may have stayed zero, and where a loop
that fills it meets the state before the loop, what was written decides.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from losslint.facts import NO_RANGE, UNKNOWN_AXIS, Axis, Domain, Range
from losslint.oneof import ANY, OneOf
from losslint.static.operand import Operand
from losslint.static.operations.application import is_number
from losslint.static.operations.axes import ALONG_AN_AXIS, ANY_SHAPE, normal_axis
from losslint.static.operations.indexing import indexed
from losslint.static.operations.results import any_grad, bounded, grad_of

NATURAL: Final = {
    "logits": NO_RANGE, "class_index": NO_RANGE, "zero_one": Range(0.0, 1.0), "one_hot": Range(0.0, 1.0),
    "probs": Range(0.0, 1.0), "log_probs": Range(high=0.0),
}  # fmt: skip
"""Numbers that can be written into values of a domain, by masks for example, without making them something else."""
WRITTEN: Final = "written"
"""Tag of a buffer that was blank before it was written into."""
FURTHEST: Final = 8
"""Axes of a buffer of unknown rank that are looked at."""


def is_blank(operand: Operand) -> bool:
    """Whether nothing but zeros, or nothing yet, stands in it."""
    facts = operand.facts
    return operand.tag == "blank" or (not facts.domain.known and facts.range == Range(0.0, 0.0, facts.range.exact))


def written(buffer: Operand, index: Operand, value: Operand) -> Operand:
    """The buffer, a tensor or array, after `buffer[index] = value`."""
    old, new = buffer.facts, value.facts
    blank = is_blank(buffer) or buffer.tag == WRITTEN
    number = is_number(value)
    span = new.range if not number else _span(value)
    steps = old.steps if number else bounded((*(() if blank else old.steps), *new.steps))
    domain = moved(buffer, index, value) if not number else old.domain if all(_kept(one, span) for one in old.domain) else ANY
    if not is_blank(buffer) and not number:
        domain = old.domain.join(domain)
    return Operand(
        old.with_(
            domain=domain,
            range=span if buffer.tag == "blank" else _hull(old.range, span),
            requires_grad=old.requires_grad
            if number or old.kind.only == "ndarray"
            else any_grad([grad_of(buffer), grad_of(value)]),
            steps=steps,
            finite=ANY,
            padding=ANY,
            sums=NO_RANGE,
        ),
        tag=WRITTEN if blank and not number else "",
    )


def changed(tensor: Operand, result: Operand, quiet: bool) -> Operand:
    """The tensor after `tensor += other`, given the sum: what is changed in place stays of its dtype and shape, and where
    gradients are off it learns as before: `w -= rate * w.grad`."""
    old, new = tensor.facts, result.facts
    new = new.with_(
        dtype=old.dtype if old.dtype.known else new.dtype,
        shape=old.shape if old.shape.known else new.shape,
        device=old.device if old.device.known else new.device,
    )
    return replace(result, facts=new.with_(requires_grad=old.requires_grad, steps=old.steps) if quiet else new)


def met(a: Operand, b: Operand) -> Operand | None:
    """Where a blank buffer meets the same buffer written into, the latter; None when it's about something else."""
    for blank, other in ((a, b), (b, a)):
        if other.tag == WRITTEN and is_blank(blank) and blank.facts.shape == other.facts.shape:
            return replace(other, facts=other.facts.with_(requires_grad=any_grad([grad_of(blank), grad_of(other)])))
    return None


def moved(buffer: Operand, index: Operand, value: Operand) -> OneOf[Domain]:
    """The value's domain, with its axis where it lies in the buffer."""
    shape = buffer.facts.shape.only or ANY_SHAPE
    indices = list(index.items) if index.items is not None and index.facts.kind.only == "tuple" else [index]
    layout = indexed(shape, indices)
    axes = range(shape.rank if shape.rank is not None else FURTHEST)
    given = value.facts.shape.only

    def to_buffer(axis: Axis) -> Axis:
        if isinstance(axis, str):
            return axis
        if given is not None and given.rank is not None and layout.shape.rank is not None:
            axis += layout.shape.rank - given.rank if axis >= 0 else 0  # broadcast from the right
        wanted = normal_axis(axis, layout.shape)
        if shape.rank is None and axis == -1:
            return -1
        return next((one for one in axes if layout.axis(one) == wanted), UNKNOWN_AXIS)

    return value.facts.domain.map(
        lambda one: replace(one, axis=normal_axis(to_buffer(one.axis), shape)) if one.name in ALONG_AN_AXIS else one
    )


def _kept(domain: Domain, span: Range) -> bool:
    """Whether a tensor still means the same after numbers were written into it: masked scores are scores."""
    if domain.name == "signs":
        return span in (Range(-1.0, -1.0), Range(1.0, 1.0))
    return domain.name in NATURAL and NATURAL[domain.name].covers(span)


def _span(number: Operand) -> Range:
    values = [float(one) for one in number.value if isinstance(one, (int, float))] if number.value.known else []
    return Range(min(values), max(values)) if values else NO_RANGE


def _hull(a: Range, b: Range) -> Range:
    return Range(min(a.low, b.low), max(a.high, b.high))
