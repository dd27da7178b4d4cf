"""What a value of which nothing is known is taken for: who gives it, or its sigmoid, to a loss says whether it is logits. A loss
on probabilities that is given the same value then contradicts that: one of the two is wrong.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final

from losslint.calls import LossCall
from losslint.facts import Domain, Facts
from losslint.judging import TAKEN
from losslint.oneof import OneOf
from losslint.places import Step
from losslint.static.operand import Operand
from losslint.static.values import Data, Unknown, Value
from losslint.tri import Tri

if TYPE_CHECKING:
    from losslint.static.machine import Machine

DOMAINS: Final = ("logits", "probs", "log_probs")
WORDS: Final = {"logits": "logits", "probs": "probabilities", "log_probs": "log-probabilities"}
SQUASHES: Final = frozenset({"sigmoid", "softmax", "log_softmax", "logsigmoid"})
"""What is taken of logits, by the last part of its name."""


def note(machine: Machine, call: LossCall, names: Sequence[str], args: Sequence[Value], keywords: Mapping[str, Value]) -> None:
    """Keep what the prediction of a loss of torch is taken for, where it is taken so whenever the value is met: in no branch or
    attempt, by no loss or argument among several, and not where the target is a prediction too: the two may be swapped."""
    sometimes = machine.doubts or machine.group is not None or machine.event is not None
    swapped = call.target.domain.holds(lambda domain: domain.name in DOMAINS) is Tri.YES
    if call.contract.library != "torch" or sometimes or swapped:
        return
    asked = call.contract.prediction
    place = names.index(asked) if asked in names else len(args)
    value = keywords.get(asked, args[place] if place < len(args) else None)
    domain, origin = next((one for one in DOMAINS if call.wants(asked, one) is Tri.YES), None), None
    where = call.where
    if isinstance(value, Unknown):
        origin = value.origin
    elif isinstance(value, Data):
        made = next((one for one in value.operand.facts.steps if id(one) in machine.squashed), None)
        if made is not None:
            domain, origin, where = "logits", machine.squashed[id(made)][1], made.where
    if domain is None or origin is None or machine.branch > origin.born:
        return
    facts = Facts(
        kind=OneOf.of("tensor"),
        domain=OneOf.of(Domain(domain)),
        steps=(Step(where, f"{TAKEN} {WORDS[domain]} by `{call.callee}`"),),
    )
    machine.taken.setdefault(origin, Data(Operand(facts)))


def is_taken(facts: Facts) -> bool:
    """Whether the meaning of a value is what it was taken for: no more than an assumption, which a target need not share."""
    return any(one.note.startswith(TAKEN) for one in facts.steps)


def note_squashed(machine: Machine, name: str, value: Value, result: Operand) -> None:
    """Keep which unknown value a sigmoid or softmax was taken of."""
    if name.rpartition(".")[2] in SQUASHES and isinstance(value, Unknown) and value.origin is not None and result.facts.steps:
        last = result.facts.steps[-1]
        machine.squashed[id(last)] = last, value.origin
