"""What real programs do with gradients, losses and totals that must not raise a false alarm."""

from __future__ import annotations

from pathlib import Path

import pytest
from routes import HEADER, found

CLEAN = {
    "one accumulator serves training and, without gradient, evaluation": """
class Total:
    def __init__(self):
        self.criterion, self.total = nn.NLLLoss(), 0

    def reset(self):
        self.total = 0

    def add(self, x, y):
        self.total += self.criterion(x, y)

class Trainer:
    def __init__(self, model, total):
        self.model, self.total = model, total

    def evaluate(self, data):
        with torch.no_grad():
            self.total.reset()
            for x, y in data:
                self.total.add(self.model(x), y)
        return self.total.total

    def fit(self, data, every):
        for step, (x, y) in enumerate(data):
            self.total.reset()
            self.total.add(self.model(x), y)
            self.total.total.backward()
            if step % every == 0:
                self.evaluate(data)

def main(model, data, resume):
    trainer = Trainer(model, Total())
    if not resume:
        trainer.fit(data, 10)
""",
    "an attribute that is made to learn": """
class Tuner:
    def __init__(self):
        self.log_alpha = torch.tensor(-2.0)
        self.log_alpha.requires_grad = True

    def step(self, entropy):
        loss = (self.log_alpha.exp() * (entropy - 1.0).detach()).mean()
        loss.backward()

Tuner().step(torch.rand(8))
""",
    "a loss without gradient weighs another": """
def step(model, x, y):
    with torch.no_grad():
        weight = F.mse_loss(model(x), y, reduction="none")
    (weight * F.l1_loss(model(x), y, reduction="none")).mean().backward()
""",
}


@pytest.mark.parametrize("program", CLEAN.values(), ids=CLEAN.keys())
def test_nothing_is_claimed(tmp_path: Path, program: str) -> None:
    (tmp_path / "program.py").write_text(HEADER + program, encoding="utf-8")
    assert found(tmp_path) == set()
