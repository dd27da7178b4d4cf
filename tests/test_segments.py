"""A program cut into segments says what the whole says, in the same places; what nobody enters isn't parsed."""

from __future__ import annotations

import ast
import sysconfig
from pathlib import Path
from typing import Any

import pytest

from losslint.static import known as knowing
from losslint.static import segments as segmenting
from losslint.static.cutting import Run
from losslint.static.parsing import Unparsable
from losslint.static.positions import SourceMap
from losslint.static.project import check_paths
from losslint.static.segments import Segments, assigned_value, body_of, statements_of
from losslint.static.sources import Source

STDLIB = Path(sysconfig.get_paths()["stdlib"])
FILES = ["argparse.py", "contextlib.py", "difflib.py", "asyncio/streams.py", "csv.py", "ast.py", "tempfile.py"]
SNIPPETS = {
    "one line": "def f(): return 1\n",
    "short": "def f():\n    return 1\n",
    "decorated inside": "def f():\n    @g\n    def h():\n        pass\n    x = 1\n    return h\n",
    "strings to the margin": 'def f():\n    x = """a\nb\n  c"""\n    y = 1\n    return x\nz = f()\n',
    "a comment to the margin": "def f():\n    a = 1\n# here\n    b = 2\n    return a\nz = 3\n",
    "tabs": "class A:\n\tdef f(self):\n\t\ta = 1\n\t\tb = 2\n\t\treturn a\n\n\tx = 1\n",
    "in conditions": "if a:\n    def f():\n        b = 1\n        c = 2\n        return b\nelse:\n    try:\n        def f():\n"
    "            return (\n                2,\n                3)\n    except E:\n        x = 1\n",
    "a signature of many lines": "def f(\n    a,\n    b=1,\n) -> None:\n    x = a\n    y = b\n    print(x, y)\n",
    "asynchronous": "async def f():\n    async with a as b:\n        await b\n    return [c async for c in d]\n",
    "generators": "def f():\n    x = yield 1\n    yield from g()\n    return x\n",
    "one body after another": "def f():\n    a = 1\n    b = 2\n    c = 3\ndef g():\n    a = 1\n    b = 2\n    c = 3\n",
    "computed signatures": "def f(a=g(1), *, b: h(2) = 3) -> i(4):\n    x = 1\n    y = 2\n    return j(x)\n",
    "plain signatures": "class A:\n    @p\n    async def f(self, a: int = -1, /, *b: str, c=(x.y, []), **d) -> A:\n"
    "        return g(a)\n",
    "a long table": "t = {\n" + "    f(1): g(2),\n" * 20 + "}  # so\nh(t)\n",
    "a long table in a call": "t = f([\n" + "    g(1),\n" * 20 + "])\nh(t)\n",
    "a long table by names": "t = dict(\n" + "".join(f"    a{number}=g(1),\n" for number in range(20)) + ")\nh(t)\n",
    "statements in one line": "import a; b = f(1)\nc = 2; d = 3\ndef g():\n    x = 1; y = h(x)\n    return y\n",
    "what computes and what does not": "import a\nb = 1\nc = f(b)\nd: int\ne: list[int] = [1]\n\n@g\ndef h():\n    return i(1)\n",
    "branches": "if a:\n    import b\n    c = f(1)\nelif d > 1:\n    c = f(2)\nelse:\n    if e:\n        c = g(3)\n    c += 1\n",
    "computed conditions": "if f(1):\n    a = 1\nelif b:\n    a = g(2)\nif c: d = f(3)\nelse: d = g(4)\nif c:\n"
    "    e = 1\nelif f(5):\n    e = h(6)\n",
    "attempts": "try:\n    import a\n    b = f(1)\nexcept (c.D, E) as e:\n    b = g(2)\nelse:\n    b = 1\nfinally:\n    h(3)\n",
    "computed classes": "class A(f(1)):\n    a = g(2)\n\n    def b(self):\n        c = 1\n        return h(c)\n\n\n"
    "class B: c = f(3)\n",
    "computed decorators of classes": "@f(1)\n@g\nclass A(b.C, metaclass=D):\n    'd'\n    a: int = 1\n    b = h(2)\n\n"
    "    def c(self):\n        d = 1\n        return i(d)\n\n    @f(3)\n    class E:\n        j = k(4)\n\n        @l(5)\n"
    "        def m(self):\n            n = 1\n            return o(n)\n    p = q(6)\nr = s(7)\n"
    "with t(8):\n    @f(9)\n    class U:\n        v = w(10)\n@f(11)\nclass X: y = z(12)\n@f(13)\nclass Y(f(14)):\n"
    "    def a(self):\n        b = 1\n        return c(b)\n",
    "classes in classes": "class A(b.C):\n    'd'\n\n    class E:\n        f = g(1)\n        h = 2\n\n        @i(3)\n"
    "        def j(self):\n"
    "            k = 1\n            return l(k)\n",
    "other blocks": "with f(1) as a:\n    b = g(2)\nfor c in d:\n    def e():\n        h = 1\n        return i(h)\n"
    "while True:\n    j()\n",
    "letters of many bytes": "def f():\n    é = 'ü'\n    g('ß', h(é))\n    return é\n",
    "no newline at the end": "def f():\n    a = 1\n    b = 2\n    return a + b",
    "continued lines": "def f():\n    a = 1 + \\\n  2\n    b = 3\n    return a\n",
}


