"""The routes by which a criterion and a value reach a loss within one file: each with a wrong use and a right one beside it."""

from __future__ import annotations

from pathlib import Path

import pytest
from routes import HEADER, assert_found, marked

IMPORTS = {
    "functional as F": """
import torch.nn.functional as F

def step(x, y):
    F.cross_entropy(F.softmax(x, dim=1), y)  # LL101
    F.cross_entropy(F.relu(x).log(), y)
    return F.cross_entropy(x, y)
""",
    "from torch import nn": """
import torch
from torch import nn

def step(x, y):
    criterion = nn.CrossEntropyLoss()
    good = criterion(x, y)
    return criterion(torch.softmax(x, 1), y)  # LL101
""",
    "everything spelled out": """
import torch

def step(x, y):
    criterion = torch.nn.CrossEntropyLoss()
    criterion(x, y)
    return criterion(torch.nn.functional.softmax(x, dim=1), y)  # LL101
""",
    "from torch.nn import *": """
from torch.nn import *

def step(x, y):
    criterion = CrossEntropyLoss()
    criterion(x, y)
    return criterion(Softmax(dim=1)(x), y)  # LL101
""",
    "a function under another name": """
from torch.nn.functional import cross_entropy as ce, softmax as sm

def step(x, y):
    return ce(x, y) + ce(sm(x, dim=1), y)  # LL101
""",
    "torch.nn.modules.loss": """
import torch.nn.modules.loss
from torch.nn.modules.loss import CrossEntropyLoss as CE

def step(x, y):
    CE()(x, y)
    CE()(torch.softmax(x, 1), y)  # LL101
    torch.nn.modules.loss.CrossEntropyLoss()(x, y)
    return torch.nn.modules.loss.CrossEntropyLoss()(torch.softmax(x, 1), y)  # LL101
""",
    "import torch.nn as nn, in a function": """
def step(x, y):
    import torch.nn as nn
    from torch.nn import functional
    nn.CrossEntropyLoss()(x, y)
    return nn.CrossEntropyLoss()(functional.softmax(x, 1), y)  # LL101
""",
    "an import that may fail": """
import torch
try:
    import torch.nn as nn
    import torch.nn.functional as F
except ImportError:
    raise SystemExit("install torch")

def step(x, y):
    nn.CrossEntropyLoss()(x, y)
    return nn.CrossEntropyLoss()(F.softmax(x, 1), y)  # LL101
""",
    "names kept for later": """
import torch.nn as nn
import torch.nn.functional as F

CE = nn.CrossEntropyLoss
loss_fn = F.cross_entropy

def step(x, y):
    CE()(x, y) + loss_fn(x, y)
    CE()(F.softmax(x, 1), y)  # LL101
    return loss_fn(F.softmax(x, 1), y)  # LL101
""",
}

