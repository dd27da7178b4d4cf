"""Conditions on what a program is told: `args.loss == "bce"`, `config["softmax"]`, `mask is None`.

A value that is unknown has a origin, with identity, from the moment a name is bound to it. What a condition asks of a origin is
a literal; the literals that hold together are a guard. Alternatives carry the guard under which they exist, so that two of them
under conditions that exclude each other never meet, and the same condition asked again selects.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final

from losslint.oneof import ANY, OneOf
from losslint.tri import Tri

LONGEST: Final = 8
"""Literals that a guard keeps; the oldest are forgotten first, which makes it weaker."""
FEW: Final = 4
"""Counts up to this one are told apart."""
LONGEST_NAME: Final = 200
"""Characters of a condition that is made of others."""


@dataclass(eq=False)
class Origin:
    """Where an unknown value comes from.

    `default`: what it is when nobody says otherwise. `options`: all that it can be, where that is known. `offered`: whoever
    starts the program picks it, as with a command line's option. `members`: its attributes and items, each with one identity
    too; `assigned`: those that the program has given a value since. `born`: the number of the branch in which it was met.
    `sides`: of a condition that is made of others, the guards one of which holds where it does, and where it doesn't.
    `count`: it is how many of something there are, one at the least.
    """

    name: str = ""
    owner: Origin | None = None
    default: OneOf[Any] = ANY
    options: tuple[Any, ...] | None = None
    offered: bool = False
    members: dict[str, Origin] = field(default_factory=dict)
    items: bool = False
    assigned: dict[str, Any] = field(default_factory=dict)
    born: int = 0
    sides: tuple[tuple[Guard, ...], tuple[Guard, ...]] = ((), ())
    count: bool = False

    @property
    def root(self) -> Origin:
        return self if self.owner is None else self.owner.root

    def member(self, key: str, item: bool = False, default: OneOf[Any] = ANY) -> Origin:
        """The origin of an attribute, or of the item by a constant key: configurations are read in both ways."""
        if key not in self.members:
            self.members[key] = Origin(key, self, default, items=item)
        return self.members[key]

    def derived(self, name: str, change: Callable[[Any], Any]) -> Origin:
        """The origin of what a pure function makes of the value: `args.loss.lower()`."""
        made = self.member(name)
        try:
            made.default = self.default.map(change)
            made.options = tuple(dict.fromkeys(map(change, self.options))) if self.options is not None else None
        except (TypeError, AttributeError, ValueError):
            made.default, made.options = ANY, None
        made.offered = self.offered
        return made

    def __str__(self) -> str:
        if self.owner is None:
            return self.name or "an argument"
        return f"{self.owner}[{self.name!r}]" if self.items else f"{self.owner}.{self.name}"


TESTS: Final[dict[str, Callable[[Any, Any], bool]]] = {
    "true": lambda mine, _: bool(mine),
    "==": operator.eq,
    "in": lambda mine, those: mine in those,
    "has": lambda mine, that: that in mine,
    "<": operator.lt,
    "<=": operator.le,
}


def passes(test: str, mine: Any, value: Any) -> bool:
    try:
        return bool(TESTS[test](mine, value))
    except TypeError:
        return False


@dataclass(frozen=True, eq=False, slots=True)
class Literal:
    """What a condition asks of a origin, and the answer."""

    origin: Origin
    test: str
    value: Any
    holds: bool = True

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, Literal)
            and self.origin is other.origin
            and self.holds is other.holds
            and self.test == other.test
            and bool(self.value == other.value)
        )

    def __hash__(self) -> int:
        return hash((self.origin, self.test, self.value, self.holds))

    def allows(self, constant: Any) -> bool:
        return passes(self.test, constant, self.value) is self.holds

    def negated(self) -> Literal:
        return Literal(self.origin, self.test, self.value, not self.holds)

    def __str__(self) -> str:
        if self.test == "true":
            return str(self.origin) if self.holds else f"not {self.origin}"
        if self.test == "has":
            return f"{self.value!r} {'in' if self.holds else 'not in'} {self.origin}"
        written = {
            "==": ("is", "is not") if self.value is None else ("==", "!="),
            "in": ("in", "not in"), "<": ("<", ">="), "<=": ("<=", ">"),
        }[self.test][not self.holds]  # fmt: skip
        return f"{self.origin} {written} {self.value!r}"


Guard = tuple[Literal, ...]
Case = tuple[Any, Guard]


def decided(guard: Guard, asked: Literal) -> Tri:
    """Whether a guard answers what is asked: YES when the literal holds under it, NO when it cannot."""
    origin = asked.origin
    mine = [one for one in guard if one.origin is origin] if guard else []
    if not mine and origin.options is None and asked.value != ():
        return Tri.MAYBE
    possible: Iterable[Any] | None = origin.options
    for one in mine:
        if one.holds and one.test in ("==", "in"):
            possible = values(one)
            break
    if possible is not None:
        answers = {asked.allows(value) for value in possible if all(one.allows(value) for one in mine)}
        return Tri.of(answers.pop()) if len(answers) == 1 else Tri.MAYBE
    if origin.count and none_left([*mine, asked]):
        return Tri.NO
    if origin.count and none_left([*mine, asked.negated()]):
        return Tri.YES
    for one in mine:
        if one.test == asked.test and one.value == asked.value:
            return Tri.of(one.holds is asked.holds)
    if asked.test in ("==", "in") and not any(all(one.allows(value) for one in mine) for value in values(asked)):
        return Tri.of(not asked.holds)
    return Tri.MAYBE


def none_left(asked: list[Literal]) -> bool:
    """Whether no whole number from 1 on is what is asked of it. Where nothing bounds them, or there are many, some is."""
    tops = [one.value - (one.test == "<") for one in asked if one.holds and one.test in ("<", "<=") and type(one.value) is int]
    if not tops or min(tops) > FEW:
        return False
    return not any(all(one.allows(count) for one in asked) for count in range(1, min(tops) + 1))


def both(guard: Guard, more: Guard) -> Guard | None:
    """What holds where two guards hold; None where they exclude each other."""
    if not more or guard is more:
        return guard
    for one in more:
        origin = one.origin
        if origin.options is None and one.value != ():  # most often, nothing is known of what it asks about
            for old in guard:
                if old.origin is origin:
                    break
            else:
                guard = (*guard, one)
                continue
        truth = decided(guard, one)
        if truth is Tri.NO:
            return None
        if truth is Tri.MAYBE:
            implied = [old for old in guard if old.origin is origin and decided((one,), old) is Tri.YES]
            guard = (*(old for old in guard if old not in implied), one)
    return guard if len(guard) <= LONGEST else shortened(guard)


LEFT_OUT: Final = Literal(Origin("(…)"), "true", None)
"""Stands for what a guard had no room for: of that it isn't known whether it holds."""


