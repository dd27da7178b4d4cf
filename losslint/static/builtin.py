"""Python's own functions, and the methods of its containers and strings."""

from __future__ import annotations

import ast
import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from losslint.facts import Domain, Facts, Range
from losslint.oneof import ANY, OneOf
from losslint.static import configs, dynamic, environments, hydra, instances, lengths, library, loading
from losslint.static.choices import Origin
from losslint.static.operand import Operand
from losslint.static.picking import pick
from losslint.static.values import (
    BATCH,
    NOTHING,
    Alternatives,
    Class,
    Data,
    Function,
    Instance,
    Library,
    LibraryObject,
    Members,
    Method,
    ModuleValue,
    Partial,
    Super,
    Table,
    Unknown,
    Value,
    alternatives,
    constant,
    constants,
    contents,
    facts_of,
    is_answer,
    is_none,
    is_settings,
    join,
    join_all,
    losses_of,
    operand_of,
    overwrite,
)
from losslint.tri import Tri

if TYPE_CHECKING:
    from losslint.static.calls import Args, Calls, Keywords
    from losslint.static.machine import Scope

NAMES = frozenset({
    "len", "range", "enumerate", "zip", "list", "tuple", "dict", "set", "super", "getattr", "setattr", "hasattr", "isinstance",
    "int", "float", "bool", "str", "print", "sum", "min", "max", "abs", "round", "map", "filter", "sorted", "reversed", "iter",
    "next", "type", "vars", "globals", "locals", "object", "callable", "any", "all", "input", "open", "repr", "id", "property",
    "staticmethod", "classmethod", "Exception", "issubclass", "format", "slice", "frozenset", "bytes", "divmod", "pow", "eval",
    "exec", "reveal", "__import__",
})  # fmt: skip

NAMED_TUPLE = "typing.NamedTuple"
LONGEST: Final = 64
"""Members of a list that are told apart as it grows."""
NUMBERS: Final = frozenset(
    {"time.time", "time.perf_counter", "random.random", "random.uniform", "random.gauss", "random.randrange"}
)
"""Functions of the standard library, beside those of `math`, that give a number."""
PLAIN: Final = {f"builtins.{kind.__name__}": kind for kind in (bool, int, float, complex, str)}
"""Classes of which a plain constant is an instance, or isn't."""
PYTHON: Final = {"builtins.list": "list", "builtins.tuple": "tuple", "builtins.dict": "dict", "builtins.str": "str",
                 "torch.Tensor": "tensor", "torch.autograd.Variable": "tensor", "numpy.ndarray": "ndarray"}  # fmt: skip
"""Classes by the kind of value that their instances are."""
HELD_AS: Final = {
    "builtins.dict": "dict", "collections.OrderedDict": "dict", "collections.UserDict": "dict", "builtins.list": "list",
    "collections.UserList": "list",
}  # fmt: skip
"""What the objects of a class that derives from it hold their members as."""
FUNCTION_TYPES: Final = frozenset({"types.FunctionType", "types.LambdaType", "typing.Callable", "collections.abc.Callable"})


