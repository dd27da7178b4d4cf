"""Routes that end in what isn't seen: models picked among many, lists that others fill, small helpers asked again and again."""

from __future__ import annotations

from pathlib import Path

import pytest
from routes import HEADER, assert_found

PICKED = {
    "one network in many depths": """
class Net(nn.Module):
    def __init__(self, depth, width):
        super().__init__()
        self.body = nn.Sequential(*[nn.Linear(width, width) for _ in range(depth)])
        self.head = nn.Linear(width, 10)

    def forward(self, x):
        return F.softmax(self.head(self.body(x)), dim=1)

def build(depth):
    if depth == 10:
        return Net(1, 16)
    elif depth == 18:
        return Net(2, 16)
    elif depth == 34:
        return Net(3, 16)
    elif depth == 50:
        return Net(4, 32)
    elif depth == 101:
        return Net(5, 32)
    elif depth == 152:
        return Net(6, 64)
    else:
        return Net(7, 128)

def train(data, depth):
    model = build(depth)
    for x, y in data:
        F.cross_entropy(model(x), y).backward()  # LL101
""",
    "many depths of which one ends otherwise": """
class Net(nn.Module):
    def __init__(self, depth, final):
        super().__init__()
        self.body = nn.Sequential(*[nn.Linear(16, 16) for _ in range(depth)])
        self.final = final

    def forward(self, x):
        x = self.body(x)
        return F.softmax(x, dim=1) if self.final else x

def train(data, depth):
    sizes = {
        1: Net(1, True), 2: Net(2, True), 3: Net(3, True), 4: Net(4, True), 5: Net(5, True), 6: Net(6, True),
        7: Net(7, False),
    }
    model = sizes[depth]
    for x, y in data:
        F.cross_entropy(model(x), y).backward()
""",
    "a helper that is asked hundreds of times": """
def exists(value):
    return value is not None

def many(x):
    for _ in range(3):
        x = x if exists(x) else None
"""
    + "\n".join("    x = x if exists(x) else None" for _ in range(250))
    + """
    return x

class Net(nn.Module):
    def forward(self, x, target=None):
        with_loss = exists(target)
        x = many(x)
        if not with_loss:
            return x
        return F.l1_loss(x, target)

Net()(torch.randn(2, 3), target=torch.randn(2, 3)).backward()
Net()(torch.randn(2, 3))
""",
}

FILLED = {
    "a list that others fill": """
class Memory:
    def __init__(self):
        self.rewards = []

class Agent:
    def __init__(self):
        self.memory = Memory()
        self.critic = nn.Linear(4, 1)

    def update(self, states):
        returns, total = [], 0
        for reward in reversed(self.memory.rewards):
            total = reward + 0.9 * total
            returns.insert(0, total)
        target = torch.tensor(returns)
        F.mse_loss(self.critic(states).view(-1), target).backward()

Agent().update(torch.randn(8, 4))
""",
}

ENDS = {
    "layers after those of a loop": """
class Net(nn.Module):
    def __init__(self, sizes, norm):
        super().__init__()
        layers = [nn.Linear(16, 16)]
        for size in sizes:
            layers.append(nn.Linear(size, size))
            layers += [nn.ReLU()]
        if norm:
            layers.append(nn.BatchNorm1d(16))
        layers.append(nn.Linear(16, 10))
        self.plain = nn.Sequential(*layers)
        layers.append(nn.Softmax(dim=1))
        self.soft = nn.Sequential(*layers)
        self.listed = nn.ModuleList(layers)
        self.made = nn.Sequential(*[nn.Linear(one, 10) for one in sizes], nn.Softmax(dim=1))

    def forward(self, x):
        return self.soft(x)

    def listed_(self, x):
        for layer in self.listed:
            x = layer(x)
        return x

def train(data, sizes, norm):
    net = Net(sizes, norm)
    for x, y in data:
        F.cross_entropy(net.plain(x), y).backward()
        F.cross_entropy(net(x), y).backward()  # LL101
        F.cross_entropy(net.listed_(x), y).backward()  # LL101
        F.cross_entropy(net.made(x), y).backward()  # LL101
        F.cross_entropy(net.listed[-1](x), y).backward()  # LL101
        F.cross_entropy(net.listed[-2](x), y).backward()
""",
    "a last layer that isn't always there": """
class Net(nn.Module):
    def __init__(self, sizes, final):
        super().__init__()
        layers = [nn.Linear(size, size) for size in sizes] + [nn.Linear(16, 10)]
        if final:
            layers.append(nn.Softmax(dim=1))
        self.net = nn.Sequential(*layers)

    def forward(self, x):
        return self.net(x)

def train(data, sizes, final):
    for x, y in data:
        F.cross_entropy(Net(sizes, final)(x), y).backward()
""",
}

