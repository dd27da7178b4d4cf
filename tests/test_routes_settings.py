"""Settings kept in a dict of which the program is told some otherwise, by their names."""

from __future__ import annotations

from pathlib import Path

import pytest
from routes import HEADER, NETS, assert_found

TABLES = """
nets = {"soft": Soft, "softer": Soft}
mixed = {"raw": Raw, "soft": Soft}
"""
PROGRAMS = {
    "each argument has a setting's name": """
import sys

settings = {"net": "", "rate": 0.1}

def told(args):
    for arg in args:
        name, value = arg.split("=")
        if name not in settings:
            raise ValueError(name)
        settings[name] = value
    return settings

def train(x, y):
    net = nets[told(sys.argv[1:])["net"]]()
    ce(net(x), y).backward()  # LL101
""",
    "a file's content": """
import json

def train(x, y, path):
    settings = {"net": "", "rate": 0.1}
    settings.update(json.load(open(path)))
    ce(nets[settings["net"]]()(x), y).backward()  # LL101
""",
    "what is so by default only": """
import json

def train(x, y, path):
    settings = {"net": "soft", "rate": 0.1}
    for name, value in json.load(open(path)).items():
        settings[name] = value
    ce(mixed[settings["net"]]()(x), y).backward()  # LL101
""",
    "what is right by default": """
import json

def train(x, y, path):
    settings = {"net": "raw"}
    settings.update(json.load(open(path)))
    ce(mixed[settings["net"]]()(x), y).backward()
""",
    "what is switched on by its name": """
def train(x, y, options):
    settings = {"norm": "batch", "soft": False}
    for name, value in options:
        settings[name] = value
    out = Raw()(x)
    if settings["soft"]:
        out = out.softmax(1)
    ce(out, y).backward()
""",
    "names that are counted": """
def train(x, y, words):
    numbers = {"<pad>": 0, "<unk>": 1}
    for word in words:
        numbers[word] = len(numbers)
    out = Raw()(x)
    if numbers["<pad>"] == 0:
        out = out.softmax(1)
    ce(out, y).backward()  # LL101
""",
}


@pytest.mark.parametrize("program", PROGRAMS.values(), ids=PROGRAMS.keys())
def test_settings(program: str, tmp_path: Path) -> None:
    assert_found(tmp_path, {"program.py": HEADER + NETS + TABLES + program})
