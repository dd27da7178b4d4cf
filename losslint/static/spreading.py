"""Models that are put on several devices: what they are called with is moved to where they are."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from losslint.oneof import ANY
from losslint.static.values import Data, Instance, LibraryObject, Members, Value, alternatives

if TYPE_CHECKING:
    from losslint.static.calls import Args, Keywords

SPREADS: Final = frozenset({
    "torch.nn.DataParallel", "torch.nn.parallel.DataParallel", "torch.nn.parallel.DistributedDataParallel",
    "apex.parallel.DistributedDataParallel", "torch.distributed.fsdp.FullyShardedDataParallel",
    "fairscale.nn.FullyShardedDataParallel", "fairscale.nn.data_parallel.FullyShardedDataParallel",
    "fairscale.nn.data_parallel.ShardedDataParallel", "ignite.distributed.auto_model", "ray.train.torch.prepare_model",
})  # fmt: skip
"""A model stands for itself when one of these wraps it."""


def spread(name: str, model: Value) -> None:
    """Note that a model was wrapped by what moves its inputs."""
    if name in SPREADS:
        for one in alternatives(model):
            if isinstance(one, (Instance, LibraryObject)):
                one.spread = True


def moved(args: Args, keywords: Keywords) -> tuple[list[Value], dict[str, Value]]:
    """Inputs as a model gets them that was spread: on which device isn't known."""
    return [_moved(one) for one in args], {name: _moved(one) for name, one in keywords.items()}


def _moved(value: Value) -> Value:
    if isinstance(value, Members) and value.items is not None:
        return replace(value, items=[_moved(one) for one in value.items])
    if isinstance(value, Data) and value.operand.facts.device.known:
        return replace(value, operand=replace(value.operand, facts=value.operand.facts.with_(device=ANY)))
    return value
