"""Choices: a criterion or a model that an option, a configuration or an argument picks, and values that are tied to it."""

from __future__ import annotations

from pathlib import Path

import pytest
from routes import HEADER, assert_found, found, write

from losslint.static.choices import Literal, Origin
from losslint.static.project import check_paths
from losslint.static.values import Data, choose, constant

PARSER = """
import argparse

parser = argparse.ArgumentParser()
parser.add_argument("--loss", default="ce")
parser.add_argument("--head", default="plain", choices=["plain", "softmax"])
parser.add_argument("--softmax", action="store_true")
parser.add_argument("--classes", type=int, default=10)
args = parser.parse_args()

def run(x, y, model=nn.Linear(8, 3)):
"""

TIED = {
    "if args.loss ==, asked twice": """
    if args.loss == "ce":
        criterion = nn.CrossEntropyLoss()
    elif args.loss == "nll":
        criterion = nn.NLLLoss()
    else:
        raise ValueError(args.loss)
    out = model(x)
    if args.loss == "nll":
        out = F.log_softmax(out, dim=1)
    return criterion(out, y)
""",
    "asked the other way round": """
    criterion = nn.NLLLoss() if args.loss != "ce" else nn.CrossEntropyLoss()
    out = model(x)
    if "ce" == args.loss:
        return criterion(out, y)
    return criterion(out.log_softmax(1), y)
""",
    "an answer that is kept": """
    use_nll = args.loss == "nll"
    criterion = nn.NLLLoss() if use_nll else nn.CrossEntropyLoss()
    out = model(x)
    out = out.log_softmax(1) if use_nll else out
    return criterion(out, y)
""",
    "not, and, or": """
    soft = args.softmax and args.loss == "nll"
    out = model(x)
    if soft:
        out = out.log_softmax(1)
    if not soft:
        return F.cross_entropy(out, y)
    return F.nll_loss(out, y)
""",
    "in": """
    if args.loss in ("bce", "dice"):
        criterion = nn.BCELoss()
    else:
        criterion = nn.CrossEntropyLoss()
    out = model(x)
    if args.loss == "dice" or args.loss == "bce":
        out = torch.sigmoid(out)
    if args.loss in ["bce", "dice"]:
        return criterion(out, y)
    return criterion(out, y)
""",
    "a dict registry": """
    criterion = {"ce": nn.CrossEntropyLoss(), "nll": nn.NLLLoss()}[args.loss]
    out = model(x)
    if args.loss == "nll":
        out = out.log_softmax(1)
    return criterion(out, y)
""",
    "two registries": """
    criterion = {"ce": nn.CrossEntropyLoss, "nll": nn.NLLLoss}[args.loss]()
    head = {"ce": nn.Identity(), "nll": nn.LogSoftmax(dim=1)}.get(args.loss)
    return criterion(head(model(x)), y)
""",
    "getattr(nn, name)": """
    criterion = getattr(nn, "NLLLoss" if args.loss == "nll" else "CrossEntropyLoss")()
    out = model(x)
    if args.loss == "nll":
        out = out.log_softmax(1)
    return criterion(out, y)
""",
    "choices= leave two": """
    out = model(x)
    if args.head == "softmax":
        out = out.log_softmax(1)
    if args.head != "plain":
        return F.nll_loss(out, y)
    return F.cross_entropy(out, y)
""",
    "a number": """
    classes = args.classes
    out = model(x)
    if classes > 2:
        criterion = nn.CrossEntropyLoss()
    else:
        criterion = nn.BCELoss()
        out = torch.sigmoid(out)
    return criterion(out, y)
""",
    "constants that the condition picks": """
    name = "nll" if args.loss == "nll" else "ce"
    out = model(x)
    if name == "nll":
        out = out.log_softmax(1)
    if args.loss == "nll":
        return F.nll_loss(out, y)
    return F.cross_entropy(out, y)
""",
    "lower()": """
    criterion = nn.NLLLoss() if args.loss.lower() == "nll" else nn.CrossEntropyLoss()
    out = model(x)
    if args.loss.lower() == "nll":
        out = out.log_softmax(1)
    return criterion(out, y)
""",
    "match": """
    match args.loss:
        case "ce" | "default":
            criterion = nn.CrossEntropyLoss()
        case "nll":
            criterion = nn.NLLLoss()
        case other:
            raise ValueError(other)
    out = model(x)
    match args.loss:
        case "nll":
            out = out.log_softmax(1)
    return criterion(out, y)
""",
    "a factory": """
    return make(args.loss)(shape(model(x), args.loss), y)

def make(name):
    if name == "nll":
        return nn.NLLLoss()
    return nn.CrossEntropyLoss()

def shape(out, name):
    return out.log_softmax(1) if name == "nll" else out
""",
    "vars(args)": """
    config = vars(args)
    criterion = nn.NLLLoss() if config["loss"] == "nll" else nn.CrossEntropyLoss()
    out = model(x)
    if args.loss == "nll":
        out = out.log_softmax(1)
    return criterion(out, y)
""",
    "changed in between": """
    out = model(x)
    if args.loss == "nll":
        out = out.log_softmax(1)
    args.loss = "ce"
    if args.loss == "nll":
        return F.nll_loss(model(x), y)
    return F.cross_entropy(model(x), y)
""",
    "a default that another option makes right": """
    out = model(x)
    if args.softmax:
        out = out.log_softmax(1)
    if args.softmax and args.loss == "nll":
        return F.nll_loss(out, y)
    if args.softmax:
        return out
    return F.cross_entropy(out, y)
""",
}


