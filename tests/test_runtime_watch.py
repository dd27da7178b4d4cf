"""Watching: what is seen, what is told, what is left alone."""

from __future__ import annotations

import functools
import pickle
import threading
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

torch = pytest.importorskip("torch")

from losslint.calls import LossCall  # noqa: E402
from losslint.errors import LossMisuse, LossMisuseWarning, RuleError  # noqa: E402
from losslint.rule import Rule, Verdict  # noqa: E402
from losslint.runtime import install, uninstall, watch, watching  # noqa: E402
from losslint.runtime.entries import patched  # noqa: E402
from losslint.tri import Tri  # noqa: E402

nn, F = torch.nn, torch.nn.functional
early = F.cross_entropy
table = {"loss": F.mse_loss}
Rules = Callable[[Callable[[LossCall], Iterator[Verdict]]], None]


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[LossCall]:
    """Every call that rules are asked about, with no finding."""
    seen: list[LossCall] = []

    def check(call: LossCall) -> Iterator[Verdict]:
        seen.append(call)
        yield from ()

    monkeypatch.setattr(watching, "rules", lambda: (Rule("LL000", "seen", "error", "page", check),))
    return seen


@pytest.fixture
def always(monkeypatch: pytest.MonkeyPatch) -> None:
    """A rule that every loss call violates."""
    verdict = Verdict(Tri.YES, "is always wrong", "input")
    rule = Rule("LL000", "always", "error", "page", lambda call: iter([verdict] if call.stage == "call" else []))
    monkeypatch.setattr(watching, "rules", lambda: (rule,))


def batch() -> tuple[Any, Any]:
    torch.manual_seed(0)
    return torch.randn(8, 5, requires_grad=True), torch.randint(5, (8,))


def test_every_form_is_seen_once_at_the_users_line(calls: list[LossCall]) -> None:
    x, y = batch()
    criterion = nn.CrossEntropyLoss(label_smoothing=0.1)
    model = nn.Sequential(nn.Identity())

    class Wrapped(nn.CrossEntropyLoss):
        def forward(self, input: Any, target: Any) -> Any:
            return super().forward(input, target)

    wrapped = Wrapped()
    with watch() as report:
        first = __import__("sys")._getframe().f_lineno
        F.cross_entropy(x, y)
        early(x, y)
        early(input=x, target=y)
        table["loss"](x, x.detach())
        functools.partial(F.cross_entropy, reduction="sum")(x, y)
        criterion(model(x), y)
        criterion.forward(x, target=y)
        torch.compiler.disable(criterion)(x, y)
        wrapped(x, y)
    places = [call.where.resolve() for call in calls]
    assert {place.filename for place in places} == {__file__}
    lines = [place.line for place in places]
    assert lines[:8] == [first + at for at in range(1, 9)]
    # A subclass that calls super().forward is seen where it does.
    assert lines[8:] == [Wrapped.forward.__code__.co_firstlineno + 1]
    assert report.calls == 9 and report.errors == []
    assert [call.form for call in calls] == ["function"] * 5 + ["module"] * 4
    assert [passed.position for passed in calls[2].passed] == [None, None]
    assert calls[4].option("reduction").only == "sum"
    assert calls[5].option("label_smoothing").only == 0.1
    assert calls[6].target.dtype.only == "int64"


def test_constructors_are_seen(calls: list[LossCall]) -> None:
    x, y = batch()
    with watch() as report:
        nn.MSELoss("sum")
        nn.L1Loss(reduction="none")
        nn.CrossEntropyLoss(x[0].detach())
        with pytest.raises(RuntimeError, match="Boolean value"):
            nn.CrossEntropyLoss(x, y)
    assert [call.stage for call in calls] == ["construct"] * 4
    assert report.calls == 0 and sum(report.reached.values()) == 4
    assert (calls[0].passed[0].name, calls[0].passed[0].value.only) == ("size_average", "sum")
    assert calls[1].option("reduction").only == "none"
    assert [passed.facts.kind.only for passed in calls[3].passed] == ["tensor", "tensor"]


def test_weight_that_a_module_holds_is_passed(calls: list[LossCall]) -> None:
    x, y = batch()
    with watch():
        nn.CrossEntropyLoss(weight=torch.ones(5))(x, y)
    weight = calls[1].argument("weight")
    assert weight is not None and weight.position is None and weight.facts.dtype.only == "float32"


