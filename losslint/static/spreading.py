"""Models that are put on several devices: what they are called with is moved to where they are, some of it to each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from losslint.oneof import ANY
from losslint.shapes import Shape
from losslint.static.values import Alternatives, Data, Instance, LibraryObject, Members, Module, Value, alternatives, facts_of

if TYPE_CHECKING:
    from losslint.static.calls import Args, Keywords

SPREADS: Final = frozenset({
    "torch.nn.DataParallel", "torch.nn.parallel.DataParallel", "torch.nn.parallel.DistributedDataParallel",
    "apex.parallel.DistributedDataParallel", "torch.distributed.fsdp.FullyShardedDataParallel",
    "fairscale.nn.FullyShardedDataParallel", "fairscale.nn.data_parallel.FullyShardedDataParallel",
    "fairscale.nn.data_parallel.ShardedDataParallel", "ignite.distributed.auto_model", "ray.train.torch.prepare_model",
})  # fmt: skip
"""A model stands for itself when one of these wraps it."""
DIVIDES: Final = frozenset({"torch.nn.DataParallel", "torch.nn.parallel.DataParallel"})
"""These give each device its part of a batch, and join what the devices make of it along the first axis."""


def spread(name: str, model: Value) -> None:
    """Note that a model was wrapped by what moves its inputs."""
    if name in SPREADS:
        for one in alternatives(model):
            if isinstance(one, (Instance, LibraryObject)):
                one.spread = name


def called(module: Module, args: Args, keywords: Keywords, run: Callable[[Args, Keywords], Value]) -> Value:
    """What a module that was spread makes of its inputs."""
    result = run(*moved(args, keywords))
    return gathered(result, first_sizes([*args, *keywords.values()])) if module.spread in DIVIDES else result


def first_sizes(given: Args) -> set[int]:
    """The sizes along the first axis that inputs are known to have."""
    shapes = [facts_of(one).shape.only for one in given]
    return {size for shape in shapes if shape is not None and isinstance(size := shape.dim(0), int)}


def gathered(value: Value, sizes: set[int]) -> Value:
    """What the devices have made: a size along the first axis that a module gives by itself is there once for each of them."""
    if isinstance(value, Alternatives):
        return replace(value, values=tuple(gathered(one, sizes) for one in value.values))
    if isinstance(value, Members) and value.items is not None:
        return replace(value, items=[gathered(one, sizes) for one in value.items])
    if isinstance(value, Data) and (facts := value.operand.facts).shape.known:
        shape = facts.shape.map(lambda one: _gathered(one, sizes))
        return replace(value, operand=replace(value.operand, facts=facts.with_(shape=shape)))
    return value


def _gathered(shape: Shape, sizes: set[int]) -> Shape:
    first = shape.dim(0)
    return replace(shape, dims=(None, *shape.dims[1:])) if isinstance(first, int) and first not in sizes else shape


def moved(args: Args, keywords: Keywords) -> tuple[list[Value], dict[str, Value]]:
    """Inputs as a model gets them that was spread: on which device isn't known."""
    return [_moved(one) for one in args], {name: _moved(one) for name, one in keywords.items()}


def _moved(value: Value) -> Value:
    if isinstance(value, Members) and value.items is not None:
        return replace(value, items=[_moved(one) for one in value.items])
    if isinstance(value, Data) and value.operand.facts.device.known:
        return replace(value, operand=replace(value.operand, facts=value.operand.facts.with_(device=ANY)))
    return value