def shortened(guard: Guard) -> Guard:
    """The same in fewer words: of a chain of `elif`s is left that it was none of many. What has no room is left out."""
    refused: dict[int, list[Literal]] = {}
    for one in guard:
        if refuses(one):
            refused.setdefault(id(one.origin), []).append(one)
    kept: list[Literal] = []
    for one in guard:
        alike = refused[id(one.origin)] if refuses(one) else [one]
        if one is alike[-1]:
            every = tuple(dict.fromkeys(value for each in alike for value in values(each)))
            kept.append(one if len(alike) == 1 else Literal(one.origin, "in", every, False))
    if len(kept) <= LONGEST:
        return tuple(kept)
    return (LEFT_OUT, *[one for one in kept if one is not LEFT_OUT][1 - LONGEST :])


def refuses(one: Literal) -> bool:
    """Whether it says of certain values that something is none of them."""
    return not one.holds and (one.test == "==" or (one.test == "in" and isinstance(one.value, tuple)))


def holds(guard: Guard, one: Literal) -> bool:
    """Whether a literal holds under a guard for sure."""
    origin = one.origin
    for old in guard:
        if old.origin is origin:
            return old is one or one in guard or decided(guard, one) is Tri.YES
    return (origin.options is not None or one.value == ()) and decided((), one) is Tri.YES


def implies(guard: Guard, other: Guard) -> bool:
    return all([holds(guard, one) for one in other])


