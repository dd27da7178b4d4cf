"""Views of tensors, as they are written: what is written into them is written into the tensor."""

from __future__ import annotations

import ast
from dataclasses import replace
from typing import Final

from losslint.facts import NO_RANGE
from losslint.oneof import ANY
from losslint.static.values import Data, Value

METHODS: Final = frozenset(
    {
        "detach", "diagonal", "expand", "expand_as", "flatten", "movedim", "narrow", "numpy", "permute", "ravel", "reshape",
        "select", "squeeze", "swapaxes", "swapdims", "t", "transpose", "unflatten", "unsqueeze", "view", "view_as",
    }
)  # fmt: skip
ATTRIBUTES: Final = frozenset({"T", "mT", "data"})


def viewed(node: ast.expr) -> ast.expr:
    """`x` of `x.view(-1)`, `x.data` and `x.detach().t()`; whatever is no view of something itself."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in METHODS:
        return viewed(node.func.value)
    return viewed(node.value) if isinstance(node, ast.Attribute) and node.attr in ATTRIBUTES else node


def blurred(value: Value) -> Value:
    """A tensor after something was written somewhere into it."""
    if not isinstance(value, Data):
        return value
    facts = value.operand.facts.with_(domain=ANY, range=NO_RANGE, sums=NO_RANGE, finite=ANY, padding=ANY)
    return replace(value, operand=replace(value.operand, facts=facts, value=ANY, tag="", formula=None))
