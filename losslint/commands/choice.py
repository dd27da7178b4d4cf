"""Which findings are shown: rules, severities and per-file-ignores, from the command line and the configuration."""

from __future__ import annotations

import linecache
from dataclasses import dataclass
from pathlib import Path

from losslint.checking import Finding
from losslint.config import Config, at, load
from losslint.errors import ConfigError
from losslint.rule import SEVERITIES, Rule, Severity
from losslint.selection import chosen, closeness, exactly, known
from losslint.suppress import is_silenced


@dataclass(frozen=True)
class Choice:
    """What was asked for. `rules` are those to ask."""

    rules: tuple[Rule, ...]
    config: Config
    select: tuple[str, ...] = ()
    severity: Severity | None = None

    def shows(self, finding: Finding) -> bool:
        """Whether severity and per-file-ignores let a finding through.

        A rule selected by its own code or name is shown whatever its severity, unless a severity was asked for with it.
        """
        rule = next((rule for rule in self.rules if rule.code == finding.code), None)
        if rule is None or any(closeness(rule, selector) for selector in self.config.ignored_in(finding.place.filename)):
            return False
        lowest = self.severity or self.config.severity or "warning"
        if SEVERITIES.index(finding.severity) >= SEVERITIES.index(lowest):
            return True
        if self.severity is not None:
            return False
        return exactly(rule, self.select if self.select or self.config.severity else self.config.select)

    def tells(self, finding: Finding) -> bool:
        """The same of a finding of a run, whose file is there to be read: comments in it silence as well."""
        if not self.shows(finding):
            return False
        place = finding.place
        ends = sorted({place.line, place.end_line or place.line})
        return not is_silenced(finding.code, finding.name, [linecache.getline(place.filename, end) for end in ends])


def choice(
    every: tuple[Rule, ...],
    select: tuple[str, ...],
    ignore: tuple[str, ...],
    severity: Severity | None,
    *,
    start: Path,
    named: str | None = None,
) -> tuple[Choice, list[str]]:
    """What the options and the configuration that holds at `start` ask for, and what is wrong with that configuration.

    Raises ConfigError for the options, and for a configuration that was named.
    """
    known(select, every, "--select")
    known(ignore, every, "--ignore")
    failures: list[str] = []
    try:
        config = load(start, Path(named) if named is not None else None)
        for key, selectors in (("select", config.select), ("ignore", config.ignore), *config.per_file_ignores.items()):
            known(selectors, every, at(config.source, key) if config.source is not None else key)
    except ConfigError as error:
        if named is not None:
            raise
        failures.append(f"{error}; checked without it")
        config = Config()
    asked = chosen(every, select, ignore, config.select, config.ignore)
    return Choice(asked, config, select, severity), failures
