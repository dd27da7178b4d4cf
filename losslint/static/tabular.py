"""Tables and arrays as data sets come in: pandas' frames and columns, scikit-learn's splits and scalers."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Mapping
from functools import cache
from typing import Final

from losslint.errors import KnowledgeError
from losslint.facts import Facts, Kind
from losslint.oneof import ANY, OneOf
from losslint.places import Locatable, Step
from losslint.shapes import Shape
from losslint.static.modules.library import read_table
from losslint.static.operand import Operand
from losslint.static.values import NOTHING, Data, Members, Table, Value, constants, facts_of, operand_of

FRAME: Final = "frame"
SERIES: Final = "series"
ROWS: Final = "rows"
"""Tags of operands: a DataFrame, one column of it, and its `iloc` or `loc`."""
_ARRAY: Final = re.compile(r"^(\w+)\[([\w ]*)\]$")
KEEP: Final = frozenset(
    {"copy", "dropna", "fillna", "reset_index", "drop", "sample", "head", "tail", "astype", "sort_values", "replace"}
)
KEEP_COLUMN: Final = frozenset({"abs", "round", "clip", "shift", "diff", "rank", "interpolate", "ffill", "bfill"})
NUMBERS: Final = frozenset({"mean", "std", "var", "median"})
"""Methods that give the table itself anew, a column of numbers as another, and a number of a column."""


def frame() -> Data:
    return Data(Operand(Facts(kind=OneOf.of("dataframe")), tag=FRAME))


def series() -> Data:
    return Data(Operand(Facts(kind=OneOf.of("dataframe"), shape=OneOf.of(Shape((None,)))), tag=SERIES))


def array(dtype: OneOf[str], shape: OneOf[Shape]) -> Data:
    kind: OneOf[Kind] = OneOf.of("ndarray")
    return Data(Operand(Facts(kind=kind, dtype=dtype, shape=shape, requires_grad=OneOf.of(False))))


def cell() -> Data:
    """A number or a word: of words no tensor is made."""
    return Data(Operand(Facts(kind=OneOf.of("number", "str"), shape=OneOf.of(Shape(())))))


def is_table(value: Value) -> bool:
    return isinstance(value, Data) and value.operand.tag in (FRAME, SERIES, ROWS)


def call(name: str, args: list[Value], keywords: Mapping[str, Value]) -> Value | None:
    """What a function makes of tables and arrays; None when it isn't known."""
    if (found := _named("bunches", name)) is not None:
        return bunch([_result(text.strip()) for text in found.split(",")], keywords)
    found = _named("functions", name)
    if found is None or set((_named("unless", name) or "").split()) & set(keywords):
        return None
    if found == "halves":
        return Members("list", [part(one) for one in args for _ in range(2)])
    if found == "each":
        return Members("list", [part(one) for one in args]) if len(args) > 1 else part(args[0]) if args else NOTHING
    results = [_result(text.strip()) for text in found.split(",")]
    return results[0] if len(results) == 1 else Members("tuple", list(results))


def bunch(parts: list[Data], keywords: Mapping[str, Value]) -> Value:
    """A data set that comes with a library: an object of `data` and `target`, or both as they are."""
    pair, frames = (constants(keywords[name]) if name in keywords else OneOf.of(False) for name in ("return_X_y", "as_frame"))
    if frames.only is not False or pair.only not in (True, False):
        return NOTHING
    return Members("tuple", list(parts)) if pair.only else Table({"data": parts[0], "target": parts[1]}, NOTHING)


def object_method(owner: str, name: str, args: list[Value], where: Locatable) -> Value | None:
    """What a method of a library's object makes of an array, such as a scaler's `transform`."""
    found = _named("methods", f"{owner}.{name}")
    if found is None:
        return None
    made = _result(found)
    steps = facts_of(args[0]).steps if args else ()
    # The way that the numbers came stays known: they are the same ones, scaled.
    facts = made.operand.facts.with_(steps=(*steps, Step(where, f"returned by `{name}`")) if steps else ())
    return Data(Operand(facts, tag=made.operand.tag))


