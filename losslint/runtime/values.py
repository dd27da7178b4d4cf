"""What the numbers themselves tell: the range, and a domain where it shows beyond reasonable doubt.

Values that happen to look like probabilities are no proof; tolerances and the number of rows wanted come from
measurements on real heads: no false alarm in 4,000 batches of 32.

Nothing of a tensor's size is made from it: what reading needs of memory is bounded by `PART`.

Reading goes in two steps, so that no device is made to wait: `launch` puts everything that is wanted of a tensor into
a few numbers on the tensor's own device, `interpret` reads those numbers once they have arrived.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any, Final

import torch

from losslint.facts import NO_RANGE, UNKNOWN_AXIS, Domain, Range

PART: Final = 1 << 18
"""Numbers that are copied at once. Range, sums and one-hot rows are those of the whole tensor, however large; whether rows
are normalised is seen in an even selection of rows of about this size."""
LARGEST_PART: Final = 16 * PART
"""`ROWS` rows that are larger than this together are not looked at."""
ROWS: Final = 8
"""Fewer rows that sum to one are not taken for probabilities."""
CHANCE: Final = 1e-6
"""How likely random 0/1 entries may form one-hot rows for them to be taken for one-hot rows."""
MOST_AXES: Final = 5
BINS: Final = 20
COUNTED: Final = 1024
"""Numbers that are counted into bins, of larger tensors an even selection."""

_TOLERANCES: Final = {"float16": (1e-2, 2e-2), "bfloat16": (3e-2, 5e-2)}
"""Largest errors of a row's sum and of a row's logsumexp, with room; (1e-3, 1e-3) for the other dtypes."""
WITHOUT_FLOAT64: Final = frozenset({"mps"})
"""Types of devices that refuse float64."""
_PLAIN: Final = (torch.Tensor, torch.nn.Parameter)
"""Subclasses may do anything when they are read: a DTensor would communicate."""


@dataclass(frozen=True)
class Values:
    """What was read. `note` says by what the domain was recognised. `sums` are those of `Facts`, of numbers in [0, 1] alone.

    `finite`: whether every number is; None where nothing was read. `counts`: how many of them, or of an even selection, lie
    in each of `BINS` equal parts of the range.
    """

    range: Range = NO_RANGE
    domain: Domain | None = None
    note: str = ""
    sums: Range = NO_RANGE
    finite: bool | None = None
    counts: tuple[int, ...] = ()


UNREAD: Final = Values()


@dataclass(frozen=True)
class Reading:
    """What was asked of a tensor. `numbers` is a vector on the tensor's device; the tensor itself is not kept."""

    dtype: str
    shape: tuple[int, ...]
    domain: bool
    bins: bool
    numbers: Any

    @property
    def size(self) -> int:
        """How many numbers."""
        return int(self.numbers.numel())

    @property
    def floating(self) -> bool:
        return self.dtype.startswith(("float", "bfloat"))

    @property
    def axes(self) -> list[int]:
        """Axes along which rows may be normalised, or one-hot."""
        if not self.domain or self.dtype == "bool" or len(self.shape) > MOST_AXES or (len(self.shape) < 2 and not self.floating):
            return []
        total = math.prod(self.shape)
        rows = [at for at, size in enumerate(self.shape) if size > 1 and (not self.floating or total // size >= ROWS)]
        return rows if not self.floating else [at for at in rows if ROWS * self.shape[at] <= LARGEST_PART]


def readable(tensor: Any) -> bool:
    """Whether the numbers can be read now without changing what the program does."""
    return not (
        type(tensor) not in _PLAIN
        or tensor.device.type == "meta"
        or tensor.layout != torch.strided
        or tensor.is_nested
        or tensor.is_quantized
        or tensor.dtype.is_complex
        or tensor.numel() == 0
        or torch._C._len_torch_dispatch_stack() > 0
        or torch._C._functorch.peek_interpreter_stack() is not None
        or (tensor.is_cuda and torch.cuda.is_current_stream_capturing())
    )


@contextmanager
def _apart() -> Iterator[None]:
    """Operations of losslint's own: outside the graph, and outside of modes that the program has put in place."""
    with torch.no_grad(), torch._C.DisableTorchFunction():
        yield


def read(tensor: Any, *, domain: bool = True) -> Values:
    """Range and domain of a tensor. Waits for its device."""
    reading = launch(tensor, domain=domain, whole=False)
    return UNREAD if reading is None else interpret(reading, reading.numbers.tolist())


def launch(tensor: Any, *, domain: bool = True, bins: bool = False, whole: bool = True) -> Reading | None:
    """Ask for the numbers; None where they cannot be had. With `whole` no number decides what is computed, so nothing waits;
    without, what the range rules out is left NaN. `bins`: also count how floating-point numbers are spread.
    """
    if not readable(tensor):
        return None
    with _apart():
        value = tensor.detach()
        dtype = str(value.dtype).removeprefix("torch.")
        asked = Reading(dtype, tuple(value.shape), domain, bins and value.dtype.is_floating_point, None)
        widest = torch.float32 if value.device.type in WITHOUT_FLOAT64 else torch.float64
        ends = [end.to(widest) for end in _ends(value)]
        ask = _ask_floats if asked.floating else _ask_integers
        numbers = torch.stack([*ends, *(number.to(widest) for number in ask(value, asked, ends, whole))])
        if asked.bins:
            numbers = torch.cat([numbers, _ask_bins(value, *ends)])
        return replace(asked, numbers=numbers)


def _pieces(value: Any, axis: int | None = None) -> Sequence[Any]:
    """The tensor in pieces of at most `PART` numbers, as far as splitting along one axis goes, but not along `axis`."""
    along = max((at for at in range(value.dim()) if at != axis), key=lambda at: value.shape[at], default=None)
    if along is None or value.numel() <= PART:
        return [value]
    pieces: Sequence[Any] = value.split(max(1, PART * value.shape[along] // value.numel()), along)
    return pieces


def _ends(value: Any) -> tuple[Any, Any]:
    """The least and the largest number. On the CPU torch copies what isn't contiguous."""
    if value.device.type != "cpu" or value.is_contiguous():
        low, high = torch.aminmax(value)
        return low, high
    lows, highs = zip(*map(torch.aminmax, _pieces(value)), strict=True)
    return torch.stack(lows).amin(), torch.stack(highs).amax()


def _sums(value: Any, axis: int) -> list[Any]:
    """The least and the largest sum along an axis. On the CPU torch copies what it adds up in another dtype."""
    wide = value.dtype if value.dtype in (torch.float32, torch.float64) else _wide(value.dtype)
    pieces = [value] if value.device.type != "cpu" or wide == value.dtype else _pieces(value, axis)
    sums = [torch.aminmax(piece.sum(axis, dtype=wide)) for piece in pieces]
    return [torch.stack([low for low, _ in sums]).amin(), torch.stack([high for _, high in sums]).amax()]


def _wide(dtype: Any) -> Any:
    return torch.float32 if dtype.is_floating_point else torch.int64


def selection(shape: Sequence[int], axis: int | None, most: int = PART) -> tuple[slice, ...]:
    """An even selection of about `most` numbers: of at least `ROWS` whole rows, where `axis` is that along which they lie."""
    sizes, steps = list(shape), [1] * len(shape)
    while (total := math.prod(sizes)) > most:
        rows = total // sizes[axis] if axis is not None else total
        along = max((at for at in range(len(sizes)) if at != axis), key=lambda at: sizes[at], default=None)
        if along is None or (step := min(sizes[along], -(-total // most), rows // ROWS)) < 2:
            break
        steps[along] *= step
        sizes[along] = -(-sizes[along] // step)
    return tuple(slice(None, None, step) for step in steps)


def _ask_bins(value: Any, low: Any, high: Any) -> Any:
    """How many numbers lie below each inner border."""
    parts = torch.arange(1, BINS, device=value.device, dtype=low.dtype) / BINS
    flat = (value if value.is_contiguous() else value[selection(value.shape, None, PART // 16)]).reshape(-1)
    some = flat[:: -(-flat.numel() // COUNTED)].to(low.dtype)
    below = torch.searchsorted(some.sort().values, low + (high - low) * parts)
    return torch.cat([below, below.new_full((1,), some.numel())]).to(low.dtype)


def _ask_floats(value: Any, reading: Reading, ends: Sequence[Any], whole: bool) -> list[Any]:
    """Sums along axis 1, then for each axis: errors of sum and logsumexp, and by how much rows and their tops differ."""
    unknown = torch.full_like(ends[0], math.nan)
    probable = logged = summed = True
    if not whole:
        low, high = (float(end) for end in ends)
        sum_error, log_error = _tolerances(reading)
        summed, probable = 0 <= low <= high <= 1, low >= -sum_error and high <= 1 + sum_error
        logged = not probable and high <= log_error
    numbers = [unknown] * 2
    if summed and 1 <= value.dim() <= MOST_AXES:
        numbers = _sums(value, min(value.dim() - 1, 1))
    for axis in reading.axes:
        if not (probable or logged):
            numbers += [unknown] * 5
            continue
        rows = value[selection(value.shape, axis)].to(torch.promote_types(value.dtype, torch.float32))
        numbers.append((rows.sum(axis) - 1).abs().amax() if probable else unknown)
        numbers.append(rows.logsumexp(axis).abs().amax() if logged else unknown)
        top = rows.amax(axis)
        least, most = torch.aminmax(top)
        numbers += [(top - rows.amin(axis)).amax(), (top - 1).abs().amax(), most - least]
    return numbers


def _ask_integers(value: Any, reading: Reading, ends: Sequence[Any], whole: bool) -> list[Any]:
    """For each axis the least and the largest sum of its rows."""
    if not whole and [float(end) for end in ends] != [0.0, 1.0]:
        return []
    return [end for axis in reading.axes for end in _sums(value, axis)]


def _tolerances(reading: Reading) -> tuple[float, float]:
    return _TOLERANCES.get(reading.dtype, (1e-3, 1e-3))


def interpret(reading: Reading, numbers: Sequence[float]) -> Values:
    """What the numbers of a reading mean."""
    low, high = numbers[:2]
    if math.isnan(low) or math.isnan(high):
        return Values(finite=False)
    finite = math.isfinite(low) and math.isfinite(high)
    span = Range(low, high, exact=True)
    if not reading.floating:
        return Values(span, *_one_hot(reading, low, high, numbers[2:]), finite=finite)
    sums = Range(numbers[2], numbers[3], exact=True) if 0 <= low <= high <= 1 and not math.isnan(numbers[2]) else NO_RANGE
    domain, note = _normalised(reading, low, high, sums, numbers[4:]) if math.isfinite(high) else (None, "")
    counts = _counts(numbers[-BINS:]) if reading.bins and finite and low < high else ()
    return Values(span, domain, note, sums, finite, counts)


def _counts(below: Sequence[float]) -> tuple[int, ...]:
    return tuple(int(more - less) for less, more in zip((0.0, *below), below, strict=False))


def _normalised(reading: Reading, low: float, high: float, sums: Range, numbers: Sequence[float]) -> tuple[Domain | None, str]:
    sum_error, log_error = _tolerances(reading)
    probable = low >= -sum_error and high <= 1 + sum_error
    if not probable and high > log_error:
        return None, ""
    axes = []
    for at, axis in enumerate(reading.axes):
        off_sum, off_log, *differences = numbers[5 * at : 5 * at + 5]
        if sums.exact and axis == min(len(reading.shape) - 1, 1):
            off_sum = max(abs(sums.low - 1), abs(sums.high - 1))  # of all rows
        # 1/C everywhere or hard labels tell nothing: rows have to differ within and among themselves, and not be one-hot.
        if (off_sum <= sum_error if probable else off_log <= log_error) and _varied(*differences):
            axes.append(axis)
    if not axes:
        return None, ""
    name, note = ("probs", "rows in [0, 1] that sum to 1") if probable else ("log_probs", "rows whose exponentials sum to 1")
    return Domain(name, axes[0] if len(axes) == 1 else UNKNOWN_AXIS), f"{note} ({_seen(reading.shape, axes[0])})"


def _seen(shape: Sequence[int], axis: int) -> str:
    every = math.prod(shape) // shape[axis]
    read = math.prod(len(range(size)[step]) for size, step in zip(shape, selection(shape, axis), strict=True)) // shape[axis]
    return "values" if read == every else f"values; {read} of {every} rows"


def _varied(within: float, from_one: float, among: float) -> bool:
    return within > 1e-6 and from_one > 1e-6 and among > 0


def _one_hot(reading: Reading, low: float, high: float, sums: Sequence[float]) -> tuple[Domain | None, str]:
    if low != 0 or high != 1:
        return None, ""
    total, axes = math.prod(reading.shape), []
    for at, axis in enumerate(reading.axes):
        size = reading.shape[axis]
        if total // size * (math.log(size) - size * math.log(2)) < math.log(CHANCE) and sums[2 * at] == sums[2 * at + 1] == 1:
            axes.append(axis)
    if not axes:
        return None, ""
    return Domain("one_hot", axes[0] if len(axes) == 1 else UNKNOWN_AXIS), "one 1 in every row (values)"
