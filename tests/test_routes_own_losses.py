"""Losses of the program's own, what is kept of a loss, shapes that only their history tells."""

from __future__ import annotations

from pathlib import Path

import pytest
from routes import HEADER, assert_found

OWN = {
    "backpropagated and added up": """
class Trainer:
    def train(self, loader):
        total = kept = 0.0
        for x, y in loader:
            loss = self.loss_function(self.net(x), y)
            loss.backward()  # LL406
            kept += loss.item()
            total += loss
        return total, kept
""",
    "put into a list, or added before its backward": """
def train(net, loader):
    numbers, losses, total = [], [], 0.0
    for x, y in loader:
        loss = F.cross_entropy(net(x), y)
        loss.backward()
        numbers.append(loss.item())
    for x, y in loader:
        loss = F.cross_entropy(net(x), y)  # LL406
        loss.backward()
        losses.append(loss)
    for x, y in loader:
        loss = F.cross_entropy(net(x), y)  # LL406
        total += loss
        loss.backward()
    return numbers, losses, total
""",
    "summed up to be backpropagated": """
def train(net, loader):
    losses, total = [], 0.0
    for x, y in loader:
        loss = F.cross_entropy(net(x), y)
        losses.append(loss)
        total += loss
    (torch.stack(losses).mean() + total).backward()
""",
    "of class ids": """
def train(loader, costs):
    net = nn.Linear(3, 4)
    for x, y in loader:
        picked = torch.argmax(net(x), dim=1)
        wrong = torch.where(picked > 0, torch.FloatTensor([1.0]), torch.FloatTensor([0.0])).sum()
        wrong.backward()  # LL401
        good = (net(x) * costs).sum() + F.mse_loss(net(x), y)
        good.backward()
""",
    "squares of a column less a vector": """
def step(net, states):
    values = net(states)
    returns = torch.zeros(len(states))
    good = (values.squeeze(1) - returns).pow(2).mean() + torch.mean((values - values.mean()) ** 2)
    far = (values.unsqueeze(1) - values.unsqueeze(0)).pow(2).sum(-1)
    loss = torch.mean((values - returns) ** 2)  # LL301
    loss.backward()
    return good, far

step(nn.Linear(4, 1), torch.zeros(64, 4))
""",
}

CUT = {
    "a new leaf": """
from torch.autograd import Variable

def train(loader):
    net = nn.Linear(3, 4)
    for x, y in loader:
        out = net(x)
        good = F.cross_entropy(out, Variable(y))
        good.backward()
        loss = F.cross_entropy(Variable(out.data, requires_grad=True), y)  # LL401
        loss.backward()
""",
    "through an array, and what scales it back": """
def train(loader, scaler):
    net = nn.Linear(3, 1)
    for x, y in loader:
        out = scaler.inverse_transform(net(x).detach().numpy())
        loss = F.mse_loss(torch.from_numpy(out), y)  # LL401
        loss.backward()
""",
}

TAKEN = {
    "a constructor for the loss": """
def train(model, loader):
    for x, y in loader:
        loss = nn.CrossEntropyLoss(model(x), y)  # LL501
        loss.backward()
        both = nn.MSELoss(model(x), y) + 1.0  # LL501
    make = nn.CrossEntropyLoss(x)
    return make
""",
}

SHAPES = {
    "squeezed, against a column": """
class Judge(nn.Module):
    def __init__(self):
        super().__init__()
        self.last = nn.Linear(50, 1)

    def forward(self, x):
        return self.last(x).squeeze()

def step(x, y, count):
    judge = Judge()
    ones = torch.ones(count, 1)
    good = F.mse_loss(judge(x), ones.squeeze()) + F.mse_loss(judge(x), y)
    F.binary_cross_entropy_with_logits(judge(x), ones)  # LL303
    return F.mse_loss(judge(x), ones)  # LL301
""",
    "a column, against a batch": """
def step(x, rewards):
    net = nn.Linear(4, 1)
    returns = torch.zeros(x.size(0))
    good = F.mse_loss(net(x).view(-1), returns) + F.mse_loss(net(x), rewards)
    return F.mse_loss(net(x), returns)  # LL301
""",
    "one class": """
def step(x, y, pairs):
    net = nn.Linear(4, 1)
    good = F.cross_entropy(net(pairs).view(-1, 2), y)
    good = F.cross_entropy(net(pairs).squeeze(-1), y)
    return F.cross_entropy(net(x), y)  # LL112
""",
}


@pytest.mark.parametrize("name", OWN)
def test_own_losses(name: str, tmp_path: Path) -> None:
    assert_found(tmp_path, {"a.py": HEADER + OWN[name]})


@pytest.mark.parametrize("name", CUT)
def test_cuts(name: str, tmp_path: Path) -> None:
    assert_found(tmp_path, {"a.py": HEADER + CUT[name]})


@pytest.mark.parametrize("name", TAKEN)
def test_constructors_taken_for_losses(name: str, tmp_path: Path) -> None:
    assert_found(tmp_path, {"a.py": HEADER + TAKEN[name]})


@pytest.mark.parametrize("name", SHAPES)
def test_shapes(name: str, tmp_path: Path) -> None:
    assert_found(tmp_path, {"a.py": HEADER + SHAPES[name]})
