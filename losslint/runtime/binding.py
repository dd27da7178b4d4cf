"""From the arguments of a real call to the LossCall that rules see."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final, Literal

import torch

from losslint.calls import LossCall, Passed
from losslint.contracts import Contract
from losslint.facts import Facts
from losslint.judging import LEGACY
from losslint.oneof import ANY, OneOf
from losslint.places import Place, Step
from losslint.runtime.likeness import CONSTANTS
from losslint.runtime.measure import described
from losslint.tri import Tri

Form = Literal["module", "function"]
Stage = Literal["call", "construct"]
Read = Callable[[int, str, Any, Facts], Facts]
_NOWHERE: Final = object()
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
    """What rules could tell apart without reading numbers; equal signatures need no second evaluation."""
    signed: list[object] = [_grad_enabled(), _autocast_enabled()]
    signed += [_sign(value) for value in args]
    for name, value in kwargs.items():
        signed += (name, _sign(value))
    return tuple(signed)


def _sign(value: Any) -> tuple[object, ...]:
    if isinstance(value, torch.Tensor):
        return (value.dtype, value.shape, value.device, value.requires_grad and type(value.grad_fn))
    if isinstance(value, CONSTANTS):
        return (type(value), value)
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


def options_kept(contract: Contract) -> tuple[str, ...]:
    """Where a module keeps its options, and the tensors that it passes to each of its calls."""
    # torch folds its legacy flags into `reduction`.
    gone = LEGACY if contract.library == "torch" else ()
    return tuple(contract.kept.get(name, name) for name in contract.init if name not in gone)


def options_signed(module: Any, paths: Iterable[str]) -> tuple[object, ...]:
    """What a module brings to each of its calls."""
    return tuple(_sign(_kept(module, path)) for path in paths)


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
    held = module.__dict__
    if path in held:
        return held[path]
    for name in path.split("."):
        module = getattr(module, name, _NOWHERE)
    return module


def _constant(value: Any) -> OneOf[Any]:
    if not isinstance(value, CONSTANTS) or (isinstance(value, float) and math.isnan(value)):
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
