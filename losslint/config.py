"""The configuration: the nearest losslint.toml, or pyproject.toml with a `[tool.losslint]`."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatch
from glob import escape
from pathlib import Path
from typing import Any, Final

from losslint.contracts import Contract
from losslint.declare import contract_of, named
from losslint.errors import ConfigError, NotationError
from losslint.rule import SEVERITIES, Severity

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

_LISTS: Final = ("select", "ignore", "exclude")
_KEYS: Final = (*_LISTS, "severity", "per-file-ignores", "losses")
_OWN_FILE: Final = "losslint.toml"
"""A file of losslint's alone: what stands below `[tool.losslint]` elsewhere stands at its top."""


@dataclass(frozen=True)
class Config:
    """What a project asks for. `source` is the file it was read from, None where there is none.

    `losses`: the contracts of the project's own losses, by dotted name.
    Patterns of `exclude` and `per_file_ignores` are relative to the folder of `source`.
    """

    source: Path | None = None
    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    severity: Severity | None = None
    per_file_ignores: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    losses: Mapping[str, Contract] = field(default_factory=dict)

    @property
    def excluded(self) -> tuple[str, ...]:
        """`exclude`, and its patterns with a folder once more from the root, so that they hold wherever losslint is started."""
        if self.source is None:
            return self.exclude
        root = escape(self.source.parent.resolve().as_posix())
        folders = [pattern.removeprefix("./").strip("/") for pattern in self.exclude if "/" in pattern]
        return (*self.exclude, *(f"{root}/{pattern}" for pattern in folders))

    def ignored_in(self, filename: str) -> tuple[str, ...]:
        """The selectors that `per-file-ignores` sets aside for one file."""
        if self.source is None or not self.per_file_ignores:
            return ()
        path = _relative(filename, self.source.parent)
        return tuple(
            selector for pattern, selectors in self.per_file_ignores.items() if _matches(path, pattern) for selector in selectors
        )


def find(start: Path) -> Path | None:
    """The nearest losslint.toml or pyproject.toml with a `[tool.losslint]`, from a folder upwards; the former where both stand.

    Raises ConfigError on one that cannot be read: it might have been the one.
    """
    for folder in (start, *start.parents):
        own = folder / _OWN_FILE
        if own.is_file():
            return own
        candidate = folder / "pyproject.toml"
        if candidate.is_file() and _table(candidate) is not None:
            return candidate
    return None


def load(start: Path, named: Path | None = None) -> Config:
    """The configuration that holds for a folder, or that of the file `named`. Raises ConfigError, which names file and key."""
    source = named or find(start)
    if source is None:
        return Config()
    table = _table(source)
    if table is None:
        raise ConfigError(f"{source}: has no table `tool.losslint`")
    if not isinstance(table, dict):
        raise ConfigError(f"{source}: `tool.losslint` is not a table")
    for key in table:
        if key not in _KEYS:
            raise ConfigError(f"{at(source, key)} is not a known key; known are {', '.join(sorted(_KEYS))}")
    lists = {key: _strings(source, key, table.get(key, [])) for key in _LISTS}
    severity = table.get("severity")
    if severity is not None and severity not in SEVERITIES:
        raise ConfigError(f"{at(source, 'severity')} is {severity!r}, not one of {', '.join(SEVERITIES)}")
    per_file = table.get("per-file-ignores", {})
    if not isinstance(per_file, dict):
        raise ConfigError(f"{at(source, 'per-file-ignores')} is not a table of patterns and lists of rules")
    ignores = {pattern: _strings(source, f"per-file-ignores.{pattern}", values) for pattern, values in per_file.items()}
    losses = _losses(source, table.get("losses", {}))
    return Config(source, lists["select"], lists["ignore"], lists["exclude"], severity, ignores, losses)


def at(source: Path, key: str) -> str:
    """File and key, as messages name them."""
    return f"{source}: `{key}`" if source.name == _OWN_FILE else f"{source}: `tool.losslint.{key}`"


def _losses(source: Path, table: object) -> dict[str, Contract]:
    if not isinstance(table, dict):
        raise ConfigError(f"{at(source, 'losses')} is not a table of losses and what they take")
    found = {}
    for name, entry in table.items():
        key = at(source, f'losses."{name}"')
        if not isinstance(entry, dict):
            raise ConfigError(f"{key} is not a table of arguments and what they take")
        try:
            found[name] = named(contract_of(name, entry), name, name.rpartition(".")[2][:1].isupper())
        except NotationError as error:
            raise ConfigError(f"{key}: {error}") from error
    return found


def _table(source: Path) -> Any:
    """losslint's part of a file: all of it, or its `[tool.losslint]`; None where there is none."""
    content: dict[str, Any] = _content(source)
    if source.name == _OWN_FILE:
        return content
    tools = content.get("tool", {})
    return tools.get("losslint") if isinstance(tools, dict) else None


def _content(source: Path) -> dict[str, Any]:
    try:
        content: dict[str, Any] = tomllib.loads(source.read_text(encoding="utf-8"))
        return content
    except OSError as error:
        raise ConfigError(f"{source}: cannot be read: {error.strerror or error}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        reason = " ".join(str(error).split()) or "nested too deeply"
        raise ConfigError(f"{source}: is not valid TOML: {reason}") from error


def _strings(source: Path, key: str, value: object) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise ConfigError(f"{at(source, key)} is not a list of strings")
    return tuple(value)


def _relative(filename: str, root: Path) -> str:
    path = Path(filename).resolve()
    resolved = root.resolve()
    return path.relative_to(resolved).as_posix() if path.is_relative_to(resolved) else path.as_posix()


def _matches(path: str, pattern: str) -> bool:
    """Whether a pattern means a file: by its path, its name, or a folder that it lies in. `*` also crosses `/`."""
    wanted = pattern.rstrip("/").removeprefix("./")
    parts: Sequence[str] = path.split("/")
    folders = ["/".join(parts[:end]) for end in range(1, len(parts) + 1)]
    return any(fnmatch(folder, wanted) for folder in (*folders, parts[-1], "/" + path))
