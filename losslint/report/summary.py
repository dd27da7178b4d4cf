"""The closing lines of a report: what was found in how much, and the counts of `--statistics`."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from losslint.checking import Finding
from losslint.report import plural
from losslint.rule import SEVERITIES

MOST = 10
"""Names of a counter that are shown."""


def closing(shown: Sequence[Finding], possible: int, statistics: Any) -> str:
    """`Found 3 errors, 1 warning in 2 files (12 loss calls checked)`; `possible` findings were not shown."""
    checked = f"({plural(getattr(statistics, 'loss_calls', 0), 'loss call')} checked)"
    if shown:
        counts = Counter(finding.severity for finding in shown if finding.certainty != "obligation")
        parts = [
            plural(counts[severity], severity) for severity in reversed(SEVERITIES) if severity != "info" and counts[severity]
        ]
        if counts["info"]:
            parts.append(f"{counts['info']} info")
        obligations = sum(finding.certainty == "obligation" for finding in shown)
        if obligations:
            parts.append(plural(obligations, "obligation"))
        files = len({finding.place.filename for finding in shown})
        text = f"Found {', '.join(parts)} in {plural(files, 'file')} {checked}"
    else:
        text = f"No misuse found in {plural(getattr(statistics, 'files', 0), 'file')} {checked}"
    if possible:
        text += f"; {plural(possible, 'possible finding')} not shown (`--unproven` shows {'it' if possible == 1 else 'them'})"
    return text


def counts(shown: Iterable[Finding], suppressed: int, statistics: Any) -> str:
    """One row a rule that was violated, then one a counter of the engine."""
    rules = Counter((finding.code, finding.name, finding.severity) for finding in shown)
    rows = [(str(number), f"{code} {name} [{severity}]") for (code, name, severity), number in sorted(rules.items())]
    if dataclasses.is_dataclass(statistics):
        for item in dataclasses.fields(statistics):
            value = getattr(statistics, item.name)
            if isinstance(value, Counter):
                rows += [(str(number), f"{item.name.replace('_', ' ')}: {name}") for name, number in value.most_common(MOST)]
            else:
                rows.append((str(value), item.name.replace("_", " ")))
    if suppressed:
        rows.append((str(suppressed), "silenced by a comment"))
    width = max((len(number) for number, _ in rows), default=1)
    return "\n".join(f"{number:>{width}}  {text}" for number, text in rows)
