"""How places are printed."""

from __future__ import annotations

from losslint.places import Place
from losslint.report import printable


def full(place: Place) -> str:
    """`train.py:24:12`, in a notebook `nb.ipynb:cell 3:2:5`."""
    return f"{short(place)}:{place.column}"


def short(place: Place) -> str:
    """`train.py:24`, in a notebook `nb.ipynb:cell 3:2`."""
    cell = f"cell {place.cell}:" if place.cell is not None else ""
    return f"{printable(place.filename)}:{cell}{place.line}"
