"""The routes across files, notebook cells and Markdown blocks, and from a data set to a loss."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from routes import HEADER, assert_found, found, marked, write

from losslint.static.project import check_paths

MODEL = HEADER + (
    "class Right(nn.Module):\n    def forward(self, x):\n        return x * 2\n\n"
    "class Wrong(nn.Module):\n    def forward(self, x):\n        return F.softmax(x, dim=1)\n"
)
LOOP = """
def step(x, y):
    criterion = nn.CrossEntropyLoss()
    criterion(Right()(x), y)
    return criterion(Wrong()(x), y)  # LL101
"""

PROJECTS = {
    "a loop in a file without a word of torch, a model in one without a word of a loss": {
        "client.py": """
class Client:
    def __init__(self, batches):
        self.batches, self.__model = batches, None

    @property
    def model(self):
        return self.__model

    @model.setter
    def model(self, model):
        self.__model = model

    def update(self, loss_fn):
        for x, y in self.batches:
            loss_fn(self.model(x), y).backward()  # LL101
""",
        "server.py": """
from torch.nn import CrossEntropyLoss
from client import Client

class Server:
    def __init__(self, model, sets):
        self.model, self.clients = model, [Client(one) for one in sets]
        self.loss_fn = CrossEntropyLoss()

    def fit(self):
        for client in self.clients:
            client.model = self.model
            client.update(self.loss_fn)
""",
        "main.py": HEADER
        + """
from server import Server

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(4, 3)

    def forward(self, x):
        return torch.softmax(self.layer(x), dim=1)

if __name__ == "__main__":
    Server(Net(), read()).fit()
""",
    },
    "a file beside it": {
        "model.py": MODEL,
        "train.py": HEADER + "from model import Right, Wrong\n" + LOOP,
    },
    "a module and its attributes": {
        "model.py": MODEL,
        "train.py": HEADER + "import model as m\nimport model\nRight, Wrong = m.Right, model.Wrong\n" + LOOP,
    },
    "a star import": {
        "model.py": MODEL,
        "train.py": HEADER + "from model import *\n" + LOOP,
    },
    "a star import that brings torch": {
        "common.py": "import torch\nimport torch.nn as nn\nimport torch.nn.functional as F\n",
        "model.py": "from common import *\n" + MODEL.removeprefix(HEADER),
        "train.py": "from common import *\nfrom model import *\n" + LOOP,
    },
    "a package": {
        "pkg/__init__.py": "",
        "pkg/models/__init__.py": "",
        "pkg/models/net.py": MODEL,
        "pkg/train.py": HEADER + "from pkg.models.net import Right, Wrong\n" + LOOP,
    },
    "a relative import": {
        "pkg/__init__.py": "",
        "pkg/net.py": MODEL,
        "pkg/train.py": HEADER + "from .net import Right, Wrong\n" + LOOP,
    },
    "a relative import from above": {
        "pkg/__init__.py": "",
        "pkg/models/__init__.py": "",
        "pkg/models/net.py": MODEL,
        "pkg/engine/__init__.py": "",
        "pkg/engine/train.py": HEADER + "from ..models import net\nfrom ..models.net import Wrong\nRight = net.Right\n" + LOOP,
    },
    "exported again by a package": {
        "pkg/__init__.py": "from .models import Right, Wrong\n",
        "pkg/models/__init__.py": "from .net import *\n__all__ = ['Right', 'Wrong']\n",
        "pkg/models/net.py": MODEL,
        "train.py": HEADER + "from pkg import Right, Wrong\n" + LOOP,
    },
    "a dotted import": {
        "pkg/__init__.py": "",
        "pkg/models/__init__.py": "",
        "pkg/models/net.py": MODEL,
        "train.py": HEADER + "import pkg.models.net\nRight, Wrong = pkg.models.net.Right, pkg.models.net.Wrong\n" + LOOP,
    },
    "a package without __init__": {
        "models/net.py": MODEL,
        "train.py": HEADER + "from models.net import Right, Wrong\n" + LOOP,
    },
    "src layout": {
        "pyproject.toml": "[project]\nname = 'pkg'\n",
        "src/pkg/__init__.py": "",
        "src/pkg/net.py": MODEL,
        "src/pkg/train.py": HEADER + "from pkg.net import Right, Wrong\n" + LOOP,
        "scripts/run.py": HEADER + "from pkg.net import Right, Wrong\n" + LOOP,
    },
    "scripts beside a package": {
        "pkg/__init__.py": "",
        "pkg/net.py": MODEL,
        "scripts/run.py": HEADER + "import sys\nsys.path.append('..')\nfrom pkg.net import Right, Wrong\n" + LOOP,
    },
    "an import in a function": {
        "model.py": MODEL,
        "train.py": HEADER
        + """
