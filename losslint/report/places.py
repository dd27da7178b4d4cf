"""How places are printed."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

from losslint.places import Place
from losslint.report import printable


def full(place: Place) -> str:
    """`train.py:24:12`, in a notebook `nb.ipynb:cell 3:2:5`."""
    return f"{short(place)}:{place.column}"


def short(place: Place) -> str:
    """`train.py:24`, in a notebook `nb.ipynb:cell 3:2`."""
    cell = f"cell {place.cell}:" if place.cell is not None else ""
    return f"{printable(place.filename)}:{cell}{place.line}"


def near(place: Place, root: Path) -> Place:
    """The place named from `root` where it lies below it."""
    start = str(root).rstrip(os.sep) + os.sep
    return replace(place, filename=place.filename[len(start) :]) if place.filename.startswith(start) else place
