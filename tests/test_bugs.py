"""An error that is losslint's own fault costs what stumbled over it, and nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest
from routes import HEADER

from losslint.cli import main
from losslint.static.attributes import Attributes
from losslint.static.project import check_paths

PROGRAM = (
    HEADER
    + """
def broken(x, y):
    F.cross_entropy(torch.softmax(x.stumbles, 1), y)

def fine(x, y):
    F.cross_entropy(torch.softmax(x, 1), y)
"""
)


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    real = Attributes.attribute

    def attribute(self: Attributes, value: object, name: str, *rest: object) -> object:
        if name == "stumbles":
            raise ZeroDivisionError("none left")
        return real(self, value, name, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(Attributes, "attribute", attribute)
    monkeypatch.delenv("LOSSLINT_TRACEBACK", raising=False)
    path = tmp_path / "program.py"
    path.write_text(PROGRAM)
    return path


def test_the_rest_is_checked(program: Path) -> None:
    result = check_paths([str(program)])
    (error,) = result.errors
    assert error.place == str(program)
    assert error.reason.startswith("broken is left out: losslint ")
    assert "has a bug: ZeroDivisionError: none left; please report it" in error.reason
    assert [one.place.line for one in result.findings if one.certainty == "proven"] == [10]


def test_it_is_one_line_and_the_check_fails(program: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", str(program)]) == 2
    out, err = capsys.readouterr()
    assert "LL101" in out
    assert err.count("\n") == 1


def test_it_is_raised_on_request(program: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOSSLINT_TRACEBACK", "1")
    with pytest.raises(ZeroDivisionError):
        check_paths([str(program)])
