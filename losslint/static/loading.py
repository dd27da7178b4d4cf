"""What a DataLoader gives: the items of a data set, collated into batches."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Final

from losslint.facts import Facts
from losslint.oneof import ANY, OneOf
from losslint.shapes import Shape
from losslint.static.modules import collate as collate_operand
from losslint.static.modules import dataset_item
from losslint.static.operand import Operand
from losslint.static.values import (
    NOTHING,
    Alternatives,
    Data,
    Function,
    Instance,
    LibraryObject,
    Members,
    Table,
    Value,
    alternatives,
    constant,
    is_none,
    join_all,
    operand_of,
    value_of,
)

if TYPE_CHECKING:
    from losslint.static.calls import Calls
    from losslint.static.machine import Scope

LOADER: Final = "torch.utils.data.DataLoader"
ITERATORS: Final = frozenset({"train_iter", "test_iter", "val_iter", "valid_iter", "dev_iter", "data_iter", "train_iterator"})
SPLITS: Final = frozenset({"torch.utils.data.random_split", "torch.utils.data.dataset.random_split"})
"""They give several data sets with the items of their first argument."""
PARTS: Final = frozenset({"torch.utils.data.Subset", "torch.utils.data.dataset.Subset"})
JOINED: Final = frozenset({"torch.utils.data.ConcatDataset", "torch.utils.data.dataset.ConcatDataset"})
NUMBER: Final = Data(Operand(Facts(kind=OneOf.of("number"), dtype=OneOf.of("int64"))))
"""The index that a sampler gives."""
COLLATES: Final = frozenset({
    "torch.utils.data.default_collate", "torch.utils.data.dataloader.default_collate",
    "torch.utils.data._utils.collate.default_collate",
})  # fmt: skip
NONE: Final = constant(None)
COLUMNS: Final = frozenset({"torch.utils.data.TensorDataset", "torch.utils.data.dataset.TensorDataset"})


def is_loader(node: ast.AST) -> bool:
    """Whether something unknown is a loader by its name: what it gives was read, not computed by a model."""
    parts = [part for part in ast.walk(node) if isinstance(part, (ast.Name, ast.Attribute))]
    names = [(part.id if isinstance(part, ast.Name) else part.attr).lower() for part in parts]
    return any("loader" in name or name in ITERATORS for name in names)


def batch(machine: Calls, loader: LibraryObject, node: ast.AST, scope: Scope) -> Value:
    """A DataLoader's batch: the data set's item, collated. Python ints become int64, floats float64, arrays tensors."""
    data = loader.args[0] if loader.args else loader.keywords.get("dataset", NOTHING)
    collates = loader.keywords.get("collate_fn", loader.args[6] if len(loader.args) > 6 else NONE)
    alone = is_none(loader.keywords.get("batch_size", NOTHING))
    if is_none(collates) and not alone:
        return join_all([batch_of(machine, one, node, scope) for one in alternatives(data)])
    item = join_all([item_of(machine, one, node, scope) for one in alternatives(data)])
    if is_none(collates):
        return converted(item)
    given = item if alone else Members("list", None, item, branch=machine.branches)
    return machine.call(collates, [given], {}, node, scope)


def batch_of(machine: Calls, data: Value, node: ast.AST, scope: Scope) -> Value:
    if isinstance(data, LibraryObject) and data.name in COLUMNS:
        return Members("list", [rows(one) for one in data.args])
    return collate(item_of(machine, data, node, scope))


def item_of(machine: Calls, data: Value, node: ast.AST, scope: Scope) -> Value:
    """An item of a data set."""
    if isinstance(data, LibraryObject):
        if data.name in COLUMNS:
            return Members("tuple", [machine.operate("operator.getitem", [one, NUMBER], {}, node, scope) for one in data.args])
        if data.name in PARTS and data.args:
            return item_of(machine, data.args[0], node, scope)
        if data.name in JOINED and data.args and isinstance(data.args[0], Members):
            parts = data.args[0].items or [data.args[0].any()]
            return join_all([item_of(machine, one, node, scope) for one in parts])
        known = dataset_item(data.name, {k: operand_of(v) for k, v in data.keywords.items()}, [operand_of(v) for v in data.args])
        return value_of(known) if known is not None else NOTHING
    if isinstance(data, Alternatives):
        return join_all([item_of(machine, one, node, scope) for one in data.values])
    if isinstance(data, Members):  # a list of samples is a data set, too
        return data.any()
    if not isinstance(data, Instance):
        return NOTHING
    found = data.cls.lookup("__getitem__")
    if found is None or not isinstance(found[0], Function):
        return NOTHING
    return machine.enter(found[0], [data, NUMBER], {}, node, scope)


def converted(item: Value) -> Value:
    """An item alone, where nothing is put into batches: arrays become tensors."""
    if isinstance(item, Members) and item.items is not None:
        return Members(item.kind, [converted(one) for one in item.items], names=item.names)
    if isinstance(item, Data) and item.operand.facts.kind.only == "ndarray":
        return Data(Operand(item.operand.facts.with_(kind=OneOf.of("tensor"))))
    return item


def collated(args: list[Value]) -> Value:
    """`default_collate(items)`, called by the program itself."""
    return collate(args[0].any()) if args and isinstance(args[0], Members) else NOTHING


def rows(column: Value) -> Value:
    """Some rows of a tensor of a `TensorDataset`: everything but their number is the tensor's."""
    if not isinstance(column, Data):
        return NOTHING
    facts = column.operand.facts
    shape = facts.shape.map(lambda one: one if one.open or not one.dims else Shape((None, *one.dims[1:])))
    return Data(Operand(facts.with_(shape=shape if facts.shape.known else ANY)))


def collate(item: Value) -> Value:
    """A batch of such items, as torch's `default_collate` makes it."""
    if isinstance(item, Table):
        return Table({key: collate(one) for key, one in item.items.items()}, item.rest)
    if isinstance(item, Members) and item.items is not None:
        return Members("list", [collate(one) for one in item.items], names=item.names)
    if isinstance(item, Alternatives):
        return join_all([collate(one) for one in item.values])
    return value_of(collate_operand(operand_of(item))) if isinstance(item, Data) else NOTHING
