"""What is lowered from libcst equals what `ast` makes of the same text."""

from __future__ import annotations

import ast
import sysconfig
from pathlib import Path

import libcst
import pytest

from losslint.static.lower import lower, lower_numbered

STDLIB = Path(sysconfig.get_paths()["stdlib"])
FILES = ["argparse.py", "contextlib.py", "difflib.py", "json/decoder.py", "asyncio/streams.py", "csv.py", "queue.py"]
SNIPPETS = [
    "x = a if b else c\n",
    "print(*a, **k, sep='')\n",
    "x[1:2, ..., None], y[:, 0], z[1,] = w\n",
    "async def f(a, /, b: int = 1, *c, d, e=2, **g) -> int:\n    async with h as i: return await i\n",
    "a and b and (c or d) and not e\n",
    "lambda x, *y: x + y[0] ** -2 @ z // 3\n",
    "[i async for i in j if k if l for m in n]\n",
    "try:\n    pass\nexcept (A, B) as e:\n    raise C from e\nelse:\n    pass\nfinally:\n    del a, b[0]\n",
    "for a, *b in c:\n    break\nelse:\n    continue_ = 1\n",
    "'a' 'b' f'{c}d' 'e' f'{x=}'\n",
    "if a: pass\nelif b: pass\nelse: x: int = 1; y += 2\n",
    "@d(1)\nclass A(B, metaclass=C): x = yield_ = {**a, 'b': 1}; y = {1, 2}\n",
    "from .. import a as b\nfrom .c import *\nimport d.e as f, g.h\n",
    "def g():\n    global x\n    y = yield\n    yield from z\n    while (n := f()): nonlocal_ = n\n",
]


def normal(tree: ast.AST) -> str:
    for node in ast.walk(tree):
        if isinstance(node, ast.FormattedValue):  # conversions and formats change no value that reaches a loss
            node.conversion, node.format_spec = -1, None
    return ast.dump(tree)


@pytest.mark.parametrize("text", SNIPPETS)
def test_snippet(text: str) -> None:
    assert normal(lower(libcst.parse_module(text))) == normal(ast.parse(text))


@pytest.mark.parametrize("name", FILES)
def test_standard_library(name: str) -> None:
    text = (STDLIB / name).read_text(encoding="utf-8")
    assert normal(lower(libcst.parse_module(text))) == normal(ast.parse(text))


def test_the_same_text_gives_the_same_numbers() -> None:
    """Positions are worked out from a second parse."""
    text = (STDLIB / "argparse.py").read_text(encoding="utf-8")
    tree, nodes = lower_numbered(libcst.parse_module(text))
    again, others = lower_numbered(libcst.parse_module(text))
    numbers = [getattr(node, "at", None) for node in ast.walk(tree)]
    assert numbers == [getattr(node, "at", None) for node in ast.walk(again)]
    assert [type(node) for node in nodes] == [type(node) for node in others]
    assert {number for number in numbers if number is not None} <= set(range(len(nodes)))
