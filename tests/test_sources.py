"""Reading input: places stay right, what is not Python is replaced, and bad input is one clear line."""

from __future__ import annotations

import ast
import json
import os
from pathlib import Path

import libcst as cst
import pytest

from losslint.errors import InputError
from losslint.places import Place
from losslint.static.parsing import Unparsable, parse_text, trusting
from losslint.static.sources import LARGEST_PROGRAM, Source, parse, read_source


def notebook(*cells: str, **metadata: object) -> bytes:
    written = [{"cell_type": "code", "source": cell.splitlines(keepends=True), "metadata": {}} for cell in cells]
    return json.dumps({"cells": written, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}).encode()


def code(source: Source) -> list[str]:
    return [line for line in source.text.split("\n") if line.strip()]


def place_of(source: Source, word: str) -> Place:
    """The place of the word in the program's text, which must also stand there in the file's own line."""
    for number, line in enumerate(source.text.split("\n"), 1):
        if word in line:
            column = line.index(word) + 1
            place = source.place(number, column, number, column + len(word))
            assert place.end_column is not None
            assert source.line(place)[place.column - 1 : place.end_column - 1] == word
            return place
    raise AssertionError(f"{word} is not in the program")


@pytest.mark.parametrize(
    ("data", "place", "reason"),
    [
        (b"x = 1\nprint 'a'\n", "f.py:2:1", "Missing parentheses in call to 'print'"),
        (b"x = (\n", "f.py:1:5", "never closed"),
        (b"\x89PNG\r\n\x1a\n\0\0\0", "f.py:3", "null byte"),
        (b"x = 1\ny = '\0'\n", "f.py:2", "null byte"),
        ("x = 1\ny = 'é'\n".encode("latin-1"), "f.py:2", "save it as UTF-8"),
        (b"x = 1\nz = 1\n\xff", "f.py:3", "save it as UTF-8"),
        ("x = 1".encode("utf-16"), "f.py", "UTF-16"),
        (b"# coding: klingon\n", "f.py:1", "unknown encoding"),
        (b"# coding: hex\n", "f.py:1", "declared encoding"),
        (b"# coding: ascii\nx = '\xc3\xa9'\n", "f.py:2", "declare its encoding"),
        (b"x = " + b"(" * 3000 + b")" * 3000, "f.py:1:1", "nested too deeply"),
        (b"x = " + b"[" * 150 + b"]" * 150, "f.py:1:1", "nested too deeply"),
        (b"x = " + b"-" * 20000 + b"1", "f.py:1:1", "nested too deeply"),
        (b"x = " + b"1+" * 60000 + b"1", "f.py:1:1", "nested too deeply"),
        (b"x = 1\n" * 900_000, "f.py", "larger than"),
    ],
)
def test_bad_scripts_are_one_clear_line(data: bytes, place: str, reason: str) -> None:
    with pytest.raises(InputError) as caught:
        parse(read_source("f.py", data))
    assert caught.value.place == place
    assert reason in caught.value.reason
    assert "\n" not in str(caught.value)


def test_missing_folder_and_unreadable(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file or folder"):
        read_source(str(tmp_path / "absent.py"))
    with pytest.raises(InputError, match="a folder"):
        read_source(str(tmp_path))
    with pytest.raises(InputError, match="cannot be read"):
        read_source("null\0byte.py")


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root reads everything")
def test_unreadable_file(tmp_path: Path) -> None:
    (tmp_path / "a.py").touch(mode=0)
    with pytest.raises(InputError, match="permission denied"):
        read_source(str(tmp_path / "a.py"))


@pytest.mark.skipif(not os.path.exists("/dev/zero"), reason="needs a device without an end")  # noqa: PTH110
def test_a_file_without_end_is_refused() -> None:
    with pytest.raises(InputError, match="larger than"):
        read_source("/dev/zero")


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"", ""),
        (b"\xef\xbb\xbfx = 1\n", "x = 1\n"),
        (b"x = 1\r\ny = 2\rz = 3\n", "x = 1\ny = 2\nz = 3\n"),
        ("# -*- coding: latin-1 -*-\nx = 'é'\n".encode("latin-1"), "# -*- coding: latin-1 -*-\nx = 'é'\n"),
        (b"!pip install x\nimport torch\n", "pass\nimport torch\n"),
        (b"s = '''\n!no\n%d''' % 3\nt = (7\n % 3)\n", "s = '''\n!no\n%d''' % 3\nt = (7\n % 3)\n"),
        (b"x = '('*300\n", "x = '('*300\n"),
        (b"x = [" + b"1,\n" * 5000 + b"]\n", "x = [" + "1,\n" * 5000 + "]\n"),
    ],
)
def test_scripts_are_read(data: bytes, text: str) -> None:
    source = read_source("f.py", data)
    assert source.text == text
    parse(source)
    assert source.place(3, 5, 3, 9) == Place("f.py", 3, 5, 3, 9)


