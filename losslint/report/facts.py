"""What a run showed of a loss call, in words and numbers that every report uses."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

from losslint.facts import DOMAINS
from losslint.report import plural
from losslint.runreport import Argument, Hit, Site

MOST_SHAPES: Final = 3
_CROSS_ENTROPY: Final = "cross_entropy"
_BINARY: Final = "binary_cross_entropy_with_logits"
_NEVER_NEGATIVE: Final = frozenset(
    {
        "l1_loss",
        "mse_loss",
        "smooth_l1_loss",
        "huber_loss",
        "nll_loss",
        "binary_cross_entropy",
        "soft_margin_loss",
        "margin_ranking_loss",
        "multi_margin_loss",
        "multilabel_margin_loss",
        "multilabel_soft_margin_loss",
        "hinge_embedding_loss",
        "cosine_embedding_loss",
        "triplet_margin_loss",
        "triplet_margin_with_distance_loss",
        "ctc_loss",
        _CROSS_ENTROPY,
        _BINARY,
    }
)
"""Losses that valid arguments never take below 0."""


@dataclass(frozen=True)
class Line:
    """A value that a loss is measured against, and why."""

    value: float
    why: str


def floor(site: Site) -> Line | None:
    """The value that the loss cannot fall below as it is called; None where there is none or it depends on the batch."""
    codes = {hit.finding.code for hit in site.hits if hit.finding.certainty == "proven"}
    if site.contract == _CROSS_ENTROPY and "LL101" in codes and site.classes and site.reduction == "mean":
        value = math.log(1 + (site.classes - 1) / math.e)
        return Line(value, f"the softmax that is applied twice keeps it above ln(1 + {site.classes - 1}/e)")
    if site.contract == _BINARY and "LL101" in codes and site.reduction == "mean":
        return Line(math.log1p(1 / math.e), "the sigmoid that is applied twice keeps it above ln(1 + 1/e)")
    if site.contract in _NEVER_NEGATIVE and site.reduction in ("mean", "sum"):
        return Line(0.0, "valid arguments never give less")
    return None


def guess(site: Site) -> Line | None:
    """What a model scores that knows nothing."""
    if site.contract not in (_CROSS_ENTROPY, "nll_loss") or not site.classes or site.classes < 2 or site.reduction != "mean":
        return None
    return Line(math.log(site.classes), f"guessing among {site.classes} classes")


def described(argument: Argument) -> str:
    """`float32 [96 3], 0.1352 … 0.6362, probabilities over axis 1 (output of softmax)`."""
    words = []
    kinds = argument.kinds - {"tensor"}
    if kinds:
        words.append(" or ".join(sorted(kinds)))
    shapes = [f"[{' '.join(map(str, shape))}]" for shape in argument.shapes[:MOST_SHAPES]]
    if len(argument.shapes) > MOST_SHAPES:
        shapes.append("…")
    data = " or ".join(sorted(argument.dtypes))
    if data or shapes:
        words.append(f"{data} {', '.join(shapes)}".strip())
    if argument.low is not None and argument.high is not None:
        low, high = number(argument.low), number(argument.high)
        words.append(low if low == high else f"{low} … {high}")
    words += [domain_in_words(domain) for domain in sorted(argument.domains)]
    devices = sorted(argument.devices - {"cpu"})
    if devices:
        words.append("on " + ", ".join(devices))
    return ", ".join(words)


def domain_in_words(domain: str) -> str:
    """`probs(1): output of softmax (autograd graph)` as `probabilities over axis 1: output of softmax (autograd graph)`."""
    what, colon, note = domain.partition(": ")
    name, _, axis = what.partition("(")
    axis = axis.rstrip(")")
    where = "" if not axis else " of each element" if axis == "each" else f" over axis {axis}"
    return f"{DOMAINS.get(name, name)}{where}{colon}{note}"


def number(value: float) -> str:
    return f"{value:.4g}"


def when(hit: Hit, site: Site) -> str:
    """`call 1 of 1`, `calls 1 to 900 of 900, seen 18 times`: numbers are not read at every call. Ranks count for themselves."""
    several = len(site.ranks) > 1
    calls = max(site.ranks.values()) if several else site.calls
    each = f" on ranks {', '.join(map(str, sorted(hit.ranks)))}" if several else ""
    if hit.first == hit.last and hit.count == 1:
        return f"call {hit.first} of {calls}{each}"
    return f"calls {hit.first} to {hit.last} of {calls}{each}, seen {plural(hit.count, 'time')}"


def curve(site: Site) -> str:
    """The losses seen, in a line: `1.094 → 1.093, lowest 1.093`."""
    values = [point[1] for point in site.losses.points if math.isfinite(point[1])]
    if not values:
        return ""
    text = number(values[0]) if len(values) == 1 else f"{number(values[0])} → {number(values[-1])}, lowest {number(min(values))}"
    low = floor(site)
    return f"{text} (floor {number(low.value)}: {low.why})" if low is not None and low.value > 0 else text
