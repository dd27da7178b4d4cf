"""The report of a run that people read: one block a call site where something was found."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable

from click import style

from losslint.places import Place
from losslint.report import facts, places, plural, printable
from losslint.report.text import COLOURS, underlined
from losslint.rule import SEVERITIES, Severity
from losslint.runreport import Hit, Report, Site, Unseen

HOW = {
    "compiled": "was compiled",
    "exported": "was exported",
    "scripted": "was scripted",
    "traced": "was traced",
    "captured": "was captured in a CUDA graph",
}


def render(sites: Iterable[Site], line: Callable[[Place], str]) -> str:
    """The blocks of the sites that have hits, each with its last newline."""
    return "".join(block(site, line) + "\n\n" for site in sites if site.hits)


def block(site: Site, line: Callable[[Place], str]) -> str:
    """One call site: its line, what was passed, then each finding with when it was seen and what to do."""
    worst: Severity = max((hit.finding.severity for hit in site.hits), key=SEVERITIES.index, default="info")
    verb = "called" if site.stage == "call" else "made"
    rows = [f"{style(places.full(site.place), bold=True)}: {printable(site.loss)}, {verb} {plural(site.calls, 'time')}"]
    margin = len(str(site.place.line)) + 1
    source = line(site.place).rstrip("\r\n")
    if source.strip():
        code, caret = underlined(source, site.place)
        bar = style("|", fg="blue")
        rows.append(f"{' ' * margin}{bar}")
        rows.append(f"{style(str(site.place.line), fg='blue')} {bar} {code}")
        rows.append(f"{' ' * margin}{bar} {style(caret, fg=COLOURS[worst], bold=True)}")
    rows += [f"{' ' * margin}{style(f'{name}:', bold=True)} {text}" for name, text in passed(site)]
    for hit in site.hits:
        rows += finding(hit, site, margin)
    return "\n".join(rows)


def passed(site: Site) -> list[tuple[str, str]]:
    """What each argument was, and the losses, padded to one column."""
    rows = [(name, printable(facts.described(argument))) for name, argument in site.arguments.items()]
    curve = facts.curve(site)
    rows += [("loss", curve)] if curve else []
    width = max((len(name) for name, _ in rows), default=0)
    return [(name, " " * (width - len(name)) + text) for name, text in rows if text]


def finding(hit: Hit, site: Site, margin: int) -> list[str]:
    one = hit.finding
    label = one.severity if one.certainty == "proven" else f"{one.severity}, {one.certainty}"
    rows = [
        f"{' ' * margin}{style(one.code, fg=COLOURS[one.severity], bold=True)} {style(f'[{label}]', fg=COLOURS[one.severity])} "
        f"{printable(one.message)}"
    ]
    notes = [("wants", one.wants), ("when", facts.when(hit, site)), ("help", one.advice)]
    return rows + [f"{' ' * (margin + 2)}{style(f'{title}:', bold=True):<6} {printable(text)}" for title, text in notes if text]


def closing(report: Report, sites: list[Site]) -> str:
    """`Found 2 errors at 2 of 6 call sites (11 loss calls watched)`."""
    counts = Counter(hit.finding.severity for site in sites for hit in site.hits)
    parts = [
        f"{counts['info']} info" if one == "info" else plural(counts[one], one) for one in reversed(SEVERITIES) if counts[one]
    ]
    seen = f"({plural(report.calls, 'loss call')} watched)"
    if not sites:
        return "No loss was called"
    total = plural(len(sites), "call site")
    if not parts:
        return f"No misuse found at {total} {seen}"
    return f"Found {', '.join(parts)} at {sum(bool(site.hits) for site in sites)} of {total} {seen}"


def remarks(report: Report) -> list[str]:
    """What the run did not see, one line each."""
    lines = [unseen(one) for one in report.unseen]
    if report.missing_ranks:
        lines.append(f"no report of {plural(len(report.missing_ranks), 'rank')}: {', '.join(map(str, report.missing_ranks))}")
    return lines + [f"losslint failed to look at a call: {printable(error)}" for error in report.errors]


def unseen(one: Unseen) -> str:
    where = f"{places.full(one.place)}: " if one.place is not None else ""
    times = f" ({one.count} times)" if one.count > 1 else ""
    return f"{where}`{one.loss}` was not watched: it {HOW[one.how]}{times}"
