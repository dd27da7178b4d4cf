"""From the arguments of a real call to the LossCall that rules see."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, Literal

import torch

from losslint.calls import LossCall, Passed
from losslint.contracts import Contract
from losslint.facts import Facts
from losslint.oneof import ANY, OneOf
from losslint.places import Place, Step
from losslint.runtime.measure import described
from losslint.tri import Tri

Form = Literal["module", "function"]
Stage = Literal["call", "construct"]
Read = Callable[[int, str, Any, Facts], Facts]
_NOWHERE: Final = object()
_CONSTANTS: Final = (bool, int, float, str, type(None))
_Tensor: Final = torch.Tensor
_grad_enabled: Final = torch.is_grad_enabled
_autocast_enabled: Final = torch._C._is_any_autocast_enabled
CUT: Final = "an operation such as `detach`: it has no autograd history"


def bind(
    contract: Contract,
    stage: Stage,
    form: Form,
    args: Sequence[Any],
    kwargs: Mapping[str, Any],
    where: Place,
    *,
    module: Any = None,
    read: Read | None = None,
) -> LossCall:
    """Name and measure what was passed. `args` come without `self`, which is `module`. `read` adds what numbers tell.

    A tensor that the module holds for a slot (`weight`, `pos_weight`) is passed as well, without a position.
    """
    names = contract.init if stage == "construct" else contract.forward if form == "module" else contract.function
    renamed = contract.renamed if stage == "call" and form == "module" else {}
    recording = torch.is_grad_enabled()
    given: list[tuple[str, int | None, Any]] = [
        *((names[at] if at < len(names) else "", at, value) for at, value in enumerate(args)),
        *((renamed.get(name, name), None, value) for name, value in kwargs.items()),
    ]
    own = len(given)
    if stage == "call" and form == "module":
        taken = {name for name, _, _ in given}
        given += [(name, None, held) for name in contract.slots if (held := _held(module, name, taken)) is not None]
    passed = []
    for at, (name, position, value) in enumerate(given):
        facts = described(value, where)
        if read is not None:
            facts = read(at, name, value, facts)
        if stage == "call" and name == contract.prediction and recording:
            facts = _cut(facts, where)
        passed.append(Passed(name, position, facts, _constant(value), where, held=at >= own))
    options = _options(contract, stage, form, given, module)
    return LossCall(
        contract.under(options),
        stage,
        form,
        tuple(passed),
        options,
        where,
        callee=(contract.class_name if form == "module" else contract.function_name) or contract.name,
        backward=Tri.MAYBE,
        frozen=Tri.NO,
        grad_enabled=OneOf.of(recording),
        autocast=_autocast(next((value for name, _, value in given if name == contract.prediction), None)),
    )


def signature(args: Sequence[Any], kwargs: Mapping[str, Any]) -> tuple[object, ...]:
    """What rules could tell apart without reading numbers; equal signatures need no second evaluation.

    Computed at every call, so flat and short.
    """
    # Two tensors and nothing else is what most losses get: one tuple instead of one for each argument.
    if len(args) == 2 and not kwargs and type(args[0]) is _Tensor and type(args[1]) is _Tensor:
        one, two = args
        node, other = one.grad_fn, two.grad_fn
        return (
            _grad_enabled(),
            _autocast_enabled(),
            one.dtype,
            one.shape,
            one.device,
            one.requires_grad if node is None else type(node),
            two.dtype,
            two.shape,
            two.device,
            two.requires_grad if other is None else type(other),
        )
    signed: tuple[Any, ...] = (_grad_enabled(), _autocast_enabled())
    for value in args:
        signed += _sign(value)
    for name, value in kwargs.items():
        signed += (name, *_sign(value))
    return signed


def _sign(value: Any) -> tuple[Any, ...]:
    if isinstance(value, _Tensor):
        node = value.grad_fn
        return (value.dtype, value.shape, value.device, value.requires_grad if node is None else type(node))
    if isinstance(value, _CONSTANTS):
        return (type(value), value)
    if isinstance(value, torch.nn.Module):
        return (value.__dict__.get("reduction"),)
    return (type(value), getattr(value, "dtype", None), getattr(value, "shape", None))


def pattern(signed: Sequence[object]) -> tuple[object, ...]:
    """A signature in which sizes stand for themselves only up to 2, else for which of them are equal.

    Batches of sentences have another length each; rules compare lengths and don't look at them.
    """
    seen: dict[int, str] = {}

    def alike(value: object) -> object:
        if isinstance(value, torch.Size):
            return tuple(size if size <= 2 else seen.setdefault(size, f"size {len(seen)}") for size in value)
        return tuple(map(alike, value)) if isinstance(value, tuple) else value

    return tuple(map(alike, signed))


def options_signed(contract: Contract, module: Any) -> tuple[object, ...]:
    """What a module brings to each of its calls."""
    return tuple(_sign(_kept(module, contract.kept.get(name, name))) for name in contract.init)


def _autocast(prediction: Any) -> OneOf[str]:
    if not isinstance(prediction, torch.Tensor) or prediction.device.type not in ("cpu", "cuda", "xpu"):
        return ANY
    kind = prediction.device.type
    return OneOf.of(kind if torch.is_autocast_enabled(kind) else "")


def _held(module: Any, name: str, taken: set[str]) -> Any:
    value = getattr(module, name, None) if name not in taken else None
    return value if isinstance(value, torch.Tensor) else None


def _cut(facts: Facts, where: Place) -> Facts:
    """A prediction outside the graph while autograd records was cut from it, or never came from a model."""
    if facts.kind.only != "tensor" or facts.requires_grad.only is not False:
        return facts
    return facts.after(Step(where, CUT, cuts=True))


def _kept(module: Any, path: str) -> Any:
    for name in path.split("."):
        module = getattr(module, name, _NOWHERE)
    return module


def _constant(value: Any) -> OneOf[Any]:
    if not isinstance(value, _CONSTANTS) or (isinstance(value, float) and math.isnan(value)):
        return ANY
    return OneOf.of(value)


def _options(
    contract: Contract, stage: Stage, form: Form, given: Sequence[tuple[str, int | None, Any]], module: Any
) -> dict[str, OneOf[Any]]:
    """Every option's value. What isn't here has the contract's default; None for a legacy flag means not given."""
    passed = {name: value for name, _, value in given}
    names = contract.function if form == "function" else contract.init
    options: dict[str, OneOf[Any]] = {}
    for name in names:
        if name in contract.slots:
            continue
        if form == "module" and stage == "call":
            value = _kept(module, contract.kept.get(name, name))
            if value is _NOWHERE:  # unknown, except that torch folds its legacy flags into `reduction`
                if contract.library != "torch":
                    options[name] = ANY
                continue
        elif name in passed:
            value = passed[name]
        else:
            continue
        if value is None and contract.defaults.get(name) is not None:
            continue
        options[name] = _constant(value)
    return options
