"""What a program is told when it is started: argparse, click and absl, with their defaults and choices."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from losslint.oneof import ANY, OneOf
from losslint.static import told
from losslint.static.choices import Origin
from losslint.static.values import (
    NOTHING,
    Class,
    Instance,
    Library,
    LibraryObject,
    Members,
    Unknown,
    Value,
    alternatives,
    constant,
    constants,
)

if TYPE_CHECKING:
    from losslint.static.calls import Args, Calls, Keywords

PARSERS: Final = frozenset({
    "argparse.ArgumentParser", "configargparse.ArgumentParser", "configargparse.ArgParser", "simple_parsing.ArgumentParser",
})  # fmt: skip
SWITCHES: Final = {"store_true": False, "store_false": True}
CLICK: Final = frozenset({"click.option", "click.argument", "typer.Option"})
PICKED: Final = frozenset({"click.Choice"})


def parser_method(machine: Calls, parser: LibraryObject, name: str, args: Args, keywords: Keywords) -> Value | None:
    """A method of a command line's parser; None when it is another one."""
    if name in ("add_argument", "add"):
        if (added := option(args, keywords)) is not None:
            parser.attributes[f"--{added.name}"] = Unknown(origin=added)
        return constant(None)
    if name == "add_arguments" and args and isinstance(cls := args[0], Class):  # of simple_parsing
        dest = constants(keywords.get("dest", args[1] if len(args) > 1 else NOTHING)).only
        if isinstance(dest, str):
            parser.attributes[f"--{dest}"] = told.filled(machine, cls, Origin(dest))
        return constant(None)
    if name in ("add_argument_group", "add_mutually_exclusive_group", "add_subparsers", "add_parser"):
        return parser
    if name == "set_defaults":
        for key, value in keywords.items():
            held = parser.attributes.setdefault(f"--{key}", Unknown(origin=Origin(key, offered=True)))
            if isinstance(held, Unknown) and held.origin is not None:
                held.origin.default = constants(value)
        return constant(None)
    if name in ("parse_args", "parse_known_args", "parse_intermixed_args"):
        answer = Unknown(origin=Origin("args" if name == "parse_known_args" else ""))
        assert answer.origin is not None
        for key, value in parser.attributes.items():
            if key.startswith("--") and isinstance(value, Unknown) and value.origin is not None:
                value.origin.owner = answer.origin
                answer.origin.members[value.origin.name] = value.origin
            elif key.startswith("--") and isinstance(value, Instance):
                answer.origin.assigned[key[2:]] = value
        return Members("tuple", [answer, NOTHING]) if name == "parse_known_args" else answer
    return None


def option(args: Args, keywords: Keywords) -> Origin | None:
    """The option that `add_argument` or `click.option` declares; None where its name isn't known."""
    flags = [constants(value).only for value in args]
    words = [flag for flag in flags if isinstance(flag, str)]
    given = constants(keywords["dest"]).only if "dest" in keywords else None
    plain = [word for word in words if not word.startswith("-")]
    long = [word for word in words if word.startswith("--")] or words
    name = given if isinstance(given, str) else plain[0] if plain else long[0] if long else None
    if name is None:
        return None
    made = Origin(name.split("/")[0].lstrip("-").replace("-", "_"), offered=True)
    action = constants(keywords["action"]).only if "action" in keywords else None
    if action in SWITCHES or "BooleanOptionalAction" in _name(keywords.get("action")) or _true(keywords.get("is_flag")):
        made.options = (True, False)
        made.default = OneOf.of(SWITCHES.get(str(action), False))
    if "default" in keywords:
        made.default = constants(keywords["default"])
    elif not made.options and not plain and not _true(keywords.get("required")):
        made.default = OneOf.of(None)
    made.options = made.options or _options(keywords.get("choices") or keywords.get("type"), made.default)
    return made


def _options(value: Value | None, default: OneOf[Any]) -> tuple[Any, ...] | None:
    """Everything that can be picked; the default need not be among the choices."""
    if isinstance(value, LibraryObject) and value.name in PICKED:
        value = value.args[0] if value.args else None
    if not isinstance(value, Members) or value.items is None:
        return None
    every = [constants(one) for one in value.items]
    if not all(one.known for one in every) or (not default.known and default is not ANY):
        return None
    found = [constant for one in every for constant in one]
    return tuple(dict.fromkeys([*found, *default]))


def define_flag(flags: Origin, name: str, args: Args, keywords: Keywords) -> None:
    """`flags.DEFINE_enum("loss", "ce", ["ce", "mse"], "help")` of absl."""
    given = dict(zip(("name", "default", "enum_values"), args, strict=False)) | keywords
    key = constants(given.get("name", NOTHING)).only
    if isinstance(key, str):
        made = flags.member(key)
        made.offered = True
        made.default = constants(given.get("default", constant(None)))
        kind = name.rpartition("DEFINE_")[2]
        made.options = (
            (True, False) if kind in ("bool", "boolean")
            else _options(given.get("enum_values"), made.default) if kind == "enum"
            else None
        )  # fmt: skip


def _true(value: Value | None) -> bool:
    return value is not None and constants(value).only is True


def _name(value: Value | None) -> str:
    return " ".join(one.name for one in alternatives(value) if isinstance(one, Library)) if value is not None else ""
