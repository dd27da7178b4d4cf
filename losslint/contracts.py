"""What a loss expects of its arguments, and the notation in which that is written.

A slot is written `domain dtypes[dims]`, alternatives are joined by ` or `::

    logits float[N C *d]
    class_index int64,uint8[N *d] or probs float[N C *d]
    real float[*d]

`domain` is a name of `losslint.facts.DOMAINS`; `dtypes` a comma list of torch dtype names or of the groups `float`,
`int`, `any`; `dims` are names (equal names in one loss are equal sizes), numbers, or `*name` for any number of dims.
Alternatives of two arguments go together when both or neither have each name that the two arguments share, except
the class dim, which class ids lack, and starred dims, of which there may be none: `[N C *d]` goes with `[N]`, not with `[]`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from itertools import combinations, product
from typing import Any, Final, Literal

from losslint.errors import NotationError
from losslint.facts import DOMAINS, DTYPES, FLOATS, INTS
from losslint.oneof import ANY, OneOf
from losslint.shapes import Shape
from losslint.tri import Tri

GROUPS: Final = {"float": FLOATS, "int": INTS, "any": DTYPES}
_SLOT = re.compile(r"^(?P<domain>[a-z_]+) (?P<dtypes>[a-z0-9]+(?:,[a-z0-9]+)*)\[(?P<dims>[^\[\]]*)\]$")
_DIM = re.compile(r"^(?:\*?[A-Za-z_]\w*|\d+|\*)$")


@dataclass(frozen=True)
class Alternative:
    """One thing that a slot takes. `dims` keeps the notation's words; `written` the dtypes as they were written."""

    domain: str
    dtypes: frozenset[str]
    dims: tuple[str, ...]
    written: str = field(compare=False, default="")

    @property
    def names(self) -> frozenset[str]:
        """The names of its single dims."""
        return frozenset(dim for dim in self.dims if not dim.isdecimal() and not dim.startswith("*"))

    @property
    def least_rank(self) -> int:
        return sum(not dim.startswith("*") for dim in self.dims)

    def matches(self, shape: Shape) -> Tri:
        """Whether a value of this shape has these dims, seen for itself (`fits` compares arguments)."""
        parts = self._align(shape)
        if parts is None:
            return Tri.NO
        seen: dict[str, Shape] = {}
        truths = []
        for dim, part in parts:
            if dim.isdecimal():
                truths.append(part.same(Shape((int(dim),))))
            elif dim in seen:
                truths.append(part.same(seen[dim]))
            seen[dim] = part
        if shape.open and (len(self.dims) == self.least_rank or len(shape.dims) < self.least_rank):
            truths.append(Tri.MAYBE)
        return Tri.all(truths)

    def bind(self, shape: Shape) -> Mapping[str, Shape] | None:
        """What each name stands for in this shape (a plain name: a shape of one dim); None when it certainly doesn't match."""
        parts = self._align(shape)
        if parts is None or self.matches(shape) is Tri.NO:
            return None
        return {dim.lstrip("*"): part for dim, part in parts if not dim.isdecimal() and dim != "*"}

    def _align(self, shape: Shape) -> list[tuple[str, Shape]] | None:
        """Each dim of the notation with its part of the shape; None when the rank certainly is another."""
        star = next((i for i, dim in enumerate(self.dims) if dim.startswith("*")), None)
        known, most = len(shape.dims), self.least_rank
        if star is None:
            if known > most or (known < most and not shape.open):
                return None
            padded = (None,) * (most - known) + shape.dims
            return [(dim, Shape((size,))) for dim, size in zip(self.dims, padded, strict=True)]
        if known < most and not shape.open:
            return None
        after = len(self.dims) - star - 1
        tail = [Shape((shape.dim(axis),)) for axis in range(-after, 0)]
        # Where the leading dims are unknown, the first `star` dims may already lie among them.
        head = [Shape((shape.dim(axis),)) for axis in range(star)]
        middle = Shape(shape.dims[star : max(known - after, star)], shape.open)
        return list(zip(self.dims, [*head, middle, *tail], strict=True))

    def __str__(self) -> str:
        return f"{self.domain} {self.written or ','.join(sorted(self.dtypes))}[{' '.join(self.dims)}]"


