"""Reading Jupyter notebooks: the code cells of formats 2 to 4."""

from __future__ import annotations

import json
from typing import Any

from losslint.errors import InputError
from losslint.static.blocks import Block, block


def read_cells(path: str, data: bytes) -> tuple[list[Block], tuple[InputError, ...]]:
    """The code cells, numbered over all cells, and what was left out. Raises InputError when it is no notebook."""
    document = _load(path, data)
    cells = _cells(document)
    if cells is None:
        raise InputError(path, "not a notebook: the JSON has no list of `cells` (nbformat 4) nor `worksheets` (nbformat 3)")
    language = _language(document)
    if language is not None and not _is_python(language):
        return [], (InputError(path, f"notebook left out: its language is {language}, not Python"),)
    blocks = []
    for number, cell in enumerate(cells, 1):
        if not isinstance(cell, dict) or cell.get("cell_type") != "code" or not _python_cell(cell):
            continue
        source = cell.get("source", cell.get("input", ""))
        if isinstance(source, list):
            source = "".join(part for part in source if isinstance(part, str))
        if not isinstance(source, str) or not source.strip():
            continue
        text = source.replace("\r\n", "\n").replace("\r", "\n").rstrip()
        text = text.encode("utf-8", "replace").decode("utf-8").replace("\0", "?")  # JSON can hold half a surrogate pair
        blocks.append(block(1, text.split("\n"), number))
    return blocks, ()


def _load(path: str, data: bytes) -> Any:
    try:
        return json.loads(data)
    except json.JSONDecodeError as error:
        if data.startswith(b"version https://git-lfs"):
            raise InputError(path, "a Git LFS pointer, not the notebook itself; run `git lfs pull`") from error
        if not data.strip():
            raise InputError(path, "an empty file, not a notebook") from error
        where = f"{path}:{error.lineno}"
        raise InputError(where, f"broken notebook, JSON error at column {error.colno}: {error.msg}") from error
    except UnicodeDecodeError as error:
        raise InputError(path, f"not a notebook: not UTF-8 at byte {error.start}") from error
    except RecursionError as error:
        raise InputError(path, "not a notebook: JSON nested too deeply to be read") from error
    except ValueError as error:
        raise InputError(path, f"not a notebook: {error}") from error


def _cells(document: Any) -> list[Any] | None:
    if not isinstance(document, dict):
        return None
    if isinstance(document.get("cells"), list):
        return list(document["cells"])
    if isinstance(document.get("worksheets"), list):
        sheets = [sheet.get("cells") for sheet in document["worksheets"] if isinstance(sheet, dict)]
        return [cell for cells in sheets if isinstance(cells, list) for cell in cells]
    return None


def _language(document: dict[str, Any]) -> str | None:
    metadata = document.get("metadata")
    if not isinstance(metadata, dict):
        return None
    for part, key in (("language_info", "name"), ("kernelspec", "language")):
        if isinstance(metadata.get(part), dict) and isinstance(metadata[part].get(key), str) and metadata[part][key]:
            return str(metadata[part][key])
    return None


def _is_python(language: str) -> bool:
    return "python" in language.lower() or language.lower() == "sage"


def _python_cell(cell: dict[str, Any]) -> bool:
    """Whether the cell is not marked as another language's, as format 3 and VS Code do."""
    language = cell.get("language")
    metadata = cell.get("metadata")
    if isinstance(metadata, dict) and isinstance(metadata.get("vscode"), dict):
        language = metadata["vscode"].get("languageId", language)
    return not isinstance(language, str) or _is_python(language)
