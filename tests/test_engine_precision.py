"""What real programs do that must not raise a false alarm: found in public code, reduced to the least."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

import pytest

from losslint.static.project import check_paths

HEAD = """\
import numpy as np
import pytest
import torch
import torch.nn as nn
import torch.nn.functional as F
"""
CLEAN = {
    "a list that a loop fills has no known length": """
        kept = []
        for line in open("lines"):
            kept.append(torch.rand(3))
        F.mse_loss(torch.stack(kept), torch.rand(5, 3))
    """,
    "methods that work in place change the shape": """
        x = torch.rand(4, 1)
        x.squeeze_(1)
        F.mse_loss(x, torch.rand(4))
    """,
    "methods that work in place change the meaning": """
        x = torch.randn(4)
        x.sigmoid_()
        F.binary_cross_entropy(x, torch.rand(4))
    """,
    "functions that work in place change the meaning": """
        x = torch.randn(4)
        torch.sigmoid_(x)
        F.binary_cross_entropy(x, torch.rand(4))
    """,
    "gradients being off cuts nothing that is changed in place": """
        x = nn.Linear(4, 1)(torch.rand(8, 4))
        with torch.no_grad():
            x.sigmoid_()
        F.binary_cross_entropy(x, torch.rand(8, 1)).backward()
    """,
    "an array is resized in place": """
        wave = np.sin(np.linspace(0, 1, 21))
        wave.resize((21, 1))
        F.mse_loss(torch.rand(21, 1), torch.Tensor(wave))
    """,
    "what is expected to raise is no mistake": """
        def test_shapes():
            with pytest.raises(RuntimeError):
                F.mse_loss(torch.rand(8, 3), torch.rand(8, 4))
    """,
    "of several criteria, one that cannot be called so is not meant": """
        class Distilled(nn.Module):
            def forward(self, inputs, outputs, labels):
                return F.binary_cross_entropy_with_logits(outputs, labels)
        def train(x, y, cosub):
            criterion = Distilled()
            if cosub:
                criterion = nn.BCEWithLogitsLoss()
            return criterion(x, x.sigmoid()), criterion(x, torch.randn(8), torch.rand(8))
    """,
    "class ids turned into floats are compared to measure": """
        found = torch.randn(8, 3).argmax(dim=1)
        print(F.mse_loss(found.float(), torch.rand(8)).item())
    """,
    "numpy's functions give a tensor back for a tensor": """
        noisy = np.clip(torch.rand(4, 1) + 0.5 * torch.randn(4, 1), 0.0, 1.0)
        F.mse_loss(noisy, torch.rand(4, 1))
    """,
    "numpy's functions may be given a tensor": """
        def train(noisy, images):
            F.mse_loss(np.clip(noisy, 0.0, 1.0), images)
    """,
    "infinities that cancel leave no range": """
        x = torch.full((4,), float("inf"))
        F.binary_cross_entropy(torch.sigmoid(torch.randn(4)), x - float("inf"))
    """,
    "maps are rectified before they are pooled to scores": """
        maps = F.relu(nn.Conv2d(3, 10, 1)(torch.rand(8, 3, 4, 4)))
        y = torch.randint(0, 10, (8,))
        F.cross_entropy(nn.AdaptiveAvgPool2d(1)(maps).flatten(1), y)
        F.cross_entropy(F.adaptive_avg_pool2d(maps, 1).flatten(1), y)
    """,
    "a loss that is reduced on its own path is no other loss": """
        def train(x, y, weight, several):
            if several:
                loss = F.binary_cross_entropy_with_logits(x, y, reduction="sum")
            else:
                loss = F.cross_entropy(x, y, reduction="none")
                loss = (weight * loss).sum()
            loss.backward()
    """,
    "gradients are switched on again": """
        model = nn.Linear(4, 3)

        @torch.enable_grad()
        def fit(x, y):
            F.cross_entropy(model(x), y).backward()

        @torch.no_grad()
        def attack(x, y):
            fit(x, y)
            with torch.enable_grad():
                F.cross_entropy(model(x), y).backward()
            with torch.set_grad_enabled(True):
                F.cross_entropy(model(x), y).backward()

        @torch.no_grad()
        def adapt(x, y, learning):
            torch.set_grad_enabled(learning)
            F.cross_entropy(model(x), y).backward()
    """,
    "what is written over, on each path": """
        import argparse, elsewhere

        parser = argparse.ArgumentParser()
        parser.add_argument("--net", default="own")
        args = parser.parse_args()

        def train(x, y, at):
            out = F.log_softmax(x, 1) if args.net == "own" else elsewhere.network(x)

            other = out.data.clone()
            other.fill_(0.1)
            F.kl_div(out, other, reduction="batchmean")
            other = out.data.clone()
            other.scatter_(1, y.unsqueeze(1), 0.9).clamp_(0, 1)
            F.kl_div(out, other, reduction="batchmean")
            other = out.clone()
            other[at] = y
            F.kl_div(out, other, reduction="batchmean")
            other = out.clone()
            other.data.fill_(0.3)
            F.kl_div(out, other, reduction="batchmean")
            other = out.clone()
            other.data = torch.rand(8, 4)
            F.kl_div(out, other, reduction="batchmean")
            other = out.clone()
            other[at].copy_(y)
            F.kl_div(out, other, reduction="batchmean")
    """,
    "what is written over through something else": """
        def train(x, y, at):
            out = F.log_softmax(x, 1)
            other = out.clone()
            torch.exp(out, out=other)
            F.kl_div(out, other, reduction="batchmean")
            other = out.clone()
            nn.init.uniform_(other)
            F.kl_div(out, other, reduction="batchmean")
            other = out.clone()
            other.view(-1).exp_()
            F.kl_div(out, other, reduction="batchmean")
            other = out.clone()
            other.view(-1)[at] = y
            F.kl_div(out, other, reduction="batchmean")
            other = out.clone()
            other.data[at] = y
            F.kl_div(out, other, reduction="batchmean")
    """,
    "a mode that one path sets": """
        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.last = nn.Linear(4, 3)

            def forward(self, x):
                x = self.last(x)
                return x if self.training else torch.softmax(x, 1)

        def train(x, y, phase):
            net = Net()
            if phase == "train":
                net.train()
            else:
                net.eval()
            F.cross_entropy(net(x), y)
    """,
    "options that are spread may be any": """
        def train(x, y, given):
            F.mse_loss(nn.CrossEntropyLoss(**given)(torch.rand(7, 5), torch.zeros(7).long()), torch.rand(7))
            nn.KLDivLoss(**given)(F.log_softmax(x, 1), F.log_softmax(x, 1))
            hidden, _ = nn.LSTM(4, 5, **given)(torch.rand(7, 8, 4))
            F.mse_loss(hidden[:, -1], torch.rand(7, 5))
            F.nll_loss(nn.LogSoftmax(**given)(torch.rand(7, 4, 5)), torch.zeros(7, 5).long())
    """,
    "the exponential of what is not known may be probabilities": """
        def train(scores, inputs, attend):
            left, masks = torch.zeros(8, 1), []
            for _ in range(5):
                taken, rest = attend(inputs, left)
                masks.append((left + taken).exp())
                left = left + rest
            F.kl_div(scores.log_softmax(1), torch.cat(masks, 1), reduction="batchmean")
    """,
    "what one call leaves in an object another call reads": """
        class Discriminated(nn.Module):
            def __init__(self):
                super().__init__()
                self.net = nn.Linear(4, 2)
                self.kept = None
            def loss_function(self, x, y, **given):
                step = given["step"]
                if step == 0:
                    self.kept = self.net(x)
                    return self.kept.mean()
                elif step == 1:
                    return F.cross_entropy(self.kept, y)
    """,
    "errors of ordinal class ids are measured": """
        from torchmetrics import MeanAbsoluteError
        found = torch.randn(8, 3).argmax(dim=1)
        MeanAbsoluteError()(found, torch.randint(0, 3, (8,)))
        F.mse_loss(torch.rand(8), torch.rand(8))
    """,
    "a tensor in a list counts as a number": """
        x = torch.tensor([2.0])
        F.l1_loss(x * 3, torch.tensor([x * 2 + 1]))
    """,
}
WRONG = {
    "gradients are off after they were on": (
        "LL404",
        """
        @torch.no_grad()
        def attack(x, y):
            model = nn.Linear(4, 3)
            with torch.enable_grad():
                F.cross_entropy(model(x), y).backward()
            F.cross_entropy(model(x), y).backward()
        """,
    ),
    "a list's members keep what is known of each": (
        "LL101",
        """
        kept = []
        for line in open("lines"):
            kept.append(torch.randn(4, 3).softmax(1))
        F.cross_entropy(torch.cat(kept), torch.randint(0, 3, (8,)))
        """,
    ),
    "class ids turned into floats are no prediction to train": (
        "LL206",
        """
        found = torch.randn(8, 3).argmax(dim=1).float()
        F.mse_loss(found, torch.rand(8)).backward()
        """,
    ),
}


def codes(path: Path, program: str) -> set[str]:
    file = path / "program.py"
    file.write_text(HEAD + dedent(program), encoding="utf-8")
    found = check_paths([str(file)]).findings
    return {one.code for one in found if one.certainty == "proven" and one.severity != "info"}


@pytest.mark.parametrize("program", CLEAN.values(), ids=CLEAN.keys())
def test_nothing_is_claimed(tmp_path: Path, program: str) -> None:
    assert codes(tmp_path, program) == set()


@pytest.mark.parametrize(("code", "program"), WRONG.values(), ids=WRONG.keys())
def test_the_mistake_is_still_found(tmp_path: Path, code: str, program: str) -> None:
    assert codes(tmp_path, program) == {code}
