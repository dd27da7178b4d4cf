"""Which functions can have to do with a loss: those worth entering when nobody calls them."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable
from typing import Final

LOSS_LIKE: Final = re.compile(r"loss|criteri|entropy|kl_div|nll|backward", re.IGNORECASE)
"""Names under which losses are imported, kept and passed."""


def relevant_names(trees: Iterable[ast.Module]) -> frozenset[str]:
    """Names that stand for a loss or for a function that mentions one, directly or through other names.

    A name is what a function is called, or what is assigned: `self.fit = nn.MSELoss()` makes `fit` a relevant name.
    """
    mentions: dict[str, set[str]] = {}
    for tree in trees:
        for node in ast.walk(tree):
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
                mentions.setdefault(node.name, set()).update(mentioned(node))
            elif isinstance(node, ast.Assign):
                for target in node.targets:
                    for name in mentioned(target):
                        mentions.setdefault(name, set()).update(mentioned(node.value))
    every = set(mentions).union(*mentions.values()) if mentions else set()
    found = {name for name in every if LOSS_LIKE.search(name)}
    while more := {name for name, names in mentions.items() if name not in found and names & found}:
        found |= more
    return frozenset(found)


def may_matter(function: ast.AST, names: frozenset[str]) -> bool:
    """Whether a function mentions one of the names, or changes what others read."""
    if any(isinstance(part, (ast.Global, ast.Nonlocal)) for part in ast.walk(function)):
        return True
    return not names.isdisjoint(mentioned(function))


def mentioned(node: ast.AST) -> set[str]:
    """The names and attributes that a piece of code reads or writes."""
    found: set[str] = set()
    for part in ast.walk(node):
        if isinstance(part, ast.Name):
            found.add(part.id)
        elif isinstance(part, ast.Attribute):
            found.add(part.attr)
        elif isinstance(part, ast.alias):
            found.add(part.name.rpartition(".")[2])
    return found
