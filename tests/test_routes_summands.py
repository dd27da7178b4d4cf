"""Terms of a loss that were cut from the graph: beside a live one they are added in silence."""

from __future__ import annotations

from pathlib import Path

import pytest
from routes import HEADER, assert_found, found

START = HEADER + "net = nn.Linear(4, 3)\noptimizer = torch.optim.SGD(net.parameters(), 0.1)\n"
DEAD = {
    "a penalty on predicted classes, from another method": """
class Losses:
    def __init__(self, weight=0.5):
        self.weight = weight

    def penalty(self, out, parents):
        total = 0
        for level in range(2):
            classes = torch.argmax(F.softmax(out, dim=1), dim=1)
            wrong = torch.where(classes == parents, torch.FloatTensor([0]), torch.FloatTensor([1]))
            total += torch.sum(torch.pow(3, wrong) - 1)
        return self.weight * total

    def main(self, out, labels):
        return nn.CrossEntropyLoss()(out, labels)

def fit(data):
    losses = Losses()
    for x, y, parents in data:
        out = net(x)
        penalty = losses.penalty(out, parents)
        loss = losses.main(out, y) + penalty  # LL401
        loss.backward()
""",
    "a count of wrong classes": """
def step(x, y):
    out = net(x)
    loss = F.cross_entropy(out, y)
    loss += (out.argmax(1) != y).sum()  # LL401
    loss.backward()
""",
    "a total that is scaled before backward": """
def step(x, y):
    out = net(x)
    wrong = (out > 0.5).float().mean()
    loss = F.mse_loss(out, y) - 0.1 * wrong  # LL401
    (loss / 2).mean().backward()
""",
    "a copy of another term": """
scaler = torch.amp.GradScaler()
def step(x, y):
    out = net(x)
    loss = F.mse_loss(out, y) + torch.tensor([out.norm()]).sum()  # LL401
    scaler.scale(loss).backward()
""",
}
MEANT = {
    "what is detached is meant to be": """
def step(x, y):
    out = net(x)
    soft = F.cross_entropy(out, y)
    hard = (out.detach().argmax(1) != y).float().mean()
    straight = soft + (hard - soft).detach()
    straight.backward()
    (F.cross_entropy(net(x), y) + net(x).argmax(1).float().mean().detach()).backward()
""",
    "what is only watched": """
def step(x, y):
    out = net(x)
    loss = F.cross_entropy(out, y)
    with torch.no_grad():
        wrong = (net(x).argmax(1) != y).float().mean()
    shown = loss + (out.argmax(1) != y).float().mean()
    print(shown.item())
    (loss + wrong).backward()
""",
    "nothing is backpropagated in evaluation": """
@torch.no_grad()
def evaluate(x, y):
    out = net(x)
    return F.cross_entropy(out, y) + (out.argmax(1) != y).float().mean()
evaluate(torch.ones(2, 4), torch.ones(2).long())
""",
    "the number changes the gradient": """
def step(x, y):
    out = net(x)
    wrong = (out.argmax(1) != y).float().mean()
    loss = F.cross_entropy(out, y)
    ((loss + wrong) ** 2).backward()
    (F.cross_entropy(net(x), y) * wrong).backward()
    second = F.cross_entropy(net(x), y)
    (F.relu(second - F.mse_loss(net(x), x[:, :3]) + wrong)).backward()
""",
    "the number has nothing to do with a model": """
def step(x, y, margin):
    offset = (x > 0.5).float().mean()
    (F.cross_entropy(net(x), y) + offset + torch.tensor(0.5) + margin).backward()
""",
    "a mask over elements": """
def step(x, y):
    out = net(x)
    loss = F.cross_entropy(out, y, reduction="none") + (out.argmax(1) != y).float()
    loss.sum().backward()
""",
}


@pytest.mark.parametrize("program", DEAD.values(), ids=DEAD.keys())
def test_what_adds_no_gradient_is_found(tmp_path: Path, program: str) -> None:
    assert_found(tmp_path, {"program.py": START + program})


@pytest.mark.parametrize("program", MEANT.values(), ids=MEANT.keys())
def test_what_is_meant_is_left_alone(tmp_path: Path, program: str) -> None:
    (tmp_path / "program.py").write_text(START + program, encoding="utf-8")
    assert found(tmp_path) == set()


def test_a_term_that_is_held_still_beside_a_live_one_is_meant(tmp_path: Path) -> None:
    text = """
x = torch.randn(8, 4)
out = net(x)
loss = F.mse_loss(x[:, :3].detach(), out) + F.mse_loss(out.detach(), x[:, :3])
loss.backward()
loss = 0.5 * F.mse_loss(out, x[:, :3])
loss += 2 * F.mse_loss(out.detach(), x[:, :3])
loss.backward()
F.mse_loss(out.detach(), x[:, :3]).backward()  # LL401
"""
    assert_found(tmp_path, {"main.py": START + text})
