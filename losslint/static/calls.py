"""Calling: functions of the program are entered, library objects are looked up in the knowledge."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from dataclasses import replace
from typing import Any, Final

from losslint.calls import Passed
from losslint.facts import INTS, Facts
from losslint.oneof import ANY, OneOf
from losslint.places import Step
from losslint.shapes import Shape
from losslint.static import (
    awaiting,
    builtin,
    caching,
    environments,
    homemade,
    hooks,
    leaves,
    library,
    lightning,
    loops,
    optimizers,
    options,
    overlaps,
    spreading,
    started,
    summands,
    tabular,
    taking,
    told,
    trainers,
    visiting,
    weighing,
)
from losslint.static.blanks import forget_assigned
from losslint.static.budgets import DEPTH, RECURSION, SMALL, OutOfBudget
from losslint.static.choices import Guard, Origin, beyond, both
from losslint.static.losses import text
from losslint.static.machine import Scope
from losslint.static.modules import call_module as call_layer
from losslint.static.modules import is_module
from losslint.static.operand import Operand
from losslint.static.operations import apply, method
from losslint.static.operations.application import is_int
from losslint.static.operations.dtypes import dtypes_of, read_dtype
from losslint.static.own import OwnLosses
from losslint.static.positions import Mark
from losslint.static.segments import body_of
from losslint.static.values import (
    NOTHING,
    SIZE,
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
    Partial,
    Table,
    Unknown,
    Value,
    alternatives,
    alternatives_of,
    as_data,
    choose,
    constant,
    constants,
    facts_of,
    identified,
    join,
    join_all,
    losses_of,
    make,
    narrowed,
    operand_of,
    present,
    value_of,
)
from losslint.static.widening import changes_shape, widened
from losslint.tri import Tri

Args = list[Value]
Keywords = dict[str, Value]
NO_GRADIENT: Final = INTS | {"bool"}
"""Dtypes of what has no gradient: a loss isn't reached through it."""


CALLABLE: Final = (Function, Method, Library, Partial)
"""What the `forward` of an object may be replaced by."""


