"""Checking files: what `losslint check` does between the command line and the report."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from losslint.checking import CERTAINTIES, Finding, TraceStep, check
from losslint.contracts import Contract
from losslint.errors import InputError
from losslint.facts import Facts
from losslint.places import Locatable, Place
from losslint.rule import Rule
from losslint.rule import rules as every_rule
from losslint.static import leaves
from losslint.static.choices import Guard
from losslint.static.conditions import Conditions, in_words
from losslint.static.discover import can_matter, discover, gathers, may_use, users
from losslint.static.freezing import frozen
from losslint.static.losses import settled
from losslint.static.machine import FileModule, Record
from losslint.static.parsing import parses
from losslint.static.program import Program, interpreting
from losslint.static.sources import Source, parse, read_bytes, read_source
from losslint.tri import Tri


@dataclass
class Statistics:
    """What was read and how much of it is known. `known_*` count the loss calls of whose prediction that is known.
    `over_budget`: how often a file or function was left unknown for want of budget."""

    files: int = 0
    parsed: int = 0
    loss_calls: int = 0
    known_domain: int = 0
    known_dtype: int = 0
    known_shape: int = 0
    known_target_dtype: int = 0
    budget_hits: int = 0
    over_budget: Counter[str] = field(default_factory=Counter)


@dataclass
class Result:
    """What a check gave: findings of every severity and certainty in order of place, inputs that could not be checked, and
    notes of cells and blocks that were left out of inputs that could."""

    findings: list[Finding] = field(default_factory=list)
    errors: list[InputError] = field(default_factory=list)
    notes: list[InputError] = field(default_factory=list)
    statistics: Statistics = field(default_factory=Statistics)
    reveals: list[tuple[Place, Facts]] = field(default_factory=list)
    sources: dict[str, Source] = field(default_factory=dict)

    def line(self, place: Place) -> str:
        """The source line at a place."""
        source = self.sources.get(place.filename)
        return source.line(place) if source is not None else ""


def check_paths(
    paths: Sequence[str],
    *,
    stdin: tuple[str, bytes] | None = None,
    exclude: Sequence[str] = (),
    rules: Sequence[Rule] | None = None,
    losses: Mapping[str, Contract] | None = None,
    obligations: bool = True,
) -> Result:
    """Check files and folders. Inputs that cannot be read are in the result's errors; the others are still checked.

    `losses`: contracts of the project's own losses, by dotted name. `obligations`: also give what only a run can tell; each
    has to be placed in its file, which costs as much as parsing it.
    """
    result = Result()
    sources: list[Source] = []
    if stdin is not None:
        result.statistics.files += 1
        _read(stdin[0], stdin[1], sources, result)
    found = discover(paths, exclude)
    result.errors.extend(found.problems)
    named = set(paths)
    others: dict[str, bytes] = {}
    for path in found.files:
        result.statistics.files += 1
        try:
            data = read_bytes(path)
        except InputError as error:
            result.errors.append(error)
            continue
        if can_matter(data):
            _read(path, data, sources, result)
        elif may_use(data) or gathers(path, data):
            others[path] = data
        if path in named and not can_matter(data):
            _refuse_broken(path, data, result)
    for path in users(others, [source.path for source in sources]):
        _read(path, others[path], sources, result)
    if sources:
        asked = rules if rules is not None else every_rule()
        interpreting(lambda: _check(sources, list(paths), found.files, asked, losses or {}, obligations, result))
    return result


def _refuse_broken(path: str, data: bytes, result: Result) -> None:
    """A file that the user named is told to be broken even when it has nothing to do with a loss."""
    try:
        source = read_source(path, data)
        if not parses(source.text):
            parse(source)
    except InputError as error:
        result.errors.append(error)


def _read(path: str, data: bytes, sources: list[Source], result: Result) -> None:
    try:
        source = read_source(path, data)
    except InputError as error:
        result.errors.append(error)
        return
    result.notes.extend(source.notes)
    sources.append(source)


def _check(
    sources: list[Source],
    paths: list[str],
    files: Sequence[str],
    rules: Iterable[Rule],
    losses: Mapping[str, Contract],
    obligations: bool,
    result: Result,
) -> None:
    program = Program([path if Path(path).is_dir() else str(Path(path).parent) for path in paths] or ["."], losses, files)
    modules = []
    for source in sources:
        try:
            modules.append(program.add(source))
        except InputError as error:
            result.errors.append(error)
    program.run(modules)
    for module in program.modules.values():
        if module is not None:
            result.sources[module.path] = module.source
    result.errors.extend(dict.fromkeys(program.machine.complaints))
    result.reveals = list(program.machine.reveals)
    met = [record for record in program.records if record.module.checked]
    leaves.tell(met, program.machine.leaves)
    result.findings = findings(met, list(rules), frozen(program), obligations)
    _count(program, result)


def findings(records: list[Record], rules: list[Rule], fixed: Callable[[FileModule], Tri], obligations: bool) -> list[Finding]:
    """What the rules say of every loss call met. A call met several times is reported once, at its surest. `fixed`: whether a
    file may keep parameters from learning."""
    met = [
        (one, record)
        for record in records
        if not record.refused
        for one in check(settled(record, fixed(record.module)), rules, obligations)
    ]
    conditions = Conditions(records, met)
    best: dict[tuple[str, Place], tuple[tuple[int, bool], Finding]] = {}
    for finding, record in met:
        certain, guard = conditions.judged(finding, record)
        at, rank = (finding.code, finding.place), _rank(certain, guard)
        if at not in best or rank > best[at][0]:
            best[at] = rank, replace(certain, message=f"{certain.message}{in_words(guard)}")
    return sorted(once(sorted((one for _, one in best.values()), key=_order)), key=_order)


def _order(finding: Finding) -> tuple[str, int, int, int, str]:
    place = finding.place
    return place.filename, place.cell or 0, place.line, place.column, finding.code


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


def _rank(finding: Finding, guard: Guard) -> tuple[int, bool]:
    """The surest first; of what is equally sure, what no condition restricts."""
    return CERTAINTIES.index(finding.certainty), not guard


def _count(program: Program, result: Result) -> None:
    counts = result.statistics
    sites: dict[Locatable, list[bool]] = {}
    for record in program.records:
        if record.call.stage != "call" or not record.module.checked or not record.call.contract.library:
            continue
        seen, target = record.call.prediction, record.call.target
        known = [seen.domain.known, seen.dtype.known, seen.shape.known, target.dtype.known]
        before = sites.get(record.call.where, [False] * 4)
        sites[record.call.where] = [a or b for a, b in zip(before, known, strict=True)]
    counts.parsed = program.parsed
    counts.loss_calls = len(sites)
    columns = [sum(column) for column in zip(*sites.values(), strict=True)] if sites else [0] * 4
    counts.known_domain, counts.known_dtype, counts.known_shape, counts.known_target_dtype = columns
    counts.budget_hits = program.machine.hits.total()
    counts.over_budget = program.machine.hits
