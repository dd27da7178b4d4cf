"""Two losses that take one value for different things: one of them is wrong, whatever the value is."""

from __future__ import annotations

from pathlib import Path

import pytest
from routes import HEADER, assert_found

from losslint.static.project import check_paths

DICE = """
class Dice(nn.Module):
    def forward(self, score, y):
        score, y = score.view(-1), y.view(-1)
        both = (score * y).sum()
        return 1 - (2 * both + 1) / (score.sum() + y.sum() + 1){mark}
"""
PROGRAMS = {
    "logits for one, probabilities for the other": """
def loss(x, y):
    return F.binary_cross_entropy_with_logits(x, y) + F.binary_cross_entropy(x, y)  # LL104
""",
    "the other way round": """
def loss(x, y):
    soft = F.binary_cross_entropy(x, y)
    return soft + nn.BCEWithLogitsLoss()(x, y)  # LL101
""",
    "logits of which one loss takes the sigmoid, and Dice doesn't": DICE.format(mark="  # LL104")
    + """
def loss(x, y):
    soft = nn.BCELoss()(torch.sigmoid(x), y)  # LL110
    return soft + Dice()(x, y)
""",
    "a criterion, and log-probabilities": """
class Both(nn.Module):
    def __init__(self):
        super().__init__()
        self.first = nn.CrossEntropyLoss()
        self.second = nn.NLLLoss()

    def forward(self, x, y):
        return self.first(x, y) + self.second(x, y)  # LL102
""",
    "a value of which the sigmoid is taken in between": DICE.format(mark="")
    + """
def loss(x, y):
    hard = F.binary_cross_entropy_with_logits(x, y)
    x = torch.sigmoid(x)
    return hard + Dice()(x, y)
""",
    "in place": DICE.format(mark="")
    + """
def loss(x, y):
    hard = F.binary_cross_entropy_with_logits(x, y)
    x.sigmoid_()
    return hard + Dice()(x, y)
""",
    "one or the other": """
def loss(x, y, hard):
    if hard:
        return F.binary_cross_entropy_with_logits(x, y)
    return F.binary_cross_entropy(x, y)

def chosen(x, y, hard):
    found = F.binary_cross_entropy_with_logits(x, y) if hard else F.binary_cross_entropy(x, y)
    if hard:
        found += F.binary_cross_entropy_with_logits(x, y)
    else:
        found += F.binary_cross_entropy(x, y)
    return found

def tried(x, y):
    try:
        return F.binary_cross_entropy_with_logits(x, y)
    except ValueError:
        return F.binary_cross_entropy(x, y)

def hard_loss(x, y):
    return F.binary_cross_entropy_with_logits(x, y)

def tried_elsewhere(x, y):
    try:
        return hard_loss(x, y)
    except ValueError:
        return F.binary_cross_entropy(x, y)

def asked(x, y, hard):
    return (hard and hard_loss(x, y)) or F.binary_cross_entropy(x, y)
""",
    "one loss of two": """
def chosen(x, y, hard):
    criterion = nn.BCEWithLogitsLoss() if hard else nn.BCELoss()
    return criterion(x, y) + criterion(x, y)

def told(x, y, name):
    every = {"hard": F.binary_cross_entropy_with_logits, "soft": F.binary_cross_entropy}
    return every[name](x, y) + every[name](x, y)
""",
    "a loss that is given one value of two": """
def loss(x, p, y, hard):
    z = x if hard else p
    first = F.binary_cross_entropy_with_logits(z, y)
    return F.binary_cross_entropy(p, y) + F.cross_entropy(x, y)
""",
    "a target, which may be anything": """
def swapped(net, x, y):
    out = net(x)
    nn.BCEWithLogitsLoss()(y, torch.sigmoid(nn.Linear(4, 1)(x)))
    return nn.BCEWithLogitsLoss()(out, y)

def reconstructed(net, x, y):
    F.cross_entropy(x, y)
    return F.binary_cross_entropy(net(x), x)
""",
    "two values": """
def loss(x, p, y):
    return F.binary_cross_entropy_with_logits(x, y) + F.binary_cross_entropy(p, y)

def parts(out, y):
    return F.binary_cross_entropy_with_logits(out[0], y) + F.binary_cross_entropy(out[1], y)

def each(outs, criteria, y):
    for out, hard in zip(outs, criteria):
        if hard:
            F.binary_cross_entropy_with_logits(out, y)
        else:
            F.binary_cross_entropy(out, y)
""",
    "twice the same": """
def loss(x, y):
    F.cross_entropy(x, y)
    F.softmax(x, 1)
    return F.nll_loss(F.log_softmax(x, 1), y) + F.cross_entropy(x, y)
""",
    "each call of a function has a value of its own": """
def hard(x, y):
    return F.binary_cross_entropy_with_logits(x, y)

def loss(model, p, y):
    return hard(model(p), y) + hard(model.head(p), y) + F.binary_cross_entropy(model.tail(p), y)
""",
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_program(name: str, tmp_path: Path) -> None:
    assert_found(tmp_path, {"program.py": HEADER + PROGRAMS[name]})


def test_the_trace_says_who_took_it_for_what(tmp_path: Path) -> None:
    text = HEADER + "def loss(x, y):\n    F.cross_entropy(x, y)\n    F.nll_loss(x, y)\n"
    (tmp_path / "program.py").write_text(text)
    (found,) = [one for one in check_paths([str(tmp_path)]).findings if one.certainty == "proven"]
    assert [(one.place.line, one.note) for one in found.trace] == [(6, "taken for logits by `F.cross_entropy`")]