def call(machine: Calls, name: str, args: Args, keywords: Keywords, node: ast.AST, scope: Scope) -> Value | None:
    """The result of a function of Python or of its standard library; None when it isn't one that matters here."""
    if name in ("functools.partial", "functools.partialmethod") and args:
        return Partial(args[0], tuple(args[1:]), dict(keywords))
    if name == "functools.wraps":
        return Partial(Library("functools.update_wrapper"), (), {})
    if name == "collections.namedtuple":
        return _named_tuple(args, scope)
    if name == "collections.OrderedDict":
        name = "builtins.dict"
    if name == "torch.is_tensor":
        name, args = "builtins.isinstance", [*args, Library("torch.Tensor")]
    if name == "random.randint" and len(args) == 2:
        return _drawn(constants(args[0]).only, constants(args[1]).only)
    if name == "random.choice" and len(args) == 1 and isinstance(args[0], Members):
        return args[0].any()
    if name == "torch.hub.load" and len(args) > 1:
        return _from_hub(machine, args, keywords, node, scope)
    if name.startswith("hydra.") and (made := hydra.call(machine, name, args, keywords, node, scope)) is not None:
        return made
    if name in configs.LOADS:
        path = _file(machine, args, scope)
        return configs.value_of(configs.read(path), Origin("config")) if path is not None else Unknown(origin=Origin("config"))
    if name in configs.MERGES:
        return configs.merged(args, Origin("config"))
    if name in configs.SAME and len(args) == 1:
        return args[0]
    if name in environments.MAKES:
        return LibraryObject(environments.ENVIRONMENT, args, keywords, branch=machine.branches)
    if name in loading.COLLATES:
        return loading.collated(args)
    if name in loading.SPLITS and args:
        return Members("list", None, args[0])
    if name == "collections.defaultdict":
        return Table({}, NOTHING, branch=machine.branches)
    if name == "importlib.import_module":
        return dynamic.import_module(machine, args, keywords, node, scope)
    if name.startswith("math.") or name in NUMBERS:
        return _number()
    if name in ("inspect.isfunction", "builtins.callable"):
        return _callable(args, name == "inspect.isfunction")
    if not name.startswith("builtins."):
        return pick(machine, name, args, keywords, node, scope)
    handler = _HANDLERS.get(name[9:])
    return handler(machine, args, keywords, node, scope) if handler is not None else None


def _file(machine: Calls, args: Args, scope: Scope) -> Path | None:
    """The file that a function reads, given by its name or opened."""
    given = args[0] if args else NOTHING
    if isinstance(given, LibraryObject) and given.name == "builtins.open" and given.args:
        given = given.args[0]
    origin = machine.origin_of(given)
    named = origin.default if origin is not None else constants(given)
    return configs.find(named.only, scope.module.path)


def _open(machine: Calls, args: Args, keywords: Keywords, node: ast.AST, scope: Scope) -> Value:
    return LibraryObject("builtins.open", args, keywords, branch=machine.branches)


def _from_hub(machine: Calls, args: Args, keywords: Keywords, node: ast.AST, scope: Scope) -> Value:
    """`torch.hub.load("pytorch/vision", "resnet18")` is torchvision's model; of other repositories nothing is known."""
    repository = constants(args[0]).only
    if not isinstance(repository, str) or not repository.startswith("pytorch/vision"):
        return NOTHING
    model = machine.by_name(args[1], lambda name: Library(f"torchvision.models.{name}"))
    return machine.call(model, args[2:], keywords, node, scope)


def hold(machine: Calls, instance: Instance, args: Args, keywords: Keywords, node: ast.AST, scope: Scope) -> None:
    """Give an object of a class that derives from `dict` or `list` what it holds, as those are made of the arguments."""
    kinds = (HELD_AS[name] for name in instance.cls.library_bases() if name in HELD_AS)
    if (kind := next(kinds, None)) is not None:
        made = _HANDLERS[kind](machine, args, keywords, node, scope)
        unknown = (
            Table({}, NOTHING, branch=machine.branches) if kind == "dict" else Members("list", None, branch=machine.branches)
        )
        instance.held = made if isinstance(made, (Table, Members)) else unknown


def iterate(machine: Calls, value: Value, node: ast.AST, scope: Scope) -> list[Value] | Value:
    """What iterating gives: the members one by one where they are known and few, else one value for all."""
    if isinstance(value, Members):
        return list(value.items) if value.items is not None and len(value.items) <= 16 else value.any()
    if isinstance(value, Table):
        return [constant(key) for key in value.items] if value.rest is None and len(value.items) <= 16 else NOTHING
    if isinstance(value, LibraryObject):
        if value.name == "torch.nn.ModuleList":
            return library.list_items(value) or NOTHING
        if value.name == "torch.nn.Sequential":
            return library.layers(value)
        if value.name == loading.LOADER:
            return loading.batch(machine, value, node, scope)
    if isinstance(value, Instance):
        if (named := fields_in_order(value)) is not None:
            return named
        for name in ("__iter__", "__getitem__"):
            found = value.cls.lookup(name)
            if found is not None and isinstance(found[0], Function):
                made = machine.enter(found[0], [value, NOTHING] if name == "__getitem__" else [value], {}, node, scope)
                return made.any() if isinstance(made, Members) and name == "__iter__" else made
        if value.held is not None:
            return iterate(machine, value.held, node, scope)
    if isinstance(value, Alternatives):
        every = [iterate(machine, one, node, scope) for one in value.values]
        return join_all([join_all(one) if isinstance(one, list) else one for one in every])
    if isinstance(value, Data) and value.operand.facts.kind.only in ("tensor", "ndarray"):
        return machine.operate("operator.getitem", [value, _number()], {}, node, scope)
    if isinstance(value, Unknown) and (value.plain or loading.is_loader(node)):
        return BATCH
    return NOTHING