def step(x, y):
    from model import Right, Wrong
    F.cross_entropy(Right()(x), y)
    return F.cross_entropy(Wrong()(x), y)  # LL101
""",
    },
    "imports that go round": {
        "a.py": HEADER + "import b\n\ndef probs(x):\n    return x.softmax(1)\n\ndef run(x, y):\n    return b.step(x, y)\n",
        "b.py": HEADER
        + "import a\n\ndef step(x, y):\n    F.cross_entropy(x, y)\n    return F.cross_entropy(a.probs(x), y)  # LL101\n",
    },
    "a criterion from another file": {
        "losses.py": HEADER + "def build(name='ce'):\n    return {'ce': nn.CrossEntropyLoss, 'mse': nn.MSELoss}[name]()\n"
        "\nCE = nn.CrossEntropyLoss()\n",
        "train.py": HEADER
        + """
from losses import CE, build

def step(x, y):
    CE(x, y) + build()(x, y)
    build("ce")(x.softmax(1), y)  # LL101
    return CE(x.softmax(1), y)  # LL101
""",
    },
    "a trainer, a model and a script": {
        "engine/__init__.py": "from engine.trainer import Trainer\n",
        "engine/trainer.py": HEADER
        + """
class Trainer:
    def __init__(self, model, criterion):
        self.model, self.criterion = model, criterion

    def fit(self, loader, epochs=1):
        for _ in range(epochs):
            for x, y in loader:
                self.criterion(self.model.right(x), y)
                loss = self.criterion(self.model(x), y)  # LL101
                loss.backward()
""",
        "model.py": HEADER
        + """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.right, self.wrong = nn.Linear(4, 3), nn.Softmax(dim=1)

    def forward(self, x):
        return self.wrong(self.right(x))
""",
        "main.py": HEADER
        + """
from engine import Trainer
from model import Net

def main(loader):
    Trainer(Net().to("cuda"), nn.CrossEntropyLoss().cuda()).fit(loader, epochs=3)

if __name__ == "__main__":
    main(load())
""",
    },
    "a base class from another file": {
        "base.py": HEADER
        + """
class Base(nn.Module):
    def forward(self, x):
        return self.last(self.body(x))
""",
        "train.py": HEADER
        + """
from base import Base

class Right(Base):
    body, last = nn.Linear(4, 3), nn.Identity()

class Wrong(Right):
    last = nn.Softmax(dim=1)
"""
        + LOOP,
    },
    "a configuration file in Python": {
        "config.py": "PROBS = True\nLOSS = 'CrossEntropyLoss'\n",
        "train.py": HEADER
        + """
import config

def step(x, y):
    criterion = getattr(nn, config.LOSS)()
    criterion(x.softmax(1) if not config.PROBS else x, y)
    return criterion(x.softmax(1) if config.PROBS else x, y)  # LL101
""",
    },
    "a module of the same name as a library's": {
        "utils/__init__.py": "",
        "utils/activations.py": HEADER + "def softmax(x):\n    return x * 2\n\ndef probs(x):\n    return torch.softmax(x, 1)\n",
        "train.py": HEADER
        + """
from utils.activations import probs, softmax

def step(x, y):
    F.cross_entropy(softmax(x), y)
    return F.cross_entropy(probs(x), y)  # LL101
