"""Routes through names that are put together as the program runs, registries that decorators fill, and wrapped models."""

from __future__ import annotations

from pathlib import Path

import pytest
from routes import HEADER, assert_found, found, write

NETS = (
    HEADER
    + """import argparse

class Soft(nn.Module):
    def __init__(self, classes=3):
        super().__init__()
        self.linear = nn.Linear(3, classes)

    def forward(self, x):
        return F.softmax(self.linear(x), dim=1)

class Plain(Soft):
    def forward(self, x):
        return self.linear(x)

"""
)
NAMES = {
    "a name is evaluated": """
parser = argparse.ArgumentParser()
parser.add_argument("--model", default="Soft")
args = parser.parse_args()

def train(data):
    picked, known, plain = eval(args.model)(), eval("Soft")(classes=4), globals()["Plain"]()
    for x, y in data:
        F.cross_entropy(picked(x), y).backward()  # LL101
        F.cross_entropy(known(x), y).backward()  # LL101
        F.cross_entropy(plain(x), y).backward()
        F.cross_entropy(eval("1 + 1")(x), y).backward()
""",
    "one of many is picked": """
class A(Plain): pass
class B(Plain): pass
class C(Plain): pass
class D(Plain): pass
class E(Plain): pass
class G(Plain): pass

parser = argparse.ArgumentParser()
parser.add_argument("--model", default="Soft", choices=["A", "B", "C", "D", "E", "G", "Soft"])
args = parser.parse_args()

def train(data):
    if args.model == "A":
        model = A()
    elif args.model == "B":
        model = B()
    elif args.model == "C":
        model = C()
    elif args.model == "D":
        model = D()
    elif args.model == "E":
        model = E()
    elif args.model == "G":
        model = G()
    elif args.model == "Soft":
        model = Soft()
    for x, y in data:
        F.cross_entropy(model(x), y).backward()  # LL101
""",
    "decorators fill a registry": """
class Registry:
    def __init__(self):
        self.classes = {}

    def get(self, key):
        return self.classes.get(key, None)

    def register(self, cls=None, name=None):
        if cls is not None:
            self.classes[cls.__name__] = cls
            return cls
        def add(cls):
            self.classes[name or cls.__name__] = cls
            return cls
        return add

MODELS, LOSSES = Registry(), Registry()

@MODELS.register
class First(Soft):
    pass

@MODELS.register(name="second")
class Second(Soft):
    pass

@LOSSES.register()
class Entropy(nn.Module):
    def forward(self, x, y):
        return F.cross_entropy(x, y)  # LL101

def build(config, registry):
    options = config.copy()
    return registry.get(options.pop("type"))(**options)

def train(config, data):
    model, criterion = build(config.model, MODELS), build(config.loss, LOSSES)
    for x, y in data:
        criterion(model(x), y).backward()
""",
    "what was wrapped is asked for": """
def train(data):
    model = nn.DataParallel(Soft())
    for x, y in data:
        F.cross_entropy(model.module(x), y).backward()  # LL101
        F.cross_entropy(model.module.linear(x), y).backward()
""",
}
LIBRARY = {
    "what a model of transformers returns": """
from transformers import AutoModelForSequenceClassification

model = AutoModelForSequenceClassification.from_pretrained("bert-base-uncased", num_labels=3)

def train(loader, ids, y):
    for batch in loader:
        output = model(**batch)
        F.nll_loss(output.logits, y)  # LL102
        F.nll_loss(output["logits"], y)  # LL102
        F.nll_loss(output.get("logits"), y)  # LL102
        F.cross_entropy(output.logits, y)
        F.nll_loss(output[0], y)
    labelled = model(ids, labels=torch.tensor([0, 1]))
    F.nll_loss(labelled.logits, y)  # LL102
    F.nll_loss(labelled[1], y)  # LL102
    F.nll_loss(model(ids, labels=y).logits, y)  # LL102
    loss, logits = model(ids, labels=y)[:2]
    F.nll_loss(logits, y)
    loss.backward()
""",
    "models of timm and segmentation_models_pytorch": """
import segmentation_models_pytorch as smp
import timm

net = timm.create_model("resnet18", pretrained=True, num_classes=10)
ends, open_ended = smp.Unet("resnet34", classes=1, activation="sigmoid"), smp.Unet("resnet34", classes=1)

def train(x, y, mask):
    F.nll_loss(net(x), y)  # LL102
    F.cross_entropy(net(x), y)
    F.binary_cross_entropy_with_logits(ends(x), mask)  # LL101
    F.binary_cross_entropy_with_logits(open_ended(x), mask)
    F.binary_cross_entropy(open_ended(x), mask)  # LL104
""",
    "class ids of torchvision's data sets": """
from torch.utils.data import DataLoader
from torchvision import datasets, transforms

loader = DataLoader(datasets.MNIST("data", transform=transforms.ToTensor()), batch_size=32)
net = nn.Sequential(nn.Flatten(), nn.Linear(784, 10))
for x, y in loader:
    F.cross_entropy(net(x), y).backward()
    F.cross_entropy(net(x), y.int()).backward()  # LL202
    F.binary_cross_entropy_with_logits(net(x)[:, 0], y).backward()  # LL202
""",
    "a Lightning module that configures its model": """
import lightning

class Recognizer(lightning.LightningModule):
    def configure_model(self):
        self.net = nn.Sequential(nn.Linear(3, 4), nn.Softmax(dim=1))

    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), 0.1)

    def training_step(self, batch, index):
        x, y = batch
        return F.cross_entropy(self.net(x), y)  # LL101
""",
    "averages of a model": """
from timm.utils import ModelEmaV2
from torch.optim.swa_utils import AveragedModel

model = nn.Sequential(nn.Linear(4, 3), nn.Softmax(1))
averaged, kept = AveragedModel(model), ModelEmaV2(model, decay=0.99)

def evaluate(x, y):
    F.cross_entropy(averaged(x), y)  # LL101
    F.cross_entropy(averaged.module(x), y)  # LL101
    F.cross_entropy(kept.module(x), y)  # LL101
    F.cross_entropy(kept.module[0](x), y)
""",
    "models of torchvision": """
from torchvision import models

parser = argparse.ArgumentParser()
parser.add_argument("--arch", default="resnet18")
args = parser.parse_args()

def train(data):
    picked, hub = models.__dict__[args.arch](), torch.hub.load("pytorch/vision:v0.10.0", "resnet18", pretrained=True)
    named = getattr(models, args.arch)(num_classes=3)
    for x, y in data:
        F.nll_loss(picked(x), y).backward()  # LL102
        F.nll_loss(named(x), y).backward()  # LL102
        F.nll_loss(hub(x), y).backward()  # LL102
        F.nll_loss(torch.hub.load("someone/else", "net")(x), y).backward()
""",
    "what kind of thing a tensor is": """
from some.library import Remote

def main(data):
    for x, y in data:
        out = Soft()(x)
        if isinstance(out, (Remote, torch.distributed.rpc.RRef)):
            out = out.fetch()
        if type(out) is tuple:
            out = out[0]
        F.cross_entropy(out, y).backward()  # LL101
""",
}
MODULES = {
    "added up": 'import_module("models." + args.model)',
    "formatted": 'import_module(f"models.{args.model}")',
    "by a method": 'import_module("models.{}".format(args.model))',
    "by percent": '__import__("models.%s" % args.model)',
    "with an end": 'import_module("models." + args.model + "_net")',
}