@pytest.mark.parametrize("name", TIED)
def test_alternatives_under_contradictory_conditions_never_meet(name: str, tmp_path: Path) -> None:
    assert not judged(tmp_path, HEADER + PARSER + TIED[name].lstrip("\n"))


UNTIED = {
    "wrong in every case": (
        """
    if args.loss == "ce":
        criterion = nn.CrossEntropyLoss()
    else:
        criterion = nn.BCEWithLogitsLoss()
    return criterion(model(x).softmax(1), y)
""",
        "LL101",
        "proven",
        "",
    ),
    "wrong where one condition picks both": (
        """
    criterion = nn.NLLLoss() if args.loss == "nll" else nn.CrossEntropyLoss()
    out = model(x)
    if args.loss == "nll":
        out = out.softmax(1)
    return criterion(out, y)
""",
        "LL103",
        "proven",
        "when `args.loss == 'nll'`",
    ),
    "wrong by default": (
        """
    criteria = {"ce": nn.CrossEntropyLoss(), "mse": nn.MSELoss()}
    return criteria[args.loss](model(x).softmax(1), y)
""",
        "LL101",
        "proven",
        "when `args.loss == 'ce'`, the default",
    ),
    "two options by their names": (
        """
    out = model(x)
    if args.head == "softmax":
        if args.loss == "focal":
            out = out.softmax(1)
    return nn.CrossEntropyLoss()(out, y)
""",
        "LL101",
        "proven",
        "when `args.head == 'softmax'` and `args.loss == 'focal'`",
    ),
    "two options of which one picks the loss": (
        """
    criteria = {"l1": nn.L1Loss(), "mse": nn.MSELoss(), "bce": nn.BCEWithLogitsLoss()}
    out = model(x)
    if args.head == "softmax":
        out = out.softmax(1)
    return criteria[args.loss](out, y)
""",
        "LL101",
        "possible",
        "when `args.head == 'softmax'` and `args.loss == 'bce'`",
    ),
    "whichever is picked, it is wrong": (
        """
    criteria = {"ce": nn.CrossEntropyLoss(), "nll": nn.NLLLoss()}
    return criteria[args.kind](model(x).softmax(1), y)
""",
        "LL103",
        "proven",
        "when `args.kind == 'nll'`",
    ),
    "whichever is picked by what has no name, it is wrong": (
        """
    loss_fn = nn.CrossEntropyLoss() if model.decides(x) else nn.NLLLoss()
    return loss_fn(model(x).softmax(1), y)
""",
        "LL103",
        "possible",
        "",
    ),
    "two options of which one is a number": (
        """
    out = model(x)
    if args.head == "softmax" and args.classes == 2:
        out = out.softmax(1)
    return nn.CrossEntropyLoss()(out, y)
""",
        "LL101",
        "possible",
        "when `args.head == 'softmax'` and `args.classes == 2`",
    ),
    "a criterion that nobody picks by default": (
        """
    criteria = {"ce": nn.CrossEntropyLoss(), "nll": nn.NLLLoss()}
    return criteria[args.loss](model(x), y)
""",
        "LL102",
        "possible",
        "when `args.loss == 'nll'`",
    ),
    "an option of the program": (
        """
    out = model(x)
    if args.softmax:
        out = out.softmax(1)
    return F.cross_entropy(out, y)
""",
        "LL101",
        "proven",
        "when `args.softmax`",
    ),
    "two options that have to meet": (
        """
    out = model(x)
    if args.softmax:
        out = out.softmax(1)
    criterion = nn.CrossEntropyLoss() if args.loss == "hard" else nn.MSELoss()
    return criterion(out, y)
""",
        "LL101",
        "possible",
        "when `args.softmax` and `args.loss == 'hard'`",
    ),
    "one of the choices": (
        """
    head = {"plain": nn.Identity(), "softmax": nn.Softmax(dim=1)}[args.head]
    return F.cross_entropy(head(model(x)), y)
""",
        "LL101",
        "proven",
        "when `args.head == 'softmax'`",
    ),
    "a name that getattr looks up by default": (
        """
    parser.add_argument("--criterion", default="CrossEntropyLoss")
    options = parser.parse_args()
    criterion = getattr(nn, options.criterion)()
    return criterion(model(x).softmax(1), y)
""",
        "LL101",
        "proven",
        "",
    ),
    "one option excludes what two others would pick": (
        """
    if args.loss == "cnn" and args.head == "plain":
        out = model(x)
    elif args.loss == "cnn" and args.classes == 20:
        out = model(x) * 2
    elif args.loss == "mlp":
        out = model(x).softmax(1)
    else:
        exit("no such loss")
    return F.cross_entropy(out, y)
""",
        "LL101",
        "proven",
        "when `args.loss == 'mlp'`",
    ),
    "two options that do not meet by default": (
        """
    if args.head == "softmax" and args.classes == 10:
        out = model(x)
    else:
        out = model(x).softmax(1)
    return F.cross_entropy(out, y)
""",
        "LL101",
        "proven",
        "when `not (args.head == 'softmax' and args.classes == 10)`, the default",
    ),
    "match": (
        """
    out = model(x)
    match args.loss:
        case "ce":
            criterion = nn.CrossEntropyLoss()
        case _:
            criterion = nn.MSELoss()
    return criterion(out.softmax(1), y)
""",
        "LL101",
        "proven",
        "when `args.loss == 'ce'`, the default",
    ),
}