def turns(machine: Calls, value: Value, node: ast.AST, scope: Scope) -> list[Value] | Value:
    """What a loop goes through. Nobody goes through an empty list: what fills it isn't seen from here."""
    found = iterate(machine, value, node, scope)
    return NOTHING if found == [] and isinstance(value, Members) and value.kind == "list" else found


def fields_in_order(value: Instance) -> list[Value] | None:
    """The members of a named tuple; None when the object is none."""
    if value.cls.fields is None or NAMED_TUPLE not in value.cls.library_bases():
        return None
    return [value.attributes.get(name, value.cls.names.get(name, NOTHING)) for name in value.cls.fields]


def container_method(machine: Calls, held: Members | Table, name: str, args: Args, keywords: Keywords) -> Value:
    if isinstance(held, Members):
        if name in ("append", "add", "appendleft") and args:
            if name == "appendleft":
                held.forget(args[0])
            elif machine.grows(held) or len(held.tail if held.items is None else held.items) >= LONGEST:
                held.grow(args[0])
            else:
                (held.tail if held.items is None else held.items).append(args[0])
            return constant(None)
        if name in ("extend", "insert"):
            more = args[-1] if args else NOTHING
            known = len(held.items or held.tail) + len(more.items or more.tail) if isinstance(more, Members) else 0
            at = constants(args[0]).only if name == "insert" and len(args) == 2 else None
            if held.items is not None and isinstance(at, int) and len(held.items) < LONGEST and not machine.grows(held):
                held.items.insert(at, more)
            elif name == "insert" or not isinstance(more, Members) or machine.grows(held) or known > LONGEST:
                held.forget(more.any() if isinstance(more, Members) and name == "extend" else more)
            elif more.items is not None:
                (held.tail if held.items is None else held.items).extend(more.items)
            else:
                held.forget(more.rest)
                held.tail = list(more.tail)
            return constant(None)
        if name == "reverse" and held.items is not None and not machine.grows(held):
            held.items.reverse()
            return constant(None)
        if name in ("clear", "remove", "reverse", "sort", "rotate"):
            least = held.least if name in ("reverse", "sort", "rotate") else 0
            held.forget()
            held.least = least
            return constant(None)
        if name in ("pop", "popleft"):
            index = 0 if name == "popleft" else constants(args[0]).only if args else -1
            if held.items and isinstance(index, int) and -len(held.items) <= index < len(held.items) and not machine.grows(held):
                return held.items.pop(index)
            if held.tail and index == -1 and not machine.grows(held):
                return held.tail.pop()
            held.forget()
            return held.rest
        asked = constants(args[0]).only if name in ("get", "pop") and args else name
        if (found := held.named(asked)) is not None:
            return found
        return held if name == "copy" else NOTHING
    if name in ("get", "pop", "setdefault") and args:
        found = machine.look_up(held, args[0], args[1] if len(args) > 1 else constant(None))
        if name == "setdefault" and (key := constants(args[0]).only) is not None:
            machine.store(held.items, held, key, found)
        return found
    if name == "items":
        pairs: list[Value] = [Members("tuple", [constant(key), value]) for key, value in held.items.items()]
        if held.rest is None:
            return Members("list", pairs)
        return Members("list", None, join_all([*pairs, Members("tuple", [NOTHING, held.rest])]))
    if name == "values":
        values = list(held.items.values())
        return Members("list", values, NOTHING) if held.rest is None else Members("list", None, lookup(held, ANY))
    if name == "keys":
        return Members("list", [constant(key) for key in held.items])
    if name == "update":
        for more in args:
            if isinstance(more, Table):
                held.items.update(more.items)
            elif held.owned or (isinstance(more, Unknown) and is_settings(held)):
                overwrite(held.items, machine.branches)
        held.items.update({key: value for key, value in keywords.items() if key != "**"})
        return constant(None)
    return held if name == "copy" else NOTHING


