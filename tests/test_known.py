"""Code that was lowered before is unpacked: it says the same, has numbers of its own, and isn't parsed again."""

from __future__ import annotations

import ast
import pickle
from pathlib import Path
from typing import Any

import pytest
from routes import HEADER, write

from losslint.static import known as knowing
from losslint.static import project, shares
from losslint.static.known import Known, Packed
from losslint.static.lower import lower_numbered
from losslint.static.parsing import Unparsable, parse_text
from losslint.static.project import check_paths
from losslint.static.shares import Lost, side_by_side
from losslint.static.telling import Told

TEXTS = [
    "x = 1\n",
    "def f(a, *b, c=1):\n    return [d for d in a if d > 'é'], ..., 1j, b'x', f'{a}'\n",
    "async def f():\n    await g\n",
]


def numbers(module: ast.Module) -> list[tuple[str, int]]:
    return [(type(node).__name__, node.__dict__["at"]) for node in ast.walk(module) if "at" in node.__dict__]


@pytest.fixture
def parsed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The texts that libcst parses."""
    texts: list[str] = []

    def counted(text: str) -> Any:
        texts.append(text)
        return parse_text(text)

    monkeypatch.setattr(knowing, "parse_text", counted)
    return texts


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize("first", [0, 100, 7])
def test_what_is_unpacked_is_what_is_lowered(text: str, first: int, parsed: list[str]) -> None:
    known = Known()
    known.keeps = True
    every = [known.lowered(text, number) for number in (100, first, first)]
    direct = [lower_numbered(parse_text(text), number)[0] for number in (100, first, first)]
    assert [ast.dump(one) for one in every] == [ast.dump(one) for one in direct]
    assert [numbers(one) for one in every] == [numbers(one) for one in direct]
    assert parsed == [text]
    assert not {id(node) for node in ast.walk(every[1]) if "at" in node.__dict__} & {id(node) for node in ast.walk(every[2])}


def test_unasked_what_comes_again_is_kept(parsed: list[str]) -> None:
    known = Known()
    for count in (1, 2, 2):
        known.lowered("x = 1\n", 0)
        assert len(parsed) == count
        assert bool(known.packed) == (count == 2)
        assert not known.fresh  # for nobody else


def test_what_others_lowered_is_learned(parsed: list[str]) -> None:
    one, other = Known(), Known()
    one.keeps = True
    one.lowered("x = 1\n", 0)
    other.learn(one.fresh)
    assert ast.dump(other.lowered("x = 1\n", 3)) == ast.dump(ast.parse("x = 1\n"))
    assert len(parsed) == 1
    assert not other.fresh  # it isn't told again


def test_what_is_no_python_is_refused_each_time() -> None:
    known = Known()
    known.keeps = True
    for _ in range(2):
        with pytest.raises(Unparsable):
            known.lowered("x = (\n", 0)


def test_what_is_nested_too_deeply_to_be_packed_is_lowered(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(lowered: ast.Module, protocol: int) -> bytes:
        raise RecursionError

    monkeypatch.setattr(pickle, "dumps", refuse)
    known = Known()
    known.keeps = True
    assert ast.dump(known.lowered("x = 1\n", 0)) == ast.dump(ast.parse("x = 1\n"))
    assert not known.fresh


@pytest.mark.skipif(not shares.can_fork(), reason="the system can't fork")
def test_a_share_is_told_what_those_before_it_have_lowered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shares, "ENOUGH", 2)
    monkeypatch.setattr(shares, "_cores", lambda: 1)
    fresh: list[set[str]] = []

    def noted(parts: Any, work: Any, heard: Any) -> list[tuple[Told, dict[str, Packed]] | Lost]:
        def told(one: tuple[Told, dict[str, Packed]]) -> None:
            fresh.append(set(one[1]))
            heard(one)

        return side_by_side(parts, work, told)

    monkeypatch.setattr(project, "side_by_side", noted)
    helper = "import torch.nn.functional as F\ndef loss(x, y):\n    return F.cross_entropy(F.softmax(x, 1), y)\n"
    script = f"{HEADER}from helper import loss\ndef train{{0}}(net, x, y):\n    print({{0}})\n    return loss(net(x), y)\n"
    write(tmp_path, {"helper.py": helper, **{f"train{number}.py": script.format(number) for number in range(4)}})
    result = check_paths([str(tmp_path)])
    assert [one.place.line for one in result.findings if one.certainty == "proven"] == [3]
    met = [text for one in fresh for text in one]
    assert len([text for text in met if "cross_entropy" in text]) == 1
    assert {f"print({number})" for number in range(4)} <= {text.split("\n")[1].strip() for text in met}
    assert len(met) == len(set(met))