CRITERIA = {
    "called where it is made": """
def step(x, y):
    nn.CrossEntropyLoss()(x, y)
    return nn.CrossEntropyLoss(weight=torch.ones(3))(x.softmax(1), y)  # LL101
""",
    "an argument": """
def step(criterion, x, y):
    good = criterion(x, y)
    return criterion(x.softmax(1), y)  # LL101

def main(x, y):
    step(nn.CrossEntropyLoss(), x, y)
""",
    "a keyword argument": """
def step(x, y, *, criterion):
    good = criterion(x, y)
    return criterion(x.softmax(1), y)  # LL101

def main(x, y):
    step(x, y, criterion=nn.CrossEntropyLoss())
""",
    "a default": """
def step(x, y, criterion=nn.CrossEntropyLoss(), loss_fn=F.cross_entropy):
    good = criterion(x, y) + loss_fn(x, y)
    bad = loss_fn(x.softmax(1), y)  # LL101
    return criterion(x.softmax(1), y)  # LL101

def main(x, y):
    step(x, y)
""",
    "None replaced by a default": """
def step(x, y, criterion=None):
    if criterion is None:
        criterion = nn.CrossEntropyLoss()
    good = criterion(x, y)
    return criterion(x.softmax(1), y)  # LL101

def other(x, y, criterion=None):
    criterion = criterion or nn.CrossEntropyLoss()
    good = criterion(x, y)
    return criterion(x.softmax(1), y)  # LL101

def main(x, y):
    step(x, y)
    other(x, y)
""",
    "*args and **kwargs": """
def step(x, y, criterion):
    good = criterion(x, y)
    return criterion(x.softmax(1), y)  # LL101

def passing(*args, **kwargs):
    return step(*args, **kwargs)

def main(x, y):
    passing(x, y, criterion=nn.CrossEntropyLoss())
""",
    "a dict taken apart": """
def step(x, y, criterion):
    good = criterion(x, y)
    return criterion(x.softmax(1), y)  # LL101

def main(x, y):
    options = {"criterion": nn.CrossEntropyLoss(), "x": x, "y": y}
    step(**options)
    step(*[x, y, F.cross_entropy])
""",
    "an attribute": """
class Trainer:
    def __init__(self):
        self.criterion = nn.CrossEntropyLoss()

    def step(self, x, y):
        good = self.criterion(x, y)
        return self.criterion(x.softmax(1), y)  # LL101
""",
    "a class attribute": """
class Trainer:
    criterion = nn.CrossEntropyLoss()

    def step(self, x, y):
        good = self.criterion(x, y) + Trainer.criterion(x, y)
        Trainer.criterion(x.softmax(1), y)  # LL101
        return self.criterion(x.softmax(1), y)  # LL101
""",
    "an attribute of an instance, set from outside": """
class Trainer:
    def step(self, x, y):
        good = self.criterion(x, y)
        return self.criterion(x.softmax(1), y)  # LL101

trainer = Trainer()
trainer.criterion = nn.CrossEntropyLoss()

def main(x, y):
    trainer.step(x, y)
""",
    "a setter": """
class Trainer:
    def __init__(self):
        self.criterion = None

    def set_criterion(self, criterion):
        self.criterion = criterion
        return self

    def step(self, x, y):
        good = self.criterion(x, y)
        return self.criterion(x.softmax(1), y)  # LL101

def main(x, y):
    trainer = Trainer()
    trainer.set_criterion(nn.CrossEntropyLoss())
    trainer.step(x, y)
""",
    "a property with a setter": """
class Trainer:
    @property
    def criterion(self):
        return self._criterion

    @criterion.setter
    def criterion(self, value):
        self._criterion = value

    def step(self, x, y):
        good = self.criterion(x, y)
        return self.criterion(x.softmax(1), y)  # LL101

def main(x, y):
    trainer = Trainer()
    trainer.criterion = nn.CrossEntropyLoss()
    trainer.step(x, y)
""",
    "a dict's entry": """
LOSSES = {"ce": nn.CrossEntropyLoss(), "mse": nn.MSELoss(), "functional": F.cross_entropy, "class": nn.CrossEntropyLoss}

def step(x, y):
    good = LOSSES["ce"](x, y) + LOSSES["functional"](x, y) + LOSSES["mse"](x.softmax(1), torch.rand(8, 3))
    LOSSES["functional"](x.softmax(1), y)  # LL101
    LOSSES["class"]()(x.softmax(1), y)  # LL101
    LOSSES.get("ce")(x.softmax(1), y)  # LL101
    return LOSSES["ce"](x.softmax(1), y)  # LL101
""",
    "a list's member": """
criteria = [nn.CrossEntropyLoss(), nn.MSELoss()]

def step(x, y):
    ce, mse = criteria
    good = criteria[0](x, y) + mse(x.softmax(1), torch.rand(8, 3))
    bad = ce(x.softmax(1), y)  # LL101
    return criteria[0](x.softmax(1), y)  # LL101
""",
    "a factory": """
def build(name):
    if name == "ce":
        return nn.CrossEntropyLoss()
    elif name == "mse":
        return nn.MSELoss()
    raise ValueError(name)

def step(x, y):
    criterion, other = build("ce"), build("mse")
    good = criterion(x, y) + other(x.softmax(1), torch.rand(8, 3))
    return criterion(x.softmax(1), y)  # LL101
""",
    "a factory's class": """
class Losses:
    @staticmethod
    def ce():
        return nn.CrossEntropyLoss()

    @classmethod
    def make(cls):
        return cls.ce()

def step(x, y):
    good = Losses.ce()(x, y)
    Losses.make()(x.softmax(1), y)  # LL101
    return Losses.ce()(x.softmax(1), y)  # LL101
""",
    "getattr by name": """
def step(x, y):
    criterion = getattr(nn, "CrossEntropyLoss")()
    good = criterion(x, y)
    getattr(F, "cross_entropy")(x.softmax(1), y)  # LL101
    return criterion(x.softmax(1), y)  # LL101
""",
    "getattr by a name that was passed": """
def build(name, **options):
    return getattr(torch.nn, name)(**options)

def step(x, y):
    criterion = build("CrossEntropyLoss", label_smoothing=0.1)
    good = criterion(x, y)
    return criterion(x.softmax(1), y)  # LL101
""",
    "partial": """
from functools import partial
import functools

smooth = partial(F.cross_entropy, label_smoothing=0.1)
make = functools.partial(nn.CrossEntropyLoss, reduction="sum")

def step(x, y):
    good = smooth(x, y) + make()(x, y)
    make()(x.softmax(1), y)  # LL101
    return smooth(x.softmax(1), y)  # LL101
""",
    "a lambda": """
loss_fn = lambda out, y: F.cross_entropy(out, y)  # LL101
right = lambda out, y: F.cross_entropy(out, y)

def step(x, y):
    good = right(x, y)
    return loss_fn(x.softmax(1), y)
""",
    "a lambda that makes it": """
make = lambda: nn.CrossEntropyLoss()

def step(x, y):
    good = make()(x, y)
    return make()(x.softmax(1), y)  # LL101
""",
    "a function of one's own": """
def compute(out, y):
    return F.cross_entropy(out, y)  # LL101

def right(out, y):
    return F.cross_entropy(out, y)

def step(x, y):
    return compute(x.softmax(1), y) + right(x, y)
""",
    "a subclass of the loss": """
class Smooth(nn.CrossEntropyLoss):
    def __init__(self, smoothing=0.1):
        super().__init__(label_smoothing=smoothing)

class Plain(nn.CrossEntropyLoss):
    pass

def step(x, y):
    good = Smooth()(x, y) + Plain()(x, y)
    Plain()(x.softmax(1), y)  # LL101
    return Smooth()(x.softmax(1), y)  # LL101
""",
    "a subclass that overrides forward": """
class Focal(nn.CrossEntropyLoss):
    def __init__(self):
        super(Focal, self).__init__(reduction="none")

    def forward(self, out, y):
        ce = super().forward(out, y)  # LL101
        return ((1 - torch.exp(-ce)) ** 2 * ce).mean()

def step(x, y):
    return Focal()(x.softmax(1), y)
""",
    "a module around it": """
class Criterion(nn.Module):
    def __init__(self):
        super().__init__()
        self.ce = nn.CrossEntropyLoss()

    def forward(self, out, y):
        return self.ce(out, y) + self.ce(out.softmax(dim=1), y)  # LL101

def step(x, y):
    return Criterion()(x, y)
""",
    "moved to a device": """
def step(x, y, device):
    criterion = nn.CrossEntropyLoss().to(device)
    other = nn.CrossEntropyLoss().cuda()
    good = criterion(x, y) + other(x, y)
    other(x.softmax(1), y)  # LL101
    return criterion(x.softmax(1), y)  # LL101
""",
    "a method kept in a variable": """
def step(x, y):
    criterion = nn.CrossEntropyLoss()
    forward = criterion.forward
    good = forward(x, y)
    criterion.__call__(x.softmax(1), y)  # LL101
    return forward(x.softmax(1), y)  # LL101
""",
    "keywords at the call": """
def step(x, y):
    good = nn.CrossEntropyLoss()(target=y, input=x)
    F.cross_entropy(target=y, input=x.softmax(1))  # LL101
    return nn.CrossEntropyLoss()(target=y, input=x.softmax(1))  # LL101
""",
    "a global set by a function": """
criterion = None

def setup():
    global criterion
    criterion = nn.CrossEntropyLoss()

def step(x, y):
    good = criterion(x, y)
    return criterion(x.softmax(1), y)  # LL101

def main(x, y):
    setup()
    step(x, y)

if __name__ == "__main__":
    main(torch.rand(8, 3), torch.arange(8) % 3)
""",
    "a registry filled by a decorator": """
REGISTRY = {}

def register(name):
    def wrap(function):
        REGISTRY[name] = function
        return function
    return wrap

@register("ce")
def ce(out, y):
    return F.cross_entropy(out, y)  # LL101

@register("right")
def right(out, y):
    return F.cross_entropy(out, y)

def step(x, y):
    return REGISTRY["ce"](x.softmax(1), y) + REGISTRY["right"](x, y)
""",
    "an Enum beside it changes nothing": """
from enum import Enum

class Kind(Enum):
    CE = "ce"
    MSE = "mse"

def step(x, y, kind=Kind.CE):
    criterion = nn.CrossEntropyLoss() if kind is Kind.CE else nn.CrossEntropyLoss(reduction="sum")
    good = criterion(x, y)
    return criterion(x.softmax(1), y)  # LL101
""",
}