""",
    },
    "a file that isn't there": {
        "train.py": HEADER + "from gone import Right, Wrong\nfrom .missing import other\n\ndef step(x, y):\n"
        "    F.cross_entropy(Wrong()(x), y)\n    return F.cross_entropy(other(x), y)\n",
    },
    "a file that is no Python": {
        "model.py": "import torch\nclass WrongLoss(:\n",
        "scripts/train.py": HEADER + "F.cross_entropy(torch.rand(8, 3).softmax(1), torch.zeros(8, dtype=torch.long))  # LL101\n",
    },
}


@pytest.mark.parametrize("name", [name for name in PROJECTS if name != "a file that is no Python"])
def test_reported_where_marked_and_nowhere_else(name: str, tmp_path: Path) -> None:
    assert_found(tmp_path, PROJECTS[name])


def test_a_file_that_is_no_python_leaves_the_others_checked(tmp_path: Path) -> None:
    write(tmp_path, PROJECTS["a file that is no Python"])
    result = check_paths([str(tmp_path)])
    assert [Path(error.place.split(":")[0]).name for error in result.errors] == ["model.py"]
    assert [(Path(one.place.filename).name, one.code) for one in result.findings] == [("train.py", "LL101")]


@pytest.mark.parametrize("name", ["a file beside it", "a package", "src layout", "exported again by a package"])
def test_what_a_checked_file_imports_is_read_even_if_it_is_not_checked(name: str, tmp_path: Path) -> None:
    files = PROJECTS[name]
    chosen = next(path for path, text in files.items() if "# LL101" in text)
    write(tmp_path, files)
    number = next(n for n, line in enumerate(files[chosen].splitlines(), 1) if "# LL101" in line)
    assert found(tmp_path, chosen) == {(chosen, number, "LL101")}


def test_an_imported_file_is_not_itself_reported(tmp_path: Path) -> None:
    write(
        tmp_path,
        {
            "a.py": HEADER + "def bad(x, y):\n    return F.cross_entropy(x.softmax(1), y)\n\n"
            "bad(torch.rand(8, 3), torch.zeros(8).long())\n"
        },
    )
    write(tmp_path, {"b.py": HEADER + "from a import bad\n"})
    assert found(tmp_path, "b.py") == set()
    assert found(tmp_path, "a.py") == {("a.py", 6, "LL101")}


def test_cells_of_a_notebook_follow_each_other(tmp_path: Path) -> None:
    cells = [
        "import torch\nfrom torch import nn\n%matplotlib inline\n!pip install somewhat",
        "model = nn.Sequential(nn.Linear(4, 3), nn.Softmax(dim=1))\nlogits = model[0]",
        "criterion = nn.CrossEntropyLoss()",
        "x, y = torch.rand(8, 4), torch.randint(3, (8,))\ncriterion(logits(x), y)\ncriterion(model(x), y)",
    ]
    notebook = {
        "cells": [
            {"cell_type": "markdown", "metadata": {}, "source": ["# A title"]},
            *({"cell_type": "code", "metadata": {}, "execution_count": None, "outputs": [], "source": one} for one in cells),
        ],
        "metadata": {"kernelspec": {"name": "python3", "language": "python", "display_name": "Python 3"}},
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    write(tmp_path, {"training.ipynb": json.dumps(notebook)})
    result = check_paths([str(tmp_path)])
    assert not result.errors
    proven = [(one.code, result.line(one.place)) for one in result.findings if one.certainty == "proven"]
    assert proven == [("LL101", "criterion(model(x), y)")]


UNBOUND = """
from {library} import *

def loss(x, y):
    return F.cross_entropy(torch.softmax(nn.Linear(4, 3)(x), 1), y){mark}
"""


@pytest.mark.parametrize(
    ("files", "mark"),
    [
        ({}, "  # LL101"),  # fastai brings them, and others do
        ({"library.py": "import torch\nfrom torch import nn\nimport torch.nn.functional as F\n"}, "  # LL101"),
        ({"library.py": "F = object()\n"}, ""),
        ({"library.py": "from elsewhere import functional as F\n"}, ""),
    ],
)
def test_usual_names_that_nothing_in_sight_binds(files: dict[str, str], mark: str, tmp_path: Path) -> None:
    assert_found(tmp_path, {**files, "program.py": UNBOUND.format(library="library", mark=mark)})


SCRIPT = """{header}class Net(nn.Sequential):
    def __init__(self):
        super().__init__(nn.Linear(4, 3){last})

