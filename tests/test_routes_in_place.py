"""What is changed in place is changed under each of its names, also those that the callers have for it."""

from __future__ import annotations

from pathlib import Path

import pytest
from routes import HEADER, write

from losslint.static.project import check_paths

PROGRAMS = {
    "a name": """
t = torch.rand(4, 1)
u = t
u.squeeze_(1)
F.mse_loss(nn.Linear(3, 1)(torch.randn(4, 3)).squeeze(1), t)
F.mse_loss(nn.Linear(3, 1)(torch.randn(4, 3)), t)  # LL301 proven
""",
    "a caller's name, by its data": """
def dice(p, t):
    t.data = t.data.float()
    return 1 - (p.sigmoid() * t).sum()

t = torch.ones(4, 3).long()
p = nn.Linear(5, 3)(torch.randn(4, 5))
F.binary_cross_entropy_with_logits(p, t)  # LL202 proven
dice(p, t)
F.binary_cross_entropy_with_logits(p, t)
""",
    "through several calls": """
def squash(p):
    p.sigmoid_()

def squashed(p):
    squash(p)
    return F.binary_cross_entropy_with_logits(p, y)  # LL101 proven

y = torch.rand(4, 3)
p = nn.Linear(5, 3)(torch.randn(4, 5))
squashed(p)
F.binary_cross_entropy_with_logits(p, y)  # LL101 proven
F.binary_cross_entropy(p, y)
""",
    "perhaps": """
def cast(t, really):
    if really:
        t.data = t.data.float()

def step(p, really):
    t = torch.ones(4, 3).long()
    cast(t, really)
    return F.binary_cross_entropy_with_logits(p, t)  # LL202 possible
""",
    "another tensor": """
def cast(t):
    t.data = t.data.float()

t, u = torch.ones(4, 3).long(), torch.ones(4, 3).long()
cast(u)
F.binary_cross_entropy_with_logits(nn.Linear(5, 3)(torch.randn(4, 5)), t)  # LL202 proven
""",
    "a new value in the callee": """
def cast(t):
    t = t.float()
    return t

t = torch.ones(4, 3).long()
cast(t)
F.binary_cross_entropy_with_logits(nn.Linear(5, 3)(torch.randn(4, 5)), t)  # LL202 proven
""",
    "a call with too many arguments": """
def evaluate(model, loss, x, y):
    return loss(model(x), y)

x = torch.randn(4, 3)
evaluate(nn.Linear(3, 3), F.cross_entropy, None, x, x.softmax(1))
""",
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_program(name: str, tmp_path: Path) -> None:
    text = HEADER + PROGRAMS[name]
    write(tmp_path, {"main.py": text})
    marks = {
        (at, *line.partition("  # ")[2].split()) for at, line in enumerate(text.split("\n"), 1) if line.partition("  # LL")[2]
    }
    found = check_paths([str(tmp_path)]).findings
    assert {
        (one.place.line, one.code, one.certainty) for one in found if one.severity != "info" and one.certainty != "obligation"
    } == marks
