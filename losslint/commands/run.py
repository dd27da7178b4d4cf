"""`losslint run`: a program runs as it is, and what its losses were given is reported when it ends."""

from __future__ import annotations

import json
import linecache
import os
import shlex
import sys
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from losslint.checking import Finding
from losslint.commands.choice import Choice, choice
from losslint.commands.output import complain, echo
from losslint.confirming import confirm, read
from losslint.contracts import Contract
from losslint.declare import configured
from losslint.errors import ConfigError, InputError, LosslintError, OutputError
from losslint.places import Place
from losslint.report import confirm as answered
from losslint.report import crash as crash_report
from losslint.report import page, sarif, sites
from losslint.report import run as text
from losslint.report.places import near
from losslint.report.writing import write
from losslint.rule import Severity, rules
from losslint.running import crash, program
from losslint.running.arrival import installed, when_imported
from losslint.running.ranks import together
from losslint.runreport import Report, Site

if TYPE_CHECKING:
    from losslint.runtime.modes import Mode
    from losslint.runtime.watching import Watch

CONFIRM_SCHEMA: Final = "losslint-confirm/1"
MODES: Final = ("collect", "warn", "raise", "off")
CONFIRMED, UNCONFIRMED, CRASHED = 1, 0, 3
"""Exit statuses with `--confirm`."""
SUFFIXES: Final = {".json": "json", ".sarif": "sarif", ".html": "html", ".htm": "html"}


@dataclass(frozen=True)
class Options:
    """The command line of `losslint run`. `program`: a script and its arguments, or a module's when `module` names one."""

    program: tuple[str, ...]
    module: str | None = None
    on: Mode = "collect"
    confirm: str | None = None
    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    severity: Severity | None = None
    config: str | None = None
    output_format: str = "text"
    output_file: tuple[str, ...] = ()
    error_exitcode: int | None = None
    quiet: bool = False


def _know(losses: Mapping[str, Contract]) -> None:
    """Have the project's own losses watched as soon as their modules are there."""
    configured.update(losses)
    for module in dict.fromkeys(name.rpartition(".")[0] for name in losses):
        if module:
            when_imported(module, _look_again)


def _look_again() -> None:
    entries = sys.modules.get("losslint.runtime.entries")
    if entries is not None:
        entries.refresh()


def run(options: Options) -> int:
    """Run the program. The exit status is the program's, unless `confirm` or `error_exitcode` ask for another."""
    root, process = Path.cwd(), os.getpid()
    if not installed("torch"):
        raise InputError("losslint run", "needs torch: pip install 'losslint[runtime]'")
    picked, failures = choice(
        rules(), options.select, options.ignore, options.severity, start=_start(options), named=options.config
    )
    for failure in failures:
        complain(failure)
    _know(picked.config.losses)
    _check_environment()
    static = _static(options)
    _ready_to_write(options)
    watching = _Watching(options, picked)
    when_imported("torch", watching.begin)
    try:
        ready = _ready(options)
    except LosslintError:
        watching.end()
        raise
    except SyntaxError as error:
        watching.end()
        # Python says it in its own words, too, and ends with 1.
        sys.excepthook(type(error), error.with_traceback(None), None)
        return 1
    end = program.execute(ready)
    report = watching.end()
    raised_at = None
    if end.error is not None:
        raised_at = crash.raised_in_loss(end.error)
        crash.show(end.error)
    sys.stdout.flush()
    # A child that the program forked came here as well: its parent tells.
    merged = together(report, crashed=end.error is not None) if os.getpid() == process else None
    if merged is None:
        return end.status
    outcome = _Outcome(options, picked, root, merged, static, end.error, raised_at)
    outcome.publish()
    return outcome.status(end.status)


def _check_environment() -> None:
    """Raise ConfigError now; the runtime would raise it in the middle of the program's import of torch."""
    override = os.environ.get("LOSSLINT_ON")
    if override and override not in MODES:
        raise ConfigError(f"LOSSLINT_ON={override} is not one of {', '.join(MODES)}")


def _start(options: Options) -> Path:
    folder = Path(options.program[0]).parent if options.module is None and options.program else Path()
    return folder.resolve()


def _static(options: Options) -> list[Finding] | None:
    if options.confirm is None:
        return None
    try:
        return read(Path(options.confirm).read_text(encoding="utf-8"), options.confirm)
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise InputError(options.confirm, f"cannot be read: {reason}") from error


def _ready_to_write(options: Options) -> None:
    """Raise OutputError before a long run, not after it."""
    for name in options.output_file:
        if _form(name, options) == "html":
            page.ready()
        if not Path(name).absolute().parent.is_dir():
            raise OutputError(f"{name}: cannot be written: there is no such folder")


