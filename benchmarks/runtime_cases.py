"""The work of `runtime.py`: one call, or one training step, at a time."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as F
from torch import nn

Step = Callable[[], Any]
GPU = torch.cuda.is_available()


def call(rows: int, classes: int, device: str) -> Step:
    x = torch.randn(rows, classes, device=device, requires_grad=True)
    y = torch.randint(classes, (rows,), device=device)
    return lambda: F.cross_entropy(x, y)


def module_call(rows: int, classes: int) -> Step:
    x, y, criterion = torch.randn(rows, classes, requires_grad=True), torch.randint(classes, (rows,)), nn.CrossEntropyLoss()
    return lambda: criterion(x, y)


def training(model: nn.Module, x: Any, y: Any, capture: bool = False) -> Step:
    optimizer = torch.optim.Adam(model.parameters(), capturable=capture)
    criterion = nn.CrossEntropyLoss()

    def step() -> None:
        optimizer.zero_grad()
        criterion(model(x).flatten(0, -2), y.flatten()).backward()
        optimizer.step()

    return step


def mlp(width: int, layers: int, batch: int, device: str) -> Step:
    inner = [part for _ in range(layers) for part in (nn.Linear(width, width), nn.ReLU())]
    model = nn.Sequential(*inner, nn.Linear(width, 10)).to(device)
    return training(model, torch.randn(batch, width, device=device), torch.randint(10, (batch,), device=device))


def convolutions(device: str) -> Step:
    def block(inside: int, outside: int, stride: int) -> nn.Module:
        return nn.Sequential(nn.Conv2d(inside, outside, 3, stride, 1, bias=False), nn.BatchNorm2d(outside), nn.ReLU(True))

    widths = [64, 128, 256, 512]
    parts = [block(3, 64, 2)]
    for inside, outside in itertools.pairwise([64, *widths]):
        parts += [block(inside, outside, 2), *(block(outside, outside, 1) for _ in range(6))]
    model = nn.Sequential(*parts, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(512, 1000)).to(device)
    return training(model, torch.randn(32, 3, 224, 224, device=device), torch.randint(1000, (32,), device=device))


def transformer(width: int, layers: int, tokens: tuple[int, int], words: int, device: str) -> Step:
    layer = nn.TransformerEncoderLayer(width, 8, 4 * width, batch_first=True)
    model = nn.Sequential(nn.Embedding(words, width), nn.TransformerEncoder(layer, layers), nn.Linear(width, words)).to(device)
    ids = torch.randint(words, tokens, device=device)
    return training(model, ids, ids)


def captured(device: str) -> Step:
    """A training step that is replayed from a CUDA graph: its losses can't be seen, and cost nothing."""
    model = nn.Sequential(nn.Linear(256, 256), nn.ReLU(), nn.Linear(256, 10)).to(device)
    x, y = torch.randn(64, 256, device=device), torch.randint(10, (64,), device=device)
    step = training(model, x, y, capture=True)
    side = torch.cuda.Stream()
    with torch.cuda.stream(side):
        for _ in range(3):
            step()
    torch.cuda.current_stream().wait_stream(side)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        step()
    return graph.replay


CASES: dict[str, Callable[[], Step]] = {
    "small-call": lambda: call(32, 10, "cpu"),
    "small-module-call": lambda: module_call(32, 10),
    "large-call": lambda: call(4096, 1000, "cpu"),
    "call-32k-classes": lambda: call(512, 32_000, "cpu"),
    "small-step": lambda: mlp(64, 4, 32, "cpu"),
    "medium-step": lambda: mlp(512, 4, 256, "cpu"),
    "transformer-step-32k": lambda: transformer(64, 1, (4, 32), 32_000, "cpu"),
}
if GPU:
    CASES |= {
        "gpu-small-call": lambda: call(32, 10, "cuda"),
        "gpu-mlp": lambda: mlp(512, 4, 256, "cuda"),
        "gpu-convolutions": lambda: convolutions("cuda"),
        "gpu-transformer-32k": lambda: transformer(512, 4, (8, 256), 32_000, "cuda"),
        "gpu-cuda-graph": lambda: captured("cuda"),
    }
