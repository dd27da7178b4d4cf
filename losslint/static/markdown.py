"""Finding the Python in Markdown: fenced blocks, as CommonMark and its dialects write them."""

from __future__ import annotations

import re
from typing import Final

from losslint.static.blocks import Block, block

_CONTAINER: Final = r"[ \t]*(?:(?:[-*+]|\d{1,9}[.)])[ \t]+|>[ \t]?)*[ \t]*"
_FENCE: Final = re.compile(rf"(?P<front>{_CONTAINER})(?P<fence>`{{3,}}|~{{3,}})(?P<info>.*)$")
_LIQUID: Final = re.compile(r"\s*\{%-?\s*highlight\s+(?P<info>.*?)-?%\}\s*$")
_LIQUID_END: Final = re.compile(r"\s*\{%-?\s*endhighlight\s*-?%\}")
_COMMENT: Final = re.compile(r" {0,3}<!--")
_COMMENT_END: Final = re.compile(r".*-->")
_QUOTE: Final = re.compile(r"[ \t]*>[ \t]?")
_CELL_OPTION: Final = re.compile(r"\s*:[\w-]+:")
_TAB: Final = re.compile(r"\s*#\s*@tab\s+(.*)")
_TORCH: Final = frozenset({"pytorch", "torch", "all"})
_PYTHON: Final = frozenset(
    ("python", "python3", "python2", "py", "py3", "ipython", "ipython3", "pycon", "pycon3", "python-repl", "python-console")
)


def read_blocks(lines: list[str]) -> list[Block]:
    """The Python blocks, in order, with their line numbers in the document."""
    blocks: list[Block] = []
    at = _after_front_matter(lines)
    while at < len(lines):
        fence, liquid = _FENCE.match(lines[at]), _LIQUID.match(lines[at])
        if fence and not (fence["fence"][0] == "`" and "`" in fence["info"]):
            end, bodies = _body(lines, at + 1, fence)
            info = fence["info"]
        elif liquid:
            end = next((line for line in range(at + 1, len(lines)) if _LIQUID_END.match(lines[line])), len(lines))
            bodies, info = lines[at + 1 : end], liquid["info"]
        else:
            # A translation keeps the original, code and all, in comments.
            at = _after(lines, at, _COMMENT_END) if _COMMENT.match(lines[at]) else at + 1
            continue
        if bodies and _is_python(info) and not _is_of_another(bodies[0]):
            if info.strip().startswith("{"):  # the options of a MyST cell
                bodies = _without_options(bodies)
            blocks.append(block(at + 2, bodies, shown=lines[at + 1 : at + 1 + len(bodies)]))
        at = end + 1
    return blocks


def _after(lines: list[str], start: int, end: re.Pattern[str]) -> int:
    return next((at + 1 for at in range(start, len(lines)) if end.match(lines[at])), len(lines))


def _after_front_matter(lines: list[str]) -> int:
    if lines and lines[0].rstrip() == "---":
        return next((at + 1 for at in range(1, len(lines)) if lines[at].rstrip() in ("---", "...")), 0)
    return 0


def _body(lines: list[str], start: int, fence: re.Match[str]) -> tuple[int, list[str]]:
    """The line at which the block ends, and its lines without the marks of the quotation that it stands in."""
    quotes = fence["front"].count(">")
    inside = fence["front"].rsplit(">", 1)[-1]
    # A closing fence may be indented by three columns more than its block: one in a docstring of the code is deeper.
    closing = re.compile(rf"[ \t]{{0,{len(inside) + 3}}}{fence['fence'][0]}{{{len(fence['fence'])},}}[ \t]*$")
    bodies: list[str] = []
    for at in range(start, len(lines)):
        line = lines[at]
        for _ in range(quotes):
            mark = _QUOTE.match(line)
            if mark is None:
                return at - 1, bodies
            line = line[mark.end() :]
        if closing.match(line):
            return at, bodies
        bodies.append(line)
    return len(lines), bodies


def _is_python(info: str) -> bool:
    """Whether an info string names Python: `python title="x"`, `{.python}`, `{code-cell} ipython3`, `py:train.py`."""
    words = [word.lower() for word in re.split(r"[\s{}:,;=\"']+", info) if word]
    if words and words[0] in ("code-cell", "code-block", "code"):
        words = words[1:] or (["python"] if words[0] == "code-cell" else [])
    return bool(words) and words[0].lstrip(".") in _PYTHON


def _is_of_another(first: str) -> bool:
    """Whether the first line of a block says that it is written for another framework: in `#@tab mxnet` of a book with tabs."""
    tab = _TAB.match(first)
    return tab is not None and _TORCH.isdisjoint(re.split(r"[\s,]+", tab[1]))


def _without_options(bodies: list[str]) -> list[str]:
    kept = list(bodies)
    for at, line in enumerate(kept):
        if not _CELL_OPTION.match(line):
            break
        kept[at] = ""
    return kept
