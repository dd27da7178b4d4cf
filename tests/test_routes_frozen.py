"""Targets that carry gradient, in programs that speak of what learns."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from routes import HEADER, assert_found, found, write

STEP = """
net, target_net = nn.Linear(4, 3), nn.Linear(4, 3)

def step(x, optimizer):
    target = target_net(x)
    loss = F.mse_loss(net(x), target){mark}
    loss.backward()
"""
LEARN = [
    "optimizer = torch.optim.Adam([p for p in net.parameters() if p.requires_grad])",
    "noise = torch.randn(3, requires_grad=True)",
    "x = torch.ones(3)\nx.requires_grad_()\nx.requires_grad = True\nx.requires_grad_(True)",
    "import multiprocessing\nmultiprocessing.freeze_support()",
]
FROZEN = [
    "for p in target_net.parameters():\n    p.requires_grad = False",
    "target_net.requires_grad_(False)",
    "for p in target_net.parameters():\n    setattr(p, 'requires_grad', False)",
    "def learn(module, flag):\n    for p in module.parameters():\n        p.requires_grad_(flag)",
    "from helpers import freeze\nfreeze(target_net)",
]


@pytest.mark.parametrize("text", LEARN)
def test_to_ask_what_learns_keeps_nothing_from_it(text: str, tmp_path: Path) -> None:
    assert_found(tmp_path, {"program.py": HEADER + STEP.format(mark="  # LL407") + text + "\n"})


@pytest.mark.parametrize("text", FROZEN)
def test_of_what_is_frozen_nothing_is_claimed(text: str, tmp_path: Path) -> None:
    assert_found(tmp_path, {"program.py": HEADER + STEP.format(mark="") + text + "\n"})


def test_a_file_that_nothing_binds_to_another_says_nothing_of_it(tmp_path: Path) -> None:
    """Scripts that stand side by side are programs of their own; a helper that both import binds them."""
    wrong = HEADER + STEP.format(mark="  # LL407") + "optimizer = torch.optim.Adam(net.parameters())\n"
    freezing = HEADER + "def fix(net):\n    net.requires_grad_(False)\n    return nn.MSELoss()\n"
    assert_found(tmp_path / "apart", {"train.py": wrong, "other.py": freezing})
    bound = wrong.replace("  # LL407", "")
    assert_found(
        tmp_path / "bound",
        {"train.py": "import helpers\n" + bound, "other.py": "import helpers\n" + freezing, "helpers.py": "A = 1\n"},
    )


def notebook(text: str) -> str:
    return json.dumps({"cells": [{"cell_type": "code", "source": text}], "metadata": {}, "nbformat": 4, "nbformat_minor": 5})


def test_notebooks_that_import_one_helper_are_not_bound_by_it(tmp_path: Path) -> None:
    """Nobody imports a notebook: what one of them freezes says nothing of another, but of what it imports itself."""
    step = HEADER + STEP.format(mark="")
    freezing = "import helpers\n" + HEADER + "def fix(net):\n    net.requires_grad_(False)\n"
    files = {
        "first.ipynb": notebook("import helpers\n" + step),
        "second.ipynb": notebook(freezing + STEP.format(mark="")),
        "helpers.py": step,
    }
    write(tmp_path, files)
    assert {name for name, _, _ in found(tmp_path)} == {"first.ipynb"}
    write(tmp_path, {"helpers.py": step + "def fix(net):\n    net.requires_grad_(False)\n"})
    assert not found(tmp_path)
