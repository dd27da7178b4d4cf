"""Environments of gym and gymnasium: a step gives one number as its reward, and one flag or two that say whether it is over.
An action drawn at random is one number where the actions are numbered."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from losslint.facts import Facts, Kind
from losslint.oneof import OneOf
from losslint.shapes import Shape
from losslint.static import tabular
from losslint.static.modules.library import read_table
from losslint.static.operand import AT_FIRST, Operand
from losslint.static.values import NOTHING, Data, LibraryMethod, LibraryObject, Members, Value, choose, constants

MAKES: Final = frozenset({"gym.make", "gymnasium.make", "gym.envs.make"})
ENVIRONMENT: Final = "gymnasium.Env"
WRAPPERS: Final = ("gym.wrappers.", "gymnasium.wrappers.")
ITSELF: Final = frozenset({"unwrapped", "env"})


def is_environment(value: Value) -> bool:
    """Whether it is one environment; several that step together give arrays."""
    while isinstance(value, LibraryObject) and value.name.startswith(WRAPPERS) and value.args:
        value = value.args[0]
    return isinstance(value, LibraryObject) and value.name == ENVIRONMENT


def method(made: LibraryObject, name: str) -> Value | None:
    """What a method gives: of `step` four things, or five since it tells being over from being cut short."""
    if name == "reset":
        seen = observation(made)
        return replace(seen, operand=replace(seen.operand, tag=AT_FIRST)) if isinstance(seen, Data) else None
    if name != "step":
        return None
    seen, reward, over = observation(made), _one("number"), _one("bool")
    older, newer = [seen, reward, over, NOTHING], [seen, reward, over, over, NOTHING]
    return choose([(Members("tuple", older), ()), (Members("tuple", newer), ())])


def parts_at_first(value: Value, count: int) -> Value:
    """What `state, info = env.reset()` is taken apart into: gymnasium gives two things where gym gave one."""
    if count != 2 or not isinstance(value, Data) or value.operand.tag != AT_FIRST:
        return value
    return Members("tuple", [replace(value, operand=replace(value.operand, tag="")), NOTHING])


def drawn(receiver: Value, name: str) -> Value | None:
    """What `env.action_space.sample()` gives, where that is known."""
    if name != "sample" or not isinstance(receiver, LibraryMethod) or receiver.name != "action_space":
        return None
    made = receiver.receiver
    if not isinstance(made, LibraryObject) or not is_environment(made):
        return None
    return _one("number") if _of_its_name(made, "actions") == "number" else None


def observation(made: LibraryObject) -> Value:
    """A vector, in environments that are known by their names and that nothing is wrapped around."""
    size = _of_its_name(made, "observations")
    return NOTHING if size is None else tabular.array(OneOf.of("float32", "float64"), OneOf.of(Shape((int(size),))))


def _of_its_name(made: LibraryObject, table: str) -> str | None:
    """What a table says of environments whose names begin so."""
    while made.name.startswith(WRAPPERS) and made.args and isinstance(made.args[0], LibraryObject) and table == "actions":
        made = made.args[0]
    name = constants(made.args[0]).only if made.name == ENVIRONMENT and made.args else None
    told = read_table("tabular.toml")[table]
    return next((what for begin, what in told.items() if isinstance(name, str) and name.startswith(begin)), None)


def _one(kind: Kind) -> Value:
    return Data(Operand(Facts(kind=OneOf.of(kind))))
