"""Losses that are kept: in totals written out, in meters that are told of them, as numbers that are made tensors again."""

from __future__ import annotations

from pathlib import Path

import pytest
from routes import HEADER, assert_found

START = HEADER + "net = nn.Linear(4, 3)\noptimizer = torch.optim.SGD(net.parameters(), 0.1)\n"
KEPT = {
    "a total that begins anew every so often": """
import argparse

parser = argparse.ArgumentParser()
parser.add_argument("--interval", type=int, default=100)
parser.add_argument("--every", type=int, default=1)
args = parser.parse_args()

def fit(data, steps, every=1):
    total = rest = later = shown = summed = 0.0
    for at, (x, y) in enumerate(data):
        loss = F.cross_entropy(net(x), y)
        (loss / steps).backward()
        total += loss
        if (at + 1) % steps == 0:
            optimizer.step()
            total = 0.0
        other = F.cross_entropy(net(x), y)  # LL406
        other.backward()
        rest += other
        if at % 100 == 99:
            print(rest / 100)
            rest = 0.0
        third = F.cross_entropy(net(x), y)
        third.backward()
        if x.sum() > 0:
            later += third
            if at % every == 0:
                later = 0.0
        fourth = F.cross_entropy(net(x), y)  # LL406
        fourth.backward()
        shown += fourth
        if at > 0 and at % args.interval == 0:
            print(shown / args.interval)
            shown = 0.0
        fifth = F.cross_entropy(net(x), y)
        fifth.backward()
        summed += fifth
        if at % args.every == 0:
            print(summed)
            summed = 0.0
""",
    "norms of gradients": """
def norms(losses, weights):
    found = []
    for at in range(2):
        gradient = torch.autograd.grad(losses[at], net.weight, retain_graph=True)
        found.append(torch.norm(weights[at] * gradient[0]))
    return torch.stack(found)

def fit(data, weights):
    for x, y in data:
        losses = [F.cross_entropy(net(x), y) for _ in range(2)]
        sum(losses).backward(retain_graph=True)
        every = norms(losses, weights)
        (every - every.mean().detach()).abs().sum().backward()
""",
    "lists that grow by lists": """
def fit(data):
    kept, more, numbers, total = [], [], [], 0.0
    for x, y in data:
        loss = F.cross_entropy(net(x), y)  # LL406
        loss.backward()
        kept += [loss]
        other = F.cross_entropy(net(x), y)  # LL406
        other.backward()
        more.extend([other, other])
        good = F.cross_entropy(net(x), y)
        good.backward()
        numbers += [good.item()]
        turn = []
        turn += [good]
        total += sum(turn).item()
""",
    "a meter asks whether it is told a tensor": """
class Meter:
    def __init__(self):
        self.sum = 0

    def add(self, data):
        if torch.is_tensor(data):
            data = data.detach()
        self.sum += data

class Careless:
    def __init__(self):
        self.sum = 0

    def add(self, data):
        if not torch.is_tensor(data):
            data = torch.tensor(data)
        self.sum += data

def joined(parts):
    return parts[0] if len(parts) == 1 else sum([part * unknown for part in parts])

def fit(data):
    meter, careless = Meter(), Careless()
    for x, y in data:
        loss = F.cross_entropy(net(x), y)
        loss.backward()
        meter.add(loss if x.sum() > unknown else unknown)
        meter.add(joined([loss, loss][:unknown]))
        other = F.cross_entropy(net(x), y)  # LL406
        other.backward()
        careless.add(other)
""",
    "what an evaluation adds up over its data is left in peace": """
loader = torch.utils.data.DataLoader(torch.utils.data.TensorDataset(torch.rand(8, 4), torch.randint(3, (8,))))

def evaluated(loader):
    net.eval()
    total, again, losses, quiet = 0, 0, [], 0
    for x, y in loader:
        total += F.cross_entropy(net(x), y)
        again = again + F.cross_entropy(net(x), y)
        losses.append(F.cross_entropy(net(x), y))
        with torch.no_grad():
            quiet += F.cross_entropy(net(x), y)
    return total / len(loader), again, sum(losses), quiet

evaluated(loader)
""",
    "a total of several losses is told once": """
def fit(data, kind):
    total, other = 0.0, 0.0
    for x, y in data:
        first = F.cross_entropy(net(x), y)  # LL406
        second = F.mse_loss(net(x), torch.zeros(8, 3))
        loss = first + 0.1 * second
        loss.backward()
        total += loss
        third = F.l1_loss(net(x), torch.zeros(8, 3))  # LL406
        third.backward()
        other += third
    return total, other
""",
    "a total that each turn begins anew under a context": """
class Trainer:
    def __init__(self, more):
        self.losses, self.more = {}, more

    def step(self, x, y):
        done = False
        while not done:
            with torch.autocast("cuda"):
                self.losses["ce"] = F.cross_entropy(net(x), y)
                for name in self.more:
                    self.losses["l1 of " + name] = F.l1_loss(net(x), torch.zeros(8, 3))
                total: torch.Tensor = torch.zeros(1)
                for key in self.losses:
                    if key != "total":
                        total += self.losses[key]
            total.backward()
            done = self.clip()
""",
    "a part of the loss, before backward": """
class Trainer:
    def __init__(self):
        self.total = self.parts = 0

    def regular(self):
        return self.total + 1

    def fit(self, data, weight):
        first, second, both, own = 0, 0, 0, 0
        for x, y in data:
            entropy = F.cross_entropy(net(x), y)  # LL406
            squares = F.mse_loss(net(x), torch.zeros(8, 3))
            first += entropy
            loss = entropy + 0.1 * squares
            scaled = loss * weight
            self.parts += squares.item()
            scaled.backward()
        for x, y in data:
            if weight:
                entropy = F.cross_entropy(net(x), y)  # LL406
                second += entropy
                loss = entropy + weight
            else:
                loss = F.cross_entropy(net(x), y)
            loss.backward()
        for x, y in data:
            entropy = F.cross_entropy(net(x), y)
            both += entropy
            loss = both + net(x).mean()
            loss.backward()
        for x, y in data:
            entropy = F.cross_entropy(net(x), y)
            self.total += entropy
            loss = entropy + self.regular()
            loss.backward()
        for x, y in data:
            entropy = F.cross_entropy(net(x), y)
            own += entropy
            def closure():
                return own * 2
            (entropy + closure()).backward()
""",
    "what is backpropagated once more": """
def meta(tasks, order):
    losses, total, only = [], 0, []
    for x, y in tasks:
        loss = F.cross_entropy(net(x), y)
        loss.backward(retain_graph=True)
        losses.append(loss)
        total += loss
        other = F.cross_entropy(net(x), y)  # LL406
        other.backward(retain_graph=True)
        only.append(other)
    mean = torch.stack(losses).mean()
    if order == 2:
        optimizer.zero_grad()
        mean.backward()
    return mean, only
""",
    "a meter each": """
class Meter:
    def __init__(self):
        self.sum = 0

    def update(self, value):
        self.sum += value

def fit(data):
    one, two = Meter(), Meter()
    for x, y in data:
        first = F.cross_entropy(net(x), y)  # LL406
        second = F.mse_loss(net(x), torch.zeros(8, 3))  # LL406
        (first + second).backward()
        one.update(first)
        two.update(second)
""",
    "a total written out": """
def fit(data):
    total = 0.0
    for x, y in data:
        loss = F.cross_entropy(net(x), y)  # LL406
        loss.backward()
        total = total + loss
    print(total)
""",
    "a meter that is told of the loss": """
class Meter:
    def __init__(self):
        self.reset()

    def reset(self):
        self.value = self.sum = self.count = 0

    def update(self, value, n=1):
        self.value = value
        self.sum += value * n
        self.count += n

def fit(data):
    losses, right = Meter(), Meter()
    for x, y in data:
        loss = F.cross_entropy(net(x), y)  # LL406
        loss.backward()
        losses.update(loss, x.size(0))
        good = F.cross_entropy(net(x), y)
        good.backward()
        right.update(good.item(), x.size(0))
""",
    "a meter that is told before backward, and the loss times a number": """
class Meter:
    def __init__(self):
        self.sum = 0

    def update(self, value, n=1):
        self.sum += value * n

def fit(data):
    losses, total, parts = Meter(), 0.0, 0.0
    for x, y in data:
        loss = F.cross_entropy(net(x), y)  # LL406
        losses.update(loss, x.size(0))
        loss.backward()
        other = F.cross_entropy(net(x), y)  # LL406
        total += other * 0.5
        other.backward()
    for x, y in data:
        part = F.cross_entropy(net(x), y)
        parts += part * 0.5
    parts.backward()
""",
    "a meter that takes the numbers of what it is told": """
class Averager:
    def __init__(self):
        self.total = 0

    def add(self, value):
        if isinstance(value, torch.autograd.Variable):
            value = value.data.sum()
        elif isinstance(value, torch.Tensor):
            value = value.sum()
        self.total += value

def fit(data):
    average = Averager()
    for x, y in data:
        loss = F.cross_entropy(net(x), y)
        loss.backward()
        average.add(loss)
""",
    "a list of an object": """
class History:
    def __init__(self):
        self.losses = []

    def add(self, loss):
        self.losses.append(loss)

def fit(data):
    history = History()
    for x, y in data:
        loss = F.cross_entropy(net(x), y)  # LL406
        loss.backward()
        history.add(loss)
""",
    "an array takes numbers": """
import numpy as np

def fit(data):
    totals, others = np.zeros(2), torch.zeros(2)
    for x, y in data:
        for part in range(2):
            loss = F.cross_entropy(net(x), y)
            loss.backward()
            totals[part] += loss / 10
            other = F.cross_entropy(net(x), y)  # LL406
            other.backward()
            others[part] += other
""",
    "losses that are there before the loop over them": """
class Style(nn.Module):
    def __init__(self, target):
        super().__init__()
        self.target = target.detach()

    def forward(self, x):
        self.loss = F.mse_loss(x, self.target)
        return x

    def backward(self):
        self.loss.backward(retain_graph=True)
        return self.loss

def transfer(image, style):
    parts, image = [Style(style), Style(style + 1)], nn.Parameter(image)
    model = nn.Sequential(nn.Conv2d(3, 3, 3), *parts)
    optimizer = torch.optim.LBFGS([image])
    while True:
        def closure():
            optimizer.zero_grad()
            model(image)
            score = 0
            for part in parts:
                score += part.backward()
            return score
        optimizer.step(closure)

class Keeper:
    def __init__(self):
        self.total = 0

    def add(self, losses):
        for one in losses:
            self.total += one

def fit(data):
    keeper = Keeper()
    for x, y in data:
        first = F.cross_entropy(net(x), y)  # LL406
        first.backward()
        keeper.add([first])
""",
    "each turn has a total and a list of its own": """
def fit(data):
    for x, y in data:
        total, parts = 0, []
        first = F.cross_entropy(net(x), y)
        first.backward()
        total = 0
        total += first
        total = total + first
        parts.append(first)
        print(total, parts)

class Trainer:
    def __init__(self):
        self.total = 0

    def step(self, x, y):
        self.total = 0
        loss = F.cross_entropy(net(x), y)
        self.total += loss
        self.total.backward()

def run(data):
    for x, y in data:
        trainer = Trainer()
        trainer.step(x, y)
""",
}
NUMBERS = {
    "a sum of numbers is made a leaf": """
def fit(data):
    for x, y in data:
        total = 0
        for part in range(3):
            total += F.cross_entropy(net(x), y).item()  # LL402
        torch.tensor(total, requires_grad=True).backward()
""",
    "a list of numbers is made a leaf": """
def fit(x, y):
    loss = F.cross_entropy(net(x), y)  # LL402
    torch.tensor([loss.item()], requires_grad=True).backward()
""",
    "predictions that left torch are made a leaf": """
import numpy as np

def fit(x, y):
    numbers = []
    for row in x:
        numbers.append(net(row).sum().item())
    F.mse_loss(torch.tensor(numbers, requires_grad=True), y).backward()  # LL401
    clipped = torch.from_numpy(np.clip(net(x).detach().numpy(), 0, 1))
    clipped.requires_grad_()
    F.mse_loss(clipped, y).backward()  # LL401
    grid = torch.tensor(np.linspace(0, 1, 8), requires_grad=True)
    F.mse_loss(grid, y).backward()
    image = net(x).detach().requires_grad_()
    F.mse_loss(image, y).backward()

class Temperature:
    def __init__(self):
        self.alpha = 0.6
        self.log_alpha = torch.tensor(np.log(self.alpha), requires_grad=True)

    def step(self, entropy):
        (self.log_alpha * (entropy - 1)).mean().backward()
        self.alpha = self.log_alpha.exp().item()

def learn():
    while True:
        Temperature().step(torch.rand(8))
""",
    "a number only scales another loss": """
def fit(x, y):
    first = F.cross_entropy(net(x), y)
    second = F.mse_loss(net(x), torch.zeros(8, 3))
    (second * (first.item() + 1)).backward()
""",
}
UNREDUCED = {
    "weighted, element by element": """
def fit(x, y, weight):
    loss = F.cross_entropy(net(x), y, reduction="none")  # LL405
    loss = loss * weight / 2
    loss.backward()
    squared = F.mse_loss(net(x), torch.zeros(8, 3), reduction="none")  # LL405
    squared.sum(1).backward()
    good = F.cross_entropy(net(x), y, reduction="none")
    (good * weight).sum().backward()
    (good * weight).backward(torch.ones(8))
    several = F.mse_loss(net(x), torch.zeros(8, 3), reduction="none")
    several.mean(1).mean().backward()
    several.mean((0, 1)).backward()
    cost = F.binary_cross_entropy_with_logits(net(x), torch.rand(8, 3), reduction="none").sum(-1)
    chosen = x[(cost < cost.mean())] + torch.zeros_like(cost).sum()
    total = torch.zeros(1) + net(chosen).mean()
    total.backward()
""",
}


@pytest.mark.parametrize("name", UNREDUCED)
def test_what_has_as_many_elements_still_is_not_reduced(name: str, tmp_path: Path) -> None:
    assert_found(
        tmp_path, {"main.py": START + UNREDUCED[name] + "\nfit(torch.rand(8, 4), torch.randint(3, (8,)), torch.rand(8))\n"}
    )


@pytest.mark.parametrize("name", KEPT)
def test_losses_are_kept_in_totals_and_lists(name: str, tmp_path: Path) -> None:
    assert_found(tmp_path, {"main.py": START + KEPT[name]})


@pytest.mark.parametrize("name", NUMBERS)
def test_the_number_of_a_loss_has_no_graph(name: str, tmp_path: Path) -> None:
    assert_found(tmp_path, {"main.py": START + NUMBERS[name]})


def test_a_total_of_unknown_rank_is_not_told_to_be_unreduced(tmp_path: Path) -> None:
    program = """
def fit(x, y, axes):
    criterion = nn.BCEWithLogitsLoss(reduction="none")
    total = torch.zeros(1) + criterion(net(x), y).mean(axes)
    total.backward()
"""
    assert_found(tmp_path, {"main.py": START + program})
