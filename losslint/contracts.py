"""What a loss expects of its arguments, and the notation in which that is written.

A slot is written `domain dtypes[dims]`, alternatives are joined by ` or `::

    logits float[N C *d]
    class_index int64,uint8[N *d] or probs float[N C *d]
    real float[*d]

`domain` is a name of `losslint.facts.DOMAINS`; `dtypes` a comma list of torch dtype names or of the groups `float`,
`int`, `any`; `dims` are names (equal names in one loss are equal sizes), numbers, or `*name` for any number of dims.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from losslint.errors import NotationError
from losslint.facts import DOMAINS, DTYPES, FLOATS, INTS

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
    return Alternative(match["domain"], dtypes, dims, match["dtypes"])


@dataclass(frozen=True)
class Case:
    """Slots that hold instead of the usual ones when every option of `when` has the value given."""

    when: Mapping[str, Any]
    slots: Mapping[str, Slot]


@dataclass(frozen=True)
class Contract:
    """One loss.

    `init`, `forward`, `function`: names of the parameters in order, of the class's constructor, of its call, and of
    the functional form. `class_name` and `function_name` are full dotted names, None where there is no such form.
    `relation`: how the target's shape follows from the input's: `same`, `class_index` (the input's without the class
    axis, or the input's for soft targets), or None where only the slots' dims say. `mismatch`: what torch does with
    shapes that differ but broadcast: `raises`, `warns`, `silent`. `defaults`: options and their default values.
    `integer_target`: `promotes`, `raises`, `backward` (forward is silent, backward raises) or None where integers are right.
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
    symmetric: bool = False
    fused: str | None = None

    @property
    def title(self) -> str:
        """How messages call it: `CrossEntropyLoss` or, where there is no class, the function's last name."""
        return (self.class_name or self.function_name or self.name).rpartition(".")[2]
