"""Networks put together in ways that a program picks from: parts that are there or not, layers by their place, one of many."""

from __future__ import annotations

from pathlib import Path

import pytest
from routes import HEADER, NETS, assert_found

PROGRAMS = {
    "a layer that is asked for": """
class Net(Raw):
    def __init__(self, last=None):
        super().__init__()
        self.last = last

    def forward(self, x):
        x = self.fc(x)
        if self.last:
            x = self.last(x)
        return x

def train(x, y):
    ce(Net(nn.Softmax(dim=1))(x), y).backward()  # LL101
    ce(Net()(x), y).backward()
""",
    "a layer or another": """
class Net(Raw):
    def __init__(self, last=nn.Softmax(dim=1)):
        super().__init__()
        self.last = last or nn.Identity()

    def forward(self, x):
        return self.last(self.fc(x))

def train(x, y):
    ce(Net()(x), y).backward()  # LL101
    ce(Net(None)(x), y).backward()
""",
    "containers that may be empty": """
class Net(Raw):
    def __init__(self, layers):
        super().__init__()
        self.last = nn.Sequential(*layers)

    def forward(self, x):
        x = self.fc(x)
        return x.softmax(1) if not self.last else x

def train(x, y, layers):
    ce(Net(layers)(x), y).backward()
""",
    "layers added by their place": """
def perceptron(sizes, inner=nn.ReLU, outer=nn.Softmax):
    layers = []
    for i in range(len(sizes) - 1):
        last = outer if i == len(sizes) - 2 else inner
        layers += [nn.Linear(sizes[i], sizes[i + 1]), last()]
    return nn.Sequential(*layers)

def train(x, y):
    ce(perceptron([8, 16, 3])(x), y).backward()  # LL101
    ce(perceptron([8, 16, 3], outer=nn.Identity)(x), y).backward()
""",
    "pairs of a name and a layer": """
class Net(Raw):
    def __init__(self, last):
        super().__init__()
        self.lasts = nn.ModuleDict([["probabilities", nn.Softmax(dim=1)], ["none", nn.Identity()]])
        self.last = last

    def forward(self, x):
        return self.lasts[self.last](self.fc(x))

def train(x, y):
    ce(Net("probabilities")(x), y).backward()  # LL101
    ce(Net("none")(x), y).backward()
""",
    "one that is loaded again": """
class Trainer:
    def __init__(self, path):
        self.net = Soft()
        if path is not None:
            self.net = torch.load(path)

def train(x, y, path):
    net = Soft()
    epoch = 3
    if epoch is not None:
        net = torch.load(f"{path}/{epoch}.pt")
    ce(net(x), y).backward()  # LL101
    ce(Trainer(path).net(x), y).backward()  # LL101
    other = torch.load(path)
    ce(other(x), y).backward()
""",
    "another forward": """
from types import MethodType

def forward(self, x):
    return self.fc(x).softmax(1)

def train(x, y):
    net = Raw()
    ce(net(x), y).backward()
    net.forward = MethodType(forward, net)
    ce(net(x), y).backward()  # LL101
""",
}


@pytest.mark.parametrize("program", PROGRAMS.values(), ids=PROGRAMS.keys())
def test_a_network_that_is_made(program: str, tmp_path: Path) -> None:
    assert_found(tmp_path, {"program.py": HEADER + NETS + program})


KIND = """
class Net{number}(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc{number} = nn.Linear({number} + 1, 3)

    def forward(self, x):
        return self.fc{number}(x).softmax(1)
"""
KINDS = "".join(KIND.format(number=number) for number in range(8))
PICKED = "\n".join(f'    {"el" if number else ""}if args.kind == "{number}":\n        net = Net{number}()' for number in range(8))
PARSED = """
import argparse

parser = argparse.ArgumentParser()
parser.add_argument("--kind", default="0")
parser.add_argument("--path")
parser.add_argument("--cuda", action="store_true")
parser.add_argument("--first", action="store_true")
parser.add_argument("--second", action="store_true")
args = parser.parse_args()
"""


def test_one_of_many_that_is_moved(tmp_path: Path) -> None:
    """What is loaded isn't known to be a network: beside it the others stay apart."""
    program = f"""
def network(device):
    net = None
{PICKED}
    if args.path is not None:
        net = torch.load(args.path)
    if args.cuda:
        net = net.to(device)
    return net

def train(x, y, device):
    ce(network(device)(x), y).backward()  # LL101
"""
    assert_found(tmp_path, {"program.py": HEADER + NETS + KINDS + PARSED + program})


def test_one_of_many_for_each_number(tmp_path: Path) -> None:
    program = f"""
def network():
    net = None
{PICKED}
    return net

def networks(count):
    nets = {{number: None for number in range(count)}}
    if args.first:
        for number in range(count):
            nets[number] = Soft()
    elif args.second:
        for number in range(count):
            nets[number] = nn.Sequential(nn.Linear(4, 3), nn.Softmax(dim=1))
    else:
        for number in range(count):
            nets[number] = network()
    return nets

def train(x, y, count):
    for number, net in networks(count).items():
        ce(net(x), y).backward()  # LL101
"""
    assert_found(tmp_path, {"program.py": HEADER + NETS + KINDS + PARSED + program})