VALUES = {
    "an expression": """
def step(x, y):
    F.cross_entropy(torch.log_softmax(x, 1).exp(), y)  # LL101
    return F.cross_entropy(x * 2, y) + F.cross_entropy(x.softmax(1) * 10, y)
""",
    "assigned twice": """
def step(x, y):
    out = torch.softmax(x, 1)
    F.cross_entropy(out, y)  # LL101
    out = x
    return F.cross_entropy(out, y)
""",
    "a layer object": """
softmax = nn.Softmax(dim=1)

def step(x, y):
    probs = softmax(x)
    F.cross_entropy(x, y)
    return F.cross_entropy(probs, y)  # LL101
""",
    "through operations that keep its meaning": """
def step(x, y):
    probs = x.softmax(1).contiguous().to("cpu").float()
    return F.cross_entropy(x.float(), y) + F.cross_entropy(probs, y)  # LL101
""",
    "a helper's return": """
def predict(model, x):
    return torch.softmax(model(x), dim=1)

def raw(model, x):
    return model(x)

def step(model, x, y):
    F.cross_entropy(raw(model, x), y)
    return F.cross_entropy(predict(model, x), y)  # LL101
""",
    "one member of a tuple": """
def predict(x):
    return x, torch.softmax(x, 1)

def step(x, y):
    logits, probs = predict(x)
    F.cross_entropy(logits, y)
    F.cross_entropy(predict(x)[0], y)
    F.cross_entropy(predict(x)[1], y)  # LL101
    return F.cross_entropy(probs, y)  # LL101
""",
    "starred unpacking": """
def step(x, y):
    first, *others = x, x.softmax(1), x
    F.cross_entropy(first, y)
    F.cross_entropy(others[1], y)
    return F.cross_entropy(others[0], y)  # LL101
""",
    "one entry of a dict": """
def predict(x):
    return {"logits": x, "probs": torch.softmax(x, 1)}

def step(x, y):
    out = predict(x)
    out["more"] = x.softmax(1)
    F.cross_entropy(out["logits"], y)
    F.cross_entropy(out.get("probs"), y)  # LL101
    F.cross_entropy(out["more"], y)  # LL101
    return F.cross_entropy(out["probs"], y)  # LL101
""",
    "dict(key=value)": """
def step(x, y):
    out = dict(logits=x, probs=torch.softmax(x, 1))
    F.cross_entropy(out["logits"], y)
    return F.cross_entropy(out["probs"], y)  # LL101
""",
    "a field of a dataclass": """
from dataclasses import dataclass

@dataclass
class Output:
    logits: torch.Tensor
    probs: torch.Tensor = None

def predict(x):
    return Output(x, probs=torch.softmax(x, 1))

def step(x, y):
    out = predict(x)
    F.cross_entropy(out.logits, y)
    return F.cross_entropy(out.probs, y)  # LL101
""",
    "a field of a NamedTuple": """
from typing import NamedTuple

class Output(NamedTuple):
    logits: torch.Tensor
    probs: torch.Tensor

def step(x, y):
    out = Output(x, x.softmax(1))
    F.cross_entropy(out.logits, y)
    return F.cross_entropy(out.probs, y)  # LL101
""",
    "a field of a namedtuple": """
from collections import namedtuple

Output = namedtuple("Output", ["logits", "probs"])
Other = namedtuple("Other", "logits probs")

def step(x, y):
    out, other = Output(x, x.softmax(1)), Other(probs=x.softmax(1), logits=x)
    F.cross_entropy(out.logits, y) + F.cross_entropy(other.logits, y)
    F.cross_entropy(other.probs, y)  # LL101
    logits, probs = out
    F.cross_entropy(logits, y)
    F.cross_entropy(probs, y)  # LL101
    F.cross_entropy(out[0], y)
    F.cross_entropy(out[1], y)  # LL101
    return F.cross_entropy(out.probs, y)  # LL101
""",
    "a SimpleNamespace": """
from types import SimpleNamespace

def step(x, y):
    out = SimpleNamespace(logits=x, probs=x.softmax(1))
    F.cross_entropy(out.logits, y)
    return F.cross_entropy(out.probs, y)  # LL101
""",
    "an attribute of an object": """
class State:
    pass

def step(x, y):
    state = State()
    state.logits, state.probs = x, x.softmax(1)
    F.cross_entropy(state.logits, y)
    return F.cross_entropy(state.probs, y)  # LL101
""",
    "a property": """
class Prediction:
    def __init__(self, logits):
        self.logits = logits

    @property
    def probs(self):
        return self.logits.softmax(1)

def step(x, y):
    out = Prediction(x)
    F.cross_entropy(out.logits, y)
    return F.cross_entropy(out.probs, y)  # LL101
""",
    "__call__": """
class Predict:
    def __call__(self, x):
        return x.softmax(1)

def step(x, y):
    predict = Predict()
    F.cross_entropy(x, y)
    return F.cross_entropy(predict(x), y)  # LL101
""",
    "static and class methods": """
class Head:
    @staticmethod
    def probs(x):
        return x.softmax(1)

    @classmethod
    def also(cls, x):
        return cls.probs(x)

    def step(self, x, y):
        F.cross_entropy(x, y)
        F.cross_entropy(Head.probs(x), y)  # LL101
        F.cross_entropy(self.also(x), y)  # LL101
        return F.cross_entropy(self.probs(x), y)  # LL101
""",
    "a generator": """
def batches(loader):
    for x, y in loader:
        yield x, x.softmax(1), y

def train(loader):
    for x, probs, y in batches(loader):
        F.cross_entropy(x, y)
        F.cross_entropy(probs, y)  # LL101
""",
    "yield from, next": """
def one(x):
    yield x.softmax(1)

def two(x):
    yield from one(x)

def step(x, y):
    F.cross_entropy(x, y)
    F.cross_entropy(next(one(x)), y)  # LL101
    return F.cross_entropy(next(iter(two(x))), y)  # LL101
""",
    "a comprehension": """
def step(xs, y):
    probs = [x.softmax(1) for x in xs]
    raw = [x for x in xs]
    losses = [F.cross_entropy(p, y) for p in probs]  # LL101
    good = sum(F.cross_entropy(x, y) for x in raw)
    return sum(F.cross_entropy(p, y) for p in probs)  # LL101
""",
    "a comprehension that leaves some out": """
layers = [nn.Linear(3, 4), nn.Softmax(dim=1)]
all_of_them = nn.Sequential(*[layer for layer in layers if layer is not None])
without = nn.Sequential(*[layer for layer in layers if not isinstance(layer, nn.Softmax)])

def step(x, y):
    F.cross_entropy(without(x), y)
    F.cross_entropy(all_of_them(x), y)  # LL101
""",
    "a comprehension over one of two lists": """
def features(x, kind):
    if kind == "short":
        return [x, x.softmax(1)]
    return [x.softmax(1), x, x.softmax(1)]

def step(x, y, kind):
    kept = [one.detach() for one in features(x, kind)]
    F.cross_entropy(kept[-2], y)
    F.cross_entropy(kept[-1], y)  # LL101
""",
    "zip and enumerate": """
def step(xs, ys):
    probs = [x.softmax(1) for x in xs]
    for i, (p, x, y) in enumerate(zip(probs, xs, ys)):
        F.cross_entropy(x, y)
        F.cross_entropy(p, y)  # LL101
""",
    "appended to a list": """
def step(xs, y):
    outputs, raw = [], []
    for x in xs:
        outputs.append(x.softmax(1))
        raw.append(x)
    for out in outputs:
        F.cross_entropy(out, y)  # LL101
    return F.cross_entropy(raw[-1], y)
""",
    "concatenated": """
def step(a, b, y):
    probs = torch.cat([a.softmax(1), b.softmax(1)], dim=0)
    F.cross_entropy(torch.cat([a, b]), y)
    return F.cross_entropy(probs, y)  # LL101
""",
    "a closure": """
def make(x):
    probs = x.softmax(1)

    def wrong(y):
        return F.cross_entropy(probs, y)  # LL101

    def right(y):
        return F.cross_entropy(x, y)

    return wrong, right

def main(x, y):
    wrong, right = make(x)
    return wrong(y) + right(y)
""",
    "a closure of LBFGS": """
def train(model, optimizer, x, y):
    def closure():
        optimizer.zero_grad()
        loss = F.cross_entropy(torch.softmax(model(x), 1), y)  # LL101
        F.cross_entropy(model(x), y)
        loss.backward()
        return loss
    optimizer.step(closure)
""",
    "a nonlocal name": """
def step(x, y):
    out = x
    def change():
        nonlocal out
        out = x.softmax(1)
    F.cross_entropy(out, y)
    change()
    return F.cross_entropy(out, y)  # LL101
""",
    "a decorator that wraps": """
import functools

def logged(function):
    @functools.wraps(function)
    def wrapper(*args, **kwargs):
        print(function)
        return function(*args, **kwargs)
    return wrapper

@logged
def predict(x):
    return x.softmax(1)

@logged
def compute(out, y):
    return F.cross_entropy(out, y)

def step(x, y):
    compute(x, y)
    return F.cross_entropy(predict(x), y)  # LL101
""",
    "a decorator with arguments": """
from functools import wraps

def repeated(times):
    def wrap(function):
        @wraps(function)
        def wrapper(*args, **kwargs):
            for _ in range(times):
                result = function(*args, **kwargs)
            return result
        return wrapper
    return wrap

@repeated(3)
def predict(x):
    return x.softmax(1)

def step(x, y):
    F.cross_entropy(x, y)
    return F.cross_entropy(predict(x), y)  # LL101
""",
    "a decorator of a library": """
import somewhere

@somewhere.traced
def predict(x):
    return x.softmax(1)

@torch.jit.script
def scripted(x):
    return x.softmax(1)

@torch.compile
def step(x, y):
    F.cross_entropy(x, y)
    F.cross_entropy(scripted(x), y)  # LL101
    return F.cross_entropy(predict(x), y)  # LL101
""",
    "with autocast": """
def step(model, x, y):
    with torch.cuda.amp.autocast(enabled=True), torch.autograd.set_detect_anomaly(True):
        probs = torch.softmax(model(x), 1)
        F.cross_entropy(model(x), y)
    return F.cross_entropy(probs, y)  # LL101
""",
    "a context manager of one's own": """
from contextlib import contextmanager

@contextmanager
def prediction(x):
    yield x.softmax(1)

class Timer:
    def __enter__(self):
        return self
    def __exit__(self, *error):
        return False

def step(x, y):
    with Timer() as timer, prediction(x) as probs:
        F.cross_entropy(x, y)
        return F.cross_entropy(probs, y)  # LL101
""",
    "try, except, finally": """
def step(x, y):
    try:
        out = x.softmax(1)
        raw = x
    except RuntimeError as error:
        print(error)
        raise
    finally:
        print("done")
    F.cross_entropy(raw, y)
    return F.cross_entropy(out, y)  # LL101
""",
    "while": """
def train(model, x, y, steps):
    step = 0
    while step < steps:
        out = torch.softmax(model(x), 1)
        loss = F.cross_entropy(out, y)  # LL101
        F.cross_entropy(model(x), y)
        step += 1
    while True:
        out = model(x)
        F.cross_entropy(out.softmax(1), y)  # LL101
        F.cross_entropy(out, y)
        if step > 3:
            break
""",
    "loops over epochs and batches": """
def train(model, loader, epochs):
    criterion = nn.CrossEntropyLoss()
    for epoch in range(epochs):
        for i, (x, y) in enumerate(loader):
            out = torch.softmax(model(x), dim=1)
            if i % 100 == 0:
                continue
            criterion(model(x), y)
            loss = criterion(out, y)  # LL101
            loss.backward()
""",
    "match": """
def step(x, y, kind):
    match kind:
        case "a":
            out = x.softmax(1)
        case _:
            out = F.softmax(x, dim=1)
    F.cross_entropy(x, y)
    return F.cross_entropy(out, y)  # LL101
""",
    "the walrus": """
def step(x, y):
    if (probs := x.softmax(1)) is not None:
        F.cross_entropy(x, y)
        return F.cross_entropy(probs, y)  # LL101
""",
    "a conditional expression": """
def step(x, y, sharp):
    out = torch.softmax(x / 2, 1) if sharp else torch.softmax(x, 1)
    F.cross_entropy(x / 2 if sharp else x, y)
    return F.cross_entropy(out, y)  # LL101
""",
    "async": """
async def predict(x):
    return x.softmax(1)

async def step(x, y):
    F.cross_entropy(x, y)
    return F.cross_entropy(await predict(x), y)  # LL101
""",
    "a call in several lines": """
def step(x, y):
    probs = x.softmax(1)
    return F.cross_entropy(  # LL101
        probs,
        y,
    ) + F.cross_entropy(
        x,
        y,
    )
""",
}

