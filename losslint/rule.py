"""The protocol of a rule, and how rules are found.

A rule is a module of a package registered under the entry-point group `losslint.rules`; the module's stem is the
rule's name. Its docstring is its page. It has `CODE`, `SEVERITY` and `check(call) -> Iterator[Verdict]`, and `ABOUT = "result"`
where it looks at what a call that seemed right gave.
"""

from __future__ import annotations

import importlib
import pkgutil
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from importlib.metadata import entry_points
from typing import Final, Literal

from losslint.calls import LossCall
from losslint.errors import RuleError
from losslint.facts import Facts
from losslint.places import Locatable
from losslint.tri import Tri

GROUP: Final = "losslint.rules"
Severity = Literal["error", "warning", "info"]
About = Literal["call", "result"]
_CODE: Final = re.compile(r"[A-Z]+[0-9]+")
SEVERITIES: Final[tuple[Severity, ...]] = ("info", "warning", "error")


@dataclass(frozen=True)
class Verdict:
    """Whether a rule is violated, and why.

    `message`: what was seen and what is wanted; names in backquotes, no final full stop. `argument`: the name of the
    argument at fault, whose way becomes the trace. `evidence`: for MAYBE, whether some path certainly violates it
    (reported as possible); without it MAYBE is want of knowledge, an obligation for the runtime. Nothing else reads it.
    `advice`: what to do. `fix`: the intent of an edit (`drop-activation`, `construct-first`, `name-argument`, …). `at`: the event
    that is wrong, where several calls may lead to one: it is reported once.
    """

    truth: Tri
    message: str
    argument: str | None = None
    evidence: bool = False
    advice: str = ""
    severity: Severity | None = None
    fix: str | None = None
    facts: Facts | None = None
    at: Locatable | None = None


@dataclass(frozen=True)
class Rule:
    """A loaded rule. `name` is the module's stem with hyphens. `about`: whether it judges the call or what the call gave."""

    code: str
    name: str
    severity: Severity
    page: str
    check: Callable[[LossCall], Iterator[Verdict]]
    about: About = "call"

    @property
    def text(self) -> str:
        """The page without its own heading: one is printed for every pack alike."""
        first, _, rest = self.page.partition("\n")
        return rest.strip() if first.startswith("# ") else self.page

    @property
    def summary(self) -> str:
        """The page's first paragraph, on one line, without the full stop."""
        return " ".join(self.text.split("\n\n")[0].split()).removesuffix(".")


@cache
def rules() -> tuple[Rule, ...]:
    """Every rule of every installed pack, by code. Raises RuleError, which names the pack or module at fault."""
    found: dict[str, Rule] = {}
    for pack in sorted(entry_points(group=GROUP), key=lambda entry: entry.value):
        try:
            package = importlib.import_module(pack.value)
        except (Exception, SystemExit) as error:
            told = f"{type(error).__name__}: {error}".removesuffix(": ")
            raise RuleError(f"rule pack `{pack.name}` ({pack.value}) cannot be imported: {told}") from error
        if not hasattr(package, "__path__"):
            raise RuleError(f"rule pack `{pack.name}` ({pack.value}) is a module, not a package of rules")
        for info in pkgutil.iter_modules(package.__path__):
            if info.name.startswith("_"):
                continue
            rule = _load(f"{pack.value}.{info.name}", info.name)
            if rule.code in found:
                raise RuleError(f"{rule.code} is defined twice: `{found[rule.code].name}` and `{rule.name}`")
            found[rule.code] = rule
    return tuple(sorted(found.values(), key=lambda rule: rule.code))


def _load(module_name: str, stem: str) -> Rule:
    try:
        module = importlib.import_module(module_name)
        page = (module.__doc__ or "").strip()
        about: About = getattr(module, "ABOUT", "call")
        rule = Rule(module.CODE, stem.replace("_", "-"), module.SEVERITY, page, module.check, about)
    except (Exception, SystemExit) as error:
        raise RuleError(f"rule module `{module_name}` is broken: {type(error).__name__}: {error}") from error
    if not isinstance(rule.code, str) or _CODE.fullmatch(rule.code) is None:
        raise RuleError(f"rule module `{module_name}`: CODE is {rule.code!r}, not capital letters and a number, as in 'LL101'")
    if not callable(rule.check):
        raise RuleError(f"rule module `{module_name}`: `check` is no function")
    if rule.severity not in SEVERITIES:
        raise RuleError(f"rule module `{module_name}`: SEVERITY is {rule.severity!r}, not one of {', '.join(SEVERITIES)}")
    if not rule.page:
        raise RuleError(f"rule module `{module_name}` has no docstring: it is the rule's page")
    return rule
