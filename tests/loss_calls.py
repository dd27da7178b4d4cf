"""Loss calls built by hand, from a contract's own parameter names."""

from __future__ import annotations

from typing import Any

from losslint.calls import LossCall, Passed
from losslint.facts import Domain, Facts
from losslint.knowledge import contracts
from losslint.oneof import ANY, OneOf
from losslint.shapes import Shape
from losslint.tri import Tri


def facts(*domains: str | Domain, kind: str | None = "tensor", **known: Any) -> Facts:
    """Facts of a tensor; `probs(1)` is a domain with its axis, a tuple `shape` one shape, a string `dtype` one dtype."""
    made: dict[str, Any] = {"kind": OneOf.of(kind) if kind else ANY}
    if domains:
        made["domain"] = OneOf(_domain(domain) for domain in domains)
    for name, value in known.items():
        if name == "shape":
            made[name] = OneOf.of(value if isinstance(value, Shape) else Shape(tuple(value)))
        elif name in ("dtype", "requires_grad"):
            made[name] = OneOf.of(*value) if isinstance(value, tuple) else OneOf.of(value)
        else:
            made[name] = value
    return Facts(**made)


def _domain(domain: str | Domain) -> Domain:
    if isinstance(domain, Domain):
        return domain
    name, _, axis = domain.rstrip(")").partition("(")
    return Domain(name) if not axis else Domain(name, int(axis) if axis.lstrip("-").isdecimal() else axis)


def call(loss: str, *args: Any, backward: Tri = Tri.MAYBE, options: dict[str, Any] | None = None, **kwargs: Any) -> LossCall:
    """`nn.X` calls the module, `new nn.X` its constructor, `F.x` the function; other libraries' by their full names.

    Facts pass through, the rest are constants.
    """
    stage: Any = "construct" if loss.startswith("new ") else "call"
    short = loss.removeprefix("new ")
    contract = contracts()[short.replace("nn.", "torch.nn.").replace("F.", "torch.nn.functional.")]
    form: Any = "module" if short.rpartition(".")[2][0].isupper() else "function"
    names = contract.init if stage == "construct" else contract.forward if form == "module" else contract.function
    passed = [_passed(name, at, value) for at, (name, value) in enumerate(zip(names, args, strict=False))]
    passed += [_passed(name, None, value) for name, value in kwargs.items()]
    known = {name: value if isinstance(value, OneOf) else OneOf.of(value) for name, value in (options or {}).items()}
    return LossCall(contract, stage, form, tuple(passed), known, callee=short, backward=backward)


def _passed(name: str, position: int | None, value: Any) -> Passed:
    if isinstance(value, Facts):
        return Passed(name, position, value)
    if isinstance(value, OneOf):
        return Passed(name, position, Facts(), value)
    kinds = {bool: "bool", int: "number", float: "number", str: "str", type(None): "none"}
    return Passed(name, position, Facts(kind=OneOf.of(kinds[type(value)])), OneOf.of(value))
