"""One interpretation of a program: files are loaded as they are imported, entry points run, then what nobody called."""

from __future__ import annotations

import gc
import os
import re
import sys
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeVar

from losslint.contracts import Contract
from losslint.errors import InputError
from losslint.static.attributes import keeping
from losslint.static.blanks import forget_empty
from losslint.static.budgets import IMPORT, Budget, main_block, uncalled
from losslint.static.freezing import freezes
from losslint.static.imports import Resolver
from losslint.static.known import Known, Packed
from losslint.static.lightning import in_mode_of
from losslint.static.machine import FileModule, Record, Scope
from losslint.static.parsing import Unparsable, trusting
from losslint.static.positions import SourceMap
from losslint.static.relevance import Relevance
from losslint.static.room import with_room
from losslint.static.segments import Segments
from losslint.static.shares import Lost, divided, side_by_side
from losslint.static.sources import Source, broken, read_source
from losslint.static.statements import Statements
from losslint.static.testing import leads_to_a_loss
from losslint.static.unreached import is_unreached
from losslint.static.values import NOTHING, Class, Function, Instance

NEVER_ALONE: Final = frozenset({"__init__", "__new__", "__repr__", "__str__", "__len__", "__del__"})
"""Methods that are entered with their object or say nothing about a loss."""
SUBCLASSES: Final = 4
"""Classes on whose objects an inherited method that nobody calls is tried."""
SELDOM: Final = (100_000, 50, 100)
"""The garbage collector's thresholds: trees are no garbage, and going through them again and again costs much."""
SCOUTS: Final = 2
"""Processes that look for the tests which lead to a loss: each imports anew what all of them do."""
TESTED: Final = re.compile(r"^\s*(?:async )?def test", re.MULTILINE)
T = TypeVar("T")


@dataclass(frozen=True)
class Scouted:
    """The names of the tests that lead to a loss, those of the files read for that, what could not be, and the code that was."""

    leading: set[str]
    parsed: set[str]
    complaints: list[InputError]
    code: dict[str, Packed]


