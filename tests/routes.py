"""Checking small programs whose comments say what must be found: `# LL101` on the first line of each call that is reported."""

from __future__ import annotations

import re
from pathlib import Path

from losslint.static.machine import FileModule
from losslint.static.program import Program
from losslint.static.project import check_paths
from losslint.static.sources import read_source

MARK = re.compile(r"# (LL\d\d\d)$")
HEADER = "import torch\nfrom torch import nn\nimport torch.nn.functional as F\n\n"
NETS = """
class Soft(nn.Module):
    def __init__(self, size=10):
        super().__init__()
        self.fc = nn.Linear(size, 3)

    def forward(self, x):
        return torch.softmax(self.fc(x), dim=1)

class Raw(Soft):
    def forward(self, x):
        return self.fc(x)

ce = nn.CrossEntropyLoss()
"""
"""A model that ends in a softmax, one that doesn't, and a criterion for the second."""


def interpreted(folder: Path, *names: str) -> tuple[Program, list[FileModule]]:
    """A program of some files of a folder that has been interpreted to its end."""
    program = Program([str(folder)])
    sources = [read_source(str(folder / name)) for name in names]
    program.finish(program.begin(sources))
    return program, [program.add(source) for source in sources]


def found(folder: Path, *paths: str) -> set[tuple[str, int, str]]:
    """File name, line and code of everything that is proven wrong below a folder."""
    result = check_paths([str(folder / path) for path in paths] or [str(folder)])
    assert not result.errors
    assert not result.statistics.budget_hits
    return {
        (Path(one.place.filename).resolve().relative_to(folder.resolve()).as_posix(), one.place.line, one.code)
        for one in result.findings
        if one.certainty == "proven"
    }


def marked(files: dict[str, str]) -> set[tuple[str, int, str]]:
    """File name, line and code of every mark."""
    return {
        (name, number, mark[1])
        for name, text in files.items()
        for number, line in enumerate(text.splitlines(), 1)
        if (mark := MARK.search(line.rstrip()))
    }


def write(folder: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def assert_found(folder: Path, files: dict[str, str], *paths: str) -> None:
    """Write the files, check them, and compare what is proven with their marks."""
    write(folder, files)
    assert found(folder, *paths) == marked(files)
