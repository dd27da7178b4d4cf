"""Executing statements: the way the program would run."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable
from typing import Any, Final

from losslint.oneof import ANY, OneOf
from losslint.static import caching, hydra, library, options, told
from losslint.static.cutting import Run
from losslint.static.looping import Looping
from losslint.static.losses import text
from losslint.static.machine import Scope
from losslint.static.operand import Name
from losslint.static.segments import statements_of
from losslint.static.values import (
    NOTHING,
    Class,
    Function,
    Instance,
    Library,
    LibraryObject,
    Members,
    Method,
    ModuleValue,
    Partial,
    Unknown,
    Value,
    alternatives,
    constant,
    constants,
    one_constant,
)
from losslint.static.walking import whole

FIELDS: Final = re.compile(r"dataclass|^(?:attrs?\.)?(?:define|frozen|mutable)\b|^attr\.(?:s|attrs)\b")
"""Decorators of a class whose annotated names are the parameters of its constructor."""
MODELS: Final = frozenset({"NamedTuple", "BaseModel", "BaseSettings", "ModelOutput"})
"""Base classes of such classes: of typing, pydantic and transformers."""

MOCKS: Final = frozenset({"unittest.mock.patch", "unittest.mock.patch.object", "mock.patch", "mock.patch.object"})
"""Decorators of functions that are called while something else stands for what they name."""


class Statements(Looping):
    """The whole interpreter."""

    def execute(self, body: list[ast.stmt], scope: Scope) -> bool:
        """Run statements in order. Returns whether control reaches their end."""
        for statement in body:
            handler = _HANDLERS.get(type(statement))
            if handler is not None and handler(self, statement, scope) is False:
                return False
        return True

    def expression(self, node: ast.Expr, scope: Scope) -> bool:
        self.evaluate(node.value, scope)
        return not (self.forks and isinstance(node.value, ast.Call) and self.ends_program(node.value.func, scope))

    def ends_program(self, function: ast.expr, scope: Scope) -> bool:
        """`sys.exit()` on a branch. What follows one that stands alone was meant to run once and is read."""
        if isinstance(function, ast.Attribute):
            return text(function) in ("sys.exit", "os._exit")
        return (
            isinstance(function, ast.Name)
            and function.id in ("exit", "quit")
            and isinstance(self.evaluate(function, scope), (Library, Unknown))
        )

    # Definitions

    def function(self, node: ast.FunctionDef | ast.AsyncFunctionDef, scope: Scope) -> None:
        made = Function(node, scope, scope.module, node.name, self.defaults(node.args, scope))
        scope.module.functions.append(made)
        self.declare(made, node.decorator_list, scope)
        scope.names[node.name] = self.decorate(made, node.decorator_list, scope)

    def decorate(self, made: Function, decorators: list[ast.expr], scope: Scope) -> Value:
        value: Value = made
        for node in reversed(decorators):
            decorator = self.evaluate(node, scope)
            named = self.evaluate(node.func, scope) if isinstance(node, ast.Call) else decorator
            name = named.name if isinstance(named, (Library, LibraryObject)) else ""
            short = name.rpartition(".")[2]
            if short in ("staticmethod", "classmethod", "property", "cached_property"):
                made.kind = "property" if "property" in short else short
            elif name in caching.CACHES:
                made.results = {}
            elif name in library.NO_GRAD:
                made.no_grad = True
            elif name in library.ENABLE_GRAD:
                made.no_grad = False
            elif isinstance(node, ast.Attribute) and node.attr == "setter":
                return scope.names.get(made.name, value)
            elif isinstance(node, ast.Call) and name == hydra.MAIN:
                words = {word.arg: self.evaluate(word.value, scope) for word in node.keywords if word.arg is not None}
                hydra.main(made, words, [self.evaluate(one, scope) for one in node.args])
            elif name in told.WRAPS:
                told.offer(self, made)
            elif isinstance(node, ast.Call) and name in MOCKS and self.is_loss_named(node, scope):
                scope.module.functions.remove(made)  # it runs without the loss: whatever it calls that with is no misuse
                return NOTHING
            elif isinstance(node, ast.Call) and name in options.CLICK:
                self.add_option(made, node, scope)
            elif isinstance(decorator, (Function, Method)):
                wrapped = self.call(decorator, [value], {}, node, scope)
                value = wrapped if isinstance(wrapped, (Function, Method, Instance, Partial)) else value
        return value

    def is_loss_named(self, node: ast.Call, scope: Scope) -> bool:
        """Whether a mock stands for a loss of torch: `patch("trainer.F.cross_entropy")`, `patch.object(F, "nll_loss")`."""
        names = (constants(self.evaluate(one, scope)).only for one in node.args)
        last = [name.rpartition(".")[2] for name in names if isinstance(name, str)]
        return any(self.contract(f"{module}.{one}") is not None for one in last for module in ("torch.nn", "torch.nn.functional"))

    def add_option(self, made: Function, node: ast.Call, scope: Scope) -> None:
        args = [self.evaluate(one, scope) for one in node.args]
        keywords = {word.arg: self.evaluate(word.value, scope) for word in node.keywords if word.arg is not None}
        if (added := options.option(args, keywords)) is not None:
            made.defaults[added.name] = Unknown(origin=added)

    def class_(self, node: ast.ClassDef, scope: Scope) -> None:
        bases = [self.evaluate(base, scope) for base in node.bases]
        made = Class(node.name, bases, {}, scope.module, node)
        inner = Scope(made.names, scope.module, scope)
        before = len(scope.module.functions)
        self.execute(node.body, inner)
        for function in scope.module.functions[before:]:
            if function.scope is inner:
                function.owner = made
                function.scope = scope  # a method does not see the names of its class's body
        if any(name.startswith("enum.") for name in made.library_bases()):
            made.names.update({name: member_of_enum(made, name, value) for name, value in made.names.items()})
        if _has_fields(made) or any(self.makes_fields(one, scope) for one in node.decorator_list):
            made.fields = tuple(
                one.target.id for one in whole(node).body if isinstance(one, ast.AnnAssign) and isinstance(one.target, ast.Name)
            )
        for base in (one for every in bases for one in alternatives(every)):
            if isinstance(base, Class):
                base.subclasses.append(made)
        scope.module.classes.append(made)
        self.declare(made, node.decorator_list, scope)
        scope.names[node.name] = made
        for decorator in reversed(node.decorator_list):  # it may register the class
            registers = self.evaluate(decorator, scope)
            if isinstance(registers, (Function, Method)):
                self.call(registers, [made], {}, decorator, scope)

    def makes_fields(self, decorator: ast.expr, scope: Scope) -> bool:
        if FIELDS.search(ast.unparse(decorator)):
            return True
        value = self.evaluate(decorator.func if isinstance(decorator, ast.Call) else decorator, scope)
        return isinstance(value, Library) and FIELDS.search(value.name) is not None

    # Control

    def run(self, node: Run, scope: Scope) -> bool:
        return self.execute(statements_of(node), scope)

    def with_(self, node: ast.With | ast.AsyncWith, scope: Scope) -> bool:
        quiet = before = self.no_grad
        autocast = self.autocast
        met, refusing = len(self.records), False
        for item in node.items:
            value = self.evaluate(item.context_expr, scope)
            refusing = refusing or expects_exception(item.context_expr)
            name = value.name if isinstance(value, (Library, LibraryObject)) else ""
            called = item.context_expr.func if isinstance(item.context_expr, ast.Call) else None
            if called is not None:
                function = self.evaluate(called, scope)
                name = function.name if isinstance(function, Library) else name
                if name.endswith("set_grad_enabled") and isinstance(item.context_expr, ast.Call) and item.context_expr.args:
                    enabled = constants(self.evaluate(item.context_expr.args[0], scope)).only
                    quiet = enabled is False
            quiet = name not in library.ENABLE_GRAD and (quiet or name in library.NO_GRAD)
            if name in library.AUTOCAST and isinstance(item.context_expr, ast.Call):
                self.autocast = self.autocast_of(name, item.context_expr, scope)
            if item.optional_vars is not None:
                entered = self.entered(value, item.context_expr, scope)
                self.assign(item.optional_vars, entered, scope)
        self.switch_gradients(quiet)
        try:
            return self.execute(node.body, scope)
        finally:
            self.no_grad, self.autocast = before, autocast
            if refusing:
                for record in self.records[met:]:
                    record.refused = True

    def autocast_of(self, name: str, node: ast.Call, scope: Scope) -> OneOf[str]:
        """The device for which `with autocast(…)` turns it on, empty where it turns it off."""
        given = {word.arg: constants(self.evaluate(word.value, scope)) for word in node.keywords}
        device = library.AUTOCAST[name]
        enabled = given.get("enabled", OneOf.of(True))
        if device is None:
            kind = constants(self.evaluate(node.args[0], scope)) if node.args else given.get("device_type", ANY)
        else:
            kind = OneOf.of(device)
            enabled = constants(self.evaluate(node.args[0], scope)) if node.args else enabled
        if enabled.only is False:
            return OneOf.of("")
        return kind.map(str) if enabled.only is True else ANY

    def entered(self, value: Value, node: ast.AST, scope: Scope) -> Value:
        """What `with value as name` binds."""
        if (
            isinstance(value, Instance)
            and (found := value.cls.lookup("__enter__")) is not None
            and isinstance(found[0], Function)
        ):
            return self.enter(found[0], [value], {}, node, scope)
        if isinstance(value, Members) and value.items is None:
            library = isinstance(node, ast.Call) and isinstance(self.evaluate(node.func, scope), Library)
            return value if library else value.rest  # `tqdm(…)`, or a generator under `contextmanager`
        return value if isinstance(value, (Instance, LibraryObject)) else NOTHING

    def assert_(self, node: ast.Assert, scope: Scope) -> None:
        self.evaluate(node.test, scope)

    # Imports

    def import_(self, node: ast.Import, scope: Scope) -> None:
        for alias in node.names:
            module = self.find_module(scope.module, alias.name, 0)
            if module is not None and alias.asname:
                scope.names[alias.asname] = ModuleValue(module)
                continue
            if alias.asname:
                scope.names[alias.asname] = Library(alias.name)
                continue
            top = alias.name.partition(".")[0]
            package = self.find_module(scope.module, top, 0)
            scope.names[top] = ModuleValue(package) if package is not None else Library(top)

    def import_from(self, node: ast.ImportFrom, scope: Scope) -> None:
        name = node.module or ""
        if name == "__future__":
            return
        module = self.find_module(scope.module, name, node.level)
        for alias in node.names:
            if alias.name == "*":
                self.import_star(name, node.level, module, scope)
                continue
            target = alias.asname or alias.name
            scope.names[target] = self.imported(module, name, alias.name, node, scope)

    def imported(self, module: Any, name: str, wanted: str, node: ast.ImportFrom, scope: Scope) -> Value:
        if module is None:
            below = self.find_module(scope.module, f"{name}.{wanted}" if name else wanted, node.level)
            if below is not None:
                return ModuleValue(below)
            return Library(f"{name}.{wanted}") if not node.level else NOTHING
        if wanted in module.names:
            return module.names[wanted]  # type: ignore[no-any-return]
        below = self.find_module(scope.module, f"{name}.{wanted}" if name else wanted, node.level)
        return ModuleValue(below) if below is not None else module.find(wanted) or NOTHING

    def import_star(self, name: str, level: int, module: Any, scope: Scope) -> None:
        if module is not None:
            public = module.names.get("__all__")
            chosen = None
            if isinstance(public, Members) and public.items is not None:
                chosen = {constants(one).only for one in public.items}
            for key, value in module.names.items():
                if key in chosen if chosen is not None else not key.startswith("_"):
                    scope.names[key] = value
            if module.later is not None and scope.names is scope.module.names:
                self.postpone([ast.ImportFrom(name, [ast.alias("*")], level)], scope.module)
            return
        for key in library.star_names(name):
            scope.names[key] = Library(f"{name}.{key}")


def member_of_enum(cls: Class, name: str, value: Value) -> Value:
    """What one member of an enumeration is compared as: its value, or whatever tells it from the others."""
    if isinstance(value, Function) or one_constant(value) is not None:
        return value
    return constant(Name(f"{cls.name}.{name}"))


def _has_fields(cls: Class) -> bool:
    return any(name.rpartition(".")[2] in MODELS for name in cls.library_bases())


def expects_exception(node: ast.expr) -> bool:
    """`pytest.raises(…)`, `self.assertRaises(…)` and their like."""
    if not isinstance(node, ast.Call):
        return False
    name = node.func.attr if isinstance(node.func, ast.Attribute) else node.func.id if isinstance(node.func, ast.Name) else ""
    return name in ("raises", "assertRaises", "assertRaisesRegex", "assert_raises")


_HANDLERS: dict[type[ast.stmt], Callable[[Any, Any, Scope], bool | None]] = {
    ast.Assign: Statements.assignment, ast.AnnAssign: Statements.annotated, ast.AugAssign: Statements.augmented,
    ast.Expr: Statements.expression, ast.Return: Statements.return_, ast.Raise: Statements.raise_, ast.Delete: Statements.delete,
    ast.Break: Statements.jump, ast.Continue: Statements.jump, ast.If: Statements.if_, ast.For: Statements.for_,
    ast.AsyncFor: Statements.for_, ast.While: Statements.while_, ast.With: Statements.with_, ast.AsyncWith: Statements.with_,
    ast.Try: Statements.try_, ast.FunctionDef: Statements.function, ast.AsyncFunctionDef: Statements.function,
    ast.ClassDef: Statements.class_, ast.Global: Statements.global_, ast.Nonlocal: Statements.nonlocal_,
    ast.Assert: Statements.assert_, ast.Import: Statements.import_, ast.ImportFrom: Statements.import_from,
    Run: Statements.run,
}  # fmt: skip
if hasattr(ast, "TryStar"):
    _HANDLERS[ast.TryStar] = Statements.try_
