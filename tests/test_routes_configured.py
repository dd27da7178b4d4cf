"""Models and criteria that configuration files name: Hydra's `_target_`, YAML and JSON."""

from __future__ import annotations

from pathlib import Path

import pytest
from routes import HEADER, assert_found, write

from losslint.static.project import check_paths

NETS = (
    HEADER
    + """
class Soft(nn.Module):
    def __init__(self, classes):
        super().__init__()
        self.layer = nn.Linear(4, classes)

    def forward(self, x):
        return F.softmax(self.layer(x), dim=1)

class Plain(Soft):
    def forward(self, x):
        return self.layer(x)
"""
)
LIGHT = """
import torch
from lightning import LightningModule

class Classifier(LightningModule):
    def __init__(self, net, optimizer, compile):
        super().__init__()
        self.net, self.criterion = net, torch.nn.CrossEntropyLoss()

    def training_step(self, batch, batch_idx):
        x, y = batch
        return self.criterion(self.net(x), y){mark}
"""
MODEL = """
_target_: src.light.Classifier
optimizer:
  _target_: torch.optim.Adam
  _partial_: true
net:
  _target_: src.nets.{net}
  classes: ${{classes}}
compile: false
"""
TRAIN = """
import hydra
from lightning import Trainer

@hydra.main(version_base="1.3", config_path="../conf", config_name="train.yaml")
def main(cfg):
    model = hydra.utils.instantiate(cfg.model)
    Trainer().fit(model=model)

if __name__ == "__main__":
    main()
"""


def hydra_project(net: str, mark: str) -> dict[str, str]:
    return {
        "conf/train.yaml": "defaults:\n  - _self_\n  - model: small\n  - optional local: default\nclasses: 3\nseed: 1\n",
        "conf/model/small.yaml": MODEL.format(net=net),
        "src/__init__.py": "",
        "src/nets.py": NETS,
        "src/light.py": LIGHT.format(mark=mark),
        "src/train.py": TRAIN,
    }


def test_a_network_that_a_configuration_names(tmp_path: Path) -> None:
    assert_found(tmp_path, hydra_project("Soft", "  # LL101"))


def test_another_network_that_a_configuration_names(tmp_path: Path) -> None:
    assert_found(tmp_path, hydra_project("Plain", ""))


CRITERION = (
    NETS
    + """
import hydra
from hydra.utils import instantiate

@hydra.main(config_path="conf", config_name="config", version_base=None)
def main(cfg):
    net = Soft(cfg.classes)
    criterion = instantiate(cfg.loss)
    for x, y in torch.load("data"):
        criterion(net(x), y).backward()

main()
"""
)


def test_a_criterion_of_a_group_is_wrong_by_default(tmp_path: Path) -> None:
    files = {
        "conf/config.yaml": "defaults:\n  - loss: ce\n\nclasses: 3\n",
        "conf/loss/ce.yaml": "_target_: torch.nn.CrossEntropyLoss\nlabel_smoothing: 0.1\n",
        "conf/loss/mse.yaml": "_target_: torch.nn.MSELoss\n",
        "train.py": CRITERION,
    }
    write(tmp_path, files)
    (finding,) = [one for one in check_paths([str(tmp_path)]).findings if one.certainty == "proven"]
    assert finding.code == "LL101"
    assert finding.message.endswith("when `cfg.loss == 'ce'`, the default")


def test_configurations_in_a_ring_come_to_an_end(tmp_path: Path) -> None:
    ring = "defaults:\n" + "".join(f"  - {name}\n" for name in ("config", "other", "other"))
    files = {
        "conf/config.yaml": ring + "classes: 3\na: {b: '${c}', d: '${c}'}\nc: {b: '${a}', d: '${a}'}\n",
        "conf/other.yaml": ring + "loss: {_target_: torch.nn.CrossEntropyLoss}\n",
        "train.py": CRITERION.replace(".backward()", ".backward()  # LL101"),
    }
    assert_found(tmp_path, files)


