"""How sure a finding is when it depends on what the program is told."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from losslint.checking import Finding
from losslint.places import Place
from losslint.static.choices import Guard, both, by_default, implies, in_short, simplest
from losslint.static.machine import Record
from losslint.static.sources import beside_tests

Key = tuple[str, Place, int | None]
WRITTEN: Final = frozenset({"use-reduction", "construct-first", "name-argument"})
"""Fixes of how a call is written, whatever it is given."""
UNASKED: Final = frozenset({"LL406", "LL503", "LL506"})
"""Rules on how a loss is made and on what becomes of it, whatever it is given: nobody picks a loss for that."""
RAISING: Final = frozenset({"LL201", "LL202", "LL204", "LL206", "LL303"})
"""Rules on what torch refuses: code that ends so is run by nobody."""
COUNTED: Final = frozenset({"LL112", "LL114", "LL507"})
"""Rules on how many classes there are, and which: a test takes few."""
MOVED: Final = ("returned by", "reshaped", "transposed", "indexed", "squeezed", "unsqueezed", "rearranged", "cast to")
"""What a step that gives a value no other meaning is called."""
MEANING: Final = "LL1"
"""How the codes of rules on what numbers mean begin."""
PAIR: Final = 2
"""So many options are picked together on purpose; more are a corner that nobody may have tried."""


class Conditions:
    """Which cases of each loss call are wrong: what is wrong in all of them needs no condition."""

    def __init__(self, records: list[Record], met: list[tuple[Finding, Record]]) -> None:
        self.cases: dict[int | None, list[Record]] = {}
        for record in records:
            self.cases.setdefault(record.event, []).append(record)
        self.wrong: dict[Key, set[int]] = {}
        self.members: dict[Key, set[int]] = {}
        self.unfit: dict[tuple[Place, int | None], set[int]] = {}
        for finding, record in met:
            if finding.certainty == "proven":
                self.wrong.setdefault((finding.code, finding.place, record.event), set()).add(id(record))
                self.members.setdefault((finding.code, finding.place, record.group), set()).add(record.member)
                if finding.severity == "error":
                    self.unfit.setdefault((finding.place, record.group), set()).add(record.member)

    def judged(self, finding: Finding, record: Record) -> tuple[Finding, Guard]:
        """The finding at the certainty that it deserves, and the guard that has to be named with it.

        What is wrong in some cases only is proven still where it is wrong by default, wherever one option of the program has a
        certain value, and wherever two are given certain names and the loss is the same for all. Of several losses that fit the
        same arguments, one that does not is possible: whoever picks it may know better; not so where one thing picks the
        arguments with it, nor where the call itself is written wrongly or its result kept, nor where a named condition picks and
        none fits.
        """
        if finding.certainty != "proven":
            return finding, ()
        if made_up(finding, record) or (record.tried and finding.code in RAISING):
            return replace(finding, certainty="possible"), ()
        guard: Guard = ()
        certain = True
        wrong = self.wrong[finding.code, finding.place, record.event]
        if record.event is not None and len(wrong) < len(self.cases[record.event]):
            guard = record.guard
            certain = by_default(guard) or offered(guard) or (record.group is None and named(guard))
            right = [one.guard for one in self.cases[record.event] if id(one) not in wrong]
            certain = certain and decides(guard, right)
        apart = record.group is not None and finding.fix not in WRITTEN and finding.code not in UNASKED
        if apart and len(self.members[finding.code, finding.place, record.group]) < record.share:
            guard = both(guard, record.choice) or guard
            none = bool(record.choice) and len(self.unfit.get((finding.place, record.group), ())) == record.share
            certain = certain and (none or by_default(record.choice) or (record.tied and decisive(record.choice)))
        return finding if certain else replace(finding, certainty="possible"), guard


def made_up(finding: Finding, record: Record) -> bool:
    """Whether a test has called code outside of tests with something of its own making that is at fault: that tells of the test,
    not of the code. A test compares losses of numbers that mean nothing, too."""
    if record.module.source.tests:
        return finding.code.startswith(MEANING) and record.call.prediction.requires_grad.only is False
    if record.entry is None or not record.entry.source.tests:
        return False
    meant = [one.place.filename for one in finding.trace if not one.note.startswith(MOVED)]
    return finding.code in COUNTED or (bool(meant) and all(map(beside_tests, meant)))


def offered(guard: Guard) -> bool:
    """Whether one option that is offered to whoever starts the program decides it."""
    return len({one.origin for one in simplest(guard)}) == 1 and all(one.origin.offered for one in simplest(guard))


def decides(guard: Guard, others: list[Guard]) -> bool:
    """Whether none of the other cases can be where the guard holds. Of several conditions that isn't known: what fails one
    of them was met with what fails another, which leaves the two no guard in common. What has a guard that follows from this
    one is another case of it, for a reason that has no name."""
    if len({one.origin for one in simplest(guard)}) > 1:
        return not any(one and implies(guard, one) for one in others)
    return all(both(one, guard) is None for one in others)


def named(guard: Guard) -> bool:
    """Whether two options that are offered decide it by what they are called: `--model cnn --dataset fashion`."""
    asked = simplest(guard)
    called = all(one.origin.offered and one.holds and one.test == "==" and isinstance(one.value, str) for one in asked)
    return called and len({one.origin for one in asked}) <= PAIR


def decisive(guard: Guard) -> bool:
    """Whether one thing decides it, and nothing says that it is usually otherwise."""
    return offered(guard) or (len({one.origin for one in guard}) == 1 and not any(one.origin.default.known for one in guard))


def in_words(guard: Guard) -> str:
    if not guard:
        return ""
    return f" when {in_short(guard)}{', the default' if by_default(guard) else ''}"
