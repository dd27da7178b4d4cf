"""Optimizers of the program's own: the closure that a step is given runs, and so does a step that has a loss of its own."""

from __future__ import annotations

from pathlib import Path

import pytest
from routes import HEADER, assert_found

OPTIMIZER = """
class Lookahead(torch.optim.Optimizer):
    def __init__(self, base):
        self.base = base

    def step(self, closure=None):
        for group in self.base.param_groups:
            for p in group["params"]:
                p.data.add_(p.grad, alpha=-0.1)
        return self.base.step(closure)
"""
PROGRAMS = {
    "a closure": OPTIMIZER
    + """
def fit(net, x, y):
    optimizer = Lookahead(torch.optim.LBFGS(net.parameters()))
    def closure():
        loss = F.cross_entropy(torch.softmax(net(x), 1), y)  # LL101
        loss.backward()
        return loss
    optimizer.step(closure=closure)
""",
    "the loss that a closure returns": OPTIMIZER
    + """
def fit(net, data):
    optimizer, total = Lookahead(torch.optim.SGD(net.parameters())), 0
    for x, y in data:
        def closure():
            loss = F.cross_entropy(net(x), y)  # LL406
            loss.backward()
            return loss
        loss = optimizer.step(closure)
        total += loss
""",
    "a step without a closure": OPTIMIZER
    + """
def fit(net, x, y):
    optimizer = Lookahead(torch.optim.SGD(net.parameters()))
    loss = F.cross_entropy(torch.softmax(net(x), 1), y)  # LL101
    loss.backward()
    optimizer.step()
    optimizer.step(None)
""",
    "a step that computes a loss itself": """
class Own(torch.optim.SGD):
    def step(self, net=None):
        F.cross_entropy(torch.softmax(torch.randn(2, 3), 1), torch.tensor([0, 1])).backward()  # LL101

def fit(net):
    Own(net.parameters()).step()
""",
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_optimizers_of_the_program(tmp_path: Path, name: str) -> None:
    assert_found(tmp_path, {"program.py": HEADER + PROGRAMS[name]})