@pytest.mark.parametrize("name", NAMES)
def test_names_are_followed(name: str, tmp_path: Path) -> None:
    assert_found(tmp_path, {"main.py": NETS + NAMES[name]})


@pytest.mark.parametrize("name", LIBRARY)
def test_models_and_kinds_of_libraries(name: str, tmp_path: Path) -> None:
    assert_found(tmp_path, {"main.py": NETS + LIBRARY[name]})


@pytest.mark.parametrize("name", MODULES)
def test_a_module_is_picked_among_those_of_a_package(name: str, tmp_path: Path) -> None:
    end = "_net" if name == "with an end" else ""
    files = {
        "models/__init__.py": "",
        f"models/one{end}.py": NETS + "class Model(Soft):\n    pass\n",
        f"models/two{end}.py": NETS + "class Model(Soft):\n    pass\n",
        "training.py": HEADER
        + """
def train(model, data):
    for x, y in data:
        F.cross_entropy(model(x), y).backward()  # LL101
""",
        "main.py": f"""
import argparse
from importlib import import_module
from training import train

parser = argparse.ArgumentParser()
parser.add_argument("--model", required=True)
args = parser.parse_args()

def main(data):
    chosen = {MODULES[name]}
    train(chosen.Model(), data)
""",
    }
    assert_found(tmp_path, files)


