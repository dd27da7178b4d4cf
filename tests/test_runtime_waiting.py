"""No check waits for a device: with a device that is late, findings come late, and nothing else changes.

The device is a fake one: tensors of the CPU whose numbers may only be read when the test says that they have arrived.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from typing import Any, ClassVar

import pytest

torch = pytest.importorskip("torch")

from torch.utils._python_dispatch import TorchDispatchMode  # noqa: E402
from torch.utils._pytree import tree_leaves  # noqa: E402

from losslint.errors import LossMisuse  # noqa: E402
from losslint.runtime import entries, install, mailbox, uninstall, values  # noqa: E402
from losslint.runtime.mailbox import MOST_UNDER_WAY, DeviceCourier, Mailbox  # noqa: E402
from losslint.runtime.values import interpret, launch, read  # noqa: E402
from losslint.runtime.watching import Watch  # noqa: E402

F = torch.nn.functional


class Parcel:
    """A vector that arrives when its courier says so."""

    def __init__(self, courier: LateCourier, vector: Any) -> None:
        self.courier, self.vector = courier, vector

    def ready(self) -> bool:
        return self.courier.arrived

    def numbers(self) -> list[float]:
        assert self.courier.arrived, "the host would have waited"
        numbers: list[float] = self.vector.tolist()
        return numbers


class LateCourier:
    """All tensors are on a device that is busy until `arrived`."""

    def __init__(self) -> None:
        self.arrived = False
        self.busy_stream = False
        self.sent = 0

    def waits(self, tensor: Any) -> bool:
        return True

    def idle(self) -> bool:
        return not self.busy_stream

    def send(self, vector: Any) -> Parcel:
        self.sent += 1
        return Parcel(self, vector)


@contextmanager
def late_watch(courier: LateCourier, mode: Any = "collect") -> Iterator[Watch]:
    watch = Watch(mode, "error", courier=courier)
    entries.add(watch)
    try:
        yield watch
    finally:
        entries.remove(watch)
        courier.arrived = True
        watch.ended()


@pytest.fixture
def no_reading(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every way by which Python gets a number out of a tensor fails, as it would under `set_sync_debug_mode("error")`."""

    def refuse(self: Any, *args: Any) -> Any:
        raise AssertionError("a number was read on the host")

    for name in ("item", "tolist", "__bool__", "__float__", "__int__", "__index__", "numpy", "cpu", "nonzero"):
        monkeypatch.setattr(torch.Tensor, name, refuse)


def labels_out_of_range() -> tuple[Any, Any]:
    torch.manual_seed(0)
    return torch.randn(8, 5, requires_grad=True), torch.full((8, 5), 3.0)


def test_what_numbers_show_comes_later() -> None:
    x, y = labels_out_of_range()
    courier = LateCourier()
    with late_watch(courier) as watch:
        for _ in range(3):
            F.binary_cross_entropy_with_logits(x, y)
        assert watch.report.findings == [] and courier.sent == 3
        courier.arrived = True
        F.binary_cross_entropy_with_logits(x, y)
        assert [hit.finding.code for site in watch.report.sites for hit in site.hits] == ["LL114"]
        hit = watch.report.sites[0].hits[0]
        assert (hit.first, hit.last, hit.count) == (1, 3, 3)
    assert watch.report.errors == []


def test_what_is_under_way_at_the_end_is_awaited() -> None:
    x, y = labels_out_of_range()
    courier = LateCourier()
    with late_watch(courier) as watch:
        F.binary_cross_entropy_with_logits(x, y)
    (site,) = watch.report.sites
    assert [hit.finding.code for hit in site.hits] == ["LL114"]
    assert site.undecided is not None and site.arguments["target"].high == 3.0


def test_right_calls_have_their_losses_noted() -> None:
    x, _ = labels_out_of_range()
    courier = LateCourier()
    with late_watch(courier) as watch:
        loss = F.mse_loss(x, torch.zeros_like(x))
    (site,) = watch.report.sites
    assert site.losses.points == [[1, loss.item()]] and site.histogram is not None
    assert sum(site.histogram.counts) == x.numel()


def test_metadata_and_provenance_come_at_once() -> None:
    x, _ = labels_out_of_range()
    with late_watch(LateCourier(), "raise"), pytest.raises(LossMisuse, match="LL101"):
        F.cross_entropy(x.softmax(1), torch.zeros(8, dtype=torch.int64))


def test_raising_late_is_better_than_waiting() -> None:
    x, y = labels_out_of_range()
    courier = LateCourier()
    with late_watch(courier, "raise"):
        F.binary_cross_entropy_with_logits(x, y)
        courier.arrived = True
        with pytest.raises(LossMisuse, match="LL114"):
            F.mse_loss(x, y)


