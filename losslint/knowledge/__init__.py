"""What is known of libraries, as data: one TOML file a library."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

from losslint.contracts import Case, Contract, Slot
from losslint.errors import KnowledgeError, NotationError

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

LIBRARIES = ("torch",)
"""Libraries whose losses are known: `<library>_losses.toml` beside this file."""


@cache
def contracts() -> Mapping[str, Contract]:
    """Every contract, under each dotted name by which its loss can be called (class, function, aliases)."""
    found: dict[str, Contract] = {}
    for library in LIBRARIES:
        for contract in read_contracts(f"{library}_losses.toml", library):
            for name in (contract.class_name, contract.function_name, *contract.aliases):
                if name is None:
                    continue
                if name in found:
                    raise KnowledgeError(f"{library}_losses.toml: `{name}` has two contracts")
                found[name] = contract
    return found


def read_contracts(filename: str, library: str) -> tuple[Contract, ...]:
    with (files(__package__) / filename).open("rb") as handle:
        table = tomllib.load(handle)
    return tuple(_contract(filename, library, name, entry) for name, entry in table["losses"].items())


def _slots(filename: str, name: str, table: Mapping[str, str]) -> dict[str, Slot]:
    try:
        return {slot: Slot.parse(text) for slot, text in table.items()}
    except NotationError as error:
        raise KnowledgeError(f"{filename}: losses.{name}: {error}") from error


def _contract(filename: str, library: str, name: str, entry: Mapping[str, Any]) -> Contract:
    rest = dict(entry)
    try:
        return Contract(
            name=name,
            library=library,
            class_name=rest.pop("class", None),
            function_name=rest.pop("function", None),
            init=tuple(rest.pop("init", ())),
            forward=tuple(rest.pop("forward", ())),
            function=tuple(rest.pop("function_args", ())),
            slots=_slots(filename, name, rest.pop("slots")),
            cases=tuple(Case(case["when"], _slots(filename, name, case["slots"])) for case in rest.pop("cases", ())),
            aliases=tuple(rest.pop("aliases", ())),
            **rest,
        )
    except (KeyError, TypeError) as error:
        raise KnowledgeError(f"{filename}: losses.{name}: {error}") from error