def test_notebook_is_one_program_with_cells_counted_over_all() -> None:
    document = json.loads(notebook("import torch\nx = 1", "y = await_me\nz = await f()"))
    document["cells"].insert(0, {"cell_type": "markdown", "source": "# Title"})
    document["cells"].insert(2, {"cell_type": "raw", "source": ["not code"]})
    source = read_source("n.ipynb", json.dumps(document).encode())
    parse(source)
    assert (source.kind, source.notes) == ("notebook", ())
    assert place_of(source, "torch") == Place("n.ipynb", 1, 8, 1, 13, 2)
    assert place_of(source, "await_me") == Place("n.ipynb", 1, 5, 1, 13, 4)
    assert str(place_of(source, "f()")) == "n.ipynb:cell 4:2"


def test_notebook_of_format_3() -> None:
    cells = [
        {"cell_type": "code", "language": "python", "input": ["a = 1\n", "b = 2"]},
        {"cell_type": "heading", "source": "b"},
        {"cell_type": "code", "language": "python", "input": "c = 3"},
    ]
    source = read_source("n.ipynb", json.dumps({"nbformat": 3, "metadata": {}, "worksheets": [{"cells": cells}]}).encode())
    assert code(source) == ["a = 1", "b = 2", "c = 3"]
    assert place_of(source, "c =").cell == 3


@pytest.mark.parametrize(
    ("cell", "kept"),
    [
        ("%matplotlib inline\nx = 1", ["pass", "x = 1"]),
        ("!pip install \\\n  torch\nx = 1", ["pass", "x = 1"]),
        ("if x:\n    !ls\n    %cd y\n", ["if x:", "    pass", "    pass"]),
        ("%%time\nx = 1", ["pass", "x = 1"]),
        ("\n# timing\n%%capture out\nx = 1", ["# timing", "pass", "x = 1"]),
        ("%%bash\nls -l | wc", []),
        ("%%writefile a.py\nx = 1", []),
        ("?torch\ntorch.nn?\nF.cross_entropy??\nx = 1", ["pass", "pass", "pass", "x = 1"]),
        ("files = !ls *.py\nt = %timeit -o f()\na, b = !pwd", ["files = None", "t = None", "a, b = None"]),
        ("pip install torch\ncd data\nx = 1", ["pass", "pass", "x = 1"]),
        ("x = 7 \\\n % 3\ny = (1,\n%d\n)".replace("%d", "% d"), None),
        ('s = """\n%time\n!no\n"""\nx %= 2\ny != 3', ['s = """', "%time", "!no", '"""', "x %= 2", "y != 3"]),
        ("s = '= !x'\nd['= %'] = 1\nprint('?')", ["s = '= !x'", "d['= %'] = 1", "print('?')"]),
        ("  x = 1\n  y = 2", ["x = 1", "y = 2"]),
        (">>> x = 1\n>>> if x:\n...     y = 2\n3\n", ["x = 1", "if x:", "    y = 2"]),
        ("In [1]: x = 1\nOut[1]: 3\nIn [2]: f(\n   ...: 2)", ["x = 1", "f(", "2)"]),
    ],
)
def test_what_only_ipython_understands(cell: str, kept: list[str] | None) -> None:
    source = read_source("n.ipynb", notebook("first = 1", cell, "last = 2"))
    assert place_of(source, "last") == Place("n.ipynb", 1, 1, 1, 5, 3)
    if kept is not None:
        assert source.notes == ()
        parse(source)
        assert code(source) == ["first = 1", *kept, "last = 2"]
    else:
        assert [note.place for note in source.notes] == ["n.ipynb:cell 2:4"]


def test_columns_count_what_was_taken_away() -> None:
    source = read_source("n.ipynb", notebook("%time loss = f(x)", "    a = b", ">>> c = d"))
    assert place_of(source, "loss") == Place("n.ipynb", 1, 7, 1, 11, 1)
    assert place_of(source, "b") == Place("n.ipynb", 1, 9, 1, 10, 2)
    assert place_of(source, "d") == Place("n.ipynb", 1, 9, 1, 10, 3)


def test_a_broken_cell_is_left_out_and_named() -> None:
    source = read_source("n.ipynb", notebook("a = 1", "b = 2\nthis is no python\n", "c = 3", "d = 4 + \\", "e = 5"))
    parse(source)
    assert code(source) == ["a = 1", "c = 3", "e = 5"]
    assert [note.place for note in source.notes] == ["n.ipynb:cell 2:2", "n.ipynb:cell 4:1"]
    assert all("left out: " in note.reason for note in source.notes)


def test_cells_that_only_break_together() -> None:
    source = read_source("n.ipynb", notebook("a = 1", "if a:\n    b = 2 \\", "c = 3"))
    parse(source)
    assert source.notes


def test_other_languages() -> None:
    source = read_source("n.ipynb", notebook("x <- 1", kernelspec={"language": "R", "name": "ir"}))
    assert source.text == ""
    assert "its language is R" in source.notes[0].reason
    document = json.loads(notebook("SELECT 1", "x = 1", language_info={"name": "python"}))
    document["cells"][0]["metadata"] = {"vscode": {"languageId": "sql"}}
    assert code(read_source("n.ipynb", json.dumps(document).encode())) == ["x = 1"]