ENTRIES = {
    "the module's body": """
x, y = torch.rand(8, 3), torch.randint(3, (8,))
F.cross_entropy(x, y)
F.cross_entropy(x.softmax(1), y)  # LL101
""",
    "the main block": """
if __name__ == "__main__":
    x, y = torch.rand(8, 3), torch.randint(3, (8,))
    F.cross_entropy(x, y)
    F.cross_entropy(x.softmax(1), y)  # LL101
""",
    "a function that the main block calls before what it uses is used": """
def main():
    train(nn.CrossEntropyLoss(), torch.rand(8, 3), torch.randint(3, (8,)))

def train(criterion, x, y):
    criterion(x, y)
    criterion(x.softmax(1), y)  # LL101

if "__main__" == __name__:
    main()
""",
    "a function nobody calls": """
def unused(x, y):
    F.cross_entropy(x, y)
    F.cross_entropy(x.softmax(1), y)  # LL101
""",
    "a method of a class that nobody instantiates": """
class Trainer:
    def __init__(self, model, optimizer, lr=0.1):
        self.model, self.optimizer = model, optimizer
        self.criterion = nn.CrossEntropyLoss()

    def run(self, loader):
        for x, y in loader:
            self.step(x, y)

    def step(self, x, y):
        out = self.model(x)
        self.criterion(out, y)
        self.criterion(out.softmax(1), y)  # LL101
""",
    "a function in a function that nobody calls": """
def outer(x):
    def inner(y):
        F.cross_entropy(x, y)
        return F.cross_entropy(x.softmax(1), y)  # LL101
    return inner
""",
    "a method nobody calls, of a class somebody instantiates": """
class Trainer:
    def __init__(self, criterion):
        self.criterion = criterion

    def step(self, x, y):
        self.criterion(x, y)
        self.criterion(x.softmax(1), y)  # LL101

trainer = Trainer(nn.CrossEntropyLoss())
""",
    "a callback": """
def step(x, y):
    F.cross_entropy(x, y)
    return F.cross_entropy(x.softmax(1), y)  # LL101

import framework
framework.run(step)
""",
    "argparse": """
import argparse

def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--loss", default="ce", choices=["ce", "mse"])
    args = parser.parse_args()
    criterion = nn.CrossEntropyLoss() if args.loss == "ce" else nn.CrossEntropyLoss(reduction="sum")
    x, y = torch.rand(8, 3), torch.randint(3, (8,))
    criterion(x, y)
    criterion(x.softmax(1), y)  # LL101

main()
""",
}

