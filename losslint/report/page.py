"""The report of a run as one HTML file that needs nothing else, neither scripts nor a network."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from importlib.resources import files
from importlib.util import find_spec
from typing import Any, Final

from losslint import __version__
from losslint.confirming import STATUSES, Answer
from losslint.errors import OutputError
from losslint.places import Place
from losslint.report import facts, places, plural, printable
from losslint.report.run import remarks
from losslint.rule import SEVERITIES
from losslint.runreport import Report, Site

TEMPLATE: Final = "page.html.j2"
_NEEDS: Final = ("jinja2", "matplotlib")


def ready() -> None:
    """Raise OutputError, which says what to install, where the page could not be made: before a long run, not after it."""
    missing = [name for name in _NEEDS if find_spec(name) is None]
    if missing:
        raise OutputError(f"an HTML report needs {' and '.join(missing)}: pip install 'losslint[report]'")


def render(
    title: str, report: Report, sites: Sequence[Site], line: Callable[[Place], str], answers: Sequence[Answer] = ()
) -> str:
    """The page. `line` gives the source line of a place. Call sites with findings come first and open, the others closed."""
    ready()
    from jinja2 import Environment, StrictUndefined

    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    environment.globals.update(plural=plural)
    environment.filters["ticks"] = _ticks
    template = environment.from_string((files("losslint.report") / TEMPLATE).read_text(encoding="utf-8"))
    found = Counter(hit.finding.severity for site in sites for hit in site.hits)
    page: str = (
        template.render(
            title=title,
            version=__version__,
            counts=[(severity, found[severity]) for severity in reversed(SEVERITIES) if found[severity]],
            calls=report.calls,
            sites=[_site(site, line) for site in sites if site.hits],
            quiet=[_site(site, line) for site in sites if not site.hits],
            remarks=remarks(report),
            ranks=report.ranks if report.world_size > 1 else [],
            answers=[(status, rows) for status in STATUSES if (rows := [_row(one) for one in answers if one.status == status])],
        )
        + "\n"
    )
    return page


def _row(answer: Answer) -> dict[str, str]:
    return {
        "place": places.full(answer.finding.place),
        "code": answer.finding.code,
        "message": answer.finding.message,
        "why": answer.why if answer.status != "refuted" and answer.why != answer.finding.message else "",
    }


def _ticks(text: str) -> Any:
    """Names in backquotes as code."""
    from markupsafe import Markup, escape

    return Markup(re.sub(r"`([^`]*)`", r"<code>\1</code>", str(escape(text))))


def _site(site: Site, line: Callable[[Place], str]) -> dict[str, Any]:
    from losslint.report.plots import plots

    arguments = [(name, facts.described(argument)) for name, argument in site.arguments.items()]
    return {
        "place": places.full(site.place),
        "loss": site.loss,
        "calls": site.calls,
        "stage": site.stage,
        "code": _marked(site.place, line(site.place).rstrip("\r\n")),
        "arguments": [(name, text) for name, text in arguments if text],
        "curve": facts.curve(site),
        "hits": [
            {
                "code": hit.finding.code,
                "name": hit.finding.name,
                "severity": hit.finding.severity,
                "certainty": hit.finding.certainty,
                "message": hit.finding.message,
                "wants": hit.finding.wants,
                "when": facts.when(hit, site),
                "advice": hit.finding.advice,
            }
            for hit in site.hits
        ],
        "plots": plots(site),
    }


def _marked(place: Place, line: str) -> tuple[str, str, str] | None:
    """The source line in three parts, of which the second is the call."""
    if not line.strip():
        return None
    indent = len(line) - len(line.lstrip())
    start = min(max(place.column - 1, indent), len(line))
    end = place.end_column - 1 if place.end_column is not None and place.end_line == place.line else len(line)
    if place.end_line is None:
        start = end = indent
    return printable(line[indent:start]), printable(line[start:end]), printable(line[end:])
