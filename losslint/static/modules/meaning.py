"""What layers without parameters leave of a value's domain and range."""

from __future__ import annotations

import math
from dataclasses import replace

from losslint.facts import EACH, NO_RANGE, UNKNOWN_AXIS, Axis, Domain, Facts, Range
from losslint.oneof import ANY, OneOf
from losslint.static.modules.arguments import Arguments
from losslint.static.modules.library import Layer
from losslint.static.operations.axes import pooled

AVERAGED = frozenset({"logits", "probs", "rectified", "rate"})
"""Domains that an average of their values stays in."""
SCALED = frozenset({"logits", "probs", "rectified"})
"""Domains that keep their name under dropout, which zeroes and stretches: a softmax before it is still a softmax too many."""
MOVED = frozenset({"logits", "probs", "log_probs", "rectified", "rate", "zero_one", "signs", "class_index"})
"""Domains that a choice or another arrangement of the values stays in."""

POOLS = frozenset({"pool", "adaptive", "fractional"})


def domain_after(layer: Layer, facts: Facts, init: Arguments) -> OneOf[Domain]:
    """The domain after a layer that leaves it as its entry's `domain` says (see `modules.toml`)."""
    how = layer.domain
    if how == "same":
        return facts.domain
    kept = {"averaged": AVERAGED, "scaled": SCALED, "moved": MOVED, "mixed": frozenset({"logits"})}.get(how, frozenset[str]())
    if facts.domain.values is None or not all(domain.name in kept for domain in facts.domain.values):
        return ANY
    if how in ("scaled", "mixed"):
        return facts.domain
    if how == "averaged":
        if overshoots(init):
            return facts.domain if all(domain.name == "logits" for domain in facts.domain.values) else ANY
        leading = 0 if padded(init) else leading_dims(layer, facts)
        scores = pooled(facts.domain) if layer.shape != "upsample" else facts.domain
        return scores.map(lambda domain: replace(domain, axis=_within(domain.axis, leading, facts)))
    moved = pooled(facts.domain) if layer.shape in POOLS else facts.domain
    return moved.map(lambda domain: replace(domain, axis=EACH if domain.axis == EACH else UNKNOWN_AXIS))


def range_after(how: str, facts: Facts, init: Arguments) -> Range:
    old = facts.range
    if how == "same":
        return old
    if how == "moved":
        return Range(old.low, old.high)
    if how == "averaged" and not overshoots(init):
        return Range(min(old.low, 0.0), max(old.high, 0.0)) if padded(init) else Range(old.low, old.high)
    if how == "scaled":
        return Range(0.0 if old.low >= 0 else -math.inf, 0.0 if old.high <= 0 else math.inf)
    return NO_RANGE


def overshoots(init: Arguments) -> bool:
    """Whether an average may leave the values' range: a divisor of its own, bicubic or an unknown interpolation."""
    return "divisor_override" in init or init.text("mode", "nearest") in (None, "bicubic")


def padded(init: Arguments) -> bool:
    """Whether zeros may be averaged in."""
    return any(size != 0 for size in init.integers("padding", 1, 0))


def leading_dims(layer: Layer, facts: Facts) -> int:
    """How many dims certainly stand before the spatial ones."""
    if layer.shape == "upsample":
        return 2
    ranks = [shape.rank for shape in facts.shape]
    return min((rank - layer.spatial if rank is not None else 0 for rank in ranks), default=0)


def _within(axis: Axis, leading: int, facts: Facts) -> Axis:
    """The axis when it is one of the `leading` dims, else unknown."""
    if not isinstance(axis, int) or 0 <= axis < leading:
        return axis
    ranks = {shape.rank for shape in facts.shape}
    rank = ranks.pop() if len(ranks) == 1 else None
    return axis if axis < 0 and rank is not None and axis + rank < leading else UNKNOWN_AXIS
