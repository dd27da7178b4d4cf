"""Softmax, log-softmax and sigmoid written out by hand, on their way into a loss: each with a right use beside it."""

from __future__ import annotations

from pathlib import Path

import pytest
from routes import HEADER, assert_found

WRITTEN = {
    "a softmax in a function of its own": """
def softmax(x, dim=1):
    e = torch.exp(x - x.max(dim, keepdim=True)[0])
    return e / e.sum(dim, keepdim=True)

def step(y):
    x = nn.Linear(3, 4)(torch.randn(8, 3))
    F.cross_entropy(x, y)
    F.nll_loss(torch.log(softmax(x)), y)  # LL110
    return F.cross_entropy(softmax(x), y)  # LL101
""",
    "the sum by itself, lined up afterwards": """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.last = nn.Linear(3, 4)

    def forward(self, x):
        x = self.last(x)
        total = torch.sum(torch.exp(x), dim=1)
        return torch.exp(x) / total.view(-1, 1)

def step(x, y):
    probs = Net()(x)
    F.nll_loss((probs + 1e-8).log(), y)  # LL110
    return nn.NLLLoss()(probs, y)  # LL103
""",
    "a log-softmax": """
def log_softmax(x):
    return x - x.exp().sum(-1).log().unsqueeze(-1)

def step(x, y):
    x = nn.Linear(3, 4)(x)
    F.nll_loss(log_softmax(x), y)
    F.nll_loss(x - torch.logsumexp(x, 1, keepdim=True), y)
    F.cross_entropy(log_softmax(x), y)  # LL105
    return F.binary_cross_entropy(log_softmax(x), y)  # LL106
""",
    "a sigmoid": """
def sigmoid(z):
    return 1 / (1 + torch.exp(-z))

def step(x, y):
    x = nn.Linear(3, 1)(x)
    F.binary_cross_entropy(sigmoid(x), y.float())  # LL110
    return F.binary_cross_entropy_with_logits(sigmoid(x), y.float())  # LL101
""",
    "with NumPy": """
import numpy as np

def step(x, y):
    e = np.exp(nn.Linear(3, 4)(x).detach().numpy())
    probs = e / np.sum(e, axis=1, keepdims=True)
    F.nll_loss(torch.log(torch.from_numpy(probs)), y)  # LL110
    return F.nll_loss(torch.from_numpy(probs), y)  # LL103
""",
    "mixtures": """
def step(x, y, n):
    p, q = nn.Linear(3, 4)(x).softmax(1), nn.Linear(3, 4)(x).softmax(1)
    mean = (p + q) / 2
    F.nll_loss(torch.log(mean), y)
    F.nll_loss(mean, y)  # LL103
    F.cross_entropy(0.3 * p + q * 0.7, y)  # LL101
    F.cross_entropy(p.mul(0.5).add(q.mul(0.5)), y)  # LL101
    F.nll_loss(F.log_softmax(sum([p, q, p]) / 3, dim=1), y)  # LL117
    total = 0
    for one in (p, q):
        total += 0.5 * one
    F.cross_entropy(total, y)  # LL101
    a, b = torch.sigmoid(x), torch.sigmoid(-x)
    F.binary_cross_entropy((a + b) / 2, y.float())
    return F.binary_cross_entropy_with_logits((a + b) / 2, y.float())  # LL101
""",
    "what isn't weighted to one": """
def step(x, y, n):
    p, q, r = nn.Linear(3, 4)(x).softmax(1), nn.Linear(3, 4)(x).softmax(1), nn.Linear(3, 4)(x).softmax(2)
    F.cross_entropy(p + q, y)
    F.cross_entropy(p - q, y)
    F.cross_entropy((p + r) / 2, y)
    F.cross_entropy(-0.5 * p + 1.5 * q, y)
    F.cross_entropy((p + q) / 3, y)
    total = 0.5 * p
    if n > 2:
        total = total + 0.5 * q
    F.cross_entropy(total, y)
    total = 0
    for _ in range(n):
        total += p / 2
    return F.cross_entropy(total, y)
""",
    "what isn't divided by its own sum": """
def step(x, y):
    x = nn.Linear(3, 4)(x)
    e = torch.exp(x)
    F.cross_entropy(e / e.sum(1), y)
    F.cross_entropy(x / x.sum(1, keepdim=True), y)
    F.cross_entropy(e / torch.exp(x / 2).sum(1, keepdim=True), y)
    return F.cross_entropy(e / e.sum(1, keepdim=True), y)  # LL101
""",
}


@pytest.mark.parametrize("code", WRITTEN.values(), ids=list(WRITTEN))
def test_written_out(tmp_path: Path, code: str) -> None:
    assert_found(tmp_path, {"train.py": HEADER + code})
