"""Operators that classes of the program define, losses that turn out to be such only later, and what stands in for others."""

from __future__ import annotations

from pathlib import Path

import pytest
from routes import HEADER, assert_found

OPERATORS = {
    "losses that are added and weighted": """
class Loss(nn.Module):
    def __add__(self, other):
        return Both(self, other)

    def __rmul__(self, factor):
        return Scaled(self, factor)

class Both(Loss):
    def __init__(self, one, two):
        super().__init__()
        self.one, self.two = one, two

    def forward(self, x, y):
        return self.one(x, y) + self.two(x, y)

class Scaled(Loss):
    def __init__(self, one, factor):
        super().__init__()
        self.one, self.factor = one, factor

    def forward(self, x, y):
        return self.factor * self.one(x, y)

class Classes(Loss):
    def forward(self, x, y):
        return F.cross_entropy(x, y)  # LL101

class Flags(Loss):
    def forward(self, x, y):
        return F.binary_cross_entropy(x, F.one_hot(y, 2).float())

def fit(x, y):
    net = nn.Sequential(nn.Linear(4, 2), nn.Softmax(dim=1))
    criterion = 0.5 * Classes() + Flags()
    criterion(net(x), y).backward()

fit(torch.rand(8, 4), torch.randint(2, (8,)))
""",
    "a meter that takes what is added to it": """
class Mean:
    def __init__(self):
        self.values = []

    def __iadd__(self, value):
        self.values.append(value.detach())
        return self

class Kept(Mean):
    def __iadd__(self, value):
        self.values.append(value)
        return self

class Meters:
    def __init__(self, kind):
        self.kind, self.all = kind, {}

    def update(self, losses):
        for name, value in losses.items():
            if name not in self.all:
                self.all[name] = self.kind()
            self.all[name] += value

def fit(data):
    net, good, bad = nn.Linear(4, 3), Meters(Mean), Kept()
    for x, y in data:
        loss = F.cross_entropy(net(x), y)
        loss.backward()
        good.update({"loss": loss})
        other = F.cross_entropy(net(x), y)  # LL406
        other.backward()
        bad += other
""",
    "what the class is given before its tests": """
import unittest

class TestLoss(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.outputs = [F.softmax(torch.randn(4, 3), dim=1) for _ in range(5)]
        cls.logs = [F.log_softmax(torch.randn(4, 3), dim=1) for _ in range(5)]
        cls.targets = [torch.randint(3, (4,)) for _ in range(5)]

    def test_loss(self):
        for output, log, target in zip(self.outputs, self.logs, self.targets):
            nn.NLLLoss()(output, target)  # LL103
            nn.NLLLoss()(log, target)
""",
}
LATER = {
    "what a model of a library returns": """
from transformers import AutoModelForSequenceClassification, BertForQuestionAnswering

def fit(loader, optimizer):
    model = AutoModelForSequenceClassification.from_pretrained("base", num_labels=3)
    answers = BertForQuestionAnswering.from_pretrained("base")
    before = after = mean = good = other = 0
    for batch in loader:
        output = model(**batch)
        before += output.loss
        output.loss.backward()  # LL406
        output = model(**batch)
        output.loss.backward()  # LL406
        after += output.loss
        output = answers(**batch)
        mean += output.loss / len(loader)
        output.loss.backward()  # LL406
        output = answers(**batch)
        good += output.loss.item()
        output.loss.backward()
        output = answers(**batch)
        other += output.start_logits.mean()
        output.loss.backward()
        optimizer.step()
    print(before, after, mean, good, other)
""",
    "what accelerate backpropagates": """
from accelerate import Accelerator

def fit(loader, model, optimizer):
    accelerator = Accelerator()
    model, optimizer = accelerator.prepare(model, optimizer)
    total = kept = good = 0
    for batch in loader:
        output = model(**batch)
        total += output.loss
        accelerator.backward(output.loss)  # LL406
        loss = model(**batch).loss
        accelerator.backward(loss)  # LL406
        kept += loss
        loss = model(**batch).loss
        accelerator.backward(loss)
        good += loss.detach().float()
        optimizer.step()
    print(total, kept, good)
""",
    "a name that is bound anew in between": """
def fit(loader, optimizer, step):
    total = kept = seen = 0
    loss = 0.0
    for batch in loader:
        total += loss
        loss = step(batch)
        loss.backward()
        loss = loss.item()
        other = step(batch)
        kept += other
        other.backward()  # LL406
        with torch.no_grad():
            unseen = step(batch)
            seen += unseen
        unseen.backward()
    print(total, kept, seen)
""",
    "a total of this turn alone": """
def fit(loader, parts, optimizer):
    for batch in loader:
        total = 0
        for part in parts:
            output = part(batch)
            total += output.loss
        total.backward()
        sum_ = 0
        output = parts[0](batch)
        sum_ += output.loss
        output.loss.backward()
        optimizer.step()
""",
}
APART = {
    "what has names still has them behind DataParallel": """
class Ranked(nn.Module):
    def forward(self, ranked, y):
        return F.cross_entropy(ranked.values, y)  # LL101

def train(x, y):
    nn.DataParallel(Ranked())(torch.softmax(x, 1).sort(1), y)
""",
    "inputs are moved to a model on several devices": """
from torch.utils.data import DataLoader, Dataset

class Rows(Dataset):
    def __len__(self):
        return 8

    def __getitem__(self, index):
        return {"x": torch.rand(3), "y": torch.ones(1)}

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(3, 1)

    def forward(self, x):
        return self.fc(x)

def fit():
    criterion = nn.BCEWithLogitsLoss()
    spread, several, one = nn.DataParallel(Net()).cuda(), nn.DataParallel(nn.Sequential(nn.Linear(3, 1))).cuda(), Net()
    for row in DataLoader(Rows(), batch_size=4):
        criterion(spread(row["x"]), row["y"].cuda()).backward()
        criterion(several(row["x"]), row["y"].cuda()).backward()
        criterion(one(row["x"]), row["y"].cuda()).backward()  # LL509

fit()
""",
    "a loss that is mocked": """
import unittest
from unittest.mock import patch

def mixed(x, pair):
    first, second = pair
    return F.cross_entropy(x, first) + F.cross_entropy(x, second)

class TestMixed(unittest.TestCase):
    @patch("main.F.cross_entropy")
    def test_calls(self, mocked):
        mocked.return_value = 1.0
        mixed("x", ("one", "two"))

    @patch.object(F, "cross_entropy")
    def test_objects(self, mocked):
        F.cross_entropy("x", "y")

    @patch("builtins.print")
    def test_others(self, mocked):
        F.nll_loss(F.softmax(torch.randn(4, 3), dim=1), torch.tensor([0, 1, 2, 0]))  # LL103
""",
}
FOREIGN = """
from mxnet import autograd

def fit_there(net, data):
    total = 0
    for x, y in data:
        with autograd.record():
            loss = net(x, y)
        loss.backward()
        total += loss.mean()
    print(total)
"""


@pytest.mark.parametrize("name", OPERATORS)
def test_operators_and_what_a_class_is_given(name: str, tmp_path: Path) -> None:
    assert_found(tmp_path, {"main.py": HEADER + OPERATORS[name]})


@pytest.mark.parametrize("name", LATER)
def test_what_turns_out_to_be_a_loss_is_kept_too(name: str, tmp_path: Path) -> None:
    assert_found(tmp_path, {"main.py": HEADER + LATER[name]})


@pytest.mark.parametrize("name", APART)
def test_what_stands_in_for_others(name: str, tmp_path: Path) -> None:
    assert_found(tmp_path, {"main.py": HEADER + APART[name]})


def test_losses_of_other_libraries_are_not_told_of(tmp_path: Path) -> None:
    torch = HEADER + "def loss(x, y):\n    return F.cross_entropy(x, y)\n"
    assert_found(tmp_path, {"common.py": torch, "main.py": "from common import *\n" + FOREIGN})