PICKED = {
    "YAML, by a name": (
        "loss: CrossEntropyLoss\nmodel: {classes: 3}\n",
        """
import yaml

with open("settings.yaml") as file:
    config = yaml.safe_load(file)
criterion = getattr(nn, config["loss"])()
for x, y in torch.load("data"):
    criterion(Soft(config["model"]["classes"])(x), y).backward()  # LL101
""",
    ),
    "YAML that the command line names, by a condition": (
        "loss: ce\n",
        """
import argparse
import yaml

parser = argparse.ArgumentParser()
parser.add_argument("--config", default="settings.yaml")
args = parser.parse_args()
config = yaml.load(open(args.config), Loader=yaml.FullLoader)
for x, y in torch.load("data"):
    out = Soft(3)(x)
    loss = F.cross_entropy(out, y) if config["loss"] == "ce" else F.mse_loss(out, y)  # LL101
    loss.backward()
""",
    ),
    "JSON by another name": (
        None,
        """
import json

config = json.load(open("settings.json"))
criterion = getattr(nn, config["loss"])()
for x, y in torch.load("data"):
    criterion(Soft(3)(x), y).backward()  # LL101
""",
    ),
    "YAML and the command line": (
        "loss: ce\nmodel: {last: softmax}\n",
        """
from omegaconf import OmegaConf

config = OmegaConf.merge(OmegaConf.load("settings.yaml"), OmegaConf.create({"model": {"classes": 3}}), OmegaConf.from_cli())
for x, y in torch.load("data"):
    out = Soft(config.model.classes)(x) if config.model.last == "softmax" else nn.Linear(4, 3)(x)
    loss = F.cross_entropy(out, y) if config.loss == "ce" else F.mse_loss(out, y)  # LL101
    loss.backward()
""",
    ),
    "what one says of the other's": (
        "model: {last: softmax, classes: 3}\n",
        """
from omegaconf import OmegaConf

config = OmegaConf.merge(OmegaConf.load("settings.yaml"), OmegaConf.create({"model": {"last": "none"}}))
for x, y in torch.load("data"):
    out = Soft(config.model.classes)(x) if config.model.last == "softmax" else nn.Linear(4, 3)(x)
    F.cross_entropy(out, y).backward()
""",
    ),
    "what cannot be read is unknown": (
        "loss: [CrossEntropyLoss\n",
        """
import yaml

config = yaml.safe_load(open("settings.yaml"))
other = yaml.safe_load(open("missing.yaml"))
for x, y in torch.load("data"):
    getattr(nn, config["loss"])()(Soft(3)(x), y).backward()
    getattr(nn, other["loss"])()(Soft(3)(x), y).backward()
""",
    ),
}


BOMB = "a0: &a0 [x, x]\n" + "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 12))


@pytest.mark.parametrize("content", ["a: &a [*a]\n", BOMB], ids=["a list in itself", "lists of lists"])
def test_a_file_without_end_is_not_followed(content: str, tmp_path: Path) -> None:
    program = """
import yaml
config = yaml.safe_load(open("settings.yaml"))
F.cross_entropy(Soft(3)(config["x"]), config["y"])  # LL101
"""
    assert_found(tmp_path, {"settings.yaml": content, "program.py": NETS + program})


@pytest.mark.parametrize("name", PICKED)
def test_a_choice_that_a_file_makes(name: str, tmp_path: Path) -> None:
    content, program = PICKED[name]
    settings = ("settings.yaml", content) if content is not None else ("settings.json", '{"loss": "CrossEntropyLoss"}')
    assert_found(tmp_path, dict([settings]) | {"program.py": NETS + program})


@pytest.mark.parametrize("name", ['"a" * 5000', '"x\\0y"', '"a: 1\\nb: 2\\n" * 900'], ids=["long", "a null", "a text"])
def test_what_no_file_can_be_called_is_no_file(name: str, tmp_path: Path) -> None:
    program = f"""
import importlib
import sys

import hydra
import yaml

NAME = {name}
config = yaml.safe_load(NAME) or yaml.safe_load(open(NAME))
module = importlib.import_module(NAME) or __import__(NAME)
sys.path.append(NAME)

@hydra.main(config_path=NAME, config_name=NAME)
def main(config):
    F.cross_entropy(torch.rand(3, 4).softmax(1), torch.tensor([1, 2, 0]))  # LL101

main()
"""
    assert_found(tmp_path, {"program.py": HEADER + program})


