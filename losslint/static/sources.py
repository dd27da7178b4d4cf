"""Reading a file as one Python program: a script, a notebook, or the Python blocks of a Markdown file."""

from __future__ import annotations

import io
import re
import tokenize
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Final, Literal

from losslint.errors import InputError
from losslint.places import Place
from losslint.static.blocks import Block, blank_unparsable
from losslint.static.magics import to_python
from losslint.static.markdown import read_blocks
from losslint.static.notebooks import read_cells
from losslint.static.parsing import Unparsable, parse_text

if TYPE_CHECKING:
    import libcst

MEGABYTE: Final = 1_000_000
LARGEST_PROGRAM: Final = 2 * MEGABYTE
"""libcst takes about a gigabyte of memory and several seconds for each megabyte of source."""
LARGEST_NOTEBOOK: Final = 100 * MEGABYTE
"""Notebooks hold images; their code alone is held to the limit of a program."""

TEST_FOLDERS: Final = frozenset({"test", "tests"})
TESTS: Final = re.compile(r"^\s*(?:import|from) (?:pytest|unittest)\b|^\s*(?:async )?def test_\w+\(", re.MULTILINE)

Kind = Literal["python", "notebook", "markdown"]
_KINDS: Final[dict[str, Kind]] = {
    ".ipynb": "notebook",
    ".md": "markdown",
    ".markdown": "markdown",
    ".qmd": "markdown",
    ".rmd": "markdown",
}


@dataclass(frozen=True)
class Source:
    """One Python program, and where its lines stand in the file.

    `path` is shown as it was given. `lines` maps the lines of `text` to (1-based cell over all cells, line in the cell),
    empty where the lines are the file's own. `notes` are the cells and blocks that were left out, each with its reason.
    `shown` are the lines as they stand in the file, empty where they are those of `text`; `dropped` the columns that each
    line of `text` lost at its front.
    """

    path: str
    text: str
    kind: Kind = "python"
    lines: tuple[tuple[int | None, int], ...] = ()
    notes: tuple[InputError, ...] = ()
    shown: tuple[str, ...] = ()
    dropped: tuple[int, ...] = ()

    @cached_property
    def tests(self) -> bool:
        """Whether it holds tests of other files: by its place or its name, and by what it says."""
        return beside_tests(self.path) and TESTS.search(self.text) is not None

    def place(self, line: int, column: int, end_line: int | None = None, end_column: int | None = None) -> Place:
        """The place in the file of a span of `text`; lines and columns are 1-based."""
        cell, real = self._real(line)
        last = None if end_line is None else self._real(end_line)[1]
        end = None if end_column is None else end_column + self._lost(line if end_line is None else end_line)
        return Place(self.path, real, column + self._lost(line), last, end, cell)

    def line(self, place: Place) -> str:
        """The line of the file at a place, empty when there is none."""
        at = self._index.get((place.cell, place.line), 0) if self.lines else place.line
        lines = self.shown or self._own
        return lines[at - 1] if 0 < at <= len(lines) else ""

    def _real(self, line: int) -> tuple[int | None, int]:
        if not self.lines:
            return None, line
        return self.lines[min(max(line, 1), len(self.lines)) - 1]

    def _lost(self, line: int) -> int:
        return self.dropped[line - 1] if 0 < line <= len(self.dropped) else 0

    @cached_property
    def _own(self) -> list[str]:
        return self.text.split("\n")

    @cached_property
    def _index(self) -> dict[tuple[int | None, int], int]:
        return {place: at for at, place in enumerate(self.lines, 1)}


def beside_tests(path: str) -> bool:
    """Whether a file is one of tests, or of what they have in common, by its place or its name."""
    parts = PurePath(path)
    return not TEST_FOLDERS.isdisjoint(parts.parts) or parts.stem.startswith("test_") or parts.stem.endswith("_test")


def read_source(path: str, data: bytes | None = None) -> Source:
    """Read a file, or `data` as if it were the file's. Raises InputError: what is wrong, where, and what to do."""
    kind = _KINDS.get(PurePath(path).suffix.lower(), "python")
    if data is None:
        data = read_bytes(path, LARGEST_NOTEBOOK if kind == "notebook" else LARGEST_PROGRAM)
    _refuse_size(path, len(data), LARGEST_NOTEBOOK if kind == "notebook" else LARGEST_PROGRAM)
    if kind == "notebook":
        return _notebook(path, data)
    text = decode(path, data)
    return _markdown(path, text) if kind == "markdown" else _script(path, text)


def parse(source: Source) -> libcst.Module:
    """Parse a program. Raises InputError with the place and the reason, whatever goes wrong."""
    try:
        return parse_text(source.text)
    except Unparsable as error:
        raise broken(source, error) from error


