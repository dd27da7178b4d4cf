"""What is measured of real values: from metadata, from the autograd graph and from the numbers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from losslint.facts import EACH, UNKNOWN_AXIS, Domain, Range  # noqa: E402
from losslint.places import Place  # noqa: E402
from losslint.runtime import measure, watch  # noqa: E402
from losslint.runtime.graph import origin_of  # noqa: E402
from losslint.runtime.values import PART, ROWS, launch, read, selection  # noqa: E402
from losslint.shapes import Shape  # noqa: E402

F = torch.nn.functional
HERE = Place("here.py", 1)
Make = Callable[[Any], Any]


def head(*shape: int) -> Any:
    """Numbers that require grad and are no probabilities."""
    torch.manual_seed(0)
    return (torch.randn(*shape) * 3).requires_grad_()


@pytest.mark.parametrize(
    ("make", "domain"),
    [
        (lambda x: x.softmax(-1), Domain("probs", 1)),
        (lambda x: x.log_softmax(0), Domain("log_probs", 0)),
        (lambda x: x.sigmoid(), Domain("probs", EACH)),
        (lambda x: F.logsigmoid(x), Domain("log_probs", EACH)),
        (lambda x: x.softmax(1).log(), Domain("log_probs", 1, logged=True)),
        (lambda x: x.softmax(1).log().exp(), Domain("probs", 1)),
        (lambda x: x.softmax(1).log_softmax(1), Domain("log_probs", 1, twice=True)),
        (lambda x: x.log_softmax(1).softmax(1), Domain("probs", 1)),
        (lambda x: x.sigmoid().sigmoid(), Domain("probs", EACH, twice=True)),
        (lambda x: x.softmax(1).softmax(1).log_softmax(1), Domain("log_probs", 1, twice=True)),
        (lambda x: x.log_softmax(1).exp(), Domain("probs", 1)),
        (lambda x: x.exp(), Domain("rate")),
        (lambda x: x.relu(), Domain("rectified")),
        (lambda x: x.clamp(min=0), Domain("rectified")),
        (lambda x: x.softmax(1).clamp(0, 1), Domain("probs", 1)),
        (lambda x: x.softmax(1).clamp(min=1e-7), Domain("probs", 1)),
        (lambda x: torch.nn.Linear(10, 4)(x), Domain("logits")),
        (lambda x: torch.nn.Linear(10, 4, bias=False)(x[None]), Domain("logits")),
        (lambda x: torch.nn.Linear(10, 4)(x) / 2.0 + 1, Domain("logits")),
        (lambda x: torch.nn.Conv1d(8, 2, 1)(x), Domain("logits")),
        # Through what keeps values, with the axis followed.
        (lambda x: x.softmax(1).t(), Domain("probs", 0)),
        (lambda x: x.softmax(-1).transpose(0, -1), Domain("probs", 0)),
        (lambda x: x.softmax(1)[None], Domain("probs", 2)),
        (lambda x: x.softmax(1).unsqueeze(-1), Domain("probs", 1)),
        (lambda x: x.softmax(1)[:, :, None].squeeze(2), Domain("probs", 1)),
        (lambda x: x[None].softmax(2).squeeze(), Domain("probs", 1)),
        (lambda x: x[None].softmax(2).squeeze(0), Domain("probs", 1)),
        (lambda x: x.view(2, 4, 10).softmax(2).permute(0, 2, 1), Domain("probs", 1)),
        (lambda x: x.view(2, 4, 10).softmax(2).reshape(-1, 10), Domain("probs", 1)),
        (lambda x: x.softmax(1).expand(3, 8, 10), Domain("probs", 2)),
        (lambda x: x.softmax(1)[2:5].double().clone(), Domain("probs", 1)),
        (lambda x: x.softmax(1)[x[:, 0] > 0], Domain("probs", 1)),
        (lambda x: torch.cat([x.softmax(1), x.softmax(1)]), Domain("probs", 1)),
        (lambda x: torch.stack([x.softmax(1), x.softmax(1)]), Domain("probs", 2)),
        (lambda x: x.softmax(1).split(4)[1], Domain("probs", 1)),
        (lambda x: x.softmax(1).unbind(0)[3], Domain("probs", 0)),
        # The axis is gone, or no longer whole.
        (lambda x: x.softmax(1)[:, 1], Domain("probs", EACH)),
        (lambda x: x.softmax(1)[:, 1:], Domain("probs", UNKNOWN_AXIS)),
        (lambda x: x.softmax(1).flatten(), Domain("probs", UNKNOWN_AXIS)),
        (lambda x: x.softmax(1).view(10, 8), Domain("probs", UNKNOWN_AXIS)),
        (lambda x: torch.cat([x.softmax(1), x.softmax(1)], 1), Domain("probs", UNKNOWN_AXIS)),
        # The graph doesn't tell.
        (lambda x: x, None),
        (lambda x: x.softmax(1).detach(), None),
        (lambda x: x.softmax(1) * 2, None),
        (lambda x: x.softmax(1) + 1, None),
        (lambda x: torch.cat([x.softmax(1), x]), None),
        (lambda x: torch.nn.Linear(10, 10)(x) * x.sigmoid(), None),
        (lambda x: x.softmax(1) @ torch.eye(10), None),
        (lambda x: x.softmax(1).masked_fill(x > 0, 0), None),
    ],
)
def test_domain_by_the_graph(make: Make, domain: Domain | None) -> None:
    origin = origin_of(make(head(8, 10)))
    assert (origin and origin.domain) == domain


def test_axis_by_the_graph_is_that_along_which_numbers_sum_to_one() -> None:
    views: list[Make] = [
        lambda p: p.permute(0, 3, 1, 2),
        lambda p: p.transpose(1, 3),
        lambda p: p.flatten(0, 1),
        lambda p: p.flatten(1, 2),
        lambda p: p.unsqueeze(1),
        lambda p: p[:, 0],
        lambda p: p.movedim(3, 0).reshape(5, -1),
        lambda p: p.permute(3, 2, 1, 0).contiguous().view(5, 4, 6),
    ]
    for view in views:
        value = view(head(2, 3, 4, 5).softmax(3))
        origin = origin_of(value)
        assert origin is not None and isinstance(origin.domain.axis, int)
        assert torch.allclose(value.sum(origin.domain.axis), torch.ones(()))


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32, torch.float64])
def test_domain_by_values(dtype: Any) -> None:
    logits = head(64, 10).detach().to(dtype)
    assert measure(logits.softmax(1), HERE).domain.only == Domain("probs", 1)
    assert measure(logits.softmax(1).t(), HERE).domain.only == Domain("probs", 0)
    assert measure(logits.log_softmax(1), HERE).domain.only == Domain("log_probs", 1)
    assert not measure(logits, HERE).domain.known


@pytest.mark.parametrize(
    "value",
    [
        torch.full((16, 4), 0.25),
        torch.eye(16),
        torch.zeros(16, 4),
        torch.rand(16, 4),
        torch.tensor([[0.2, 0.8], [0.6, 0.4]]),
        torch.randint(10, (16,)),
        torch.tensor([[0, 1], [1, 0]]),
        torch.empty(0, 4),
        torch.tensor([float("nan")] * 20),
        torch.tensor(1.0),
    ],
    ids=str,
)
def test_values_that_prove_nothing(value: Any) -> None:
    assert not measure(value, HERE).domain.known


def test_one_hot_rows() -> None:
    rows = F.one_hot(torch.arange(8) % 5, 5)
    assert measure(rows, HERE).domain.only == Domain("one_hot", 1)


def test_range_is_exact_or_unknown() -> None:
    assert measure(torch.tensor([-1.5, 2.0]), HERE).range == Range(-1.5, 2.0, exact=True)
    assert measure(torch.tensor([True, False]), HERE).range == Range(0, 1, exact=True)
    assert measure(torch.tensor([1.0, float("nan")]), HERE).range == Range()
    assert measure(torch.ones(2), HERE, values=False).range == Range()
    assert measure(np.array([3, 4]), HERE).range == Range(3, 4, exact=True)
    assert measure(7, HERE).range == Range(7, 7, exact=True)


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        (torch.ones(1), "tensor"),
        (np.ones(1), "ndarray"),
        (np.float64(1), "number"),
        (np.int32(1), "number"),
        (np.bool_(True), "bool"),
        (1.5, "number"),
        (True, "bool"),
        ("sum", "str"),
        (None, "none"),
        ([1], "list"),
        ((1,), "tuple"),
        ({}, "dict"),
        (torch.nn.MSELoss(), "module"),
        (torch.nn.MSELoss, "class"),
        (F.mse_loss, "function"),
        (object(), "other"),
    ],
)
def test_kind(value: object, kind: str) -> None:
    assert measure(value, HERE).kind.only == kind


def test_metadata() -> None:
    facts = measure(head(2, 3).double(), HERE)
    assert (facts.dtype.only, facts.shape.only, facts.requires_grad.only, facts.device.only) == (
        "float64",
        Shape((2, 3)),
        True,
        "cpu",
    )
    array = measure(np.ones((2, 3), dtype=np.int32), HERE)
    assert (array.dtype.only, array.shape.only, array.requires_grad.only) == ("int32", Shape((2, 3)), False)


def test_step_says_what_was_measured_and_where() -> None:
    (step,) = measure(head(8, 10).softmax(1), HERE).steps
    assert (step.where, step.note) == (HERE, "output of softmax (autograd graph)")


@pytest.mark.parametrize(
    "make", [lambda: torch.ones(2, device="meta"), lambda: torch.eye(3).to_sparse(), lambda: torch.ones(2, dtype=torch.complex64)]
)
def test_numbers_that_cannot_be_read_are_unknown(make: Callable[[], Any]) -> None:
    facts = measure(make(), HERE)
    assert facts.range == Range()
    assert facts.kind.only == "tensor"


@pytest.mark.parametrize(
    ("make", "axis"),
    [
        (lambda x: x.softmax(1)[torch.tensor([0, 2])], 1),
        (lambda x: x.softmax(1)[torch.arange(8) % 2 == 0], 1),
        (lambda x: x.softmax(2)[:, torch.tensor([0, 2])], 2),
        (lambda x: x.softmax(1)[:, torch.tensor([0, 2])], UNKNOWN_AXIS),
        (lambda x: x.softmax(1)[torch.tensor([0, 2]), torch.tensor([0, 1])], UNKNOWN_AXIS),
        (lambda x: x.softmax(1)[torch.zeros(2, 2, dtype=torch.int64)], UNKNOWN_AXIS),
        (lambda x: x.softmax(2)[torch.zeros(2, 4, dtype=torch.int64), torch.zeros(2, 4, dtype=torch.int64)], 2),
        (lambda x: x.softmax(1).clamp(min=torch.tensor(0.1)), 1),
        (lambda x: x.softmax(1).clamp(min=0.1), 1),
        (lambda x: x.softmax(1).index_select(0, torch.tensor([1])), 1),
        (lambda x: x.pow(2).softmax(1).log().exp(), 1),
    ],
)
def test_hooks_of_saved_tensors_are_not_called(make: Make, axis: Any) -> None:
    """They may copy a tensor from another device, or do anything at all."""
    called: list[str] = []

    def packed(tensor: Any) -> Any:
        return tensor

    def unpacked(tensor: Any) -> Any:
        called.append("unpacked")
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(packed, unpacked):
        value = make(head(8, 5, 6))
    origin = origin_of(value)
    assert origin is not None and origin.domain == Domain("probs", axis) and called == []


def test_after_backward_the_graph_is_still_no_trouble() -> None:
    probs = head(8, 10).softmax(1)
    probs.log().sum().backward()
    assert measure(probs, HERE).domain.only == Domain("probs", 1)


LARGE = 3 * PART


def large(classes: int) -> Any:
    torch.manual_seed(0)
    return torch.randn(-(-LARGE // classes), classes)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.bfloat16, torch.float16])
@pytest.mark.parametrize("turned", [False, True], ids=["contiguous", "transposed"])
def test_large_tensors_are_read(dtype: Any, turned: bool) -> None:
    """One number far off is seen, wherever it stands; so is one row, where sums are known."""
    probs = large(1000).softmax(1)
    value = (probs.t().contiguous().t() if turned else probs).to(dtype)
    assert read(value).domain == Domain("probs", 1) and "of 787 rows" in read(value).note
    for at in ((0, 0), (500, 999), (786, 1)):
        off = value.clone(memory_format=torch.preserve_format)
        off[at] = 7
        assert read(off).range == Range(float(value.min()), 7, exact=True) and read(off).domain is None
        off[at] = torch.nan
        assert read(off).finite is False
    value[501] *= 0.5
    assert read(value).domain is None, "a row that was not selected"
    assert read(value).sums.low == pytest.approx(0.5, abs=0.02)


def test_large_log_probabilities_and_one_hot_rows_are_recognised() -> None:
    assert read(large(32_000).log_softmax(1)).domain == Domain("log_probs", 1)
    assert read(large(300)[:2620].view(-1, 4, 300).transpose(1, 2).log_softmax(1)).domain == Domain("log_probs", 1)
    ids = torch.arange(LARGE // 10) % 10
    for dtype in (torch.int64, torch.int32, torch.uint8):
        rows = F.one_hot(ids).to(dtype)
        assert read(rows).domain == Domain("one_hot", 1)
        rows[54_321, :2] = 1
        assert read(rows).domain is None
    assert read(large(10) > 0).range == Range(0, 1, exact=True)


@pytest.mark.parametrize(
    "shape", [(5,), (4096, 1000), (8, 128_000), (8, 3_000_000), (2, 21, 700, 700), (600_000, 2), (3, 1, 400_000)]
)
def test_a_selection_is_small_and_has_whole_rows(shape: tuple[int, ...]) -> None:
    for axis in range(len(shape)):
        part = torch.empty(shape, device="meta")[selection(shape, axis)]
        assert part.shape[axis] == shape[axis] and part.numel() <= max(2 * PART, 16 * shape[axis])
        assert part.numel() // shape[axis] >= min(ROWS, torch.Size(shape).numel() // shape[axis])


@pytest.mark.parametrize(
    "make",
    [
        lambda x: x,
        lambda x: x.softmax(1),
        lambda x: x.t(),
        lambda x: x[:, ::2],
        lambda x: x.softmax(1).bfloat16(),
        lambda x: x.half().t(),
        lambda x: (x > 0).to(torch.uint8),
        lambda x: (x > 0).long(),
        lambda x: x > 0,
        lambda x: x.log_softmax(1),
    ],
)
@pytest.mark.parametrize("whole", [False, True], ids=["CPU", "device"])
def test_reading_takes_little_memory(make: Make, whole: bool) -> None:
    """`whole`: as on a GPU, where no number decides what is computed; there is none here, so the CPU stands for it."""
    value = make(large(1000).repeat(4, 1))
    with torch.profiler.profile(activities=[torch.profiler.ProfilerActivity.CPU], profile_memory=True) as profile:
        launch(value, bins=True, whole=whole)
    now = most = 0
    for event in profile.profiler.kineto_results.events():
        if event.name() == "[memory]":
            now += event.nbytes()
            most = max(most, now)
    assert 0 < most < 16 * PART


def test_padding_is_known_until_it_may_be_gone() -> None:
    pad_sequence = torch.nn.utils.rnn.pad_sequence

    rows = [torch.arange(4), torch.arange(2), torch.arange(3)]
    before = pad_sequence(rows, True)
    with watch():
        padded = pad_sequence(rows, batch_first=True, padding_value=7)
        flat = pad_sequence(rows)
        others = [pad_sequence(rows[:1]), pad_sequence([rows[0], rows[0]]), pad_sequence(rows, padding_side="left"), before]
    assert [padding(one) for one in (padded, padded.flatten(), padded[:, 1:], padded.t(), flat[1:])] == [7, 7, 7, 7, 0]
    gone = [padded[:, :3], padded[:, 0], padded[0], padded + 1, padded.clone(), padded[padded != 7]]
    assert [padding(one) for one in (*gone, *others)] == [None] * 10
    padded[padded == 7] = -100
    assert padding(padded) is None


def padding(tensor: Any) -> float | None:
    return measure(tensor, HERE).padding.only
