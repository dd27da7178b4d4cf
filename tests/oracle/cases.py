"""The calls that torch is asked about: for every loss, what can be passed for each argument and each option.

A case is a small piece of source that computes a loss and backpropagates it. The same source is executed, with and without
losslint watching, and linted. Its `meant` is the right call in its place: where the two give another number or gradient, the
call is wrong though torch is silent.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from losses import Loss, Value

REDUCTIONS: Final = ("mean", "sum", "none")
SAMPLED: Final = 37
"""One pair of so many is asked about where not all are."""
FEW: Final = 2
"""Values of each argument that are tried with every reduction."""
Options = tuple[tuple[str, Value], ...]


@dataclass(frozen=True)
class Call:
    """What is passed: the code of every argument and of every option."""

    arguments: tuple[tuple[str, str], ...]
    options: tuple[tuple[str, str], ...] = ()
    positional: str = ""

    def source(self, loss: Loss, form: str) -> list[str]:
        lines = [f"{name} = {code}" for name, code in self.arguments]
        inside = loss.inside if form == "module" else ()
        lines = [line for line, (name, _) in zip(lines, self.arguments, strict=True) if name not in inside]
        names = ", ".join(name for name, _ in self.arguments if name not in inside)
        options = ", ".join([*([self.positional] if self.positional else []), *(f"{name}={code}" for name, code in self.options)])
        if form == "module":
            built = ", ".join(filter(None, (*loss.built, options)))
            return [*lines, f"loss = nn.{loss.module}({built})({names}){loss.picked}"]
        return [*lines, f"loss = F.{loss.function}({', '.join(filter(None, (names, options)))})"]


@dataclass(frozen=True)
class Case:
    """One question. `meant` is None where what is right isn't known; `faults` are the arguments and options varied."""

    loss: Loss
    form: str
    net: str
    call: Call
    meant: Call | None
    faults: tuple[str, ...]
    note: str

    @property
    def key(self) -> str:
        return f"{self.loss.function} {self.form} {self.net} {self.note}"

    @property
    def single(self) -> bool:
        """Whether there is one class: what is meant then is a loss of one score."""
        return self.net == "N1" and self.loss.wants == "class_index"

    def body_of_meant(self) -> list[str]:
        if not self.single:
            return self.body(self.meant) if self.meant is not None else []
        loss = "loss = F.binary_cross_entropy_with_logits(scores, torch.zeros(8, 1))"
        return [*self.loss.setup(self.net), loss, "loss.backward()", "return loss, net"]

    def body(self, call: Call) -> list[str]:
        reduced = (
            '"none"' not in (dict(call.options).get("reduction"), call.positional) and ("reduce", "False") not in call.options
        )
        back = "loss.backward()" if reduced else "loss.sum().backward()"
        return [*self.loss.setup(self.net), *call.source(self.loss, self.form), back, "return loss, net"]


def cases(losses: Iterable[Loss], exhaustive: bool) -> Iterator[Case]:
    """Every departure from a right call, alone; and some of them in pairs and with other reductions, all where `exhaustive`."""
    for loss in losses:
        for net in loss.nets:
            yield from _singles(loss, net, exhaustive)
            yield from _pairs(loss, net, 1 if exhaustive else SAMPLED)
            if net == loss.nets[0]:
                yield from _with_options(loss, net, 1 if exhaustive else SAMPLED)


def _singles(loss: Loss, net: str, exhaustive: bool) -> Iterator[Case]:
    main = net == loss.nets[0]
    for name in loss.arguments:
        for at, value in enumerate(loss.values(name, net)):
            forms = [form for form in loss.forms if form == "function" or name not in loss.inside]
            for form in forms if main or exhaustive else forms[:1]:
                for by in REDUCTIONS if loss.reduces and (exhaustive or (main and at < FEW)) else ("mean",):
                    yield _case(loss, net, form, {name: value}, _reduced(loss, by), f"{name}={value.code} {by}")


def _pairs(loss: Loss, net: str, every: int) -> Iterator[Case]:
    first, second = paired(loss)
    both = itertools.product(loss.values(first, net)[1:], loss.values(second, net)[1:])
    for one, other in itertools.islice(both, 0, None, every):
        note = f"{first}={one.code} {second}={other.code}"
        yield _case(loss, net, loss.forms[0], {first: one, second: other}, _reduced(loss, "mean"), note)


def _with_options(loss: Loss, net: str, every: int) -> Iterator[Case]:
    """Options alone, in both forms, and together with what may be passed for the second argument."""
    _, second = paired(loss)
    together = []
    for option, values in loss.options(net).items():
        reduced = () if option == "reduction" else _reduced(loss, "mean")
        for value in values:
            for form in loss.forms[:1] if value.function_only else loss.forms:
                yield _case(loss, net, form, {}, ((option, value), *reduced), f"{option}={value.code}")
            for other in loss.values(second, net)[1:]:
                note = f"{option}={value.code} {second}={other.code}"
                together.append((other, ((option, value), *reduced), note))
    for other, options, note in together[::every]:
        yield _case(loss, net, loss.forms[0], {second: other}, options, note)


def paired(loss: Loss) -> tuple[str, str]:
    """The two arguments that are varied together: the first, and the second that every form of the loss has."""
    first, second = [name for name in loss.arguments if name not in loss.inside][:2]
    return first, second


def _case(loss: Loss, net: str, form: str, changed: dict[str, Value], options: Options, note: str) -> Case:
    passed = {name: changed.get(name) or loss.values(name, net)[0] for name in loss.arguments}
    values = [*passed.items(), *options]
    given = tuple((name, value.code) for name, value in options if not value.positional)
    positional = next((value.code for _, value in options if value.positional), "")
    call = Call(tuple((name, value.code) for name, value in passed.items()), given, positional)
    wanted = Call(
        tuple((name, value.meant or "") for name, value in passed.items()),
        tuple((name, value.meant) for name, value in options if value.meant),
    )
    unclear = any(value.meant is None for _, value in values)
    faults = tuple(name for name, value in values if value.code != value.meant or value.positional)
    return Case(loss, form, net, call, None if unclear else wanted, faults, note)


def _reduced(loss: Loss, by: str) -> Options:
    """The mean of a divergence is the one over the batch, or a rule would speak of all of them."""
    by = "batchmean" if loss.function == "kl_div" and by == "mean" else by
    return (("reduction", Value(f'"{by}"')),) if loss.reduces and by != "mean" else ()
