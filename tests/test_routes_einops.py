"""Axes that einops' patterns name, and attributes that are set all at once."""

from __future__ import annotations

from pathlib import Path

import pytest
from routes import HEADER, assert_found

PROGRAMS = {
    "axes put together": """
from einops import rearrange
from einops.layers.torch import Rearrange

net = nn.Linear(8, 3)
probs = nn.Sequential(net, nn.Softmax(dim=-1), Rearrange("b n c -> (b n) c"))
def step(y):
    x = torch.ones(2, 5, 8)
    F.cross_entropy(rearrange(F.softmax(net(x), -1), "b n c -> (b n) c"), y.flatten())  # LL101
    F.cross_entropy(probs(x), y.flatten())  # LL101
    F.cross_entropy(rearrange(net(x), "b n c -> (b n) c"), torch.zeros(10).long())
    F.cross_entropy(rearrange(net(x), "b n c -> b c n"), torch.zeros(2, 5).long())
    F.cross_entropy(rearrange(net(x), "b n c -> (b n) c"), torch.zeros(5).long())  # LL303
    F.mse_loss(rearrange(net(x)[:, 0], "b c -> b c 1"), torch.zeros(2, 3))  # LL303
""",
    "the axis of a softmax moves along": """
from einops import rearrange

net = nn.Linear(8, 3)
def step(y):
    out = F.log_softmax(net(torch.ones(2, 5, 8)), dim=-1)
    F.nll_loss(rearrange(out, "b n c -> b c n"), torch.zeros(2, 5).long())
    F.nll_loss(rearrange(out, "b n c -> (b n) c"), torch.zeros(10).long())
    F.nll_loss(rearrange(out, "b (n m) c -> (b n m) c", n=5), y)
    F.nll_loss(rearrange(out, "... c -> (...) c"), y)
""",
    "attributes that are set all at once": """
class Trainer:
    def __init__(self, **options):
        self.__dict__.update(options)

    def run(self, data):
        for x, y in data:
            self.criterion(self.model(x), y).backward()  # LL102

Trainer(model=nn.Linear(4, 3), criterion=nn.NLLLoss()).run(torch.load("data"))
""",
}


@pytest.mark.parametrize("program", PROGRAMS.values(), ids=PROGRAMS.keys())
def test_patterns_and_attributes(tmp_path: Path, program: str) -> None:
    assert_found(tmp_path, {"program.py": HEADER + program})