COMPARED = {
    "labels from what is unknown": """
def train(data, threshold):
    net, rank = nn.Linear(4, 1), nn.MarginRankingLoss()
    for a, b, y in data:
        rank(net(a), net(b), (y > 0.5).float()).backward()  # LL113
        rank(net(a), net(b), (y > threshold).float() * 2 - 1).backward()
        F.hinge_embedding_loss(net(a), torch.randint(0, 2, (8, 1)).float()).backward()  # LL113
""",
}

TARGETS = {
    "scores of a model where a target is wanted": """
def train(data):
    net = nn.Linear(4, 3)
    for x, labels in data:
        outputs = net(x)
        nn.BCEWithLogitsLoss()(labels, torch.sigmoid(outputs)).backward()  # LL505
        nn.BCEWithLogitsLoss()(outputs, labels).backward()
        F.nll_loss(F.log_softmax(nn.Conv2d(3, 21, 1)(x), dim=-1), labels).backward()  # LL109
        F.nll_loss(F.log_softmax(nn.Linear(3, 21)(x), dim=-1), labels).backward()
""",
    "dtypes of what is unknown": """
def train(data):
    net = nn.Linear(4, 3)
    for x, y in data:
        F.cross_entropy(net(x), y.int()).backward()  # LL202
        F.cross_entropy(net(x), y.float().short()).backward()  # LL202
        F.cross_entropy(net(x), torch.zeros(8)).backward()  # LL202
        F.cross_entropy(net(x), torch.zeros(3)).backward()
        F.cross_entropy(net(x), torch.zeros(8, 3)).backward()
        F.cross_entropy(net(x), y.float().view(-1)).backward()
""",
}

ROWS = {
    "rows are turned into columns": """
import random
from collections import deque, namedtuple

Step = namedtuple("Step", ("state", "action", "reward"))

class Agent:
    def __init__(self):
        self.memory, self.named, self.net = deque(maxlen=100), [], nn.Linear(4, 2)

    def remember(self, state, action, reward):
        self.memory.append((torch.zeros(1, 4), torch.zeros(1, 1, dtype=torch.long), torch.zeros(1)))
        self.named.append(Step(torch.zeros(1, 4), torch.zeros(1, 1, dtype=torch.long), torch.zeros(1)))

    def learn(self):
        states, actions, rewards = zip(*random.sample(self.memory, 32))
        chosen = self.net(torch.cat(states)).gather(1, torch.cat(actions))
        F.mse_loss(chosen.squeeze(), torch.cat(rewards)).backward()
        F.mse_loss(chosen, torch.cat(rewards)).backward()  # LL301
        batch = Step(*zip(*random.sample(self.named, 32)))
        chosen = self.net(torch.cat(batch.state)).gather(1, torch.cat(batch.action))
        F.mse_loss(chosen, torch.cat(batch.reward)).backward()  # LL301
        F.mse_loss(chosen, torch.cat(batch.reward).unsqueeze(1)).backward()

def play():
    agent = Agent()
    while True:
        agent.remember(1, 2, 3)
        agent.learn()

play()
""",
    "labels of the size of the scores": """
def train(data):
    net = nn.Conv2d(3, 1, 4)
    for x in data:
        scores = net(x)
        labels = torch.autograd.Variable(torch.FloatTensor(scores.size()).fill_(1))
        F.binary_cross_entropy_with_logits(scores, labels).backward()
""",
}

PARAMETERS = {
    "a model of bare parameters": """
class Line(nn.Module):
    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(1, requires_grad=True, dtype=torch.float))
        self.bias = nn.Parameter(torch.zeros(1), requires_grad=True)
        self.mixing = nn.Parameter(torch.randn(10, 4))

    def forward(self, x):
        return self.weight * x + self.bias

    def mixed(self, x):
        return torch.matmul(self.mixing, x) / math.sqrt(4)

def train():
    net, x, y = Line(), torch.randn(4, 1), torch.randn(1, 1)
    F.l1_loss(net(x), torch.randn(4, 1)).backward()
    F.mse_loss(net.mixed(x), y).backward()  # LL301
    F.mse_loss(net.mixed(x) * math.pi, y.new_zeros(10, 1).fill_(1)).backward()
    for t in range(9):
        F.mse_loss(net.mixed(x), torch.randn(1, 10, 1)[:, t + 1]).backward()  # LL301
""",
}