def parsed(text: str) -> tuple[ast.Module, SourceMap]:
    """A program with every body in its place."""
    segments = Segments(text)
    module = segments.module()
    unfold(module)
    for node in ast.walk(module):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            body_of(node)
        elif isinstance(node, ast.Assign):
            assigned_value(node)
    return module, SourceMap(Source("program.py", text), segments)


def unfold(node: Any) -> None:
    """Put the statements of runs where these stand."""
    for name in ("body", "orelse", "handlers", "finalbody"):
        statements = getattr(node, name, None)
        if isinstance(statements, list):
            setattr(node, name, [part for one in statements for part in (statements_of(one) if isinstance(one, Run) else [one])])
            for part in getattr(node, name):
                unfold(part)


def assert_same(text: str) -> None:
    module, places = parsed(text)
    whole = ast.parse(text)
    assert dumped(module) == dumped(whole)
    lines = text.split("\n")
    expected = {
        (node.lineno, len(lines[node.lineno - 1].encode()[: node.col_offset].decode()) + 1, node.end_lineno)
        for node in ast.walk(whole)
        if isinstance(node, ast.Call)
    }
    calls = (places.place(node) for node in ast.walk(module) if isinstance(node, ast.Call))
    assert {(place.line, place.column, place.end_line) for place in calls} == expected


def dumped(tree: ast.AST) -> str:
    for node in ast.walk(tree):
        if isinstance(node, ast.FormattedValue):
            node.conversion, node.format_spec = -1, None
    return ast.dump(tree)


@pytest.mark.parametrize("name", SNIPPETS)
def test_snippet(name: str) -> None:
    assert_same(SNIPPETS[name])


@pytest.mark.parametrize("name", FILES)
def test_standard_library(name: str) -> None:
    text = (STDLIB / name).read_text(encoding="utf-8")
    segments = Segments(text)
    segments.module()
    assert len(segments.all) > 10
    assert_same(text)


def test_of_a_class_whose_decorators_compute_these_alone_are_parsed() -> None:
    text = "@f(1)\nclass A(B):\n    a: int = 1\n    b = 2\n\n    def c(self):\n        d = 1\n        return g(d)\n"
    (run,) = (segments := Segments(text)).module().body
    assert isinstance(run, Run)
    assert [one.text for one in segments.all] == ["def _():\n        d = 1\n        return g(d)\n", "@f(1)\nclass A: ...\n"]
    (cls,) = statements_of(run)
    assert isinstance(cls, ast.ClassDef)
    assert ast.dump(cls.bases[0]) == ast.dump(ast.Name("B", ast.Load()))
    assert [type(one) for one in cls.body] == [ast.AnnAssign, ast.Assign, ast.FunctionDef]


def test_what_only_libcst_reads_is_one_segment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(segmenting, "_outline", lambda text: None)
    segments = Segments("def f():\n    a = 1\n    b = 2\n    return a\n")
    (function,) = segments.module().body
    assert len(segments.all) == 1 and isinstance(function, ast.FunctionDef) and len(body_of(function)) == 3


def test_a_body_that_libcst_cannot_read_is_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    segments = Segments("def f():\n    a = 1\n    b = 2\n    return a\n")
    (function,) = segments.module().body

    def refuse(text: str) -> None:
        raise Unparsable("no")

    monkeypatch.setattr(knowing, "parse_text", refuse)
    (statement,) = body_of(function)  # type: ignore[arg-type]
    assert ast.unparse(statement) == "return __unknown__"