if __name__ == "__main__":
    net = Net()
    nn.{loss}()(net(torch.randn(2, 4)), torch.tensor([0, 1])){mark}
"""
"""A whole program, as an article shows one after the other."""
RIGHT_AND_WRONG = [
    {"loss": "NLLLoss", "last": ", nn.LogSoftmax(1)", "mark": ""},
    {"loss": "CrossEntropyLoss", "last": ", nn.Softmax(1)", "mark": "  # LL101"},
    {"loss": "CrossEntropyLoss", "last": "", "mark": ""},
]


def test_each_program_in_an_article_runs_with_what_it_defines(tmp_path: Path) -> None:
    blocks = [SCRIPT.format(header=HEADER, **one) for one in RIGHT_AND_WRONG]
    cells = [{"cell_type": "code", "metadata": {}, "source": one.splitlines(keepends=True), "outputs": []} for one in blocks]
    assert_found(tmp_path, {"article.md": "\n".join(f"```python\n{one}```\n" for one in blocks)})
    write(tmp_path, {"article.ipynb": json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5})})
    (found,) = check_paths([str(tmp_path / "article.ipynb")]).findings
    assert (found.code, found.place.cell) == ("LL101", 2)


def test_blocks_of_a_markdown_file_follow_each_other(tmp_path: Path) -> None:
    text = (
        "# Losses\n\n```python\nimport torch\nfrom torch import nn\ncriterion = nn.CrossEntropyLoss()\n```\n\nand then\n\n"
        "```python\nx, y = torch.rand(8, 3), torch.randint(3, (8,))\ncriterion(x, y)\ncriterion(x.softmax(1), y)  # LL101\n```\n"
    )
    assert_found(tmp_path, {"README.md": text})


DATASET = """
from torch.utils.data import DataLoader, Dataset

class Data(Dataset):
    def __init__(self, frame):
        self.frame = frame

    def __len__(self):
        return len(self.frame)

    def __getitem__(self, index):
        return torch.tensor(self.frame[index], dtype=torch.float32), {label}

def train(frame, model, epochs):
    loader = DataLoader(Data(frame), batch_size=8, shuffle=True)
    criterion = nn.{loss}()
    for epoch in range(epochs):
        for i, (x, y) in enumerate(loader):
            {call}
"""
LABELS = {
    "int": ("int(self.frame[index])", "CrossEntropyLoss", "criterion(model(x), y)"),
    "long tensor": ("torch.tensor(3).long()", "CrossEntropyLoss", "criterion(model(x), y)"),
    "made long": ("torch.tensor(1.0)", "CrossEntropyLoss", "criterion(model(x), y.long())"),
    "one float to a cross entropy": (
        "torch.tensor([0.0, 1.0], dtype=torch.float32)", "CrossEntropyLoss", "criterion(model(x), y)",
    ),
    "int for a binary loss": ("int(self.frame[index])", "BCEWithLogitsLoss", "criterion(model(x), y)  # LL202"),
    "a long tensor for a binary loss": (
        "torch.tensor(self.frame[index], dtype=torch.long)", "BCEWithLogitsLoss", "criterion(model(x), y)  # LL202",
    ),
    "made float for a binary loss": ("int(self.frame[index])", "BCEWithLogitsLoss", "criterion(model(x), y.float())"),
    "nobody knows": ("self.frame.label(index)", "BCEWithLogitsLoss", "criterion(model(x), y)"),
}  # fmt: skip


@pytest.mark.parametrize("name", LABELS)
def test_the_dtype_of_a_data_set_s_labels_reaches_the_loss(name: str, tmp_path: Path) -> None:
    label, loss, call = LABELS[name]
    assert_found(tmp_path, {"train.py": HEADER + DATASET.format(label=label, loss=loss, call=call)})


ROUTES = {
    **PROJECTS,
    **{name: {"train.py": HEADER + DATASET.format(label=a, loss=b, call=c)} for name, (a, b, c) in LABELS.items()},
}


def test_a_trainer_that_a_package_passes_on(tmp_path: Path) -> None:
    """The package's own file has no word of training, and nor has the program of a loss: the trainer lies between them."""
    trainer = """
class Fitting:
    def __init__(self, model, data):
        self.model, self.data, self.criterion = model, data, nn.CrossEntropyLoss()
        self.optimizer = torch.optim.SGD(model.parameters(), 0.1)

    def fit(self):
        for x, y in self.data:
            self.criterion(self.model(x), y).backward()  # LL101
            self.optimizer.step()
"""
    program = """
import torch
from torch import nn
from toolbox.training import Fitting

Fitting(nn.Sequential(nn.Linear(3, 4), nn.Softmax(dim=1)), torch.load("data")).fit()
"""
    files = {
        "toolbox/__init__.py": "",
        "toolbox/training/__init__.py": "from .fitting import Fitting\n",
        "toolbox/training/fitting.py": HEADER + trainer,
        "program.py": program,
    }
    assert_found(tmp_path, files)


