"""One fixture, two oracles: a file is linted, and executed under the runtime engine; marks say what each must find.

`python tests/harness.py` prints how much is asserted. The marks are described in `fixture_marks`.
"""

from __future__ import annotations
import __future__

import ast
import builtins
import sys
import traceback
import types
import warnings
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from fixture_marks import SEVERITY_MARKS, Mark, mismatch, parse_marks

from losslint.calls import LossCall
from losslint.checking import Finding
from losslint.facts import UNKNOWN_AXIS, Facts
from losslint.oneof import ANY
from losslint.places import Place
from losslint.rule import rules

ROOT = Path(__file__).resolve().parent.parent
FIXTURES = ROOT / "fixtures"
_FUTURE = sum(getattr(__future__, name).compiler_flag for name in __future__.all_feature_names if name != "barry_as_FLUFL")


@dataclass
class Seen:
    """What one engine said of a fixture: findings and revealed facts by line, and what went wrong on the way."""

    findings: list[Finding] = field(default_factory=list)
    reveals: dict[int, list[Facts]] = field(default_factory=lambda: defaultdict(list))
    failures: list[str] = field(default_factory=list)
    reached: Counter[int] = field(default_factory=Counter)
    statements: int = 0


@cache
def fixtures() -> tuple[Path, ...]:
    return tuple(sorted(FIXTURES.glob("*.py")))


@cache
def marks_of(path: Path) -> tuple[Mark, ...]:
    return parse_marks(path)


@cache
def linted(path: Path) -> Seen:
    """What the static engine says."""
    from losslint.static.project import check_paths

    result = check_paths([str(path)])
    seen = Seen(list(result.findings), failures=[str(error) for error in result.errors])
    for place, facts in result.reveals:
        seen.reveals[place.resolve().line].append(facts)
    return seen


@cache
def executed(path: Path) -> Seen:
    """What the runtime engine says, with the statements of the module executed one by one."""
    import torch

    from losslint.runtime import measure, watch

    seen = Seen()
    filename = str(path)

    def reveal(value: Any) -> Any:
        line = sys._getframe(1).f_lineno
        seen.reveals[line].append(measure(value, Place(filename, line)))
        return value

    torch.manual_seed(0)
    with warnings.catch_warnings(), _as_main(path, reveal) as namespace, watch(on="collect") as report:
        warnings.simplefilter("ignore")
        _run(path, namespace, seen)
    seen.findings = [finding for finding in report.findings if finding.place.filename == filename]
    seen.failures += report.errors
    for place, count in report.reached.items():
        if place.filename == filename:
            seen.reached[place.line] += count
    return seen


def recorded(run: Callable[[], Any]) -> list[LossCall]:
    """The calls that rules are asked about meanwhile."""
    calls: list[LossCall] = []
    # Every call is handed to the first rule of each kind.
    watched = [next(rule for rule in rules() if rule.about == about) for about in ("call", "result")]
    originals = [rule.check for rule in watched]

    def noting(check: Any) -> Any:
        def note(call: LossCall) -> Any:
            calls.append(call)
            return check(call)

        return note

    for rule in watched:
        object.__setattr__(rule, "check", noting(rule.check))
    try:
        run()
    finally:
        for rule, check in zip(watched, originals, strict=True):
            object.__setattr__(rule, "check", check)
    return calls


@cache
def calls_of(path: Path) -> tuple[LossCall, ...]:
    """Every call that a fixture makes, as each engine sees it."""

    def both() -> None:
        linted.__wrapped__(path)
        executed.__wrapped__(path)

    return tuple(recorded(both))


@contextmanager
def _as_main(path: Path, reveal: Any) -> Iterator[dict[str, Any]]:
    """A module `__main__` for the fixture: dataclasses and pickle look their module up."""
    module = types.ModuleType("__main__")
    module.__file__ = str(path)
    before = sys.modules["__main__"]
    sys.modules["__main__"] = module
    builtins.reveal = reveal  # type: ignore[attr-defined]
    try:
        yield vars(module)
    finally:
        sys.modules["__main__"] = before
        del builtins.reveal  # type: ignore[attr-defined]


def _run(path: Path, namespace: dict[str, Any], seen: Seen) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"), str(path))
    expected: defaultdict[int, set[str]] = defaultdict(set)
    for mark in marks_of(path):
        if mark.key == "raises":
            expected[mark.line].add(mark.value)
    happened: set[int] = set()
    flags = 0
    for statement in tree.body:
        code = compile(ast.Module([statement], []), str(path), "exec", flags=flags, dont_inherit=True)
        flags |= code.co_flags & _FUTURE
        seen.statements += 1
        try:
            exec(code, namespace)
        except Exception as error:
            names = {base.__name__ for base in type(error).__mro__}
            met = {line for line in _lines(error, path, tree) if expected.get(line, set()) & names}
            happened |= met
            if not met:
                seen.failures.append(f"line {statement.lineno} raises unexpectedly:\n{traceback.format_exc()}")
    for line in sorted(expected.keys() - happened):
        seen.failures.append(f"line {line} was expected to raise {' or '.join(sorted(expected[line]))} and did not")


