"""Configuration files that the program reads: YAML and JSON of the project, as the values that they make.

What stands in them is what a program does by default: it can be told otherwise, by another file or from the command line, as
with an option of its own.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from losslint.oneof import OneOf
from losslint.static.choices import Origin
from losslint.static.values import NOTHING, Members, Table, Unknown, Value, constant, constants

LARGEST: Final = 1 << 18
"""Bytes of a file that is read; configurations are small."""
MOST: Final = 10_000
"""Values in a file."""
LOADS: Final = frozenset({
    "yaml.safe_load", "yaml.full_load", "yaml.load", "yaml.unsafe_load", "json.load", "omegaconf.OmegaConf.load",
})  # fmt: skip
SAME: Final = frozenset({"omegaconf.OmegaConf.to_container", "omegaconf.OmegaConf.create", "easydict.EasyDict", "munch.munchify"})
"""They make of a configuration another form of it."""
MERGES: Final = frozenset({"omegaconf.OmegaConf.merge", "omegaconf.OmegaConf.unsafe_merge"})
TOLD: Final = "${"
"""What a string contains that is worked out of others."""


def find(name: object, script: str) -> Path | None:
    """The file that a program means by a name: beside its script, in a folder above it, or where it is started."""
    if not isinstance(name, str) or not name or Path(name).is_absolute():
        return None
    folder = Path(script).parent
    for base in (folder, folder.parent, Path()):
        try:
            if (base / name).is_file():
                return base / name
        except (OSError, ValueError):  # no name that a file can have: `yaml.safe_load` of a long text
            return None
    return None


def read(path: Path) -> Any:
    """The content of a file; None where it cannot be read or is too large. YAML needs PyYAML, which libcst brings along."""
    try:
        told = path.stat()
    except (OSError, ValueError):
        return None
    return _parsed(path, told.st_mtime_ns) if told.st_size <= LARGEST else None


def _fits(content: Any) -> bool:
    """YAML's aliases can make a small file large, and put a list into itself."""
    waiting, seen = [content], 0
    while waiting and seen <= MOST:
        one = waiting.pop()
        seen += 1
        waiting.extend(one.values() if isinstance(one, dict) else one if isinstance(one, list) else ())
    return seen <= MOST


@lru_cache(maxsize=256)
def _parsed(path: Path, written: int) -> Any:
    try:
        text = path.read_text(encoding="utf-8")
        if path.suffix == ".json":
            content = json.loads(text)
        else:
            import yaml  # type: ignore[import-untyped]

            content = yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    except (OSError, ValueError, ImportError, RecursionError):
        return None
    except Exception as error:
        if type(error).__module__.startswith("yaml"):
            return None
        raise
    return content if _fits(content) else None


def value_of(data: Any, told: Origin, root: Mapping[Any, Any] | None = None) -> Value:
    """What a program makes of the content. Words and switches are choices; numbers and names of classes are what they are."""
    if isinstance(data, dict):
        found = {key: value_of(one, told.member(str(key)), root) for key, one in data.items()}
        if isinstance(data.get("_target_"), str):
            found["_target_"] = constant(data["_target_"])
        return Table(found, NOTHING)
    if isinstance(data, list):
        return Members("list", [value_of(one, Origin(told.name), root) for one in data])
    if isinstance(data, str) and TOLD in data:
        return value_of(looked_up(data, root), told) if root is not None else NOTHING  # one step: they can go round in a ring
    if isinstance(data, (str, bool)):
        told.default, told.offered = OneOf.of(data), True
        return Unknown(origin=told)
    return constant(data) if isinstance(data, (int, float)) or data is None else NOTHING


def merged(every: Sequence[Value], told: Origin) -> Value:
    """What several configurations are together, later ones first. One that isn't known, as from the command line, leaves what
    the others say as what it is by default."""
    known = [one for one in every if isinstance(one, Table)]
    if not known:
        return Unknown(origin=told)
    found: dict[Any, Value] = {}
    for key in dict.fromkeys(key for one in known for key in one.items):
        given = [one.items[key] for one in known if key in one.items]
        found[key] = merged(given, told.member(str(key))) if all(isinstance(one, Table) for one in given) else given[-1]
    return Table(found if len(known) == len(every) else {key: _by_default(one, told, key) for key, one in found.items()}, NOTHING)


def _by_default(value: Value, told: Origin, key: object) -> Value:
    content = constants(value).only
    if isinstance(value, Table):
        return Table({inner: _by_default(one, told.member(str(key)), inner) for inner, one in value.items.items()}, NOTHING)
    return value_of(content, told.member(str(key))) if isinstance(content, (str, bool)) and key != "_target_" else value


def looked_up(text: str, root: Mapping[Any, Any] | None) -> Any:
    """What `${model.size}` stands for; something unknown where it says more."""
    path = text.strip().removeprefix("${").removesuffix("}")
    here: Any = root
    for part in path.split("."):
        if not isinstance(here, dict) or part not in here:
            return object()
        here = here[part]
    return here if not isinstance(here, str) or TOLD not in here else object()
