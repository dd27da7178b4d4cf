"""Modules that are looked for in a module: `module.apply(function)` with a function that collects."""

from __future__ import annotations

from pathlib import Path

import pytest
from routes import HEADER, assert_found

FIND = """
def find(module, wanted):
    if isinstance(wanted, type) and issubclass(wanted, nn.Module):
        matches = lambda one: isinstance(one, wanted)
    elif callable(wanted):
        matches = wanted
    else:
        raise ValueError(wanted)
    found = []
    def visit(one):
        nonlocal found
        if matches(one):
            found.append(one)
    module.apply(visit)
    return found

class Output(nn.Module):
    def __init__(self, *layers, loss):
        super().__init__()
        self.layers = nn.Sequential(*layers)
        self.loss = loss

    def forward(self, x):
        return self.layers(x)

class Model(nn.Module):
    def __init__(self, *blocks):
        super().__init__()
        self.blocks = nn.ModuleList()
        for block in blocks:
            self.blocks.append(block)

    def forward(self, x):
        for block in self.blocks:
            x = block(x)
        return x

def fit(model, data):
    for x, y in data:
        out = model(x)
        total = 0.0
        for output in find(model, Output):
            total = total + output.loss(out, y){mark}
        total.backward()

fit(Model(nn.Flatten(), Output(nn.Linear(4, 1), {last}loss=nn.BCEWithLogitsLoss())), torch.load("data"))
"""
PROGRAMS = {
    "the criterion of an output that ends in a sigmoid": FIND.format(mark="  # LL101", last="nn.Sigmoid(), "),
    "the criterion of an output of logits": FIND.format(mark="", last=""),
}


@pytest.mark.parametrize("program", PROGRAMS.values(), ids=PROGRAMS.keys())
def test_modules_that_are_collected(tmp_path: Path, program: str) -> None:
    assert_found(tmp_path, {"program.py": HEADER + program})


CHILDREN = """
whole = nn.Sequential(nn.Linear(4, 3), nn.Softmax(dim=1))
cut = nn.Sequential(*list(whole.children())[:-1])
again = nn.Sequential(*whole.children())

class Run(nn.Module):
    def __init__(self):
        super().__init__()
        self.first = nn.Linear(4, 3)
        self.last = nn.Softmax(dim=1)

    def forward(self, x):
        for layer in self.children():
            x = layer(x)
        return x

def train(x, y):
    F.cross_entropy(again(x), y)  # LL101
    F.cross_entropy(Run()(x), y)  # LL101
    F.nll_loss(cut(x), y)  # LL102
    F.cross_entropy(cut(x), y)
"""


def test_children_are_followed_in_their_order(tmp_path: Path) -> None:
    assert_found(tmp_path, {"main.py": HEADER + CHILDREN})
