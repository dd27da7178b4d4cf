"""Arguments that are spread: `loss_fn(*inputs)`."""

from __future__ import annotations

from pathlib import Path

import pytest
from routes import HEADER, assert_found

SOFT = """
class Soft(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(4, 3)

    def forward(self, x, extra=None):
        return F.softmax(self.fc(x), dim=1)
"""
PROGRAMS = {
    "outputs and targets, if there are any": """
def epoch(loader, model, loss_fn):
    for data, target in loader:
        target = target if len(target) > 0 else None
        if not type(data) in (tuple, list):
            data = (data,)
        outputs = model(*data)
        if type(outputs) not in (tuple, list):
            outputs = (outputs,)
        loss_inputs = outputs
        if target is not None:
            target = (target,)
            loss_inputs += target
        loss_outputs = loss_fn(*loss_inputs)  # LL101
        loss = loss_outputs[0] if type(loss_outputs) in (tuple, list) else loss_outputs
        loss.backward()

epoch(torch.load("data"), Soft(), nn.CrossEntropyLoss())
""",
    "a function of the program takes one of them": """
def judge(scores, labels):
    return F.cross_entropy(scores, labels)  # LL101

def step(x, y, label_free):
    inputs = (Soft()(x),)
    if not label_free:
        inputs = inputs + (y,)
    return judge(*inputs)
""",
    "what it cannot be called with is not meant": """
net = nn.Linear(4, 3)
def step(x, y, shown):
    given = (net(x), y)
    if shown:
        given = (Soft()(x), y, "title", "legend", "file")
    return nn.CrossEntropyLoss()(*given)
""",
    "the functional form": """
def step(x, y, label_free):
    out = Soft()(x)
    inputs = (out,) if label_free else (out, y)
    return F.cross_entropy(*inputs, reduction="sum")  # LL101
""",
    "the rest of a batch": """
def step(batch):
    *inputs, labels = batch
    return F.cross_entropy(*(Soft()(*inputs), labels))  # LL101
""",
}


@pytest.mark.parametrize("program", PROGRAMS.values(), ids=PROGRAMS.keys())
def test_spread_arguments(tmp_path: Path, program: str) -> None:
    assert_found(tmp_path, {"program.py": HEADER + SOFT + program})
