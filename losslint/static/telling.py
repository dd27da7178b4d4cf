"""What an interpretation tells: its findings, each at its surest, and how much is known. The shares of a large program tell it
each for itself, and it is put together.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Container, Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import reduce

from losslint.checking import CERTAINTIES, Finding, TraceStep, check
from losslint.errors import InputError
from losslint.facts import Facts
from losslint.oneof import ANY
from losslint.places import Place
from losslint.rule import Rule
from losslint.static import leaves
from losslint.static.conditions import Conditions, in_words
from losslint.static.freezing import frozen
from losslint.static.losses import settled
from losslint.static.machine import FileModule, Record
from losslint.static.program import Program
from losslint.static.sources import Source
from losslint.static.taking import is_taken
from losslint.tri import Tri

Rank = tuple[int, bool]
Judged = dict[tuple[str, Place], tuple[Rank, Finding]]
"""The surest finding of each rule at each place."""
Known = tuple[bool, ...]
"""Whether the domain, dtype and shape of a loss call's prediction are known, and those of its target."""


@dataclass
class Told:
    """`sites`: the loss calls; `parsed`: the names of the files read. `over_budget`: how often a file or function was left
    unknown for want of budget. `sources`: of the files read, by their paths."""

    judged: Judged
    sites: dict[object, Known]
    parsed: frozenset[str]
    over_budget: Counter[str]
    complaints: list[InputError]
    reveals: list[tuple[Place, Facts]]
    sources: dict[str, Source] = field(default_factory=dict)


def tell(program: Program, rules: Sequence[Rule], obligations: bool, known: Container[str] = ()) -> Told:
    """`obligations`: also tell what only a run can tell. `known`: the names of the files whose source is known."""
    met = [record for record in program.records if record.module.checked]
    leaves.tell(met, program.machine.leaves)
    return Told(
        judged(met, rules, frozen(program), obligations),
        _sites(met),
        frozenset(program.parsed),
        program.machine.hits,
        program.machine.complaints,
        program.machine.reveals,
        {module.path: module.source for module in program.loaded() if module.name not in known},
    )


def together(every: Sequence[Told]) -> Told:
    """What all shares of a program tell."""
    found: Judged = {}
    for key, ranked in (pair for one in every for pair in one.judged.items()):
        if key not in found or ranked[0] > found[key][0]:
            found[key] = ranked
    sites: dict[object, Known] = {}
    for site, known in (pair for one in every for pair in one.sites.items()):
        sites[site] = _more(sites.get(site, known), known)
    return Told(
        found,
        sites,
        frozenset().union(*(one.parsed for one in every)),
        reduce(Counter.__or__, (one.over_budget for one in every), Counter()),
        list({str(error): error for one in every for error in one.complaints}.values()),
        list(dict.fromkeys(reveal for one in every for reveal in one.reveals)),
        {path: source for one in every for path, source in one.sources.items()},
    )


def findings(told: Told) -> list[Finding]:
    """In order of place."""
    return sorted((finding for _, finding in told.judged.values()), key=_order)


def judged(records: list[Record], rules: Sequence[Rule], fixed: Callable[[FileModule], Tri], obligations: bool) -> Judged:
    """What the rules say of loss calls. A call met several times is told once, at its surest. `fixed`: whether a file may keep
    parameters from learning."""
    met = [
        (one, record)
        for record in records
        if not record.refused
        for one in check(settled(record, fixed(record.module)), rules, obligations)
    ]
    conditions = Conditions(records, met)
    best: Judged = {}
    for finding, record in met:
        certain, guard = conditions.judged(finding, record)
        key, rank = (finding.code, finding.place), (CERTAINTIES.index(certain.certainty), not guard)
        if key not in best or rank > best[key][0]:  # of what is equally sure, what no condition restricts
            best[key] = rank, replace(certain, message=f"{certain.message}{in_words(guard)}")
    kept = once(sorted((finding for _, finding in best.values()), key=_order))
    return {(one.code, one.place): (best[one.code, one.place][0], replace(one, at=None)) for one in kept}


def once(findings: Iterable[Finding]) -> list[Finding]:
    """Of the calls that lead to one thing that is wrong, the first of the surest is reported; its trace names the others."""
    alike: dict[tuple[str, int], list[Finding]] = {}
    for one in findings:
        alike.setdefault((one.code, id(one if one.at is None else one.at)), []).append(one)
    return [_together(every) for every in alike.values()]


def _together(every: list[Finding]) -> Finding:
    first = max(every, key=lambda one: CERTAINTIES.index(one.certainty))
    others = tuple(TraceStep(one.place, "another loss that goes there") for one in every if one is not first)
    return replace(first, trace=(*others, *first.trace))


def _order(finding: Finding) -> tuple[str, int, int, int, str]:
    place = finding.place
    return place.filename, place.cell or 0, place.line, place.column, finding.code


def _sites(records: Iterable[Record]) -> dict[object, Known]:
    sites: dict[object, Known] = {}
    for record in records:
        if record.call.stage != "call" or not record.call.contract.library:
            continue
        seen, target = record.call.prediction, record.call.target
        if is_taken(seen):
            seen = seen.with_(domain=ANY)
        known = tuple(each.known for one in (seen, target) for each in (one.domain, one.dtype, one.shape))
        sites[record.site] = _more(sites.get(record.site, known), known)
    return sites


def _more(a: Known, b: Known) -> Known:
    return tuple(one or other for one, other in zip(a, b, strict=True))
