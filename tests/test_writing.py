"""`buffer[index] = value`: what is known of the buffer afterwards, asked of torch, and followed by the engine."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from routes import HEADER, assert_found

from losslint.facts import EACH, Domain, Facts
from losslint.oneof import OneOf
from losslint.shapes import Shape
from losslint.static.operand import Operand
from losslint.static.operations import written

FULL = Operand(items=(Operand(value=OneOf.of(None)),) * 3, tag="slice")
ROW = Operand(Facts(kind=OneOf.of("number")), OneOf.of(0))
INDICES = {"0": (ROW,), ":, 0": (FULL, ROW), "0, :, 0": (ROW, FULL, ROW), ":": (FULL,), "0, 0": (ROW, ROW)}


@pytest.mark.parametrize("text", INDICES)
@pytest.mark.parametrize("axis", [0, 1, 2, 3])
def test_the_axis_of_what_was_written(text: str, axis: int) -> None:
    """Softmax along each axis of a part: torch says along which axis of the buffer the part then adds up to one."""
    index = tuple(0 if one is ROW else slice(None) for one in INDICES[text])
    part = torch.ones(2, 3, 4, 5)[index]
    if axis >= part.ndim:
        return
    buffer = torch.zeros(2, 3, 4, 5)
    buffer[index] = torch.softmax(torch.randn(part.shape), dim=axis)
    sums_to_one = [one for one in range(4) if bool((buffer.sum(one)[buffer.sum(one) != 0] - 1).abs().max() < 1e-5)]

    facts = Facts(
        kind=OneOf.of("tensor"), domain=OneOf.of(Domain("probs", axis)), dtype=OneOf.of("float32"),
        shape=OneOf.of(Shape(tuple(part.shape))),
    )  # fmt: skip
    zeros = written(_zeros(), Operand(Facts(kind=OneOf.of("tuple")), items=INDICES[text]), Operand(facts))
    found = zeros.facts.domain.only
    assert found is not None and [found.axis] == sums_to_one


def test_sigmoids_stay_sigmoids() -> None:
    facts = Facts(kind=OneOf.of("tensor"), domain=OneOf.of(Domain("probs", EACH)), shape=OneOf.of(Shape((3, 4, 5))))
    assert written(_zeros(), ROW, Operand(facts)).facts.domain.only == Domain("probs", EACH)


def _zeros() -> Operand:
    from losslint.facts import Range

    return Operand(
        Facts(kind=OneOf.of("tensor"), shape=OneOf.of(Shape((2, 3, 4, 5))), requires_grad=OneOf.of(False), range=Range(0.0, 0.0))
    )


ROUTES = {
    "a decoder's steps": """
def step(net, x, y, length):
    outputs = torch.zeros(length, 8, 5).to(x.device)
    raw = torch.zeros(length, 8, 5, device=x.device)
    for t in range(1, length):
        outputs[t] = F.softmax(nn.Linear(3, 5)(x), dim=1)
        raw[t] = nn.Linear(3, 5)(x)
    F.cross_entropy(outputs[1:].view(-1, 5), y)  # LL101
    F.cross_entropy(raw[1:].view(-1, 5), y)
""",
    "column by column": """
def step(x, y):
    scores = torch.empty(8, 5)
    for i in range(8):
        scores[i, :] = torch.softmax(x[i], 0)
    F.cross_entropy(scores, y)  # LL101
""",
    "only some of it": """
def step(x, y):
    boxes = nn.Linear(3, 5)(x)
    boxes[:, 0] = torch.sigmoid(boxes[:, 0])
    F.cross_entropy(boxes, y)
    F.nll_loss(boxes, y)
""",
    "masked scores are scores": """
def step(x, y, mask):
    scores = nn.Linear(3, 5)(x)
    scores[mask] = -1e9
    F.cross_entropy(scores, y)
    F.nll_loss(scores, y)  # LL102
""",
    "labels turned into signs": """
def step(x, y):
    target = (y > 3).float()
    target[target == 0] = -1
    nn.SoftMarginLoss()(x, target)
""",
    "ids written into zeros are no zeros": """
def step(x):
    target = torch.zeros(8, dtype=torch.long)
    target[3] = 2
    F.cross_entropy(nn.Linear(3, 5)(x), target)
    soft = torch.zeros(8, 5)
    soft[torch.arange(8), target] = 1.0
    F.cross_entropy(nn.Linear(3, 5)(x), soft)
""",
}


@pytest.mark.parametrize("name", ROUTES)
def test_routes(tmp_path: Path, name: str) -> None:
    assert_found(tmp_path, {"main.py": HEADER + ROUTES[name]})