def test_a_class_that_the_arguments_do_not_fit_is_not_the_one_that_is_picked(tmp_path: Path) -> None:
    """`getattr(nets, args.model)` may be anything in the module, but its parts are made from other arguments."""
    nets = (
        HEADER
        + """
class Block(nn.Module):
    def __init__(self, size):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(size, size), nn.ReLU())

    def forward(self, x):
        return self.body(x)

class Net(nn.Module):
    def __init__(self, width, classes=3):
        super().__init__()
        self.body, self.head = Block(width), nn.Linear(width, classes)

    def forward(self, x):
        return self.head(self.body(x))
"""
    )
    main = (
        HEADER
        + """import argparse
import nets

parser = argparse.ArgumentParser()
parser.add_argument("--model", default="Net")
args = parser.parse_args()

def main(data):
    model, other = getattr(nets, args.model)(width=8), getattr(nets, args.model)(8)
    for x, y in data:
        F.cross_entropy(model(x), y).backward()
        F.cross_entropy(other(x), y).backward()  # LL111
"""
    )
    assert_found(tmp_path, {"main.py": main, "nets.py": nets})


def test_a_module_that_is_not_there_is_not_guessed(tmp_path: Path) -> None:
    main = HEADER + "from importlib import import_module\n\ndef main(name, x, y):\n"
    main += '    F.cross_entropy(import_module("models." + name).Model()(x), y).backward()\n'
    assert_found(tmp_path, {"main.py": main})


NET = """
class Model(nn.Module):
    def __init__(self, classes):
        super().__init__()
        self.fc = nn.Linear(4, classes)

    def forward(self, x):
        return F.softmax(self.fc(x), dim=1)

class Loss(nn.Module):
    def forward(self, x, y):
        return F.nll_loss(x, y)  # LL103
"""
PICKS = """
import argparse
import importlib
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
{path}
def train(args, data):
    module = importlib.import_module(args.model)
    model, criterion = module.Model(3), module.Loss()
    for x, y in data:
        criterion(model(x), y).backward()

if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--model", default="plain")
    train(parser.parse_args(), torch.load("data.pt"))
"""


@pytest.mark.parametrize(
    "path",
    [
        'sys.path.append(os.path.join(HERE, "nets"))',
        'sys.path.insert(0, "nets/")',
        'sys.path.append("/home/somebody/project/nets")',
    ],
)
def test_a_folder_is_put_on_the_path(path: str, tmp_path: Path) -> None:
    assert_found(tmp_path, {"train.py": HEADER + PICKS.format(path=path), "nets/plain.py": HEADER + NET})


def test_a_folder_that_is_not_on_the_path_is_not_searched(tmp_path: Path) -> None:
    files = {"train.py": HEADER + PICKS.format(path='# sys.path.append("nets")'), "nets/plain.py": HEADER + NET}
    write(tmp_path, files)
    assert found(tmp_path) == set()
