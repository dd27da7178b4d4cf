"""Walking lowered code."""

from __future__ import annotations

import ast
from collections import Counter
from pathlib import Path

from losslint.static.walking import walk


def test_walks_what_ast_walks() -> None:
    for path in sorted((Path(__file__).parents[1] / "losslint").rglob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        assert Counter(map(id, walk(tree))) == Counter(map(id, ast.walk(tree))), path
