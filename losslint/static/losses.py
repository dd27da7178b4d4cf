"""Loss calls: from a library's loss and the values passed to it, the `LossCall` that rules see."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from losslint.calls import LossCall, Passed
from losslint.contracts import Contract
from losslint.facts import Facts
from losslint.judging import LEGACY
from losslint.knowledge import contracts
from losslint.oneof import ANY, OneOf
from losslint.places import Step
from losslint.shapes import Shape
from losslint.static import taking
from losslint.static.choices import Guard, both
from losslint.static.machine import Machine, Record, Scope
from losslint.static.operand import Operand
from losslint.static.operations.results import LOSS
from losslint.static.values import (
    NOTHING,
    Alternatives,
    Class,
    Data,
    LibraryObject,
    Members,
    Unknown,
    Value,
    as_data,
    choose,
    constants,
    facts_of,
    join_facts,
    operand_of,
)
from losslint.tri import Tri

CASES = 8
"""More combinations of arguments than this are taken together."""
LONGEST = 120
"""Characters of an argument that are kept as they stand in the source."""
REDUCED = frozenset({"mean", "sum", "batchmean", "elementwise_mean"})


class Losses(Machine):
    """Recording the loss calls that the program makes."""

    def contract(self, name: str) -> Contract | None:
        return self.own_contracts.get(name) or contracts().get(name)

    def construct_loss(
        self, contract: Contract, name: str, args: Sequence[Value], keywords: Mapping[str, Value], node: ast.AST, scope: Scope
    ) -> LibraryObject:
        passed = self.passed(contract.init, args, keywords, node, scope)
        self.record(contract, "construct", "module", passed, self.options(contract, passed), node, scope)
        made = LibraryObject(name, list(args), dict(keywords), where=self.mark(node, scope), branch=self.branches)
        made.record = len(self.records) - 1
        return made

    def call_function(
        self, contract: Contract, args: Sequence[Value], keywords: Mapping[str, Value], node: ast.AST, scope: Scope
    ) -> Value:
        def computed(args: Sequence[Value], keywords: Mapping[str, Value]) -> Value:
            passed = self.passed(contract.function, args, keywords, node, scope)
            made = self.record(contract, "call", "function", passed, self.options(contract, passed), node, scope)
            taking.note(self, self.records[-1].call, contract.function, args, keywords)
            return made

        return self.each_case(*compared(contract, contract.function, args, keywords), computed)

    def call_module(
        self,
        loss: LibraryObject,
        contract: Contract,
        args: Sequence[Value],
        keywords: Mapping[str, Value],
        node: ast.AST,
        scope: Scope,
    ) -> Value:
        built = self.passed(contract.init, loss.args, loss.keywords, node, scope)
        options = self.options(contract, built)
        for name, value in loss.attributes.items():  # `criterion.reduction = "none"` after the fact
            if name in contract.defaults:
                options[name] = constants(value)
        # A module that is moved takes its weights along.
        weights = tuple(replace(one, held=True, facts=one.facts.with_(device=ANY)) for one in built if one.name in contract.slots)

        def computed(args: Sequence[Value], keywords: Mapping[str, Value]) -> Value:
            bound = self.passed(contract.forward, args, keywords, node, scope)
            passed = (*(replace(one, name=contract.renamed.get(one.name, one.name)) for one in bound), *weights)
            made = self.record(contract, "call", "module", passed, options, node, scope)
            taking.note(self, self.records[-1].call, contract.forward, args, keywords)
            return made

        return self.each_case(*compared(contract, contract.forward, args, keywords), computed)

    def each_case(
        self, args: Sequence[Value], keywords: Mapping[str, Value], act: Callable[[Sequence[Value], Mapping[str, Value]], Value]
    ) -> Value:
        """Compute a loss once for each combination of its arguments that the program can make."""
        names = (*range(len(args)), *keywords)
        given: dict[int | str, Value] = dict(enumerate(args))
        given.update(keywords)
        cases: list[tuple[dict[int | str, Value], Guard]] = [(given, ())]
        for name in names:
            more: list[tuple[dict[int | str, Value], Guard]] = []
            for given, guard in cases:
                value = given[name]
                for one, when in real_cases(value):
                    met = both(guard, when)
                    if met is not None and both(self.path, met) is not None:
                        more.append(({**given, name: one}, met))
            cases = more if 0 < len(more) <= CASES else cases
        if len(cases) == 1:
            return act([cases[0][0][index] for index in range(len(args))], {name: cases[0][0][name] for name in keywords})
        self.events += 1
        results: list[tuple[Value, Guard]] = []
        for given, guard in cases:
            self.event = (self.events, guard)
            result = act([given[index] for index in range(len(args))], {name: given[name] for name in keywords})
            results.append((result, guard))
        self.event = None
        return choose(results)

    def passed(
        self, names: Sequence[str], args: Sequence[Value], keywords: Mapping[str, Value], node: ast.AST, scope: Scope
    ) -> tuple[Passed, ...]:
        nodes: dict[int | str, ast.AST] = {}
        if isinstance(node, ast.Call):
            if not any(isinstance(argument, ast.Starred) for argument in node.args):
                nodes.update(enumerate(node.args))
            nodes.update({keyword.arg: keyword.value for keyword in node.keywords if keyword.arg})
        found = []
        starred = False
        for index, value in enumerate(args):
            starred = starred or (isinstance(value, Members) and value.kind == "*")
            name = "*" if starred else names[index] if index < len(names) else ""
            found.append(self._passed(name, index, value, nodes.get(index, node), scope))
        for name, value in keywords.items():
            found.append(self._passed(name, None, value, nodes.get(name, node), scope))
        return tuple(found)

    def _passed(self, name: str, position: int | None, value: Value, node: ast.AST, scope: Scope) -> Passed:
        facts = argument_facts(value)
        if name in LEGACY and isinstance(value, Unknown) and value.origin is not None:
            default = value.origin.default.only
            facts = facts.with_(kind=OneOf.of("bool")) if isinstance(default, bool) else facts  # a flag, on or off
        return Passed(name, position, facts, constants(value), self.mark(node, scope), text(node, LONGEST))

    def options(self, contract: Contract, passed: Sequence[Passed]) -> dict[str, OneOf[Any]]:
        given = {one.name: one.value for one in passed}
        names = {*contract.init, *contract.function} - set(contract.slots)
        spread = any(one.name.startswith("*") for one in passed)  # what is not named may be among them
        defaults = {name: ANY if spread else OneOf.of(contract.defaults.get(name)) for name in names}
        return {name: given.get(name, defaults[name]) for name in names}

    def record(
        self,
        contract: Contract,
        stage: Any,
        form: Any,
        passed: tuple[Passed, ...],
        options: Mapping[str, OneOf[Any]],
        node: ast.AST,
        scope: Scope,
    ) -> Value:
        enabled = OneOf.of(False) if self.no_grad else ANY
        callee = text(node.func) if isinstance(node, ast.Call) else contract.title
        where = self.mark(node, scope)
        contract = contract.under(options)
        if self.path:  # where a condition that isn't known lets a None through, it was asked in a way that wasn't followed
            asked = (contract.prediction, contract.target)
            missing = [one.name in asked and one.facts.kind.only == "none" for one in passed]
            passed = tuple(replace(one, facts=Facts()) if none else one for one, none in zip(passed, missing, strict=True))
        given = next((one for one in passed if one.name == contract.target), None)
        if given is not None and taking.is_taken(given.facts):
            passed = tuple(replace(one, facts=Facts()) if one is given else one for one in passed)
        call = LossCall(contract, stage, form, passed, options, where, callee, Tri.MAYBE, enabled, self.autocast)
        record = Record(
            call, scope.module, turned_off=self.turned_off if self.no_grad else None, entry=self.entry, tried=self.tried
        )
        if self.group is not None:
            record.group, record.share, record.member, record.choice, record.tied = self.group
        record.result = self.result(call)
        if self.event is not None:
            record.event, record.guard = self.event
            last = self.records[-1] if self.records else record
            if last.event == record.event and last.result == record.result:
                record.result = last.result  # what becomes of the result became of each
        self.records.append(record)
        self.note_progress()
        return Data(Operand(record.result), frozenset({len(self.records) - 1}))

    def result(self, call: LossCall) -> Facts:
        """A loss is a floating tensor: of rank 0 when it is reduced."""
        reduction = call.option("reduction").only
        legacy = any(call.argument(name) is not None for name in LEGACY)
        shape: OneOf[Shape] = ANY
        if not legacy:
            shape = OneOf.of(Shape(())) if reduction in REDUCED else one_each(call) if reduction == "none" else ANY
        carried = any(passed.facts.requires_grad.only is True for passed in call.passed)  # by a target too
        grad = OneOf.of(False) if self.no_grad else OneOf.of(True) if carried else call.prediction.requires_grad
        if call.contract.symmetric and not carried and not self.no_grad and not call.target.requires_grad.known:
            grad = ANY  # either of the two may be the one that learns
        dtype = call.prediction.dtype if call.target.dtype == call.prediction.dtype else ANY
        note = Step(call.where, f"{LOSS} `{call.contract.title}`")
        return Facts(kind=OneOf.of("tensor"), dtype=dtype, shape=shape, requires_grad=grad, steps=(note,))


def one_each(call: LossCall) -> OneOf[Shape]:
    """The shape of a loss that isn't reduced: a number for each element, or for each distribution over the classes."""
    contract, shape = call.contract, call.prediction.shape
    if contract.relation == "same" and shape.known:
        # A target of more axes would give it more.
        alike = call.target.shape.known and all(mine.same(theirs) is not Tri.NO for mine in shape for theirs in call.target.shape)
        ranks = {one.rank for one in (*shape, *call.target.shape)} if alike else {None}
        if shape.only is not None and shape == call.target.shape:
            return shape
        return OneOf(Shape((None,) * len(one.dims), open=len(ranks) > 1 or None in ranks) for one in shape)
    if (
        contract.relation == "class_index"
        and contract.class_axis == 1
        and shape.holds(lambda one: (one.rank or 0) > 1) is Tri.YES
    ):
        return OneOf(Shape((one.dims[0], *one.dims[2:])) for one in shape)
    return ANY