@pytest.mark.usefixtures("no_reading")
def test_no_number_is_read_on_the_host() -> None:
    torch.manual_seed(0)
    x = torch.randn(8, 5, requires_grad=True)
    courier = LateCourier()
    watch = Watch("collect", "error", courier=courier)
    entries.add(watch)
    try:
        for _ in range(20):
            F.cross_entropy(x, torch.arange(8) % 5).backward()
            F.nll_loss(x.log_softmax(1), torch.arange(8) % 5).backward()
            F.binary_cross_entropy(x.sigmoid(), x.detach().sigmoid(), reduction="none").sum().backward()
            F.kl_div(x.log_softmax(1), x.detach().softmax(1), reduction="batchmean").backward()
    finally:
        entries.remove(watch)
    assert watch.report.errors == [] and courier.sent > 30


def test_nothing_is_asked_while_a_stream_is_captured() -> None:
    x, y = labels_out_of_range()
    courier = LateCourier()
    with late_watch(courier) as watch:
        F.binary_cross_entropy_with_logits(x, y)
        courier.arrived = courier.busy_stream = True
        F.binary_cross_entropy_with_logits(x, y)
        assert watch.report.findings == []
        courier.busy_stream = False


def test_a_device_that_never_answers_is_not_flooded() -> None:
    courier = LateCourier()
    mailbox = Mailbox(courier)
    sent = [mailbox.post(torch.zeros(2), lambda numbers: None) for _ in range(MOST_UNDER_WAY + 5)]
    assert sent.count(True) == MOST_UNDER_WAY == courier.sent
    assert not Mailbox(courier).post(torch.zeros(10_000), lambda numbers: None)


def test_a_forked_child_forgets_what_is_under_way() -> None:
    mailbox = Mailbox(LateCourier())
    mailbox.post(torch.zeros(2), lambda numbers: None)
    mailbox.forget()
    assert list(mailbox.arrived(wait=True)) == []


NARROW = [
    torch.randn(16, 5).softmax(1),
    torch.randn(16, 5).log_softmax(1),
    torch.randn(16, 5).half().softmax(1),
    torch.randn(4, 5, 6).bfloat16(),
    torch.tensor(2.5),
    torch.tensor([float("nan"), 1.0]),
    torch.tensor([float("inf"), 1.0]),
    F.one_hot(torch.arange(40) % 5),
    torch.arange(30).view(5, 6) % 7,
    torch.rand(6, 6) > 0.5,
    torch.randint(256, (9, 9), dtype=torch.uint8),
]


def named(tensor: Any) -> str:
    return f"{tensor.dtype} {list(tensor.shape)}"


@pytest.mark.parametrize("tensor", [*NARROW, torch.randn(16, 5, dtype=torch.float64)], ids=named)
def test_late_and_early_reading_agree(tensor: Any) -> None:
    reading = launch(tensor)
    assert reading is not None
    assert interpret(reading, reading.numbers.tolist()) == read(tensor)


