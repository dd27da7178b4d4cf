"""What layers without parameters leave of a value's domain and range."""

from __future__ import annotations

import math

from losslint.facts import EACH, NO_RANGE, UNKNOWN_AXIS, Domain, Facts, Range
from losslint.oneof import ANY, OneOf
from losslint.static.modules.arguments import Arguments

AVERAGED = frozenset({"logits", "probs", "rectified", "rate"})
"""Domains that an average of their values stays in."""
SCALED = frozenset({"logits", "probs", "rectified"})
"""Domains that keep their name under dropout, which zeroes and stretches: a softmax before it is still a softmax too many."""
MOVED = frozenset({"logits", "probs", "log_probs", "rectified", "rate", "zero_one", "signs", "class_index"})
"""Domains that a choice or another arrangement of the values stays in."""


def domain_after(how: str, facts: Facts, spatial: int, init: Arguments) -> OneOf[Domain]:
    """The domain after a layer of the kind `how` (see `modules.toml`), which has `spatial` spatial dims."""
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
        return facts.domain.map(lambda domain: Domain(domain.name, _off_spatial(domain.axis, spatial)))
    return facts.domain.map(lambda domain: Domain(domain.name, EACH if domain.axis == EACH else UNKNOWN_AXIS))


def range_after(how: str, facts: Facts, init: Arguments) -> Range:
    old = facts.range
    if how == "same":
        return old
    if how == "moved":
        return Range(old.low, old.high)
    if how == "averaged" and not overshoots(init):
        padded = "padding" in init
        return Range(min(old.low, 0.0) if padded else old.low, max(old.high, 0.0) if padded else old.high)
    if how == "scaled":
        return Range(0.0 if old.low >= 0 else -math.inf, 0.0 if old.high <= 0 else math.inf)
    return NO_RANGE


def overshoots(init: Arguments) -> bool:
    """Whether an average may leave the values' range: a divisor of its own, bicubic or an unknown interpolation."""
    return "divisor_override" in init or init.text("mode", "nearest") in (None, "bicubic")


def _off_spatial(axis: int | str, spatial: int) -> int | str:
    """An axis that is certainly not one of the last `spatial` dims of an input with a batch dim, else unknown."""
    if isinstance(axis, int) and not (0 <= axis <= 1 or axis < -max(spatial, 3)):
        return UNKNOWN_AXIS
    return axis
