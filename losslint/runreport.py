"""What was seen of the losses of a run: typed, grouped by call site, and the same as JSON.

Needs neither torch nor the runtime: a report that was written elsewhere can be read and merged anywhere.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Final, Literal, cast

from losslint import __version__
from losslint.checking import CERTAINTIES, Finding, TraceStep
from losslint.errors import InputError
from losslint.places import Place

SCHEMA: Final = "losslint-run/1"
MOST_POINTS: Final = 512
"""Points that a curve keeps; when there are more, every second one goes."""
MOST_SHAPES: Final = 8
"""Different shapes that are kept of an argument; a ragged last batch is one more, padding to the longest many."""
MOST_ERRORS: Final = 100
Unwatched = Literal["compiled", "exported", "scripted", "traced", "captured"]


@dataclass
class Hit:
    """One finding at one place. `first`, `last`: the calls at that place, counted from 1, that showed it; `count`: how many."""

    finding: Finding
    first: int
    last: int
    count: int = 1
    ranks: set[int] = field(default_factory=lambda: {0})


@dataclass
class Argument:
    """What was seen of one argument over the calls at a place.

    `low`, `high`: the smallest and the largest number of all that were read, None where none was. `domains`: what the numbers
    mean, as far as the autograd graph or the numbers tell, and by what.
    """

    kinds: set[str] = field(default_factory=set)
    dtypes: set[str] = field(default_factory=set)
    shapes: list[list[int]] = field(default_factory=list)
    devices: set[str] = field(default_factory=set)
    domains: set[str] = field(default_factory=set)
    requires_grad: set[bool] = field(default_factory=set)
    low: float | None = None
    high: float | None = None

    def widen(self, low: float, high: float) -> None:
        self.low = low if self.low is None else min(self.low, low)
        self.high = high if self.high is None else max(self.high, high)

    def add_shape(self, shape: list[int]) -> None:
        if shape not in self.shapes and len(self.shapes) < MOST_SHAPES:
            self.shapes.append(shape)


@dataclass
class Curve:
    """Points (call, numbers…) of which at most `MOST_POINTS` are kept, evenly spread."""

    points: list[list[float]] = field(default_factory=list)
    stride: int = 1
    offered: int = 0

    def add(self, step: int, *numbers: float) -> None:
        if self.offered % self.stride == 0:
            self.points.append([step, *numbers])
        self.offered += 1
        if len(self.points) > MOST_POINTS:
            self.points = self.points[::2]
            self.stride *= 2


@dataclass
class Histogram:
    """How the numbers of the prediction were spread at call `step`: counts in equal bins from `low` to `high`."""

    step: int
    low: float
    high: float
    counts: list[int]


@dataclass
class Site:
    """One place that calls (or constructs) one loss.

    `loss`: as users write it, `nn.CrossEntropyLoss`. `calls`: how often it ran, whether looked at or not. `losses`: (call,
    loss); `row_sums`: (call, smallest, largest sum along the class axis) of the prediction. `classes`: the size of the class
    axis. `ranks`: how often each rank ran it. `undecided`: the rules that no call could tell of, None before one was looked at
    with its numbers.
    """

    place: Place
    loss: str
    contract: str
    stage: Literal["call", "construct"] = "call"
    calls: int = 0
    classes: int | None = None
    reduction: str | None = None
    hits: list[Hit] = field(default_factory=list)
    arguments: dict[str, Argument] = field(default_factory=dict)
    losses: Curve = field(default_factory=Curve)
    row_sums: Curve = field(default_factory=Curve)
    histogram: Histogram | None = None
    ranks: dict[int, int] = field(default_factory=dict)
    undecided: list[str] | None = None

    def doubt(self, found: Iterable[Finding]) -> None:
        """Note what the rules said of a call that was looked at in full: what none of them left open is decided."""
        left = {finding.code for finding in found if finding.certainty != "proven"}
        self.undecided = sorted(left if self.undecided is None else left & set(self.undecided))

    def hit(self, finding: Finding, step: int) -> bool:
        """Count a finding; whether it is new here, or more certain than before."""
        for one in self.hits:
            if one.finding.code == finding.code:
                # One call is judged before it is made and again when it is backpropagated.
                one.count += step != one.last
                one.last = max(step, one.last)
                if CERTAINTIES.index(finding.certainty) <= CERTAINTIES.index(one.finding.certainty):
                    return False
                one.finding = finding
                return True
        self.hits.append(Hit(finding, step, step))
        return True


@dataclass
class Unseen:
    """Losses that ran, or will run, where they cannot be watched. `count`: how often the code was compiled or captured."""

    how: Unwatched
    loss: str
    place: Place | None
    count: int = 1


@dataclass
class Report:
    """What was seen.

    `rank`, `world_size`: which process of a distributed run; `ranks`: those whose reports are merged here; `run`: by which
    reports of one run know each other. `errors`: what went wrong inside losslint, one line each; it kept the program from
    none of its work.
    """

    sites: list[Site] = field(default_factory=list)
    unseen: list[Unseen] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    rank: int = 0
    world_size: int = 1
    ranks: list[int] = field(default_factory=lambda: [0])
    run: str = ""

    @property
    def calls(self) -> int:
        """Loss calls, whether looked at or not."""
        return sum(site.calls for site in self.sites if site.stage == "call")

    @property
    def reached(self) -> Counter[Place]:
        """How often each place called or constructed a loss."""
        counts: Counter[Place] = Counter()
        for site in self.sites:
            counts[site.place] += site.calls
        return counts

    @property
    def findings(self) -> list[Finding]:
        """Each finding once a place, however often it was met there."""
        return [hit.finding for site in self.sites for hit in site.hits]

    @property
    def proven(self) -> list[Finding]:
        return [finding for finding in self.findings if finding.certainty == "proven"]

    @property
    def missing_ranks(self) -> list[int]:
        """Processes of the run that left no report: they are still running, or were killed."""
        return [rank for rank in range(self.world_size) if rank not in self.ranks]

    def fail(self, message: str) -> None:
        """Note an error of losslint's own, once."""
        line = " ".join(message.split())
        if line not in self.errors and len(self.errors) < MOST_ERRORS:
            self.errors.append(line)

    def note_unseen(self, how: Unwatched, loss: str, place: Place | None) -> None:
        for one in self.unseen:
            if (one.how, one.loss, one.place) == (how, loss, place):
                one.count += 1
                return
        self.unseen.append(Unseen(how, loss, place))

    def to_dict(self) -> dict[str, Any]:
        """Plain data, as docs/runtime.md describes it."""
        return {
            "schema": SCHEMA,
            "losslint": __version__,
            "rank": self.rank,
            "world_size": self.world_size,
            "ranks": self.ranks,
            "run": self.run,
            "calls": self.calls,
            "sites": [_site(site) for site in self.sites],
            "unseen": [asdict(one) for one in self.unseen],
            "errors": self.errors,
        }

    def to_json(self) -> str:
        return json.dumps(self.to_dict(), indent=1, allow_nan=True)

    @classmethod
    def from_json(cls, text: str, source: str = "report") -> Report:
        """Read what `to_json` wrote. Raises InputError, which names `source`."""
        try:
            data = json.loads(text)
            if not isinstance(data, dict) or data.get("schema") != SCHEMA:
                raise InputError(source, f"is no report of a run: `schema` is not {SCHEMA!r}")
            return cls(
                [_read_site(site) for site in data["sites"]],
                [Unseen(one["how"], one["loss"], _read_place(one["place"]), one["count"]) for one in data["unseen"]],
                list(data["errors"]),
                data["rank"],
                data["world_size"],
                list(data["ranks"]),
                data["run"],
            )
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise InputError(source, f"cannot be read as a report of a run: {type(error).__name__}: {error}") from error