class Float32AtMost(TorchDispatchMode):
    """Refuses what the MPS device refuses."""

    def __torch_dispatch__(self, function: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        result = function(*args, **(kwargs or {}))
        if any(isinstance(one, torch.Tensor) and one.dtype == torch.float64 for one in tree_leaves(result)):
            raise TypeError("Cannot convert a MPS Tensor to float64 dtype as the MPS framework doesn't support float64.")
        return result


@pytest.mark.parametrize("tensor", NARROW, ids=named)
def test_devices_without_float64_are_read(tensor: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    wanted = launch(tensor, bins=True)
    monkeypatch.setattr(values, "WITHOUT_FLOAT64", frozenset({"cpu"}))
    monkeypatch.setattr(values, "readable", lambda tensor: True)  # though a mode is in place
    with Float32AtMost():
        reading = launch(tensor, bins=True)
    assert wanted is not None and reading is not None and reading.numbers.dtype == torch.float32
    assert interpret(reading, reading.numbers.tolist()) == interpret(wanted, wanted.numbers.tolist())


SHAPES = [(), (1,), (8,), (16, 5), (4, 5, 6), (2, 3, 4, 5), (2, 2, 2, 2, 3), (2000, 1000), (300_000, 8)]
DTYPES = [torch.float64, torch.float32, torch.float16, torch.bfloat16, torch.int64, torch.int32, torch.uint8, torch.bool]


class Crossings(TorchDispatchMode):
    """Notes every operation that has tensors of the device and others, or makes one that is on no device."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.operations = 0

    def __torch_dispatch__(self, function: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        result = function(*args, **(kwargs or {}))
        parts = [one for one in tree_leaves((args, kwargs, result)) if isinstance(one, torch.Tensor)]
        self.operations += 1
        if {one.device.type for one in parts} - {"meta"}:
            self.found.append(str(function))
        return result


@pytest.fixture
def numberless(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tensors of the meta device have no numbers: what would wait for one, to read it or to know how large a result is, raises,
    and a number from the host would have to cross over. They are read as tensors of a device that is late would be."""
    monkeypatch.setattr(values, "readable", lambda tensor: True)


@pytest.mark.usefixtures("numberless")
@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_what_is_asked_stays_on_the_device(dtype: Any) -> None:
    for shape in SHAPES:
        with Crossings() as crossings:
            reading = launch(torch.empty(shape, dtype=dtype, device="meta"), bins=True)
        assert reading is not None and reading.numbers.device.type == "meta"
        assert crossings.operations and crossings.found == []


@pytest.mark.usefixtures("numberless")
def test_a_check_that_has_no_number_gives_up_nothing() -> None:
    """The losses themselves run on the meta device, so that every argument of each is asked for its numbers."""
    x = torch.empty(8, 5, device="meta", requires_grad=True)
    classes, half = torch.empty(8, dtype=torch.int64, device="meta"), torch.empty(8, 5, device="meta")
    weight = torch.empty(5, device="meta")
    courier = LateCourier()
    watch = Watch("collect", "error", courier=courier)
    entries.add(watch)
    try:
        with Crossings() as crossings:
            for _ in range(10):
                F.cross_entropy(x, classes, weight)
                F.cross_entropy(x, half, label_smoothing=0.1)
                F.nll_loss(x.log_softmax(1), classes, weight)
                F.binary_cross_entropy(x.sigmoid(), half)
                F.binary_cross_entropy_with_logits(x, half, pos_weight=weight)
                F.kl_div(x.log_softmax(1), half, reduction="batchmean")
                F.mse_loss(x, half)
                F.margin_ranking_loss(x, half, half)
                F.cosine_embedding_loss(x, half, classes)
                F.triplet_margin_loss(x, half, half)
                F.multi_margin_loss(x, classes)
    finally:
        entries.remove(watch)
    assert watch.report.errors == [] and courier.sent > 30 and crossings.found == []


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs CUDA")
def test_cuda_never_synchronises() -> None:
    x = torch.randn(64, 10, device="cuda", requires_grad=True)
    y = torch.randint(10, (64,), device="cuda")
    report = install("collect")
    torch.cuda.set_sync_debug_mode("error")
    try:
        for _ in range(50):
            F.cross_entropy(x, y).backward()
            F.cross_entropy(x.softmax(1), y).backward()
    finally:
        torch.cuda.set_sync_debug_mode("default")
        uninstall()
    assert report.errors == [] and {finding.code for finding in report.proven} == {"LL101"}
    assert len(report.sites[0].losses.points) > 8


class Event:
    """Stands for a CUDA event: nothing may ask for what has not passed."""

    made: ClassVar[list[Event]] = []

    def __init__(self) -> None:
        self.recorded = self.passed = False
        Event.made.append(self)

    def record(self) -> None:
        self.recorded = True

    def query(self) -> bool:
        assert self.recorded
        return self.passed

    def synchronize(self) -> None:
        assert self.passed, "the host would have waited"


def test_cuda_by_pinned_rows_and_events(monkeypatch: pytest.MonkeyPatch) -> None:
    """There is no GPU here: events are stand-ins, and pinned memory is memory. What CUDA itself does, this does not show."""
    pinned: list[int] = []
    empty = torch.empty

    def rows(size: int, *, dtype: Any, pin_memory: bool) -> Any:
        assert pin_memory
        pinned.append(size)
        return empty(size, dtype=dtype)

    monkeypatch.setattr(Event, "made", [])
    monkeypatch.setattr(torch, "empty", rows)
    monkeypatch.setattr(torch.cuda, "Event", Event)
    monkeypatch.setattr(torch.cuda, "device", lambda device: nullcontext())
    monkeypatch.setattr(mailbox.DeviceCourier, "send", lambda self, vector: mailbox._CudaTransfer(vector, self._rows))
    box, got = Mailbox(DeviceCourier()), []
    for number in (1.0, 2.0):
        assert box.post(torch.full((3,), number, dtype=torch.float64), got.append)
    assert list(box.arrived()) == [] and len(Event.made) == len(pinned) == 2
    Event.made[1].passed = True
    assert list(box.arrived()) == [], "in the order in which they were sent"
    Event.made[0].passed = True
    for then, numbers in box.arrived():
        then(numbers)
    assert got == [[1.0] * 3, [2.0] * 3]
    box.post(torch.zeros(2, dtype=torch.float64), got.append)
    assert len(pinned) == 2, "a row that was read is used again"


def test_the_cpu_is_never_waited_for() -> None:
    courier = DeviceCourier()
    assert not courier.waits(torch.ones(2)) and courier.waits(torch.ones(2, device="meta")) and courier.idle()