TIED = {
    "setup.py": "",
    "nets/model.py": HEADER + "class Net(nn.Module):\n    def forward(self, x):\n        return torch.softmax(x, 1)\n",
    "nets/trainer.py": HEADER + "class Trainer:\n    def __init__(self, net):\n"
    "        self.net, self.criterion = net, nn.CrossEntropyLoss()\n\n"
    "    def step(self, x, y):\n        return self.criterion(self.net(x), y)  # LL101\n",
    "main.py": HEADER + "from nets.model import Net\nfrom nets.trainer import Trainer\n\n"
    'if __name__ == "__main__":\n    Trainer(Net()).step(torch.randn(2, 3), torch.tensor([0, 1]))\n'
    "    F.nll_loss(torch.randn(2, 3).softmax(1), torch.tensor([0, 1]))\n",
}


def test_scripts_of_the_project_tie_what_is_in_a_file_that_is_named(tmp_path: Path) -> None:
    """What is wrong in the script itself isn't told: nobody asked for that."""
    assert_found(tmp_path, TIED, "nets/trainer.py")
    assert found(tmp_path, "nets/model.py") == found(tmp_path, "setup.py") == set()
    (tmp_path / "broken.py").write_text("import trainer\nfor x in\n")
    assert found(tmp_path, "nets/trainer.py", "nets/model.py") == marked({"nets/trainer.py": TIED["nets/trainer.py"]})
    ring = TIED["nets/trainer.py"] + "\nimport main\n"  # an editor gives its text, which is older on the disk
    (given,) = [one for one in check_paths([], stdin=(str(tmp_path / "nets/trainer.py"), ring.encode())).findings if one.trace]
    assert (given.code, given.place.line) == ("LL101", 10)
    (tmp_path / "nets/trainer.py").write_text(ring)
    assert found(tmp_path, "nets/trainer.py") == marked({"nets/trainer.py": ring})
    (tmp_path / "tests").mkdir()
    (tmp_path / "main.py").rename(tmp_path / "tests" / "test_main.py")
    assert found(tmp_path, "nets/trainer.py") == set()


@pytest.mark.parametrize("why", ["a large project", "no project"])
def test_scripts_are_looked_for_in_a_small_project(why: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if why == "no project":
        monkeypatch.setattr("losslint.static.discover._ROOTS", ())
    else:
        monkeypatch.setattr("losslint.static.beside.SMALL", len(TIED) - 1)
    write(tmp_path, TIED)
    assert found(tmp_path, "nets/trainer.py") == set()


def test_a_notebook_imports_the_modules_beside_it(tmp_path: Path) -> None:
    cells = [
        HEADER + "from models import Wrong, Right",
        "x, y = torch.randn(2, 3), torch.tensor([0, 1])\nF.cross_entropy(Right()(x), y)",
    ]
    cells.append("F.cross_entropy(Wrong()(x), y)")
    written = [{"cell_type": "code", "source": cell, "metadata": {}, "outputs": []} for cell in cells]
    notebook = {"cells": written, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    write(tmp_path, {"notes/train.ipynb": json.dumps(notebook), "notes/models.py": MODEL})
    (finding,) = [one for one in check_paths([str(tmp_path)]).findings if one.certainty == "proven"]
    assert (finding.code, finding.place.cell, finding.place.line) == ("LL101", 3, 1)
    assert [Path(one.place.filename).name for one in finding.trace] == ["models.py", "train.ipynb"]
