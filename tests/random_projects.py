"""Projects put together at random: each way of writing a model with each way of picking it, of getting a loss and of training.

What is wrong in a project is its model's last step; the same project with the right last step holds nothing to report.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from textwrap import dedent

from parts_of_models import MAKES, MODELS, PACKS
from parts_of_training import LOSSES, TRAININGS

LASTS = {
    "CrossEntropyLoss": ("nn.Softmax(dim=1)", "nn.Identity()", "LL101"),
    "NLLLoss": ("nn.Identity()", "nn.LogSoftmax(dim=1)", "LL102"),
    "BCELoss": ("nn.Identity()", "nn.Sigmoid()", "LL104"),
    "BCEWithLogitsLoss": ("nn.Sigmoid()", "nn.Identity()", "LL101"),
}
"""By loss: a last step that is wrong, one that is right, and the code of what is wrong."""

CLASSES = (
    "torch.utils.data.DataLoader(torch.utils.data.TensorDataset(torch.randn(64, 4), torch.randint(0, 3, (64,))), batch_size=8)"
)
NUMBERS = "torch.utils.data.DataLoader(torch.utils.data.TensorDataset(torch.randn(64, 4), torch.rand(64, 1)), batch_size=8)"
HEAD = "import torch\nimport torch.nn as nn\nimport torch.nn.functional as F\n\nDEVICE = torch.device('cpu')\n"


@dataclass(frozen=True)
class Choices:
    """Which of each was taken."""

    loss: str
    model: str
    pack: str
    make: str
    criterion: str
    training: str
    layout: str

    @staticmethod
    def drawn(seed: int) -> Choices:
        draw = random.Random(seed)
        layouts = ("one file", "flat", "package", "relative")
        every = (LASTS, MODELS, PACKS, MAKES, LOSSES, TRAININGS, layouts)
        return Choices(*(draw.choice(list(options)) for options in every))

    def files(self, wrong: bool) -> dict[str, str]:
        """The project, with the last step that is wrong for its loss or with the right one."""
        bad, good, _ = LASTS[self.loss]
        binary = self.loss.startswith("BCE")
        define, take = (dedent(one).strip() for one in PACKS[self.pack])
        model = dedent(MODELS[self.model]).replace("LAST", bad if wrong else good).replace("OUT", "1" if binary else "3")
        beside, make = (dedent(one).strip() for one in MAKES[self.make])
        losses, criterion = (dedent(one).strip().replace("LOSS", self.loss) for one in LOSSES[self.criterion])
        training = dedent(TRAININGS[self.training])
        for name, text in (("MODEL", make), ("CRITERION", criterion), ("LOADER", NUMBERS if binary else CLASSES)):
            training = training.replace(name, text)
        training = _unpacked(training, take)
        models = f"{define}\n{model.replace('PACK', 'pack')}\n{beside}\n"
        if self.layout == "one file":
            return {"train.py": f"{HEAD}\n{models}\n{losses}\n{training}"}
        names = {"models": [*_defined(models)], "losses": [*_defined(losses), *(("functools",) if "functools" in losses else ())]}
        prefix = {"flat": "", "package": "project.", "relative": "."}[self.layout]
        imports = "".join(f"from {prefix}{file} import {', '.join(found)}\n" for file, found in names.items() if found)
        folder = "" if self.layout == "flat" else "project/"
        files = {f"{folder}models.py": f"{HEAD}\n{models}", f"{folder}losses.py": f"{HEAD}\n{losses}\n"}
        if folder:
            files["project/__init__.py"] = ""
        files["train.py" if self.layout != "relative" else "project/train.py"] = f"{HEAD}{imports}\n{training}"
        return files

    @property
    def code(self) -> str:
        return LASTS[self.loss][2]


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