def merge(reports: Iterable[Report]) -> Report:
    """One report of several ranks'. Curves and histograms are the lowest rank's that has them."""
    merged = Report(ranks=[])
    known: dict[tuple[object, ...], Site] = {}
    for report in sorted(reports, key=lambda one: one.rank):
        merged.world_size = max(merged.world_size, report.world_size)
        merged.run = report.run
        merged.ranks = sorted({*merged.ranks, *report.ranks})
        for site in report.sites:
            key = (site.place, site.contract, site.stage)
            if key in known:
                _join(known[key], site)
            else:
                known[key] = _read_site(_site(site))
                merged.sites.append(known[key])
        for one in report.unseen:
            merged.unseen.append(Unseen(one.how, one.loss, one.place, one.count))
        for error in report.errors:
            merged.fail(error if report.world_size == 1 else f"rank {report.rank}: {error}")
    merged.rank = min(merged.ranks, default=0)
    return merged


def _join(site: Site, other: Site) -> None:
    site.calls += other.calls
    if site.undecided is None or other.undecided is None:
        site.undecided = site.undecided or other.undecided
    else:
        site.undecided = sorted(set(site.undecided) & set(other.undecided))
    for rank, calls in other.ranks.items():
        site.ranks[rank] = site.ranks.get(rank, 0) + calls
    for name, theirs in other.arguments.items():
        mine = site.arguments.setdefault(name, Argument())
        for key in ("kinds", "dtypes", "devices", "domains", "requires_grad"):
            getattr(mine, key).update(getattr(theirs, key))
        for shape in theirs.shapes:
            mine.add_shape(shape)
        if theirs.low is not None and theirs.high is not None:
            mine.widen(theirs.low, theirs.high)
    for hit in other.hits:
        same = next((one for one in site.hits if one.finding.code == hit.finding.code), None)
        if same is None:
            site.hits.append(hit)
            continue
        same.first, same.last = min(same.first, hit.first), max(same.last, hit.last)
        same.count += hit.count
        same.ranks |= hit.ranks
        if CERTAINTIES.index(hit.finding.certainty) > CERTAINTIES.index(same.finding.certainty):
            same.finding = hit.finding
    if not site.losses.points:
        site.losses = other.losses
    if not site.row_sums.points:
        site.row_sums = other.row_sums
    site.histogram = site.histogram or other.histogram


