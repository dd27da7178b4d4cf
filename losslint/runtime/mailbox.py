"""Numbers on their way from a device to the host. Nothing waits for them: they are read once they have arrived.

A vector is copied to pinned memory behind the work already queued on its stream, with an event behind the copy; a later
loss call asks the event whether it has passed. Neither the copy, nor the event, nor the question makes the host wait.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final, Protocol

import torch

MOST_UNDER_WAY: Final = 128
"""Vectors not yet read; more are not sent. Each is a few hundred bytes large."""
WIDTH: Final = 256
"""Numbers in one vector; longer ones are not sent."""

Then = Callable[[Sequence[float]], None]


class Transfer(Protocol):
    """A vector under way."""

    def ready(self) -> bool:
        """Whether `numbers` would not wait."""

    def numbers(self) -> list[float]:
        """The vector's numbers; waits for them."""


class Courier(Protocol):
    """How vectors get from devices to the host."""

    def waits(self, tensor: Any) -> bool:
        """Whether reading this tensor's numbers at once could wait for a device."""

    def idle(self) -> bool:
        """Whether events may be asked now."""

    def send(self, vector: Any) -> Transfer: ...


class Mailbox:
    """Vectors under way and what is to be done with their numbers, in the order in which they were sent."""

    def __init__(self, courier: Courier) -> None:
        self._courier = courier
        self._lock = threading.Lock()
        self.under_way: deque[tuple[Transfer, Then]] = deque()

    def post(self, vector: Any, then: Then) -> bool:
        """Call `then` with the vector's numbers, later; False where too much is under way already."""
        if len(self.under_way) >= MOST_UNDER_WAY or vector.numel() > WIDTH:
            return False
        transfer = self._courier.send(vector)
        with self._lock:
            self.under_way.append((transfer, then))
        return True

    def arrived(self, *, wait: bool = False) -> Iterator[tuple[Then, Sequence[float]]]:
        """What has arrived and what is to be done with it; with `wait` everything."""
        while self.under_way and self._courier.idle():
            with self._lock:
                if not self.under_way or not (wait or self.under_way[0][0].ready()):
                    return
                transfer, then = self.under_way.popleft()
            yield then, transfer.numbers()

    def forget(self) -> None:
        """In a forked child nothing arrives: devices belong to the parent."""
        self._lock = threading.Lock()
        self.under_way.clear()


class _CudaTransfer:
    """One row of pinned memory, given back when it has been read."""

    def __init__(self, vector: Any, rows: deque[Any]) -> None:
        self._rows = rows
        self._size = vector.numel()
        self._row = rows.popleft() if rows else torch.empty(WIDTH, dtype=torch.float64, pin_memory=True)
        self._event = torch.cuda.Event()
        with torch.no_grad(), torch._C.DisableTorchFunction(), torch.cuda.device(vector.device):
            self._row[: self._size].copy_(vector, non_blocking=True)
            self._event.record()

    def ready(self) -> bool:
        return bool(self._event.query())

    def numbers(self) -> list[float]:
        self._event.synchronize()
        numbers: list[float] = self._row[: self._size].tolist()
        self._rows.append(self._row)
        return numbers


class _LateTransfer:
    """Of devices without events known here the vector is read at the end."""

    def __init__(self, vector: Any) -> None:
        self._vector = vector

    def ready(self) -> bool:
        return False

    def numbers(self) -> list[float]:
        numbers: list[float] = self._vector.tolist()
        return numbers


class DeviceCourier:
    """CUDA by pinned memory and events; other devices at the end; the CPU needs none."""

    def __init__(self) -> None:
        self._rows: deque[Any] = deque()

    def waits(self, tensor: Any) -> bool:
        return bool(tensor.device.type != "cpu")

    def idle(self) -> bool:
        # While a stream is captured into a CUDA graph, asking an event would spoil the capture.
        return not (torch.cuda.is_initialized() and torch.cuda.is_current_stream_capturing())

    def send(self, vector: Any) -> Transfer:
        return _CudaTransfer(vector, self._rows) if vector.is_cuda else _LateTransfer(vector)
