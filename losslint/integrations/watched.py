"""What the callbacks share: a watch with a beginning and an end, whose report is told once."""

from __future__ import annotations

import atexit
import linecache
import sys
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from losslint.commands.choice import choice
from losslint.places import Place
from losslint.report import run, sites
from losslint.rule import Severity, rules
from losslint.runreport import Report

if TYPE_CHECKING:
    from losslint.runtime.modes import Mode


class Watched:
    """A watch over a training. What holds it can be pickled and copied before the training begins.

    `on`: as for `losslint.runtime.watch`. `output_file`: where the report is written as JSON, merged over the ranks. The
    end of the process ends the watch as well, so that a training that crashes is told of.
    """

    def __init__(self, on: Mode = "collect", severity: Severity | None = None, output_file: str | None = None) -> None:
        self.on = on
        self.severity = severity
        self.output_file = output_file
        self.report = Report()
        self._watch: AbstractContextManager[Report] | None = None

    def begin(self) -> None:
        """A second call while the watch is on changes nothing."""
        if self._watch is not None:
            return
        from losslint.runtime import watch

        self._watch = watch(self.on, severity=self.severity)
        self.report = self._watch.__enter__()
        atexit.register(self.end)

    def end(self, *, tell: bool = True) -> None:
        """End the watch, write the report, and print it where `tell` says so. A second call does nothing."""
        if self._watch is None:
            return
        self._watch.__exit__(None, None, None)
        self._watch = None
        atexit.unregister(self.end)
        if self.output_file is not None:
            from losslint.runtime import save

            self.report = save(self.report, self.output_file)
        if tell:
            sys.stderr.write(told(self.report) + "\n")


def told(report: Report) -> str:
    """The report as `losslint run` prints it, by the configuration that holds in the current folder."""
    root = Path.cwd()
    picked, _ = choice(rules(), (), (), None, start=root)
    shown = sites.shown(report, picked.tells, root)

    def line(place: Place) -> str:
        return linecache.getline(str(root / place.filename), place.line)

    parts = [run.render(shown, line).rstrip("\n"), "\n".join([*run.remarks(report), run.closing(report, shown)])]
    text = "\n\n".join(part for part in parts if part)
    return text if sys.stderr.isatty() else click.unstyle(text)
