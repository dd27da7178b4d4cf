"""The notation of what a model returns: `logits float32[N num_classes]`, `probs(1) float32[N classes H W]`."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

from losslint.errors import KnowledgeError
from losslint.facts import DOMAINS, DTYPES, EACH, FLOATS, UNKNOWN_AXIS, Domain, Facts
from losslint.oneof import ANY, OneOf
from losslint.places import Step
from losslint.shapes import Dim, Shape
from losslint.static.operand import UNKNOWN_OPERAND, Operand

_OUTPUT = re.compile(r"^(?P<domain>\w+)(?:\((?P<axis>-?\w+)\))? (?P<dtype>\w+)(?:\[(?P<dims>[^\[\]]*)\])?$")
INPUT_DIMS: Final = frozenset({"N", "L", "H", "W"})
"""Dims that a model's output shares with its input."""
Container = Literal["", "namedtuple", "dict", "tuple", "output"]


@dataclass(frozen=True)
class Output:
    """One tensor that a model returns. `dims` keeps the notation's words; None for an unknown shape."""

    domain: OneOf[Domain]
    dtype: str
    dims: tuple[str, ...] | None

    @classmethod
    def parse(cls, text: str) -> Output:
        match = _OUTPUT.match(text)
        if match is None or match["dtype"] not in DTYPES:
            raise KnowledgeError(f"models.toml: {text!r} is no output")
        dims = match["dims"]
        return cls(parse_domain(match["domain"], match["axis"]), match["dtype"], None if dims is None else tuple(dims.split()))

    def shape(self, dims: Mapping[str, Dim]) -> OneOf[Shape]:
        """The shape, with what is known of its dims by name."""
        if self.dims is None:
            return ANY
        sizes: list[Dim] = []
        for word in self.dims:
            if word.startswith("*"):
                count = dims.get(word[1:])
                if not isinstance(count, int):
                    return ANY
                sizes += [None] * count
            else:
                sizes.append(int(word) if word.isdecimal() else dims.get(word))
        return OneOf.of(Shape(tuple(sizes)))

    def operand(self, dims: Mapping[str, Dim], dtype: OneOf[str] | None, steps: tuple[Step, ...]) -> Operand:
        floating = self.dtype in FLOATS
        return Operand(
            Facts(
                kind=OneOf.of("tensor"),
                domain=self.domain,
                dtype=dtype if dtype is not None and floating else OneOf.of(self.dtype),
                shape=self.shape(dims),
                requires_grad=OneOf.of(floating),
                steps=steps,
            )
        )

    def of_domain(self, domain: OneOf[Domain]) -> Output:
        return dataclasses.replace(self, domain=domain)


def parse_domain(name: str, axis: str | None = None) -> OneOf[Domain]:
    """`any` is ANY, `sigmoid`'s probabilities are `probs` with the axis `each`."""
    if name == "any":
        return ANY
    if name not in DOMAINS:
        raise KnowledgeError(f"models.toml: {name!r} is no domain")
    if axis is None or axis == EACH:
        return OneOf.of(Domain(name, EACH if axis else UNKNOWN_AXIS))
    return OneOf.of(Domain(name, int(axis)))


def pack(container: Container, fields: Mapping[str, Operand], sure: bool = True) -> Operand:
    """The outputs in their container.

    Where it isn't `sure` which outputs are there, names still find them, and positions find nothing known.
    """
    members = tuple(fields.values())
    if container == "":
        return members[0]
    shift = 0 if sure else len(members)
    return Operand(
        Facts(kind=OneOf.of({"dict": "dict", "output": "other"}.get(container, "tuple"))),  # type: ignore[arg-type]
        items=(*(UNKNOWN_OPERAND,) * shift, *members),
        tag=container,
        fields={name: place + shift for place, name in enumerate(fields)},
    )
