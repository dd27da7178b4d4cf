"""`pytest --losslint`: every test runs under watch, and one whose losses are given something wrong fails.

Loaded at every start of pytest, so it imports nothing of losslint before a test is watched.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Generator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal, cast

import pytest

if TYPE_CHECKING:
    from losslint.commands.choice import Choice
    from losslint.rule import Severity

Mode = Literal["fail", "warn", "off"]
MODES: Final = ("fail", "warn", "off")
MARKER: Final = "losslint"


@dataclass(frozen=True)
class Asked:
    """What is asked for one test. `severity`: the lowest that fails it."""

    on: Mode
    severity: Severity
    ignore: tuple[str, ...] = ()


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("losslint", "misuse of PyTorch loss functions")
    group.addoption(
        "--losslint",
        nargs="?",
        const="fail",
        choices=MODES,
        help="watch the losses of every test; a misuse fails the test (default) or is a warning (`--losslint=warn`)",
    )
    group.addoption(
        "--losslint-severity",
        choices=("error", "warning", "info"),
        default="error",
        help="the lowest severity that fails a test (default: error)",
    )


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line(
        "markers",
        f'{MARKER}(on="fail", ignore=(), severity="error"): watch the losses of this test, with or without `--losslint`; '
        'on="off" leaves it alone, `ignore` names rules to leave out',
    )
    if config.getoption("losslint") in ("fail", "warn"):
        _need_torch()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, object, object]:
    asked = _asked(item)
    if asked.on == "off":
        return (yield)
    from losslint.runtime import watch

    text = ""
    try:
        with watch(on="warn" if asked.on == "warn" else "collect") as report:
            try:
                return (yield)
            finally:
                text = _told(report, asked, item) if asked.on == "fail" else ""
    except BaseException:
        if text:
            item.add_report_section("call", "losslint", text)
            text = ""
        raise
    finally:
        if text:
            pytest.fail(text, pytrace=False)


def _need_torch() -> None:
    if importlib.util.find_spec("torch") is None:
        raise pytest.UsageError("--losslint needs torch: pip install 'losslint[runtime]'")


def _asked(item: pytest.Item) -> Asked:
    """The nearest marker, completed by the command line."""
    on: Mode = item.config.getoption("losslint") or "off"
    severity: Severity = item.config.getoption("--losslint-severity")
    marker = item.get_closest_marker(MARKER)
    if marker is None:
        return Asked(on, severity)
    words = dict(marker.kwargs)
    on = words.pop("on", "fail" if on == "off" else on)
    severity = words.pop("severity", severity)
    ignore = words.pop("ignore", ())
    ignore = (ignore,) if isinstance(ignore, str) else tuple(ignore)
    if marker.args or words or on not in MODES or severity not in ("error", "warning", "info"):
        raise pytest.UsageError(f"{item.nodeid}: the marker `{MARKER}` takes on ({', '.join(MODES)}), ignore and severity")
    if on != "off":
        _need_torch()
    return Asked(on, severity, ignore)


def _told(report: object, asked: Asked, item: pytest.Item) -> str:
    """The blocks of the call sites that fail the test, nothing where there is none."""
    import linecache

    import click

    from losslint.commands.choice import choice
    from losslint.report import run, sites
    from losslint.rule import rules
    from losslint.runreport import Report

    root = item.config.rootpath
    picked: Choice = choice(rules(), (), asked.ignore, asked.severity, start=root)[0]
    shown = sites.shown(cast(Report, report), lambda finding: finding.certainty == "proven" and picked.tells(finding), root)
    return click.unstyle(run.render(shown, lambda place: linecache.getline(str(root / place.filename), place.line))).rstrip()
