"""Code that is right, and of which nothing may be suspected either: no finding is even possible there."""

from __future__ import annotations

from pathlib import Path

import pytest
from routes import HEADER, write

from losslint.static.project import check_paths

LIGHTNING = """
import pytorch_lightning as pl

class InferenceSoftmax(nn.Module):
    def forward(self, x):
        return x if self.training else F.softmax(x, dim=-1)

class Recognizer(pl.LightningModule):
    def __init__(self):
        super().__init__()
        self.net = nn.Linear(3, 4)
        self.softmax = InferenceSoftmax()

    def forward(self, x):
        return self.softmax(self.net(x))

    def {step}(self, batch, index):
        x, y = batch
        return F.nll_loss({output}, y)
"""
STACK = """
def stack(sizes):
    if {short}:
        return nn.Identity()
    layers = [nn.Linear(*pair) for pair in zip(sizes, sizes[1:])]
    return nn.Sequential(*layers[:-1], nn.Linear(sizes[-2], sizes[-1]))

def step(hidden, classes, x, y):
    net = nn.Sequential(nn.Linear(4, 8), nn.Sigmoid(), stack([8] + hidden + [classes]))
    F.cross_entropy(net(x), y).backward()
"""
SHORT = (
    "len(sizes) <= 1",
    "2 > len(sizes)",
    "len(sizes) == 1",
    "not len(sizes) >= 2",
    "not 1 != len(sizes)",
    "not len(sizes) > 1",
)
RIGHT = {
    "weights that are changed in place where gradients are off": """
w = torch.randn(5, 3, requires_grad=True)
x, y = torch.randn(8, 5), torch.randn(8, 3)
for turn in range(10):
    loss = F.mse_loss(x.mm(w), y)
    loss.backward()
    with torch.no_grad():
        w -= 0.1 * w.grad
        w.grad.zero_()
""",
    "the total variation of an image": """
def total_variation(image):
    return F.l1_loss(image[:, :, 1:], image[:, :, :-1]) + F.l1_loss(image[..., 1:], image[..., :-1])

def apart(z, size):
    norm = torch.norm(z[:, size:], dim=1, keepdim=True)
    return -F.mse_loss(z[:, :size] / torch.norm(z[:, :size], dim=1, keepdim=True), z[:, size:] / norm)

apart(nn.Linear(3, 8)(torch.randn(2, 3)), 4).backward()
total_variation(nn.Conv2d(3, 3, 3)(torch.randn(2, 3, 8, 8))).backward()
""",
    "a part of an option's text picks the targets and the loss": """
import argparse

class Plain:
    def encode(self, text):
        return torch.LongTensor(text)

class Packed:
    def encode(self, text):
        return torch.IntTensor(text)

def train(args, texts):
    packed = "ctc" in args.head
    converter = Packed() if packed else Plain()
    net = nn.Linear(4, 30)
    for x, text in texts:
        y = converter.encode(text)
        if "ctc" not in args.head:
            F.cross_entropy(net(x), y).backward()

parser = argparse.ArgumentParser()
parser.add_argument("--head", required=True)
train(parser.parse_args(), [])
""",
    "dims of unknown size that are squeezed": """
def step(net, x, frames):
    stops = (torch.zeros(8, 30).view(8, 30 // frames, -1).sum(2) > 0).unsqueeze(2).float().squeeze()
    scores = nn.Linear(4, 1)(net(x).view(8, -1, 4)).squeeze(2)
    F.binary_cross_entropy_with_logits(scores, stops).backward()
""",
    "rectified maps, of which the largest values are the scores": """
def step(x, y):
    net = nn.Sequential(nn.Conv2d(3, 10, 1), nn.ReLU(), nn.AdaptiveMaxPool2d((1, 1)), nn.Flatten())
    F.cross_entropy(net(x), y).backward()
""",
    "classes of which there is one at the least": """
import argparse

class Net(nn.Module):
    def __init__(self, classes):
        super().__init__()
        self.classes = classes
        self.last = nn.Conv2d(3, classes, 1)

    def forward(self, x):
        return self.last(x)

def train(net, data):
    criterion = nn.CrossEntropyLoss() if net.classes > 1 else nn.BCEWithLogitsLoss()
    for x, mask in data:
        mask = mask.long()
        if net.classes == 1:
            criterion(net(x).squeeze(1), mask.float()).backward()
        else:
            criterion(net(x), mask).backward()

parser = argparse.ArgumentParser()
parser.add_argument("--classes", type=int, default=2)
train(Net(parser.parse_args().classes), [])
""",
    "a softmax for inference, in training": LIGHTNING.format(step="training_step", output="self(x).log_softmax(-1)"),
}


def suspected(folder: Path) -> list[tuple[str, int, str]]:
    """Code, line and certainty of whatever is proven or possible below a folder."""
    found = check_paths([str(folder)]).findings
    return [
        (one.code, one.place.line, one.certainty) for one in found if one.severity != "info" and one.certainty != "obligation"
    ]


@pytest.mark.parametrize("name", RIGHT)
def test_nothing_is_suspected(name: str, tmp_path: Path) -> None:
    write(tmp_path, {"main.py": HEADER + RIGHT[name]})
    assert suspected(tmp_path) == []


def test_lightning_validates_in_evaluation_mode(tmp_path: Path) -> None:
    write(tmp_path, {"main.py": HEADER + LIGHTNING.format(step="validation_step", output="self(x)")})
    assert suspected(tmp_path) == [("LL103", 23, "proven")]


def test_a_text_is_searched(tmp_path: Path) -> None:
    text = """
def loss_of(name, x, y):
    if "focal" in name:
        return F.cross_entropy(x.softmax(1), y)
    return F.cross_entropy(x, y)
loss_of("ce", torch.randn(8, 3), torch.tensor([0] * 8))
"""
    write(tmp_path, {"main.py": HEADER + text, "other.py": (HEADER + text).replace('"ce"', '"focal"')})
    assert suspected(tmp_path) == [("LL101", 8, "proven")]


@pytest.mark.parametrize("short", SHORT)
def test_a_list_of_unknown_length_between_others_is_not_short(short: str, tmp_path: Path) -> None:
    write(tmp_path, {"main.py": HEADER + STACK.format(short=short)})
    assert suspected(tmp_path) == []


AGENT = """
class Agent:
    def __init__(self, options):
        self.net = nn.Linear(3, 4)

    def step(self, x, y):
        return F.cross_entropy(self.score(x), y)

    def score(self, x):
        return self.net(x)

class Ranker(Agent):
    def score(self, x):
        return {scores}
"""


@pytest.mark.parametrize(
    ("scores", "made", "sure"),
    [
        ("self.net(x), x", "", ("LL201", "possible")),
        ("self.net(x), x", "Ranker({}).step(torch.randn(2, 3), torch.tensor([0, 1]))\n", ("LL201", "proven")),
        ("self.net(x), x", "print(Ranker({}).net)\n", ("LL201", "possible")),
        ("self.net(x).softmax(1)", "", ("LL101", "proven")),
    ],
)
def test_a_class_of_which_nobody_calls_an_inherited_method(scores: str, made: str, sure: tuple[str, str], tmp_path: Path) -> None:
    """It may be there for something else: what raises at once is run by nobody, but a number that is wrong may be."""
    write(tmp_path, {"main.py": HEADER + AGENT.format(scores=scores) + made})
    assert suspected(tmp_path) == [(sure[0], 11, sure[1])]
