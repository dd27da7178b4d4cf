"""The checker keeps out of the way: it holds no tensor, stops no run, changes no trace, and says what it could not see."""

from __future__ import annotations

import gc
import subprocess
import sys
import weakref
from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch")

from losslint.runtime import spots, watch, watching  # noqa: E402
from losslint.runtime.frames import place_of  # noqa: E402
from losslint.runtime.sampling import BATCHES, FIRST, LARGEST_GAP, Evidence, Schedule  # noqa: E402
from losslint.runtime.values import read  # noqa: E402

nn, F = torch.nn, torch.nn.functional
quietly = pytest.mark.filterwarnings("ignore")


def batch() -> tuple[Any, Any]:
    torch.manual_seed(0)
    return torch.randn(16, 5, requires_grad=True), torch.randint(5, (16,))


class Model(nn.Module):
    def forward(self, x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
        return F.cross_entropy(x, y)


def test_no_tensor_of_the_user_is_kept() -> None:
    gc.collect()
    with watch() as report:
        kept = []
        for _ in range(12):
            x, y = batch()
            weight = torch.ones(5)
            criterion = nn.CrossEntropyLoss(weight=weight)
            probs = x.softmax(1)
            loss = criterion(probs, y)
            unused = criterion(x * 2, y)
            loss.backward()
            kept += [weakref.ref(one) for one in (x, y, weight, criterion, probs, loss, unused)]
            del x, y, weight, criterion, probs, loss, unused
        assert [one() for one in kept] == [None] * len(kept), "without a collection of cycles"
    assert report.calls == 24 and report.proven


def test_whatever_breaks_inside_the_run_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    x, y = batch()
    plain = F.cross_entropy(x, y)
    broken_parts = [(watching, name) for name in ("bind", "place_of", "user_frame", "note_call", "described", "traced")]
    broken_parts += [(spots, name) for name in ("signature", "pattern", "likeness")]
    for module, name in broken_parts:
        with monkeypatch.context() as patch, watch(on="warn") as report:
            patch.setattr(module, name, broken)
            for _ in range(3):
                loss = F.cross_entropy(x, y)
            loss.backward()
        assert torch.equal(loss, plain)
        assert report.errors and all("\n" not in error and "RuntimeError: on purpose" in error for error in report.errors), name


def broken(*args: Any, **kwargs: Any) -> Any:
    raise RuntimeError("on\npurpose")


def test_a_loss_that_raises_raises_the_same() -> None:
    x, _ = batch()
    wrong: Any
    for wrong in (None, [1, 2], torch.ones(16, 4), torch.full((16,), 99)):
        with pytest.raises(Exception) as plain:
            F.cross_entropy(x, wrong)
        with watch(), pytest.raises(type(plain.value)) as watched:
            F.cross_entropy(x, wrong)
        assert str(watched.value) == str(plain.value)


def test_arrays_and_lists_are_explained() -> None:
    x, _ = batch()
    numpy = pytest.importorskip("numpy")
    for wrong in (numpy.zeros(16), [0.0] * 16, (0.0,) * 16):
        with watch() as report, pytest.raises(Exception):  # noqa: B017
            F.mse_loss(x[:, 0], wrong)
        (finding,) = report.proven
        assert finding.code == "LL201" and "torch." in finding.advice
    with watch() as report, pytest.raises(TypeError, match="'int' object is not callable"):
        F.mse_loss(x[:, 0], numpy.zeros(16))


def test_place_has_columns() -> None:
    x, y = batch()
    with watch() as report:
        both = [F.cross_entropy(x, y), F.cross_entropy(x * 2, y)]
        F.cross_entropy(
            x,
            y,
        )
    assert both[0] != both[1]
    line = test_place_has_columns.__code__.co_firstlineno + 3
    places = [(one.place.line - line, one.place.column, one.place.end_line - line, one.place.end_column) for one in report.sites]
    if sys.version_info >= (3, 11):
        assert places == [(0, 17, 0, 38), (0, 40, 0, 65), (1, 9, 4, 10)]
    else:
        assert [line for line, *_ in places] == [0, 1]


def test_columns_count_characters() -> None:
    column = ("ä" * 5, place_of(sys._getframe()).column)[1]
    assert column == (24 if sys.version_info >= (3, 11) else 1)


@quietly
@pytest.mark.parametrize("backend", ["eager", "aot_eager"])
def test_compiled_losses_are_named_as_unseen(backend: str) -> None:
    x, y = batch()
    plain = F.cross_entropy(x, y) + nn.MSELoss()(x, x * 2)
    torch._dynamo.reset()

    @torch.compile(backend=backend, fullgraph=True)
    def both(a: Any, b: Any) -> Any:
        return F.cross_entropy(a, b) + nn.MSELoss()(a, a * 2)

    with watch() as report:
        loss = both(x, y)
        loss.backward()
    assert torch.equal(loss, plain) and report.errors == []
    line = test_compiled_losses_are_named_as_unseen.__code__.co_firstlineno + 9
    seen = {(one.how, one.loss, one.place.filename, one.place.line) for one in report.unseen if one.place is not None}
    assert seen == {("compiled", "F.cross_entropy", __file__, line), ("compiled", "F.mse_loss", __file__, line)}


@quietly
@pytest.mark.parametrize("strict", [False, True])
def test_exported_losses_are_named_as_unseen(strict: bool) -> None:
    x, y = batch()
    torch._dynamo.reset()
    plain = torch.export.export(Model(), (x.detach(), y), strict=strict)
    with watch() as report:
        exported = torch.export.export(Model(), (x.detach(), y), strict=strict)
    assert str(exported.graph) == str(plain.graph)
    how = "exported" if hasattr(torch.compiler, "is_exporting") else "compiled"
    assert (how, Model.forward.__code__.co_firstlineno + 1) in {
        (one.how, one.place.line) for one in report.unseen if one.place is not None
    }


@quietly
def test_traced_and_scripted_losses_are_named_as_unseen() -> None:
    x, y = batch()
    plain = torch.jit.trace(Model(), (x, y))
    with watch() as report:
        F.cross_entropy(x, y)
        traced = torch.jit.trace(Model(), (x, y))
        scripted = torch.jit.script(nn.HuberLoss())
        assert scripted(x, x * 0.5) == F.huber_loss(x, x * 0.5)
    kinds = [node.kind() for node in traced.graph.nodes()]
    assert kinds == [node.kind() for node in plain.graph.nodes()] and report.errors == []
    assert {("traced", "F.cross_entropy"), ("scripted", "F.huber_loss")} <= {(one.how, one.loss) for one in report.unseen}


@quietly
def test_function_transforms_give_the_same() -> None:
    x, y = batch()
    x = x.detach()
    loss = nn.CrossEntropyLoss(label_smoothing=0.1)
    transforms = [
        lambda: torch.vmap(torch.func.grad(loss))(x, y),
        lambda: torch.func.hessian(lambda a: loss(a, y[:2]))(x[:2]),
        lambda: torch.func.jvp(lambda a: loss(a, y), (x,), (torch.ones_like(x),)),
        lambda: torch.func.vjp(lambda a: loss(a, y), x)[1](torch.ones(())),
        lambda: torch.fx.experimental.proxy_tensor.make_fx(lambda a: loss(a, y) + F.mse_loss(a, a * 2))(x)(x),
        lambda: torch.autograd.functional.hvp(lambda a: loss(a, y), x, torch.ones_like(x)),
        lambda: torch.utils.checkpoint.checkpoint(loss, x.requires_grad_(), y, use_reentrant=False),
    ]
    for transform in transforms:
        plain = transform()
        with watch() as report:
            for _ in range(FIRST + 3):
                watched = transform()
        leaves = [torch.utils._pytree.tree_leaves(one) for one in (plain, watched)]
        assert leaves[0] and all(map(torch.equal, *leaves)) and report.errors == []


def test_subclasses_and_modes_of_the_user_are_not_entered() -> None:
    entered: list[str] = []

    class Own(torch.Tensor):
        @classmethod
        def __torch_function__(cls, function: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
            entered.append(getattr(function, "__name__", ""))
            return super().__torch_function__(function, types, args, kwargs or {})

    def outcome() -> list[str]:
        entered.clear()
        x, y = batch()
        F.cross_entropy(x.detach().as_subclass(Own), y)
        return [name for name in entered if name not in ("__get__", "requires_grad", "grad_fn", "is_cuda")]

    plain = outcome()
    with watch() as report:
        assert outcome() == plain
    assert report.errors == []
    assert read(torch.ones(16, 5).as_subclass(Own)).finite is None


def test_dense_at_first_and_sparse_later() -> None:
    schedule = Schedule()
    due = [call for call in range(1, 50_001) if schedule.due(call)]
    assert due[:FIRST] == list(range(1, FIRST + 1))
    gaps = [due[at] - due[at - 1] for at in range(1, len(due))]
    assert gaps == sorted(gaps) and gaps[-1] == LARGEST_GAP and len(due) < 50


def test_probabilities_are_believed_after_several_batches() -> None:
    torch.manual_seed(0)
    rows, others, evidence = read(torch.randn(16, 5).softmax(1)), read(torch.randn(16, 5)), Evidence()
    assert rows.domain is not None and others.domain is None
    assert [evidence.weigh(0, rows).domain is None for _ in range(BATCHES + 1)] == [True] * (BATCHES - 1) + [False] * 2
    evidence.weigh(0, others)
    assert [evidence.weigh(0, rows).domain is None for _ in range(2 * BATCHES)] == [True] * (2 * BATCHES - 1) + [False]
    assert evidence.weigh(1, rows).domain is None


def test_a_whole_process_under_errors_as_warnings(tmp_path: Path) -> None:
    script = tmp_path / "train.py"
    script.write_text(
        "import torch, torch.nn.functional as F\n"
        "from torch.nn.functional import cross_entropy\n"
        "from losslint.runtime import install\n"
        "report = install()\n"
        "x = torch.randn(8, 5, requires_grad=True)\n"
        "for _ in range(3):\n"
        "    cross_entropy(x.softmax(1), torch.zeros(8, dtype=torch.int64)).backward()\n"
        "print(report.calls, [finding.code for finding in report.proven])\n"
    )
    command = [sys.executable, "-W", "error::UserWarning", str(script)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=200, check=False)
    assert done.returncode == 0 and done.stdout == "3 ['LL101']\n", done.stderr
    assert done.stderr.count("LL101") == 1
