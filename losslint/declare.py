"""Contracts of losses that users write themselves: from a table of their configuration, or from a decorator.

Both have the same words: an argument's name and, in the notation of `losslint.contracts`, what it may be. The first argument
is the prediction, the second the target. Only the decorator is used at run time; nothing here needs torch.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final, Literal, TypeVar

from losslint.contracts import Case, Contract, Slot
from losslint.errors import NotationError

T = TypeVar("T")
OWN: Final = "own"
"""The library of contracts that users declare."""
DECORATOR: Final = "losslint.contract"
NAME: Final = "__losslint_contract__"
declared: Final[list[tuple[Any, Contract]]] = []
"""What was decorated in this process. The runtime looks here."""
configured: Final[dict[str, Contract]] = {}
"""What the configuration of a run declares, by dotted name."""
listeners: Final[list[Callable[[], None]]] = []
"""Told of each new contract."""


def contract(**arguments: Any) -> Callable[[T], T]:
    """Say what a loss takes: a function, or a class of `nn.Module`, which is returned as it is.

    `@losslint.contract(input="logits float[N C *d]", target="class_index int[N *d]")`. Further words, as in the configuration:
    `cases`, a list of arguments that are others under some options, and `defaults`, those options' values when not given.
    Raises NotationError, which names the argument, for a contract that cannot be read.
    """
    made = contract_of("contract", arguments)

    def decorate(loss: T) -> T:
        name = f"{getattr(loss, '__module__', '')}.{getattr(loss, '__qualname__', '')}"
        own = named(made, name, isinstance(loss, type))
        loss.__losslint_contract__ = own  # type: ignore[attr-defined]
        declared.append((loss, own))
        for listener in listeners:
            listener()
        return loss

    return decorate


def contract_of(name: str, table: Mapping[str, Any]) -> Contract:
    """The contract that a table of words means. Raises NotationError, which names the word at fault."""
    cases = table.get("cases", [])
    defaults = table.get("defaults", {})
    slots = {word: _slot(word, text) for word, text in table.items() if not _is_option(word, text)}
    if not slots:
        raise NotationError('names no argument, as in `input = "logits float[N C]"`')
    names = tuple(slots)
    prediction, target = names[0], names[1] if len(names) > 1 else None
    return Contract(
        name=name,
        library=OWN,
        class_name=name,
        function_name=None,
        init=(),
        forward=names,
        function=names,
        slots=slots,
        prediction=prediction,
        target=target,
        defaults=dict(defaults),
        cases=tuple(_case(case, slots) for case in cases),
        **_shapes(slots[prediction], slots[target] if target is not None else None),
    )


def named(contract: Contract, name: str, is_class: bool) -> Contract:
    """The contract of a class or a function of this name."""
    return replace(contract, name=name, class_name=name if is_class else None, function_name=None if is_class else name)


def _is_option(word: str, value: object) -> bool:
    return (word == "cases" and isinstance(value, (list, tuple))) or (word == "defaults" and isinstance(value, Mapping))


def _slot(word: str, text: object) -> Slot:
    if not isinstance(text, str):
        raise NotationError(f"`{word}` is no string of the notation, as in `logits float[N C]`")
    try:
        return Slot.parse(text)
    except NotationError as error:
        raise NotationError(f"`{word}`: {error}") from error


def _case(case: object, slots: Mapping[str, Slot]) -> Case:
    if not isinstance(case, Mapping) or not isinstance(when := case.get("when"), Mapping) or not when:
        raise NotationError("`cases`: a case has `when`, a table of options and their values, and the arguments that change")
    others = {word: _slot(word, text) for word, text in case.items() if word != "when"}
    unknown = [word for word in others if word not in slots]
    if unknown or not others:
        raise NotationError(f"`cases`: `{unknown[0]}` is no argument of the contract" if unknown else "`cases`: nothing changes")
    return Case(dict(when), others)


def _shapes(prediction: Slot, target: Slot | None) -> dict[str, Any]:
    """What the dims say of the two arguments together: equal shapes, or class ids without the class axis."""
    if target is None:
        return {}
    mine, theirs = prediction.alternatives[0].dims, target.alternatives[0].dims
    relation: Literal["same", "class_index"] | None = None
    if mine == theirs and len(prediction.alternatives) == len(target.alternatives) == 1:
        return {"relation": "same", "mismatch": "silent"}
    missing: Sequence[int] = [axis for axis, dim in enumerate(mine) if dim not in theirs]
    if len(missing) != 1 or any(dim.startswith("*") for dim in mine[: missing[0] + 1]):
        return {}
    axis = missing[0]
    if target.domains == {"class_index"} and axis == 1 and theirs == mine[:axis] + mine[axis + 1 :]:
        relation = "class_index"
    return {"class_axis": axis, "relation": relation, "mismatch": "raises" if relation is not None else None}