@dataclass(frozen=True)
class Slot:
    """What one argument of a loss may be."""

    alternatives: tuple[Alternative, ...]

    @property
    def domains(self) -> frozenset[str]:
        return frozenset(alternative.domain for alternative in self.alternatives)

    @property
    def dtypes(self) -> frozenset[str]:
        return frozenset().union(*(alternative.dtypes for alternative in self.alternatives))

    def shaped(self, shape: Shape) -> Slot:
        """Without the alternatives that this shape certainly doesn't match; unchanged where it matches none."""
        kept = tuple(alternative for alternative in self.alternatives if alternative.matches(shape) is not Tri.NO)
        return Slot(kept) if kept else self

    def narrowed(self, dtypes: OneOf[str]) -> Slot:
        """Without the alternatives that take none of these dtypes; unchanged where none takes any."""
        kept = tuple(alternative for alternative in self.alternatives if dtypes.in_(alternative.dtypes) is not Tri.NO)
        return Slot(kept) if kept else self

    @classmethod
    def parse(cls, text: str) -> Slot:
        """Read the notation. Raises NotationError, which says what is wrong with which part."""
        return cls(tuple(_parse_alternative(part.strip()) for part in text.split(" or ")))

    def __str__(self) -> str:
        return " or ".join(map(str, self.alternatives))


def _parse_alternative(text: str) -> Alternative:
    match = _SLOT.match(text)
    if match is None:
        raise NotationError(f"`{text}` is not of the form `domain dtypes[dims]`, as in `logits float[N C *d]`")
    if match["domain"] not in DOMAINS:
        raise NotationError(f"`{text}`: unknown domain `{match['domain']}`; known are {', '.join(DOMAINS)}")
    dtypes: frozenset[str] = frozenset()
    for word in match["dtypes"].split(","):
        if word not in GROUPS and word not in DTYPES:
            raise NotationError(f"`{text}`: unknown dtype `{word}`")
        dtypes |= GROUPS.get(word, frozenset({word}))
    dims = tuple(match["dims"].split())
    for dim in dims:
        if not _DIM.match(dim):
            raise NotationError(f"`{text}`: `{dim}` is no dim: a name, a number or `*name`")
    if sum(dim.startswith("*") for dim in dims) > 1:
        raise NotationError(f"`{text}`: only one dim can stand for any number of dims")
    return Alternative(match["domain"], dtypes, dims, match["dtypes"])


def fits(
    slots: Mapping[str, Slot],
    shapes: Mapping[str, Shape],
    class_dim: str | None = None,
    dtypes: Mapping[str, OneOf[str]] | None = None,
) -> Tri:
    """Whether these shapes go together: some alternative of each slot matches, and equal names are equal sizes.

    Slots without a shape, and shapes without a slot, are left out. `class_dim` is the contract's. With `dtypes` only the
    alternatives that take them count; slots narrowed beforehand would no longer know each other's names.
    """
    names = [name for name in slots if name in shapes]
    open_to = [(slots[name].narrowed(dtypes[name]) if dtypes and name in dtypes else slots[name]).alternatives for name in names]
    shared = {(a, b): _all_names(slots[a]) & _all_names(slots[b]) - {class_dim} for a, b in combinations(names, 2)}
    stars = {name: _stars(slots[name]) for name in names}
    truths = []
    for chosen in product(*open_to):
        alternatives = dict(zip(names, chosen, strict=True))
        if all(alternatives[a].names & both == alternatives[b].names & both for (a, b), both in shared.items()):
            truths.append(_fit(alternatives, shapes, stars))
    return Tri.any(truths)


def _all_names(slot: Slot) -> frozenset[str]:
    return frozenset().union(*(alternative.names for alternative in slot.alternatives))


def _stars(slot: Slot) -> frozenset[str]:
    return frozenset(dim[1:] for alternative in slot.alternatives for dim in alternative.dims if dim[0] == "*" and dim != "*")


def _fit(alternatives: Mapping[str, Alternative], shapes: Mapping[str, Shape], stars: Mapping[str, frozenset[str]]) -> Tri:
    truths: list[Tri] = []
    bound: dict[str, Shape] = {}
    for name, alternative in alternatives.items():
        truths.append(alternative.matches(shapes[name]))
        # An alternative without the starred dims that its slot knows otherwise has none of them.
        parts = {dim: Shape(()) for dim in stars[name]} | dict(alternative.bind(shapes[name]) or {})
        for dim, part in parts.items():
            truths.append(part.same(bound[dim]) if dim in bound else Tri.YES)
            bound.setdefault(dim, part)
    return Tri.all(truths)


@dataclass(frozen=True)
class Case:
    """Slots that hold instead of the usual ones when every option of `when` has the value given.

    `changes`: fields of the contract that are others then: `relation`, `mismatch`, `class_axis`.
    """

    when: Mapping[str, Any]
    slots: Mapping[str, Slot]
    changes: Mapping[str, Any] = field(default_factory=dict)

    def holds(self, option: Callable[[str], OneOf[Any]]) -> Tri:
        return Tri.all(option(name).is_(value) for name, value in self.when.items())


