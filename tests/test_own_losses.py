"""Contracts of a project's own losses: from the configuration, from a decorator, and inferred from what a loss calls."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from routes import HEADER, assert_found, marked, write

import losslint
from losslint.cli import main
from losslint.config import load
from losslint.errors import ConfigError, NotationError

DATA = """
logits = nn.Linear(3, 4)(torch.rand(2, 3))
ids = torch.randint(0, 4, (2,))
"""

DECLARED = (
    HEADER
    + "import losslint\nfrom losslint import contract\n"
    + DATA
    + """
@losslint.contract(scores="logits float[N C]", labels="class_index int[N]")
def focal(scores, labels, gamma=2.0):
    p = opaque(scores)
    return p.sum()

@contract(
    pred="probs float[*d]",
    gold="probs float[*d]",
    cases=[{"when": {"from_logits": True}, "pred": "logits float[*d]"}],
)
class Dice(nn.Module):
    def __init__(self, from_logits=False):
        super().__init__()
        self.from_logits = from_logits

    def forward(self, pred, gold):
        return 1 - opaque(pred * gold)

class Softer(Dice):
    pass

class Other(Dice):
    def forward(self, pred, gold):
        return super().forward(pred.sigmoid(), gold)

gold = torch.rand(2, 4)
focal(logits, ids)
focal(logits.softmax(1), ids)  # LL101
focal(labels=ids, scores=logits.softmax(1))  # LL101
focal(logits, ids.float())  # LL202
Dice()(logits.sigmoid(), gold)
Dice()(logits, gold)  # LL104
Dice(from_logits=True)(logits, gold)
Dice(True)(logits.sigmoid(), gold)  # LL101
Softer()(logits, gold)  # LL104
Other()(logits, gold)
criterion = Dice()
criterion(logits.sigmoid(), gold[:, :1])  # LL301
"""
)


def test_a_decorator_is_read_from_the_source(tmp_path: Path) -> None:
    assert_found(tmp_path, {"train.py": DECLARED})


PACKAGE = {
    "pkg/__init__.py": "from pkg.losses import FocalLoss\n",
    "pkg/losses.py": HEADER
    + """
class FocalLoss(nn.Module):
    def forward(self, input, target, weight=None):
        return opaque(input, target)

def soft_dice(probs, masks):
    return opaque(probs, masks)
""",
    "main.py": HEADER
    + DATA
    + """
from outside.losses import Tversky
from pkg import FocalLoss
from pkg.losses import soft_dice

