"""What a memory of arrays, an environment and a table give to a loss: as many axes as they have, and nothing that isn't known."""

from __future__ import annotations

from pathlib import Path

import pytest
from routes import HEADER, assert_found

MEMORY = """
import numpy as np

class Memory:
    def __init__(self, size, width):
        self.states = np.zeros((size, width), dtype=np.float32)
        self.rewards = np.zeros(size, dtype=np.float32)
        self.size, self.filled = size, 0

    def add(self, state, reward):
        self.states[self.filled % self.size] = state
        self.rewards[self.filled % self.size] = reward
        self.filled += 1

    def sample(self, count):
        chosen = np.random.choice(min(self.filled, self.size), count, replace=False)
        return torch.tensor(self.states[chosen]), torch.tensor(self.rewards[chosen])

critic = nn.Linear(4, 1)
"""
PROGRAMS = {
    "rows that are drawn without replacement": f"""{MEMORY}
memory = Memory(1000, 4)
for turn in range(100):
    memory.add(np.random.rand(4), turn)
    states, rewards = memory.sample(32)
    expected = rewards + 0.9 * critic(states).detach()
    F.mse_loss(critic(states), expected).backward()  # LL301
    F.mse_loss(critic(states).squeeze(1), rewards).backward()
    F.mse_loss(critic(states), rewards.unsqueeze(1)).backward()
""",
    "actions that a random policy or a greedy one has taken": """
import random
from collections import deque
import gym
import numpy as np

class Agent:
    def __init__(self):
        self.memory = deque(maxlen=100)
        self.net = nn.Linear(4, 2)
        self.env = gym.make("CartPole-v1")

    def act(self, state):
        if random.random() < 0.1:
            return self.env.action_space.sample()
        return np.argmax(self.net(torch.from_numpy(state).float()).detach().numpy())

    def learn(self):
        states, actions, rewards = zip(*random.sample(self.memory, 32))
        actions = torch.from_numpy(np.vstack(actions)).long()
        chosen = self.net(torch.from_numpy(np.vstack(states)).float()).gather(1, actions)
        F.mse_loss(chosen, torch.FloatTensor(rewards)).backward()  # LL301
        F.mse_loss(chosen, torch.FloatTensor(rewards).unsqueeze(1)).backward()

    def run(self):
        state = self.env.reset()
        for _ in range(100):
            action = self.act(state)
            following, reward, done, _ = self.env.step(action)
            self.memory.append((state, action, reward))
            self.learn()
            state = following

Agent().run()
""",
    "the first observation, with something more or without": """
import gym

critic = nn.Linear(8, 1)
target = torch.zeros(1)

def value(state):
    return critic(torch.FloatTensor(state).unsqueeze(0))

def run(env):
    F.mse_loss(value(env.reset()), target[0:1].view(1, 1)).backward()
    values = []
    first, more = env.reset()
    for state in (first, env.reset()[0], env.reset()):
        values.append(value(state))
    F.mse_loss(torch.cat(values), torch.zeros(3)).backward()  # LL301
    F.mse_loss(torch.cat(values).view(-1), torch.zeros(3)).backward()

run(gym.make("LunarLander-v2"))
""",
    "actions and observations of environments that nobody knows": """
import gym
import numpy as np

net = nn.Linear(4, 2)

def run(env):
    action = torch.tensor([env.action_space.sample()])
    state = torch.as_tensor(env.reset())
    F.mse_loss(net(state), torch.zeros(2))
    F.mse_loss(net(torch.rand(1, 4)).gather(1, action), torch.zeros(1))

run(gym.make("Pendulum-v1"))
run(gym.make(input()))
""",
    "numbers that are computed from members of an array": """
import numpy as np
from torch.utils.data import DataLoader, Dataset

class Angles(Dataset):
    def __init__(self):
        self.angles = np.random.rand(100)

    def __len__(self):
        return 100

    def __getitem__(self, index):
        angle = self.angles[index] + 0.1
        image = torch.rand(3)
        if np.random.rand() < 0.5:
            image, angle = image.flip(0), -angle
        return image, (angle - self.angles.mean()) / self.angles.std()

net = nn.Linear(3, 1)
for image, angle in DataLoader(Angles(), batch_size=8):
    F.mse_loss(net(image), angle.float()).backward()  # LL301
    F.mse_loss(net(image).view(-1), angle.float()).backward()
    F.mse_loss(net(image), angle.float()[:, None]).backward()
""",
    "a column that is scaled": """
import numpy as np
import pandas as pd

frame = pd.read_csv("prices.csv")
price = (frame["price"] - frame["price"].mean()) / frame["price"].std()
ages = frame["age"].tolist()
oldest = np.std(ages)
net = nn.Linear(3, 1)
x = torch.rand(10, 3)
F.mse_loss(net(x), torch.tensor(price.values).float()).backward()  # LL301
F.mse_loss(net(x), torch.tensor(price.values.reshape(-1, 1)).float()).backward()
F.mse_loss(net(x), torch.tensor([(age - 3) / oldest for age in ages]).float()).backward()  # LL301
# A column may hold lists.
F.mse_loss(net(x), torch.tensor(frame["vector"].apply(list).tolist()).float()).backward()
F.mse_loss(net(x), torch.tensor(frame["vector"][0])).backward()
""",
}
WEIGHTS = {
    "a loss that was trained with is asked anew without gradients": """
class Loss(nn.Module):
    def forward(self, x, y):
        self.part = F.mse_loss(x, y)
        return self.part

net, criterion = nn.Linear(4, 1), Loss()

def train(loader, optimizer, more):
    for x, y in loader:
        criterion(net(x), y).backward()
        optimizer.step()
    if more:
        kept = []
        for x, y in loader:
            with torch.no_grad():
                loss = criterion(net(x), y)
            kept.append(loss * len(y))
        print(sum(kept))
""",
    "a loss that says of itself how it is reduced": """
class Masked(nn.CrossEntropyLoss):
    def forward(self, scores, ids, mask):
        self.reduction = "none"
        loss = super().forward(scores.transpose(1, 2), ids)
        return (loss * (mask > 0).float()).mean(dim=1)

class Averaged(nn.CrossEntropyLoss):
    def forward(self, scores, ids, mask):
        loss = super(Averaged, self).forward(scores.transpose(1, 2), ids)  # LL512
        return (loss * (mask > 0).float()).mean(dim=1)

scores, ids = nn.Linear(5, 10)(torch.rand(3, 4, 5)), torch.zeros(3, 4, dtype=torch.long)
Masked()(scores, ids, torch.rand(3, 4)).sum().backward()
Averaged()(scores, ids, torch.rand(3, 4)).sum().backward()
""",
    "weights of a memory, of whatever number": """
import numpy as np

net = nn.Linear(4, 1)

def sampled(tree, count):
    priorities = []
    for _ in range(count):
        priorities.append(tree.get(np.random.rand()))
    chances = priorities / tree.total()
    weights = np.power(tree.count * chances, -0.4)
    return torch.FloatTensor(weights), [1 / chance for chance in chances]

def learn(tree, x, y, config):
    weights, inverse = sampled(tree, 32)
    loss = (weights * F.mse_loss(net(x), y)).mean()  # LL512
    loss.backward()
    loss = F.mse_loss(net(x), y) * torch.tensor(inverse).float()  # LL512
    loss.mean().backward()
    (weights * F.mse_loss(net(x), y, reduction="none").view(-1)).mean().backward()
    # One weight of a loss may be configured as a list too.
    torch.sum(torch.mul(torch.Tensor(config["WEIGHT"]), F.mse_loss(net(x), y))).backward()
""",
    "a mask of targets that were joined": """
net = nn.Linear(4, 1)

def learn(x, samples):
    target = torch.cat([sample.target for sample in samples])
    mask = (target > 0.7).float() + (torch.rand(target.size()[0]) * (target < 0.3).float() > 0.5).float()
    loss = F.smooth_l1_loss(net(x).view(-1), target)  # LL512
    (torch.sum(loss * mask) / torch.sum(mask)).backward()
    # As many times as there are elements.
    kept = F.mse_loss(net(x).view(-1) * mask, target * mask)
    (torch.sum(kept * torch.ones_like(mask)) / torch.sum(mask)).backward()
""",
    "a loss on one of two devices, kept in a list": """
import argparse
from torch.utils.data import DataLoader, TensorDataset

net = nn.Linear(4, 1)

def train(args, loader, optimizer):
    if args.gpu >= 0 and torch.cuda.is_available():
        device = "cuda:{}".format(args.gpu)
    else:
        device = "cpu"
    criterion = nn.MSELoss()
    losses, numbers = [], []
    for batch in loader:
        x, y = [one.to(device) for one in batch]
        loss = criterion(net(x), y)  # LL406
        losses.append(loss)
        numbers.append(F.l1_loss(net(x), y).item())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    print(torch.stack(losses).sum().item())

parser = argparse.ArgumentParser()
parser.add_argument("--gpu", type=int, default="0")
batches = DataLoader(TensorDataset(torch.rand(8, 4), torch.rand(8, 1)))
train(parser.parse_args(), batches, torch.optim.SGD(net.parameters(), 0.1))
""",
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_axes_of_targets(name: str, tmp_path: Path) -> None:
    assert_found(tmp_path, {"program.py": HEADER + PROGRAMS[name]})


@pytest.mark.parametrize("name", WEIGHTS)
def test_what_becomes_of_a_loss(name: str, tmp_path: Path) -> None:
    assert_found(tmp_path, {"program.py": HEADER + WEIGHTS[name]})
