"""`losslint check`: files in, findings out."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import click

from losslint.checking import Finding
from losslint.commands.choice import choice
from losslint.commands.output import colour, complain, echo, remark
from losslint.config import Config
from losslint.errors import InputError
from losslint.places import Place
from losslint.report import array, github, sarif, summary, text
from losslint.report.writing import write
from losslint.rule import Rule, Severity, rules
from losslint.suppress import is_silenced

CLEAN, FOUND, FAILED = 0, 1, 2
STDIN = "-"


@dataclass(frozen=True)
class Options:
    """The command line of `losslint check`."""

    paths: tuple[str, ...] = (".",)
    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    severity: Severity | None = None
    output_format: str = "text"
    output_file: str | None = None
    config: str | None = None
    show_files: bool = False
    unproven: bool = False
    obligations: bool = False
    trace: bool = True
    exit_zero: bool = False
    statistics: bool = False
    quiet: bool = False
    stdin_filename: str | None = None


def run(options: Options) -> int:
    """Check and print. The exit status: 0 clean, 1 findings, 2 something could not be checked."""
    every = rules()
    picked, failures = choice(
        every, options.select, options.ignore, options.severity, start=_start(options), named=options.config
    )
    config = picked.config
    if options.show_files:
        return _show_files(options, config, failures)
    stdin = None
    if STDIN in options.paths:
        try:
            stdin = (options.stdin_filename or "<stdin>", _standard_input())
        except InputError as error:
            failures.append(str(error))

    from losslint.static.project import check_paths

    result = check_paths(
        [path for path in options.paths if path != STDIN],
        stdin=stdin,
        exclude=(*config.excluded, *options.exclude),
        rules=picked.rules,
        losses=config.losses,
        obligations=options.obligations,
    )
    failures.extend(map(str, result.errors))
    for note in () if options.quiet else result.notes:  # a README's block is often no whole program: no reason to fail
        remark(str(note))
    wanted = [finding for finding in result.findings if picked.shows(finding)]
    kept = [finding for finding in wanted if not is_silenced(finding.code, finding.name, _lines(finding.place, result.line))]
    shown = [finding for finding in kept if _certain_enough(finding, options)]

    _report(_rendered(shown, options, result.line, picked.rules, failures), options)
    if options.statistics:
        _aside(summary.counts(shown, len(wanted) - len(kept), result.statistics), options)
    nothing_read = bool(failures) and not getattr(result.statistics, "parsed", 0)
    readable = options.output_format in ("text", "concise") or options.output_file is not None
    if not options.quiet and readable and (shown or not nothing_read):
        hidden = 0 if options.unproven else sum(finding.certainty == "possible" for finding in kept)
        echo(summary.closing(shown, hidden, result.statistics))
    if _complained(failures):
        return FAILED
    found = any(finding.certainty != "obligation" for finding in shown)
    return FOUND if found and not options.exit_zero else CLEAN


def _show_files(options: Options, config: Config, failures: list[str]) -> int:
    from losslint.static.discover import discover

    found = discover([path for path in options.paths if path != STDIN], (*config.excluded, *options.exclude))
    _report("".join(f"{path}\n" for path in found.files), options)
    return FAILED if _complained([*failures, *map(str, found.problems)]) else CLEAN


def _complained(failures: Sequence[str]) -> bool:
    for failure in failures:
        complain(failure)
    return bool(failures)


def _start(options: Options) -> Path:
    """The folder whose pyproject.toml holds: the deepest one that everything to check lies in."""
    paths = [options.stdin_filename or "." if path == STDIN else path for path in options.paths]
    absolute = [Path(path).absolute() for path in paths]
    try:
        common = Path(os.path.commonpath([path if path.is_dir() else path.parent for path in absolute]))
    except ValueError:
        return Path.cwd()
    return common.resolve()


def _standard_input() -> bytes:
    try:
        return sys.stdin.buffer.read()
    except (AttributeError, OSError, ValueError) as error:
        raise InputError("<stdin>", "cannot be read: standard input is closed") from error


def _certain_enough(finding: Finding, options: Options) -> bool:
    if finding.certainty == "possible":
        return options.unproven
    return finding.certainty == "proven" or options.obligations


def _lines(place: Place, line: Callable[[Place], str]) -> list[str]:
    """The first and the last line of a call: a formatter puts the comment on either."""
    ends = {place.line, place.end_line or place.line}
    return [line(replace(place, line=number)) for number in sorted(ends)]


def _rendered(
    shown: Sequence[Finding], options: Options, line: Callable[[Place], str], asked: Sequence[Rule], failures: Sequence[str]
) -> str:
    """The findings in the format asked for, with its last newline."""
    if options.output_format == "json":
        return array.render(shown) + "\n"
    if options.output_format == "sarif":
        return sarif.render(shown, asked, failures) + "\n"
    form: Callable[[Finding], str]
    if options.output_format == "text":
        form = partial(text.block, line=line, trace=options.trace)
    else:
        form = github.command if options.output_format == "github" else text.headline
    end = "\n\n" if options.output_format == "text" else "\n"
    return "".join(form(finding) + end for finding in shown)


def _report(rendered: str, options: Options) -> None:
    if options.output_file is not None:
        write(options.output_file, click.unstyle(rendered))
    else:
        echo(rendered, end="")


def _aside(block: str, options: Options) -> None:
    """Counts go beside a machine's format, not into it."""
    if options.output_format in ("text", "concise") and options.output_file is None:
        echo(block)
    else:
        click.echo(block, err=True, color=colour())
