"""What well-kept libraries do: options that an object keeps, criteria that are put into others, terms that are held still."""

from __future__ import annotations

from pathlib import Path

import pytest
from routes import HEADER, assert_found

TASK = """
import pytorch_lightning as pl

class Base(pl.LightningModule):
    def __init__(self):
        super().__init__()
        self.save_hyperparameters(ignore="weights")
        self.configure()

    def configure(self):
        if self.hparams["loss"] == "ce":
            self.criterion = nn.CrossEntropyLoss()
        elif self.hparams["loss"] == "bce":
            self.criterion = nn.BCEWithLogitsLoss()

class Task(Base):
    def __init__(self, weights=None, loss="ce", classes=10):
        super().__init__()
        self.net = nn.Linear(5, self.hparams.classes)
"""
PROGRAMS = {
    "a keyword argument of the constructor decides": TASK
    + """
class Many(Task):
    def training_step(self, batch, index):
        labels = torch.zeros(8, 19, dtype=torch.long)
        if self.hparams["loss"] == "bce":
            labels = labels.float()
        return self.criterion(self.net(torch.rand(8, 5)), labels)

Many(loss="bce", classes=19)
""",
    "an option asked for in two places selects the same": TASK
    + """
class Either(Task):
    def training_step(self, batch, index):
        scores, labels = self.net(batch), torch.zeros(8, dtype=torch.long)
        if self.hparams.loss == "bce":
            labels = torch.zeros(8, 10)
        return self.criterion(scores, labels)

class Wrong(Task):
    def training_step(self, batch, index):
        scores, labels = self.net(batch), torch.zeros(8, 10)
        if self.hparams["loss"] == "ce":
            scores, labels = scores.softmax(1), torch.zeros(8, dtype=torch.long)
        return self.criterion(scores, labels)  # LL101
""",
    "named arguments, keyword arguments and a dict": """
import lightning as L

class Named(L.LightningModule):
    def __init__(self, act, **options):
        super().__init__()
        self.save_hyperparameters("act", "width")

    def training_step(self, batch, index):
        scores = torch.randn(8, 5, requires_grad=True)
        return F.cross_entropy(self.hparams.act(scores), torch.zeros(8, dtype=torch.long))  # LL101

class Given(L.LightningModule):
    def __init__(self, options):
        super().__init__()
        self.save_hyperparameters(options)

    def training_step(self, batch, index):
        scores = torch.randn(8, 5, requires_grad=True)
        if self.hparams["act"] == "softmax":
            scores = scores.softmax(1)
        return F.cross_entropy(scores, torch.zeros(8, dtype=torch.long))  # LL101

class Head(nn.Module):
    def __init__(self, width, act=None):
        super().__init__()
        self.net, self.act = nn.Linear(width, 5), act

    def forward(self, x):
        return self.net(x) if self.act is None else self.act(self.net(x))

class Spread(L.LightningModule):
    def __init__(self, width, act=None):
        super().__init__()
        self.save_hyperparameters()
        self.head = Head(**self.hparams)

    def training_step(self, batch, index):
        return F.cross_entropy(self.head(batch), torch.zeros(8, dtype=torch.long))  # LL101

Spread(width=5, act=nn.Softmax(1))
Named(nn.Softmax(1), width=5)
Given({"act": "none"}).training_step(None, 0)
Given({"act": "softmax"}).training_step(None, 0)
""",
    "a criterion that another method puts into a class of the program": """
class Deep(nn.Module):
    def __init__(self, loss):
        super().__init__()
        self.loss = loss

    def forward(self, outputs, targets):
        return self.loss(outputs[0], targets[0]) + self.loss(outputs[1], targets[0])  # LL101

class Trainer:
    def __init__(self):
        self.net = nn.Linear(3, 4)
        self.loss = nn.CrossEntropyLoss()
        self.ready = False

    def initialize(self):
        if not self.ready:
            self.loss = Deep(self.loss)
            self.ready = True

    def step(self, x, y):
        return self.loss((self.net(x), self.net(x).softmax(1)), [y])
""",
    "a criterion that is put into a class by a method that is overridden, and called by what overrides it": """
class Scales(nn.Module):
    def __init__(self, loss):
        super().__init__()
        self.loss = loss

    def forward(self, outputs, targets):
        return self.loss(outputs[0], targets[0]) + self.loss(outputs[1], targets[0])  # LL101

class Trainer:
    def __init__(self):
        self.net = nn.Linear(3, 4)
        self.loss = nn.CrossEntropyLoss()

    def initialize(self):
        self.loss = Scales(self.loss)

class Profiling(Trainer):
    def initialize(self):
        super().initialize()
        self.batch = torch.rand(8, 3)

    def step(self, y):
        return self.loss((self.net(self.batch), self.net(self.batch).softmax(1)), [y])

class Single(Trainer):
    def initialize(self):
        self.batch = torch.rand(8, 3)

    def step(self, y):
        return self.loss((self.net(self.batch),), y)  # LL201
""",
    "a criterion that is put into something unknown stays itself": """
class Trainer:
    def __init__(self, fabric):
        self.fabric = fabric
        self.net = nn.Linear(3, 4)
        self.loss = nn.CrossEntropyLoss()

    def prepare(self):
        self.loss = self.fabric.setup(self.loss)

    def step(self, x, y):
        return self.loss(self.net(x).softmax(1), y)  # LL101
""",
    "a term held still beside one whose target may learn": """
class Codes(nn.Module):
    def __init__(self, project):
        super().__init__()
        self.project = project

    def forward(self, z):
        codes = self.project(z)
        committed = F.mse_loss(z.detach(), codes)
        return codes, committed + F.mse_loss(codes.detach(), z)

codes, loss = Codes(build())(torch.randn(2, 8))
loss.backward()
""",
    "a configuration of transformers keeps what it is told": """
from transformers import LlamaConfig, LlamaForSequenceClassification

class Config(LlamaConfig):
    def __init__(self, pooling="avg", **options):
        self.pooling = pooling
        super().__init__(**options)

class Scorer(LlamaForSequenceClassification):
    def __init__(self, config):
        super().__init__(config)

    def forward(self, hidden, labels):
        scores = self.score(hidden)
        if self.config.problem_type is None:
            self.config.problem_type = "regression" if self.num_labels == 1 else "multi_label_classification"
        if self.config.problem_type == "regression":
            return nn.MSELoss()(scores.squeeze(), labels.squeeze())
        return nn.BCEWithLogitsLoss()(scores, labels)

Scorer(Config(num_labels=1))(torch.rand(4, 3), torch.randn(4, 1))
""",
    "the answer to a comparison is a tensor where one is wanted": """
from monai.losses import DiceLoss

class Regions(nn.Module):
    def __init__(self):
        super().__init__()
        self.dice = DiceLoss(sigmoid=True)

    def forward(self, p, y):
        return self.dice(p[:, :1], y > 0) + self.dice(p[:, 1:], y == 3)
""",
    "a configuration that is read over its defaults": """
class Config:
    def __init__(self, words=-1):
        self.words = words

    @classmethod
    def read(cls, told):
        made = cls(words=-1)
        for key, value in told.items():
            made.__dict__[key] = value
        return made

class Named:
    def __init__(self, told):
        self.words = 0
        for key, value in told.items():
            setattr(self, key, value)

config, named = Config.read(build()), Named(build())
config.words += 8 - config.words % 8
scores = nn.Linear(4, 8)(torch.rand(2, 4))
F.cross_entropy(scores.view(-1, config.words), torch.tensor([1, 0]))
F.cross_entropy(scores.view(-1, named.words), torch.tensor([1, 0]))
""",
    "whoever asks whether gradients are on does without backward where they aren't": """
class Cached(nn.Module):
    def __init__(self, net):
        super().__init__()
        self.net = net

    def loss(self, scores, labels):
        return F.cross_entropy(scores, labels)

    def backward(self, scores, labels):
        loss = self.loss(scores, labels)
        loss.backward()
        return loss

    def forward(self, x, labels):
        on = torch.is_grad_enabled()
        scores = self.net(x)
        if not on:
            return self.loss(scores, labels)
        return self.backward(scores, labels)

net = Cached(nn.Linear(4, 8))
with torch.no_grad():
    net(torch.rand(2, 4), torch.tensor([1, 0]))
""",
    "a method that is left to others": """
class Agent:
    def __init__(self):
        self.criterion = nn.CrossEntropyLoss()

    def score(self, batch):
        raise NotImplementedError("say how")

    def forget(self, batch):
        batch.clear()

    def step(self, batch, labels):
        self.criterion(self.forget(batch), labels)  # LL201
        return self.criterion(self.score(batch), labels)
""",
    "rows of a table that doesn't learn are as it was filled": """
import numpy as np

class Speakers(nn.Module):
    def __init__(self):
        super().__init__()
        self.codes = torch.from_numpy(np.eye(4, dtype=np.float32))
        self.words = nn.Parameter(torch.randn(4, 4))

    def forward(self, scores, labels):
        good = F.binary_cross_entropy_with_logits(scores, F.embedding(labels, self.codes))
        return good + F.binary_cross_entropy(F.embedding(labels, self.words), torch.rand(8, 4))  # LL104
""",
    "a mean divergence that is brought back to the batch": """
def good(scores, target):
    loss = F.kl_div(scores.log_softmax(1), target, reduction="mean")
    loss *= target.size(1)
    return loss + scores.shape[1] * F.kl_div(scores.log_softmax(1), target)

def bad(scores, target, temperature):
    return F.kl_div(scores.log_softmax(1), target) * temperature**2  # LL506
""",
    "layers whose number isn't known have no places either": """
class Counted(nn.Module):
    def __init__(self, depth):
        super().__init__()
        self.layers = nn.ModuleList()
        for _ in range(depth):
            self.layers.append(nn.Linear(4, 4))
        self.layers.append(nn.Linear(4, 3))

    def forward(self, x):
        for place, layer in enumerate(self.layers):
            x = layer(x).softmax(1) if place == 1 else layer(x)
        return x

class Stepped(Counted):
    def forward(self, x, times):
        for layer, time in zip(self.layers, times):
            x = layer(x + time).relu()
        return x.softmax(1)

def train(x, y, times, depth):
    good = F.cross_entropy(Counted(depth)(x), y)
    return good + F.cross_entropy(Stepped(depth)(x, times), y)  # LL101
""",
    "a None behind a condition that isn't known": """
class Quantizer(nn.Module):
    def forward(self, scores, codes=None):
        told = build(codes)
        if told:
            return F.cross_entropy(scores, codes)
        return scores

Quantizer()(torch.rand(4, 3))
F.cross_entropy(torch.rand(4, 3), None)  # LL201
""",
    "layers in step with what they are given, the last without an activation": """
import argparse

class Layer(nn.Module):
    def __init__(self, act=None, loop=False):
        super().__init__()
        self.act, self.loop, self.weight = act, loop, nn.Parameter(torch.rand(4, 4))

    def forward(self, block, h):
        h = block(h)
        if self.loop:
            h = h + h @ self.weight
        return self.act(h) if self.act else h

class Net(nn.Module):
    def __init__(self, hidden, loop):
        super().__init__()
        self.layers = nn.ModuleList()
        for _ in range(hidden):
            self.layers.append(Layer(F.relu, loop))
        self.layers.append(Layer(None, loop))

    def forward(self, blocks, h):
        for layer, block in zip(self.layers, blocks):
            h = layer(block, h)
        return h

parser = argparse.ArgumentParser()
parser.add_argument("--loop", action="store_true")
parser.add_argument("--layers", type=int)
args = parser.parse_args()
net = Net(args.layers, args.loop)

def train(loader):
    for blocks, x, y in loader:
        F.cross_entropy(net(blocks, x), y).backward()
""",
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_program(name: str, tmp_path: Path) -> None:
    assert_found(tmp_path, {"main.py": HEADER + PROGRAMS[name]})


LOSSES = """
def told(scores, labels):
    return F.nll_loss(scores, labels)

def wrong(scores, labels):
    return F.cross_entropy(scores.softmax(1), labels)  # LL101

def padded(scores, labels, ignored):
    return F.cross_entropy(scores, labels, ignore_index=ignored)
"""
TESTING = """
import unittest
from losses import padded, told, wrong

class LossTest(unittest.TestCase):
    def test_losses(self):
        scores, labels = nn.Linear(3, 2)(torch.rand(4, 3)), torch.zeros(4, dtype=torch.long)
        assert told(scores, labels) < 1
        assert wrong(scores, labels) < 1
        assert padded(scores, labels, 1) < 1
        assert F.nll_loss(scores, labels) < 1  # LL102
        assert F.cross_entropy(torch.rand(4, 2).softmax(1), labels) < 1
"""


def test_what_a_test_makes_up_tells_nothing_of_what_it_tests(tmp_path: Path) -> None:
    assert_found(tmp_path, {"losses.py": HEADER + LOSSES, "tests/test_losses.py": HEADER + TESTING})


def test_what_a_program_passes_does(tmp_path: Path) -> None:
    marked = LOSSES.replace("nll_loss(scores, labels)", "nll_loss(scores, labels)  # LL102")
    marked = marked.replace("ignore_index=ignored)", "ignore_index=ignored)  # LL507")
    program = TESTING.replace("softmax(1), labels) < 1", "softmax(1), labels) < 1  # LL101")
    assert_found(tmp_path, {"losses.py": HEADER + marked, "main.py": HEADER + program})


BOOK = """
# Chapter

```{.python .input}
#@tab mxnet
loss = gluon.loss.SoftmaxCrossEntropyLoss()
def train(x, y):
    l = loss(net(x), y)
    l.backward()
```

```{.python .input}
#@tab pytorch, tensorflow
import torch
from torch import nn
net = nn.Linear(4, 3)
loss = nn.CrossEntropyLoss(reduction="none")
```

```{.python .input}
#@tab all
def test(x, y):
    loss(net(x), y).backward()  # LL405
```
"""


def test_a_block_of_another_framework_is_not_of_the_program(tmp_path: Path) -> None:
    assert_found(tmp_path, {"chapter.md": BOOK})
