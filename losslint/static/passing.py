"""A call as it is written: its arguments, those that are spread, and what is changed in place."""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import Final

from losslint.facts import NO_RANGE
from losslint.oneof import ANY
from losslint.static import builtin, library
from losslint.static.attributes import Attributes
from losslint.static.choices import Guard, both
from losslint.static.machine import Scope
from losslint.static.operand import Operand
from losslint.static.values import (
    NOTHING,
    Alternatives,
    Data,
    Library,
    LibraryMethod,
    Members,
    Table,
    Unknown,
    Value,
    alternatives,
    contents,
    facts_of,
    join,
    losses_of,
)
from losslint.static.views import blurred

RESHAPES: Final = frozenset(
    {"resize", "resize_", "resize_as_", "set_", "squeeze_", "unsqueeze_", "t_", "transpose_", "swapaxes_", "swapdims_"}
)
"""What works in place and changes the shape; whatever else does keeps shape and dtype."""


class Passing(Attributes):
    def call_(self, node: ast.Call, scope: Scope) -> Value:
        function = self.evaluate(node.func, scope)
        args: list[Value] = []
        several: tuple[int, Alternatives] | None = None
        for argument in node.args:
            if isinstance(argument, ast.Starred):
                spread = self.evaluate(argument.value, scope)
                if isinstance(spread, Alternatives) and several is None:
                    several = len(args), spread
                    continue
                items = builtin.iterate(self, spread, argument, scope) if not isinstance(spread, Data) else NOTHING
                if isinstance(spread, Members) and spread.tail and library.is_container(function):
                    args.extend([Members("*", None, spread.rest), *spread.tail])
                else:
                    args.extend(items if isinstance(items, list) else [Members("*", None, items)])
            else:
                args.append(self.evaluate(argument, scope))
        keywords: dict[str, Value] = {}
        for keyword in node.keywords:
            value = self.evaluate(keyword.value, scope)
            if keyword.arg is not None:
                keywords[keyword.arg] = value
            elif isinstance(value := contents(value), Table) and value.rest is None:
                keywords.update({str(key): one for key, one in value.items.items()})
            else:
                origin = self.origin_of(value)
                told = value.items if isinstance(value, Table) else origin.assigned if origin is not None else {}
                keywords.update({str(key): one for key, one in told.items()})
                keywords["**"] = NOTHING
        if several is not None:
            return self.call_spread(function, args, *several, keywords, node, scope)
        if isinstance(node.func, ast.Attribute) and library.in_place(node.func.attr, function):
            return self.call_in_place(node.func, function, args, keywords, node, scope)
        result = self.call(function, args, keywords, node, scope)
        self.fill(function, result, node, scope)
        if isinstance(result, (Unknown, Data)) and isinstance(node.func, ast.Attribute) and not facts_of(result).domain.known:
            return library.by_convention(node.func.attr, self.mark(node, scope)) or result
        return result

    def fill(self, function: Value, result: Value, node: ast.Call, scope: Scope) -> None:
        """`torch.exp(x, out=y)`, `nn.init.uniform_(x)`."""
        if isinstance(function, (Library, LibraryMethod)):
            for keyword in node.keywords:
                if keyword.arg == "out" and isinstance(keyword.value, ast.Name):
                    self.assign(keyword.value, result, scope)
            if isinstance(function, Library) and ".init." in function.name and node.args and isinstance(node.args[0], ast.Name):
                self.change(node.args[0], blurred, scope)

    def change(self, target: ast.expr, act: Callable[[Value], Value], scope: Scope) -> None:
        """Let what stands in `target` be what `act` makes of each of its alternatives."""
        held = self.evaluate(target, scope)
        made = self.each(held, act) if isinstance(held, Alternatives) else act(held)
        if any(isinstance(one, Data) for one in alternatives(held)):
            self.assign(target, made, scope)

    def call_spread(
        self,
        function: Value,
        args: list[Value],
        place: int,
        spread: Alternatives,
        keywords: dict[str, Value],
        node: ast.Call,
        scope: Scope,
    ) -> Value:
        """`loss_fn(*inputs)`, where `inputs` is one of several tuples: those are meant that the function can be called with."""

        def called(one: Value) -> Value:
            found = builtin.iterate(self, one, node, scope)
            middle = found if isinstance(found, list) else [Members("*", None, found)]
            return self.call(function, [*args[:place], *middle, *args[place:]], keywords, node, scope)

        fits: list[tuple[Value, Guard]] = []
        for one, guard in spread.cases():
            items = one.items if isinstance(one, Members) else None
            if items is None:
                return called(spread)
            if both(self.path, guard) is not None and self.takes(function, [*args[:place], *items, *args[place:]], keywords):
                fits.append((one, guard))
        if len(fits) == 1 or (fits and all(guard for _, guard in fits)):
            return self.each(Alternatives(tuple(one for one, _ in fits), tuple(guard for _, guard in fits)), called)
        return called(spread)

    def call_in_place(
        self, func: ast.Attribute, function: Value, args: list[Value], keywords: dict[str, Value], node: ast.Call, scope: Scope
    ) -> Value:
        """`x.squeeze_(1)`, `torch.sigmoid_(x)`, `array.resize(shape)`: what the name stands for afterwards is the result.

        No gradient is lost where gradients are off: the tensor keeps what it had.
        """

        def called(one: Value) -> Value:
            if func.attr == "resize" and isinstance(one, LibraryMethod):
                one = LibraryMethod("reshape", one.receiver)
            result = self.call(one, args, keywords, node, scope)
            receiver = one.receiver if isinstance(one, LibraryMethod) else None
            if isinstance(result, Unknown) and isinstance(receiver, Data) and func.attr not in RESHAPES:
                return Data(Operand(facts_of(receiver).with_(domain=ANY, range=NO_RANGE, requires_grad=ANY)), result.losses)
            return result

        quiet, self.no_grad = self.no_grad, False
        try:
            result = self.each(function, called) if isinstance(function, Alternatives) else called(function)
        finally:
            self.no_grad = quiet
        changed = node.args[0] if isinstance(function, Library) and node.args else _changed(func.value)
        if isinstance(changed, ast.Attribute) and changed.attr == "data":
            if isinstance(changed.value, ast.Name) or func.attr in RESHAPES:  # what resets weights says nothing new
                self.assign_data(changed.value, self.evaluate(changed.value, scope), result, scope)
        else:
            self.assign_everywhere(changed, result, scope)
        return result

    def assign_data(self, target: ast.expr, owner: Value, value: Value, scope: Scope) -> bool:
        """`label.data.resize_(size)`, `label.data = value`: the tensor whose data these are learns as before. Returns whether it
        is one."""
        learns, steps = facts_of(owner).requires_grad, facts_of(owner).steps

        def given(one: Value) -> Value:
            if not isinstance(one, Data):
                return one
            return Data(Operand(facts_of(one).with_(requires_grad=learns, steps=steps)), losses_of(owner))

        if not any(isinstance(one, Data) for one in alternatives(owner)):
            return False
        self.assign_everywhere(target, self.each(value, given) if isinstance(value, Alternatives) else given(value), scope)
        return True

    def assign_everywhere(self, target: ast.expr, value: Value, scope: Scope) -> None:
        """What was changed in place is changed under every name, also those of the callers of the function that did it. There it
        may be changed, where the function did so in a branch of its own."""
        was = scope.names.get(target.id) if isinstance(target, ast.Name) else None
        self.assign(target, value, scope)
        if not isinstance(target, ast.Name) or not isinstance(was, (Data, Alternatives)):
            return
        now, branch = scope.names[target.id], self.branch
        for names, outer in ((scope.names, branch), *((caller.names, outer) for caller, outer in reversed(self.running))):
            for name, held in names.items():
                if held is was:
                    names[name] = now if outer == branch else join(was, now)


def _changed(node: ast.expr) -> ast.expr:
    """What `x.resize_(size).fill_(1)` changes: `x`, which the first method returns."""
    while isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr.endswith("_"):
        node = node.func.value
    return node