class Calls(OwnLosses):
    def call(self, function: Value, args: Args, keywords: Keywords, node: ast.AST, scope: Scope) -> Value:
        if isinstance(function, Alternatives):
            return self.call_each(function, args, keywords, node, scope)
        if isinstance(function, Function):
            if (own := self.own(function)) is not None:
                return self.call_own(own, function, args, keywords, node, scope)
            if len(args) > function.most:
                return self.unknown(args, keywords)  # it raises: nothing runs with arguments that are one place off
            return self.enter(function, args, keywords, node, scope)
        if isinstance(function, Method):
            if function.function.name == "step" and (
                (stepped := optimizers.step(self, function, args, keywords, node, scope)) is not None
            ):
                return stepped
            receiver = function.receiver
            if isinstance(receiver, Instance) and receiver.spread and function.function.name == "forward":
                within = function.function
                return spreading.called(
                    receiver, args, keywords, lambda given, named: self.enter(within, [receiver, *given], named, node, scope)
                )
            return self.enter(function.function, [receiver, *args], keywords, node, scope)
        if isinstance(function, Class):
            return self.instantiate(function, args, keywords, node, scope)
        if isinstance(function, (Instance, LibraryObject)):
            if hooks.KEY in function.attributes:
                return hooks.called(self, function, args, keywords, node, scope)
            return self.call_unhooked(function, args, keywords, node, scope)
        if isinstance(function, Library):
            return self.call_library(function.name, args, keywords, node, scope)
        if isinstance(function, LibraryMethod):
            return self.call_method(function, args, keywords, node, scope)
        if isinstance(function, Partial):
            return self.call(function.function, [*function.args, *args], {**function.keywords, **keywords}, node, scope)
        trainers.note_training(self, "", args, keywords, node, scope)
        return self.unknown(args, keywords)

    def call_unhooked(self, made: Module, args: Args, keywords: Keywords, node: ast.AST, scope: Scope) -> Value:
        """Call an object, its hooks apart."""
        if isinstance(made, Instance):
            return self.call_instance(made, args, keywords, node, scope)
        if isinstance(replaced := made.attributes.get("forward"), CALLABLE):
            return self.call(replaced, args, keywords, node, scope)
        return self.call_object(made, args, keywords, node, scope)

    def unknown(self, args: Args, keywords: Keywords) -> Value:
        """What an unknown call returns: nothing is known of it but the losses that went in."""
        losses: frozenset[int] = frozenset()
        steps: tuple[Step, ...] = ()
        for value in (*args, *keywords.values()):
            losses |= losses_of(value)
            if isinstance(value, Data) and any(step.cuts for step in value.operand.facts.steps):
                steps = value.operand.facts.steps  # what is computed from a value that was cut off is cut off
        return Unknown(losses, steps) if losses or steps else NOTHING

    def call_each(self, function: Alternatives, args: Args, keywords: Keywords, node: ast.AST, scope: Scope) -> Value:
        known = (Data, Unknown, Members, Table)
        every = [case for case in function.cases() if both(self.path, case[1]) is not None]
        callable_ = [case for case in every if not isinstance(case[0], known)]
        if not callable_:
            return self.unknown(args, keywords)
        if not function.guards:  # what is known decides: a path on which nothing is known does not make the others right
            every = callable_
        callable_ = [case for case in callable_ if self.takes(case[0], args, keywords)] or callable_
        made = {one.name for one, _ in callable_ if isinstance(one, LibraryObject)}  # of a class and its object, the object
        callable_ = [case for case in callable_ if not (isinstance(case[0], Library) and case[0].name in made)]
        before = self.group
        self.groups += 1
        number = self.groups  # calls inside have groups of their own
        results: list[tuple[Value, Guard]] = []
        for case in every:
            one, guard = case
            if case not in callable_:
                if isinstance(one, known) and facts_of(one).kind.only != "none":  # None would raise
                    results.append((self.unknown(args, keywords), guard))
                continue
            path = both(self.path, guard) or self.path
            tied = any(narrowed(value, path) is not value for value in (*args, *keywords.values()))
            if len(callable_) > 1 and (before is None or (guard and tied)):  # it picks both: nearer than the rest
                self.group = (number, len(callable_), callable_.index(case), guard, tied)
            try:
                with self.assuming(path):
                    results.append((self.call(one, args, keywords, node, scope), guard))
            finally:
                self.group = before
        return choose(results)

    def takes(self, function: Value, args: Args, keywords: Keywords) -> bool:
        """Whether it can be called in this way: of several, one that would raise is not the one that is meant here."""
        if "**" in keywords or any(isinstance(value, Members) and value.kind == "*" for value in args):
            return True
        given = len(args)
        if isinstance(function, (Library, LibraryObject)):
            contract = self.contract(library.canonical(function.name))
            if contract is None or (isinstance(function, Library) and function.name == contract.class_name):
                return True
            parameters = contract.forward if isinstance(function, LibraryObject) else contract.function
            left = parameters[given:]
            return given <= len(parameters) and all(name in keywords or name in contract.defaults for name in left)
        if isinstance(function, Instance):
            found = next((one for name in ("__call__", "forward") if (one := function.cls.lookup(name)) is not None), None)
            function, given = (found[0] if found is not None else NOTHING), given + 1
        elif isinstance(function, Class):
            found = function.lookup("__init__")
            function, given = (found[0] if found is not None else NOTHING), given + 1
        elif isinstance(function, Method):
            function, given = function.function, given + 1
        if not isinstance(function, Function):
            return True
        spec = function.node.args
        names = [parameter.arg for parameter in (*spec.posonlyargs, *spec.args)]
        needed = names[given : len(names) - len(spec.defaults)]
        known = {*names, *(parameter.arg for parameter in spec.kwonlyargs)}
        return (
            (spec.vararg is not None or given <= len(names))
            and keywords.keys() >= set(needed)
            and (spec.kwarg is not None or keywords.keys() <= known)
        )

    # The program's own functions and classes

    def enter(self, function: Function, args: Args, keywords: Keywords, node: ast.AST, scope: Scope) -> Value:
        if function.results is not None:
            return caching.called(self, function, args, keywords, node, scope)
        function.entered += 1
        self.visits[function] = self.visits.get(function, 0) + 1
        often = SMALL if function.small else 1
        limit = self.budget
        over = self.visits[function] > limit.entries * often or function.entered > limit.ever * often
        if over or function.spent > self.heavy or self.depth >= DEPTH or self.work > self.limit(self.depth + 1):
            function.entered -= 1  # where this was the only call of it, it is run on its own
            return self.gives_up(function, args, keywords)
        # A module that holds others of its class is followed into each; a walk over what isn't known has no end of its own.
        again = (id(function.node), id(args[0]) if args and isinstance(args[0], Instance) else 0)
        if self.active[again] >= RECURSION:
            return self.unknown(args, keywords)
        self.branches += 1  # what is told to this call is younger than the objects that it meets
        inner = Scope({}, function.module, function.scope, function, start=self.path)
        self.bind(function, args, keywords, inner)
        if function.kind != "staticmethod" and function.owner is not None and args:
            inner.receiver = args[0]
        before = self.state()
        self.depth += 1
        self.stop = self.limit(self.depth)
        self.active[again] += 1
        self.running.append((scope, self.branch))
        began, met = self.work, len(self.records)
        quiet = self.no_grad
        if function.no_grad is not None:
            self.switch_gradients(function.no_grad)
        constructs = function.name == "__init__"
        if constructs:
            self.constructing.append(inner)
        try:
            if isinstance(function.node, ast.Lambda):
                return self.evaluate(function.node.body, inner)
            falls = self.execute(body_of(function.node), inner)
        except RecursionError:
            return self.gives_up(function, args, keywords)
        except OutOfBudget:
            if self.work > self.limit(before[0]):
                raise
            self.resume((before[0] + 1, *before[1:]))
            self.left_out = True
            forget_assigned(function, inner.receiver)
            return self.gives_up(function, args, keywords)
        finally:
            self.running.pop()
            self.depth -= 1
            self.stop = self.limit(self.depth)
            self.active[again] -= 1
            function.spent = function.spent + self.work - began if len(self.records) == met else 0
            self.no_grad = quiet
            if constructs:
                self.constructing.pop()
            here, self.path = self.path, inner.start
        if inner.yields:
            return Members("list", None, join_all(inner.yields))
        returns = inner.returns
        if falls and returns:
            returns = [*returns, (constant(None), beyond(here, inner.start))]
        if not returns and not falls:
            return NOTHING  # it raises: whoever derives from the class means another one
        result = choose(returns) if returns else constant(None)
        return self.returned(result, function, node, scope)

    def gives_up(self, function: Function, args: Args, keywords: Keywords) -> Value:
        self.hit(function.module, function.full_name)
        self.left_out = self.left_out or self.work > self.limit(self.depth + 1)
        return self.unknown(args, keywords)

    def returned(self, value: Value, function: Function, node: ast.AST, scope: Scope) -> Value:
        """A reader wants to see where a value with a meaning crossed a call."""
        if isinstance(value, Data) and (value.operand.facts.domain.known or value.operand.facts.requires_grad.only is False):
            facts = value.operand.facts
            if facts.kind.only == "tensor" and facts.steps:
                step = Step(self.mark(node, scope), f"returned by `{function.name}`")
                return Data(replace(value.operand, facts=facts.after(step)), value.losses, summands=value.summands)
        if isinstance(value, Alternatives):
            return Alternatives(tuple(self.returned(one, function, node, scope) for one in value.values), value.guards)
        if isinstance(value, Members) and value.items is not None and value.kind == "tuple" and len(value.items) < 8:
            return Members(value.kind, [self.returned(item, function, node, scope) for item in value.items], names=value.names)
        return value

    def bind(self, function: Function, args: Args, keywords: Keywords, inner: Scope) -> None:
        spec = function.node.args
        names = [parameter.arg for parameter in (*spec.posonlyargs, *spec.args)]
        star = next((index for index, value in enumerate(args) if isinstance(value, Members) and value.kind == "*"), len(args))
        starred = star < len(args)  # what comes after it has a place that isn't known
        values = inner.names
        for name, value in zip(names, args[:star], strict=False):
            values[name] = identified(value, name, self.branches)
        if spec.vararg is not None:
            rest = [value.any() if isinstance(value, Members) and value.kind == "*" else value for value in args[len(names) :]]
            values[spec.vararg.arg] = Members("tuple", None if starred else rest, join_all(rest) if starred and rest else NOTHING)
        known = {*names, *(parameter.arg for parameter in spec.kwonlyargs)}
        extra: dict[Any, Value] = {}
        for name, value in keywords.items():
            if name in known:
                values[name] = identified(value, name, self.branches)
            elif name != "**":
                extra[name] = value
        if spec.kwarg is not None:
            values[spec.kwarg.arg] = Table(extra, NOTHING if "**" in keywords else None)
        for name in known:
            if name not in values:
                unknown = starred or "**" in keywords
                default = function.defaults.get(name, NOTHING)
                values[name] = self.untold(name, default) if unknown or default is NOTHING else default

    def untold(self, name: str, default: Value) -> Value:
        """A parameter of which it isn't known what is passed."""
        if isinstance(default, Unknown) and default.origin is not None:
            return default
        if isinstance(default, Instance) and default.origin.offered:  # the command line tells it
            return default
        if default is NOTHING or isinstance(default, Data):
            return Unknown(origin=Origin(name, default=constants(default), born=self.branches))
        return join(NOTHING, default)

    def instantiate(self, cls: Class, args: Args, keywords: Keywords, node: ast.AST, scope: Scope) -> Value:
        if any(name.startswith("enum.") for name in cls.library_bases()):
            return NOTHING
        instance = make(cls, self.branches)
        instance.born = self.path
        maker = next((one for one in cls.ancestry if "__init__" in one.names or one.fields is not None), None)
        builtin.hold(self, instance, *(([], {}) if maker is not None else (args, keywords)), node, scope)
        if maker is not None and "__init__" not in maker.names:
            self.fill_fields(instance, args, keywords)
            self.finish_fields(instance, node, scope)
            return instance
        found = cls.lookup("__init__")
        if (outside := trainers.outside(cls)) and trainers.note_training(self, outside, args, keywords, node, scope):
            self.trained.add(instance)
        if found is not None and isinstance(found[0], Function):
            instance.owed = (found[0], args, keywords, node, scope)
            self.construct(instance)
        elif (base := self.library_base(cls)) is not None:
            instance.base = LibraryObject(base, args, keywords, where=self.mark(node, scope), branch=self.branches)
        if outside.startswith("transformers."):
            trainers.compute_loss(self, instance, args, keywords, node, scope)
        return instance

    def construct(self, instance: Instance) -> bool:
        """Run the constructor of an object, if that has not been done: where it was made there may have been no budget left."""
        if instance.owed is None:
            return True
        maker, args, keywords, node, scope = owed = instance.owed
        instance.owed, instance.branch, entered = None, self.branches, maker.entered
        self.enter(maker, [instance, *args], keywords, node, scope)
        if maker.entered == entered:
            instance.owed = owed
        return instance.owed is None

    def fill_fields(self, instance: Instance, args: Args, keywords: Keywords) -> None:
        """The fields of a dataclass, as its own `__init__` sets them."""
        cls = instance.cls
        names = list(dict.fromkeys(name for one in reversed(cls.ancestry) for name in one.fields or ()))
        star = next((index for index, value in enumerate(args) if isinstance(value, Members) and value.kind == "*"), len(args))
        given = dict(zip(names, args[:star], strict=False)) | {name: value for name, value in keywords.items() if name != "**"}
        instance.attributes.update(given)
        if star < len(args) or "**" in keywords:
            for name in names:
                if name not in given:
                    default = cls.lookup(name)
                    instance.attributes[name] = self.untold(name, default[0] if default is not None else NOTHING)

    def finish_fields(self, instance: Instance, node: ast.AST, scope: Scope) -> None:
        for name in ("__post_init__", "__attrs_post_init__"):
            found = instance.cls.lookup(name)
            if found is not None and isinstance(found[0], Function):
                self.enter(found[0], [instance], {"**": NOTHING}, node, scope)

    def library_base(self, cls: Class) -> str | None:
        for name in cls.library_bases():
            if self.contract(name) is not None or is_module(name) or name in library.CONTAINERS or library.is_model(name):
                return name
        return None

    def call_instance(self, instance: Instance, args: Args, keywords: Keywords, node: ast.AST, scope: Scope) -> Value:
        if not self.construct(instance):
            return self.unknown(args, keywords)
        if instance.spread:
            return spreading.called(
                instance, args, keywords, lambda given, named: self.run_instance(instance, given, named, node, scope)
            )
        return self.run_instance(instance, args, keywords, node, scope)

    def run_instance(self, instance: Instance, args: Args, keywords: Keywords, node: ast.AST, scope: Scope) -> Value:
        if (own := self.own_of(instance.cls)) is not None:
            return self.call_own_module(own, instance, args, keywords, node, scope)
        for name in ("__call__", "forward", "call"):
            if name == "forward" and isinstance(replaced := instance.attributes.get(name), CALLABLE):
                return self.call(replaced, args, keywords, node, scope)
            found = instance.cls.lookup(name)
            if found is not None and isinstance(found[0], Function):
                return self.enter(found[0], [instance, *args], keywords, node, scope)
        base = self.library_base(instance.cls)
        if base is not None:
            return self.call_object(self.library_part(instance, base), args, keywords, node, scope)
        return self.unknown(args, keywords)

    def library_part(self, instance: Instance, base: str) -> LibraryObject:
        """The part of an object that a library's class makes; of a loss with the options that it was given since."""
        made = instance.base or LibraryObject(base, [], {"**": NOTHING})
        given = instance.attributes if self.contract(base) is not None else {}
        return replace(made, attributes={**made.attributes, **given}) if given else made

    # Libraries

    def call_library(self, name: str, args: Args, keywords: Keywords, node: ast.AST, scope: Scope) -> Value:
        name = library.canonical(name)
        contract = self.contract(name)
        if contract is not None:
            if name == contract.class_name or library.is_class(name):
                return self.construct_loss(contract, name, args, keywords, node, scope)
            return self.call_function(contract, args, keywords, node, scope)
        if name == "typing.cast" and len(args) == 2:
            return args[1]
        if name == "types.MethodType" and len(args) == 2 and isinstance(args[0], Function):
            return Method(args[0], args[1])
        if name in library.TRANSPARENT:
            held = args[0] if args else next(iter(keywords.values()), NOTHING)
            spreading.spread(name, held)
            return held
        if name in library.CALLS_FIRST and len(args) >= 2:
            return self.call(args[0], library.CALLS_FIRST[name](args[1:]), {}, node, scope)
        if name.startswith("absl.flags.DEFINE_"):
            options.define_flag(self.flags, name, args, keywords)
            return NOTHING
        if (filled := told.call(self, name, args, keywords, node, scope)) is not None:
            return filled
        if name in library.SETS_DTYPE and args:
            self.floats = dtypes_of(constants(args[0]))
            return constant(None)
        if name in library.SETS_GRADIENTS and args and constants(args[0]).only is not False:
            self.no_grad = False  # for all that follows; turned off by a call, they may be turned on by another one unseen
        if name == "torch.is_grad_enabled" and self.no_grad:
            return constant(False)
        loops.run(self, name, args, keywords, node, scope)
        started.by_library(self, name, args, keywords, node, scope)
        leaves.ask_by_library(self, name, (*args, *keywords.values()))
        if (gradients := leaves.gradients(name, args, keywords)) is not None:
            return gradients
        if (prepared := library.prepared(name, args, keywords)) is not None:
            return prepared
        if (made := builtin.call(self, name, args, keywords, node, scope)) is not None:
            return made
        if (table := tabular.call(name, args, keywords)) is not None:
            return table
        trainers.note_training(self, name, args, keywords, node, scope)
        if is_module(name) or library.is_class(name) or library.is_model(name):
            self.note_sizes(name, args, keywords)
            if name == "torch.nn.ModuleDict" and args and isinstance(args[0], Members):  # pairs of a name and a module
                args = [self.call(Library("builtins.dict"), args, {}, node, scope)]
            return LibraryObject(name, args, keywords, where=self.mark(node, scope), branch=self.branches)
        return self.operate(name, args, keywords, node, scope)

    def note_sizes(self, name: str, args: Args, keywords: Keywords) -> None:
        """What a layer is told for its size is a count, on whatever path: `nn.Linear(64, args.classes)`."""
        if name.startswith(library.SIZED):
            for size in (*args[:2], *(keywords[word] for word in library.SIZES if word in keywords)):
                if (origin := self.origin_of(size)) is not None and not any(one.origin is origin for one in self.path):
                    origin.count = True

    def operate(self, name: str, args: Args, keywords: Keywords, node: ast.AST, scope: Scope) -> Value:
        """An operation on data: its result's facts from the knowledge, its losses from its operands."""
        args = [as_data(one) for one in args]
        if any(isinstance(one, Alternatives) for one in args[:2]):
            return self.operate_each(name, args, keywords, node, scope)
        losses: frozenset[int] = frozenset()
        for value in (*args, *keywords.values()):
            losses |= losses_of(value)
        if "**" in keywords or any(isinstance(value, Members) and value.kind == "*" for value in args):
            return Unknown(losses)
        operands = [operand_of(value) for value in args]
        named = {key: operand_of(value) for key, value in keywords.items()}
        result = apply(name, operands, named, self.mark(node, scope))
        if self.floats.only != "float32" and result is not None and name.startswith("torch.") and not name.endswith("Tensor"):
            result = self.of_dtype(result, [*operands, *named.values()], self.floats)
        numbers = numbers_of([*args, *keywords.values()])
        if name in library.REWRAPS and is_true(named.get("requires_grad")):
            self.note_use(losses | numbers, "rewrapped", node, scope)
        if name == "Tensor.requires_grad_" and losses and result is not None and result.facts.requires_grad.only is True:
            cut = frozenset(index for index in losses if self.records[index].call.prediction.requires_grad.only is False)
            self.note_use(cut if operands[0].facts.requires_grad.only is False else frozenset(), "made-leaf", node, scope)
        self.note_root(name, args, node, scope)
        counted = bool(operands) and not name.startswith(library.MAKE_DATA)
        if result is None and counted and all(one.facts.kind.only == "number" for one in operands):
            ints = (one.facts.dtype.only == "int64" or one.value.holds(is_int) is Tri.YES for one in operands)
            whole = name in library.KEEPS_WHOLE and all(ints)
            return Data(Operand(Facts(kind=OneOf.of("number"), dtype=OneOf.of("int64") if whole else ANY)), numbers=numbers)
        if result is None:
            return Unknown(losses) if losses else NOTHING
        taking.note_squashed(self, name, args[0] if args else NOTHING, result)
        if self.no_grad and name not in library.PARAMETERS and not is_true(named.get("requires_grad")):  # leaves may learn
            result = self.without_grad(result, operands, node, scope)
        counts = result.facts.dtype.in_(NO_GRADIENT) is Tri.YES
        if counts or result.facts.kind.only not in ("tensor", None) or name.rpartition(".")[2] in library.DROPS_LOSS:
            losses = frozenset()
        difference = self.difference(name, args, keywords, node, scope)
        if difference is not None and name in homemade.REDUCES:
            losses |= self.crossed(difference, node, scope)
        elif difference is not None:
            return Data(result, losses, difference=difference)
        if numbers and not losses and result.facts.kind.only == "number":
            return Data(result, numbers=numbers)
        overlaps.note(self, name, args, node, scope)
        made = value_of(result, losses)
        if not isinstance(made, Data):
            return made
        dead = summands.held(name, args) if losses else frozenset[int]()
        part = overlaps.part(name, args)
        weight = weighing.followed(self, name, args, node, scope) if losses else None
        extra = dead or part is not None or weight is not None
        return replace(made, summands=dead, part=part, weight=weight) if extra else made

    def difference(self, name: str, args: Args, keywords: Keywords, node: ast.AST, scope: Scope) -> homemade.Difference | None:
        """Of a prediction and its target, before and after its square is taken, and as it is reduced."""
        if name in homemade.SUBTRACTS and len(args) == 2:
            left, right = (operand_of(one).facts for one in args)
            live = any(one.requires_grad.only is True for one in (left, right))
            return homemade.Difference(left, right, node) if live and homemade.crossing(left, right) else None
        held = args[0].difference if args and isinstance(args[0], Data) else None
        if held is None:
            return None
        if name in homemade.MEASURES:
            return replace(held, measured=True)
        return held if name in homemade.REDUCES and held.measured and len(args) == 1 and not keywords else None

    def crossed(self, difference: homemade.Difference, node: ast.AST, scope: Scope) -> frozenset[int]:
        """The program's own mean of squares, of a column and a vector."""
        where = self.mark(difference.node, scope)
        passed = (Passed("input", 0, difference.left, where=where), Passed("target", 1, difference.right, where=where))
        made = self.record(homemade.DIFFERENCE, "call", "function", passed, {}, difference.node, scope)
        return losses_of(made)

    def note_root(self, name: str, args: Args, node: ast.AST, scope: Scope) -> None:
        """The square root of the very result of a loss: of a sum with a small number it isn't."""
        power = constants(args[1]).only if len(args) == 2 else None
        rooted = name in library.ROOTS or (name in library.POWERS and power == 0.5)
        if rooted and args and isinstance(value := args[0], Data):
            self.note_use(self.results_in(value), "root", node, scope)

    def results_in(self, value: Data) -> frozenset[int]:
        """The losses whose very result this is: of those joined with it, others may have come a longer way."""
        return frozenset(index for index in value.losses if value.operand.facts is self.records[index].result)

    def of_dtype(self, result: Operand, operands: list[Operand], floats: OneOf[str]) -> Operand:
        """What was made anew, of no other tensor, where the program has set the dtype that such tensors, or a module's, get."""
        facts = result.facts
        if (
            floats.only == facts.dtype.only
            or facts.dtype.only != "float32"
            or any(one.facts.kind.only in ("tensor", "ndarray") for one in operands)
        ):
            return result
        named = any(one.value.known and any(read_dtype(value) for value in one.value) for one in operands)
        return result if named else replace(result, facts=facts.with_(dtype=floats))

    def without_grad(self, result: Operand, operands: list[Operand], node: ast.AST, scope: Scope) -> Operand:
        facts = result.facts
        if facts.requires_grad.only is False or facts.kind.only != "tensor":
            return result
        cut = Step(self.mark(node, scope), "computed without gradient (no_grad)", cuts=True)
        steps = facts.steps if any(step.cuts for step in facts.steps) else (*facts.steps, cut)
        return replace(result, facts=facts.with_(requires_grad=OneOf.of(False), steps=steps))

    def operate_each(self, name: str, args: Args, keywords: Keywords, node: ast.AST, scope: Scope) -> Value:
        index, value = next((i, one) for i, one in enumerate(args) if isinstance(one, Alternatives))
        return self.each(
            present(value), lambda one: self.operate(name, [*args[:index], one, *args[index + 1 :]], keywords, node, scope)
        )

    def call_object(self, made: LibraryObject, args: Args, keywords: Keywords, node: ast.AST, scope: Scope) -> Value:
        contract = self.contract(made.name)
        if contract is not None:
            return self.call_module(made, contract, args, keywords, node, scope)
        if made.spread:
            return spreading.called(made, args, keywords, lambda given, named: self.run_object(made, given, named, node, scope))
        return self.run_object(made, args, keywords, node, scope)

    def run_object(self, made: LibraryObject, args: Args, keywords: Keywords, node: ast.AST, scope: Scope) -> Value:
        if made.name == "torch.nn.Sequential":
            return self.call_layers(made, args[0] if args else NOTHING, node, scope)
        if made.name in library.TRANSPARENT_OBJECTS:
            return self.call(made.args[0], args, keywords, node, scope) if made.args else NOTHING
        if args and isinstance(first := args[0], Alternatives) and ((left := present(first)) is not first or first.guards):
            return self.each(left, lambda one: self.call_object(made, [one, *args[1:]], keywords, node, scope))
        result = call_layer(
            made.name,
            [operand_of(value) for value in made.args],
            {key: operand_of(value) for key, value in made.keywords.items()},
            [operand_of(value) for value in args],
            {key: operand_of(value) for key, value in keywords.items()},
            made.where if made.where is not None and library.is_activation(made.name) else self.mark(node, scope),
        )
        if result is None:
            return library.call_model(self, made, args, keywords, node, scope)
        result = self.of_dtype(result, [], made.floats or self.floats)
        if self.no_grad:
            result = self.without_grad(result, [], node, scope)
        losses: frozenset[int] = frozenset()
        for value in args:
            losses |= losses_of(value)
        return value_of(result, losses)

    def call_layers(self, made: LibraryObject, value: Value, node: ast.AST, scope: Scope) -> Value:
        """The layers of a `Sequential`, one after the other. As far as is known it may hold itself, which no program has run."""
        again = (0, id(made))
        if self.active[again] >= RECURSION:
            return NOTHING
        self.active[again] += 1
        try:
            for layer in library.layers(made):
                if isinstance(layer, Members):
                    value = join(value, self.call_several(layer.any(), value, node, scope))
                else:
                    value = self.call(layer, [value], {}, node, scope)
        finally:
            self.active[again] -= 1
        return value

    def call_several(self, layer: Value, value: Value, node: ast.AST, scope: Scope) -> Value:
        """Any number of layers, one after the other."""
        once = self.call(layer, [value], {}, node, scope)
        return widened(once, self.call(layer, [once], {}, node, scope)) if changes_shape(value, once) else once

    def call_method(self, bound: LibraryMethod, args: Args, keywords: Keywords, node: ast.AST, scope: Scope) -> Value:
        receiver, name = bound.receiver, bound.name
        started.by_method(self, name, args, keywords, node, scope)
        if name == "backward":
            self.mark_backward(receiver)
            self.note_taken(receiver)
            if scope.turning and scope.turning[-1].kept and isinstance(node, ast.Call):
                awaiting.done_with(self, args[0] if args else receiver, node.args[0] if node.args else node.func, scope)
            if not args and "gradient" not in keywords:  # hidden states may start from a gradient that they are given
                self.note_own(receiver, getattr(node.func, "value", None) if isinstance(node, ast.Call) else None, node, scope)
            if isinstance(receiver, Data) and receiver.numbers:
                self.note_use(receiver.numbers, "number-backward", node, scope)
            if not args and not keywords:
                self.note_unreduced(receiver, node, scope)
            for value in args:
                self.mark_backward(value)
            if len(args) == 1 and isinstance(node, ast.Call) and node.args and library.backpropagates(receiver):
                self.note_own(args[0], node.args[0], node, scope)
            return constant(None)
        if name == "scale" and len(args) == 1 and losses_of(args[0]) and library.may_be_scaler(receiver):
            return args[0]
        if isinstance(receiver, Members) and args and name in ("append", "extend") and (scope.loops or self.repeat):
            self.note_collected(receiver, args[0], node, scope)
        if isinstance(receiver, (Members, Table)):
            return builtin.container_method(self, receiver, name, args, keywords)
        if isinstance(receiver, Data) and tabular.is_table(receiver):
            return tabular.method(receiver, name, args) or NOTHING
        if isinstance(receiver, (LibraryObject, Instance)) and name == "__call__":
            return self.call(receiver, args, keywords, node, scope)
        if isinstance(receiver, (LibraryObject, Instance)):
            if name == "run" and isinstance(receiver, LibraryObject) and receiver.name in loops.ENGINES:
                loops.run_engine(self, receiver, args, keywords, node, scope)
            if name in lightning.FITS and lightning.is_trainer(receiver):
                lightning.fit(self, name, args, keywords, node, scope)
            if name == "apply" and args and visiting.collects(args[0]):
                visiting.visit(self, receiver, args[0], node, scope)
            if name == "save_hyperparameters" and isinstance(receiver, Instance):
                return lightning.save_hyperparameters(self, receiver, args, keywords)
            return library.object_method(self, receiver, name, args, keywords, node, scope)
        if name in ("item", "tolist", "detach", "numpy"):
            result = self.data_method(receiver, name, args, keywords, node, scope)
            if name in ("item", "tolist") and isinstance(result, Data):
                return Data(result.operand, numbers=losses_of(receiver))
            return result if not losses_of(result) else drop_losses(result)
        if isinstance(receiver, Data) and (text := builtin.string_method(receiver, name, args, keywords)) is not None:
            return text
        return self.data_method(receiver, name, args, keywords, node, scope)

    def note_own(self, value: Value, written: ast.expr | None, node: ast.AST, scope: Scope) -> None:
        """What is backpropagated is a loss, whoever made it: from here on its name, where it is written as one, stands for it."""
        if losses_of(value) or written is None or not isinstance(value, (Data, Unknown, LibraryMethod)):
            return
        facts = operand_of(value).facts
        if facts.kind.known and "tensor" not in facts.kind:
            return
        if not facts.kind.known and homemade.is_foreign(scope.module.names.values()):
            return
        passed = (Passed("input", 0, facts, where=self.mark(written, scope)),)
        made = self.record(homemade.OWN, "call", "function", passed, {}, node, scope)
        index = losses_of(made)
        record = self.records[-1]
        enabled = record.call.grad_enabled if facts.requires_grad.only is False else ANY  # it was made earlier than here
        record.call = replace(record.call, callee=text(written) or "loss", grad_enabled=enabled)
        record.result = facts.with_(kind=OneOf.of("tensor"))
        record.backward = True
        awaiting.backpropagated(self, written, len(self.records) - 1, scope)
        if isinstance(written, ast.Name) and written.id in scope.names:
            scope.names[written.id] = Data(Operand(record.result), index)

    def note_taken(self, value: Value) -> None:
        """A loss object where the loss itself is meant: it is backpropagated or added to something."""
        for one in alternatives(value):
            if isinstance(one, LibraryObject) and one.record is not None:
                self.records[one.record].used = True

    def note_kept(self, loss: Value, kind: str, where: Mark) -> None:
        """A loss that is kept over the turns of a loop with its graph: whether it is, or will be, done with."""
        if not isinstance(loss, Data) or loss.operand.facts.kind.only != "tensor":
            return
        if False in (loss.operand.facts.requires_grad.values or ()) or self.no_grad:  # or may have none
            return
        done = frozenset(index for index in loss.losses if self.records[index].backward)
        self.note_used_at(where, done, kind)
        self.note_used_at(where, loss.losses - done, f"{kind}-before")

    def note_collected(self, kept: Members, added: Value, node: ast.AST, scope: Scope) -> None:
        """`losses.append(loss)`, `losses.extend([loss])`, `losses += [loss]`, in a list that outlives a turn of the loop."""
        if self.grows(kept):
            where = self.mark(node, scope)
            for one in (added.items or ()) if isinstance(added, Members) else cases_of_a_loss(added):
                self.note_kept(one, "collected", where)

    def note_unreduced(self, value: Value, node: ast.AST, scope: Scope) -> None:
        """Backward, without a gradient to start from, on the very result of a loss, or on what has as many elements still."""
        if isinstance(value, Data):
            several = {one for one in value.losses if self.records[one].call.option("reduction").only == "none"}
            unreduced = {one for one in several if self.is_unreduced(value, one)}
            self.note_use(self.results_in(value) | unreduced, "backward", node, scope)

    def is_unreduced(self, value: Data, loss: int) -> bool:
        """Whether a value has several elements, or as many axes as the loss that it was computed from and not one element."""
        before = self.records[loss].result
        rank = before.shape.map(lambda shape: shape.rank or None).only if before is not None else None

        def several(shape: Shape) -> bool:
            sizes = [dim for dim in shape.dims if dim != 1]
            return any(isinstance(dim, int) for dim in sizes) or (bool(sizes) and rank is not None and shape.rank == rank)

        return value.operand.facts.shape.holds(several) is Tri.YES

    def data_method(self, receiver: Value, name: str, args: Args, keywords: Keywords, node: ast.AST, scope: Scope) -> Value:
        if name == "size" and len(args) < 2 and not (facts_of(receiver).kind.known or facts_of(receiver).shape.known):
            return SIZE if args or keywords else LibraryMethod("shape", receiver)  # a member of it is a number
        if isinstance(receiver, (Unknown, LibraryMethod)) and (told := self.told_method(receiver, name, args)) is not None:
            return told
        if (action := environments.drawn(receiver, name)) is not None:
            return action
        canonical = method(name, operand_of(receiver))
        if canonical is None and name == "astype" and args and not facts_of(receiver).kind.known:
            return self.cast_array(receiver, args, keywords, node, scope)
        losses = losses_of(receiver)
        if canonical is None and isinstance(receiver, Unknown):
            return receiver if receiver.plain and not args else self.unknown([receiver, *args], keywords)
        if canonical is None:
            for value in (*args, *keywords.values()):
                losses |= losses_of(value)
            return Unknown(losses) if losses else NOTHING
        return self.operate(canonical, [receiver, *args], keywords, node, scope)

    def cast_array(self, receiver: Value, args: Args, keywords: Keywords, node: ast.AST, scope: Scope) -> Value:
        """`x.astype(np.int32)` of something unknown: an array or a table, no tensor has it."""
        array = Data(Operand(facts_of(receiver).with_(kind=OneOf.of("ndarray"), requires_grad=OneOf.of(False))))
        made = self.operate("ndarray.astype", [array, *args], keywords, node, scope)
        if not isinstance(made, Data):
            return NOTHING
        return Data(replace(made.operand, facts=made.operand.facts.with_(kind=OneOf.of("ndarray", "dataframe"))))

    def told_method(self, receiver: Value, name: str, args: Args) -> Value | None:
        """`args.loss.lower()`, `config.get("loss", "ce")`: of what is told to the program another thing that is told to it."""
        origin = self.origin_of(receiver)
        if origin is None:
            return None
        if name in PURE and not args:
            return Unknown(origin=origin.derived(f"{name}()", lambda one: getattr(one, name)()))
        key = constants(args[0]).only if name in ("get", "pop") and len(args) in (1, 2) else None
        if not isinstance(key, str):
            return None
        if key in origin.assigned:
            return origin.assigned[key]  # type: ignore[no-any-return]
        return Unknown(origin=origin.member(key, item=True, default=constants(args[1]) if len(args) == 2 else ANY))


