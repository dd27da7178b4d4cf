"""Models and criteria kept in containers and picked from them: by chance, by a number, from a queue."""

from __future__ import annotations

from pathlib import Path

import pytest
from routes import HEADER, NETS, assert_found

ROUTES = {
    "random.sample": """
import random

def step(x, y):
    for model in random.sample([Soft() for _ in range(5)], 2):
        ce(model(x), y)  # LL101
    for model in random.sample([Soft(), Raw()], 2):
        ce(model(x), y)
""",
    "the lengths of two lists that grow are compared": """
def step(x, y, names, others):
    sizes, kept = [10, *names], [3, *others]
    if len(sizes) != len(kept):
        raise ValueError(names)
    ce(Soft()(x), y)  # LL101
""",
    "random.choice": """
import random

def step(x, y):
    ce(random.choice([Soft(), Soft()])(x), y)  # LL101
    ce(random.choice([Soft(), Raw()])(x), y)
""",
    "numpy.random.choice": """
import numpy as np

def step(x, y):
    for client in list(np.random.choice([Soft() for _ in range(5)], 2, replace=False)):
        ce(client(x), y)  # LL101
    ce(np.random.choice([Raw()])(x), y)
    F.nll_loss(np.random.choice([Raw()])(x), y)  # LL102
""",
    "shuffled": """
import random

def step(x, y):
    models = [Soft(), Raw()]
    ce(models[0](x), y)  # LL101
    random.shuffle(models)
    ce(models[0](x), y)
""",
    "a queue": """
from collections import deque

def step(x, y):
    waiting = deque()
    waiting.append(Soft())
    waiting.append(Raw())
    ce(waiting.popleft()(x), y)  # LL101
    ce(waiting.popleft()(x), y)
""",
    "popped": """
def step(x, y):
    models = [Soft(), Raw()]
    ce(models.pop()(x), y)
    ce(models.pop()(x), y)  # LL101
""",
    "a table by numbers": """
def step(x, y):
    clients = {i: Soft() for i in range(5)}
    for i in range(5):
        ce(clients[i](x), y)  # LL101
    for client in clients.values():
        ce(client(x), y)  # LL101
    ce(next(iter(clients.values()))(x), y)  # LL101
    mixed = {i: Soft() for i in range(5)}
    mixed["raw"] = Raw()
    ce(mixed[int(x)](x), y)
""",
    "several trainers, each with several models": """
class Trainer:
    def __init__(self, model):
        self.model, self.criterion = model, nn.CrossEntropyLoss()

    def fit(self, x, y):
        return self.criterion(self.model(x), y)  # LL101

def step(x, y, rounds, name):
    net = Soft() if name == "small" else Soft()
    trainer = Trainer(net) if rounds else Trainer(Soft())
    trainer.fit(x, y)
""",
    "chained": """
from itertools import chain

def step(x, y):
    for model in chain([Soft()], [Soft()]):
        ce(model(x), y)  # LL101
    for model in chain([Soft()], [Raw()]):
        ce(model(x), y)
""",
    "transitions that a memory keeps places for": """
import random
from collections import namedtuple

Transition = namedtuple("Transition", "state action reward")

class Memory:
    def __init__(self, capacity):
        self.capacity, self.position, self.held = capacity, 0, []

    def push(self, *args):
        if len(self.held) < self.capacity:
            self.held.append(None)
        self.held[self.position] = Transition(*args)
        self.position = (self.position + 1) % self.capacity

    def sample(self, number):
        return random.sample(self.held, number)

memory, net = Memory(100), nn.Linear(4, 2)

def learn():
    batch = Transition(*zip(*memory.sample(32)))
    values = net(torch.cat(batch.state)).gather(1, torch.cat(batch.action))
    future = torch.zeros(32)
    expected = torch.cat(batch.reward) + 0.99 * future
    F.smooth_l1_loss(values, expected)  # LL301
    F.smooth_l1_loss(values, expected.unsqueeze(1))
    F.smooth_l1_loss(values.squeeze(1), expected)

def play(env):
    while True:
        action = torch.tensor([[random.randrange(2)]])
        state, reward = env.step(action)
        memory.push(torch.rand(1, 4), action, torch.tensor([float(reward)]))
        learn()
""",
}


@pytest.mark.parametrize("name", ROUTES)
def test_picked_from_a_container(tmp_path: Path, name: str) -> None:
    assert_found(tmp_path, {"main.py": HEADER + NETS + ROUTES[name]})


def test_a_shape_is_never_none(tmp_path: Path) -> None:
    """A size that is asked for means inference: the branch without one isn't taken."""
    program = """
class Module(nn.Module):
    def __init__(self, decoder):
        super().__init__()
        self.decoder, self.crit = decoder, nn.NLLLoss()

    def forward(self, feed, *, size=None):
        if size is None:
            return self.crit(self.decoder(feed["image"]), feed["label"])
        return F.interpolate(self.decoder(feed["image"]), size)

def show(image):
    return Module(Soft())({"image": image}, size=image.shape[1:])
"""
    assert_found(tmp_path, {"main.py": HEADER + NETS + program})
