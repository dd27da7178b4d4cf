"""The state of an interpretation: modules, scopes, budgets, branches and the loss calls met."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final
from weakref import WeakKeyDictionary

from losslint import bugs
from losslint.calls import LossCall, Use
from losslint.contracts import Contract
from losslint.errors import InputError, LosslintError
from losslint.facts import Facts
from losslint.oneof import ANY, OneOf
from losslint.places import Place, Step
from losslint.static.budgets import (
    CREDIT,
    FILES,
    HEAVY,
    IMPORT,
    LARGE,
    LATE,
    LEVELS,
    LONG,
    NEAR,
    PART,
    RUN,
    SHARES,
    Budget,
    OutOfBudget,
)
from losslint.static.choices import Guard, Origin, Paths, beyond, both, implies
from losslint.static.offers import Offers
from losslint.static.positions import Mark, SourceMap
from losslint.static.segments import assigned_value
from losslint.static.sources import Source
from losslint.static.values import (
    NOTHING,
    Alternatives,
    Class,
    Data,
    Function,
    Instance,
    Library,
    LibraryMethod,
    LibraryObject,
    Members,
    Method,
    Module,
    Pending,
    Table,
    Unknown,
    Value,
    choose,
    facts_of,
    is_none,
    losses_of,
)
from losslint.tri import Tri

if TYPE_CHECKING:
    from losslint.static.lastturn import Ends
    from losslint.static.lazily import Later

KEPT: Final = frozenset({"accumulated", "collected"})
"""Uses of a loss that was backpropagated before."""
FLAGS: Final = "absl.flags.FLAGS."
"""Options of the command line that are attributes of one object of a library."""


@dataclass(eq=False)
class FileModule:
    """One file of the program. `outline`: the whole of it, to look names up in. `deferred`: the bodies of
    `if __name__ == "__main__"`, run last. `later`: what is imported when it is asked for. `freezes`: whether it may keep
    parameters from learning."""

    name: str
    path: str
    source: Source
    tree: ast.Module
    map: SourceMap
    outline: ast.Module
    freezes: bool = False
    names: dict[str, Value] = field(default_factory=dict)
    deferred: list[list[ast.stmt]] = field(default_factory=list)
    functions: list[Function] = field(default_factory=list)
    classes: list[Class] = field(default_factory=list)
    checked: bool = False
    ran: bool = False
    later: Later | None = None

    def find(self, name: str) -> Value | None:
        """What a name of the file is, though it may have to be imported for that."""
        found = self.names.get(name)
        return self.later.find(name) if found is None and self.later is not None else found


@dataclass(eq=False)
class Turning:
    """A loop that runs. `met`: how many losses were met before it; `repeat`: the loop around it. `awaited`: what was added to a
    total, by how it is written, with what the name in it stood for; `done`: the losses that were backpropagated so; `kept`: what
    was added to totals before it was backpropagated, by how the total is written. `ends`: what it asks about its last turn, and
    `last`: whether that runs."""

    body: list[ast.stmt]
    met: int
    repeat: int
    ends: Ends = field(default_factory=dict)
    last: bool = False
    awaited: dict[str, tuple[Value | None, Mark]] = field(default_factory=dict)
    done: dict[str, tuple[Value | None, int]] = field(default_factory=dict)
    kept: list[tuple[str, frozenset[int], Mark]] = field(default_factory=list)


@dataclass
class Jumps:
    """The states in which a turn of a loop was cut short: the next turn follows those of `next`, none those of `left`."""

    next: list[tuple[dict[str, Value], Guard]] = field(default_factory=list)
    left: list[tuple[dict[str, Value], Guard]] = field(default_factory=list)


@dataclass(eq=False)
class Scope:
    """The names of a function's call, a class body or a module. `elsewhere`: where the names declared global or nonlocal live.
    `start`: what was assumed when it was entered; `returns` and `loops` hold what is assumed where they were left, `raised`
    the states in which each `try` that runs was. `turning`: the loops that run."""

    names: dict[str, Value]
    module: FileModule
    parent: Scope | None = None
    function: Function | None = None
    receiver: Value | None = None
    elsewhere: dict[str, dict[str, Value]] = field(default_factory=dict)
    start: Guard = ()
    returns: list[tuple[Value, Guard]] = field(default_factory=list)
    yields: list[Value] = field(default_factory=list)
    loops: list[Jumps] = field(default_factory=list)
    raised: list[list[tuple[dict[str, Value], Guard]]] = field(default_factory=list)
    turning: list[Turning] = field(default_factory=list)

    def find(self, name: str) -> Value | None:
        scope: Scope | None = self
        while scope is not None:
            if name in scope.names:
                return scope.names[name]
            scope = scope.parent
        return self.module.find(name)


@dataclass(eq=False)
class Record:
    """One loss call met. `refused`: met where an exception is expected, as under `pytest.raises`: what is wrong with it is the
    point.

    `group`: shared by the losses among which something picks, `share` of them in all; `member`: which of them this is, `choice`:
    under which guard, and `tied`: whether that picks the arguments too. `event`: shared by the cases that the arguments of one
    call make, each under its `guard`. `turned_off`: where gradients were, if they were for it, as in `Machine`. `apart`: met in a
    method that is taken to have run some time before. `entry`: the file where the interpretation had started. `tried`: nobody is
    known to call this method of a class derived from its own.
    """

    call: LossCall
    module: FileModule
    backward: bool = False
    used: bool = False
    result: Facts | None = None
    uses: list[Use] = field(default_factory=list)
    group: int | None = None
    share: int = 1
    member: int = 0
    refused: bool = False
    event: int | None = None
    guard: Guard = ()
    choice: Guard = ()
    tied: bool = False
    turned_off: tuple[int, int] | None = None
    apart: bool = False
    entry: FileModule | None = None
    tried: bool = False

    @property
    def site(self) -> object:
        """The loss call that it was met at."""
        where = self.call.where
        return (self.module.name, where.spot) if isinstance(where, Mark) else where


Group = tuple[int, int, int, Guard, bool]
State = tuple[int, int, bool, OneOf[str], Group | None, Guard, list[tuple[int, Guard, bool]], tuple[int, Guard] | None]
START: Final[State] = (0, 0, False, ANY, None, (), [], None)
"""Where an entry point begins: no call entered, no branch taken, nothing assumed."""


class Machine(Paths):
    """What every layer of the interpreter shares."""

    def __init__(
        self,
        find_module: Callable[[FileModule, str, int], FileModule | None],
        loaded: Callable[[], Iterable[FileModule]] = tuple,
        own_contracts: Mapping[str, Contract] | None = None,
        locate: Callable[[str, str, int], str | None] = lambda importer, name, level: None,
    ) -> None:
        super().__init__()
        self.find_module = find_module
        self.locate = locate
        self.offers = Offers(locate)
        self.loaded = loaded
        self.own_contracts = own_contracts or {}
        self.own_names = frozenset(name.rpartition(".")[2] for name in self.own_contracts)
        self.complaints: list[InputError] = []
        self.records: list[Record] = []
        self.reveals: list[tuple[Place, Facts]] = []
        self.work = 0
        self.budget = RUN
        self.end = self.stop = RUN.patience  # of the entry point, and of the call that runs
        self.reserve = 0
        self.left_out = False
        self.total, self.long, self.heavy, self.thrift, self.part = 0, LONG, RUN.spent, 1, 1
        self.depth = 0
        self.active: Counter[tuple[int, int]] = Counter()
        self.ends: WeakKeyDictionary[ast.AST, Ends] = WeakKeyDictionary()
        self.running: list[tuple[Scope, int]] = []  # who called the functions that run, and in which branch
        self.branch = 0
        self.repeat = 0
        self.switched: list[tuple[Module, OneOf[bool]]] = []
        self.branches = 0
        self.no_grad = False
        self.floats: OneOf[str] = OneOf.of("float32")  # the dtype of floating tensors that nobody says
        self.turned_off = 0, 0  # the depth and the branch at which gradients were
        self.autocast: OneOf[str] = ANY
        self.group: Group | None = None
        self.groups = 0
        self.event: tuple[int, Guard] | None = None
        self.events = 0
        self.flags = Origin("FLAGS")
        self.hits: Counter[str] = Counter()
        self.visits: dict[Function, int] = {}
        self.tried = False
        self.credit = 0
        self.sites: dict[object, int] = {}
        self.trained: set[Instance] = set()
        self.constructing: list[Scope] = []
        self.leaves: set[Step] = set()
        self.doubts = 0
        self.taken: dict[Origin, Value] = {}
        self.squashed: dict[int, tuple[Step, Origin]] = {}
        self.entry: FileModule | None = None

    def state(self) -> State:
        return self.depth, self.branch, self.no_grad, self.autocast, self.group, self.path, self.forks, self.event

    def resume(self, state: State) -> None:
        self.depth, self.branch, self.no_grad, self.autocast, self.group, self.path, self.forks, self.event = state
        self.forks = list(self.forks)

    # Branches: a write to an object that is older than the branch may or may not happen.

    def enter_branch(self) -> int:
        before = self.branch
        self.branches += 1
        self.branch = self.branches
        return before

    def grows(self, owner: Members) -> bool:
        """Whether a list is older than the innermost branch or loop: how often it is appended to isn't known."""
        return owner.branch < max(self.branch, self.repeat)

    def store(self, table: dict[Any, Value], owner: Instance | LibraryObject | Table | Members, key: Any, value: Value) -> None:
        first: Guard = ()
        if owner.branch < self.branch:
            here = self.since(owner.branch)
            inherited = owner.cls.lookup(key) if isinstance(owner, Instance) and key not in table else None
            if inherited is not None and not is_none(inherited[0]):  # a method or default of the class, where it isn't replaced
                old = Method(inherited[0], owner) if isinstance(inherited[0], Function) else inherited[0]
                value = self.overwritten(old, value, here if stays(here, owner, table) else ())
            elif key in table:
                old, before = table[key], owner.under.get(key, ()) if isinstance(owner, Instance) else ()
                if before and not isinstance(old, Alternatives) and stays(before, owner, table):
                    old = Alternatives((old,), (before,))
                value = self.overwritten(old, value, here if stays(here, owner, table) else ())
            else:
                first = here
        if isinstance(owner, Instance):
            if first:
                owner.under[key] = first
            else:
                owner.under.pop(key, None)
        table[key] = value

    def overwritten(self, old: Value, new: Value, here: Guard) -> Value:
        """What something older than the innermost branch is once it may have been given a new value here.

        An object outlives the call that changes it: what one call was told says nothing about the object in the next one,
        unless it is kept in the object too.
        """
        if not here:
            return choose([(old, ()), (new, ())])
        kept: list[tuple[Value, Guard]] = []
        for value, guard in old.cases() if isinstance(old, Alternatives) else [(old, ())]:
            if both(guard, here) is None:
                kept.append((value, guard))
            elif not implies(guard, here):
                left = beyond(here, guard)
                otherwise = both(guard, (left[0].negated(),)) if len(left) == 1 else guard
                kept.append((value, otherwise if otherwise is not None else guard))
        return choose([*kept, (new, here)]) if kept else new

    def origin_of(self, value: Value) -> Origin | None:
        """Where an unknown value comes from, when it has a name that can be asked again."""
        if isinstance(value, Unknown):
            return value.origin
        if isinstance(value, LibraryMethod) and "." not in value.name:
            receiver = value.receiver
            owner = receiver.origin if isinstance(receiver, (Instance, LibraryObject)) else self.origin_of(receiver)
            return owner.member(value.name) if owner is not None else None
        if isinstance(value, Library) and value.name.startswith(FLAGS):
            return self.flags.member(value.name[len(FLAGS) :])
        return None

    def each(self, value: Alternatives, act: Callable[[Value], Value]) -> Value:
        """Do something with each alternative that the path leaves, under its guard."""
        results: list[tuple[Value, Guard]] = []
        for one, guard in value.cases():
            path = both(self.path, guard)
            if path is not None:
                with self.assuming(path):
                    results.append((act(one), guard))
        return choose(results)

    def mark(self, node: ast.AST, scope: Scope) -> Mark:
        return Mark(scope.module.map, node)

    def switch_gradients(self, off: bool) -> bool:
        """Turn gradients off or on. Returns whether they were off, for whoever turns them back."""
        before = self.no_grad
        if off and not before:
            self.turned_off = self.depth, self.branch
        self.no_grad = off
        return before

    def switched_back(self, since: int) -> dict[Module, OneOf[bool]]:
        """Undo the switches since then. Returns the modes that the modules came to."""
        ends: dict[Module, OneOf[bool]] = {}
        while len(self.switched) > since:
            module, before = self.switched.pop()
            ends.setdefault(module, module.training)
            module.training = before
        return ends

    def note_progress(self) -> None:
        """A loss was met: its entry point is worth going on with."""
        if self.total < self.long:
            self.end = min(self.work + self.budget.patience, self.budget.work)
            self.stop = self.limit(self.depth)

    def limit(self, depth: int) -> int:
        """How far a call inside `depth` others may go: what is left belongs to those, which then go on without its result."""
        return self.end - self.reserve * min(depth, LEVELS)

    def crowd(self, files: int) -> None:
        """Expect a program of so many files."""
        self.thrift = max(files // FILES, 1)

    def share(self, count: int) -> None:
        """Leave the others of so many shares of the program their part of what is left."""
        self.long = self.total + max(LONG - self.total, 0) // count
        self.part = PART if count > 1 else 1
        self.credit = self.total + CREDIT if count > 1 else self.long

    @contextmanager
    def perhaps(self) -> Iterator[None]:
        """Evaluate what may not be run, or not to its end, without a branch of its own."""
        self.doubts += 1
        try:
            yield
        finally:
            self.doubts -= 1

    @contextmanager
    def sparing(self) -> Iterator[None]:
        """Where an entry point may take little, leave the method half of it that is run on an object which has to be made."""
        whole = self.end
        if self.total >= self.long:
            self.end -= (self.end - self.work) // 2
            self.stop = self.limit(self.depth)
        try:
            yield
        finally:
            self.end = max(self.end, whole)
            self.stop = self.limit(self.depth)

    @property
    def within(self) -> int | None:
        """How near a loss a function must be to be entered when nobody calls it; None where that doesn't matter."""
        return NEAR if self.total >= LARGE else None

    def guard(self, module: FileModule, name: str, work: Callable[[], object], budget: Budget = RUN) -> bool:
        """Run one entry point within its budget; what it takes beyond it stays unknown. Returns whether it came to its end."""
        before, floats, outside = self.state(), self.floats, self.entry
        self.entry = module
        spent = self.work, self.end, self.stop, self.reserve, self.left_out, self.visits, self.budget, self.heavy
        self.work, self.visits, self.budget, self.left_out = 0, {}, budget, False
        early = self.total < self.long or budget is IMPORT
        thrift = self.thrift if budget is IMPORT else self.thrift * self.part
        self.end, self.heavy = (budget.patience, budget.spent // thrift) if early else (LATE, HEAVY)
        self.stop = self.end
        self.reserve = min(self.end, RUN.patience) // SHARES
        met = len(self.records)
        self.resume(START)
        try:
            work()
        except (OutOfBudget, RecursionError):
            self.hit(module, name)
            return False
        except (LosslintError, MemoryError):
            raise
        except Exception as error:  # what else the program has to do with losses is still checked
            if bugs.is_raised():
                raise
            self.complaints.append(InputError(module.path, f"{name} is left out: {bugs.told(error)}"))
            return False
        else:
            return not self.left_out
        finally:
            self.entry = outside
            self.resume(before)  # a module may be imported in the middle of another
            self.total += self.work
            if self.total < self.credit and budget is not IMPORT and self.is_fruitful(self.records[met:]):
                for function in self.visits:
                    function.spent = 0
            self.work, self.end, self.stop, self.reserve, self.left_out, self.visits, self.budget, self.heavy = spent
            self.floats = floats.join(self.floats)  # what one script sets, another may not have run

    def is_fruitful(self, records: list[Record]) -> bool:
        """Whether losses were met that nobody met before, or of which more is known now."""
        fruitful = False
        for record in records:
            site, call = record.site, record.call
            seen = call.prediction
            known = seen.domain.known + seen.dtype.known + seen.shape.known + call.target.dtype.known
            if known > self.sites.get(site, -1):
                self.sites[site] = known
                fruitful = True
        return fruitful

    def settled(self, held: Pending) -> Value:
        """What a table is that nobody has read so far."""
        if held.value is None:
            held.value = NOTHING  # while it is evaluated

            def work() -> None:
                held.value = self.evaluate(assigned_value(held.node), held.scope)

            self.guard(held.scope.module, "a table of its own", work, IMPORT)
        return held.value

    def hit(self, module: FileModule, name: str) -> None:
        """Note that something was left unknown for want of budget."""
        self.hits[f"{module.path}:{name}"] += 1

    def mark_backward(self, value: Value) -> None:
        """Backward on a value. Where it may have a gradient, it is no backward on the losses computed without one: they are
        weights of others, or what another path leaves in the same place."""
        live = self.group is not None or facts_of(value).requires_grad.only is not False
        dead = value.summands if isinstance(value, Data) else frozenset()
        for index in losses_of(value) | dead:
            record = self.records[index]
            record.uses = [use for use in record.uses if use.kind not in KEPT]  # what kept it takes it to backward once more
            off = record.turned_off
            if off is not None and self.depth > off[0] and self.branch > off[1]:
                continue  # whoever turned gradients off knows that this branch isn't taken
            if live and index not in dead and self.is_held_still(record, losses_of(value)):
                continue
            if not live or record.call.grad_enabled.is_(False) is not Tri.YES:
                record.backward = True

    def is_held_still(self, record: Record, others: frozenset[int]) -> bool:
        """Whether a term of a sum was detached while another may be live: that was meant, as in a commitment loss."""
        if record.result is None or record.result.requires_grad.only is not False:
            return False
        cuts = [step for step in record.call.prediction.steps if step.cuts]
        live = (self.records[index].result for index in others if self.records[index] is not record)
        others_may = any(one is not None and one.requires_grad.only is not False for one in live)
        return others_may and bool(cuts) and all(step.aside is Tri.NO for step in cuts)

    def note_use(self, losses: frozenset[int], kind: Any, node: ast.AST, scope: Scope) -> None:
        self.note_used_at(self.mark(node, scope), losses, kind)

    def note_used_at(self, where: Mark, losses: frozenset[int], kind: Any) -> None:
        """One mark stands for one event: losses that share it went the same way at once."""
        for index in losses:
            self.records[index].uses.append(Use(kind, where))

    # The layers above fill these in.

    def call(self, function: Value, args: list[Value], keywords: dict[str, Value], node: ast.AST, scope: Scope) -> Value:
        raise NotImplementedError

    def attribute(self, value: Value, name: str, node: ast.AST, scope: Scope) -> Value:
        raise NotImplementedError

    def look_up(self, table: Table, key: Value, default: Value | None = None) -> Value:
        raise NotImplementedError

    def told(self, value: Value) -> Value:
        raise NotImplementedError

    def by_name(self, name: Value, find: Callable[[str], Value]) -> Value:
        raise NotImplementedError

    def evaluate(self, node: ast.expr, scope: Scope) -> Value:
        raise NotImplementedError

    def execute(self, body: list[ast.stmt], scope: Scope) -> bool:
        raise NotImplementedError

    def assign(self, target: ast.expr, value: Value, scope: Scope) -> None:
        raise NotImplementedError

    def assign_item(self, owner: Value, index: Value, value: Value) -> None:
        raise NotImplementedError


def stays(guard: Guard, owner: Instance | LibraryObject | Table | Members, table: dict[Any, Value]) -> bool:
    """Whether what a branch takes for granted is as true of the object when it is used as it was when it was written to."""
    told = owner.origin.members.values() if isinstance(owner, Instance) else ()  # as hyperparameters are
    return all(
        one.origin.root.born <= owner.branch
        or kept_in(table, one.origin)
        or any(member.assigned and kept_in(member.assigned, one.origin) for member in told)
        for one in guard
    )


def kept_in(table: dict[Any, Value], origin: Origin) -> bool:
    """Whether an object keeps what a condition asked about, so that both change together."""
    return any(
        (isinstance(one, Unknown) and one.origin is origin)
        or (isinstance(one, Alternatives) and any(literal.origin is origin for guard in one.guards for literal in guard))
        for one in table.values()
    )


__all__ = ["NOTHING", "FileModule", "Machine", "Record", "Scope", "Tri"]
