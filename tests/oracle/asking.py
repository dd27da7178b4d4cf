"""Asking torch, and losslint, about cases: each is a function of a file that is executed, executed under watch, and linted."""

from __future__ import annotations

import itertools
import re
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Literal

import torch
from cases import Case

from losslint.checking import Finding
from losslint.runtime import watch
from losslint.static.project import check_paths

HEADER = "import torch\nimport torch.nn.functional as F\nfrom torch import nn\n"
CHUNK = 400
Verdict = Literal["raises", "wrong", "right", "unclear"]


@dataclass(frozen=True)
class Outcome:
    """What a call gave: the loss and the gradients of the model, or what it raised."""

    raised: str = ""
    loss: Any = None
    gradient: Any = None


@dataclass
class Answer:
    """What torch did with a case, and what is proven of it by each engine. It stands in `path` at `lines`."""

    case: Case
    torch: Verdict
    raised: str
    path: str = ""
    lines: tuple[int, int] = (0, 0)
    runtime: list[Finding] = field(default_factory=list)
    static: list[Finding] = field(default_factory=list)


def answers(every: Iterable[Case], folder: Path, static: bool = True) -> Iterator[Answer]:
    """One answer a case, in order."""
    rest = iter(every)
    for number in itertools.count():
        chunk = list(itertools.islice(rest, CHUNK))
        if not chunk:
            return
        yield from _chunk(chunk, folder / f"cases_{number}.py", static)


def _chunk(chunk: Sequence[Case], path: Path, static: bool) -> Iterator[Answer]:
    text, starts = _written([case.body(case.call) for case in chunk])
    path.write_text(text, encoding="utf-8")
    functions = _functions(text, str(path), len(chunk))
    found: list[Answer] = []
    with watch(on="collect") as report:
        for at, (case, function) in enumerate(zip(chunk, functions, strict=True)):
            seen = ask(function)
            lines = (starts[at], starts[at + 1] if at + 1 < len(starts) else starts[at] + 100)
            verdict: Verdict = "raises" if seen.raised else _compared(case, seen)
            found.append(Answer(case, verdict, seen.raised, str(path), lines))
    assert not report.errors, report.errors[0]
    _share(found, "runtime", (one for one in report.findings if one.place.filename == str(path)), starts)
    if static:
        result = check_paths([str(path)])
        assert not result.errors and not result.statistics.budget_hits
        _share(found, "static", result.findings, starts)
    yield from found


def _written(bodies: Sequence[Sequence[str]]) -> tuple[str, list[int]]:
    """A file with a function a body, and the line where each begins."""
    lines, starts = HEADER.splitlines(), []
    for at, body in enumerate(bodies):
        lines += ["", ""]
        starts.append(len(lines) + 1)
        lines += [f"def case_{at}():", *(f"    {line}" for line in body)]
    return "\n".join(lines) + "\n", starts


def _functions(text: str, name: str, count: int) -> list[Callable[[], Any]]:
    space: dict[str, Any] = {}
    exec(compile(text, name, "exec"), space)
    return [space[f"case_{at}"] for at in range(count)]


def _share(found: list[Answer], engine: str, findings: Iterable[Finding], starts: list[int]) -> None:
    """To each case the findings of its lines."""
    for finding in findings:
        if finding.certainty == "proven":
            at = max(at for at, start in enumerate(starts) if start <= finding.place.line)
            getattr(found[at], engine).append(finding)


def ask(function: Callable[[], Any]) -> Outcome:
    with _quiet():
        try:
            loss, net = function()
        except Exception as error:
            return Outcome(f"{type(error).__name__}: {str(error).splitlines()[0] if str(error) else ''}")
    parts = [torch.zeros_like(one) if one.grad is None else one.grad for one in net.parameters()]
    return Outcome("", loss.detach().double(), torch.cat([part.flatten().double() for part in parts]))


@contextmanager
def _quiet() -> Iterator[None]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def _compared(case: Case, seen: Outcome) -> Verdict:
    if case.meant is None and not case.single:
        return "unclear"
    meant = _meant(tuple(case.body_of_meant()))
    # Where the right call is not to be had either, as for classes on the last axis, there is nothing to compare with.
    if meant.raised:
        return "unclear"
    if case.single:
        return "right" if _close(seen.gradient, meant.gradient) else "wrong"
    return "right" if _close(seen.loss, meant.loss) and _close(seen.gradient, meant.gradient) else "wrong"


@cache
def _meant(body: tuple[str, ...]) -> Outcome:
    text, _ = _written([body])
    return ask(_functions(text, "<meant>", 1)[0])


def _close(one: Any, other: Any) -> bool:
    # Half-precision arguments are rounded: what is wrong differs by more.
    return one.shape == other.shape and torch.allclose(one, other, rtol=2e-2, atol=1e-3, equal_nan=True)


def disagreement(answer: Answer, engine: Literal["runtime", "static"]) -> str:
    """How an engine contradicts torch; empty where it doesn't. The static engine may know less."""
    found: list[Finding] = getattr(answer, engine)
    errors = [one for one in found if one.severity == "error"]
    codes = ",".join(sorted({one.code for one in found}))
    if answer.torch == "right" and errors:
        return f"right, but {codes}"
    if engine == "static":
        return ""
    if answer.torch == "raises":
        if not errors:
            return f"raises, and {codes or 'nothing'} is said"
        if not any(names(one, answer.case) for one in errors):
            return f"raises, but {codes} names another argument"
    if answer.torch == "wrong" and not found:
        return "wrong, and nothing is said"
    return ""


def names(finding: Finding, case: Case) -> bool:
    """Whether a finding names one of the arguments or options that depart from the right call."""
    return not case.faults or not {*case.faults}.isdisjoint(re.findall(r"`(\w+)`", finding.message))
