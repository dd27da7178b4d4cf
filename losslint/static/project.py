"""Checking files: what `losslint check` does between the command line and the report."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Final

from losslint.checking import Finding
from losslint.contracts import Contract
from losslint.errors import InputError
from losslint.facts import Facts
from losslint.places import Place
from losslint.rule import Rule
from losslint.rule import rules as every_rule
from losslint.static.beside import scripts_beside
from losslint.static.discover import can_matter, discover, gathers, may_use, users
from losslint.static.known import Packed
from losslint.static.parsing import parses
from losslint.static.program import Program, interpreting
from losslint.static.shares import Lost, side_by_side
from losslint.static.sources import Source, parse, read_bytes, read_source
from losslint.static.telling import Told, findings, tell, together


@dataclass
class Statistics:
    """What was read and how much of it is known. `known_*` count the loss calls of whose prediction that is known,
    `known_target_*` those of whose target it is. `over_budget`: how often a file or function was left unknown for want of
    budget."""

    files: int = 0
    parsed: int = 0
    loss_calls: int = 0
    known_domain: int = 0
    known_dtype: int = 0
    known_shape: int = 0
    known_target_domain: int = 0
    known_target_dtype: int = 0
    known_target_shape: int = 0
    budget_hits: int = 0
    over_budget: Counter[str] = field(default_factory=Counter)


KNOWN: Final = tuple(one.name for one in fields(Statistics) if one.name.startswith("known_"))
"""What `Told.sites` tells of each loss call."""


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
        beside = scripts_beside(sources, named, exclude) if named >= set(found.files) else []
        interpreting(lambda: _check(sources, beside, list(paths), found.files, asked, losses or {}, obligations, result))
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
    beside: list[Source],
    paths: list[str],
    files: Sequence[str],
    rules: Iterable[Rule],
    losses: Mapping[str, Contract],
    obligations: bool,
    result: Result,
) -> None:
    program = Program([path if Path(path).is_dir() else str(Path(path).parent) for path in paths] or ["."], losses, files)
    followed = program.begin(sources, beside)
    shares = program.shares(followed)
    asked, known = list(rules), frozenset(program.modules if len(shares) > 1 else ())

    def finish(share: list[Source]) -> tuple[Told, dict[str, Packed]]:
        program.machine.share(len(shares))
        program.finish(share)
        return tell(program, asked, obligations, known), program.known.fresh

    program.known.keeps = len(shares) > 1
    every = side_by_side(shares, finish, lambda one: program.known.learn(one[1])) if len(shares) > 1 else [finish(followed)]
    result.errors.extend(
        one.error([source.path for source in share]) for share, one in zip(shares, every, strict=True) if isinstance(one, Lost)
    )
    told = together([one[0] for one in every if not isinstance(one, Lost)])
    result.sources = {module.path: module.source for module in program.loaded()} | told.sources
    result.errors.extend(told.complaints)
    result.reveals = told.reveals
    result.findings = findings(told)
    _count(told, result.statistics)


def _count(told: Told, counts: Statistics) -> None:
    counts.parsed = len(told.parsed)
    counts.loss_calls = len(told.sites)
    for at, name in enumerate(KNOWN):
        setattr(counts, name, sum(known[at] for known in told.sites.values()))
    counts.budget_hits = told.over_budget.total()
    counts.over_budget = told.over_budget