SHAPES = {
    "pooled to one and squeezed": """
class Net(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.conv, self.head = nn.Conv1d(3, width, 1), nn.Linear(width, 40)

    def forward(self, x):
        return self.head(F.adaptive_max_pool1d(self.conv(x), 1).squeeze())

def train(width):
    model, x, y = Net(width), torch.randn(8, 3, 100), torch.zeros(8, dtype=torch.long)
    for _ in range(10):
        F.cross_entropy(model(x), y.view(-1)).backward()
        F.cross_entropy(F.adaptive_avg_pool2d(model.conv(x).unsqueeze(3), (1, 1)).view(8, -1), y).backward()
""",
    "log-probabilities of two classes, one left out": """
class Head(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.linear = nn.Linear(width, 2)

    def forward(self, x):
        return F.log_softmax(self.linear(x[:, 0]), dim=-1)

def train(data, width):
    head, criterion = Head(width), nn.NLLLoss(ignore_index=0)
    for x, y in data:
        criterion(head(x), y).backward()  # LL507
""",
    "a flag that its function's own default switches": """
class Loss(nn.Module):
    def __init__(self, weight=None, size_average=True, other=None):
        super().__init__()
        self.nll = nn.NLLLoss(weight, size_average)  # LL503
        self.same = nn.NLLLoss(weight, size_average=other)

    def forward(self, x, y):
        return self.nll(x, y) + self.same(x, y)
""",
}


@pytest.mark.parametrize("name", PICKED)
def test_what_is_picked_among_many_is_followed(name: str, tmp_path: Path) -> None:
    assert_found(tmp_path, {"main.py": HEADER + PICKED[name]})


@pytest.mark.parametrize("name", FILLED)
def test_nobody_goes_through_an_empty_list(name: str, tmp_path: Path) -> None:
    assert_found(tmp_path, {"main.py": HEADER + FILLED[name]})


@pytest.mark.parametrize("name", ENDS)
def test_the_last_layers_are_known_where_their_number_is_not(name: str, tmp_path: Path) -> None:
    assert_found(tmp_path, {"main.py": HEADER + ENDS[name]})


@pytest.mark.parametrize("name", COMPARED)
def test_what_a_comparison_gives_are_labels(name: str, tmp_path: Path) -> None:
    assert_found(tmp_path, {"main.py": HEADER + COMPARED[name]})


@pytest.mark.parametrize("name", TARGETS)
def test_a_target_is_judged_whatever_the_rank_of_the_scores(name: str, tmp_path: Path) -> None:
    assert_found(tmp_path, {"main.py": HEADER + TARGETS[name]})


@pytest.mark.parametrize("name", ROWS)
def test_columns_and_sizes(name: str, tmp_path: Path) -> None:
    assert_found(tmp_path, {"main.py": HEADER + ROWS[name]})


@pytest.mark.parametrize("name", PARAMETERS)
def test_shapes_through_parameters_and_numbers(name: str, tmp_path: Path) -> None:
    assert_found(tmp_path, {"main.py": "import math\n" + HEADER + PARAMETERS[name]})


@pytest.mark.parametrize("name", SHAPES)
def test_sizes_and_flags_that_are_known_in_part(name: str, tmp_path: Path) -> None:
    assert_found(tmp_path, {"main.py": HEADER + SHAPES[name]})


def test_a_model_is_picked_by_name_from_what_a_package_exports(tmp_path: Path) -> None:
    net = "class {}(nn.Module):\n    def forward(self, x):\n        return {}\n"
    files = {
        "models/__init__.py": "from .soft import *\nfrom .plain import *\n",
        "models/soft.py": HEADER + net.format("Soft", "F.softmax(x, dim=1)"),
        "models/plain.py": HEADER + net.format("Plain", "x"),
        "train.py": HEADER
        + """
import argparse
import models

parser = argparse.ArgumentParser()
parser.add_argument("--model", default="Soft")
args = parser.parse_args()
net = models.__dict__[args.model]()

def train(data):
    for x, y in data:
        F.cross_entropy(net(x), y).backward()  # LL101
""",
    }
    assert_found(tmp_path, files)
    files["train.py"] = files["train.py"].replace(', default="Soft"', "")
    assert_found(tmp_path, files)  # where it is told to
    files["models/plain.py"] = files["models/soft.py"]
    assert_found(tmp_path, files)