def lookup(held: Table, key: OneOf[Any], default: Value | None = None) -> Value:
    """`table[key]`: several alternatives where the key is one of several, every member where it is unknown."""
    if held.rest is None:
        other = default or NOTHING
    elif held.rest is NOTHING or default is None or is_none(default):  # what is asked for without more ado is there
        other = held.rest
    else:
        other = join(held.rest, default)
    if key.known:
        found = [held.items.get(one, other) for one in key]
        return join_all(found)
    every = [*held.items.values(), *([] if held.rest is None and default is None else [other])]
    return NOTHING if held.rest is NOTHING else join_all(every)


def string_method(receiver: Data, name: str, args: Args, keywords: Keywords) -> Value | None:
    values = receiver.operand.value
    if not values.known or not all(isinstance(one, str) for one in values):
        return None
    given = [constants(value).only for value in args]
    if name not in ("lower", "upper", "strip", "format", "replace", "title", "capitalize", "split", "startswith", "endswith"):
        return NOTHING
    if any(one is None for one in given) or keywords:
        return NOTHING
    try:
        results = [getattr(one, name)(*given) for one in values]
    except (TypeError, ValueError, IndexError, KeyError):
        return NOTHING
    made = [Members("list", [constant(part) for part in one]) if isinstance(one, list) else constant(one) for one in results]
    return join_all(list(made))


# Functions


def _sequence(kind: str) -> Callable[[Calls, Args, Keywords, ast.AST, Scope], Members]:
    def make(machine: Calls, args: Args, keywords: Keywords, node: ast.AST, scope: Scope) -> Members:
        if not args:
            return Members(kind, [], branch=machine.branches)
        found = iterate(machine, args[0], node, scope)
        return Members(kind, found, branch=machine.branches) if isinstance(found, list) else Members(kind, None, found)

    return make


def _reversed(machine: Calls, args: Args, keywords: Keywords, node: ast.AST, scope: Scope) -> Value:
    found = _sequence("list")(machine, args, keywords, node, scope)
    return Members("list", found.items[::-1], branch=machine.branches) if found.items else found


def _sorted(machine: Calls, args: Args, keywords: Keywords, node: ast.AST, scope: Scope) -> Value:
    """In order where the members are constants that have one; which of the others comes first isn't known."""
    found = _sequence("list")(machine, args, {}, node, scope)
    values = [constants(one).only for one in found.items or ()]
    if found.items is None or len(found.items) < 2:
        return found
    words = [one for one in values if isinstance(one, str)]
    if len(words) == len(values) and not keywords:
        return Members("list", [constant(one) for one in sorted(words)], branch=machine.branches)
    return Members("list", None, found.any(), branch=machine.branches)


def _named_tuple(args: Args, scope: Scope) -> Value:
    """The class that `namedtuple("Output", "logits probs")` makes."""
    given = args[1] if len(args) > 1 else NOTHING
    if isinstance(given, Members) and given.items is not None:
        names = [constants(one).only for one in given.items]
    else:
        text = constants(given).only
        names = list(text.replace(",", " ").split()) if isinstance(text, str) else [None]
    if not all(isinstance(name, str) for name in names):
        return NOTHING
    empty = ast.ClassDef(name="namedtuple", bases=[], keywords=[], body=[], decorator_list=[])
    return Class("namedtuple", [Library(NAMED_TUPLE)], {}, scope.module, empty, fields=tuple(map(str, names)))