def compared(
    contract: Contract, names: Sequence[str], args: Sequence[Value], keywords: Mapping[str, Value]
) -> tuple[Sequence[Value], Mapping[str, Value]]:
    """The arguments, where the answer to a comparison is a tensor's if it is passed where a tensor is wanted."""
    given = [as_data(value) if name in contract.slots else value for name, value in zip(names, args, strict=False)]
    named = {name: as_data(value) if name in contract.slots else value for name, value in keywords.items()}
    return [*given, *args[len(given) :]], named


def real_cases(value: Value) -> list[tuple[Value, Guard]]:
    """An argument's cases; a None among them would raise at the call, so the others are meant. Beside a case of which nothing is
    known, one that is no tensor says little: what calls it so need not be what the loss is given."""
    if not isinstance(value, Alternatives) or not value.guards:
        return [(value, ())]
    cases = [case for case in value.cases() if facts_of(case[0]).kind.only != "none"] or value.cases()
    if not any(isinstance(one, Unknown) for one, _ in cases):
        return cases
    return [(one if facts_of(one).kind.some(lambda kind: kind == "tensor") else NOTHING, guard) for one, guard in cases]


def argument_facts(value: Value) -> Facts:
    """The facts of an argument; a None among its alternatives would raise at the call, so the others are meant."""
    if isinstance(value, Alternatives):
        real = [one for one in value.values if facts_of(one).kind.only != "none"]
        if any(isinstance(one, Unknown) for one in real):
            return Facts()
        return join_facts([facts_of(one) for one in real]) if real else facts_of(value)
    if isinstance(value, Class):
        return Facts(kind=OneOf.of("class"))
    return operand_of(value).facts


def text(node: ast.AST, longest: int = 60) -> str:
    """How a short expression stands in the source."""
    try:
        written = ast.unparse(node)
    except Exception:  # a lowered node lacks what only `unparse` needs
        return ""
    return written if len(written) <= longest else ""


def settled(record: Record, frozen: Tri) -> LossCall:
    """The call, with what became of it and whether the program keeps parameters from learning."""
    call = replace(record.call, frozen=frozen)
    if record.uses:
        call = replace(call, uses=tuple(record.uses))
    if record.backward:
        call = replace(call, backward=Tri.YES)
    return replace(call, used_as_loss=Tri.YES) if record.used else call
