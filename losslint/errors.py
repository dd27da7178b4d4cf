"""All exceptions of losslint.

LosslintError
├── InputError       a file or folder cannot be checked: what, where, what to do
├── NotationError    a slot's notation cannot be read
├── KnowledgeError   a knowledge file contradicts itself: names the file and the key
├── RuleError        a rule or a rule pack is broken: names the code and the module
├── OutputError      a report cannot be written: names the file
├── ConfigError      the configuration cannot be used: names the file and the key
└── LossMisuse       raised by the runtime in mode ``raise``: carries the finding

One warning: LossMisuseWarning, by which the runtime tells in mode ``warn``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from losslint.checking import Finding


class LosslintError(Exception):
    """The base of every exception that losslint raises on purpose."""


class InputError(LosslintError):
    """A file or folder cannot be checked.

    `place` is the path, with line and cell where they are known; `reason` one line without it.
    """

    def __init__(self, place: str, reason: str) -> None:
        super().__init__(f"{place}: {reason}")
        self.place = place
        self.reason = reason

    def __reduce__(self) -> tuple[type[InputError], tuple[str, str]]:
        return type(self), (self.place, self.reason)


class NotationError(LosslintError):
    """A slot's notation cannot be read."""


class KnowledgeError(LosslintError):
    """A knowledge file contradicts itself."""


class RuleError(LosslintError):
    """A rule or a rule pack is broken."""


class OutputError(LosslintError):
    """A report cannot be written."""


class ConfigError(LosslintError):
    """The configuration cannot be used."""


class LossMisuse(LosslintError):
    """A proven finding, raised by the runtime in mode ``raise``."""

    def __init__(self, finding: Finding) -> None:
        super().__init__(f"{finding.code} {finding.message}")
        self.finding = finding

    def __reduce__(self) -> tuple[type[LossMisuse], tuple[Finding]]:
        # Raised in a worker it travels to the parent; a pool waits for ever for an exception that cannot be read again.
        return type(self), (self.finding,)


class LossMisuseWarning(UserWarning):
    """A proven finding, told by the runtime in mode ``warn``."""
