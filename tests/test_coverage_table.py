"""The table of losses and rules is what its generator writes. A rule that it does not hold yet is no mistake."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

from losslint.rule import rules

DOCS = Path(__file__).resolve().parent.parent / "docs"


def generator() -> ModuleType:
    spec = importlib.util.spec_from_file_location("coverage_table", DOCS / "coverage.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


PAGE = (DOCS / "coverage.md").read_text(encoding="utf-8")
SHOWN = [rule for rule in rules() if f"- {rule.code}: {rule.name}\n" in PAGE]


def test_the_table_is_up_to_date() -> None:
    assert generator().page(SHOWN) == PAGE, "run `python docs/coverage.py`"


def test_every_rule_of_the_table_covers_some_loss() -> None:
    module = generator()
    losses = module.read_contracts("torch_losses.toml", "torch")
    found = set().union(*(module.covered(one, SHOWN) for one in losses))
    assert {rule.code for rule in SHOWN} - found == set() and len(SHOWN) > 50
