"""What a run said of a static report, by call site, as text and as plain data."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import Any, Final

from click import style

from losslint.confirming import STATUSES, Answer, Status
from losslint.report import array, facts, places, plural, printable
from losslint.report.run import passed
from losslint.report.text import COLOURS

_STATUS_COLOURS: Final[dict[Status, str]] = {
    "confirmed": "red",
    "refuted": "green",
    "undecided": "yellow",
    "not reached": "blue",
}
_WIDTH: Final = max(map(len, STATUSES))


def render(answers: Iterable[Answer]) -> str:
    """One block a place: what was passed there, then the answer to each finding."""
    groups = groupby(answers, key=lambda answer: answer.finding.place)
    return "\n\n".join(_block(list(group)) for _, group in groups)


def _block(answers: Sequence[Answer]) -> str:
    place, sites = places.full(answers[0].finding.place), answers[0].sites
    reached = " and ".join(
        f"{site.loss}, {'called' if site.stage == 'call' else 'made'} {plural(site.calls, 'time')}" for site in sites
    )
    rows = [f"{style(place, bold=True)}: {printable(reached) or answers[0].why}"]
    for site in sites:
        rows += [f"  {style(f'{name}:', bold=True)} {text}" for name, text in passed(site)]
    return "\n".join(rows + [_line(answer) for answer in answers])


def _line(answer: Answer) -> str:
    finding = answer.finding
    label = finding.severity if finding.certainty == "proven" else f"{finding.severity}, {finding.certainty}"
    text = (
        f"  {style(f'{answer.status:<{_WIDTH}}', fg=_STATUS_COLOURS[answer.status], bold=True)} "
        f"{style(finding.code, fg=COLOURS[finding.severity], bold=True)} {style(f'[{label}]', fg=COLOURS[finding.severity])} "
        f"{printable(finding.message)}"
    )
    notes = _notes(answer)
    return "\n".join([text, *(f"  {'':{_WIDTH}} {note}" for note in notes)])


def _notes(answer: Answer) -> list[str]:
    """What the run adds to the finding's own words."""
    if answer.hit is not None:
        site = next(site for site in answer.sites if any(hit is answer.hit for hit in site.hits))
        more = [] if answer.why == answer.finding.message else [printable(answer.why)]
        return [*more, facts.when(answer.hit, site)]
    return [printable(answer.why)] if answer.status == "undecided" else []


def closing(answers: Sequence[Answer], calls: int) -> str:
    """`2 confirmed, 0 refuted, 35 not reached of 37 findings (5 loss calls watched)`."""
    counts = Counter(answer.status for answer in answers)
    parts = [f"{counts[status]} {status}" for status in STATUSES if counts[status] or status != "undecided"]
    return f"{', '.join(parts)} of {plural(len(answers), 'finding')} ({plural(calls, 'loss call')} watched)"


def entries(answers: Iterable[Answer]) -> list[dict[str, Any]]:
    """JSON: the finding as `losslint check` writes it, plus the answer and its evidence."""
    return [
        {
            **array.entry(answer.finding),
            "status": answer.status,
            "why": answer.why,
            "calls": sum(site.calls for site in answer.sites),
            "first": answer.hit.first if answer.hit is not None else None,
            "last": answer.hit.last if answer.hit is not None else None,
            "evidence": {
                name: text
                for site in answer.sites
                for name, argument in site.arguments.items()
                if (text := facts.described(argument))
            },
        }
        for answer in answers
    ]