def _dict(machine: Calls, args: Args, keywords: Keywords, node: ast.AST, scope: Scope) -> Value:
    made = Table({}, NOTHING if "**" in keywords else None, branch=machine.branches)
    if args:
        first = args[0]
        if isinstance(first, Table):
            made.items.update(first.items)
            made.rest = first.rest
        elif isinstance(first, Members) and first.items is not None:
            for pair in first.items:
                key = constants(pair.items[0]) if isinstance(pair, Members) and pair.items and len(pair.items) == 2 else ANY
                if isinstance(pair, Members) and pair.items is not None and key.only is not None:
                    made.items[key.only] = pair.items[1]
                else:
                    made.rest = NOTHING
        else:
            made.rest = NOTHING
    made.items.update({key: value for key, value in keywords.items() if key != "**"})
    return made


def _zip(machine: Calls, args: Args, keywords: Keywords, node: ast.AST, scope: Scope) -> Value:
    if any(isinstance(value, Members) and value.kind == "*" for value in args):
        return _turned(args)
    columns = [iterate(machine, value, node, scope) for value in args]
    lists = [one for one in columns if isinstance(one, list)]
    if columns and len(lists) == len(columns):
        return Members("list", [Members("tuple", list(row)) for row in zip(*lists, strict=False)])
    if lists and all(lists):  # what is gone through with them is taken to be as long: `zip(self.layers, blocks)`
        turns = range(min(map(len, lists)))
        rows = [[one[at] if isinstance(one, list) else one for one in columns] for at in turns]
        return Members("list", [Members("tuple", row) for row in rows])
    if not columns:  # `zip(*rows)` of rows that nothing has filled yet
        return Members("list", None, NOTHING)
    return Members("list", None, Members("tuple", [join_all(one) if isinstance(one, list) else one for one in columns]))


def _turned(args: Args) -> Value:
    """`zip(*rows)` of any number of rows: the columns. A place that was kept for a row, None, is filled by then."""
    held = args[0].rest if len(args) == 1 and isinstance(args[0], Members) else NOTHING
    rows = [
        row.items if isinstance(row, Members) else fields_in_order(row) if isinstance(row, Instance) else None
        for row in alternatives(held)
        if not is_none(row)
    ]
    known = [row for row in rows if row is not None]
    if not known or len(known) < len(rows) or len({len(row) for row in known}) > 1:
        return Members("list", None, Members("tuple", None, NOTHING))
    return Members("list", [Members("tuple", None, join_all(list(column))) for column in zip(*known, strict=True)])


def _enumerate(machine: Calls, args: Args, keywords: Keywords, node: ast.AST, scope: Scope) -> Value:
    found = iterate(machine, args[0], node, scope) if args else NOTHING
    if isinstance(found, list):
        counted = not (isinstance(args[0], LibraryObject) and library.is_endless(args[0]))
        places = [constant(index) if counted else _number() for index in range(len(found))]
        return Members("list", [Members("tuple", [place, value]) for place, value in zip(places, found, strict=True)])
    return Members("list", None, Members("tuple", [_number(), found]))


def _number() -> Value:
    return Data(Operand(Facts(kind=OneOf.of("number"))))


def _drawn(low: Any, high: Any) -> Value:
    """A whole number from `low` to `high`, both included."""
    facts = Facts(kind=OneOf.of("number"), dtype=OneOf.of("int64"), requires_grad=OneOf.of(False))
    if isinstance(low, int) and isinstance(high, int) and low <= high:
        facts = facts.with_(range=Range(low, high), domain=ZERO_ONE if (low, high) == (0, 1) else ANY)
    return Data(Operand(facts))


def _range(machine: Calls, args: Args, keywords: Keywords, node: ast.AST, scope: Scope) -> Value:
    bounds = [constants(one).only for one in args]
    first, end = bounds if len(bounds) == 2 else [0, *bounds, None][:2]
    if isinstance(first, int) and isinstance(end, int) and end <= first and len(args) < 3:
        return Members("tuple", [])
    return Members("list", None, _number())


def _map(machine: Calls, args: Args, keywords: Keywords, node: ast.AST, scope: Scope) -> Value:
    if len(args) != 2:
        return NOTHING
    found = iterate(machine, args[1], node, scope)
    if isinstance(found, list):
        return Members("list", [machine.call(args[0], [one], {}, node, scope) for one in found])
    return Members("list", None, machine.call(args[0], [found], {}, node, scope))


def _first(machine: Calls, args: Args, keywords: Keywords, node: ast.AST, scope: Scope) -> Value:
    return args[0] if args else NOTHING


