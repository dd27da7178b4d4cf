"""Which functions are entered although nobody calls them."""

from __future__ import annotations

import ast

import pytest

from losslint.static.relevance import Relevance

PROGRAM = """
import torch.nn.functional as F
from torch import nn
from somewhere import criterion

def direct(x, y):
    return F.cross_entropy(x, y)

def through_a_function(x, y):
    return direct(x, y)

def through_a_class(x):
    return Trainer(x).fit()

def by_name(name):
    return getattr(nn, name)()

def from_elsewhere(x, y):
    return criterion(x, y)

def nobody_gave_it_a_loss(x, y, loss_fn):
    return loss_fn(x, y)

def changes_a_global():
    global head
    head = None

def counts_parameters(model):
    return sum(one.numel() for one in model.parameters())

def an_argument_of_a_relevant_name(direct):
    return direct.shape

def a_method_of_what_it_was_given(trainer):
    return trainer.state_dict()

class Trainer:
    def __init__(self, model):
        self.model, self.measure = model, None
        self.wanted = nn.MSELoss()

    def fit(self, x, y):
        return self.wanted(x, y)

    def saves(self, path):
        return path.write(self.model)

class Later(Trainer):
    def inherits_the_attribute(self, x, y):
        return self.wanted(x, y)

class Another:
    def has_one_of_that_name(self):
        return self.wanted
"""
TREE = ast.parse(PROGRAM)
FUNCTIONS = {
    one.name: (one, node.name if isinstance(node, ast.ClassDef) else None)
    for node in TREE.body
    for one in (node.body if isinstance(node, ast.ClassDef) else [node])
    if isinstance(one, ast.FunctionDef)
}
MATTERS = {
    "direct", "through_a_function", "through_a_class", "by_name", "from_elsewhere", "changes_a_global", "__init__", "fit",
    "inherits_the_attribute",
}  # fmt: skip


@pytest.mark.parametrize("name", FUNCTIONS)
def test_matters(name: str) -> None:
    assert Relevance([TREE]).matters(*FUNCTIONS[name]) == (name in MATTERS)


def test_modes_and_lookups_of_objects_say_nothing() -> None:
    """`model.eval()` isn't Python's `eval`, and what is looked up in a layer of the function's own is no loss."""
    relevance = Relevance([
        ast.parse(
            "def validate(model):\n    model.eval()\n"
            "def load(model):\n    for i, block in enumerate(model.blocks):\n        getattr(block, f'norm{i}')\n"
            "def pick(name):\n    return getattr(zoo, name)\n"
        )
    ])  # fmt: skip
    assert {"validate", "load", "pick"} & relevance.names == {"pick"}
