"""What a module is depends on its mode, which `train()` and `eval()` of whatever holds it set."""

from __future__ import annotations

from pathlib import Path

import pytest
from routes import HEADER, assert_found

INCEPTION = """
from torchvision.models import inception_v3

"""
PROGRAMS = {
    "as it is made": """
def main(x, y):
    model = inception_v3()
    F.cross_entropy(model(x), y)  # LL201
""",
    "after eval": """
def main(x, y):
    model = inception_v3().eval()
    F.cross_entropy(model(x), y)
    model.train()
    F.cross_entropy(model(x), y)  # LL201
    model.train(False)
    F.cross_entropy(model(x), y)
""",
    "eval of the Sequential and the wrapper around it": """
model = nn.DataParallel(nn.Sequential(nn.BatchNorm2d(3), inception_v3(weights="DEFAULT"))).cuda().eval()

def attack(x, y):
    F.cross_entropy(model(x), y)

attack(torch.rand(2, 3, 299, 299), torch.tensor([1, 2]))
""",
    "eval of the module that holds it": """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.parts = nn.ModuleList([inception_v3()])

    def forward(self, x):
        return self.parts[0](x)

def main(x, y):
    net = Net()
    F.cross_entropy(net(x), y)  # LL201
    net.eval()
    F.cross_entropy(net(x), y)
""",
    "eval on one path": """
def main(x, y, frozen: bool):
    model = inception_v3()
    if frozen:
        model.eval()
    F.cross_entropy(model(x), y)
""",
    "in a validation step": """
import lightning as L

class Lit(L.LightningModule):
    def __init__(self):
        super().__init__()
        self.model = inception_v3()

    def training_step(self, batch, index):
        x, y = batch
        return F.cross_entropy(self.model(x), y)  # LL201

    def validation_step(self, batch, index):
        x, y = batch
        return F.cross_entropy(self.model(x), y)
""",
}


@pytest.mark.parametrize("program", PROGRAMS.values(), ids=PROGRAMS.keys())
def test_the_mode_of_a_librarys_model(program: str, tmp_path: Path) -> None:
    assert_found(tmp_path, {"program.py": HEADER + INCEPTION + program})
