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

_CALLING = frozenset({"class", "function", "aliases", "init", "forward", "function_args", "renamed", "none", "defaults"})
_CHANGES = ("relation", "mismatch", "class_axis")
_FORMS = {"init": "init", "forward": "forward", "function": "function_args"}

LIBRARIES = (
    "torch",
    "torchvision",
    "monai",
    "kornia",
    "segmentation_models_pytorch",
    "pytorch_metric_learning",
    "torchmetrics",
    "timm",
    "transformers",
    "pytorch_toolbelt",
)
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
    """The contracts of one file, in its order. Raises KnowledgeError, which names the file and the entry at fault."""
    with (files(__package__) / filename).open("rb") as handle:
        return contracts_of(filename, library, tomllib.load(handle)["losses"])


def contracts_of(filename: str, library: str, table: Mapping[str, Mapping[str, Any]]) -> tuple[Contract, ...]:
    """The contracts of a table of entries. Raises KnowledgeError, which names the file and the entry at fault."""
    return tuple(_contract(filename, library, name, _inherited(filename, name, table)) for name in table)


def _inherited(filename: str, name: str, table: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """The entry, completed by the one it is `like`: all but how that one is called."""
    entry = dict(table[name])
    other = entry.pop("like", None)
    if other is None:
        return entry
    if other not in table or "like" in table[other]:
        raise KnowledgeError(f"{filename}: losses.{name}: `like` names `{other}`, which is no entry of its own")
    return {key: value for key, value in table[other].items() if key not in _CALLING} | entry


def _slots(filename: str, name: str, table: Mapping[str, str]) -> dict[str, Slot]:
    try:
        return {slot: Slot.parse(text) for slot, text in table.items()}
    except NotationError as error:
        raise KnowledgeError(f"{filename}: losses.{name}: {error}") from error


def _contract(filename: str, library: str, name: str, entry: Mapping[str, Any]) -> Contract:
    rest = dict(entry)
    parameters = {form: tuple(rest.pop(key, ())) for form, key in _FORMS.items()}
    options = {name: None for name in rest.pop("none", ())} | rest.pop("defaults", {})
    try:
        return Contract(
            name=name if library == "torch" else f"{library}.{name}",
            library=library,
            class_name=rest.pop("class", None),
            function_name=rest.pop("function", None),
            init=_named(parameters["init"]),
            forward=_named(parameters["forward"]),
            function=_named(parameters["function"]),
            keyword_only={form: _after_star(words) for form, words in parameters.items()},
            defaults={option: tuple(value) if isinstance(value, list) else value for option, value in options.items()},
            target=rest.pop("target", None),
            slots=_slots(filename, name, rest.pop("slots")),
            cases=tuple(_case(filename, name, case) for case in rest.pop("cases", ())),
            aliases=tuple(rest.pop("aliases", ())),
            plain=tuple(rest.pop("plain", ())),
            strict=tuple(rest.pop("strict", ())),
            fitting=tuple(rest.pop("fitting", ())),
            **rest,
        )
    except (KeyError, TypeError) as error:
        raise KnowledgeError(f"{filename}: losses.{name}: {error}") from error


def _case(filename: str, name: str, entry: Mapping[str, Any]) -> Case:
    """`unset`, beside `when`, names the options that are None: TOML has no word for it."""
    changes = {key: entry[key] for key in _CHANGES if key in entry}
    when = dict.fromkeys(entry.get("unset", ())) | dict(entry.get("when", {}))
    if not when or entry.keys() - {"when", "unset", "slots", *_CHANGES}:
        raise KnowledgeError(f"{filename}: losses.{name}: a case has `when` or `unset`, `slots` and {', '.join(_CHANGES)}")
    return Case(when, _slots(filename, name, entry.get("slots", {})), changes)


def _named(words: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(word for word in words if word != "*")


def _after_star(words: tuple[str, ...]) -> frozenset[str]:
    return frozenset(words[words.index("*") + 1 :]) if "*" in words else frozenset()
