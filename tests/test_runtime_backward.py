"""A loss call is judged again when its result is backpropagated."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch")

from losslint.calls import LossCall  # noqa: E402
from losslint.errors import LossMisuse  # noqa: E402
from losslint.rule import Rule, Verdict  # noqa: E402
from losslint.runtime import watch, watching  # noqa: E402
from losslint.runtime.binding import CUT  # noqa: E402

F = torch.nn.functional


@pytest.fixture(autouse=True)
def backpropagated(monkeypatch: pytest.MonkeyPatch) -> None:
    """A rule that tells which calls are known to be backpropagated, and whether the prediction was cut."""

    def check(call: LossCall) -> Iterator[Verdict]:
        cut = "cut" if any(step.cuts for step in call.prediction.steps) else "live"
        yield Verdict(call.backward & call.used_as_loss, cut, call.contract.prediction)

    monkeypatch.setattr(watching, "rules", lambda: (Rule("LL000", "backward", "error", "page", check),))


def batch() -> tuple[Any, Any]:
    torch.manual_seed(0)
    return torch.randn(4, 3, requires_grad=True), torch.randn(4, 3)


def test_direct_backward() -> None:
    x, y = batch()
    with watch() as report:
        F.mse_loss(x, y).backward()
    (finding,) = report.proven
    assert finding.message == "live"
    assert [step.note for step in finding.trace] == ["the loss is backpropagated"]


def test_through_arithmetic_and_sums() -> None:
    x, y = batch()
    with watch() as report:
        first = F.mse_loss(x, y)
        second = F.l1_loss(x, y)
        F.huber_loss(x, y)
        (first / 2 + torch.stack([second, second]).mean()).backward()
    assert [finding.place.line for finding in report.proven] == [line_of("first = "), line_of("second = ")]


def line_of(text: str) -> int:
    start = test_through_arithmetic_and_sums.__code__.co_firstlineno
    lines = Path(__file__).read_text(encoding="utf-8").splitlines()
    return next(at for at, line in enumerate(lines, 1) if at > start and text in line)


def test_other_ways_into_backward() -> None:
    x, y = batch()
    with watch() as report:
        torch.autograd.backward(F.mse_loss(x, y))
        torch.autograd.backward([F.l1_loss(x, y)])
        torch.autograd.backward(tensors=F.huber_loss(x, y))
        torch.autograd.grad(outputs=F.smooth_l1_loss(x, y), inputs=x)
        F.mse_loss(x, y, reduction="none").backward(torch.ones(4, 3))
    assert len(report.proven) == 5 and report.errors == []


def test_loss_without_history_is_known_when_backward_raises() -> None:
    x, y = batch()
    with watch() as report:
        loss = F.mse_loss(x.detach(), y)
        with pytest.raises(RuntimeError, match="does not require grad"):
            loss.backward()
    (finding,) = report.proven
    assert finding.message == "cut"
    assert [step.note for step in finding.trace] == [CUT, "the loss is backpropagated"]


def test_loss_made_to_require_grad_afterwards() -> None:
    x, y = batch()
    with watch() as report:
        F.mse_loss(x.detach(), y).requires_grad_().backward()
    assert [finding.message for finding in report.proven] == ["cut"]


def test_evaluation_is_left_in_peace() -> None:
    x, y = batch()
    with watch() as report, torch.no_grad():
        F.mse_loss(x, y).item()
    assert report.proven == []


def test_a_cut_is_told_only_where_autograd_records() -> None:
    x, y = batch()
    with watch() as report:
        cut = F.mse_loss(x.detach(), y)
        with torch.no_grad():
            unrecorded = F.mse_loss(x, y)
        for loss in (cut, unrecorded):
            loss.requires_grad_().backward()
    assert [finding.message for finding in report.proven] == ["cut", "live"]


def test_raise_stops_before_backward() -> None:
    x, y = batch()
    with watch(on="raise"), pytest.raises(LossMisuse):
        F.mse_loss(x, y).backward()
    assert x.grad is None


def test_nothing_is_kept_alive() -> None:
    x, y = batch()
    with watch():
        live, dead = F.mse_loss(x, y), F.mse_loss(x.detach(), y)
        references = [weakref.ref(live), weakref.ref(dead)]
        del live, dead
        gc.collect()
        assert [reference() for reference in references] == [None, None]


def test_a_finished_watch_takes_no_part() -> None:
    x, y = batch()
    with watch() as report:
        loss = F.mse_loss(x, y)
    with watch() as other:
        loss.backward()
    assert report.proven == [] and other.proven == []