def common(guards: list[Guard]) -> Guard:
    """What holds under each of several guards."""
    found = guards[0]
    for other in guards[1:]:
        if found != other:
            shared = [one for one in found if holds(other, one)] + [one for one in other if holds(found, one)]
            found = tuple(dict.fromkeys((*shared, *either(found, other))))
    return found


def either(guard: Guard, other: Guard) -> Iterator[Literal]:
    """One origin that is certain values under one guard and certain values under another is one of them all under either."""
    for one in guard:
        for two in other:
            if one.origin is two.origin and one.holds and two.holds and {one.test, two.test} <= {"==", "in"} and one != two:
                yield Literal(one.origin, "in", tuple(dict.fromkeys((*values(one), *values(two)))))


def values(literal: Literal) -> tuple[Any, ...]:
    """The values that a literal asks about; what isn't gone through has none."""
    if literal.test == "==":
        return (literal.value,)
    return tuple(literal.value) if isinstance(literal.value, Iterable) else ()


def beyond(guard: Guard, known: Guard) -> Guard:
    """What a guard says that isn't known already."""
    return tuple([one for one in guard if not holds(known, one)]) if guard else guard


def by_default(guard: Guard) -> bool:
    """Whether the guard holds when every origin has its default."""
    return bool(guard) and all(one.origin.default.known and all(map(one.allows, one.origin.default)) for one in guard)


class Paths:
    """What is assumed where the interpretation is, and the forks that it has gone into: their number, what was assumed before
    them, and whether their condition has a name."""

    def __init__(self) -> None:
        self.path: Guard = ()
        self.forks: list[tuple[int, Guard, bool]] = []
        self.composed: dict[tuple[frozenset[Guard], frozenset[Guard]], Origin] = {}

    @contextmanager
    def assuming(self, guard: Guard) -> Iterator[None]:
        before, self.path = self.path, guard
        try:
            yield
        finally:
            self.path = before

    def since(self, branch: int) -> Guard:
        """What the forks later than a branch took for granted; empty when one of them was a condition that has no name."""
        later = [fork for fork in self.forks if fork[0] > branch]
        return beyond(self.path, later[0][1]) if later and all(named for _, _, named in later) else ()

    def sides(self, holds: list[Guard], fails: list[Guard]) -> tuple[Guard, Guard]:
        """What is known where one of several guards holds, and where one of several others does.

        What no guard can say, as that not both of two things hold, gets an origin of its own, the same each time it is asked.
        """
        yes, no = common(holds), common(fails)
        if yes and no:
            return yes, no
        key = frozenset(holds), frozenset(fails)
        if key not in self.composed:
            default = ANY
            if any(map(by_default, holds)) or all(map(never_by_default, fails)):
                default = OneOf.of(True)
            elif any(map(by_default, fails)) or all(map(never_by_default, holds)):
                default = OneOf.of(False)
            written = " and ".join(map(str, yes)) if yes else " or ".join(" and ".join(map(str, one)) for one in holds)
            if len(written) > LONGEST_NAME:  # conditions of conditions double in length
                written = "…"
            self.composed[key] = Origin(f"({written})", default=default, sides=(tuple(holds), tuple(fails)))
        literal = Literal(self.composed[key], "true", None)
        return (*yes, literal), (*no, literal.negated())


def never_by_default(guard: Guard) -> bool:
    """Whether the guard fails when every origin has its default."""
    return any(one.origin.default.known and not any(map(one.allows, one.origin.default)) for one in guard)


def simplest(guard: Guard) -> Guard:
    """A guard without those conditions made of others that follow from the rest of it."""
    kept = tuple(one for one in guard if one.origin.sides == ((), ()))
    for one in guard:
        against = one.origin.sides[one.holds]
        if one not in kept and not (against and all(both(kept, other) is None for other in against)):
            kept = (*kept, one)
    return kept


def in_short(guard: Guard) -> str:
    """A guard as messages name it: what is composed of others is left out where they are named."""
    named = [one for one in guard if not one.origin.name.startswith("(")]
    return " and ".join(f"`{one}`" for one in named or guard)