class Program:
    """The files that an interpretation reached. A file that cannot be read or parsed raises InputError when it was asked for by
    the user, and is unknown when it was only imported. `imports`: which files each of them imports."""

    def __init__(self, roots: list[str], losses: Mapping[str, Contract] | None = None, asked: Iterable[str] = ()) -> None:
        """`asked`: the files that the user wants checked. Those that are not added count once others import them."""
        self.resolver = Resolver(roots)
        self.asked = {_key(path): path for path in asked}
        self.given: dict[str, Source] = {}
        self.beside: set[str] = set()
        self.modules: dict[str, FileModule | None] = {}
        self.keys: dict[str, str] = {}
        self.imports: dict[str, set[str]] = {}
        self.machine = Statements(self.find, self.loaded, losses, self.resolver.resolve)
        self.parsed: set[str] = set()
        self.known = Known()
        self.fruitless: Counter[str] = Counter()
        self.relevance = Relevance((), lambda name: False)

    def add(self, source: Source) -> FileModule:
        """Take in a file that the user wants checked. Raises InputError when it is no Python."""
        key = _key(source.path)
        module = self.modules.get(key)
        if module is None:
            module = self.modules[key] = self.lowered(source, key)
        module.checked = key not in self.beside
        return module

    def loaded(self) -> Iterator[FileModule]:
        """Every file that was read so far."""
        return (module for module in list(self.modules.values()) if module is not None)

    def lowered(self, source: Source, name: str) -> FileModule:
        self.parsed.add(name)
        try:
            segments = Segments(source.text, self.known)
            tree = segments.module()
            places, outline = SourceMap(source, segments), segments.outline or tree
            return FileModule(name, source.path, source, tree, places, outline, freezes(source.text))
        except Unparsable as error:
            raise broken(source, error) from error

    def find(self, importer: FileModule, name: str, level: int) -> FileModule | None:
        """The module that an import means, run on its first import; None when it is not part of the program."""
        path = self.resolver.resolve(importer.path, name, level)
        if path is None and not level:
            path = self.resolver.appended(importer.path, name, importer.source.text)
        if path is None:
            return None
        key = self.keys.get(path)
        if key is None:
            key = self.keys[path] = _key(path)
        self.imports.setdefault(importer.name, set()).add(key)
        if key not in self.modules:
            self.modules[key] = None  # while it is read: whatever happens, it isn't tried again
            self.modules[key] = self.load(path, key)
        module = self.modules[key]
        if module is not None:
            self.run_body(module)
        return module

    def load(self, path: str, key: str) -> FileModule | None:
        if Path(path).is_dir():  # a namespace package, or a package without code
            init = str(Path(path) / "__init__.py")
            source = Source(init, "")
            return self.lowered(source, key)
        try:
            module = self.lowered(self.given.get(key) or read_source(self.asked.get(key) or _shown(path)), key)
        except Exception:  # not asked for by the user: what it defines stays unknown
            return None
        module.checked = key in self.asked
        return module

    def run_body(self, module: FileModule) -> None:
        if module.ran:
            return
        module.ran = True
        self.machine.guard(
            module, "its own code", lambda: self.machine.execute(module.tree.body, Scope(module.names, module)), IMPORT
        )

    def begin(self, sources: Sequence[Source], beside: Sequence[Source] = ()) -> list[Source]:
        """Interpret what the files that the user wants checked do themselves: their bodies and their main blocks, tests apart.
        Returns those that are to be followed further: tests that lead to no loss aren't. `beside`: files that use those."""
        self.beside = {_key(one.path) for one in beside}
        sources = [*sources, *beside]
        self.given.update((_key(one.path), one) for one in sources)
        self.machine.crowd(len(sources))
        tests = [one for one in sources if one.tests]
        parts = divided(tests, [1] * len(tests), SCOUTS)
        apart = len(parts) > 1
        modules = self.taken(one for one in sources if not (apart and one.tests))
        self.run_files([module for module in modules if not module.source.tests])
        self.relevance = Relevance(self.loaded(), lambda name: self.machine.contract(name) is not None, self.machine.own_names)
        leading = self.scouted_apart(parts) if apart else self.scout(parts[0]).leading
        self.relevance.extend(self.loaded())
        return [one for one in sources if not one.tests or _key(one.path) in leading]

    def taken(self, sources: Iterable[Source]) -> list[FileModule]:
        """The files that are Python; complaints tell of the others."""
        modules = []
        for source in sources:
            try:
                modules.append(self.add(source))
            except InputError as error:
                if _key(source.path) not in self.beside:
                    self.machine.complaints.append(error)
        return modules

    def scout(self, tests: Sequence[Source]) -> Scouted:
        """Find the tests that lead to a loss."""
        told = len(self.machine.complaints)
        modules = self.taken(tests)
        leading = {one.name for one in modules if one.ran or leads_to_a_loss(one, self.relevance, self.machine)}
        return Scouted(leading, self.parsed, self.machine.complaints[told:], self.known.fresh)

    def scouted_apart(self, parts: Sequence[Sequence[Source]]) -> set[str]:
        """Find them in processes side by side: what the other tests are made of is then never known here."""
        leading = set()
        self.known.keeps = True
        for part, told in zip(parts, side_by_side(parts, self.scout), strict=True):
            if isinstance(told, Lost):
                self.machine.complaints.append(told.error([one.path for one in part]))
                continue
            leading |= told.leading
            self.parsed |= told.parsed
            self.machine.complaints += told.complaints
            self.known.learn(told.code)
        return leading

    def shares(self, sources: Sequence[Source]) -> list[list[Source]]:
        """The files in shares that take about as long."""
        return divided(sources, [self.weight(one) for one in sources])

    def weight(self, source: Source) -> int:
        """About how many functions of a file wait to be entered."""
        module = self.modules.get(_key(source.path))
        if source.tests and (module is None or not module.ran):
            return len(TESTED.findall(source.text))
        return sum(map(self.waits, module.functions)) if module is not None else 0

    def finish(self, sources: Sequence[Source]) -> None:
        """Interpret the tests among some of the files, then the functions that nobody called."""
        modules = self.taken(sources)
        self.run_files([one for one in modules if one.source.tests])
        self.relevance.extend(self.loaded())
        for module in modules:
            used = self.relevance.used(module)
            self.run_rest(module, lambda function, used=used: function.name not in used)  # type: ignore[misc]
        for module in modules:
            self.run_rest(module, lambda function: True)
        for module in modules:
            self.run_inner(module)

    def run_files(self, modules: list[FileModule]) -> None:
        for module in modules:
            self.run_body(module)
        budget = main_block(sum(len(module.deferred) for module in modules) or 1)
        for module in modules:
            self.run_main(module, budget)

    def run_main(self, module: FileModule, budget: Budget) -> None:
        blocks, module.deferred = module.deferred, []
        for body in blocks:
            self.machine.guard(
                module,
                "its main block",
                lambda body=body: self.machine.execute(body, Scope(module.names, module)),  # type: ignore[misc]
                budget,
            )

    def run_rest(self, module: FileModule, chosen: Callable[[Function], bool]) -> None:
        for function in list(module.functions):
            if not chosen(function) or not self.waits(function):
                continue
            if function.owner is None:
                self.alone(function, lambda f=function: self.enter(f, []))  # type: ignore[misc]
            else:
                self.alone(function, lambda f=function: self.enter_method(f))  # type: ignore[misc]

    def waits(self, function: Function) -> bool:
        """Whether a function was never entered, can be alone, and can have to do with a loss."""
        if function.entered or (function.scope.parent is not None if function.owner is None else function.name in NEVER_ALONE):
            return False
        return self.relevance.matters(function, self.machine.within)

    def alone(self, function: Function, work: Callable[[], object]) -> None:
        self.machine.tried = False
        path, met = function.module.path, len(self.machine.records)
        ended = self.machine.guard(function.module, function.full_name, work, uncalled(self.fruitless[path]))
        if len(self.machine.records) > met:
            self.fruitless[path] = 0
        elif not ended:
            self.fruitless[path] += 1

    def enter_method(self, function: Function) -> None:
        """Run a method on an object of each class that has it from here."""
        if function.kind == "staticmethod" or function.owner is None:
            self.enter(function, [])
            return
        with self.machine.sparing():
            objects = self.objects(function.owner, function.name)
        for one in objects:
            forget_empty(one)
            with self.machine.sparing():
                self.machine.construct(one)
            with keeping(one), in_mode_of(one, function.name), self.machine.assuming(one.born):
                self.machine.wrap_up(one, function)
                self.machine.tried = one.cls is not function.owner
                self.enter(function, [one.cls if function.kind == "classmethod" else one])

    def run_inner(self, module: FileModule) -> None:
        """Functions made by others that nobody called, such as the closure that an optimizer takes: each once, as last made."""
        done: set[int] = set()
        while True:
            done.update(id(function.node) for function in module.functions if function.entered)
            waiting = [
                one
                for one in module.functions
                if one.owner is None and id(one.node) not in done and self.relevance.matters(one, self.machine.within)
            ]
            if not waiting:
                return
            done.add(id(waiting[-1].node))
            self.alone(waiting[-1], lambda f=waiting[-1]: self.enter(f, []))  # type: ignore[misc]

    def objects(self, cls: Class, method: str) -> list[Instance]:
        """One object of each class that has a method from `cls`: those that the program made, else some made with unknown
        arguments."""
        if not cls.instances:
            for one in cls.subclasses[:SUBCLASSES] or [cls]:
                self.make(one)
        first: dict[int, Instance] = {}
        barred: list[Instance] = []
        for instance in cls.instances:
            found = instance.cls.lookup(method)
            if (found is None or found[1] is cls) and id(instance.cls) not in first:
                if is_unreached(self.machine, instance, method, self.relevance.says):
                    barred.append(instance)
                else:
                    first[id(instance.cls)] = instance
        if not first:  # each has its own, or never calls it
            self.make(cls, barred)
            first = {id(one.cls): one for one in cls.instances if one.cls is cls and one not in barred}
        return list(first.values())[:SUBCLASSES]

    def make(self, cls: Class, beside: Collection[Instance] = ()) -> None:
        if not any(one.cls is cls for one in cls.instances if one not in beside):
            self.machine.instantiate(cls, [], {"**": NOTHING}, cls.node, Scope(cls.module.names, cls.module))

    def enter(self, function: Function, args: list[Any]) -> None:
        scope = Scope(function.module.names, function.module)
        self.machine.enter(function, args, {"**": NOTHING} if args or function.owner is None else {}, function.node, scope)

    @property
    def records(self) -> list[Record]:
        return self.machine.records


def interpreting(work: Callable[[], T]) -> T:
    """Run `work` with room for deep recursion: interpreted calls nest many Python calls each."""
    limit, often = sys.getrecursionlimit(), gc.get_threshold()
    sys.setrecursionlimit(20_000)
    gc.set_threshold(*SELDOM)
    try:
        with trusting():
            return with_room(work)
    finally:
        sys.setrecursionlimit(limit)
        gc.set_threshold(*often)


def _key(path: str) -> str:
    """One name for a file, whichever way to it is taken."""
    return os.path.abspath(path)  # noqa: PTH100


def _shown(path: str) -> str:
    """A path relative to the working directory where it lies below it."""
    try:
        return str(Path(path).absolute().relative_to(Path.cwd()))
    except ValueError:
        return path