def broken(source: Source, error: Unparsable) -> InputError:
    place = source.place(error.line, error.column)
    return InputError(f"{place}:{place.column}", error.reason)


def read_bytes(path: str, limit: int = LARGEST_NOTEBOOK) -> bytes:
    """The bytes of a file. Raises InputError when it cannot be read or has more than `limit`."""
    try:
        with Path(path).open("rb") as file:
            data = file.read(limit + 1)  # a device may have no end
    except FileNotFoundError as error:
        raise InputError(path, "no such file or folder; check the path") from error
    except IsADirectoryError as error:
        raise InputError(path, "a folder, not a file") from error
    except PermissionError as error:
        raise InputError(path, "cannot be read: permission denied") from error
    except (OSError, ValueError) as error:
        raise InputError(path, f"cannot be read: {getattr(error, 'strerror', None) or error}") from error
    _refuse_size(path, len(data), limit)
    return data


def decode(path: str, data: bytes) -> str:
    """Python source as text: by its byte order mark or its declared encoding (PEP 263), newlines as line feeds."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise InputError(path, "encoded in UTF-16, which Python does not read; save it as UTF-8")
    if (null := data.find(0)) >= 0:
        line = data.count(b"\n", 0, null) + 1
        raise InputError(f"{path}:{line}", "a null byte: a binary or damaged file, not Python source")
    try:
        encoding, _ = tokenize.detect_encoding(io.BytesIO(data).readline)
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        wrong = f"byte 0x{data[error.start]:02x} is not {error.encoding}"
        raise InputError(f"{path}:{line}", f"{wrong}; save it as UTF-8 or declare its encoding in the first line") from error
    except SyntaxError as error:
        raise InputError(f"{path}:{_bad_line(data)}", _encoding_problem(error, data)) from error
    except (LookupError, ValueError) as error:
        raise InputError(f"{path}:1", f"the declared encoding cannot be used: {error}") from error
    text = text.encode("utf-8", "replace").decode("utf-8")  # some encodings give half a surrogate pair, which no parser takes
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _bad_line(data: bytes) -> int:
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as error:
        return data.count(b"\n", 0, error.start) + 1
    return 1


def _encoding_problem(error: SyntaxError, data: bytes) -> str:
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as wrong:
        if "unknown encoding" not in str(error):
            return f"byte 0x{data[wrong.start]:02x} is not utf-8; save it as UTF-8 or declare its encoding in the first line"
    return f"the declared encoding cannot be used: {error}"


def _refuse_size(path: str, size: int, limit: int) -> None:
    if size > limit:
        raise InputError(path, f"larger than {limit // MEGABYTE} MB, too large to be checked; exclude it or split it")


def _script(path: str, text: str) -> Source:
    if not _has_magics(text):
        return Source(path, text)
    lines = text.split("\n")  # a script exported from a notebook, with its magics left in
    code, dropped = to_python(lines, notebook=False)
    if code == lines:
        return Source(path, text)
    return Source(path, "\n".join(code), shown=tuple(lines), dropped=tuple(dropped))


def _has_magics(text: str) -> bool:
    """Whether a line, or what an equals sign assigns, may begin with a magic. A pattern that looks for the beginning of each line
    takes ten times as long."""
    for mark in "!%":
        at = text.find(mark)
        while at >= 0:
            if _before(text, at) in "\n=":
                return True
            at = text.find(mark, at + 1)
    return False


def _before(text: str, at: int) -> str:
    """The character before some blanks."""
    while at and text[at - 1] in " \t":
        at -= 1
    return text[at - 1] if at else "\n"


def _notebook(path: str, data: bytes) -> Source:
    blocks, notes = read_cells(path, data)
    _refuse_size(path, sum(len(line) + 1 for each in blocks for line in each.code), LARGEST_PROGRAM)
    notes += blank_unparsable(path, blocks)
    code = [line for each in blocks for line in each.code]
    return Source(
        path,
        "\n".join(code) + "\n" if code else "",
        "notebook",
        tuple((each.cell, each.first + at) for each in blocks for at in range(len(each.code))),
        notes,
        tuple(line for each in blocks for line in each.shown),
        tuple(count for each in blocks for count in each.dropped),
    )


def _markdown(path: str, text: str) -> Source:
    lines = text.split("\n")
    blocks = read_blocks(lines)
    notes = blank_unparsable(path, blocks)
    code, dropped = _spread(blocks, len(lines))
    return Source(path, "\n".join(code), "markdown", (), notes, tuple(lines), dropped)


def _spread(blocks: list[Block], count: int) -> tuple[list[str], tuple[int, ...]]:
    code, dropped = [""] * count, [0] * count
    for each in blocks:
        for at, (line, lost) in enumerate(zip(each.code, each.dropped, strict=True), each.first - 1):
            code[at], dropped[at] = line, lost
    return code, tuple(dropped)