def _next(machine: Calls, args: Args, keywords: Keywords, node: ast.AST, scope: Scope) -> Value:
    found = iterate(machine, args[0], node, scope) if args else NOTHING
    return (found[0] if found else NOTHING) if isinstance(found, list) else found


def _super(machine: Calls, args: Args, keywords: Keywords, node: ast.AST, scope: Scope) -> Value:
    here: Scope | None = scope
    while here is not None and (here.function is None or here.function.owner is None):
        here = here.parent
    if here is None or here.function is None or here.function.owner is None or here.receiver is None:
        return NOTHING
    return Super(here.receiver, here.function.owner)


def _getattr(machine: Calls, args: Args, keywords: Keywords, node: ast.AST, scope: Scope) -> Value:
    if len(args) < 2:
        return NOTHING
    name = constants(args[1]).only
    if isinstance(name, str) and (origin := machine.origin_of(args[0])) is not None and name not in origin.assigned:
        default = constants(args[2]) if len(args) > 2 else ANY
        return Unknown(origin=origin.member(name, default=default))
    if isinstance(args[0], ModuleValue) and not constants(machine.told(args[1])).known:
        return machine.look_up(Table(definitions(args[0])), args[1])
    if isinstance(args[0], Instance) and library.SOME in args[0].attributes and not constants(machine.told(args[1])).known:
        return args[0].attributes[library.SOME]
    if isinstance(args[0], Library) and args[0].name in library.MODELS and not constants(args[1]).known:
        told = machine.told(args[1])
        if isinstance(told, Alternatives):
            return machine.each(told, lambda one: _getattr(machine, [args[0], one], {}, node, scope))
        return Library(library.SOME_MODEL)  # `getattr(models, args.arch)(…)`: nothing is known but the head that it is given
    return machine.by_name(args[1], lambda name: machine.attribute(args[0], name, node, scope))


def definitions(module: ModuleValue) -> dict[Any, Value]:
    """The public functions and classes that a module defines itself, or a package gathers from its own modules: among them is
    what a name from elsewhere means."""
    folder, name = os.path.split(module.module.path)
    below = os.path.join(folder, "") if name == "__init__.py" else None  # noqa: PTH118
    return {
        name: value
        for name, value in exported(module).items()
        if value.module is module.module or (below is not None and value.module.path.startswith(below))
    }


def exported(module: ModuleValue) -> dict[Any, Function | Class]:
    """The public functions and classes of the program that a module has, whoever defines them."""
    return {
        name: value
        for name, value in module.module.names.items()
        if isinstance(value, (Function, Class)) and not name.startswith("_")
    }


def _setattr(machine: Calls, args: Args, keywords: Keywords, node: ast.AST, scope: Scope) -> Value:
    name = constants(args[1]).only if len(args) == 3 else None
    if len(args) == 3 and isinstance(args[0], (Instance, LibraryObject)):
        if isinstance(name, str):
            machine.store(args[0].attributes, args[0], name, args[2])
        elif isinstance(args[0], Instance) and not constants(args[1]).known:
            if isinstance(args[2], (Unknown, Data)):  # options; layers get numbered names of their own
                overwrite(args[0].attributes, machine.branches)
            held = args[0].attributes.get(library.SOME)
            args[0].attributes[library.SOME] = args[2] if held is None else join(held, args[2])
    return constant(None)


