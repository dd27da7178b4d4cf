"""A call is taken for one like the last only where its signature is the same: the quick comparison is held to the slow one."""

from __future__ import annotations

import gc
import itertools
import sys
import threading
import warnings
import weakref
from collections.abc import Callable
from contextlib import nullcontext
from typing import Any

import pytest

torch = pytest.importorskip("torch")

from losslint.knowledge import contracts  # noqa: E402
from losslint.places import Place  # noqa: E402
from losslint.runreport import Site  # noqa: E402
from losslint.runtime import likeness as quick  # noqa: E402
from losslint.runtime import spots, watch  # noqa: E402
from losslint.runtime.entries import Entry  # noqa: E402
from losslint.runtime.likeness import likeness  # noqa: E402
from losslint.runtime.spots import Spot  # noqa: E402

nn, F = torch.nn, torch.nn.functional
CONTRACT = contracts()["torch.nn.functional.cross_entropy"]
MODULE = contracts()["torch.nn.CrossEntropyLoss"]
X = torch.randn(4, 3, requires_grad=True)
Y = torch.tensor([0, 1, 2, 0])
Call = tuple[tuple[Any, ...], dict[str, Any]]

CALLS: dict[str, Callable[[], Call]] = {
    "two tensors": lambda: ((X, Y), {}),
    "other numbers": lambda: ((X.detach().clone().requires_grad_(), Y + 1), {}),
    "other strides": lambda: ((torch.randn(3, 4, requires_grad=True).t(), Y), {}),
    "another batch": lambda: ((torch.randn(5, 3, requires_grad=True), Y), {}),
    "a number of classes": lambda: ((torch.randn(4, 7, requires_grad=True), Y), {}),
    "one axis": lambda: ((torch.randn(4, requires_grad=True), Y), {}),
    "another dtype": lambda: ((X.detach().double().requires_grad_(), Y), {}),
    "no grad": lambda: ((X.detach(), Y), {}),
    "softmax": lambda: ((X.softmax(1), Y), {}),
    "linear": lambda: ((X @ torch.eye(3), Y), {}),
    "parameter": lambda: ((nn.Parameter(X.detach()), Y), {}),
    "target with grad": lambda: ((X, X * 2), {}),
    "target that is a leaf with grad": lambda: ((X, X), {}),
    "one": lambda: ((X,), {}),
    "three": lambda: ((X, Y, torch.ones(3)), {}),
    "keyword": lambda: ((X,), {"target": Y}),
    "another keyword": lambda: ((X,), {"input": Y}),
    "sum": lambda: ((X, Y), {"reduction": "sum"}),
    "mean": lambda: ((X, Y), {"reduction": "mean"}),
    "smooth": lambda: ((X, Y), {"label_smoothing": 0.1}),
    "one for true": lambda: ((X, Y), {"label_smoothing": 1}),
    "true for one": lambda: ((X, Y), {"label_smoothing": True}),
    "a tensor for a number": lambda: ((X, Y), {"label_smoothing": torch.tensor(0.1)}),
    "weight": lambda: ((X, Y), {"weight": torch.ones(3)}),
    "no weight": lambda: ((X, Y), {"weight": None}),
    "none by position": lambda: ((X, Y, None), {}),
    "list": lambda: ((X, [0, 1]), {}),
    "sparse": lambda: ((X, X.detach().to_sparse()), {}),
    "subclass": lambda: ((X.as_subclass(type("Own", (torch.Tensor,), {})), Y), {}),
}
PLACES: dict[str, Callable[[], Any]] = {
    "plain": nullcontext,
    "no_grad": torch.no_grad,
    "inference": torch.inference_mode,
    "autocast": lambda: torch.autocast("cpu", torch.bfloat16),
}
LEFT_TO_SIGNATURES = {"list", "sparse", "subclass", "target that is a leaf with grad"}
"""The last is one tensor twice, which torch's comparison refuses."""
EVERY = list(itertools.product(CALLS, PLACES))


def spot(of_module: bool) -> Spot:
    contract = MODULE if of_module else CONTRACT
    entry = Entry("call", "module" if of_module else "function", contract)
    return Spot(compile("0", "a.py", "exec"), 0, entry, Site(Place("a.py", 1), "", ""), contract)