def judged(folder: Path, text: str) -> list[tuple[str, str, str]]:
    """Code, certainty and message of what is found at warning or above."""
    write(folder, {"program.py": text})
    found = check_paths([str(folder)]).findings
    return [(one.code, one.certainty, one.message) for one in found if one.certainty != "obligation" and one.severity != "info"]


def assert_judged(folder: Path, text: str, code: str, certainty: str, condition: str) -> None:
    matching = [one for one in judged(folder, text) if one[0] == code]
    assert [one[1] for one in matching] == [certainty]
    assert matching[0][2].endswith(condition)
    assert (" when " in matching[0][2]) is bool(condition)


@pytest.mark.parametrize("name", UNTIED)
def test_the_condition_is_named(name: str, tmp_path: Path) -> None:
    text, code, certainty, condition = UNTIED[name]
    assert_judged(tmp_path, HEADER + PARSER + text.lstrip("\n"), code, certainty, condition)


TOLD = {
    "click": (
        """
import click

@click.command()
@click.option("--loss", default="ce", type=click.Choice(["ce", "nll"]))
@click.option("--soft/--no-soft", is_flag=True)
def main(loss, soft):
    model, x, y = nn.Linear(8, 3), torch.randn(4, 8), torch.zeros(4, dtype=torch.long)
    out = model(x)
    criterion = nn.NLLLoss() if loss == "nll" else nn.CrossEntropyLoss()
    if {condition}:
        out = out.log_softmax(1)
    criterion(out, y)

if __name__ == "__main__":
    main()
""",
        "loss == 'nll'",
        "loss == 'ce'",
    ),
    "absl": (
        """
from absl import app, flags

flags.DEFINE_enum("loss", "ce", ["ce", "nll"], "the loss")
FLAGS = flags.FLAGS

def main(_):
    model, x, y = nn.Linear(8, 3), torch.randn(4, 8), torch.zeros(4, dtype=torch.long)
    out = model(x)
    criterion = nn.NLLLoss() if FLAGS.loss == "nll" else nn.CrossEntropyLoss()
    if {condition}:
        out = out.log_softmax(1)
    criterion(out, y)

app.run(main)
""",
        "FLAGS.loss == 'nll'",
        "FLAGS.loss == 'ce'",
    ),
    "hydra": (
        """
import hydra

class Task:
    def __init__(self, cfg):
        self.cfg = cfg
        self.model = nn.Linear(8, 3)
        self.criterion = nn.NLLLoss() if cfg.train.loss == "nll" else nn.CrossEntropyLoss()

    def step(self, x, y):
        out = self.model(x)
        if {condition}:
            out = out.log_softmax(1)
        return self.criterion(out, y)

@hydra.main(config_path="conf")
def main(cfg):
    Task(cfg).step(torch.randn(4, 8), torch.zeros(4, dtype=torch.long))

if __name__ == "__main__":
    main()
""",
        "self.cfg.train.loss == 'nll'",
        "self.cfg.train.loss != 'nll'",
    ),
    "YAML": (
        """
import yaml

with open("config.yaml") as file:
    config = yaml.safe_load(file)

def build():
    if config["model"]["loss"] == "nll":
        return nn.NLLLoss()
    return nn.CrossEntropyLoss()

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(8, 3)

    def forward(self, x):
        out = self.fc(x)
        if {condition}:
            out = F.log_softmax(out, dim=1)
        return out

def train(x, y):
    return build()(Net()(x), y)
""",
        'config["model"]["loss"] == "nll"',
        'config["model"]["loss"] != "nll"',
    ),
    "config.get": (
        """
def train(config, x, y):
    out = nn.Linear(8, 3)(x)
    criterion = nn.NLLLoss() if config.get("loss", "ce") == "nll" else nn.CrossEntropyLoss()
    if {condition}:
        out = out.log_softmax(1)
    return criterion(out, y)
""",
        'config.get("loss", "ce") == "nll"',
        'config.get("loss", "ce") == "ce"',
    ),
    "an attribute of the object": (
        """
class Trainer:
    def __init__(self, model, multi_class):
        self.model = nn.Linear(8, 3)
        self.multi_class = multi_class
        if self.multi_class:
            self.criterion = nn.CrossEntropyLoss()
        else:
            self.criterion = nn.NLLLoss()

    def step(self, x, y):
        out = self.model(x)
        if {condition}:
            out = F.log_softmax(out, dim=1)
        return self.criterion(out, y)
""",
        "not self.multi_class",
        "self.multi_class",
    ),
    "None or not": (
        """
def train(x, y, weight=None):
    out = nn.Linear(8, 3)(x)
    criterion = nn.CrossEntropyLoss() if weight is None else nn.NLLLoss(weight=weight)
    if {condition}:
        out = out.log_softmax(1)
    return criterion(out, y)
""",
        "weight is not None",
        "weight is None",
    ),
    "globals()[name]": (
        """
class Hard(nn.CrossEntropyLoss):
    pass

class Soft(nn.NLLLoss):
    pass

def train(x, y, soft):
    name = "Soft" if soft else "Hard"
    criterion = globals()[name]()
    out = nn.Linear(8, 3)(x)
    if {condition}:
        out = out.log_softmax(1)
    return criterion(out, y)
""",
        "soft",
        "not soft",
    ),
    "a model that is picked with its loss": (
        """
class Logits(nn.Module):
    def forward(self, x):
        return F.linear(x, torch.zeros(3, 8))

class LogProbs(Logits):
    def forward(self, x):
        return F.log_softmax(super().forward(x), dim=1)

MODELS = {{"a": Logits, "b": LogProbs}}

def train(kind, x, y):
    model = MODELS[kind]()
    if {condition}:
        return F.nll_loss(model(x), y)
    return F.cross_entropy(model(x), y)
""",
        'kind == "b"',
        'kind == "a"',
    ),
}