def _lines(error: BaseException, path: Path, tree: ast.Module) -> set[int]:
    """The fixture's lines in a traceback; of a simple statement that spans several lines, all of them."""
    lines = {frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == str(path)}
    for node in ast.walk(tree):
        if isinstance(node, ast.stmt) and not hasattr(node, "body") and lines & {*range(node.lineno, _end(node) + 1)}:
            lines |= {*range(node.lineno, _end(node) + 1)}
    return {line for line in lines if line is not None}


def _end(node: ast.stmt) -> int:
    return node.end_lineno or node.lineno


def disagreements(engine: str, seen: Seen, marks: Iterable[Mark]) -> list[str]:
    """Where the proven findings of an engine ("static" or "runtime") and the marks differ, by line, code and severity."""
    found = {(one.place.line, one.code): one for one in seen.findings if one.certainty == "proven"}
    expected = {(mark.line, mark.value): mark.key for mark in marks if mark.key in (*SEVERITY_MARKS, engine)}
    gaps = {(mark.line, mark.value) for mark in marks if mark.key == "todo"}
    wrong = []
    for (line, code), finding in sorted(found.items()):
        key = expected.get((line, code))
        if (line, code) in gaps:
            wrong.append(f"line {line}: {code} is marked `todo` and is found: the gap is closed")
        elif key is None:
            wrong.append(f"line {line}: {code} ({finding.severity}) is found and not marked: {finding.message}")
        elif key in SEVERITY_MARKS and key != finding.severity:
            wrong.append(f"line {line}: {code} is marked `{key}` and is found as `{finding.severity}`")
    for line, code in sorted(expected.keys() - found.keys()):
        others = [one.certainty for one in seen.findings if (one.place.line, one.code) == (line, code)]
        wrong.append(f"line {line}: {code} is marked `{expected[line, code]}` and is {others[0] if others else 'not found'}")
    return wrong


def unreached(seen: Seen, marks: Iterable[Mark]) -> list[str]:
    """Marks whose line never came to run, in the runtime's view."""
    wrong = []
    for mark in marks:
        if mark.key in (*SEVERITY_MARKS, "runtime", "todo") and not seen.reached[mark.line]:
            wrong.append(f"line {mark.line}: no loss is reached for `{mark.key}: {mark.value}`")
        elif mark.key == "reveals" and mark.line not in seen.reveals:
            wrong.append(f"line {mark.line}: no `reveal` is executed")
    return wrong


def wrongly_revealed(seen: Seen, marks: Iterable[Mark]) -> list[str]:
    """Where the static engine's facts aren't those written behind `reveals`."""
    wrong = []
    for mark in marks:
        if mark.key == "reveals":
            said = [mismatch(mark.value, facts) for facts in seen.reveals.get(mark.line, ())]
            if not said or all(said):
                wrong.append(f"line {mark.line}: reveals {mark.value}: {said[0] if said else 'nothing is revealed'}")
    return wrong


def unsound(static: Seen, runtime: Seen) -> list[str]:
    """Revealed values that contradict what the static engine inferred of them."""
    wrong = []
    for line, measured in sorted(runtime.reveals.items()):
        inferred = static.reveals.get(line)
        if not inferred:
            wrong.append(f"line {line}: the static engine reveals nothing")
            continue
        for real in measured:
            contradictions = [facts.contradictions(_as_known(real, facts)) for facts in inferred]
            if all(contradictions):
                wrong.append(f"line {line}: {', '.join(contradictions[0])} of {inferred[0]} do not cover {real}")
    return wrong


def _as_known(real: Facts, inferred: Facts) -> Facts:
    """Real facts, with what could not be measured (the meaning of numbers, a range too large to read) left open."""
    changes: dict[str, Any] = {}
    if not real.domain.known:
        changes["domain"] = inferred.domain
    elif inferred.domain.known:
        mine = {domain.name: domain for domain in inferred.domain}
        changes["domain"] = real.domain.map(
            lambda domain: mine.get(domain.name, domain) if domain.axis == UNKNOWN_AXIS else domain
        )
    for name in ("shape", "device", "requires_grad"):
        if getattr(real, name) == ANY:
            changes[name] = getattr(inferred, name)
    if not real.range.exact:
        changes["range"] = inferred.range
    return real.with_(**changes)


def summary() -> dict[str, int]:
    """How much the fixtures assert."""
    counts: Counter[str] = Counter(rules=len(rules()), fixtures=len(fixtures()))
    for path in fixtures():
        marks, seen = marks_of(path), executed(path)
        counts["marked lines"] += len({mark.line for mark in marks if mark.key not in ("reveals", "raises")})
        counts["expected findings"] += sum(mark.key not in ("reveals", "raises", "todo") for mark in marks)
        counts["known gaps"] += sum(mark.key == "todo" for mark in marks)
        counts["right lines"] += len(right_lines(path))
        counts["reveal lines"] += sum(mark.key == "reveals" for mark in marks)
        counts["reveals executed"] += sum(map(len, seen.reveals.values()))
        counts["lines that raise"] += len({mark.line for mark in marks if mark.key == "raises"})
        counts["loss calls executed"] += seen.reached.total()
        counts["module statements executed"] += seen.statements
    return dict(counts)


def right_lines(path: Path) -> set[int]:
    """Lines that reach a loss and carry no mark: right uses."""
    return set(executed(path).reached) - {mark.line for mark in marks_of(path) if mark.key != "reveals"}


def main() -> None:
    for name, count in summary().items():
        print(f"{count:6} {name}")


if __name__ == "__main__":
    main()
