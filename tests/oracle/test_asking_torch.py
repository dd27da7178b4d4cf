"""Torch as the judge: thousands of calls, each executed, executed under watch, and linted.

torch raises: a rule of severity error proves it and names what is wrong. The number or the gradient is another than that of
the call that was meant: a rule proves it. torch is right: no error is proven. `known.py` lists the exceptions. With
`LOSSLINT_EXHAUSTIVE=1` every pair of departures is asked about; `python tests/oracle/report.py` prints what was asked.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

torch = pytest.importorskip("torch")
if tuple(map(int, torch.__version__.split(".")[:2])) not in {(2, 6), (2, 13)}:
    pytest.skip("the contracts describe torch 2.13, known.py also what is otherwise in 2.6", allow_module_level=True)

from asking import answers, disagreement  # noqa: E402
from cases import cases  # noqa: E402
from known import KNOWN, reason  # noqa: E402
from losses import LOSSES  # noqa: E402

from losslint.knowledge import read_contracts  # noqa: E402

EXHAUSTIVE = bool(os.environ.get("LOSSLINT_EXHAUSTIVE"))
NOT_ASKED = {"linear_cross_entropy_loss": "asked about with its function"}
SEEN_IN_SOURCE = 0.7
"""The part of what is wrong that the source alone must show; the rest takes numbers."""


@pytest.mark.parametrize("loss", [loss for loss in LOSSES if hasattr(torch.nn, loss.module)], ids=lambda loss: loss.function)
def test_rules_agree_with_torch(loss: object, tmp_path: Path) -> None:
    wrong, seen, used = [], [], set()
    for answer in answers(cases([loss], EXHAUSTIVE), tmp_path):
        if answer.torch in ("raises", "wrong"):
            seen.append(bool(answer.static))
        for engine in ("runtime", "static"):
            told = disagreement(answer, engine)
            if told:
                why = reason(answer, told)
                used.add(why)
                wrong += [] if why else [f"{engine}: {answer.case.key}: {told} ({answer.raised})"]
    assert not wrong, f"{len(wrong)} disagreements\n" + "\n".join(wrong[:20])
    assert len(seen) > 40 and sum(seen) / len(seen) >= SEEN_IN_SOURCE
    if EXHAUSTIVE:
        stale = [known.reason for known in KNOWN if known.here and known.of(loss.function) and known.reason not in used]
        assert not stale, stale


def test_every_loss_is_asked_about_or_has_a_reason() -> None:
    named = {contract.name for contract in read_contracts("torch_losses.toml", "torch")}
    builtins = {name for name in named if name.startswith("torch_")}
    assert named - builtins - {loss.function for loss in LOSSES} == NOT_ASKED.keys()