NAMED = {
    "getattr of a module by a configuration's name": """
import json
import losses
import models

def main(path):
    config = json.load(open(path))
    model = build(config, "arch", models)
    criterion = getattr(losses, config["loss"])
    return criterion(model(torch.randn(4, 8)), torch.zeros(4, dtype=torch.long))

def build(config, key, module):
    return getattr(module, config[key]["type"])(**config[key]["args"])
""",
    "importlib.import_module": """
import importlib

def main():
    model = importlib.import_module("models").Net()
    return nn.NLLLoss()(model(torch.randn(4, 8)), torch.zeros(4, dtype=torch.long))  # wrong
""",
}
MODULES = {
    "models.py": HEADER + """
class Net(nn.Module):
    def __init__(self, classes=3):
        super().__init__()
        self.fc = nn.Linear(8, classes)

    def forward(self, x):
        return F.log_softmax(self.fc(x), dim=1)
""",
    "losses.py": HEADER + """
def nll(output, target):
    return F.nll_loss(output, target)  # wrong
""",
}  # fmt: skip


@pytest.mark.parametrize("name", NAMED)
def test_what_a_module_defines_is_found_by_name(name: str, tmp_path: Path) -> None:
    files = {**MODULES, "program.py": HEADER + NAMED[name]}
    if "criterion" not in files["program.py"]:
        del files["losses.py"]
    write(tmp_path, files)
    assert found(tmp_path) == set()
    files = {path: text.replace("# wrong", "# LL103").replace("F.log_softmax", "F.softmax") for path, text in files.items()}
    assert_found(tmp_path, files)


