"""The marks in a fixture's comments, and what they expect.

On the line of the call (its first line, where it spans several); several marks may follow each other on a line::

    F.cross_entropy(probs, labels)              # error: LL101
    F.mse_loss(pred, ints)                      # warning: LL203, LL301
    F.cross_entropy(opaque, labels)             # runtime: LL101     (static: MAYBE)
    F.cross_entropy(logits.argmax(1), labels)   # error: LL206       # raises: RuntimeError
    reveal(probs)                               # reveals: probs(1) float32[8 10]

========= ===========================================================================================================
error     both engines prove this, at this severity
warning   the same
info      the same
static    the static engine alone proves this, at whatever severity
runtime   the runtime engine alone proves this: the static engine doesn't know
todo      a known gap: neither engine proves this yet
raises    executing the line raises one of these types or a subclass; the line may be anywhere in the traceback
reveals   what the static engine knows of the argument of ``reveal``; the runtime's facts must be covered by it
========= ===========================================================================================================

A remark in brackets may follow codes and types. An unmarked line is clean in both engines.

``reveals`` takes ``[kind] [domain[(axis)]] [dtype][shape] [grad|no_grad]``, each part optional, what isn't written isn't
asserted. Kind defaults to ``tensor`` (where a domain, dtype or shape is written). Alternatives are joined by ``|``, ``?`` alone
is an unknown domain, ``?`` before a shape an unknown dtype, ``?`` as a dim an unknown size, ``...`` unknown leading dims::

    reveal(x)   # reveals: ? float32[8 10]          reveal(y)   # reveals: ndarray int64[? 3]
    reveal(z)   # reveals: probs(each)|logits       reveal(w)   # reveals: list
"""

from __future__ import annotations

import re
import tokenize
from dataclasses import dataclass
from pathlib import Path
from typing import get_args

from losslint.facts import DOMAINS, DTYPES, Facts, Kind

SEVERITY_MARKS = ("error", "warning", "info")
CODE_MARKS = (*SEVERITY_MARKS, "static", "runtime", "todo")
MARKS = (*CODE_MARKS, "raises", "reveals")
KINDS = frozenset(get_args(Kind))

_MARK = re.compile(r"^\s*(\w+)\s*:\s*(.*?)\s*$")
_CODES = re.compile(r"^(LL\d{3}(?:\s*,\s*LL\d{3})*)\s*(?:\(.*\))?$")
_TYPES = re.compile(r"^(\w+(?:\s*,\s*\w+)*)\s*(?:\(.*\))?$")
_MISTYPED = re.compile(rf"^\s*(?:\w+\s*:\s*LL\d{{3}}|(?:{'|'.join(MARKS)})\s+LL\d{{3}})")
_TOKEN = re.compile(r"[^\s\[]*\[[^\]]*\](?:\|[^\s\[]*\[[^\]]*\])*|\S+")


class MarkError(ValueError):
    """A comment looks like a mark and is none."""


@dataclass(frozen=True)
class Mark:
    """One expectation. `value` is a code, the name of an exception's type, or the text of `reveals`."""

    line: int
    key: str
    value: str


def parse_marks(path: Path) -> tuple[Mark, ...]:
    """Every mark of a file. Raises MarkError, with file and line, on a comment that was meant as one."""
    marks: list[Mark] = []
    with tokenize.open(path) as handle:
        for token in tokenize.generate_tokens(handle.readline):
            if token.type == tokenize.COMMENT:
                for piece in token.string.split("#")[1:]:
                    marks.extend(_parse_piece(piece, path, token.start[0]))
    return tuple(marks)


def _parse_piece(piece: str, path: Path, line: int) -> list[Mark]:
    match = _MARK.match(piece)
    if match is None or match[1] not in MARKS:
        if _MISTYPED.match(piece):
            raise MarkError(f"{path.name}:{line}: `{piece.strip()}` is no mark; marks are {', '.join(MARKS)}")
        return []
    key, text = match[1], match[2]
    if key == "reveals":
        return [Mark(line, key, text)]
    values = (_TYPES if key == "raises" else _CODES).match(text)
    if values is None:
        raise MarkError(f"{path.name}:{line}: `{piece.strip()}`: not a list of {'types' if key == 'raises' else 'codes'}")
    return [Mark(line, key, value.strip()) for value in values[1].split(",")]


def mismatch(text: str, facts: Facts) -> str:
    """What of a `reveals` text the facts don't say; empty where they agree."""
    wrong: list[str] = []
    tokens = _TOKEN.findall(text)
    words = [set(token.split("|")) for token in tokens]
    has_kind = any(word <= KINDS for word in words)
    if tokens and not has_kind and text.strip() != "?" and facts.kind.only != "tensor":
        wrong.append(f"kind is {facts.kind}")
    for token, alternatives in zip(tokens, words, strict=True):
        names = {alternative.partition("(")[0] for alternative in alternatives}
        if token.endswith("]"):
            wrong.extend(_array_mismatch(token, facts))
        elif token in ("grad", "no_grad"):
            if facts.requires_grad.only is not (token == "grad"):
                wrong.append(f"requires_grad is {facts.requires_grad}")
        elif token == "?":
            if facts.domain.known:
                wrong.append(f"domain is {facts.domain}")
        elif alternatives <= KINDS:
            if set(facts.kind) != alternatives:
                wrong.append(f"kind is {facts.kind}")
        elif names <= set(DOMAINS):
            if alternatives not in ({str(domain) for domain in facts.domain}, {domain.name for domain in facts.domain}):
                wrong.append(f"domain is {' | '.join(map(str, facts.domain)) or '?'}")
        elif alternatives <= DTYPES:
            if set(facts.dtype) != alternatives:
                wrong.append(f"dtype is {facts.dtype}")
        else:
            raise MarkError(f"`reveals: {text}`: `{token}` is no kind, domain, dtype or shape")
    return "; ".join(wrong)


def _array_mismatch(token: str, facts: Facts) -> list[str]:
    wrong = []
    parts = re.findall(r"\|?([^\s\[]*)(\[[^\]]*\])", token)
    dtypes = {name for text, _ in parts for name in text.split("|") if name}
    unknown = dtypes - DTYPES - {"?"}
    if unknown:
        raise MarkError(f"`reveals: {token}`: unknown dtype `{unknown.pop()}`")
    if dtypes and (set(facts.dtype) or {"?"}) != dtypes:
        wrong.append(f"dtype is {facts.dtype}")
    shapes = {re.sub(r"\s+", " ", shape) for _, shape in parts}
    if {str(shape) for shape in facts.shape} != shapes:
        wrong.append(f"shape is {' | '.join(map(str, facts.shape)) or '?'}")
    return wrong
