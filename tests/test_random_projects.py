"""What is wrong in a project is found however its parts are put together, and nothing is where nothing is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest
from random_projects import Choices
from routes import write

from losslint.static.project import check_paths

SEEDS = range(80)
TRUE_ELSEWHERE = "LL508"
"""A loss of probabilities under autocast raises on a GPU, whatever the model is."""


def proven(folder: Path, files: dict[str, str]) -> set[str]:
    write(folder, files)
    result = check_paths([str(folder)])
    assert not result.errors
    return {one.code for one in result.findings if one.certainty == "proven" and one.severity != "info"} - {TRUE_ELSEWHERE}


@pytest.mark.parametrize("seed", SEEDS)
def test_what_is_wrong_is_found_and_nothing_else(seed: int, tmp_path: Path) -> None:
    choices = Choices.drawn(seed)
    assert choices.code in proven(tmp_path / "wrong", choices.files(wrong=True)), choices
    assert not proven(tmp_path / "right", choices.files(wrong=False)), choices
