"""Writes `coverage.md`: which rule can speak of which loss. `python docs/coverage.py`, from the repository's root.

Each loss is called with one thing changed at a time in a right call (a domain, a dtype, a shape, what becomes of the result, …),
and every rule is asked. A rule that proves something for some of these calls covers the loss.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final, get_args, get_type_hints

from losslint.calls import LossCall, Passed, Past, Use
from losslint.contracts import Contract
from losslint.facts import DOMAINS, DTYPES, EACH, Domain, Facts, Kind, Range
from losslint.knowledge import read_contracts
from losslint.oneof import OneOf
from losslint.places import Place, Step
from losslint.rule import Rule, rules
from losslint.shapes import Shape
from losslint.tri import Tri

PAGE: Final = Path(__file__).with_name("coverage.md")
FAMILIES: Final = {
    "LL1": "What the numbers mean",
    "LL2": "What kind of value it is",
    "LL3": "Shape",
    "LL4": "Gradient",
    "LL5": "Calling it",
    "LL6": "The result itself",
}
SIZES: Final = {"N": 8, "C": 5, "T": 12, "S": 3, "B": 8, "F": 6, "K": 5, "D": 5}
SHAPES: Final = [(8,), (8, 1), (8, 5), (8, 3), (8, 2), (3,), (8, 4, 5), (8, 4), (8, 5, 1), (0, 5), ()]
RANGES: Final = [(-3, 3), (0, 1), (-1, 1), (0, 255), (7, 9), (-100, -100)]
DOMAIN_NAMES: Final = sorted(set(DOMAINS) - {"real"})
CHANGED: Final = [
    *({"domain": Domain(name, axis)} for name in DOMAIN_NAMES for axis in (0, 1, 2, EACH)),
    *({"domain": Domain(name, 1, twice=True)} for name in ("probs", "log_probs")),
    {"domain": Domain("log_probs", 1, logged=True)},
    {"domain": Domain("probs", 1), "shape": Shape((8, 1))},
    *({"dtype": dtype} for dtype in sorted(DTYPES)),
    *({"kind": kind} for kind in get_args(Kind)),
    *({"shape": Shape(shape)} for shape in SHAPES),
    *({"range": Range(low, high, exact=True)} for low, high in RANGES),
    {"requires_grad": False},
    {"device": "cuda"},
    {"sums": Range(0, 3, exact=True), "range": Range(0, 1, exact=True)},
]
USES: Final = get_args(get_type_hints(Use)["kind"])
STEP: Final = Step(Place("", 1), "detach", cuts=True)


def size_of(dims: tuple[str, ...]) -> tuple[int, ...]:
    return tuple(SIZES.get(dim, 8) for dim in dims if not dim.startswith("*")) or (8, 5)


def base(contract: Contract, name: str, at: int) -> Passed:
    """A right argument, as far as its own slot says."""
    one = contract.slots[name].alternatives[0]
    dtype = "float32" if "float32" in one.dtypes else "int64"
    whole = dtype == "int64"
    facts = Facts(
        kind=OneOf.of("tensor"),
        dtype=OneOf.of(dtype),
        shape=OneOf.of(Shape(size_of(one.dims))),
        requires_grad=OneOf.of(name == contract.prediction),
        device=OneOf.of("cpu"),
        range=Range(0, 4, exact=True) if whole else Range(),
    )
    return Passed(name, at, facts, text="target" if name == contract.target else "output")


def calls(contract: Contract) -> Iterator[LossCall]:
    form: Any = "function" if contract.function_name else "module"
    names = contract.function if form == "function" else contract.forward
    required = [name for name in names if name in contract.slots and name not in contract.defaults]
    weights = [name for name in contract.slots if name not in required and name in (*contract.function, *contract.init)]
    passed = tuple(base(contract, name, at) for at, name in enumerate([*required, *weights]))
    right = LossCall(contract, "call", form, passed, backward=Tri.YES, grad_enabled=OneOf.of(True), frozen=Tri.NO)
    yield from of_arguments(right)
    yield from of_options(right)
    yield from of_results(right)
    if contract.class_name:
        yield from of_construction(right)


def of_arguments(right: LossCall) -> Iterator[LossCall]:
    for at, one in enumerate(right.passed):
        for change in CHANGED:
            known = {key: value if isinstance(value, Range) else OneOf.of(value) for key, value in change.items()}
            for base in (one.facts, one.facts.with_(shape=OneOf.of(Shape((8, 5))))):
                changed = replace(one, facts=base.with_(**known))
                call = replace(right, passed=(*right.passed[:at], changed, *right.passed[at + 1 :]))
                yield call
                for case in right.contract.cases:
                    yield replace(call, options={name: OneOf.of(value) for name, value in case.when.items()})
    first, *others = right.passed
    narrow = replace(first, facts=first.facts.with_(shape=OneOf.of(Shape((8, 2)))))
    yield replace(right, passed=(narrow, *others), options={"ignore_index": OneOf.of(1)})
    logs, probs = (OneOf.of(Domain(name, axis)) for name, axis in (("log_probs", 1), ("probs", 0)))
    crossed = [replace(one, facts=one.facts.with_(domain=probs, shape=OneOf.of(Shape((8, 5))))) for one in others]
    yield replace(right, passed=(replace(first, facts=first.facts.with_(domain=logs, shape=OneOf.of(Shape((8, 5))))), *crossed))
    last = replace(first, facts=first.facts.with_(shape=OneOf.of(Shape((8, 4, 5)))))
    yield replace(right, passed=(last, *(replace(one, facts=one.facts.with_(shape=OneOf.of(Shape((8, 4))))) for one in others)))
    live = [replace(one, facts=one.facts.with_(requires_grad=OneOf.of(True))) for one in others]
    yield replace(right, passed=(first, *live))
    cut = replace(first, facts=first.facts.with_(requires_grad=OneOf.of(False)).after(STEP))
    yield replace(right, passed=(cut, *(replace(one, facts=one.facts.with_(requires_grad=OneOf.of(False))) for one in others)))
    fixed = replace(first, facts=first.facts.with_(requires_grad=OneOf.of(False)), text="target")
    yield replace(right, passed=(fixed, *(replace(one, text="output") for one in live)))


def of_options(right: LossCall) -> Iterator[LossCall]:
    for name, value in [("reduction", "avg"), ("reduction", "elementwise_mean"), ("size_average", False), ("unknown", 1)]:
        if name in right.contract.function or name == "unknown":
            yield replace(right, passed=(*right.passed, Passed(name, None, value=OneOf.of(value))))
    for name in right.contract.function:
        if name in right.contract.defaults:
            for value in ("sum", -1.0, 7):
                yield replace(right, passed=(*right.passed, Passed(name, 5, value=OneOf.of(value))))
    yield replace(right, options={"reduction": OneOf.of("mean")})
    yield replace(right, grad_enabled=OneOf.of(False))
    on_gpu = tuple(replace(one, facts=one.facts.with_(device=OneOf.of("cuda"))) for one in right.passed)
    yield replace(right, passed=on_gpu, autocast=OneOf.of("cuda"))


def of_results(right: LossCall) -> Iterator[LossCall]:
    for kind in USES:
        yield replace(right, uses=(Use(kind),), options={"reduction": OneOf.of("none")})
        yield replace(right, uses=(Use(kind),))
    scalar = Facts(kind=OneOf.of("tensor"), shape=OneOf.of(Shape(())))
    yield replace(right, result=scalar.with_(finite=OneOf.of(False)))
    yield replace(right, result=scalar.with_(range=Range(-1, -1, exact=True)))
    floor = math.log(1 + 4 / math.e)
    yield replace(right, past=Past(20, Range(0, 1, exact=True), Range(floor, 2, exact=True)))


def of_construction(right: LossCall) -> Iterator[LossCall]:
    contract = right.contract
    tensor = Facts(kind=OneOf.of("tensor"), shape=OneOf.of(Shape((8, 5, 5))))
    if contract.init:
        yield replace(right, stage="construct", form="module", passed=(Passed(contract.init[0], 0, tensor),))
    for name in contract.init:
        for value in ("sum", "avg", "mean", "elementwise_mean", False, -1.0, 7):
            for position in (0, None):
                yield replace(right, stage="construct", form="module", passed=(Passed(name, position, value=OneOf.of(value)),))
    yield replace(right, stage="construct", form="module", passed=(Passed("unknown", None),))


def covered(contract: Contract, every: tuple[Rule, ...]) -> set[str]:
    found: set[str] = set()
    for call in calls(contract):
        for rule in every:
            if rule.code not in found and any(verdict.truth is Tri.YES for verdict in rule.check(call)):
                found.add(rule.code)
    return found


def page(every: Sequence[Rule]) -> str:
    losses = [one for one in read_contracts("torch_losses.toml", "torch") if one.name.partition("_")[0] != "torch"]
    table = {contract.title: covered(contract, every) for contract in losses}
    lines = [
        "# Which rule covers which loss",
        "",
        "Written by `docs/coverage.py`: run it after a change of rules or contracts.",
        "",
    ]
    for family, title in FAMILIES.items():
        codes = [rule.code for rule in every if rule.code.startswith(family)]
        lines += [f"## {family}xx {title}", "", f"| loss | {' | '.join(codes)} |", f"|---|{':-:|' * len(codes)}"]
        lines += [f"| {loss} | {' | '.join('●' if code in found else '' for code in codes)} |" for loss, found in table.items()]
        lines.append("")
        lines += [f"- {rule.code}: {rule.name}" for rule in every if rule.code in codes]
        lines.append("")
    return "\n".join(lines).rstrip() + "\n"


if __name__ == "__main__":
    PAGE.write_text(page(rules()), encoding="utf-8")
