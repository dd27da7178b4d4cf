"""Printing: colours where they are wanted, and characters that the terminal has."""

from __future__ import annotations

import io
import os
import sys

import click

from losslint.errors import InputError


def prepare() -> None:
    """Let no character of a source file break the output: an ASCII terminal sees an escape."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def colour() -> bool | None:
    """Whether to colour: NO_COLOR forbids, FORCE_COLOR demands, otherwise (None) a terminal gets colours."""
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR", "0") not in ("", "0"):
        return True
    return False if os.environ.get("TERM") == "dumb" else None


def echo(text: str, end: str = "\n", *, err: bool = False) -> None:
    stream = sys.stderr if err else sys.stdout
    if "utf" not in (getattr(stream, "encoding", None) or "utf-8").lower():
        text = text.replace("→", "->").replace("…", "...")
    try:
        click.echo(text + end, nl=False, err=err, color=colour())
    except BrokenPipeError:  # whoever read it has seen enough
        raise
    except OSError as error:
        raise InputError("<stderr>" if err else "<stdout>", f"cannot be written: {error.strerror}") from error


def complain(reason: str) -> None:
    """One line on stderr, of what failed."""
    _aside(click.style("error", fg="red", bold=True), reason)


def remark(reason: str) -> None:
    """One line on stderr, of what is worth knowing and fails nothing."""
    _aside(click.style("note", fg="cyan", bold=True), reason)


def _aside(kind: str, reason: str) -> None:
    click.echo(f"{kind}: {' '.join(reason.split())}", err=True, color=colour())
