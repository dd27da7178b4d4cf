"""Files of tests: those in which something leads to a loss are run as before, the others aren't run at all."""

from __future__ import annotations

from pathlib import Path

import pytest
from routes import HEADER, assert_found, interpreted, write

PACKAGE = {
    "package/__init__.py": "from .losses import wrong\nfrom .nets import Net\n",
    "package/losses.py": HEADER + "def wrong(x, y):\n"
    "    return F.cross_entropy(torch.softmax(x, 1), y)  # LL101\n\n\n"
    "class Step:\n    def run(self, x, y):\n        return self.measure(x, y)\n",
    "package/nets.py": HEADER + "class Net(nn.Module):\n    def forward(self, x):\n        return x\n\n\nloss_names = {}\n",
}
TEST = "import unittest\n\n"


def runs(folder: Path, text: str) -> bool:
    """Whether a file of tests beside the package is run."""
    write(folder, {**PACKAGE, "tests/test_it.py": text})
    _, modules = interpreted(folder, *sorted(str(path.relative_to(folder)) for path in folder.rglob("*.py")))
    return next(one for one in modules if one.path.endswith("test_it.py")).ran


LEADS = {
    "function": "from package import wrong\n\ndef test_it():\n    wrong(1, 2)\n",
    "module": "import package.losses\n\ndef test_it():\n    package.losses.wrong(1, 2)\n",
    "star": "from package.losses import *\n\ndef test_it():\n    wrong(1, 2)\n",
    "own code": "from package import wrong\n\nCASES = [wrong(1, 2)]\n\ndef test_it():\n    pass\n",
    "in a branch": "try:\n    from package import wrong\nexcept ImportError:\n    wrong = None\n\n"
    "def test_it():\n    wrong(1, 2)\n",
    "inside": "def test_it():\n    from package.losses import wrong\n    wrong(1, 2)\n",
    "class": "from torch import nn\n\nclass TestIt(unittest.TestCase):\n    def test_it(self):\n        nn.MSELoss()\n",
    "base": "from package.losses import Step\n\nclass TestIt(Step):\n    def test_it(self):\n        pass\n\n"
    "    def measure(self, x, y):\n        return self.criterion(x, y)\n",
    "decorator": "from package import wrong\n\n@given(wrong)\ndef test_it():\n    pass\n",
    "main": "from package import wrong\n\ndef test_it():\n    pass\n\nif __name__ == '__main__':\n    wrong(1, 2)\n",
    "by name": "def test_it(name):\n    return globals()[name]\n",
}
LEADS_NOWHERE = {
    "a net": "from package import Net\n\nCASES = [Net()]\n\n"
    "class TestIt(unittest.TestCase):\n    def test_it(self):\n        Net()(1)\n",
    "a name of another file": "loss_names = {}\n\ndef test_it(wrong):\n    return loss_names, wrong\n",
}


@pytest.mark.parametrize("text", LEADS.values(), ids=LEADS)
def test_what_leads_to_a_loss_is_run(tmp_path: Path, text: str) -> None:
    assert runs(tmp_path, TEST + text)


@pytest.mark.parametrize("text", LEADS_NOWHERE.values(), ids=LEADS_NOWHERE)
def test_what_leads_to_none_is_not_run(tmp_path: Path, text: str) -> None:
    assert not runs(tmp_path, TEST + text)


def test_a_program_that_is_called_as_a_test_is_run(tmp_path: Path) -> None:
    assert runs(tmp_path, "from package import Net\n\nNet()\n")


def test_a_test_that_another_imports_is_run(tmp_path: Path) -> None:
    assert_found(
        tmp_path,
        {
            **PACKAGE,
            "tests/__init__.py": "",
            "tests/test_base.py": TEST
            + "class Base(unittest.TestCase):\n    def call(self, f, x, y):\n        f(x.log_softmax(1), y)\n",
            "tests/test_it.py": HEADER + "from tests.test_base import Base\n\nclass TestIt(Base):\n    def test_it(self):\n"
            "        self.call(nn.BCEWithLogitsLoss(), torch.rand(3, 1))\n",
        },
    )


def test_what_a_test_adds_to_a_class_of_the_package_is_followed(tmp_path: Path) -> None:
    """The package calls `self.measure`, which only a test has."""
    assert_found(
        tmp_path,
        {
            "package/__init__.py": "",
            "package/base.py": HEADER + "class Base:\n    def run(self, x, y):\n        return self.measure(x, y)\n",
            "package/other.py": HEADER + "def other(x, y):\n    return F.mse_loss(x, y)\n",
            "tests/test_it.py": HEADER + "from package.base import Base\n\nclass Mine(Base):\n"
            "    def measure(self, x, y):\n        return F.nll_loss(torch.softmax(x, 1), y)  # LL103\n\n\n"
            "def test_it():\n    Mine().run(torch.rand(3, 4), torch.tensor([0, 1, 2]))\n",
        },
    )
