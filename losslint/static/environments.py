"""Environments of gym and gymnasium: a step gives one number as its reward, and one flag or two that say whether it is over."""

from __future__ import annotations

from typing import Final

from losslint.facts import Facts, Kind
from losslint.oneof import OneOf
from losslint.shapes import Shape
from losslint.static import tabular
from losslint.static.modules.library import read_table
from losslint.static.operand import Operand
from losslint.static.values import NOTHING, Data, LibraryObject, Members, Value, choose, constants

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
    if name != "step":
        return None
    seen, reward, over = observation(made), _one("number"), _one("bool")
    older, newer = [seen, reward, over, NOTHING], [seen, reward, over, over, NOTHING]
    return choose([(Members("tuple", older), ()), (Members("tuple", newer), ())])


def observation(made: LibraryObject) -> Value:
    """A vector, in environments that are known by their names and that nothing is wrapped around."""
    name = constants(made.args[0]).only if made.name == ENVIRONMENT and made.args else None
    sizes = read_table("tabular.toml")["observations"]
    size = next((int(size) for kind, size in sizes.items() if isinstance(name, str) and name.startswith(kind)), None)
    return NOTHING if size is None else tabular.array(OneOf.of("float32", "float64"), OneOf.of(Shape((size,))))


def _one(kind: Kind) -> Value:
    return Data(Operand(Facts(kind=OneOf.of(kind))))
