"""A Sequential that is changed later: layers added, taken out, replaced, on some path or some number of times."""

from __future__ import annotations

from pathlib import Path

import pytest
from routes import HEADER, assert_found

PROGRAMS = {
    "every way of adding": """
def check(labels, scores):
    one = nn.Sequential(nn.Linear(3, 3))
    one.append(nn.Sigmoid())
    two = nn.Sequential(nn.Linear(3, 3))
    two.extend([nn.Dropout(), nn.Sigmoid()])
    three = nn.Sequential(nn.Linear(3, 3), nn.Flatten())
    three.insert(1, nn.Sigmoid())
    four = nn.Sequential()
    four.add_module(name="fc", module=nn.Linear(3, 3))
    four.add_module(module=nn.Sigmoid(), name="last")
    F.binary_cross_entropy_with_logits(one(scores), labels)  # LL101
    F.binary_cross_entropy_with_logits(two(scores), labels)  # LL101
    F.binary_cross_entropy_with_logits(three(scores), labels)  # LL101
    F.binary_cross_entropy_with_logits(four(scores), labels)  # LL101
""",
    "every way of taking out": """
def check(labels, scores):
    one = nn.Sequential(nn.Linear(3, 3), nn.Sigmoid())
    one.pop(1)
    two = nn.Sequential(nn.Linear(3, 3), nn.Sigmoid(), nn.Dropout())
    del two[1]
    three = nn.Sequential()
    three.add_module("fc", nn.Linear(3, 3))
    three.add_module("last", nn.Sigmoid())
    three[-1] = nn.Identity()
    four = nn.Sequential(nn.Linear(3, 3), nn.Sigmoid())
    del four[:1]
    F.binary_cross_entropy_with_logits(one(scores), labels)
    F.binary_cross_entropy_with_logits(two(scores), labels)
    F.binary_cross_entropy_with_logits(three(scores), labels)
    F.binary_cross_entropy_with_logits(four(scores), labels)
    two.append(nn.Sigmoid())
    F.binary_cross_entropy_with_logits(two(scores), labels)  # LL101
""",
    "a layer that some path adds or takes out": """
def check(labels, scores, flag):
    one = nn.Sequential(nn.Linear(3, 3))
    two = nn.Sequential(nn.Linear(3, 3), nn.Sigmoid())
    three = nn.Sequential(nn.Linear(3, 3))
    if flag > 3:
        one.append(nn.Sigmoid())
        two.pop(1)
        three.insert(1, nn.Sigmoid())
    F.binary_cross_entropy_with_logits(one(scores), labels)
    F.binary_cross_entropy(one(scores), labels)
    F.binary_cross_entropy_with_logits(two(scores), labels)
    F.binary_cross_entropy_with_logits(three(scores), labels)
""",
    "the option that adds it": """
import argparse

parser = argparse.ArgumentParser()
parser.add_argument("--squash", action="store_true")
args = parser.parse_args()

net = nn.Sequential(nn.Linear(3, 3))
if args.squash:
    net.add_module("last", nn.Sigmoid())
out = net(torch.rand(2, 3))
if args.squash:
    F.binary_cross_entropy(out, torch.rand(2, 3))  # LL110
else:
    F.binary_cross_entropy_with_logits(out, torch.rand(2, 3))
""",
    "a number of layers that isn't known": """
def check(labels, scores, sizes):
    net = nn.Sequential()
    for at, size in enumerate(sizes):
        net.add_module(f"fc{at}", nn.Linear(size, size))
        if at + 1 < len(sizes):
            net.add_module(f"act{at}", nn.ReLU())
        else:
            net.add_module("last", nn.Sigmoid())
    F.binary_cross_entropy(net(scores), labels)  # LL110
    F.binary_cross_entropy_with_logits(net(scores), labels)  # LL101
    halved = nn.Sequential(nn.Conv2d(3, 8, 3, padding=1))
    for _ in range(len(sizes)):
        halved.append(nn.MaxPool2d(2))
    F.mse_loss(halved(torch.rand(2, 3, 64, 64)), torch.rand(2, 8, 16, 16))
    halved.append(nn.Sigmoid())
    F.binary_cross_entropy_with_logits(halved(torch.rand(2, 3, 64, 64)), torch.rand(2, 8, 16, 16))  # LL101
""",
    "sizes that are known": """
class Decoder(nn.Module):
    def __init__(self, sizes):
        super().__init__()
        self.net = nn.Sequential()
        for at, (inner, outer) in enumerate(zip([2] + sizes[:-1], sizes)):
            self.net.add_module(name=f"fc{at}", module=nn.Linear(inner, outer))
            if at + 1 < len(sizes):
                self.net.add_module(name=f"act{at}", module=nn.ReLU())
            else:
                self.net.add_module(name="last", module=nn.Sigmoid())

    def forward(self, z):
        return self.net(z)

def train(z, x):
    out = Decoder([256, 784])(z)
    F.binary_cross_entropy(out, x)  # LL110
    F.binary_cross_entropy_with_logits(out, x)  # LL101
""",
    "a module of a class that has it on some path": """
class Net(nn.Module):
    def __init__(self, kind):
        super().__init__()
        self.add_module("last", nn.Identity())
        if len(kind) > 3:
            self.add_module(name="last", module=nn.Sigmoid())
        self.fc = nn.Linear(3, 3)

    def forward(self, x):
        return self.last(self.fc(x))

def train(x, y, kind):
    F.binary_cross_entropy_with_logits(Net(kind)(x), y)
""",
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_reported_where_marked_and_nowhere_else(name: str, tmp_path: Path) -> None:
    assert_found(tmp_path, {"program.py": HEADER + PROGRAMS[name]})