def test_losses_that_torch_computes_for_itself_are_not_the_users(calls: list[LossCall]) -> None:
    source = "import torch.nn.functional as F\ndef inner(x, y):\n    return F.cross_entropy(x, y)\n"
    space: dict[str, Any] = {}
    exec(compile(source, torch.__path__[0] + "/ao/quantization/own.py", "exec"), space)
    with watch() as report:
        space["inner"](*batch())
    assert report.calls == 0 and calls == []


def test_findings_stand_when_the_loss_raises(always: None) -> None:
    with watch() as report, pytest.raises(AttributeError):
        F.mse_loss(torch.ones(2), None)
    assert [finding.code for finding in report.findings] == ["LL000"]


def test_a_finding_is_kept_once_a_place(always: None) -> None:
    x, y = batch()
    with watch() as report:
        for _ in range(200):
            F.cross_entropy(x, y)
    assert len(report.findings) == 1 and report.calls == 200


def test_warn(always: None) -> None:
    x, y = batch()
    with watch(on="warn"), pytest.warns(LossMisuseWarning, match="LL000 is always wrong") as record:
        for _ in range(3):
            F.cross_entropy(x, y)
    assert [warning.filename for warning in record] == [__file__]


def test_raise_stops_before_the_loss_every_time(always: None) -> None:
    x, y = batch()
    with watch(on="raise") as report:
        for _ in range(20):
            with pytest.raises(LossMisuse, match="LL000") as caught:
                F.cross_entropy(x, y)
    assert caught.value.finding in report.findings


def test_severity_decides_what_is_loud(monkeypatch: pytest.MonkeyPatch) -> None:
    verdict = Verdict(Tri.YES, "is redundant", "input", severity="info")
    rule = Rule("LL000", "always", "error", "page", lambda call: iter([verdict]))
    monkeypatch.setattr(watching, "rules", lambda: (rule,))
    x, y = batch()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with watch(on="warn") as report, watch(on="raise"):
            F.cross_entropy(x, y)
    with watch(on="warn", severity="info"), pytest.warns(LossMisuseWarning):
        F.cross_entropy(x, y)
    assert len(report.findings) == 1


def test_warnings_as_errors_stop_nothing(always: None, capsys: pytest.CaptureFixture[str]) -> None:
    x, y = batch()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with watch(on="warn"):
            F.cross_entropy(x, y)
    assert "LL000 is always wrong" in capsys.readouterr().err


def test_off_and_unknown_modes(always: None) -> None:
    with watch(on="off") as report:
        assert patched() == ()
        F.cross_entropy(*batch())
    assert report.findings == [] and report.calls == 0
    with pytest.raises(ValueError, match="collect, warn, raise, off"), watch(on="log"):  # type: ignore[arg-type]
        pass
    with pytest.raises(ValueError, match="info, warning, error"), watch(severity="high"):  # type: ignore[arg-type]
        pass


def test_nested_watches_each_see_the_call(always: None) -> None:
    x, y = batch()
    with watch() as outer:
        with watch() as inner:
            F.cross_entropy(x, y)
        F.cross_entropy(x, y)
    assert (outer.calls, inner.calls) == (2, 1)
    assert (len(outer.findings), len(inner.findings)) == (2, 1)


def test_install_and_uninstall(always: None) -> None:
    report = install("collect")
    F.cross_entropy(*batch())
    uninstall()
    F.cross_entropy(*batch())
    uninstall()
    assert report.calls == 1 and patched() == ()


def snapshot() -> list[object]:
    functions = [getattr(F, name) for name in dir(F) if name.endswith(("_loss", "cross_entropy", "kl_div", "logits"))]
    classes = [getattr(nn, name) for name in dir(nn) if name.endswith("Loss")]
    functions += [method for cls in classes for method in (cls.forward, cls.__init__)]
    functions += [torch.Tensor.backward, torch.autograd.backward, torch.autograd.grad]
    return [(function, function.__code__, vars(function).copy()) for function in functions]


def test_warnings_of_torch_stay_where_they_were() -> None:
    def told(watched: bool) -> list[tuple[str, int]]:
        with warnings.catch_warnings(record=True) as record, watch(on="collect" if watched else "off"):
            warnings.simplefilter("always")
            F.mse_loss(torch.ones(3, 1), torch.ones(3))
            nn.MSELoss()(torch.ones(3, 1), torch.ones(3))
            F.kl_div(torch.zeros(2, 2), torch.ones(2, 2))
        return [(warning.filename, warning.lineno) for warning in record]

    plain = told(watched=False)
    assert len(plain) == 3 and plain[0][0] == __file__
    assert told(watched=True) == plain


