"""What rules say, word for word: `tests/messages/<rule>.txt` holds it, `python tests/stored_messages.py` writes it anew.

Of its fixture: everything that is proven or possible, by either engine, once. Of the calls in `test_rules.py`: everything, call
by call, what only a run can tell included. A rule needs no such file; one that is there has to be true.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

import harness

from losslint.calls import LossCall
from losslint.checking import Finding, check
from losslint.rule import Rule, rules

FOLDER = Path(__file__).parent / "messages"


def told(finding: Finding, in_full: bool = True) -> str:
    """A finding without its place and its way; `in_full` also what was seen, which grows with what the engines learn to see."""
    parts = {"help": finding.advice, "fix": finding.fix}
    if in_full:
        parts |= {"seen": finding.seen, "wants": finding.wants}
    lines = [f"  {name}: {text}" for name, text in parts.items() if text]
    return "\n".join([f"{finding.certainty} {finding.severity}: {finding.message}", *lines])


def of_fixture(rule: Rule, findings: Iterable[Finding]) -> str:
    """What a rule says of its fixture, by both engines."""
    return "\n".join(
        sorted({told(one, in_full=False) for one in findings if one.code == rule.code and one.certainty != "obligation"})
    )


def of_cases(rule: Rule, made: Iterable[LossCall]) -> str:
    lines: list[str] = []
    for at, call in enumerate(made):
        lines += [f"call {at}: {told(finding)}" for finding in check(call, [rule])]
    return "\n".join(lines)


def fixture_of(rule: Rule) -> Path:
    return harness.FIXTURES / f"{rule.name.replace('-', '_')}.py"


def cases_of(rule: Rule) -> Iterator[LossCall]:
    from test_rules import CASES

    return (made for code, _, made in CASES if code == rule.code)


def page(rule: Rule) -> str:
    path = fixture_of(rule)
    found = [*harness.linted(path).findings, *harness.executed(path).findings]
    return f"# of its fixture\n{of_fixture(rule, found)}\n\n# of the calls in test_rules.py\n{of_cases(rule, cases_of(rule))}\n"


def path_of(rule: Rule) -> Path:
    return FOLDER / f"{rule.name.replace('-', '_')}.txt"


def main() -> int:
    FOLDER.mkdir(exist_ok=True)
    for rule in rules():
        path_of(rule).write_text(page(rule), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
