"""The table of library modules, read from `knowledge/modules.toml`."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Any, Final

from losslint.errors import KnowledgeError
from losslint.static.modules.formulas import FORMULAS

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

DOMAINS: Final = frozenset({"fresh", "same", "scaled", "averaged", "moved", "mixed", "lost"})
RESULTS: Final = frozenset({"tensor", "indices", "recurrent", "recurrent_pair", "cell", "attention", "unless_weights"})
SIZED: Final = frozenset({"last", "appended"})
"""Shapes made from one argument of the constructor, named by the entry's `last`."""


@dataclass(frozen=True)
class Delegate:
    """A class whose call is a call of a function."""

    function: str
    init: tuple[str, ...]
    forward: tuple[str, ...] = ("input",)
    given: Mapping[str, int] = field(default_factory=dict)
    pointwise: bool = True


@dataclass(frozen=True)
class Layer:
    """A class whose call is described here, not by a function."""

    init: tuple[str, ...]
    forward: tuple[str, ...] = ("input",)
    of: str = ""
    spatial: int = 0
    shape: str = "same"
    last: str = ""
    domain: str = "same"
    parameters: tuple[str, bool] | None = None
    result: str = "tensor"

    @property
    def input(self) -> str:
        """The parameter of the call whose facts the result follows."""
        return self.of or self.forward[0]


@dataclass(frozen=True)
class Library:
    delegates: Mapping[str, Delegate]
    layers: Mapping[str, Layer]
    excluded: Mapping[str, str]


def read_table(filename: str) -> dict[str, Any]:
    """A knowledge file as it stands."""
    with (files("losslint.knowledge") / filename).open("rb") as handle:
        try:
            table: dict[str, Any] = tomllib.load(handle)
        except tomllib.TOMLDecodeError as error:
            raise KnowledgeError(f"{filename}: {error}") from error
    return table


@cache
def library() -> Library:
    table = read_table("modules.toml")
    delegates: dict[str, Delegate] = {}
    layers: dict[str, Layer] = {}
    for entry in table["delegates"]:
        for name in entry["names"]:
            _only_once(name, delegates, layers)
            delegates[name] = _delegate(name, entry)
    for entry in table["layers"]:
        for place, name in enumerate(entry["names"]):
            _only_once(name, delegates, layers)
            layers[name] = _layer(name, place, entry)
    return Library(delegates, layers, table["excluded"])


def canonical(name: str) -> str:
    """The short name under which a class is listed: `torch.nn.modules.linear.Linear` is `torch.nn.Linear`.

    The inner modules of `torch.nn` and `torch_geometric.nn` export every class upwards.
    """
    head, _, tail = name.partition(".nn.")
    inner = ("modules.", "conv.", "dense.", "norm.")
    if head in ("torch", "torch_geometric") and tail.startswith(inner):
        return f"{head}.nn.{tail.rpartition('.')[2]}"
    return name


def _only_once(name: str, *tables: Mapping[str, object]) -> None:
    if any(name in table for table in tables):
        raise KnowledgeError(f"modules.toml: `{name}` is described twice")


def _delegate(name: str, entry: Mapping[str, Any]) -> Delegate:
    rest = {key: value for key, value in entry.items() if key != "names"}
    try:
        return Delegate(
            rest.pop("function"), tuple(rest.pop("init")), tuple(rest.pop("forward", ("input",))), rest.pop("given", {}), **rest
        )
    except (KeyError, TypeError) as error:
        raise KnowledgeError(f"modules.toml: `{name}`: {error}") from error


def _layer(name: str, place: int, entry: Mapping[str, Any]) -> Layer:
    rest = {key: value for key, value in entry.items() if key != "names"}
    try:
        init = rest.pop("init")
        spatial = rest.pop("spatial", None)
        result = rest.pop("result", "tensor")
        flag = rest.pop("parameters", None)
        layer = Layer(
            init=tuple(rest.pop("init_of", {}).get(name, init)),
            forward=tuple(rest.pop("forward", ("input",))),
            spatial=0 if spatial is None else spatial[place],
            parameters=None if flag is None else next(iter(flag.items())),
            result=rest.pop("result_of", {}).get(name, result),
            **rest,
        )
    except (KeyError, TypeError, IndexError) as error:
        raise KnowledgeError(f"modules.toml: `{name}`: {error}") from error
    for key, value, known in (
        ("shape", layer.shape, FORMULAS.keys() | SIZED),
        ("domain", layer.domain, DOMAINS),
        ("result", layer.result, RESULTS),
    ):
        if value not in known:
            raise KnowledgeError(f"modules.toml: `{name}`: {key} = {value!r} is none of {', '.join(sorted(known))}")
    return layer
