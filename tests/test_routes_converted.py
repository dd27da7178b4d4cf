"""The dtype that a module's parameters were converted to is that of what it gives."""

from __future__ import annotations

from pathlib import Path

import pytest
from routes import HEADER, write

from losslint.static.project import check_paths

MODEL = """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(3, 4), nn.ReLU(), nn.Linear(4, 1))
        self.scale = nn.Parameter(torch.ones(1))

    def forward(self, x):
        return self.body(x) * self.scale

y = torch.zeros(8, 1, dtype=torch.float64)
"""
RIGHT = [
    "net = Net().double()",
    "net = Net().cuda().double().train()",
    "net = Net()\nnet.double()",
    "net = Net().to(torch.float64)",
    "net = Net().to('cuda', torch.double)",
    "net = Net().to(dtype=torch.float64)",
    "net = Net().type(torch.float64)",
    "net = nn.Linear(3, 1).double()",
    "net = nn.DataParallel(Net()).double()",
    "net = nn.ModuleList([Net(), Net()]).double()[1]",
    "net = Net().half().double()",
]
WRONG = [
    "net = Net()",
    "net = Net().double().float()",
    "net = Net().to('cuda')",
    "net = Net().to(torch.float32)",
    "other = Net().double()\nnet = Net()",
]


def told(folder: Path, made: str) -> list[tuple[str, str]]:
    write(folder, {"main.py": HEADER + MODEL + made + "\n\ndef step(x):\n    F.mse_loss(net(x), y).backward()\n"})
    found = check_paths([str(folder)]).findings
    return [(one.code, one.certainty) for one in found if one.severity != "info" and one.certainty != "obligation"]


@pytest.mark.parametrize("made", RIGHT)
def test_converted(made: str, tmp_path: Path) -> None:
    assert told(tmp_path, made) == []


@pytest.mark.parametrize("made", WRONG)
def test_not_converted(made: str, tmp_path: Path) -> None:
    assert told(tmp_path, made) == [("LL205", "proven")]


def test_perhaps_converted(tmp_path: Path) -> None:
    made = "import sys\n\nnet = Net()\nif sys.argv[1] == 'exact':\n    net.double()"
    assert told(tmp_path, made) == [("LL205", "possible")]


def test_a_parameter_that_is_made_without_gradients_learns(tmp_path: Path) -> None:
    made = "with torch.no_grad():\n    w = nn.Parameter(torch.randn(3, 1).clone().detach())\n"
    text = "loss = (torch.randn(8, 3) @ w - torch.zeros(8, 1)).pow(2).sum()\nloss.backward()\n"
    write(tmp_path, {"main.py": HEADER + made + text, "other.py": HEADER + made.replace("nn.Parameter", "") + text})
    found = [one for one in check_paths([str(tmp_path)]).findings if one.certainty == "proven"]
    assert [(one.code, Path(one.place.filename).name) for one in found] == [("LL401", "other.py")]