@pytest.mark.parametrize(
    ("data", "place", "reason"),
    [
        (b'{"cells": [\n  oops', "n.ipynb:2", "broken notebook"),
        (b"", "n.ipynb", "an empty file"),
        (b"[1, 2]", "n.ipynb", "not a notebook"),
        (b'{"cells": 3}', "n.ipynb", "not a notebook"),
        (b'"\xff"', "n.ipynb", "not UTF-8"),
        (b"[" * 100_000, "n.ipynb", "too deeply"),
        (b"version https://git-lfs.github.com/spec/v1\n", "n.ipynb", "git lfs pull"),
        (notebook("x = 1\n" * (LARGEST_PROGRAM // 6 + 1)), "n.ipynb", "larger than"),
    ],
)
def test_bad_notebooks_are_one_clear_line(data: bytes, place: str, reason: str) -> None:
    with pytest.raises(InputError) as caught:
        read_source("n.ipynb", data)
    assert caught.value.place == place
    assert reason in caught.value.reason


@pytest.mark.parametrize(
    "cells",
    [None, 3, "x", [None, 3, {"cell_type": "code"}, {"cell_type": "code", "source": 3}, {"cell_type": "code", "source": [1]}]],
)
def test_odd_cells_do_no_harm(cells: object) -> None:
    document = {"cells": cells} if isinstance(cells, list) else {"worksheets": [cells, {"cells": cells}]}
    assert read_source("n.ipynb", json.dumps(document).encode()).text == ""
    assert read_source("n.ipynb", notebook("s = '\ud800'")).text == "s = '?'\n"


@pytest.mark.parametrize(
    "info",
    ["python", "py", "Python3", "{python}", "{.python .numberLines}", 'python title="a.py"', "{code-cell} ipython3", "pycon"],
)
def test_fences_that_are_python(info: str) -> None:
    for fence in ("```", "~~~~"):
        text = f"# T\n\n{fence}{info}\nx = 1\n{fence}\ntext\n\n{fence} {info}\ny = 2\n"
        prompts = text.replace("x =", ">>> x =").replace("y =", ">>> y =") if info == "pycon" else text
        source = read_source("a.md", prompts.encode())
        parse(source)
        assert code(source) == ["x = 1", "y = 2"]
        assert place_of(source, "y").line == 9


@pytest.mark.parametrize("info", ["", "bash", "pytb", "text", "json python", "{code-block} c", "pythonic"])
def test_fences_that_are_not(info: str) -> None:
    assert not read_source("a.md", f"```{info}\nx = 1\n```\n".encode()).text.strip()


def test_markdown_in_its_many_forms() -> None:
    text = """---
title: "```python"
---
1. In a list:

   ```python
   a = 1
   if a:
       b = 2
   ```
> ```py
> c = 3
> ```
after = "no code"
```python
>>> d = 4
4
>>> for i in d:
...     e = 5
...
```
````text
```python
no = 1
```
````
<!-- A remark -->
```python
l = 9
```
<!-- The original:
```python
no = 2
```
-->
   <!--
```python
no = 3
```
--> and so on
```python
def f():
    '''Use it so:
    ```
        f()
    ```
    '''
```
{% highlight python %}
g = 6
{% endhighlight %}
```{code-cell} python
:tags: [hide-input]
!pip install x
h = 7
```
inline ```python``` is no fence
- ~~~python
  k = 8
"""
    source = read_source("a.md", text.encode())
    tree = ast.parse(source.text)
    parse(source)
    assert source.notes == ()
    for name in "abcdeghkl":
        place = place_of(source, f"{name} = ")
        assert text.split("\n")[place.line - 1][place.column - 1] == name
    stored = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    assert stored == set("abcdeghkil")


def test_a_broken_block_is_left_out_and_named() -> None:
    source = read_source("a.md", b"```python\na = 1\n```\n\n```python\nb = 1\nmodel = <your model>\n```\n")
    assert code(source) == ["a = 1"]
    assert [(note.place, note.reason[:14]) for note in source.notes] == [("a.md:7", "block left out")]


def test_deep_but_legal_programs_parse() -> None:
    parse_text("x = " + "(" * 90 + "1" + ")" * 90)
    parse_text("x = " + "1 + " * 700 + "1")
    with pytest.raises(Unparsable):
        parse_text("x = " + "not " * 5000 + "1")


def test_libcst_trusts_its_own_parser_and_nobody_else_afterwards() -> None:
    text = "@a\nclass B(c, d=1):\n    e: int = [f for f in g if not f] + (1,)\n    async def h(self, *i):\n        await j[1:2]\n"
    validated = cst.parse_module(text)
    with trusting():
        trusted = cst.parse_module(text)
        cst.Name("")
    assert trusted.deep_equals(validated)
    trusted.validate_types_deep()
    with pytest.raises(cst.CSTValidationError):
        cst.Name("")
