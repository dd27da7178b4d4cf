"""What operations do to facts, read from `operations.toml`."""

from __future__ import annotations

import ast
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Any, Final

from losslint.errors import KnowledgeError

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

FILENAME: Final = "operations.toml"
PREFIXES: Final = {"F.": "torch.nn.functional.", "T.": "Tensor.", "np.": "numpy.", "A.": "ndarray."}
"""Short forms of the file: `F.softmax`, `T.softmax` (a method of tensors), `A.astype` (of numpy arrays)."""


@dataclass(frozen=True)
class Parameter:
    """`star`: it takes the rest of the positional arguments. `required`: it has no default."""

    name: str
    default: Any = None
    required: bool = True
    star: bool = False
    keyword_only: bool = False


@dataclass(frozen=True)
class Operation:
    """One entry of the file. `options` are what the transfer named by `transfer` reads."""

    name: str
    names: tuple[str, ...]
    params: tuple[Parameter, ...]
    transfer: str
    options: Mapping[str, Any] = field(default_factory=dict)
    distinctive: bool = False
    """Only tensors have a method of this name: what it is called on must be a tensor."""

    def option(self, key: str, default: Any = None) -> Any:
        return self.options.get(key, default)


@cache
def operations() -> Mapping[str, Operation]:
    """Every operation under each of its canonical dotted names."""
    with (files("losslint.knowledge") / FILENAME).open("rb") as handle:
        table = tomllib.load(handle)
    found: dict[str, Operation] = {}
    for name, entry in table.items():
        try:
            operation = read(name, entry)
        except (KeyError, TypeError, ValueError, SyntaxError) as error:
            raise KnowledgeError(f"{FILENAME}: {name}: {error!r}") from error
        for alias in operation.names:
            if alias in found:
                raise KnowledgeError(f"{FILENAME}: `{alias}` is both {found[alias].name} and {name}")
            found[alias] = operation
    return found


def read(name: str, entry: Mapping[str, Any]) -> Operation:
    rest = dict(entry)
    return Operation(
        name=name,
        names=tuple(expand(short) for short in rest.pop("names").split()),
        params=parameters(rest.pop("params")),
        transfer=rest.pop("transfer"),
        distinctive=rest.pop("distinctive", False),
        options=rest,
    )


def expand(short: str) -> str:
    for prefix, full in PREFIXES.items():
        if short.startswith(prefix):
            return full + short.removeprefix(prefix)
    return short


def parameters(text: str) -> tuple[Parameter, ...]:
    """`input dim=None * dtype=None`: what follows a lone star is given by keyword only; `*size` takes the rest."""
    found: list[Parameter] = []
    keyword_only = False
    for word in text.split():
        if word == "*":
            keyword_only = True
        elif word.startswith("*"):
            found.append(Parameter(word[1:], required=False, star=True))
            keyword_only = True
        else:
            name, equals, default = word.partition("=")
            found.append(
                Parameter(name, ast.literal_eval(default) if equals else None, required=not equals, keyword_only=keyword_only)
            )
    return tuple(found)
