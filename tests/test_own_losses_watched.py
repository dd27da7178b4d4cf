"""Contracts of a project's own losses at run time: from a decorator, and from the configuration of `losslint run`."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from routes import write

import losslint
from losslint import declare

torch = pytest.importorskip("torch")

from losslint.runtime import watch  # noqa: E402


@pytest.fixture(autouse=True)
def forget() -> Iterator[None]:
    before = len(declare.declared)
    yield
    del declare.declared[before:]


def codes(report: Any) -> set[str]:
    return {finding.code for finding in report.proven}


def made() -> Callable[..., Any]:
    @losslint.contract(scores="logits float[N C]", labels="class_index int[N]")
    def focal(scores: Any, labels: Any, gamma: float = 2.0) -> Any:
        return (scores.log_softmax(1) * gamma).gather(1, labels[:, None]).sum()

    return focal


LOGITS = torch.randn(4, 3, generator=torch.Generator().manual_seed(0)).requires_grad_()
IDS = torch.tensor([0, 1, 2, 1])


def test_a_decorated_function_is_watched() -> None:
    focal = made()
    with watch() as report:
        focal(LOGITS, IDS)
        assert not report.proven
        focal(labels=IDS, scores=LOGITS.softmax(1))
    assert codes(report) == {"LL101"}
    assert report.calls == 2


def test_a_function_decorated_under_watch_is_watched() -> None:
    with watch() as report:
        made()(LOGITS.softmax(1), IDS)
    assert codes(report) == {"LL101"}


def test_functions_of_one_definition_are_all_watched() -> None:
    first, second = made(), made()
    with watch() as report:
        first(LOGITS, IDS)
        second(LOGITS.softmax(1), IDS)
    assert codes(report) == {"LL101"}
    assert report.calls == 2


def test_a_decorated_class_is_watched_with_its_options() -> None:
    @losslint.contract(
        pred="probs float[*d]", gold="probs float[*d]", cases=[{"when": {"from_logits": True}, "pred": "logits float[*d]"}]
    )
    class Dice(torch.nn.Module):  # type: ignore[misc, name-defined]
        def __init__(self, from_logits: bool = False) -> None:
            super().__init__()
            self.from_logits = from_logits

        def forward(self, pred: Any, gold: Any) -> Any:
            pred = pred.sigmoid() if self.from_logits else pred
            return 1 - (pred * gold).mean()

    gold = (LOGITS > 0).float()
    with watch() as right:
        Dice(True)(LOGITS, gold)
        Dice()(LOGITS.sigmoid(), gold)
    assert not right.proven
    with watch() as wrong:
        Dice()(LOGITS, gold)
    assert codes(wrong) == {"LL104"}
    with watch() as twice:
        Dice(True)(LOGITS.sigmoid(), gold)
    assert codes(twice) == {"LL101"}


def test_what_is_decorated_stays_what_it_is() -> None:
    focal = made()
    with watch():
        inside = focal(LOGITS, IDS)
    assert focal(LOGITS, IDS) == inside
    assert focal.__name__ == "focal"


def test_a_run_follows_the_configuration(tmp_path: Path) -> None:
    write(
        tmp_path,
        {
            "losslint.toml": '[losses."losses.focal"]\nscores = "logits float[N C]"\nlabels = "class_index int[N]"\n',
            "losses.py": "def focal(scores, labels):\n    return scores.log_softmax(1)[:, labels].sum()\n",
            "train.py": """import torch
from losses import focal

x = torch.randn(4, 3, requires_grad=True)
focal(x, torch.tensor([0, 1]))
focal(x.softmax(1), torch.tensor([0, 1]))
""",
        },
    )
    done = subprocess.run(
        [sys.executable, "-m", "losslint", "run", "train.py"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert "train.py:6" in done.stderr and "LL101" in done.stderr, done.stderr
