"""Attributes that a class leaves None: those that it calls are filled in by whoever uses it."""

from __future__ import annotations

from pathlib import Path

import pytest
from routes import HEADER, assert_found

PROGRAMS = {
    "a criterion to be filled in": """
class Classifier(nn.Module):
    criterion = None

    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(4, 3)
        self.optimizer = None

    def fit(self, loader):
        total = 0.0
        for x, y in loader:
            if self.criterion:
                loss = self.criterion(self.layer(x), y)
                self.optimizer.zero_grad()
                loss.backward()  # LL406
                self.optimizer.step()
                total += loss
        print(total)

Classifier().fit(torch.load("data"))
""",
    "None is what a class means where others derive from it": """
class Plain(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(4, 3)
        self.activation = None

    def forward(self, x):
        x = F.softmax(self.layer(x), dim=1)
        if self.activation is not None:
            x = self.activation(x)
        return x

class Logged(Plain):
    def __init__(self):
        super().__init__()
        self.activation = torch.log

def losses(x, y):
    F.cross_entropy(Plain()(x), y)  # LL101
    return Logged()(x).sum()
""",
    "what is passed may be None": """
class Net(nn.Module):
    def __init__(self, activation=None):
        super().__init__()
        self.layer, self.activation = nn.Linear(4, 3), activation

    def forward(self, x):
        x = F.softmax(self.layer(x), dim=1)
        return self.activation(x) if self.activation else x

def loss(x, y):
    return F.cross_entropy(Net()(x), y)  # LL101
""",
    "what a method goes through that others have to fill first": """
class Memory:
    def __init__(self):
        self.kept = []

    def sample(self):
        return zip(*list(self.kept))

class Learner:
    def __init__(self, size):
        self.memory = Memory()
        self.rewards = []
        self.critic = nn.Linear(size, 1)

    def recall(self):
        states, values = self.memory.sample()
        values = torch.tensor(values).unsqueeze(1)
        return F.mse_loss(self.critic(torch.tensor(states)), values)

    def update(self, states):
        return F.mse_loss(self.critic(states).flatten(), torch.tensor(self.rewards))
""",
}


@pytest.mark.parametrize("program", PROGRAMS.values(), ids=PROGRAMS.keys())
def test_attributes_left_none(tmp_path: Path, program: str) -> None:
    assert_found(tmp_path, {"program.py": HEADER + program})