def _isinstance(machine: Calls, args: Args, keywords: Keywords, node: ast.AST, scope: Scope) -> Value:
    if len(args) != 2:
        return NOTHING
    value = args[0]
    kinds = args[1].items if isinstance(args[1], Members) and args[1].items is not None else [args[1]]
    if isinstance(value, Class) or (isinstance(value, Library) and library.is_class(value.name)):
        asked = {one.name for one in kinds if isinstance(one, Library)}
        if "builtins.type" in asked:
            return constant(True)
        return constant(False) if len(asked) == len(kinds) and all(map(library.is_class, asked)) else NOTHING
    if isinstance(value, (Instance, LibraryObject)):
        truths = [instances.is_instance(value, kind) for kind in kinds]
        if Tri.YES in truths:
            return constant(True)
        return NOTHING if Tri.MAYBE in truths else constant(False)
    names = {one.name for one in kinds if isinstance(one, Library)}
    if isinstance(value, Function) and len(names) == len(kinds):
        if not names.isdisjoint(FUNCTION_TYPES):
            return constant(True)
        return constant(False) if names <= {*PLAIN, *PYTHON} else NOTHING
    kind = facts_of(value).kind.only if isinstance(value, (Data, Members, Table)) else None
    if kind is None or len(names) != len(kinds):
        return NOTHING
    if (exact := constants(value)).known and kind in ("none", "bool", "number", "str") and names <= PLAIN.keys():
        return join_all([constant(isinstance(one, tuple(PLAIN[name] for name in names))) for one in exact])
    known = {PYTHON[name] for name in names if name in PYTHON}
    other = PLAIN.keys() if kind in ("none", "list", "tuple", "dict", "str", "tensor", "ndarray") else ()
    unsure = [one for one in names if one not in PYTHON and one not in other and (kind != "tensor" or _may_be_tensor(one))]
    return constant(True) if kind in known else NOTHING if unsure else constant(False)


def _issubclass(machine: Calls, args: Args, keywords: Keywords, node: ast.AST, scope: Scope) -> Value:
    truth = instances.is_subclass(*args) if len(args) == 2 else Tri.MAYBE
    return constant(truth is Tri.YES) if truth is not Tri.MAYBE else NOTHING


def _may_be_tensor(name: str) -> bool:
    """Whether a tensor may be an instance of a library's class."""
    if name.startswith(("collections.", "typing.")):
        return name.rpartition(".")[2] in ("Iterable", "Collection", "Container", "Hashable", "Reversible", "Sized")
    return "Tensor" in name or "Parameter" in name or name == "builtins.object"


def _callable(args: Args, functions: bool) -> Value:
    """Whether something can be called, or is a function: `d() if callable(d) else d`."""
    given = args[0] if len(args) == 1 else NOTHING
    if isinstance(given, Function):
        return constant(True)
    if isinstance(given, (Class, Method, Partial)):
        return constant(not functions)
    if isinstance(given, (Members, Table)) or (isinstance(given, Data) and facts_of(given).kind.known):
        return constant(False)
    return NOTHING


def _hasattr(machine: Calls, args: Args, keywords: Keywords, node: ast.AST, scope: Scope) -> Value:
    return NOTHING


def _vars(machine: Calls, args: Args, keywords: Keywords, node: ast.AST, scope: Scope) -> Value:
    """The attributes of an object; what a command line gives is read by items then."""
    if not args:
        return _globals(machine, args, keywords, node, scope)
    held = args[0]
    if isinstance(held, ModuleValue):
        return Table(dict(held.module.names), NOTHING)
    return held if machine.origin_of(held) is not None else NOTHING


def _globals(machine: Calls, args: Args, keywords: Keywords, node: ast.AST, scope: Scope) -> Value:
    return Table(dict(scope.module.names), NOTHING)


def _len(machine: Calls, args: Args, keywords: Keywords, node: ast.AST, scope: Scope) -> Value:
    given = contents(args[0]) if args else NOTHING
    if isinstance(given, LibraryObject) and given.name in library.CONTAINERS:
        first = given.args[0] if given.args else None
        spread = given.name == "torch.nn.Sequential"
        if spread and not any(isinstance(one, (Members, Unknown)) for one in library.layers(given)):
            return constant(len(library.layers(given)))
        given = first if isinstance(first, (Members, Table)) and not spread else NOTHING
    if isinstance(given, Table) and given.rest is None:
        return constant(len(given.items))
    if isinstance(given, Members) and given.items is not None:
        return constant(len(given.items))
    return lengths.at_least(lengths.fewest(given)) if isinstance(given, Members) else _number()


def _bool(machine: Calls, args: Args, keywords: Keywords, node: ast.AST, scope: Scope) -> Value:
    """What is asked of something in a condition is the same as of its truth."""
    given = args[0] if args else constant(False)
    values = constants(given)
    if isinstance(given, Data) and values.known and facts_of(given).kind.only in ("bool", "number", "str", "none"):
        return join_all([constant(bool(one)) for one in values])
    return given if machine.origin_of(given) is not None or (isinstance(given, Alternatives) and is_answer(given)) else NOTHING


