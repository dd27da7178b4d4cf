"""How much an interpretation may take. What goes beyond is unknown."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

DEPTH: Final = 40
"""Calls entered inside one another."""
RECURSION: Final = 2
"""Times that a function is active at once, for one object."""
SMALL: Final = 20
"""How many times more often a function is entered that only returns an expression, such as `exists(x)`."""
TURN: Final = 5_000
"""A turn of a loop that takes more is made once instead of twice."""
LEVELS: Final = 8
"""Calls inside one another of which each leaves something to those around it."""
SHARES: Final = 30
"""What it leaves, as a part of what the entry point may take."""
LONG: Final = 2_000_000
"""Expressions evaluated in one interpretation before each further entry point gets `LATE` of them alone: a program of hundreds
of scripts that all run the same code comes to an end."""
LATE: Final = 1_000
HEAVY: Final = 3_000
"""What one function may have taken since it last met a loss to be entered so late: constructors of a large base class would leave
nothing for the rest."""
FILES: Final = 250
"""Of a program of more files one function may take a part of what it may otherwise: half where there are twice as many."""
PART: Final = 64
"""Of a large program, in shares, one function may take such a part of what it may otherwise: more is met so."""
CREDIT: Final = 30_000
"""Expressions evaluated in a share while what a function takes isn't counted where that leads to a loss that is new, or of which
more is known then."""
LARGE: Final = 100_000
"""Expressions evaluated before a function that nobody calls is entered for a loss that is `NEAR` alone."""
NEAR: Final = 7
"""Steps to a loss, a call being two: of functions that have it further away two of a hundred meet it, and fewer a new one."""


class OutOfBudget(Exception):
    """An entry point took more work than it may."""


@dataclass(frozen=True)
class Budget:
    """What an entry point may take. `work`: expressions evaluated; `patience`: the same since it last met a loss; `entries`:
    times that one function is entered from it; `ever`: times that one function has been entered at all; `spent`: expressions
    evaluated in one function since it last met a loss, after which it isn't entered."""

    work: int
    patience: int
    entries: int
    ever: int
    spent: int


IMPORT: Final = Budget(100_000, 100_000, 1_000, 1_000, 20_000)
"""A file's own code: what it defines last counts as much as the first. A registry of many is followed to its end where
an entry takes little."""
RUN: Final = Budget(100_000, 20_000, 200, 400, 200_000)
"""A file's main block: what surely runs."""
SHARED: Final = 240_000
"""The patience that the main blocks of a program share: each has `RUN`'s, and where they are few `MOST`."""
MOST: Final = 60_000
TIMES: Final = 3
"""How many times its patience a main block may take at the least: where there is one, it may train a dozen networks in turn."""
UNCALLED: Final = Budget(60_000, 20_000, 200, 400, 200_000)
"""A function that nobody calls."""
LEAST: Final = 2_000
"""What is left of the patience with a file of which many functions that nobody calls came to no loss."""


def uncalled(fruitless: int) -> Budget:
    """For a function that nobody calls, after so many of its file that took all they might and met no loss: those of one test
    case build the same things."""
    return replace(UNCALLED, patience=max(UNCALLED.patience >> fruitless, LEAST))


def main_block(count: int) -> Budget:
    """For each of so many main blocks."""
    patience = min(max(RUN.patience, SHARED // count), MOST)
    return replace(RUN, patience=patience, work=max(RUN.work, TIMES * patience))