def _form(name: str, options: Options) -> str:
    return SUFFIXES.get(Path(name).suffix.lower(), options.output_format)


def _ready(options: Options) -> program.Program:
    if options.module is not None:
        return program.module(options.module, options.program)
    return program.script(options.program[0], options.program[1:])


class _Watching:
    """The watch over a program, which begins when torch has been imported."""

    def __init__(self, options: Options, picked: Choice) -> None:
        self._options = options
        self._codes = frozenset(rule.code for rule in picked.rules)
        self._watch: Watch | None = None

    def begin(self) -> None:
        # Not `install`: that one is the program's to call.
        from losslint.runtime.watching import begin

        self._watch = begin(self._options.on, self._options.severity, self._codes)

    def end(self) -> Report:
        if self._watch is None:
            return Report()
        from losslint.runtime.watching import end

        end(self._watch)
        return self._watch.report


@dataclass
class _Outcome:
    """What is told when the program has ended. `root`: the folder it was started in, whatever it changed to since."""

    options: Options
    picked: Choice
    root: Path
    report: Report
    static: list[Finding] | None
    error: BaseException | None
    raised_at: Place | None

    def __post_init__(self) -> None:
        self.sites = sites.shown(self.report, self.picked.tells, self.root)
        self.answers = confirm(self.static, self.report, self.root) if self.static is not None else []

    def publish(self) -> None:
        """Print the report, and write the files that were asked for."""
        if not self.options.quiet:
            echo(self._text(), err=True)
        for name in self.options.output_file:
            try:
                write(str(self.root / name), self._rendered(_form(name, self.options)))
            except LosslintError as error:
                complain(str(error))

    def status(self, own: int) -> int:
        if self.static is not None:
            confirmed = any(answer.status == "confirmed" for answer in self.answers)
            return CONFIRMED if confirmed else CRASHED if own else UNCONFIRMED
        proven = any(hit.finding.certainty == "proven" for site in self.sites for hit in site.hits)
        return self.options.error_exitcode if self.options.error_exitcode is not None and proven and not own else own

    def _text(self) -> str:
        parts = [crash_text] if (crash_text := self._explained()) else []
        if self.static is None:
            parts.append(text.render(self.sites, self._line).rstrip("\n"))
            parts.append("\n".join([*text.remarks(self.report), text.closing(self.report, self.sites)]))
        else:
            parts.append(answered.render(self.answers))
            parts.append(text.render(self._news(), self._line).rstrip("\n"))
            parts.append("\n".join([*text.remarks(self.report), answered.closing(self.answers, self.report.calls)]))
        return "\n\n".join(part for part in parts if part)

    def _line(self, place: Place) -> str:
        return linecache.getline(str(self.root / place.filename), place.line)

    def _explained(self) -> str:
        if not isinstance(self.error, Exception) or isinstance(self.error, LosslintError) or self.raised_at is None:
            return ""
        return crash_report.explained(self.error, near(self.raised_at, self.root), self.sites)

    def _news(self) -> list[Site]:
        """The sites with what the static report does not have."""
        hits = [answer.hit for answer in self.answers if answer.hit is not None]
        known = {(hit.finding.code, near(hit.finding.place, self.root)) for hit in hits}
        left = [
            replace(site, hits=[hit for hit in site.hits if (hit.finding.code, hit.finding.place) not in known])
            for site in self.sites
        ]
        return [site for site in left if site.hits]

    def _rendered(self, form: str) -> str:
        if form == "html":
            return page.render(_title(self.options), self.report, self.sites, self._line, self.answers)
        if form == "sarif":
            return self._sarif() + "\n"
        if form == "json":
            if self.static is None:
                return self.report.to_json() + "\n"
            entries = answered.entries(self.answers)
            return json.dumps({"schema": CONFIRM_SCHEMA, "answers": entries, "run": self.report.to_dict()}, indent=1) + "\n"
        return click.unstyle(self._text()) + "\n"

    def _sarif(self) -> str:
        if self.static is None:
            found = [hit.finding for site in self.sites for hit in site.hits]
            return sarif.render(found, rules(), self.report.errors, self.root)
        return sarif.render(
            [answer.finding for answer in self.answers],
            rules(),
            self.report.errors,
            self.root,
            statuses=[answer.status for answer in self.answers],
        )


def _title(options: Options) -> str:
    words = (*(("-m", options.module) if options.module is not None else ()), *options.program)
    return shlex.join(words)
