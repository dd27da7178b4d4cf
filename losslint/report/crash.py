"""Why a loss raised: what it was given and what it takes, instead of torch's own words alone."""

from __future__ import annotations

from collections.abc import Sequence

from click import style

from losslint.knowledge import contracts
from losslint.places import Place
from losslint.report import facts, places, printable
from losslint.runreport import Hit, Site


def explained(error: BaseException, place: Place, sites: Sequence[Site]) -> str:
    """A few lines, or nothing where no loss was seen at the place."""
    here = [site for site in sites if site.place.filename == place.filename and _covers(site.place, place.line)]
    if not here:
        return ""
    site = here[-1]
    said = printable(" ".join(str(error).split()))
    rows = [f"{style(places.short(site.place), bold=True)}: `{site.loss}` raised {type(error).__name__}: {said}"]
    reasons = [hit for one in here for hit in one.hits if _blames(hit)]
    rows += [f"  {style('because:', bold=True)} {hit.finding.code} {printable(hit.finding.message)}" for hit in reasons]
    takes = wanted(site.contract)
    for name, argument in site.arguments.items():
        wants = f"; it takes {takes[name]}" if name in takes else ""
        rows.append(f"  {style(f'{name}:', bold=True)} {printable(facts.described(argument)) or 'nothing known'}{wants}")
    rows += [f"  {style('help:', bold=True)} {printable(hit.finding.advice)}" for hit in reasons if hit.finding.advice]
    return "\n".join(rows)


def wanted(contract: str) -> dict[str, str]:
    """What each argument of a loss has to be, in the notation."""
    known = next((one for one in contracts().values() if one.name == contract), None)
    if known is None:
        return {}
    found = {name: str(slot) for name, slot in known.slots.items()}
    for case in known.cases:
        for name, slot in case.slots.items():
            found.setdefault(name, str(slot))
    return found


def _blames(hit: Hit) -> bool:
    return hit.finding.severity == "error" and hit.finding.certainty == "proven"


def _covers(place: Place, line: int) -> bool:
    return place.line <= line <= (place.end_line or place.line)