def test_what_no_loss_is_near_is_not_parsed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The cost of a file is that of what is entered: of a hundred functions, the one that computes a loss and what it calls."""
    bodies: list[int] = []
    whole = Segments.body

    def counted(self: Segments, number: int) -> Any:
        bodies.append(number)
        return whole(self, number)

    monkeypatch.setattr(Segments, "body", counted)
    other = "".join(f"def other{n}(x):\n    y = x + {n}\n    z = y * 2\n    return other{n - 1}(z)\n" for n in range(1, 100))
    file = tmp_path / "program.py"
    file.write_text(
        "import torch.nn.functional as F\n"
        "def other0(x):\n    y = x\n    z = y\n    return z\n"
        + other
        + "def scores(x):\n    y = x\n    z = y\n    return z.softmax(1)\n"
        "def step(x, y):\n    z = scores(x)\n    loss = F.cross_entropy(z, y)\n    return loss\n"
    )
    result = check_paths([str(file)])
    assert [one.code for one in result.findings if one.certainty == "proven"] == ["LL101"]
    assert len(bodies) == 2


def test_a_script_of_python_2_is_read_in_its_lines(tmp_path: Path) -> None:
    file = tmp_path / "old.py"
    file.write_text(
        "import torch.nn.functional as F\n"
        "def step(x, y):\n    print 'step'\n    z = x.softmax(1)\n    loss = F.cross_entropy(z, y)\n    return loss\n"
    )
    result = check_paths([str(file)])
    assert not result.errors
    assert [(one.code, one.place.line) for one in result.findings if one.certainty == "proven"] == [("LL101", 5)]


TABLE = "{\n" + "".join(f'    "c{number}": nn.L1Loss,\n' for number in range(12))


def test_a_table_is_parsed_when_it_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[int] = []
    whole = Segments.value

    def counted(self: Segments, number: int) -> Any:
        read.append(number)
        return whole(self, number)

    monkeypatch.setattr(Segments, "value", counted)
    file = tmp_path / "program.py"
    start = (
        "from torch import nn\nimport torch\n" + f"UNREAD = {TABLE}}}\n" + f'LOSSES = {TABLE}    "ce": nn.CrossEntropyLoss,\n}}\n'
    )
    file.write_text(start + 'LOSSES["ce"]()(torch.rand(3, 2).softmax(1), torch.tensor([0, 1, 0]))\n')
    result = check_paths([str(file)])
    assert [one.code for one in result.findings if one.certainty == "proven"] == ["LL101"]
    assert len(read) == 1


def test_a_table_by_names_is_read_like_another(tmp_path: Path) -> None:
    file = tmp_path / "program.py"
    names = "".join(f"    c{number}=nn.L1Loss,\n" for number in range(12))
    file.write_text(
        f"from torch import nn\nimport torch\nLOSSES = dict(\n{names}    ce=nn.CrossEntropyLoss,\n)\n"
        'LOSSES["ce"]()(torch.rand(3, 2).softmax(1), torch.tensor([0, 1, 0]))\n'
    )
    result = check_paths([str(file)])
    assert [one.code for one in result.findings if one.certainty == "proven"] == ["LL101"]


def test_a_table_of_what_is_bound_again_is_evaluated_where_it_stands(tmp_path: Path) -> None:
    file = tmp_path / "program.py"
    table = f'LOSSES = {TABLE}    "ce": chosen,\n}}\n'
    start = f"from torch import nn\nimport torch\nchosen = nn.CrossEntropyLoss()\n{table}chosen = nn.NLLLoss()\n"
    file.write_text(start + 'LOSSES["ce"](torch.rand(3, 2).log_softmax(1).exp(), torch.tensor([0, 1, 0]))\n')
    result = check_paths([str(file)])
    assert [one.code for one in result.findings if one.certainty == "proven"] == ["LL101"]


def test_what_computes_nothing_is_not_parsed_again() -> None:
    """Of a file's own code: the statements that call something, one run for those that follow one another."""
    segments = Segments(
        "import a\nb = [1, 'c']\n\nclass D(a.E):\n    f = b\n\n    def g(self):\n        return 1\n\nh = i(1)\nj = k(h)\n"
    )
    runs = [one for one in segments.module().body if isinstance(one, Run)]
    assert [segments.all[one.waiting[1]].text for one in runs] == ["h = i(1)\nj = k(h)\n"]


def test_what_the_outline_has_is_found_in_its_place() -> None:
    (statement,) = Segments(text := "é = 'é', torch.nn\n").module().body
    assert isinstance(statement, ast.Assign) and isinstance(statement.value, ast.Tuple)
    places = SourceMap(Source("program.py", text), Segments(text))
    place = places.place(statement.value.elts[1])
    assert (place.line, place.column, place.end_line, place.end_column) == (1, 10, 1, 18)
