"""Options that a class or a function of the program declares, and a library fills from the command line."""

from __future__ import annotations

from pathlib import Path

import pytest
from routes import HEADER, assert_found

CONFIG = """
from dataclasses import dataclass, field
from typing import Literal

@dataclass
class Optimizer:
    lr: float = 0.1
    last: Literal["softmax", "none"] = "none"

@dataclass
class Config:
    loss: str = "nll"
    probs: bool = False
    last: Literal["softmax", "none"] = "none"
    optimizer: Optimizer = field(default_factory=Optimizer)
    classes: int = 3

class Net(nn.Module):
    def __init__(self, last):
        super().__init__()
        self.fc = nn.Linear(4, 3)
        self.last = last

    def forward(self, x):
        x = self.fc(x)
        return x.softmax(1) if self.last == "softmax" else x

def train(config, x, y):
    if config.loss == "nll":
        nn.NLLLoss()(Net("none")(x), y)  # LL102
    else:
        nn.CrossEntropyLoss()(Net(config.last)(x), y)  # LL101
    if config.last == "softmax":
        return F.nll_loss(Net(config.last)(x).log(), y)  # LL110
    return F.cross_entropy(Net(config.last)(x), y)
"""
CALL = "train({}, torch.rand(8, 4), torch.randint(3, (8,)))\n"
FILLED = {
    "tyro": "import tyro\n" + CALL.format("tyro.cli(Config)"),
    "simple_parsing": "from simple_parsing import parse\n" + CALL.format("parse(Config)"),
    "a parser of simple_parsing": """
from simple_parsing import ArgumentParser
parser = ArgumentParser()
parser.add_arguments(Config, dest="config")
""" + CALL.format("parser.parse_args().config"),
    "HfArgumentParser": """
from transformers import HfArgumentParser
config, optimizer = HfArgumentParser((Config, Optimizer)).parse_args_into_dataclasses()
""" + CALL.format("config"),
    "pyrallis.parse": "import pyrallis\n" + CALL.format("pyrallis.parse(config_class=Config)"),
    "pyrallis.wrap": """
import pyrallis

@pyrallis.wrap()
def main(config: Config):
    """ + CALL.format("config"),
    "fire": """
import fire

def main(loss="nll", last: Literal["softmax", "none"] = "none"):
    """ + CALL.format("Config(loss, last=last)") + "\nfire.Fire(main)\n",
    "tyro, of a function": """
import tyro

def main(config: Config):
    """ + CALL.format("config") + "\ntyro.cli(main)\n",
}  # fmt: skip
OTHERS = {
    "a part that is a dataclass": """
import tyro

def main(config: Config, x, y):
    if config.optimizer.last == "softmax":
        return F.nll_loss(Net(config.optimizer.last)(x).log(), y)  # LL110
    return F.cross_entropy(Net(config.optimizer.last)(x), y)

main(tyro.cli(Config), torch.rand(8, 4), torch.randint(3, (8,)))
""",
    "a Tap": """
from tap import Tap

class Told(Tap):
    loss: str = "nll"

def main(told, x, y):
    if told.loss == "nll":
        return F.nll_loss(Net("none")(x), y)  # LL102
    return F.cross_entropy(Net("softmax")(x), y)  # LL101

main(Told().parse_args(), torch.rand(8, 4), torch.randint(3, (8,)))
""",
    "fields of a class whose base has a constructor": """
from collections import OrderedDict

class ModelOutput(OrderedDict):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)

    def __post_init__(self):
        for name in ("logits", "target"):
            self[name] = getattr(self, name)

@dataclass
class Output(ModelOutput):
    logits: torch.Tensor = None
    target: torch.Tensor = None

def main(x, y):
    out = Output(logits=Net("none")(x), target=x)
    F.mse_loss(out.logits, out.target)
    F.cross_entropy(Output(Net("softmax")(x))["logits"], y)  # LL101
    return F.mse_loss(out["logits"], out["target"])
""",
    "fields of attrs and pydantic": """
import attr
from attrs import define
from pydantic import BaseModel

@define
class One:
    last: str = "none"

@attr.s(auto_attribs=True)
class Two:
    last: str = "none"

class Three(BaseModel):
    last: str = "none"

def main(x, y):
    F.cross_entropy(Net(One("softmax").last)(x), y)  # LL101
    F.cross_entropy(Net(Two("softmax").last)(x), y)  # LL101
    F.cross_entropy(Net(Three(last="softmax").last)(x), y)  # LL101
    return F.cross_entropy(Net(One().last)(x), y) + F.cross_entropy(Net(Three().last)(x), y)
""",
    "what a class computes of its fields": """
@dataclass
class Made:
    name: str = "softmax"

    def __post_init__(self):
        self.last = self.name

def main(x, y):
    F.cross_entropy(Net(Made("none").last)(x), y)
    return F.cross_entropy(Net(Made().last)(x), y)  # LL101
""",
    "fields that are given by a tuple of unknown length": """
@dataclass
class Output:
    logits: torch.Tensor = None
    target: torch.Tensor = None

def main(x, outputs, keywords):
    out, other = Output(*outputs), Output(x, **keywords)
    return F.mse_loss(Net("none")(x), out.target) + F.mse_loss(Net("none")(x), other.target)
""",
}


@pytest.mark.parametrize("program", FILLED.values(), ids=FILLED.keys())
def test_an_option_decides(program: str, tmp_path: Path) -> None:
    assert_found(tmp_path, {"program.py": HEADER + CONFIG + program})


@pytest.mark.parametrize("program", OTHERS.values(), ids=OTHERS.keys())
def test_fields(program: str, tmp_path: Path) -> None:
    assert_found(tmp_path, {"program.py": HEADER + CONFIG[: CONFIG.index("def train")] + program})