@dataclass(frozen=True)
class Contract:
    """One loss.

    `init`, `forward`, `function`: names of the parameters in order, of the class's constructor, of its call, and of
    the functional form. `class_name` and `function_name` are full dotted names, None where there is no such form.
    `relation`: how the target's shape follows from the input's: `same`, `class_index` (the input's without the class
    axis, or the input's for soft targets), or None where only the slots' dims say. `mismatch`: what torch does with
    shapes that differ but broadcast: `raises`, `warns`, `silent`. `defaults`: options and their default values; a
    parameter that is neither an argument of the call nor in `defaults` has to be given.
    `integer_target`: what an integer target does whose dtype the slot doesn't have: `promotes`, `raises`, `backward`
    (forward is silent, backward raises); None where every integer is right.
    `keyword_only`: the parameters of `init`, `forward` and `function`, by these words, that are given by name alone.
    `float64`: what an argument does that is float64 beside a prediction of another floating dtype: `promotes` (the loss is
    float64), `raises`, `backward` (backward raises); arguments not named do no harm.
    `plain`: arguments that may as well be Python numbers or sequences of them. `renamed`: parameters of the class's call
    that the library spells otherwise than the function's, and their names here. `least`: no lesser value is possible on
    valid input, once reduced; None where every number is. `kept`: where a module keeps an option of its constructor, when
    it isn't an attribute of the option's name. `strict`: arguments beside the target that are refused in any dtype that
    their slot doesn't have. `fitting`: arguments beside the target whose shape must go with the prediction's by the notation,
    where it doesn't broadcast. `bounds`: what options may be, by name: `least`, `most`, `above` a number, `below` a dim of
    the prediction, or one `of` several values; and, for arguments, the dim `within` which their values lie, or that says how many
    `rows` they have, if they have rows. `classes`: the
    option, or the dim of an argument, that says how many classes there are where no axis of the prediction does.
    """

    name: str
    library: str
    class_name: str | None
    function_name: str | None
    init: tuple[str, ...]
    forward: tuple[str, ...]
    function: tuple[str, ...]
    slots: Mapping[str, Slot]
    prediction: str
    target: str | None
    defaults: Mapping[str, Any] = field(default_factory=dict)
    cases: tuple[Case, ...] = ()
    aliases: tuple[str, ...] = ()
    class_axis: int | None = None
    relation: Literal["same", "class_index"] | None = None
    mismatch: Literal["raises", "warns", "silent"] | None = None
    integer_target: Literal["promotes", "raises", "backward"] | None = None
    float64: Mapping[str, Literal["promotes", "raises", "backward"]] = field(default_factory=dict)
    symmetric: bool = False
    fused: str | None = None
    keyword_only: Mapping[str, frozenset[str]] = field(default_factory=dict)
    plain: tuple[str, ...] = ()
    renamed: Mapping[str, str] = field(default_factory=dict)
    least: float | None = None
    kept: Mapping[str, str] = field(default_factory=dict)
    strict: tuple[str, ...] = ()
    fitting: tuple[str, ...] = ()
    bounds: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    classes: str | None = None

    def under(self, options: Mapping[str, OneOf[Any]]) -> Contract:
        """The contract as these options make it: with the changes of the case that certainly holds."""

        def option(name: str) -> OneOf[Any]:
            return options[name] if name in options else OneOf.of(self.defaults[name]) if name in self.defaults else ANY

        for case in self.cases:
            truth = case.holds(option) if case.changes else Tri.NO
            if truth is not Tri.NO:
                return replace(self, **case.changes) if truth is Tri.YES else self
        return self

    @property
    def elementwise(self) -> bool:
        """Whether the loss looks at each number for itself, wherever it stands."""
        every = self.slots[self.prediction].alternatives
        return all(len(one.dims) == 1 and one.dims[0].startswith("*") for one in every)

    @property
    def complete(self) -> bool:
        """Whether the parameters are all that any version of the library knows: other libraries' change too often."""
        return self.library == "torch"

    @property
    def class_dim(self) -> str | None:
        """The name of the class axis in the prediction's notation."""
        if self.class_axis is None:
            return None
        return self.slots[self.prediction].alternatives[0].dims[self.class_axis]

    @property
    def title(self) -> str:
        """How messages call it: `CrossEntropyLoss` or, where there is no class, the function's last name."""
        return (self.class_name or self.function_name or self.name).rpartition(".")[2]
