"""`losslint rule`: what a rule finds, why it is bad, what to do instead."""

from __future__ import annotations

import json

from click import style

from losslint.commands.output import echo
from losslint.report.text import COLOURS
from losslint.rule import Rule, rules
from losslint.selection import closeness, known


def run(selector: str | None, *, every: bool, output_format: str) -> int:
    """Print the pages that were asked for; with no selector and without `every`, the list of rules."""
    found = rules()
    if selector is not None:
        known([selector], found, "losslint rule")
        best = max(closeness(rule, selector) for rule in found)
        found = tuple(rule for rule in found if closeness(rule, selector) == best)
    if output_format == "json":
        single = selector is not None and len(found) == 1
        echo(json.dumps(entry(found[0]) if single else [entry(rule) for rule in found], indent=2))
    elif selector is None and not every:
        for rule in found:
            severity = style(f"{rule.severity:<7}", fg=COLOURS[rule.severity])
            echo(f"{style(rule.code, bold=True)}  {severity}  {rule.name}: {rule.summary}")
    else:
        echo("\n\n".join(page(rule) for rule in found))
    return 0


def page(rule: Rule) -> str:
    """The page in Markdown, under a heading with name, code and severity."""
    return f"{style(f'# {rule.name} ({rule.code})', bold=True)}\n\nSeverity: {rule.severity}\n\n{rule.text}"


def entry(rule: Rule) -> dict[str, str]:
    return {
        "code": rule.code,
        "name": rule.name,
        "severity": rule.severity,
        "summary": rule.summary,
        "explanation": rule.page,
    }