UNPROVEN = {
    "both branches wrong": """
def step(x, y, flag):
    if flag:
        out = x.softmax(1)
    else:
        out = torch.softmax(x, 1).contiguous()
    return F.cross_entropy(out, y)  # LL101
""",
    "one branch wrong": """
def step(x, y, flag):
    if flag:
        x = x.softmax(1)
    return F.cross_entropy(x, y)
""",
    "one branch wrong, the other unknown": """
def step(model, x, y, flag):
    out = x.softmax(1) if flag else model(x)
    return F.cross_entropy(out, y)
""",
    "one branch wrong, told by a constant": """
def step(x, y, probs):
    if probs:
        x = x.softmax(1)
    return F.cross_entropy(x, y)  # LL101

def right(x, y, probs):
    if probs:
        x = x.softmax(1)
    return F.cross_entropy(x, y)

def main(x, y):
    step(x, y, True)
    right(x, y, False)
""",
    "criteria of which one is right": """
def step(x, y, flag):
    criterion = nn.CrossEntropyLoss() if flag else nn.MSELoss()
    return criterion(x.softmax(1), y)
""",
    "criteria of which each is wrong": """
def step(x, y, flag):
    criterion = nn.CrossEntropyLoss() if flag else nn.CrossEntropyLoss(reduction="sum")
    criterion(x, y)
    return criterion(x.softmax(1), y)  # LL101
""",
    "a loop that may stop before": """
def step(xs, y):
    for x in xs:
        out = x
        if x.sum() > 3:
            break
        out = x.softmax(1)
    return F.cross_entropy(out, y)
""",
    "an early return": """
def predict(x, flag):
    if flag:
        return x
    return x.softmax(1)

def step(x, y, flag):
    return F.cross_entropy(predict(x, flag), y)
""",
    "an exception handled": """
def step(x, y):
    try:
        out = x.softmax(1)
    except RuntimeError:
        out = x
    return F.cross_entropy(out, y)
""",
    "an argument nobody knows": """
def step(out, y):
    return F.cross_entropy(out, y)

def other(criterion, x, y):
    return criterion(x.softmax(1), y)
""",
    "a dict by an unknown key": """
def step(x, y, key):
    out = {"logits": x, "probs": x.softmax(1)}
    return F.cross_entropy(out[key], y)
""",
    "changed by someone unknown": """
import somewhere

def step(x, y):
    out = somewhere.calibrate(x.softmax(1))
    return F.cross_entropy(out, y)
""",
    "overwritten in place by a list": """
def step(xs, y):
    outs = [x.softmax(1) for x in xs]
    outs[0] = xs[0]
    return F.cross_entropy(outs[0], y)
""",
    "a closure that reads its method's object": """
class Fit:
    def __init__(self):
        self.measure = nn.CrossEntropyLoss()

    def step(self, optimizer, x, y):
        def closure():
            return self.measure(x.softmax(1), y)  # LL101

        optimizer.step(closure)
""",
    "a checkpointed module": """
head = nn.Sequential(nn.Linear(4, 3), nn.Softmax(dim=1))

def step(x, y):
    return F.cross_entropy(torch.utils.checkpoint.checkpoint(head, x, use_reentrant=False), y)  # LL101
""",
    "a global that another function changes": """
head = nn.Softmax(dim=1)

def disable():
    global head
    head = nn.Identity()

def step(x, y):
    return F.cross_entropy(head(x), y)
""",
    "a global that a function may change": """
head = nn.Softmax(dim=1)

def configure(flag):
    global head
    if flag:
        head = nn.Identity()

def other(flag):
    global head
    if flag:
        head = nn.Softmax(dim=1)

def step(x, y):
    configure(len(x))
    return F.cross_entropy(head(x), y)

def main(x, y):
    step(x, y)
""",
    "a name deleted and bound anew": """
def step(x, y, model):
    out = x.softmax(1)
    del out
    out = model(x)
    return F.cross_entropy(out, y)
""",
    "exec": """
def step(x, y, code):
    out = x.softmax(1)
    F.cross_entropy(out, y)  # LL101
    return F.cross_entropy(eval(code), y)
""",
}

ROUTES = {
    f"{group}: {name}": HEADER + text if group != "import" else text
    for group, routes in (
        ("import", IMPORTS), ("criterion", CRITERIA), ("value", VALUES), ("entry", ENTRIES), ("path", UNPROVEN)
    )
    for name, text in routes.items()
}  # fmt: skip


@pytest.mark.parametrize("name", ROUTES)
def test_reported_where_marked_and_nowhere_else(name: str, tmp_path: Path) -> None:
    assert_found(tmp_path, {"program.py": ROUTES[name]})


def test_every_wrong_use_has_a_right_one_beside_it() -> None:
    assert all(
        marked({"program.py": text}) for text in (*IMPORTS.values(), *CRITERIA.values(), *VALUES.values(), *ENTRIES.values())
    )
