"""The routes by which a model's output reaches a loss: each model with softmax at its end, and the same one without it."""

from __future__ import annotations

from pathlib import Path

import pytest
from routes import HEADER, assert_found

TRAIN = """
def train(wrong, right, x, y):
    criterion = nn.CrossEntropyLoss()
    criterion(right(x), y)
    criterion(wrong(x), y)  # LL101
"""
"""Put after models named `Wrong` and `Right` that are made without arguments."""
MAKE = "\ntrain(Wrong(), Right(), torch.rand(8, 4), torch.randint(3, (8,)))\n"

CLASSES = {
    "forward": """
class Right(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(4, 3)

    def forward(self, x):
        return self.fc(x)

class Wrong(nn.Module):
    def __init__(self):
        super(Wrong, self).__init__()
        self.fc = nn.Linear(4, 3)

    def forward(self, x):
        x = self.fc(x)
        return F.softmax(x, dim=1)
""",
    "an attribute's layer": """
class Right(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(4, 3)
        self.softmax = nn.Softmax(dim=1)

    def forward(self, x):
        return self.fc(x)

class Wrong(Right):
    def forward(self, x):
        return self.softmax(self.fc(x))
""",
    "super().forward": """
class Right(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(4, 3)

    def forward(self, x):
        return self.fc(x)

class Wrong(Right):
    def forward(self, x):
        return super().forward(x).softmax(1)
""",
    "inherited from the wrong one": """
class Base(nn.Module):
    def __init__(self, out):
        super().__init__()
        self.fc = nn.Linear(4, out)

    def forward(self, x):
        return self.last(self.fc(x))

    def last(self, x):
        raise NotImplementedError

class Right(Base):
    def __init__(self):
        super().__init__(3)

    def last(self, x):
        return x

class Wrong(Right):
    def last(self, x):
        return torch.softmax(super().last(x), dim=-1)
""",
    "a mixin": """
class Probabilities:
    def last(self, x):
        return x.softmax(1)

class Right(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(4, 3)

    def last(self, x):
        return x

    def forward(self, x):
        return self.last(self.fc(x))

class Wrong(Probabilities, Right):
    pass
""",
    "Sequential": """
def Right():
    return nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 3))

def Wrong():
    return nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 3), nn.Softmax(dim=1))
""",
    "Sequential(*layers)": """
def build(probs):
    layers = [nn.Linear(4, 8), nn.ReLU()]
    layers.append(nn.Linear(8, 3))
    if probs:
        layers += [nn.Softmax(dim=1)]
    return nn.Sequential(*layers)

def Right():
    return build(False)

def Wrong():
    return build(probs=True)
""",
    "layers made in a loop": """
def layers(sizes):
    made = []
    for a, b in zip(sizes[:-1], sizes[1:]):
        made.append(nn.Linear(a, b))
    return made

class Right(nn.Module):
    def __init__(self, sizes=(4, 8, 3)):
        super().__init__()
        self.net = nn.Sequential(*layers(sizes))

    def forward(self, x):
        return self.net(x)

class Wrong(nn.Module):
    def __init__(self, sizes=(4, 8, 3)):
        super().__init__()
        self.net = nn.Sequential(*layers(sizes), nn.Softmax(dim=1))

    def forward(self, x):
        return self.net(x)
""",
    "Sequential(OrderedDict)": """
from collections import OrderedDict

def Right():
    return nn.Sequential(OrderedDict([("fc", nn.Linear(4, 3)), ("relu", nn.ReLU()), ("out", nn.Linear(3, 3))]))

def Wrong():
    return nn.Sequential(OrderedDict([("fc", nn.Linear(4, 3)), ("softmax", nn.Softmax(dim=1))]))
""",
    "Sequential with add_module": """
def Right():
    model = nn.Sequential()
    model.add_module("fc", nn.Linear(4, 3))
    return model

def Wrong():
    model = nn.Sequential()
    model.add_module("fc", nn.Linear(4, 3))
    model.add_module("softmax", nn.Softmax(dim=1))
    return model
""",
    "a subclass of Sequential": """
class Right(nn.Sequential):
    def __init__(self):
        super().__init__(nn.Linear(4, 3))

class Wrong(nn.Sequential):
    def __init__(self):
        super().__init__(nn.Linear(4, 3), nn.Softmax(dim=1))
""",
    "a ModuleList's loop": """
class Right(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = nn.ModuleList([nn.Linear(4, 4), nn.Softmax(dim=1), nn.Linear(4, 3)])

    def forward(self, x):
        for layer in self.layers:
            x = layer(x)
        return x

class Wrong(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = nn.ModuleList()
        self.layers.append(nn.Linear(4, 3))
        self.layers.append(nn.Softmax(dim=1))

    def forward(self, x):
        for i, layer in enumerate(self.layers):
            x = layer(x)
        return x
""",
    "a ModuleList's member": """
class Right(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = nn.ModuleList([nn.Linear(4, 3), nn.Softmax(dim=1)])

    def forward(self, x):
        return self.layers[0](x)

class Wrong(Right):
    def forward(self, x):
        return self.layers[-1](self.layers[0](x))
""",
    "a ModuleDict's entry": """
class Right(nn.Module):
    def __init__(self):
        super().__init__()
        self.parts = nn.ModuleDict({"fc": nn.Linear(4, 3), "softmax": nn.Softmax(dim=1)})

    def forward(self, x):
        return self.parts["fc"](x)

class Wrong(Right):
    def forward(self, x):
        return self.parts["softmax"](self.parts["fc"](x))
""",
    "add_module on itself": """
class Right(nn.Module):
    def __init__(self):
        super().__init__()
        self.add_module("fc", nn.Linear(4, 3))
        self.add_module("last", nn.Softmax(dim=1))

    def forward(self, x):
        return self.fc(x)

class Wrong(Right):
    def forward(self, x):
        return self.last(self.fc(x))
""",
    "setattr and getattr": """
class Right(nn.Module):
    def __init__(self):
        super().__init__()
        setattr(self, "fc", nn.Linear(4, 3))
        setattr(self, "last", nn.Softmax(dim=1))

    def forward(self, x):
        return getattr(self, "fc")(x)

class Wrong(Right):
    def forward(self, x):
        return getattr(self, "last")(self.fc(x))
""",
    "an activation by name": """
class Net(nn.Module):
    def __init__(self, activation="Identity", **options):
        super().__init__()
        self.fc = nn.Linear(4, 3)
        self.activation = getattr(nn, activation)(**options)

    def forward(self, x):
        return self.activation(self.fc(x))

def Right():
    return Net()

def Wrong():
    return Net("Softmax", dim=1)
""",
    "an activation from a dict": """
ACTIVATIONS = {"none": nn.Identity(), "softmax": nn.Softmax(dim=1), "lambda": lambda x: x.softmax(1)}

class Net(nn.Module):
    def __init__(self, activation):
        super().__init__()
        self.fc = nn.Linear(4, 3)
        self.activation = ACTIVATIONS[activation]

    def forward(self, x):
        return self.activation(self.fc(x))

def Right():
    return Net("none")

def Wrong():
    return Net("lambda")
""",
    "an activation that may be None": """
class Net(nn.Module):
    def __init__(self, activation=None):
        super().__init__()
        self.fc = nn.Linear(4, 3)
        self.activation = activation

    def forward(self, x):
        x = self.fc(x)
        if self.activation is not None:
            x = self.activation(x)
        return x

def Right():
    return Net()

def Wrong():
    return Net(nn.Softmax(dim=1))
""",
    "a flag of the model": """
class Net(nn.Module):
    def __init__(self, probs=False):
        super().__init__()
        self.fc = nn.Linear(4, 3)
        self.probs = probs

    def forward(self, x):
        x = self.fc(x)
        return F.softmax(x, dim=1) if self.probs else x

def Right():
    return Net()

def Wrong():
    return Net(probs=True)
""",
    "an encoder and a head": """
class Encoder(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(4, 4)

    def forward(self, x):
        return F.relu(self.fc(x)).flatten(1)

class Head(nn.Module):
    def __init__(self, probs):
        super().__init__()
        self.fc = nn.Linear(4, 3)
        self.last = nn.Softmax(dim=1) if probs else nn.Identity()

    def forward(self, x):
        return self.last(self.fc(x))

class Model(nn.Module):
    def __init__(self, encoder, head):
        super().__init__()
        self.encoder, self.head = encoder, head

    def forward(self, x):
        return self.head(self.encoder(x))

def Right():
    return Model(Encoder(), Head(False))

def Wrong():
    return Model(Encoder(), Head(True))
""",
    "a wrapper around another model": """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(4, 3)

    def forward(self, x):
        return self.fc(x)

class Probabilities(nn.Module):
    def __init__(self, model):
        super().__init__()
        self.model = model

    def forward(self, *args, **kwargs):
        return torch.softmax(self.model(*args, **kwargs), dim=1)

def Right():
    return Net()

def Wrong():
    return Probabilities(Net())
""",
    "helpers of the model": """
class Right(nn.Module):
    def __init__(self):
        super().__init__()
        self._build()

    def _build(self):
        self.fc = nn.Linear(4, 3)

    def forward(self, x):
        return self._forward(x)

    def _forward(self, x):
        return self.fc(x)

class Wrong(Right):
    def forward(self, x):
        return self._probs(self._forward(x))

    @staticmethod
    def _probs(x):
        e = F.softmax(x, dim=1)
        return e
""",
    "to, cuda, train, eval": """
class Net(nn.Module):
    def __init__(self, last):
        super().__init__()
        self.fc, self.last = nn.Linear(4, 3), last

    def forward(self, x):
        return self.last(self.fc(x))

def Right():
    model = Net(nn.Identity()).to("cpu").float().train()
    model.eval()
    return model

def Wrong():
    model = Net(nn.Softmax(1)).to("cpu").float().train()
    model = model.cuda() if torch.cuda.is_available() else model
    return model.eval()
""",
    "DataParallel and DistributedDataParallel": """
from torch.nn.parallel import DistributedDataParallel as DDP

def Right():
    return nn.DataParallel(DDP(nn.Sequential(nn.Linear(4, 3)), device_ids=[0])).cuda()

def Wrong():
    return nn.DataParallel(DDP(nn.Sequential(nn.Linear(4, 3), nn.Softmax(dim=1)), device_ids=[0])).cuda()
""",
    "DataParallel where there are several devices": """
def parallel(model):
    if torch.cuda.device_count() > 1:
        model = nn.DataParallel(model)
    return model

def Right():
    return parallel(nn.Linear(4, 3))

def Wrong():
    return parallel(nn.Sequential(nn.Linear(4, 3), nn.Softmax(dim=1)))
""",
    "torch.compile, jit, deepcopy": """
import copy

def Right():
    return torch.compile(copy.deepcopy(nn.Linear(4, 3)))

def Wrong():
    return torch.jit.script(torch.compile(copy.deepcopy(nn.Sequential(nn.Linear(4, 3), nn.Softmax(1)))))
""",
    "a torchvision model's replaced head": """
import torchvision
from torchvision import models

def Right():
    model = models.resnet18(weights=None)
    model.fc = nn.Linear(model.fc.in_features, 3)
    return model

def Wrong():
    model = torchvision.models.resnet50(pretrained=True)
    for p in model.parameters():
        p.requires_grad = False
    features = model.fc.in_features
    model.fc = nn.Sequential(nn.Linear(features, 3), nn.Softmax(dim=1))
    return model
""",
    "a torchvision model's replaced classifier": """
from torchvision.models import mobilenet_v2, vgg16

def Right():
    model = mobilenet_v2()
    model.classifier = nn.Sequential(nn.Dropout(), nn.Linear(1280, 3))
    return model

def Wrong():
    model = vgg16()
    model.classifier = nn.Sequential(nn.Linear(25088, 3), nn.Softmax(dim=1))
    return model
""",
    "a torchvision model before a softmax": """
from torchvision import models

class Net(nn.Module):
    def __init__(self, probs):
        super().__init__()
        self.backbone = models.resnet18()
        self.probs = probs

    def forward(self, x):
        out = self.backbone(x)
        if self.probs:
            out = torch.softmax(out, dim=1)
        return out

def Right():
    return Net(False)

def Wrong():
    return Net(True)
""",
    "an identity in the place of the softmax": """
def Right():
    model = nn.Sequential(nn.Linear(4, 3), nn.Softmax(dim=1))
    model[1] = nn.Identity()
    return model

def Wrong():
    model = nn.Sequential(nn.Linear(4, 3), nn.Identity())
    model[-1] = nn.Softmax(dim=1)
    return model
""",
    "a model's class passed on": """
class Net(nn.Module):
    def forward(self, x):
        return x.softmax(1)

def build(cls, *args, **kwargs):
    return cls(*args, **kwargs)

def Right():
    return build(nn.Linear, 4, 3)

def Wrong():
    return build(cls=Net)
""",
    "a model zoo": """
class Small(nn.Module):
    def forward(self, x):
        return x * 2

class Large(nn.Module):
    def forward(self, x):
        return x.softmax(1)

MODELS = {"small": Small, "large": Large}

def get(name):
    if name not in MODELS:
        raise KeyError(name)
    return MODELS[name]()

def Right():
    return get("small")

def Wrong():
    return get("large")
""",
    "a model zoo with if": """
def get(name, classes=3):
    if name == "linear":
        model = nn.Linear(4, classes)
    elif name in ("probs", "probabilities"):
        model = nn.Sequential(nn.Linear(4, classes), nn.Softmax(dim=1))
    else:
        raise ValueError(f"unknown {name}")
    return model.to("cpu")

def Right():
    return get("linear")

def Wrong():
    return get(name="probs")
""",
    "state loaded, hooks and weights": """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(4, 3)
        self.apply(self._init)
        nn.init.xavier_uniform_(self.fc.weight)

    def _init(self, module):
        if isinstance(module, nn.Linear):
            module.bias.data.zero_()

    def forward(self, x):
        return self.fc(x)

class Wrong(Net):
    def forward(self, x):
        return F.softmax(self.fc(x), 1)

def Right():
    model = Net()
    model.load_state_dict(torch.load("net.pt"))
    return model
""",
    "a dataclass module": """
import dataclasses

@dataclasses.dataclass(eq=False)
class Config:
    probs: bool = False
    width: int = 4

class Net(nn.Module):
    def __init__(self, config):
        super().__init__()
        self.config = config
        self.fc = nn.Linear(config.width, 3)

    def forward(self, x):
        x = self.fc(x)
        if self.config.probs:
            x = x.softmax(-1)
        return x

def Right():
    return Net(Config())

def Wrong():
    return Net(Config(probs=True))
""",
    "an inner class and __call__": """
class Right:
    def __init__(self):
        self.net = nn.Linear(4, 3)

    def __call__(self, x):
        return self.net(x)

class Wrong:
    class Net(nn.Module):
        def forward(self, x):
            return x.softmax(1)

    def __init__(self):
        self.net = self.Net()

    def __call__(self, x):
        return self.net.forward(x)
""",
    "a recurrent model": """
class Net(nn.Module):
    def __init__(self, probs=False):
        super().__init__()
        self.embed = nn.Embedding(100, 16)
        self.lstm = nn.LSTM(16, 32, batch_first=True)
        self.fc = nn.Linear(32, 3)
        self.probs = nn.Softmax(dim=1) if probs else None

    def forward(self, x):
        out, (h, c) = self.lstm(self.embed(x))
        out = self.fc(h[-1])
        return out if self.probs is None else self.probs(out)

def Right():
    return Net()

def Wrong():
    return Net(True)
""",
}

