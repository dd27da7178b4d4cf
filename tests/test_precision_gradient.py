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
    "a leaf that is asked for its own gradient": """
class Sampler:
    def noise(self, leaf, t):
        return leaf * t

    @torch.no_grad()
    def run(self, noise, t, weight):
        with torch.enable_grad():
            for _ in range(5):
                leaf = torch.autograd.Variable(noise.detach().clone(), requires_grad=True)
                own = (self.noise(leaf, t) * torch.roll(leaf, 1)).mean() ** 2
                own.backward()
                noise = noise - weight * leaf.grad.detach()
        return noise

def paint(image, wanted):
    image = torch.autograd.Variable(image.detach(), requires_grad=True)
    optimizer = torch.optim.LBFGS([image])
    F.mse_loss(image, wanted).backward()
    optimizer.step()

def saliency(image, wanted):
    image = torch.tensor(image.detach().numpy(), requires_grad=True)
    return torch.autograd.grad(F.mse_loss(image, wanted), [image])

Sampler().run(torch.rand(8), 0.5, 0.1)
paint(torch.rand(8), torch.rand(8))
saliency(torch.rand(8), torch.rand(8))
""",
    "a step that evaluation never takes, whatever else it needs": """
class Codes(nn.Module):
    def __init__(self, dim, fixed=False, learns=False, optimizer=None):
        super().__init__()
        assert not (fixed and learns)
        self.learns = learns
        self.codes = nn.Parameter(torch.zeros(dim, 4))
        self.optimizer = optimizer(self.parameters()) if optimizer is not None else None

    def forward(self, x):
        codes = self.codes if self.learns else self.codes.detach()
        stepping = self.optimizer is not None
        if stepping and self.training:
            F.mse_loss(x @ codes, torch.zeros(3, 4)).backward()
            self.optimizer.step()
        return x @ codes

class Projected(nn.Module):
    def __init__(self, dim, **options):
        super().__init__()
        self.inner = Codes(dim, fixed=True, **options)

    def forward(self, x):
        self.inner.eval()
        return self.inner(x.detach())
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


LOOP = """
def train(model, loss, data):
    total = 0.0
    for x, y in data:
        own = model(x) - y
        own.backward()
        total += own
"""


@pytest.mark.parametrize(("header", "codes"), [("import torch\n", {"LL406"}), ("from mxnet import autograd\n", set())])
def test_what_another_library_backpropagates_is_no_loss_of_torch(tmp_path: Path, header: str, codes: set[str]) -> None:
    (tmp_path / "train.py").write_text(header + LOOP, encoding="utf-8")
    (tmp_path / "beside.py").write_text("import torch\nfrom train import train\n", encoding="utf-8")
    assert {code for _, _, code in found(tmp_path)} == codes