def _int(machine: Calls, args: Args, keywords: Keywords, node: ast.AST, scope: Scope) -> Value:
    return _as_number(int, args)


def _float(machine: Calls, args: Args, keywords: Keywords, node: ast.AST, scope: Scope) -> Value:
    made = _as_number(float, args)
    return Data(made.operand, numbers=losses_of(args[0])) if args and isinstance(made, Data) else made


def _as_number(kind: type[int | float], args: Args) -> Value:
    """Of an answer it is 0 or 1."""
    made = _convert(kind, args)
    seen = facts_of(args[0]) if args else Facts()
    if isinstance(made, Data) and not made.operand.value.known and seen.domain == ZERO_ONE:
        return Data(Operand(made.operand.facts.with_(domain=ZERO_ONE, range=seen.range)))
    return made


def _str(machine: Calls, args: Args, keywords: Keywords, node: ast.AST, scope: Scope) -> Value:
    return _convert(str, args)


ZERO_ONE: Final = OneOf.of(Domain("zero_one"))
CONVERTED: Final = {
    int: Facts(kind=OneOf.of("number"), dtype=OneOf.of("int64")),
    float: Facts(kind=OneOf.of("number"), dtype=OneOf.of("float64")),
    str: Facts(kind=OneOf.of("str")),
}
"""What the conversions make of anything; a number's dtype is the one that a tensor of it has."""


def _convert(kind: Any, args: Args) -> Value:
    value = constants(args[0]).only if args else None
    if value is None:
        return Data(Operand(CONVERTED[kind]))
    try:
        return constant(kind(value))
    except (TypeError, ValueError):
        return NOTHING


def _type(machine: Calls, args: Args, keywords: Keywords, node: ast.AST, scope: Scope) -> Value:
    value = args[0] if len(args) == 1 else NOTHING
    if isinstance(value, Instance):
        return value.cls
    if isinstance(value, (Members, Table)):
        return Library(f"builtins.{value.kind if isinstance(value, Members) else 'dict'}")
    return Library("torch.Tensor") if isinstance(value, Data) and facts_of(value).kind.only == "tensor" else NOTHING


def _sum(machine: Calls, args: Args, keywords: Keywords, node: ast.AST, scope: Scope) -> Value:
    found = iterate(machine, args[0], node, scope) if args else NOTHING
    members = found if isinstance(found, list) else [found]
    total: Value = args[1] if len(args) > 1 else constant(0)
    for one in members:
        total = machine.operate("operator.add", [total, one], {}, node, scope)
    return total


def _reveal(machine: Calls, args: Args, keywords: Keywords, node: ast.AST, scope: Scope) -> Value:
    if args:
        machine.reveals.append((machine.mark(node, scope).resolve(), operand_of(args[0]).facts))
        return args[0]
    return NOTHING


def _property(machine: Calls, args: Args, keywords: Keywords, node: ast.AST, scope: Scope) -> Value:
    if args and isinstance(args[0], Function):
        args[0].kind = "property"
    return args[0] if args else NOTHING


_HANDLERS: dict[str, Any] = {
    "list": _sequence("list"), "tuple": _sequence("tuple"), "set": _sequence("set"), "sorted": _sorted, "dict": _dict,
    "zip": _zip, "enumerate": _enumerate, "range": _range, "map": _map, "iter": _first, "reversed": _reversed,
    "next": _next, "super": _super, "getattr": _getattr, "setattr": _setattr, "isinstance": _isinstance, "hasattr": _hasattr,
    "globals": _globals, "locals": _globals, "vars": _vars, "len": _len, "bool": _bool, "int": _int, "float": _float, "str": _str,
    "issubclass": _issubclass, "type": _type, "sum": _sum, "open": _open, "reveal": _reveal, "property": _property,
    "eval": dynamic.evaluated, "__import__": dynamic.import_module,
}  # fmt: skip

__all__ = ["NAMES", "Method", "ModuleValue", "call", "container_method", "iterate", "lookup", "string_method"]