@pytest.mark.parametrize("of_module", [False, True], ids=["function", "module"])
@pytest.mark.parametrize("first", EVERY, ids=" in ".join)
def test_nothing_else_is_alike(first: tuple[str, str], of_module: bool) -> None:
    """Of every pair of calls: alike means of one signature; and what most runs do is not left to the signature."""
    one, other = spot(of_module), spot(of_module)
    criterion = (nn.CrossEntropyLoss(),) if of_module else ()
    with PLACES[first[1]]():
        args, kwargs = CALLS[first[0]]()
        alike = likeness((*criterion, *args), kwargs, of_module)
        signed = one.signed((*criterion, *args), kwargs)
    for second in EVERY:
        with PLACES[second[1]]():
            args, kwargs = CALLS[second[0]]()
            same = signed == other.signed((*criterion, *args), kwargs)
            found = alike((*criterion, *args), kwargs)
        assert same or not found, second
        if second == first and first[0] not in LEFT_TO_SIGNATURES:
            assert found


def test_another_module_and_another_reduction_are_not_alike() -> None:
    criterion = nn.CrossEntropyLoss()
    for kwargs in ({}, {"target": Y}):
        args = (X,) if kwargs else (X, Y)
        alike = likeness((criterion, *args), kwargs, True)
        assert alike((criterion, *args), kwargs)
        assert not alike((nn.CrossEntropyLoss(), *args), kwargs)
        criterion.reduction = "sum"
        assert not alike((criterion, *args), kwargs)
        criterion.reduction = "mean"


def test_nothing_is_kept() -> None:
    criterion, x, y = nn.CrossEntropyLoss(), torch.randn(4, 3, requires_grad=True), torch.tensor([0, 1, 2, 0])
    kept = [likeness((criterion, x, y), {}, True), likeness((x, y), {}, False), likeness((x,), {"target": y}, False)]
    gone = [weakref.ref(one) for one in (criterion, x, y)]
    gc.collect()
    gc.disable()
    try:
        del criterion, x, y
        assert [one() for one in gone] == [None] * 3
    finally:
        gc.enable()
    assert not any(alike((X, Y), {}) for alike in kept[:1])


def test_a_torch_that_compares_otherwise_is_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    assert quick._trusted(), "the torch that is installed here compares as is wanted"
    monkeypatch.setattr(torch._C._dynamo.guards, "TensorGuards", lambda *args, **kwargs: 1 / 0)
    assert not quick._trusted()
    monkeypatch.setattr(quick, "_TRUSTED", False)
    with watch() as report:
        for _ in range(20):
            F.cross_entropy(X, Y)
            F.cross_entropy(X.softmax(1), Y)
    assert report.calls == 40 and [hit.count for site in report.sites for hit in site.hits] == [20]


def test_what_alternates_is_judged_once_for_each(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []
    bind = spots.signature
    monkeypatch.setattr("losslint.runtime.watching.Watch._ask", lambda self, call: asked.append(1) or [])
    criteria = [nn.CrossEntropyLoss(), nn.CrossEntropyLoss(reduction="sum")]
    with watch() as report:
        for at in range(400):
            criteria[at % 2](X if at % 3 else X.softmax(1), Y)
    assert report.calls == 400 and len(asked) < 50 and bind is spots.signature


def test_a_trace_of_a_place_that_was_called_before_is_no_other_trace() -> None:
    def loss(x: Any, y: Any) -> Any:
        return F.cross_entropy(x, y)

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        plain = torch.jit.trace(loss, (X, Y), check_trace=False)
    with watch() as report, warnings.catch_warnings():
        for _ in range(12):
            loss(X, Y)
        warnings.simplefilter("error", torch.jit.TracerWarning)
        warnings.filterwarnings("ignore", category=DeprecationWarning)
        traced = torch.jit.trace(loss, (X, Y), check_trace=False)
        loss(X, Y)
    assert [str(node) for node in traced.graph.nodes()] == [str(node) for node in plain.graph.nodes()]
    assert report.calls == 13 and [one.how for one in report.unseen] == ["traced"]


def test_threads_that_take_turns_often_lose_no_call() -> None:
    def work() -> None:
        for _ in range(3000):
            F.cross_entropy(X, Y)

    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        with watch() as report:
            threads = [threading.Thread(target=work) for _ in range(4)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
    finally:
        sys.setswitchinterval(before)
    assert report.calls == 12_000 and report.errors == []


def test_a_capture_is_noted_though_the_call_is_like_the_last(monkeypatch: pytest.MonkeyPatch) -> None:
    """There is no GPU here: a tensor of the CPU stands for one of a GPU whose stream is being captured."""
    state = {"capturing": False}
    monkeypatch.setattr(spots, "capturing", lambda: state["capturing"])
    monkeypatch.setattr("losslint.runtime.watching.capturing", lambda: state["capturing"])
    monkeypatch.setattr(spots, "on_cuda", lambda value: True)
    with watch() as report:
        for at in range(16):
            state["capturing"] = at == 12
            F.cross_entropy(X, Y)
    assert report.calls == 16 and [(one.how, one.count) for one in report.unseen] == [("captured", 1)]