CALLS = """
class Net(nn.Module):
    def __init__(self, kind):
        super().__init__()
        self.head = None
        self.kept = None

    def loss(self, x, y, turn):
        if turn == 0:
            self.kept = F.linear(x, torch.zeros(3, 8))
            return self.kept.sum()
        return F.{loss}(self.kept, y)

def train(x, y):
    net = Net("a")
    for turn in (0, 1):
        net.loss(x, y, turn)
"""


def test_what_one_call_was_told_says_nothing_of_the_next(tmp_path: Path) -> None:
    assert not judged(tmp_path, HEADER + CALLS.format(loss="cross_entropy"))
    assert [one[0] for one in judged(tmp_path, HEADER + CALLS.format(loss="nll_loss"))] == ["LL102"]


METHODS = """
class Plain:
    def step(self, x, y):
        return F.cross_entropy(x, y)

class Picks:
    def __init__(self, regression):
        self.regression = regression
        self.criterion = F.mse_loss if regression else F.cross_entropy

    def step(self, x, y):
        out = x if self.regression else x.softmax(1)
        return self.criterion(out, y)

def train(name, regression, x, y):
    method = Picks(regression) if name.startswith("p") else Plain()
    return method.step(x, y)
"""


def test_what_picks_the_arguments_too_decides_whoever_holds_it(tmp_path: Path) -> None:
    assert_judged(tmp_path, HEADER + METHODS, "LL101", "proven", "when `not regression`")


