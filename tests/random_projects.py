"""Projects put together at random: each way of writing a model with each way of picking it, of getting a loss and of training.

What is wrong in a project is its model's last step or its targets; the same project with the right ones holds nothing to report.
"""

from __future__ import annotations

import ast
import json
import random
from dataclasses import dataclass
from textwrap import dedent

from parts_of_models import MAKES, MODELS, PACKS
from parts_of_training import LOSSES, TRAININGS

CLASSES = "torch.randint(0, 3, (64,))"
COLUMN = "torch.rand(64, 1)"


@dataclass(frozen=True)
class Misuse:
    """A loss, a model's last step and targets that are wrong for it, and those that are right. `width`: of the output."""

    loss: str
    wrong: tuple[str, str]
    right: tuple[str, str]
    width: int
    code: str


MISUSES = {
    "softmax": Misuse("CrossEntropyLoss", ("nn.Softmax(dim=1)", CLASSES), ("nn.Identity()", CLASSES), 3, "LL101"),
    "softmax without dim": Misuse("CrossEntropyLoss", ("nn.Softmax()", CLASSES), ("nn.Identity()", CLASSES), 3, "LL101"),
    "logits": Misuse("NLLLoss", ("nn.Identity()", CLASSES), ("nn.LogSoftmax(dim=1)", CLASSES), 3, "LL102"),
    "probabilities": Misuse("NLLLoss", ("nn.Softmax(-1)", CLASSES), ("nn.LogSoftmax(-1)", CLASSES), 3, "LL103"),
    "axis": Misuse("NLLLoss", ("nn.LogSoftmax(dim=0)", CLASSES), ("nn.LogSoftmax(dim=1)", CLASSES), 3, "LL109"),
    "no sigmoid": Misuse("BCELoss", ("nn.Identity()", COLUMN), ("nn.Sigmoid()", COLUMN), 1, "LL104"),
    "sigmoid": Misuse("BCEWithLogitsLoss", ("nn.Sigmoid()", COLUMN), ("nn.Identity()", COLUMN), 1, "LL101"),
    "rectified": Misuse("CrossEntropyLoss", ("nn.ReLU()", CLASSES), ("nn.Identity()", CLASSES), 3, "LL111"),
    "cut": Misuse("CrossEntropyLoss", ("Cut()", CLASSES), ("nn.Identity()", CLASSES), 3, "LL401"),
    "column": Misuse("MSELoss", ("nn.Identity()", "torch.rand(64)"), ("nn.Identity()", COLUMN), 1, "LL301"),
    "float classes": Misuse("CrossEntropyLoss", ("nn.Identity()", f"{CLASSES}.float()"), ("nn.Identity()", CLASSES), 3, "LL202"),
    "integers": Misuse(
        "BCEWithLogitsLoss", ("nn.Identity()", "torch.randint(0, 2, (64, 1))"), ("nn.Identity()", COLUMN), 1, "LL202"
    ),
}
LOADER = "torch.utils.data.DataLoader(torch.utils.data.TensorDataset(torch.randn(64, 4), {}), batch_size=8)"
HEAD = "import torch\nimport torch.nn as nn\nimport torch.nn.functional as F\n\nDEVICE = torch.device('cpu')\n"
CUT = "class Cut(nn.Module):\n    def forward(self, x):\n        return x.detach()\n"


@dataclass(frozen=True)
class Choices:
    """Which of each was taken."""

    misuse: str
    model: str
    pack: str
    make: str
    criterion: str
    training: str
    layout: str

    @staticmethod
    def drawn(seed: int) -> Choices:
        draw = random.Random(seed)
        every = (MISUSES, MODELS, PACKS, MAKES, LOSSES, TRAININGS, LAYOUTS)
        while True:
            choices = Choices(*(draw.choice(list(options)) for options in every))
            if choices.can_be():
                return choices

    def can_be(self) -> bool:
        """Whether the parts fit, and what is wrong can be known: transformers' Trainer is given no data here."""
        needs_data = MISUSES[self.misuse].code in ("LL109", "LL202", "LL301")
        is_class = "class Net(" in MODELS[self.model]
        return not (needs_data and self.training == "hf") and (is_class or self.make != "from config")

    def files(self, wrong: bool) -> dict[str, str]:
        """The project, with what is wrong for its loss or with what is right."""
        misuse = MISUSES[self.misuse]
        last, targets = misuse.wrong if wrong else misuse.right
        define, take = (dedent(one).strip() for one in PACKS[self.pack])
        model = dedent(MODELS[self.model]).replace("LAST", last).replace("OUT", str(misuse.width))
        model = f"{CUT}\n{model}" if last == "Cut()" else model
        beside, make = (dedent(one).strip() for one in MAKES[self.make])
        losses, criterion = (dedent(one).strip().replace("LOSS", misuse.loss) for one in LOSSES[self.criterion])
        training = dedent(TRAININGS[self.training])
        for name, text in (("MODEL", make), ("CRITERION", criterion), ("LOADER", LOADER.format(targets))):
            training = training.replace(name, text)
        training = _unpacked(training, take)
        models = f"{define}\n{model.replace('PACK', 'pack')}\n{beside}\n"
        return LAYOUTS[self.layout](models, f"{losses}\n", training)

    @property
    def code(self) -> str:
        return MISUSES[self.misuse].code