def _site(site: Site) -> dict[str, Any]:
    """JSON has no sets and no numbers as keys."""
    entry = asdict(site)
    entry["arguments"] = {
        name: {key: sorted(value) if isinstance(value, set) else value for key, value in argument.items()}
        for name, argument in entry["arguments"].items()
    }
    hits = entry.pop("hits")
    entry["findings"] = [
        {**hit["finding"], "first": hit["first"], "last": hit["last"], "count": hit["count"], "ranks": sorted(hit["ranks"])}
        for hit in hits
    ]
    entry["losses"], entry["row_sums"] = site.losses.points, site.row_sums.points
    entry["ranks"] = {str(rank): calls for rank, calls in site.ranks.items()}
    return entry


def _read_site(entry: Mapping[str, Any]) -> Site:
    rest = dict(entry)
    place = _read_place(rest.pop("place"))
    if place is None:
        raise ValueError("a site has no place")
    hits = [_read_hit(hit) for hit in rest.pop("findings")]
    arguments = {name: _read_argument(argument) for name, argument in rest.pop("arguments").items()}
    histogram = rest.pop("histogram")
    return Site(
        place=place,
        hits=hits,
        arguments=arguments,
        losses=_read_curve(rest.pop("losses")),
        row_sums=_read_curve(rest.pop("row_sums")),
        histogram=Histogram(**histogram) if histogram is not None else None,
        ranks={int(rank): calls for rank, calls in rest.pop("ranks").items()},
        **rest,
    )


def _read_curve(points: list[list[float]]) -> Curve:
    return Curve([list(point) for point in points], offered=len(points))


def _read_argument(entry: Mapping[str, Any]) -> Argument:
    sets = ("kinds", "dtypes", "devices", "domains", "requires_grad")
    known: dict[str, Any] = {key: set(value) if key in sets else value for key, value in entry.items()}
    return Argument(**known)


def _read_hit(entry: Mapping[str, Any]) -> Hit:
    rest = dict(entry)
    counted = {key: rest.pop(key) for key in ("first", "last", "count")}
    ranks = set(rest.pop("ranks"))
    place = _read_place(rest.pop("place"))
    trace = tuple(TraceStep(cast(Place, _read_place(step["place"])), step["note"]) for step in rest.pop("trace"))
    return Hit(Finding(place=cast(Place, place), trace=trace, **rest), ranks=ranks, **counted)


def _read_place(entry: Mapping[str, Any] | None) -> Place | None:
    return Place(**entry) if entry is not None else None
