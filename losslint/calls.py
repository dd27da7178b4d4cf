"""One call of a loss, as rules see it: from source or from real tensors alike."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from losslint.contracts import Contract, Slot
from losslint.facts import NO_RANGE, UNKNOWN, Facts, Range
from losslint.oneof import ANY, OneOf
from losslint.places import Locatable, Place
from losslint.tri import Tri

NOWHERE = Place("<unknown>", 1)
UNSET: Final[OneOf[Any]] = OneOf.of(None)
CODES: Final = {0: "none", 1: "mean", 2: "sum"}
"""What the numbers mean that the builtins take for a reduction."""


@dataclass(frozen=True)
class Passed:
    """One argument as it was passed: the parameter it binds to, its position (None: by keyword), its facts.

    `value` are the Python values it can have, where they are constants; `text` is how it stands in the source. `held`:
    it was not passed to this call, the module has it from its construction.
    """

    name: str
    position: int | None
    facts: Facts = UNKNOWN
    value: OneOf[Any] = ANY
    where: Locatable = NOWHERE
    text: str = ""
    held: bool = False


@dataclass(frozen=True)
class Use:
    """What became of a loss after it was computed.

    `rewrapped`: put into a new leaf tensor that requires grad. `made-leaf`: without a graph, told to require grad. `backward`:
    backward on the very result, without a gradient to start from. `number-backward`: backward on its number. `root`: the square
    root of the very result. `accumulated`: added to a running total after its own backward, still in its graph;
    `accumulated-before`: before it; `collected`, `collected-before`: put into a list. `integer-total`, `empty-total`: added in
    place to a tensor that cannot hold it. `sized`: the very result times how many of something a tensor has. `weighted`: the very
    result times a tensor of several elements, whose mean or sum is taken. `modulated`: the very result times a factor computed of
    it, such as `(1 - exp(-loss)) ** gamma`. `disconnected`: backpropagated, and the optimizers that stepped then found no
    gradient. `asked`: the leaf that its prediction was made of is asked for its gradient.
    """

    kind: Literal[
        "rewrapped",
        "made-leaf",
        "backward",
        "number-backward",
        "root",
        "accumulated",
        "accumulated-before",
        "collected",
        "collected-before",
        "integer-total",
        "empty-total",
        "sized",
        "weighted",
        "modulated",
        "disconnected",
        "asked",
    ]
    where: Locatable = NOWHERE


@dataclass(frozen=True)
class Past:
    """What the calls at one place have shown so far, this one included.

    `read`: calls whose numbers were read. `prediction` and `result` span them; unbounded where one could not be read.
    """

    read: int = 0
    prediction: Range = NO_RANGE
    result: Range = NO_RANGE


@dataclass(frozen=True)
class LossCall:
    """A contract and what was passed.

    `stage`: `call` when the loss is computed, `construct` when its class is instantiated (`passed` are then the
    constructor's arguments). `form`: whether it is computed through a module or through the functional form.
    `options`: every option's value, given or default. `backward`: whether the result is backpropagated: NO
    where it cannot be told that it is, but certainly never is; MAYBE where nothing is known.
    `grad_enabled`: whether autograd records at the call. `autocast`: the type of the device for which autocast is on, empty
    where it is off. `frozen`: whether parameters are kept from learning somewhere, so that what seems to carry gradient may
    carry none. `result`: the loss that was computed, and `past` what came before, at runtime alone.
    """

    contract: Contract
    stage: Literal["call", "construct"]
    form: Literal["module", "function"]
    passed: tuple[Passed, ...]
    options: Mapping[str, OneOf[Any]] = field(default_factory=dict)
    where: Locatable = NOWHERE
    callee: str = ""
    backward: Tri = Tri.MAYBE
    grad_enabled: OneOf[bool] = ANY
    autocast: OneOf[str] = ANY
    used_as_loss: Tri = Tri.MAYBE
    uses: tuple[Use, ...] = ()
    frozen: Tri = Tri.MAYBE
    result: Facts = UNKNOWN
    past: Past = field(default_factory=Past)

    def use(self, *kinds: str) -> Use | None:
        """The first use of one of these kinds."""
        return next((use for use in self.uses if use.kind in kinds), None)

    def argument(self, name: str | None) -> Passed | None:
        for passed in self.passed:
            if passed.name == name:
                return passed
        return None

    def facts(self, name: str | None) -> Facts:
        passed = self.argument(name)
        return UNKNOWN if passed is None else passed.facts

    @property
    def prediction(self) -> Facts:
        return self.facts(self.contract.prediction)

    @property
    def target(self) -> Facts:
        return self.facts(self.contract.target)

    def option(self, name: str) -> OneOf[Any]:
        default = OneOf.of(self.contract.defaults[name]) if name in self.contract.defaults else ANY
        value = self.options.get(name, default)
        return value if name != "reduction" else self._by_legacy() or value.map(_reduction)

    def _by_legacy(self) -> OneOf[Any] | None:
        """The reduction that torch makes of `size_average` and `reduce`, where one of them is given: it goes before `reduction`.
        Source: `torch.nn._reduction.legacy_get_string`."""
        average, reduce = (self.options.get(name, UNSET) for name in ("size_average", "reduce"))
        if average == reduce == UNSET:
            return None
        if not average.known or not reduce.known or (None in average and None in reduce):
            return ANY
        return OneOf(legacy_reduction(averaged, reduced) for averaged in average for reduced in reduce)

    def slots(self, name: str) -> tuple[Slot, ...]:
        """What the argument may have to be: several where an option that decides it is not known."""
        usual = self.contract.slots.get(name)
        slots: list[Slot] = []
        for case in self.contract.cases:
            if name not in case.slots:
                continue
            truth = case.holds(self.option)
            if truth is not Tri.NO:
                slots.append(case.slots[name])
            if truth is Tri.YES:
                return tuple(slots)
        return (*slots, usual) if usual is not None else tuple(slots)

    def wants(self, name: str, domain: str) -> Tri:
        """Whether the argument is one that takes `domain` and nothing else."""
        slots = self.slots(name)
        if not slots:
            return Tri.NO
        seen = {domain in slot.domains and slot.domains <= {domain} for slot in slots}
        return Tri.MAYBE if len(seen) == 2 else Tri.of(seen.pop())


def legacy_reduction(average: bool | None, reduce: bool | None) -> str:
    """Of what `size_average` and `reduce` are; each is True where it is None."""
    if reduce is not None and not reduce:
        return "none"
    return "mean" if average is None or average else "sum"


def _reduction(value: Any) -> Any:
    """Its name: the builtins below the functional forms take a number."""
    return CODES.get(value, value) if type(value) is int else value
