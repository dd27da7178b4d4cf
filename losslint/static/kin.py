"""Values that differ in sizes alone: of many, such as one network in seven depths, one stands for all."""

from __future__ import annotations

from collections.abc import Iterable

from losslint.static.choices import Guard, common
from losslint.static.values import (
    WIDEST,
    Data,
    Function,
    Instance,
    Library,
    LibraryObject,
    Members,
    Table,
    Unknown,
    Value,
    alternatives,
    join_all,
)

Case = tuple[Value, Guard]


def fewer(cases: Iterable[Case]) -> list[Case]:
    """The cases without objects that are akin to an earlier one, which stands for them too. Where there are still too many to be
    kept apart by their conditions, they are one, joined, if that leaves anything known of them."""
    kept: list[Case] = []
    for value, guard in cases:
        for index, (other, there) in enumerate(kept):
            if isinstance(value, (Instance, LibraryObject)) and akin(other, value):
                kept[index] = other, common([there, guard])
                break
        else:
            kept.append((value, guard))
    if len(kept) > WIDEST and any(guard for _, guard in kept):
        joined = join_all([value for value, _ in kept])
        if not any(isinstance(one, Unknown) for one in alternatives(joined)):
            return [(joined, common([guard for _, guard in kept]))]
    return kept


def akin(a: Value, b: Value, depth: int = 4) -> bool:
    """Whether two objects are made alike: of the same classes, with the same flags and names. Numbers may differ."""
    if a is b:
        return True
    if type(a) is not type(b):
        return False
    if isinstance(a, Instance) and isinstance(b, Instance):
        return a.cls is b.cls and (depth == 0 or _same_entries(a.attributes, b.attributes, depth))
    if isinstance(a, LibraryObject) and isinstance(b, LibraryObject):
        return a.name == b.name and (depth == 0 or _same_kinds(a.args, b.args, depth))
    if isinstance(a, Data) and isinstance(b, Data):
        return _plain(a) == _plain(b)
    if isinstance(a, Members) and isinstance(b, Members):
        if a.items is None or b.items is None:
            return a.items is b.items and akin(a.rest, b.rest, depth - 1)
        return depth == 0 or _same_kinds(a.items, b.items, depth)
    if isinstance(a, Table) and isinstance(b, Table):
        return depth == 0 or _same_entries(a.items, b.items, depth)
    if isinstance(a, Library) and isinstance(b, Library):
        return a.name == b.name
    if isinstance(a, Function) and isinstance(b, Function):
        return a.node is b.node
    return isinstance(a, Unknown)


def _same_entries(a: dict[str, Value], b: dict[str, Value], depth: int) -> bool:
    return a.keys() == b.keys() and all(akin(value, b[name], depth - 1) for name, value in a.items())


def _same_kinds(a: list[Value], b: list[Value], depth: int) -> bool:
    """Whether each member of one has its like in the other: there may be more of them, as of blocks in a deeper network."""
    return all(any(akin(one, other, depth - 1) for other in there) for here, there in ((a, b), (b, a)) for one in here)


def _plain(value: Data) -> list[object]:
    """What isn't a number of the constants that it can be."""
    return [one for one in value.operand.value if isinstance(one, (bool, str)) or one is None]