def cases_of_a_loss(value: Value) -> tuple[Value, ...]:
    """The cases of a value of which each is a live loss; what is one by turns, or has been, may be none where it is kept."""
    cases = alternatives(value)
    if len(cases) > 1 and not all(
        isinstance(one, Data) and one.losses and one.operand.facts.requires_grad.only is True for one in cases
    ):
        return ()
    return cases


PURE = frozenset({"lower", "upper", "strip", "casefold", "title", "capitalize"})
"""Methods of a string that give the same for the same."""


def numbers_of(values: Iterable[Value]) -> frozenset[int]:
    """The losses of which these, or the members of a list among them, are numbers."""
    found: frozenset[int] = frozenset()
    for value in values:
        if isinstance(value, Data):
            found |= value.numbers
        elif isinstance(value, Members):
            found |= numbers_of(one for one in value.items or (value.rest,) if isinstance(one, Data))
    return found


def is_true(operand: Operand | None) -> bool:
    return operand is not None and operand.value.only is True


def drop_losses(value: Value) -> Value:
    if isinstance(value, Data):
        return Data(value.operand)
    if isinstance(value, Alternatives):
        if value.guards:
            return choose((drop_losses(one), guard) for one, guard in value.cases())
        return alternatives_of(drop_losses(one) for one in value.values)
    return NOTHING if isinstance(value, Unknown) else value


UNKNOWN_FACTS = Facts()
__all__ = ["ANY", "Calls", "drop_losses"]