FocalLoss()(logits, ids)
FocalLoss()(logits.softmax(1), ids)  # LL101
soft_dice(logits, torch.rand(2, 4))  # LL104
Tversky()(logits, torch.rand(2, 4))  # LL104
""",
}
CONTRACTS = """
[{0}losses."pkg.FocalLoss"]
input = "logits float[N C]"
target = "class_index int[N]"
[{0}losses."pkg.losses.soft_dice"]
probs = "probs float[N C]"
masks = "probs float[N C]"
[{0}losses."outside.losses.Tversky"]
probs = "probs float[N C]"
masks = "probs float[N C]"
"""


@pytest.mark.parametrize(("name", "prefix"), [("pyproject.toml", "tool.losslint."), ("losslint.toml", "")])
def test_a_contract_stands_in_the_configuration(
    name: str, prefix: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, {**PACKAGE, name: CONTRACTS.format(prefix)})
    monkeypatch.chdir(tmp_path)
    assert main(["check", "--output-format", "concise", "--quiet"]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert {(*line.split(":")[:2], line.split(" ")[1]) for line in lines} == {
        (file, str(line), code) for file, line, code in marked(PACKAGE)
    }


def test_losslint_toml_comes_before_pyproject(tmp_path: Path) -> None:
    write(tmp_path, {"losslint.toml": 'ignore = ["LL1"]', "pyproject.toml": '[tool.losslint]\nignore = ["LL2"]'})
    assert load(tmp_path).ignore == ("LL1",)
    assert load(tmp_path).source == tmp_path / "losslint.toml"


@pytest.mark.parametrize(
    ("table", "reason"),
    [
        ('input = "logit float[N C]"', 'losslint.toml: `losses."pkg.Loss"`: `input`: `logit float[N C]`: unknown domain `logit`'),
        ('input = "logits real[N C]"', "`input`: `logits real[N C]`: unknown dtype `real`"),
        ("input = 3", "`input` is no string of the notation"),
        ("", "names no argument"),
        ('input = "logits float[N]"\ncases = [{ input = "probs float[N]" }]', "a case has `when`"),
        ('input = "logits float[N]"\ncases = [{ when = { a = 1 }, other = "probs float[N]" }]', "`other` is no argument"),
    ],
)
def test_a_bad_contract_is_one_line(table: str, reason: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(tmp_path, {"losslint.toml": f'[losses."pkg.Loss"]\n{table}\n', "a.py": ""})
    with pytest.raises(ConfigError):
        load(tmp_path)
    assert main(["check", "--quiet", str(tmp_path)]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert reason in line


def test_a_bad_decorator_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(tmp_path, {"a.py": 'import losslint, torch\n\n@losslint.contract(x="logit float[N]")\ndef loss(x): ...\n'})
    assert main(["check", "--quiet", str(tmp_path)]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert "a.py:3: `losslint.contract`: `x`: `logit float[N]`: unknown domain" in line


def test_a_bad_decorator_raises_where_it_stands() -> None:
    with pytest.raises(NotationError, match="`x`: `logit float"):
        losslint.contract(x="logit float[N]")


def test_declaring_loads_neither_torch_nor_libcst() -> None:
    program = "import sys, losslint; losslint.contract(x='logits float[N]'); print({'torch', 'libcst'} & set(sys.modules))"
    assert subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout == "set()\n"


INFERRED = {
    "a class": """
class Own(nn.Module):
    def forward(self, x, y):
        return 0.5 * F.cross_entropy(x, y)  # LL101

loss = Own()
""",
    "a class that holds another": """
class Own(nn.Module):
    def __init__(self, weight=None):
        super().__init__()
        self.inner = nn.CrossEntropyLoss(weight=weight)

    def forward(self, x, y):
        return self.inner(x, y)  # LL101

loss = Own()
""",
    "torch's base class": """
from torch.nn.modules.loss import _Loss

class Own(_Loss):
    def __init__(self):
        super(Own, self).__init__()

    def forward(self, x, y):
        return F.cross_entropy(x, y, reduction="none").mean()  # LL101

loss = Own()
""",
    "a subclass of a loss": """
class Own(nn.CrossEntropyLoss):
    def forward(self, x, y):
        return super().forward(x, y) * 2  # LL101

loss = Own()
""",
    "a function": """
def loss(x, y):
    nll = F.cross_entropy(x, y, reduction="none")  # LL101
    return (nll * (1 - torch.exp(-nll)) ** 2).mean()
""",
    "a lambda": """
loss = lambda x, y: F.cross_entropy(x, y)  # LL101
""",
}


@pytest.mark.parametrize("how", INFERRED)
def test_a_losss_own_body_says_what_it_takes(how: str, tmp_path: Path) -> None:
    files = {"wrong.py": HEADER + DATA + INFERRED[how] + "\nloss(logits.softmax(1), ids).backward()\n"}
    assert_found(tmp_path, files)
    right = HEADER + DATA + INFERRED[how].replace("  # LL101", "") + "\nloss(logits, ids).backward()\n"
    (tmp_path / "wrong.py").unlink()
    assert_found(tmp_path, {"right.py": right})


@pytest.mark.parametrize(
    "made",
    [
        "class Own(nn.CrossEntropyLoss):\n    pass\n\nloss = Own()",
        "import functools\nloss = functools.partial(F.cross_entropy, reduction='mean')",
    ],
)
def test_what_only_hands_on_is_reported_where_it_is_called(made: str, tmp_path: Path) -> None:
    text = f"{HEADER}{DATA}\n{made}\nloss(logits, ids)\nloss(logits.softmax(1), ids)  # LL101\n"
    assert_found(tmp_path, {"train.py": text})