def attribute(table: Data, name: str) -> Value | None:
    tag = table.operand.tag
    if name == "values":
        return array(table.operand.facts.dtype, table.operand.facts.shape if tag == SERIES else OneOf.of(Shape((None, None))))
    if name in ("iloc", "loc") and tag != ROWS:
        return Data(Operand(table.operand.facts, tag=ROWS)) if tag == FRAME else table
    if name == "T" and tag == SERIES:
        return table
    return series() if tag == FRAME and not name.startswith("_") and name not in members() else None


@cache
def members() -> frozenset[str]:
    """What a frame has beside its columns."""
    return frozenset(read_table("tabular.toml")["members"]["frame"].split())


def method(table: Data, name: str, args: list[Value]) -> Value | None:
    if name == "to_numpy" and table.operand.tag == SERIES:
        return array(table.operand.facts.dtype, table.operand.facts.shape)
    if name in ("tolist", "to_list") and table.operand.tag == SERIES:
        return Members("list", None, cell())
    if name == "to_numpy":
        return array(ANY, OneOf.of(Shape((None, None))))
    if name in KEEP or (name in KEEP_COLUMN and table.operand.tag == SERIES):
        return table
    if name in NUMBERS and table.operand.tag == SERIES and not args:
        return Data(Operand(Facts(kind=OneOf.of("number"), shape=OneOf.of(Shape(())))))
    if name in ("max", "min", "sum") and table.operand.tag == SERIES and not args:
        return cell()
    if name == "pop" and table.operand.tag == FRAME:
        return series()
    return None


def item(table: Data, index: Value) -> Value:
    """`frame["price"]` is a column, `frame[["a", "b"]]` a frame; `frame.iloc[:, -1]` and `frame.iloc[:, 1:]` likewise."""
    tag, key = table.operand.tag, constants(index)
    if tag == FRAME:
        return series() if key.known and key.only is not None else frame() if isinstance(index, Members) else NOTHING
    if tag == ROWS:
        if isinstance(index, Members) and index.items is not None and len(index.items) == 2:
            rows, columns = (operand_of(one) for one in index.items)
            if rows.tag != "slice":
                return NOTHING
            if columns.tag == "slice" or columns.items is not None:
                return frame()
            return series() if columns.value.known else NOTHING
        return frame() if operand_of(index).tag == "slice" else NOTHING
    return table if operand_of(index).tag == "slice" else NOTHING


def part(value: Value) -> Value:
    """Some rows of a table, an array or a tensor."""
    if not isinstance(value, Data):
        return NOTHING
    facts = value.operand.facts
    shape = facts.shape.map(lambda one: one if one.open or not one.dims else Shape((None, *one.dims[1:])))
    return Data(Operand(facts.with_(shape=shape), tag=value.operand.tag if is_table(value) else ""))


def _named(table: str, name: str) -> str | None:
    entries, patterns = _entries()[table]
    if name in entries:
        return entries[name]
    return next((result for pattern, result in patterns.items() if fnmatch.fnmatchcase(name, pattern)), None)


@cache
def _entries() -> Mapping[str, tuple[Mapping[str, str], Mapping[str, str]]]:
    read = read_table("tabular.toml")
    return {
        table: (
            {name: result for name, result in read[table].items() if "*" not in name},
            {name: result for name, result in read[table].items() if "*" in name},
        )
        for table in ("functions", "bunches", "unless", "methods")
    }


def _result(text: str) -> Data:
    if text == FRAME:
        return frame()
    if text == SERIES:
        return series()
    match = _ARRAY.match(text)
    if match is None:
        raise KnowledgeError(f"tabular.toml: {text!r} is no result")
    return array(OneOf.of(match[1]), OneOf.of(Shape((None,) * len(match[2].split()))))
