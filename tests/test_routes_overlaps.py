"""Dice coefficients that programs write themselves: of scores they measure nothing."""

from __future__ import annotations

from pathlib import Path

import pytest
from routes import HEADER, assert_found

START = HEADER + "net = nn.Conv2d(3, 1, 1)\n"
PROGRAMS = {
    "of a module": """
class DiceLoss(nn.Module):
    def __init__(self, squared=False):
        super().__init__()
        self.squared = squared

    def forward(self, inputs, targets, smooth=1):
        inputs, targets = inputs.view(-1), targets.view(-1)
        intersection = (inputs * targets).sum()
        dice = (2.0 * intersection + smooth) / (inputs.sum() + targets.sum() + smooth)  # LL104
        return 1 - dice

def step(x, y):
    return F.binary_cross_entropy_with_logits(net(x), y) + DiceLoss()(net(x), y)
""",
    "over some axes, of squares, and less the intersection": """
def soft_dice(p, t):
    both = torch.sum(p * t, dim=(1, 2))
    return 1 - (2 * both / (torch.sum(p ** 2, dim=(1, 2)) + t.sum(dim=(1, 2)) + 1e-6)).mean()  # LL104

def iou(p, t):
    both = (p * t).sum(dim=1).sum(dim=1)
    union = p.sum(dim=1).sum(dim=1) + t.sum(dim=1).sum(dim=1) - both
    return (both / union).mean()  # LL104

def step(x, y):
    out = net(x).squeeze(1)
    return F.binary_cross_entropy_with_logits(out, y) + soft_dice(out, y) - iou(out, y)
""",
    "of probabilities": """
def dice_loss(pred, target, smooth=1.0):
    pred, target = pred.contiguous(), target.contiguous()
    intersection = (pred * target).sum(dim=2).sum(dim=2)
    return 1 - ((2.0 * intersection + smooth) / (pred.sum(dim=2).sum(dim=2) + target.sum(dim=2).sum(dim=2) + smooth)).mean()

def step(x, y, other):
    return dice_loss(torch.sigmoid(net(x)), y) + dice_loss((net(x) > 0).float(), y) + dice_loss(other, y)
""",
    "other quotients of sums": """
def step(x, y, mask):
    out = net(x)
    mean = (out * mask).sum() / mask.sum()
    share = (out * mask).sum() / (out.sum() + mask.numel())
    weights = F.relu(out)
    weighted = (weights * y).sum() / (weights.sum() + mask)
    cosine = (out * y).sum() / (out.norm() * y.norm())
    return mean + share + weighted + cosine + (out * y).sum() / (y.sum() + mask.sum())
""",
}


@pytest.mark.parametrize("program", PROGRAMS.values(), ids=PROGRAMS.keys())
def test_overlaps(tmp_path: Path, program: str) -> None:
    assert_found(tmp_path, {"program.py": START + program})
