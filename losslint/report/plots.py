"""Small plots as SVG to stand inside a page: the loss over the calls, the numbers of the prediction, their sums by row.

Colours are names that the page gives a value to, in light and in dark.
"""

from __future__ import annotations

import io
import math
import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from losslint.report.facts import floor, guess, number
from losslint.runreport import Site

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_COLOURS: Final = {
    "#0a0b01": "var(--ink)",
    "#0a0b02": "var(--faint)",
    "#0a0b03": "var(--line)",
    "#0a0b04": "var(--mark)",
    "#0a0b05": "var(--band)",
    "#0a0b06": "var(--calm)",
}
"""Colours that matplotlib is given, and what stands for them in the page."""
INK, FAINT, LINE, MARK, BAND, CALM = _COLOURS
_SIZE: Final = (3.7, 2.2)
_STYLE: Final = {
    "svg.fonttype": "none",
    "svg.hashsalt": "losslint",
    "font.size": 9.0,
    "font.family": "sans-serif",
    "text.color": INK,
    "axes.labelcolor": FAINT,
    "axes.edgecolor": FAINT,
    "xtick.color": FAINT,
    "ytick.color": FAINT,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.linewidth": 0.6,
    "xtick.major.width": 0.6,
    "ytick.major.width": 0.6,
    "axes.facecolor": "none",
    "figure.facecolor": "none",
    "savefig.facecolor": "none",
}


def plots(site: Site) -> list[tuple[str, str]]:
    """Title and SVG of each plot that the site has numbers for."""
    found: list[tuple[str, str]] = []
    losses = [point for point in site.losses.points if math.isfinite(point[1])]
    if len(losses) > 1:
        found.append(("The loss over the calls", _drawn(lambda axes: _losses(axes, site, losses))))
    if site.histogram is not None and any(site.histogram.counts):
        found.append((f"The prediction at call {site.histogram.step}", _drawn(lambda axes: _numbers(axes, site))))
    sums = [point for point in site.row_sums.points if all(map(math.isfinite, point))]
    if sums:
        found.append(("Sums over the classes", _drawn(lambda axes: _sums(axes, sums))))
    return found


def _losses(axes: Axes, site: Site, points: list[list[float]]) -> None:
    steps, values = [point[0] for point in points], [point[1] for point in points]
    axes.plot(steps, values, color=LINE, linewidth=1.4, marker="o" if len(points) < 30 else None, markersize=2.5)
    low, random = floor(site), guess(site)
    top, bottom = max(values), min(values)
    span = (top - bottom) or abs(top) or 1.0
    # A floor of 0 far below would press the curve to a line and says little; one above 0 is always worth it.
    if low is not None and (low.value > 0 or bottom - low.value < 2 * span):
        axes.axhline(low.value, color=MARK, linewidth=1, linestyle="--")
        _label(axes, low.value, f"floor {number(low.value)}", MARK, below=True)
    if random is not None and bottom - 2 * span < random.value < top + 2 * span:
        axes.axhline(random.value, color=FAINT, linewidth=0.8, linestyle=":")
        _label(axes, random.value, f"guessing {number(random.value)}", FAINT)
    axes.set_xlabel("call")
    axes.margins(y=0.18)
    _whole_numbers(axes)


def _numbers(axes: Axes, site: Site) -> None:
    histogram = site.histogram
    assert histogram is not None
    bins = len(histogram.counts)
    width = (histogram.high - histogram.low) / bins or 1.0
    edges = [histogram.low + width * at for at in range(bins + 1)]
    axes.stairs(histogram.counts, edges, fill=True, color=LINE, alpha=0.75, linewidth=0)
    axes.set_ylabel("how many")
    axes.margins(x=0.02)
    _whole_numbers(axes, "y")


def _sums(axes: Axes, points: list[list[float]]) -> None:
    steps = [point[0] for point in points]
    low, high = [point[1] for point in points], [point[2] for point in points]
    if len(points) > 1:
        axes.fill_between(steps, low, high, color=BAND, linewidth=0)
    axes.vlines(steps, low, high, color=LINE, linewidth=1) if len(points) < 30 else None
    axes.plot(steps, low, color=LINE, linewidth=0.9, marker="_" if len(points) < 30 else None)
    axes.plot(steps, high, color=LINE, linewidth=0.9, marker="_" if len(points) < 30 else None)
    one = min(low) - 1 <= 1 <= max(high) + 1
    if one:
        axes.axhline(1.0, color=MARK, linewidth=1, linestyle="--")
        _label(axes, 1.0, "1: probabilities", MARK)
    axes.set_xlabel("call")
    axes.margins(y=0.3)
    if one and max(abs(value - 1) for value in (*low, *high)) < 0.05:
        axes.set_ylim(0.9, 1.1)
    _whole_numbers(axes)


def _label(axes: Axes, y: float, text: str, colour: str, *, below: bool = False) -> None:
    axes.annotate(
        text,
        (1.0, y),
        xycoords=("axes fraction", "data"),
        xytext=(0, -2 if below else 2),
        textcoords="offset points",
        ha="right",
        va="top" if below else "bottom",
        color=colour,
        fontsize=8,
    )


def _whole_numbers(axes: Axes, which: str = "x") -> None:
    from matplotlib.ticker import MaxNLocator

    getattr(axes, f"{which}axis").set_major_locator(MaxNLocator(5, integer=True))


def _drawn(draw: Callable[[Any], None]) -> str:
    from matplotlib import rc_context
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure

    with rc_context(_STYLE):
        figure = Figure(figsize=_SIZE, layout="constrained")
        FigureCanvasSVG(figure)
        draw(figure.add_subplot())
        stream = io.StringIO()
        figure.savefig(stream, format="svg", metadata={"Date": None, "Creator": None})
    return _inline(stream.getvalue())


def _inline(svg: str) -> str:
    """The element alone, without size, with the page's colours, and ids that no other plot of the page has."""
    body = svg[svg.index("<svg") :]
    body = re.sub(r'(<svg[^>]*?) width="[^"]*"', r"\1", body, count=1)
    body = re.sub(r'(<svg[^>]*?) height="[^"]*"', r"\1", body, count=1)
    body = re.sub(r"<metadata>.*?</metadata>", "", body, flags=re.DOTALL)
    for colour, name in _COLOURS.items():
        body = body.replace(colour, name)
    return body.strip()
