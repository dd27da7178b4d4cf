"""Breaks each condition of each rule in turn and tells whether a test would notice: `python benchmarks/mutations.py [LL101 ...]`.

A mutant is noticed where it changes what is proven of a call that a fixture makes, in source or at runtime, or what is said
of the rule's own fixture or of a call of `tests/test_rules.py` (`tests/messages` holds that), or where a call that torch was
asked about (`tests/oracle`) is judged otherwise than torch does: these are what the tests assert. Prints every mutant that is
not noticed, and the score. `equivalent.txt` lists mutants that no test can notice, each with the reason; a line that no longer
stands for one is told. `--without-torch` leaves the oracle's calls out, which takes a tenth of the time.
"""

from __future__ import annotations

import ast
import copy
import importlib
import multiprocessing
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any, Final

ROOT: Final = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "tests" / "oracle")]

import harness  # noqa: E402
import stored_messages as stored  # noqa: E402

from losslint.calls import LossCall  # noqa: E402
from losslint.checking import check as findings_of  # noqa: E402
from losslint.rule import Rule, rules  # noqa: E402
from losslint.tri import Tri  # noqa: E402

Check = Callable[[LossCall], Iterator[Any]]
SWAPPED: Final[dict[type[Any], type[Any]]] = {
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
    ast.Lt: ast.GtE,
    ast.GtE: ast.Lt,
    ast.Gt: ast.LtE,
    ast.LtE: ast.Gt,
    ast.And: ast.Or,
    ast.Or: ast.And,
    ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd,
}


class Mutation(ast.NodeTransformer):
    """Changes the condition at one position; counts them all."""

    def __init__(self, wanted: int) -> None:
        self.wanted, self.count = wanted, 0
        self.told = self.function = ""

    def _here(self, node: ast.AST, what: str) -> bool:
        self.count += 1
        if self.count - 1 == self.wanted:
            self.told = f"{self.function}: {what}"
            return True
        return False

    def _test(self, node: Any) -> Any:
        shown = ast.unparse(node.test)
        # A verdict that is NO says nothing: whether it is given makes no difference.
        idle = {"is Tri.NO": "False", "is not Tri.NO": "True"}.get(shown.partition(" ")[2])
        for name in ("True", "False"):
            if name == idle:
                continue
            if self._here(node, f"`{shown}` becomes {name}"):
                node.test = ast.copy_location(ast.Constant(name == "True"), node.test)
                return node
        return self.generic_visit(node)

    visit_If = _test

    def visit_IfExp(self, node: ast.IfExp) -> Any:
        words = all(isinstance(part, (ast.JoinedStr, ast.Constant)) and not _number(part) for part in (node.body, node.orelse))
        return node if words else self._test(node)

    def visit_arguments(self, node: ast.arguments) -> Any:
        return node  # annotations, in which `|` is no condition

    def visit_AnnAssign(self, node: ast.AnnAssign) -> Any:
        return node

    def visit_JoinedStr(self, node: ast.JoinedStr) -> Any:
        return node

    def visit_FunctionDef(self, node: ast.FunctionDef) -> Any:
        self.function = node.name
        node.body = [self.visit(one) for one in node.body]
        return node

    def visit_Compare(self, node: ast.Compare) -> Any:
        for at, operator in enumerate(node.ops):
            if self._here(node, f"`{ast.unparse(node)}` is reversed"):
                node.ops[at] = SWAPPED[type(operator)]()
                return node
        return self.generic_visit(node)

    def visit_BoolOp(self, node: ast.BoolOp) -> Any:
        shown = ast.unparse(node)
        for at, part in enumerate(node.values):
            if self._here(node, f"`{shown}` without `{ast.unparse(part)}`"):
                node.values.pop(at)
                return node if len(node.values) > 1 else node.values[0]
        return self.generic_visit(node)

    def visit_BinOp(self, node: ast.BinOp) -> Any:
        if type(node.op) in SWAPPED and self._here(node, f"`{ast.unparse(node)}` with the other operator"):
            node.op = SWAPPED[type(node.op)]()
            return node
        return self.generic_visit(node)

    def visit_UnaryOp(self, node: ast.UnaryOp) -> Any:
        if isinstance(node.op, (ast.Not, ast.Invert)) and self._here(node, f"`{ast.unparse(node)}` without its negation"):
            return node.operand
        return self.generic_visit(node)


