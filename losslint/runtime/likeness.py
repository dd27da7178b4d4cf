"""Whether a call is given what the last one at its place was given, as far as that needs no numbers.

Asked at every call of a run, so it has to be cheap. torch's compiler compares tensors' types, dtypes, devices, sizes and
requires_grad with remembered ones in one step (`TensorGuards`), for a fifth of what reading them one by one costs. Where
that isn't there, or does something else, nothing is alike: signatures are compared then.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import torch

Alike = Callable[[Sequence[Any], Mapping[str, Any]], bool]
"""Whether these arguments are like the remembered ones."""
CONSTANTS: Final = (bool, int, float, str, type(None))
_PLAIN: Final = (torch.Tensor, torch.nn.Parameter)
_grad_enabled: Final = torch.is_grad_enabled


def like_nothing(args: Sequence[Any], kwargs: Mapping[str, Any]) -> bool:
    return False


def likeness(args: Sequence[Any], kwargs: Mapping[str, Any], of_module: bool) -> Alike:
    """What tells whether later arguments are like these, which are not kept.

    `of_module`: the first is the module that is called; of its options only the reduction is compared.
    """
    given = [*list(enumerate(args))[of_module:], *kwargs.items()]
    tensors = [(key, value) for key, value in given if type(value) in _PLAIN and value.layout == torch.strided]
    constants = [(key, type(value), value) for key, value in given if type(value) in CONSTANTS]
    if not _TRUSTED or not tensors or len(tensors) + len(constants) < len(given):
        return like_nothing
    check = _compare([value for _, value in tensors])
    nodes = [(key, type(value.grad_fn)) for key, value in tensors if value.requires_grad]
    if kwargs or constants:
        alike = _of_anything(check, [key for key, _ in tensors], constants, nodes, (len(args), len(kwargs)))
        return _of_this(args[0], alike) if of_module else alike
    return _of_module(args[0], check, nodes, len(args)) if of_module else _of_tensors(check, nodes, len(args))


def _of_tensors(check: Callable[..., bool], nodes: list[Any], count: int) -> Alike:
    recording = _grad_enabled()

    def alike(args: Sequence[Any], kwargs: Mapping[str, Any]) -> bool:
        if kwargs or len(args) != count or not check(*args):
            return False
        # A loop in place: a generator for `all` would cost as much as the comparison.
        for at, node in nodes:
            if type(args[at].grad_fn) is not node:
                return False
        return _grad_enabled() is recording

    return alike


def _of_module(module: Any, check: Callable[..., bool], nodes: list[Any], count: int) -> Alike:
    """The same in one function: calls of functions, and slices, cost more than the rest."""
    recording, reduction, this = _grad_enabled(), module.__dict__.get("reduction"), weakref.ref(module)

    def alike(args: Sequence[Any], kwargs: Mapping[str, Any]) -> bool:
        if kwargs or len(args) != count or args[0] is not this() or args[0].__dict__.get("reduction") != reduction:
            return False
        if not (check(args[1], args[2]) if count == 3 else check(*args[1:])):
            return False
        for at, node in nodes:
            if type(args[at].grad_fn) is not node:
                return False
        return _grad_enabled() is recording

    return alike


def _of_this(module: Any, alike: Alike) -> Alike:
    reduction, this = module.__dict__.get("reduction"), weakref.ref(module)
    return lambda args, kwargs: args[0] is this() and args[0].__dict__.get("reduction") == reduction and alike(args, kwargs)


def _of_anything(
    check: Callable[..., bool], tensors: list[Any], constants: list[Any], nodes: list[Any], count: tuple[int, int]
) -> Alike:
    """Tensors and constants, by position (a number) and by keyword (a name)."""
    recording = _grad_enabled()

    def alike(args: Sequence[Any], kwargs: Mapping[str, Any]) -> bool:
        if (len(args), len(kwargs)) != count or _grad_enabled() is not recording:
            return False
        for key, kind, constant in constants:
            value = kwargs.get(key, alike) if type(key) is str else args[key]
            if type(value) is not kind or value != constant:
                return False
        values = [kwargs.get(key) if type(key) is str else args[key] for key in tensors]
        if not check(*values):
            return False
        return all(type((kwargs[key] if type(key) is str else args[key]).grad_fn) is node for key, node in nodes)

    return alike


def _compare(tensors: Sequence[Any]) -> Callable[..., bool]:
    """torch's comparison with these tensors, which are not kept. Strides may differ."""
    sizes = [list(value.shape) for value in tensors]
    anything = [[None] * value.dim() for value in tensors]
    guards = torch._C._dynamo.guards.TensorGuards(*tensors, dynamic_dims_sizes=sizes, dynamic_dims_strides=anything)
    check: Callable[..., bool] = guards.check
    return check


def _trusted() -> bool:
    """Whether this torch compares as is wanted here."""
    try:
        with torch.inference_mode(False), torch.no_grad():
            one = torch.zeros(2, 3)
            check = _compare([one])
            with torch.autocast("cpu"):
                cast = check(one)
            other = (one[:1], one[0], one.double(), torch.zeros(2, 3, requires_grad=True), torch.nn.Parameter(one), 1, None)
            return check(one) and check(torch.zeros(3, 2).t()) and not cast and not any(map(check, other))
    except Exception:
        return False


_TRUSTED: Final = _trusted()
