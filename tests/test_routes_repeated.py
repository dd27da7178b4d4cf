"""Layers and turns of which there is any number, and more ways to choose than are followed: what stays unknown of them."""

from __future__ import annotations

from pathlib import Path

import pytest
from routes import HEADER, assert_found

PROGRAMS = {
    "layers that a loop puts into a list enlarge an image as often as it turns": """
class Enlarger(nn.Module):
    def __init__(self, width, scale):
        super().__init__()
        layers = []
        for _ in range(scale // 2):
            layers.extend([nn.Conv2d(width, 4 * width, 3, padding=1), nn.PixelShuffle(2)])
        self.enlarge = nn.Sequential(*layers)
        self.last = nn.Conv2d(width, 3, 3, padding=1)

    def forward(self, x):
        return self.last(self.enlarge(x))

image = Enlarger(8, 4)(torch.rand(1, 8, 32, 16))
F.l1_loss(image, torch.rand(1, 3, 128, 64)).backward()
F.l1_loss(image, torch.rand(1, 4, 128, 64)).backward()  # LL303
""",
    "a module list of any length, gone through in two ways": """
class Pyramid(nn.Module):
    def __init__(self, depth):
        super().__init__()
        self.steps = nn.ModuleList([nn.MaxPool2d(2) for _ in range(depth)])

    def forward(self, x):
        for step in self.steps:
            x = step(x)
        return x

    def named(self, x):
        for index, step in enumerate(self.steps):
            x = step(x)
        return x

pyramid = Pyramid(3)
F.l1_loss(pyramid(torch.rand(1, 3, 64, 64, requires_grad=True)), torch.rand(1, 3, 8, 8)).backward()
F.l1_loss(pyramid.named(torch.rand(1, 3, 64, 64, requires_grad=True)), torch.rand(1, 3, 8, 8)).backward()
F.l1_loss(pyramid(torch.rand(1, 3, 64, 64, requires_grad=True)), torch.rand(2, 5, 8, 8)).backward()  # LL303
""",
    "a loop over a list of layers, and a sequence of them": """
def shrink(x, depth):
    layers = [nn.MaxPool2d(2) for _ in range(depth)]
    for layer in layers:
        x = layer(x)
    return x

def train(depth):
    x = torch.rand(1, 3, 64, 64, requires_grad=True)
    F.l1_loss(shrink(x, depth), torch.rand(1, 3, 8, 8)).backward()
    F.l1_loss(nn.Sequential(*[nn.MaxPool2d(2) for _ in range(depth)])(x), torch.rand(1, 3, 8, 8)).backward()
""",
    "what each further layer keeps is still known": """
class Deep(nn.Module):
    def __init__(self, depth):
        super().__init__()
        self.first = nn.Linear(6, 9)
        self.layers = nn.ModuleList([nn.Linear(9, 9) for _ in range(depth)])
        self.last = nn.Linear(9, 1)

    def forward(self, x):
        x = self.first(x)
        for layer in self.layers:
            x = F.relu(layer(x))
        return self.last(x)

def train(depth):
    F.mse_loss(Deep(depth)(torch.rand(8, 6)), torch.rand(8)).backward()  # LL301
""",
    "a reduction that is a number": """
def divergence(p):
    mean = p.mean(0).unsqueeze(0)
    return torch.kl_div(torch.log(mean), p).sum(1).mean()

divergence(torch.rand(20, 10).softmax(1))
torch.kl_div(torch.randn(4, 3, requires_grad=True).log_softmax(1), torch.rand(4, 3).softmax(1)).backward()  # LL405
""",
}

MODEL = """
class Model{n}(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc{n} = nn.Linear(3, 4)

    def forward(self, x):
        return {returned}

def make{n}():
    return Model{n}()
"""
PICKED = """
def build(name):
    if name not in MODELS:
        raise ValueError(name)
    return MODELS[name]()

def train(loader, name):
    model = build(name)
    for x, y in loader:
        F.cross_entropy(model(x), y).backward()
"""


@pytest.mark.parametrize("name", PROGRAMS)
def test_program(name: str, tmp_path: Path) -> None:
    assert_found(tmp_path, {"program.py": HEADER + PROGRAMS[name]})


def test_the_last_of_many_models_are_no_likelier_than_the_others(tmp_path: Path) -> None:
    count = 40
    models = "".join(
        MODEL.format(n=n, returned=f"self.fc{n}(x)" if n < count - 3 else f"(self.fc{n}(x), x)") for n in range(count)
    )
    table = "MODELS = {" + ", ".join(f'"m{n}": make{n}' for n in range(count)) + "}\n"
    assert_found(tmp_path, {"program.py": HEADER + models + table + PICKED})
