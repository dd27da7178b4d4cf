"""Which rules are asked: selectors are codes (`LL101`), families (`LL1`), names (`probabilities-as-logits`) or `ALL`."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from typing import Final

from losslint.errors import ConfigError
from losslint.rule import Rule

EVERY: Final = "ALL"
_EXACT: Final = 1000


def split(values: Iterable[str]) -> tuple[str, ...]:
    """Selectors as given on the command line: repeated, comma separated, or both."""
    return tuple(part.strip() for value in values for part in value.split(",") if part.strip())


def closeness(rule: Rule, selector: str) -> int:
    """How closely a selector means a rule: 0 not at all, more for a longer family, most for its code or name."""
    if selector.upper() == EVERY:
        return 1
    if selector.upper() == rule.code or selector.lower().replace("_", "-") == rule.name:
        return _EXACT
    return 1 + len(selector) if rule.code.startswith(selector.upper()) else 0


def known(selectors: Sequence[str], rules: Sequence[Rule], where: str) -> tuple[str, ...]:
    """The selectors themselves. Raises ConfigError, which names `where`, when one means no rule."""
    for selector in selectors:
        if selector.upper() != EVERY and not any(closeness(rule, selector) for rule in rules):
            near = difflib.get_close_matches(selector, [*(r.code for r in rules), *(r.name for r in rules)], 1, 0.6)
            hint = f"did you mean `{near[0]}`?" if near else "`losslint rule` lists them"
            raise ConfigError(f"{where}: no rule is called `{selector}`; {hint}")
    return tuple(selectors)


def chosen(
    rules: Sequence[Rule],
    select: Sequence[str],
    ignore: Sequence[str],
    config_select: Sequence[str] = (),
    config_ignore: Sequence[str] = (),
) -> tuple[Rule, ...]:
    """The rules that are asked. The closer selector wins; of equally close ones, `ignore`.

    The command line's `select` replaces the configuration's, and overrules a configured `ignore` that is as close.
    """

    def best(rule: Rule, selectors: Sequence[str]) -> int:
        return max((closeness(rule, selector) for selector in selectors), default=0)

    def wanted(rule: Rule) -> bool:
        mine = best(rule, select or config_select or (EVERY,))
        if not mine or mine <= best(rule, ignore):
            return False
        configured = best(rule, config_ignore)
        return mine >= configured if select else mine > configured

    return tuple(rule for rule in rules if wanted(rule))


def exactly(rule: Rule, selectors: Sequence[str]) -> bool:
    """Whether the rule is asked for by its own code or name."""
    return any(closeness(rule, selector) == _EXACT for selector in selectors)