def _unpacked(training: str, take: str) -> str:
    """`UNPACK(…)` replaced by how the output is taken from what stands in it."""
    while (start := training.find("UNPACK(")) >= 0:
        depth, end = 1, start + len("UNPACK(")
        while depth:
            depth += {"(": 1, ")": -1}.get(training[end], 0)
            end += 1
        training = training[:start] + take.format(training[start + len("UNPACK(") : end - 1]) + training[end:]
    return training


def _defined(text: str) -> list[str]:
    """The names that the lines of a file define at its top level."""
    found = []
    for line in text.split("\n"):
        if line.startswith(("def ", "class ")):
            found.append(line.split()[1].partition("(")[0].rstrip(":"))
        elif " = " in line and not line.startswith((" ", "@")):
            found.append(line.partition(" = ")[0])
    return list(dict.fromkeys(found))


Files = dict[str, str]


def _imports(models: str, losses: str, how: str) -> str:
    """What a file imports of the two others; `how`: with FILE and NAMES."""
    names = {"models": _defined(models), "losses": [*_defined(losses), *(("functools",) if "functools" in losses else ())]}
    return "".join(how.replace("FILE", file).replace("NAMES", ", ".join(found)) + "\n" for file, found in names.items() if found)


def one_file(models: str, losses: str, training: str) -> Files:
    return {"train.py": f"{HEAD}\n{models}\n{losses}\n{training}"}


def notebook(models: str, losses: str, training: str) -> Files:
    cells = [
        {"cell_type": "code", "execution_count": None, "metadata": {}, "outputs": [], "source": text.splitlines(keepends=True)}
        for text in (HEAD, models, losses, training)
    ]
    return {"train.ipynb": json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5})}


def flat(models: str, losses: str, training: str, how: str = "from FILE import NAMES") -> Files:
    files = {"models.py": f"{HEAD}\n{models}", "losses.py": f"{HEAD}\n{losses}"}
    return {**files, "train.py": f"{HEAD}{_imports(models, losses, how)}\n{training}"}


def star(models: str, losses: str, training: str) -> Files:
    return flat(models, losses, training, "from FILE import *")


def package(models: str, losses: str, training: str) -> Files:
    files = {f"project/{name}": text for name, text in flat(models, losses, "").items() if name != "train.py"}
    script = f"{HEAD}{_imports(models, losses, 'from project.FILE import NAMES')}\n{training}"
    return {**files, "project/__init__.py": "", "train.py": script}


def relative(models: str, losses: str, training: str) -> Files:
    files = flat(models, losses, training, "from .FILE import NAMES")
    return {"project/__init__.py": "", **{f"project/{name}": text for name, text in files.items()}}


def on_path(models: str, losses: str, training: str) -> Files:
    """A script in a folder beside the source's, which it puts on the path; the package gives on what its files define."""
    files = flat(models, losses, "")
    path = 'import os\nimport sys\nsys.path.append(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "src"))\n'
    return {
        "src/nets/__init__.py": _imports(models, "", "from .FILE import NAMES"),
        "src/nets/models.py": files["models.py"],
        "src/utils/losses.py": files["losses.py"],
        "scripts/train.py": path
        + HEAD
        + _imports(models, "", "from nets import NAMES")
        + _imports("", losses, "from utils.FILE import NAMES")
        + f"\n{training}",
    }


def engine(models: str, losses: str, training: str) -> Files:
    """What the training defines stands in a file of its own, unless it reads what the script computes."""
    tree = ast.parse(training)
    kinds = (ast.FunctionDef, ast.ClassDef, ast.Import, ast.ImportFrom)
    parts = [(ast.get_source_segment(training, one) or "", one) for one in tree.body]
    definitions = [(_decorated(training, one), one) for _, one in parts if isinstance(one, kinds)]
    script = "\n".join(text for text, one in parts if not isinstance(one, kinds))
    computed = {name.id for _, one in parts if not isinstance(one, kinds) for name in ast.walk(one) if isinstance(name, ast.Name)}
    bound = {name for name in computed if f"{name} = " in script or f"{name}, " in script or f"{name} in " in script}
    read = {name.id for _, one in definitions for name in ast.walk(one) if isinstance(name, ast.Name)}
    if bound & read or not any(isinstance(one, (ast.FunctionDef, ast.ClassDef)) for _, one in definitions):
        return flat(models, losses, training)
    text = "\n\n".join(text for text, _ in definitions)
    imported = [name for one in tree.body if isinstance(one, (ast.Import, ast.ImportFrom)) for name in _bound(one)]
    names = ", ".join([*_defined(text), *imported])
    files = flat(models, losses, f"from engine import {names}\n\n{script}\n")
    return {**files, "engine.py": f"{HEAD}{_imports(models, losses, 'from FILE import NAMES')}\n{text}\n"}


def _decorated(training: str, node: ast.stmt) -> str:
    lines = training.split("\n")
    first = min([node.lineno, *(one.lineno for one in getattr(node, "decorator_list", ()))])
    return "\n".join(lines[first - 1 : node.end_lineno])


def _bound(node: ast.Import | ast.ImportFrom) -> list[str]:
    return [(one.asname or one.name).partition(".")[0] for one in node.names]


LAYOUTS = {
    "one file": one_file, "notebook": notebook, "flat": flat, "star": star, "package": package, "relative": relative,
    "on path": on_path, "engine": engine,
}  # fmt: skip