TOTAL = """
def train(model, batches, resume=""):
    head = nn.Linear(8, 3)
    if resume:
        head = torch.load(resume)
    total = 0
    for x, y in batches:
        loss = F.cross_entropy(head(x), y)
        loss.backward()
        total += loss
    return total
"""


def test_a_loss_of_several_cases_is_one_loss(tmp_path: Path) -> None:
    assert [(one[0], one[1]) for one in judged(tmp_path, HEADER + TOTAL)] == [("LL406", "proven")]


@pytest.mark.parametrize("name", TOLD)
def test_the_same_thing_picks_both(name: str, tmp_path: Path) -> None:
    text, right, wrong = TOLD[name]
    assert not judged(tmp_path, HEADER + text.format(condition=right))
    [(code, certainty, message)] = judged(tmp_path, HEADER + text.format(condition=wrong))
    assert code == "LL102"
    assert " when `" in message or certainty == "proven"


def test_a_call_that_is_written_wrongly_is_so_whatever_picks_it(tmp_path: Path) -> None:
    program = """
def squares(x, y):
    return F.mse_loss(x, y, size_average=False)  # LL503

def divergence(x, y):
    return F.kl_div(F.log_softmax(x, 1), F.softmax(y, 1), size_average=False)  # LL503

def run(x, y, kind):
    if kind == "mse":
        loss = squares
    elif kind == "kl":
        loss = divergence
    else:
        loss = nn.L1Loss()
    return loss(x, y).backward()
"""
    assert_found(tmp_path, {"main.py": HEADER + program})


def test_how_a_loss_is_made_and_kept_is_nobodys_choice(tmp_path: Path) -> None:
    """Of several functions one is picked; what they do wrong whatever they are given, each does by itself."""
    program = """
import argparse

def first(x, y):
    return nn.KLDivLoss()(F.log_softmax(x, 1), F.softmax(y, 1))  # LL506

def second(x, y):
    return 2 * nn.KLDivLoss()(F.log_softmax(x, 1), F.softmax(y, 1))  # LL506

def third(x, y):
    total = 0
    for one in x:
        loss = F.cross_entropy(one, y)  # LL406
        loss.backward()
        total += loss
    return total

def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--algorithm", default="plain")
    args = parser.parse_args()
    net = nn.Linear(3, 4)
    distil = second if args.algorithm == "double" else third if "each" in args.algorithm else first
    for x, y in torch.load("data"):
        distil(net(x), y)

main()
"""
    assert_found(tmp_path, {"main.py": HEADER + program})


def test_what_a_method_asks_anew_is_tied_to_what_it_picks(tmp_path: Path) -> None:
    program = """
class Method:
    def __init__(self, args, is_regression):
        self.args, self.is_regression = args, is_regression

    def fit(self, data, info):
        self.is_regression = info["task"] == "regression"
        self.criterion = F.mse_loss if self.is_regression else F.cross_entropy
        self.model = self.args.build()

    def predict(self, x, y):
        out = self.model.predict(x) if self.is_regression else self.model.predict_proba(x)
        return self.criterion(torch.tensor(out), y)  # LL101

    def decide(self, x, y):
        out = self.model.predict(x) if self.is_regression else self.model.decision_function(x)
        return self.criterion(torch.tensor(out), y)
"""
    assert_found(tmp_path, {"main.py": HEADER + program})


def test_constants_under_many_conditions_are_joined() -> None:
    kind = Origin("kind")
    joined = choose((constant(at), (Literal(kind, "==", at),)) for at in range(8))
    assert isinstance(joined, Data) and set(joined.operand.value) == set(range(8))