PROGRAMS = {
    "several outputs": """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(4, 3)

    def forward(self, x):
        x = self.fc(x)
        return x, F.softmax(x, dim=1)

def train(x, y):
    net, criterion = Net(), nn.CrossEntropyLoss()
    logits, probs = net(x)
    out = net(x)
    criterion(logits, y)
    criterion(out[0], y)
    _, other = out
    criterion(other, y)  # LL101
    criterion(out[-1], y)  # LL101
    criterion(probs, y)  # LL101
""",
    "a dict of outputs": """
class Net(nn.Module):
    def forward(self, x):
        out = {"logits": x}
        out["probs"] = x.softmax(1)
        return out

def train(x, y):
    out = Net()(x)
    F.cross_entropy(out["logits"], y)
    F.cross_entropy(out["probs"], y)  # LL101
""",
    "a loss inside of the model": """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(4, 3)
        self.criterion = nn.CrossEntropyLoss()

    def forward(self, x, y=None):
        logits = self.fc(x)
        probs = logits.softmax(dim=-1)
        if y is None:
            return probs
        good = self.criterion(logits, y)
        return probs, self.criterion(probs, y)  # LL101
""",
    "two models of one class": """
class Net(nn.Module):
    def __init__(self, last):
        super().__init__()
        self.last = last

    def forward(self, x):
        return self.last(x)

def train(x, y):
    right, wrong = Net(nn.Linear(4, 3)), Net(nn.Softmax(dim=1))
    F.cross_entropy(right(x), y)
    F.cross_entropy(wrong(x), y)  # LL101
""",
    "a trainer with a model": """
class Net(nn.Module):
    def forward(self, x):
        return torch.softmax(x, 1)

    def logits(self, x):
        return x * 2

class Trainer:
    def __init__(self, model, criterion, loader):
        self.model = model
        self.criterion = criterion
        self.loader = loader

    def train(self, epochs):
        for epoch in range(epochs):
            self.train_epoch(epoch)

    def train_epoch(self, epoch):
        self.model.train()
        for batch in self.loader:
            loss = self._compute_loss(batch)
            loss.backward()

    def _compute_loss(self, batch):
        x, y = batch
        good = self.criterion(self.model.logits(x), y)
        out = self.model(x)
        return self.criterion(out, y)  # LL101

def main(loader):
    model = Net()
    trainer = Trainer(model=model, criterion=nn.CrossEntropyLoss(), loader=loader)
    trainer.train(10)
""",
    "a Lightning module": """
import pytorch_lightning as pl

class Lit(pl.LightningModule):
    def __init__(self, lr=0.1):
        super().__init__()
        self.save_hyperparameters()
        self.net = nn.Sequential(nn.Linear(4, 3), nn.Softmax(dim=1))
        self.loss = nn.CrossEntropyLoss()

    def forward(self, x):
        return self.net(x)

    def training_step(self, batch, batch_idx):
        x, y = batch
        good = self.loss(self.net[0](x), y)
        loss = self.loss(self(x), y)  # LL101
        self.log("loss", loss)
        return loss

    def validation_step(self, batch, batch_idx):
        x, y = batch
        return F.cross_entropy(self.forward(x), y)  # LL101
""",
    "a Lightning module with a shared step": """
import lightning as L

class Base(L.LightningModule):
    def shared_step(self, batch, stage):
        x, y = batch
        loss = F.cross_entropy(self(x), y)  # LL101
        return {"loss": loss}

    def training_step(self, batch, batch_idx):
        return self.shared_step(batch, "train")

class Classifier(Base):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(4, 3)

    def forward(self, x):
        return self.fc(x).softmax(1)

L.Trainer(max_epochs=3).fit(Classifier())
""",
    "logits while training": """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(4, 3)

    def forward(self, x):
        x = self.fc(x)
        if self.training:
            return x
        return x.softmax(1)

def step(model, x, y):
    return F.cross_entropy(model(x), y)

def main(x, y):
    step(Net(), x, y)
""",
    "logits while training, sigmoid in between": """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(4, 1)

    def forward(self, x):
        x = self.fc(x)
        return x if self.training else torch.sigmoid(x)

def main(x):
    net = Net()
    return F.binary_cross_entropy_with_logits(net(x), torch.rand(8, 1))
""",
    "probabilities in evaluation only": """
class Net(nn.Module):
    def forward(self, x):
        return x if self.training else x.softmax(1)

def main(x, y):
    net = Net()
    net.train()
    F.cross_entropy(net(x), y)
    net.eval()
    F.cross_entropy(net(x), y)  # LL101
""",
    "an activation that depends on the configuration": """
class Net(nn.Module):
    def __init__(self, config):
        super().__init__()
        self.fc = nn.Linear(4, 3)
        self.last = nn.Softmax(dim=1) if config.probs else nn.Identity()

    def forward(self, x):
        return self.last(self.fc(x))

def main(config, x, y):
    return F.cross_entropy(Net(config)(x), y)
""",
    "a model nobody knows": """
def main(build, x, y):
    model = build()
    model.fc = nn.Sequential(nn.Linear(4, 3), nn.Softmax(dim=1))
    return F.cross_entropy(model(x), y)
""",
    "a subclass nobody knows": """
from somewhere import Base

class Net(Base):
    def last(self, x):
        return x.softmax(1)

def main(x, y):
    return F.cross_entropy(Net()(x), y)
""",
    "a method overridden by a subclass that is used": """
class Net(nn.Module):
    def forward(self, x):
        return self.last(x)

    def last(self, x):
        return x.softmax(1)

class Fixed(Net):
    def last(self, x):
        return x

def main(x, y):
    return F.cross_entropy(Fixed()(x), y)
""",
    "a pair of heads": """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(4, 8), nn.ReLU())
        self.heads = nn.ModuleDict({"a": nn.Linear(8, 3), "b": nn.Sequential(nn.Linear(8, 3), nn.Softmax(dim=1))})

    def forward(self, x):
        x = self.body(x)
        return {name: head(x) for name, head in self.heads.items()}

def main(x, y):
    out = Net()(x)
    F.cross_entropy(out["a"], y)
    F.cross_entropy(out["b"], y)  # LL101
""",
    "a model's method that predicts": """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(4, 3)

    def forward(self, x):
        return self.fc(x)

    @torch.no_grad()
    def predict(self, x):
        return self.forward(x).softmax(1)

    def loss(self, x, y):
        F.cross_entropy(self(x), y)
        return F.cross_entropy(self(x).softmax(1), y)  # LL101
""",
    "a model on several devices or on one": """
import torch.nn.parallel

class Net(nn.Module):
    def __init__(self, count):
        super().__init__()
        self.count = count
        self.main = nn.Sequential(nn.Linear(4, 3), nn.Softmax(dim=1))

    def forward(self, x):
        if x.is_cuda and self.count > 1:
            return nn.parallel.data_parallel(self.main, x, range(self.count))
        return self.main(x)

def main(x, y, count):
    F.cross_entropy(Net(count)(x), y)  # LL101
    F.cross_entropy(nn.parallel.data_parallel(nn.Linear(4, 3), (x,)), y)
""",
    "wrappers by the modules that hold them": """
from torch.nn.parallel.data_parallel import DataParallel
from torch.nn.parallel.distributed import DistributedDataParallel

net = nn.Sequential(nn.Linear(3, 3), nn.Softmax(dim=1))

def main(x, y):
    F.cross_entropy(DataParallel(net, device_ids=[0])(x), y)  # LL101
    F.cross_entropy(DistributedDataParallel(net)(x), y)  # LL101
""",
    "a model by its name in a library": """
from torchvision import models

def main(x, y):
    model = models.__dict__["resnet18"](num_classes=3)
    F.cross_entropy(model(x), y)
    F.nll_loss(model(x), y)  # LL102
""",
}

ROUTES = {
    **{f"class: {name}": HEADER + text + TRAIN + MAKE for name, text in CLASSES.items()},
    **{f"program: {name}": HEADER + text for name, text in PROGRAMS.items()},
}


@pytest.mark.parametrize("name", ROUTES)
def test_reported_where_marked_and_nowhere_else(name: str, tmp_path: Path) -> None:
    assert_found(tmp_path, {"program.py": ROUTES[name]})