GATHERED = """
import argparse
import json

import losses
import nets

def build(source, name, config, **more):
    return getattr(source, config[name]["type"])(**config[name]["args"], **more)

def main(config):
    model, loss = build(nets, "arch", config, classes=3), getattr(losses, config["loss"])
    for x, y in torch.load("data"):
        loss(model(x), y).backward()

if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--config", default={default})
    args = parser.parse_args()
    main(json.load(open(args.config)))
"""
LOSSES = """
def ce_loss(output, target):
    return F.cross_entropy(output, target){mark}

def other(output, target):
    return F.multi_margin_loss(output, target)
"""


def _gathered(default: str, mark: str, nets: str = NETS) -> dict[str, str]:
    """A package that gathers its models, and a program that has a configuration pick one."""
    return {
        "train.py": HEADER + GATHERED.format(default=default),
        "losses.py": HEADER + LOSSES.format(mark=mark),
        "nets/__init__.py": "from .soft import Plain, Soft\nfrom help import Helper\n",
        "nets/soft.py": nets,
        "help.py": HEADER + "class Helper(nn.Module):\n    def forward(self, x):\n        return x\n",
    }


def test_a_model_that_a_file_picks_from_a_package_that_gathers_them(tmp_path: Path) -> None:
    chosen = '{"arch": {"type": "Soft", "args": {}}, "loss": "ce_loss"}'
    assert_found(tmp_path, _gathered('"config.json"', "  # LL101") | {"config.json": chosen})


def test_a_model_that_is_right_may_be_the_one_that_an_unknown_file_picks(tmp_path: Path) -> None:
    assert_found(tmp_path, _gathered("None", ""))


def test_a_file_that_is_not_there_picks_one_of_what_there_is(tmp_path: Path) -> None:
    files = _gathered("None", "  # LL101", NETS.replace("return self.layer(x)", "return self.layer(x).softmax(1)"))
    files["losses.py"] = files["losses.py"].partition("\n\ndef other")[0] + "\n"
    assert_found(tmp_path, files)


@pytest.mark.parametrize(("chosen", "mark"), [("Soft", "  # LL101"), ("Plain", "")])
def test_a_file_of_which_another_run_has_kept_the_content(chosen: str, mark: str, tmp_path: Path) -> None:
    """Of what a checkpoint holds nothing is known; the file still is what the program takes by default."""
    files = _gathered('"config.json"', mark)
    files["train.py"] = files["train.py"].replace(
        "    main(json.load(open(args.config)))",
        """    config = json.load(open(args.config))
    if args.resume:
        config = torch.load(args.resume)["config"]
    main(config)""",
    ).replace("    args = parser", '    parser.add_argument("--resume", default=None)\n    args = parser')  # fmt: skip
    assert_found(tmp_path, files | {"config.json": f'{{"arch": {{"type": "{chosen}", "args": {{}}}}, "loss": "ce_loss"}}'})


def test_what_is_known_of_a_model_that_an_unknown_file_picks(tmp_path: Path) -> None:
    write(tmp_path, _gathered("None", ""))
    statistics = check_paths([str(tmp_path)]).statistics
    assert statistics.known_domain == statistics.loss_calls == 2


COUNTED = """
def train(net, labels):
    x, y = torch.randn(4, 3), torch.tensor([0, 1, 2, 0])
    F.cross_entropy(nn.Linear(3, 3)(x), F.one_hot(y, 3).float())
    F.cross_entropy(net, y)
    F.cross_entropy(net, labels)
    F.mse_loss(x.sigmoid(), labels)
"""


def test_what_is_known_is_counted(tmp_path: Path) -> None:
    write(tmp_path, {"train.py": HEADER + COUNTED, "apart.py": "print('no loss')\n"})
    counts = check_paths([str(tmp_path)]).statistics
    assert (counts.files, counts.parsed, counts.loss_calls) == (2, 1, 4)
    assert (counts.known_domain, counts.known_dtype, counts.known_shape) == (2, 2, 2)
    assert (counts.known_target_domain, counts.known_target_dtype, counts.known_target_shape) == (1, 2, 2)
