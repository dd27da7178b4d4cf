"""Loops that ask whether they run for the last time: networks whose last layer has no activation, or one of its own."""

from __future__ import annotations

from pathlib import Path

import pytest
from routes import HEADER, assert_found, write

from losslint.static.project import check_paths

APPLIED = """
class Net(nn.Module):
    def __init__(self, sizes, count):
        super().__init__()
        self.count = count
        self.layers = nn.ModuleList()
        self.norms = nn.ModuleList()
        for before, after in zip(sizes, sizes[1:]):
            self.layers.append(nn.Linear(before, after))
            self.norms.append(nn.BatchNorm1d(after))

    def forward(self, x):
        for {loop}
        return x

def step(sizes, count, x, y):
    net = Net(sizes, count)
    F.binary_cross_entropy(net(x), y)  # LL104
    F.cross_entropy(net(x), y)
"""
LOOPS = [
    """at, layer in enumerate(self.layers):
            x = layer(x)
            if at < len(self.layers) - 1:
                x = F.relu(x)""",
    """at, layer in enumerate(self.layers):
            x = layer(x)
            if at != len(self.layers) - 1:
                x = torch.sigmoid(x)""",
    """at, layer in enumerate(self.layers):
            x = layer(x) if at + 1 == len(self.layers) else F.relu(layer(x))""",
    """at, layer in enumerate(self.layers):
            x = layer(x)
            if at == len(self.layers) - 1:
                break
            x = F.relu(x)""",
    """at, layer in enumerate(self.layers):
            x = layer(x)
            if at <= len(self.layers) - 2 and x.sum() > -1e9:
                x = F.softplus(x)""",
    """at, (layer, norm) in enumerate(zip(self.layers, self.norms)):
            x = norm(layer(x))
            if len(self.norms) - 1 > at:
                x = F.relu(x)""",
    """at in range(self.count):
            x = self.layers[at](x)
            if at < self.count - 1:
                x = F.relu(x)""",
    """at in range(len(self.layers)):
            x = self.layers[at](x)
            if at >= len(self.layers) - 1:
                return x
            x = x.softmax(1)""",
    """at in range(self.count):
            last = at == self.count - 1
            x = self.layers[at](x)
            if not last:
                x = F.relu(x)""",
]
BUILT = """
def net(sizes):
    layers = []
    for at in range(len(sizes) - 1):
        layers.append(nn.Linear(sizes[at], sizes[at + 1]))
        if {test}:
            layers.append(nn.{activation}())
    return nn.Sequential(*layers)

def step(sizes, x, y):
    F.binary_cross_entropy(net(sizes)(x), y){wrong}
    F.cross_entropy(net(sizes)(x), y){soft}
"""
TESTS = ["at < len(sizes) - 2", "at != len(sizes) - 2", "not at == len(sizes) - 2", "len(sizes) - 2 > at", "at + 2 < len(sizes)"]


@pytest.mark.parametrize("loop", LOOPS)
def test_the_last_layer_has_no_activation(loop: str, tmp_path: Path) -> None:
    write(tmp_path, {"main.py": HEADER + APPLIED.format(loop=loop)})
    found = check_paths([str(tmp_path)]).findings
    assert [(one.code, one.certainty) for one in found if one.severity != "info" and one.certainty != "obligation"] == [
        ("LL104", "proven")
    ]


@pytest.mark.parametrize("test", TESTS)
def test_layers_are_made_in_a_loop(test: str, tmp_path: Path) -> None:
    assert_found(tmp_path, {"main.py": HEADER + BUILT.format(test=test, activation="ReLU", wrong="  # LL104", soft="")})


def test_the_last_layer_has_one_of_its_own(tmp_path: Path) -> None:
    text = BUILT.format(test="at == len(sizes) - 2", activation="Softmax", wrong="  # LL115", soft="  # LL101")
    assert_found(tmp_path, {"main.py": HEADER + text})


@pytest.mark.parametrize("test", ["at < len(sizes) - 3", "at < len(others) - 2", "at < count", "at < len(sizes)"])
def test_another_turn_is_not_the_last(test: str, tmp_path: Path) -> None:
    text = BUILT.format(test=test, activation="ReLU", wrong="", soft="").replace("(sizes):", "(sizes, others, count):")
    text = text.replace("net(sizes)", "net(sizes, x.shape, y.shape[0])")
    write(tmp_path, {"main.py": HEADER + text})
    assert not [one for one in check_paths([str(tmp_path)]).findings if one.certainty == "proven"]
