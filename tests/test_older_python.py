"""Code from before Python 3, and from before `async` was a keyword."""

from __future__ import annotations

import ast
import json
from pathlib import Path

import pytest

from losslint.static.older import newer
from losslint.static.project import check_paths

OLD = {
    "print loss": "print(loss)",
    "if verbose: print 'loss: %.3f' % loss, x  # now": "if verbose: print('loss: %.3f' % loss, x)  # now",
    "print 'print a: b' ; y = 1": "print('print a: b') ; y = 1",
    "x = x.cuda(async=True)": "x = x.cuda(asyn_=True)",
    "def put(x, async=False): return x.cuda(async=async)": "def put(x, asyn_=False): return x.cuda(asyn_=asyn_)",
    "try:\n    f()\nexcept ValueError, error:\n    raise": "try:\n    f()\nexcept ValueError as error:\n    raise",
    "raise ValueError, 'no %s' % (x,  # why\n    )": "raise ValueError('no %s' % (x,  # why\n    ))",
    "exec code": "exec(code)",
    "a <> 0777L": "a != 0o777",
    "a, b = 0.05, 1e-05 + 10L": "a, b = 0.05, 1e-05 + 10",
    "sorted(x, key=lambda (k, v): v)": "sorted(x, key=lambda k, v: v)",
    "if x:\n\ty = 1\n        z = 2": "if x:\n        y = 1\n        z = 2",
    "print 'a', \\\n    'b'": "print('a', \\\n    'b')",
    'print """a\n# b: c"""': 'print("""a\n# b: c""")',
}
KEPT = ["print(loss, file=out)", "x = {'async': '<>', 'print': 1}", "async def f():\n    async with g():\n        pass", "print"]


@pytest.mark.parametrize("old", OLD)
def test_python_2_becomes_python_3(old: str) -> None:
    with pytest.raises(SyntaxError):
        ast.parse(old)
    assert newer(old) == OLD[old]
    ast.parse(newer(old))


@pytest.mark.parametrize("code", KEPT)
def test_python_3_stays(code: str) -> None:
    assert newer(code) == code


def test_a_cell_in_python_2_is_checked(tmp_path: Path) -> None:
    cells = [
        "import torch\nimport torch.nn.functional as F\n",
        "for x, y in data:\n    print 'batch', x.size()\n    loss = F.cross_entropy(F.softmax(x.cuda(async=True), dim=1), y)\n",
    ]
    notebook = {"cells": [{"cell_type": "code", "source": cell} for cell in cells], "nbformat": 4}
    (tmp_path / "old.ipynb").write_text(json.dumps(notebook), encoding="utf-8")
    result = check_paths([str(tmp_path)])
    assert not result.notes
    assert [(one.code, one.place.cell, one.place.line) for one in result.findings if one.certainty == "proven"] == [
        ("LL101", 2, 3)
    ]