def _number(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and not isinstance(node.value, str)


def mutants(rule: Rule) -> Iterator[tuple[str, Check]]:
    module = importlib.import_module(rule.check.__module__)
    tree = ast.parse(Path(module.__file__ or "").read_text(encoding="utf-8"))
    at = 0
    while True:
        mutation = Mutation(at)
        changed = mutation.visit(copy.deepcopy(tree))
        if not mutation.told:
            return
        space: dict[str, Any] = {"__name__": module.__name__, "__file__": module.__file__}
        exec(compile(ast.fix_missing_locations(changed), module.__name__, "exec"), space)
        yield mutation.told, space["check"]
        at += 1


@dataclass
class Asked:
    """A case that torch was asked about: its calls at runtime, and the rules that prove something, errors apart."""

    right: bool
    raises: bool
    calls: list[LossCall] = field(default_factory=list)
    errors: set[str] = field(default_factory=set)
    others: set[str] = field(default_factory=set)


def asked_calls() -> list[Asked]:
    from asking import disagreement
    from cases import cases
    from losses import LOSSES

    found: list[Asked] = []
    for loss in LOSSES:
        with tempfile.TemporaryDirectory() as folder:
            told: list[Any] = []
            every = cases([loss], False)
            calls = harness.recorded(partial(_ask, every, Path(folder), told))
            places: dict[tuple[str, int], Asked] = {}
            for answer in told:
                if disagreement(answer, "runtime") or answer.torch == "unclear":
                    continue
                errors = {one.code for one in answer.runtime if one.severity == "error"}
                others = {one.code for one in answer.runtime} - errors
                one = Asked(answer.torch == "right", answer.torch == "raises", errors=errors, others=others)
                found.append(one)
                places.update({(answer.path, line): one for line in range(*answer.lines)})
            for call in calls:
                place = call.where.resolve()
                if (place.filename, place.line) in places:
                    places[place.filename, place.line].calls.append(call)
    return found


def _ask(every: Any, folder: Path, told: list[Any]) -> None:
    from asking import answers

    told.extend(answers(every, folder, static=False))


def judged_otherwise(mutant: Check, rule: Rule, one: Asked) -> bool:
    """Whether a test would fail that holds the rules against torch."""
    severities = {verdict.severity or rule.severity for call in one.calls for verdict in mutant(call) if verdict.truth is Tri.YES}
    errors = one.errors - {rule.code} | ({rule.code} if "error" in severities else set())
    said = errors | one.others - {rule.code} | ({rule.code} if severities else set())
    return bool(errors) if one.right else not errors if one.raises else not said


def proven(check: Check, call: LossCall) -> set[str]:
    """The severities at which something is proven."""
    return {verdict.severity or "" for verdict in check(call) if verdict.truth is Tri.YES}


@dataclass
class Tests:
    """What the tests assert of one rule: of its own fixture, of every fixture, of calls made by hand, of what torch did."""

    rule: Rule
    own: list[LossCall]
    every: list[LossCall]
    cases: list[LossCall]
    silent: list[LossCall]
    asked: list[Asked]

    def __post_init__(self) -> None:
        self.said = self._said(self.rule.check)
        self.proven = [proven(self.rule.check, call) for call in self.every]

    def _said(self, check: Check) -> tuple[str, str]:
        rule = replace(self.rule, check=check)
        own = stored.of_fixture(rule, (one for call in self.own for one in findings_of(call, [rule])))
        return stored.of_cases(rule, self.cases), own

    def notice(self, mutant: Check) -> bool:
        try:
            return (
                self._said(mutant) != self.said
                or any(verdict.truth is not Tri.NO for call in self.silent for verdict in mutant(call))
                or any(proven(mutant, call) != told for call, told in zip(self.every, self.proven, strict=True))
                or any(judged_otherwise(mutant, self.rule, one) for one in self.asked)
            )
        except Exception:
            return True


def equivalent() -> dict[str, str]:
    """Mutants that change nothing that can be observed, and why."""
    lines = (ROOT / "benchmarks" / "equivalent.txt").read_text(encoding="utf-8").splitlines()
    found: dict[str, str] = {}
    reason = ""
    for line in lines:
        if line.startswith("# "):
            reason = line[2:]
        elif line:
            found[line] = reason
    return found


def survivors(tests: Tests) -> tuple[int, list[str]]:
    """How many mutants a rule has, and those that nobody notices."""
    every = list(mutants(tests.rule))
    return len(every), [f"{tests.rule.name} {told}" for told, mutant in every if not tests.notice(mutant)]


def _survivors(at: int) -> tuple[int, list[str]]:
    return survivors(_every[at])


_every: list[Tests] = []


def main(words: list[str]) -> int:
    from test_rules import CASES, SILENT

    codes = [word for word in words if not word.startswith("-")]
    calls = {path: harness.calls_of(path) for path in harness.fixtures()}
    asked = [] if "--without-torch" in words else asked_calls()
    flat = [call for made in calls.values() for call in made]
    for rule in rules():
        if not codes or rule.code in codes:
            cases = [call for code, _, call in CASES if code == rule.code]
            silent = [call for code, call in SILENT if code == rule.code]
            _every.append(Tests(rule, calls[stored.fixture_of(rule)], flat, cases, silent, asked))
    made, left, listed = 0, 0, equivalent()
    idle: set[str] = set()
    # Forked: calls are not copied.
    with multiprocessing.get_context("fork").Pool(2) as pool:
        for count, missed in pool.imap(_survivors, range(len(_every))):
            made += count
            idle.update(told for told in missed if told in listed)
            for told in missed:
                if told not in listed:
                    left += 1
                    print(told, flush=True)
    made -= len(idle)
    names = {tests.rule.name for tests in _every}
    for told in listed:
        if told.partition(" ")[0] in names and told not in idle:
            print(f"no longer equivalent: {told}")
    print(f"{len(_every)} rules, {made} mutants and {len(idle)} equivalent ones")
    print(f"{len(flat)} calls of fixtures, {len(CASES)} made by hand, {len(asked)} of torch")
    print(f"{made - left} noticed: {100 * (made - left) / made:.1f} %")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
