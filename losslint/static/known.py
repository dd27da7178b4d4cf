"""Code that was lowered before, in this process or in another one: unpacking it takes a tenth of the time of parsing its text.

The shares of a large program enter the same functions of its libraries, and models made from one another have the same methods.
"""

from __future__ import annotations

import ast
import pickle
from collections.abc import Mapping
from contextlib import suppress

from losslint.static.lower import lower_numbered
from losslint.static.parsing import parse_text
from losslint.static.walking import walk

Packed = tuple[int, bytes]
"""The number that the numbers of the nodes begin with, and the pickled code."""


class Known:
    """What texts are as lowered code. `keeps`: whether each is kept; packing it costs something, and most come once, so that
    otherwise those are that come again. `fresh`: what is kept for others."""

    def __init__(self) -> None:
        self.packed: dict[str, Packed] = {}
        self.fresh: dict[str, Packed] = {}
        self.met: set[str] = set()
        self.keeps = False

    def lowered(self, text: str, first: int) -> ast.Module:
        """A text as lowered code of nobody else's, whose nodes are numbered from `first` on. Raises Unparsable."""
        packed = self.packed.get(text)
        if packed is not None:
            return _unpacked(packed, first)
        lowered = lower_numbered(parse_text(text), first)[0]
        if self.keeps or text in self.met:
            with suppress(RecursionError):  # nested too deeply to be packed
                self.packed[text] = first, pickle.dumps(lowered, pickle.HIGHEST_PROTOCOL)
            if self.keeps and text in self.packed:
                self.fresh[text] = self.packed[text]
        self.met.add(text)
        return lowered

    def learn(self, fresh: Mapping[str, Packed]) -> None:
        """Take in what another process has lowered."""
        self.packed.update(fresh)


def _unpacked(packed: Packed, first: int) -> ast.Module:
    began, code = packed
    lowered: ast.Module = pickle.loads(code)
    if began != first:
        for node in walk(lowered):
            if "at" in node.__dict__:
                node.__dict__["at"] += first - began
    return lowered