def test_everything_is_restored_even_after_an_exception() -> None:
    before = snapshot()
    with pytest.raises(ZeroDivisionError), watch():
        assert len(patched()) >= 3
        assert snapshot() != before
        raise ZeroDivisionError
    assert snapshot() == before


def test_functions_stay_the_same_objects_with_their_signatures() -> None:
    import inspect

    before = inspect.signature(F.cross_entropy)
    with watch():
        assert F.cross_entropy is early
        assert inspect.signature(F.cross_entropy) == before
        assert pickle.loads(pickle.dumps(F.cross_entropy)) is early


def test_a_broken_rule_goes_to_errors_and_never_into_the_program(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(call: LossCall) -> Iterator[Verdict]:
        raise KeyError("oops")

    monkeypatch.setattr(watching, "rules", lambda: (Rule("LL000", "broken", "error", "page", broken),))
    x, y = batch()
    with watch() as report:
        F.cross_entropy(x, y).backward()
    assert any("LL000" in error and "oops" in error for error in report.errors)
    with watch(on="raise"), pytest.raises(RuleError, match="LL000"):
        F.cross_entropy(x, y)


def test_other_threads_are_seen(calls: list[LossCall]) -> None:
    x, y = batch()
    with watch() as report:
        threads = [threading.Thread(target=lambda: [F.cross_entropy(x, y) for _ in range(50)]) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert report.calls == 200 and report.errors == []


def test_a_thread_may_outlive_the_watch() -> None:
    x, y = batch()
    stop = threading.Event()
    failures: list[BaseException] = []

    def work() -> None:
        try:
            while not stop.is_set():
                F.cross_entropy(x, y)
        except BaseException as error:
            failures.append(error)

    thread = threading.Thread(target=work)
    thread.start()
    for _ in range(30):
        with watch():
            pass
    stop.set()
    thread.join()
    assert failures == []


def test_compiled_code_is_left_alone() -> None:
    x, y = batch()
    compiled = torch.compile(lambda a, b: F.cross_entropy(a, b) + nn.MSELoss()(a, a * 2), backend="eager", fullgraph=True)
    with watch() as report:
        inside = compiled(x, y)
    assert report.errors == []
    assert torch.equal(inside, F.cross_entropy(x, y) + F.mse_loss(x, x * 2))


def test_scripting_still_finds_the_source() -> None:
    x, y = batch()
    with watch():
        scripted = torch.jit.script(nn.CrossEntropyLoss())
    assert torch.equal(scripted(x, y), F.cross_entropy(x, y))


def test_transforms_are_left_alone() -> None:
    x, y = batch()
    x = x.detach()

    def loss(a: Any, b: Any) -> Any:
        return F.cross_entropy(a, b)

    plain = torch.vmap(torch.func.grad(loss))(x, y)
    with watch() as report:
        watched = torch.vmap(torch.func.grad(loss))(x, y)
    assert torch.equal(plain, watched) and report.errors == []


def test_large_losses_are_checked() -> None:
    """By their numbers alone: no graph tells of a softmax."""
    torch.manual_seed(0)
    probs = torch.randn(4096, 1000).softmax(1).requires_grad_()
    ids, tokens = torch.randint(1000, (4096,)), torch.randint(32_000, (64,))
    with watch() as report:
        for _ in range(3):
            F.cross_entropy(probs, ids)
            F.cross_entropy(torch.randn(64, 32_000, requires_grad=True), tokens)
            F.nll_loss(torch.randn(64, 32_000, requires_grad=True), tokens)
        F.binary_cross_entropy_with_logits(torch.randn(2000, 700, requires_grad=True), torch.full((2000, 700), 255.0))
    assert report.errors == []
    codes = [{finding.code for finding in report.proven if finding.place == site.place} for site in report.sites]
    assert codes == [{"LL101"}, set(), {"LL102"}, {"LL114"}]


def test_a_loss_that_is_decorated_is_the_callers() -> None:
    """Python's own frame between a context manager that decorates and what it decorates is nobody's line."""
    x, y = torch.randn(4, 3), torch.tensor([0, 1, 2, 0])

    @contextmanager
    def around() -> Iterator[None]:
        yield

    with watch() as report:
        around()(F.cross_entropy)(x, y)
    assert [site.place.filename for site in report.sites] == [__file__]
