"""Routes as research code takes them: attributes that another method fills, results of several forms, labels from comparisons."""

from __future__ import annotations

from pathlib import Path

import pytest
from routes import HEADER, assert_found

ATTRIBUTES = {
    "set by a method that runs before": """
class Trainer:
    def __init__(self, net):
        self.net = net
        self.criterion = None

    def configure(self, train):
        if train:
            self.criterion = nn.CrossEntropyLoss()
            self.loss_fn = F.cross_entropy

    def step(self, x, y):
        out = self.net(x)
        good = self.criterion(out, y) + self.loss_fn(out, y)
        self.criterion(out.softmax(1), y)  # LL101
        return self.loss_fn(out.softmax(1), y)  # LL101

    def test(self, x, y):
        self.configure(False)
        return self.step(x, y)
""",
    "set by the method of the subclass": """
class Base:
    def prepare(self):
        self.criterion = nn.CrossEntropyLoss()

class Probabilities(Base):
    def prepare(self):
        self.criterion = nn.NLLLoss()

    def test(self, x, y):
        good = self.criterion(x.log_softmax(1), y)
        return self.criterion(x.softmax(1), y)  # LL103
""",
    "what the object has stays": """
class Trainer:
    def __init__(self):
        self.criterion = nn.CrossEntropyLoss()

    def load(self, path):
        self.criterion = torch.load(path)
        self.epoch = 3

    def step(self, x, y):
        print(self.epoch)
        good = self.criterion(x, y)
        return self.criterion(x.softmax(1), y)  # LL101
""",
}

FORMS = {
    "as many members as are unpacked": """
class Net(nn.Module):
    def forward(self, x, features=False, both=False):
        probs = F.softmax(x, dim=1)
        if features:
            return probs, x
        if both:
            return x, probs, x
        return probs

def step(x, y, features, both):
    net = Net()
    probs, feats = net(x, features, both)
    good = F.cross_entropy(feats, y)
    F.cross_entropy(probs, y)  # LL101
    feats, probs, _ = net(x, features, both)
    good = F.cross_entropy(feats, y)
    return F.cross_entropy(probs, y)  # LL101
""",
    "asked for its type": """
class Net(nn.Module):
    def forward(self, x, features=False):
        return (F.softmax(x, dim=1), x) if features else F.softmax(x, dim=1)

def step(x, y, features):
    out = Net()(x, features)
    if isinstance(out, tuple):
        out, scores = out
        good = F.cross_entropy(scores, y)
    F.cross_entropy(out, y)  # LL101
    out = Net()(x, features)
    out = out[0] if isinstance(out, tuple) else out
    F.cross_entropy(out, y)  # LL101
    out = Net()(x, features)
    if not isinstance(out, tuple):
        return F.nll_loss(out.log(), y)  # LL110
    return F.cross_entropy(out[1], y)
""",
    "resized, as one did once": """
def step(x, y):
    probs = F.softmax(x, dim=1)
    good = F.cross_entropy(x.resize(4, 3), y)
    return F.cross_entropy(probs.resize(4, 3), y)  # LL101
""",
    "predict_proba of whatever it is": """
def score(model, x, y):
    probs = model.predict_proba(x)
    good = F.nll_loss(torch.log(torch.tensor(probs)), torch.tensor(y))  # LL110
    good = F.cross_entropy(torch.tensor(model.decision_function(x)), torch.tensor(y))
    return F.cross_entropy(torch.tensor(probs), torch.tensor(y))  # LL101
""",
}

LABELS = {
    "comparisons of whatever it is": """
def step(a, b, left, right):
    label = (left > right).float()
    good = F.binary_cross_entropy_with_logits(a, label)
    good = F.margin_ranking_loss(a, b, label * 2 - 1)
    return F.margin_ranking_loss(a, b, label)  # LL113
""",
    "a comparison of arrays": """
import numpy as np

def step(a, b, left, right):
    label = np.array(left) > np.array(right)
    good = F.margin_ranking_loss(a, b, torch.from_numpy(np.sign(left - right)))
    return F.margin_ranking_loss(a, b, torch.from_numpy(label.astype(np.float32)))  # LL113
""",
    "of one of several data sets": """
import numpy as np
from torch.utils.data import DataLoader, Dataset

class Pairs(Dataset):
    def __init__(self, poses, bins=None):
        self.poses, self.bins = [np.array(pose) for pose in poses], bins

    def __getitem__(self, index):
        left, right = self.poses[index], self.poses[index - 1]
        label = torch.FloatTensor((left > right).astype(np.float32))
        if self.bins:
            return left, right, label, 3
        return left, right, label

class Single(Dataset):
    def __getitem__(self, index):
        return index, 1.0

def load(kind, **options):
    if kind == "pairs":
        return Pairs(**options)
    elif kind == "single":
        return Single()
    raise NotImplementedError

def train(config, net):
    loader = DataLoader(load(config["kind"], **config["data"]), batch_size=4)
    for batch in loader:
        if config["bins"]:
            left, right, label, bins = batch
        else:
            left, right, label = batch
        good = F.margin_ranking_loss(net(left), net(right), label * 2 - 1)
        F.margin_ranking_loss(net(left), net(right), label)  # LL113
""",
}

ROUTES = {
    f"{group}: {name}": HEADER + code
    for group, every in (("attributes", ATTRIBUTES), ("forms", FORMS), ("labels", LABELS))
    for name, code in every.items()
}


@pytest.mark.parametrize("name", ROUTES)
def test_reported_where_marked_and_nowhere_else(name: str, tmp_path: Path) -> None:
    assert_found(tmp_path, {"script.py": ROUTES[name]})


def test_a_buffer_that_a_loop_fills_is_full_some_time(tmp_path: Path) -> None:
    agent = """
class Memory:
    def __init__(self):
        self.count, self.held = 0, []

    def store(self, value):
        self.held.append(value)
        self.count += 1

class Agent:
    def __init__(self):
        self.net, self.memory, self.steps = nn.Linear(4, 2), Memory(), 0

    def learn(self):
        self.steps = self.steps + 1
        if self.memory.count < 64 or self.steps < 10:
            return
        x, target = torch.randn(64, 4), self.net(torch.randn(64, 4))
        F.mse_loss(self.net(x), target).backward()  # LL407
"""
    main = """
from agent import Agent

if __name__ == "__main__":
    agent = Agent()
    for episode in range(100):
        agent.memory.store(episode)
        agent.learn()
"""
    assert_found(tmp_path, {"agent.py": HEADER + agent, "main.py": main})
