"""Routes through what trains: libraries that are given a model and a loss, decoders that fill a tensor, models picked by name."""

from __future__ import annotations

from pathlib import Path

import pytest
from routes import HEADER, assert_found

NET = """
class Net(nn.Module):
    def __init__(self, units=10):
        super().__init__()
        self.fc = nn.Linear(20, 2)

    def forward(self, x, **rest):
        return F.softmax(self.fc(x), dim=-1)

class Plain(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(20, 2)

    def forward(self, x):
        return self.fc(x)
"""

TRAINERS = {
    "classes of module and criterion": """
from skorch import NeuralNetClassifier

good = NeuralNetClassifier(Net, max_epochs=10)  # its usual loss takes the logarithm itself
good = NeuralNetClassifier(Plain, criterion=nn.CrossEntropyLoss)
bad = NeuralNetClassifier(Net, criterion=nn.CrossEntropyLoss, module__units=3)  # LL101
""",
    "a class of the program that is such a net": """
from skorch import NeuralNet

class Mine(NeuralNet):
    def __init__(self, module, criterion, workers=2, **rest):
        self.workers = workers
        super().__init__(module, criterion, **rest)

good = Mine(Plain, nn.CrossEntropyLoss)
bad = Mine(Net, nn.CrossEntropyLoss)  # LL101
""",
    "objects, in any order": """
from ignite.engine import create_supervised_trainer

good = create_supervised_trainer(Plain(), optimizer, nn.CrossEntropyLoss())
good = create_supervised_trainer(Net(), optimizer, nn.CrossEntropyLoss(), model_transform=torch.logit)
bad = create_supervised_trainer(Net(), optimizer, nn.CrossEntropyLoss())  # LL101
""",
    "names that are imported with a star": """
from fastai.vision.all import *

good = Learner(data, Plain(), loss_func=nn.CrossEntropyLoss())
bad = Learner(data, Net(), loss_func=nn.CrossEntropyLoss())  # LL101
""",
    "a Trainer's own loss": """
from transformers import Trainer

class Weighted(Trainer):
    def compute_loss(self, model, inputs, return_outputs=False):
        labels = inputs.pop("labels")
        out = model(**inputs)
        loss = nn.CrossEntropyLoss(weight=torch.tensor([1.0, 2.0]))(out, labels)  # LL101
        return (loss, out) if return_outputs else loss

class Usual(Trainer):
    def compute_loss(self, model, inputs, return_outputs=False):
        return F.cross_entropy(model(**inputs), inputs["labels"])

Weighted(model=Net(), args=None).train()
Usual(Plain(), None).train()
""",
    "a runner's method": """
from catalyst import dl

runner = dl.SupervisedRunner()
runner.train(model=Plain(), criterion=nn.CrossEntropyLoss(), loaders=loaders)
runner.train(model=Net(), criterion=nn.CrossEntropyLoss(), loaders=loaders)  # LL101
""",
}

FILLED = {
    "step by step": """
def decode(steps, batch, teacher):
    out = torch.zeros(steps, batch, 200).to("cpu")
    logs = torch.zeros(steps, batch, 200)
    layer = nn.Linear(10, 200)
    for t in range(1, steps):
        out[t] = F.softmax(layer(teacher[t]), dim=1)
        logs[t] = F.log_softmax(layer(teacher[t]), dim=1)
    return out, logs

def step(trg, teacher):
    out, logs = decode(trg.shape[0], trg.shape[1], teacher)
    good = F.nll_loss(logs[1:].view(-1, 200), trg[1:].view(-1))
    return F.cross_entropy(out[1:].view(-1, out.shape[-1]), trg[1:].view(-1))  # LL101
""",
    "in a column": """
def step(net, x, y):
    out = torch.zeros(8, 5, 3)
    for t in range(5):
        out[:, t] = F.softmax(net(x[t]), dim=1)
    good = F.nll_loss(out.log().transpose(1, 2), y)  # LL110
    return F.nll_loss(out.transpose(1, 2), y)  # LL103
""",
}

PICKED = {
    "a model by an unknown name, with a head of its own": """
from torchvision import models

def build(arch, softmax):
    net = getattr(models, arch)(pretrained=True)
    net.classifier = nn.Sequential(nn.Linear(1024, 102), nn.Softmax(dim=1) if softmax else nn.LogSoftmax(dim=1))
    return net

def step(args, x, y):
    good = F.nll_loss(build(args.arch, False)(x), y)
    other = models.__dict__[args.arch]()
    other.fc = nn.Linear(512, 10)
    good = F.cross_entropy(other(x), y)
    F.nll_loss(other(x), y)  # LL102
    return F.nll_loss(build(args.arch, True)(x), y)  # LL103
""",
    "a loss that is bound among others": """
import pytorch_lightning as pl

class Autoencoder(pl.LightningModule):
    def __init__(self, encoder, decoder, loss=F.binary_cross_entropy):
        super().__init__()
        self.encoder, self.decoder, self.loss = encoder, decoder, loss

    def training_step(self, batch, index):
        x, _ = batch
        loss = self.loss(self.decoder(self.encoder(x)), x)  # LL104
        return loss

model = Autoencoder(nn.Linear(784, 3), nn.Linear(3, 784))
""",
}


@pytest.mark.parametrize("name", TRAINERS)
def test_trainers(name: str, tmp_path: Path) -> None:
    assert_found(tmp_path, {"a.py": HEADER + NET + TRAINERS[name]})


@pytest.mark.parametrize("name", FILLED)
def test_filled_tensors(name: str, tmp_path: Path) -> None:
    assert_found(tmp_path, {"a.py": HEADER + FILLED[name]})


@pytest.mark.parametrize("name", PICKED)
def test_picked_models_and_losses(name: str, tmp_path: Path) -> None:
    assert_found(tmp_path, {"a.py": HEADER + PICKED[name]})
