"""Where a file is cut: what computes nothing is taken from the outline as it is, the rest is parsed by libcst when it runs.

A file's own code is imports, definitions and constants for the most part, and a report points at none of these.
"""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Callable, Container, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
from typing import Any, Final, TypeVar

from losslint.static.walking import walk

Definition = ast.FunctionDef | ast.AsyncFunctionDef
Held = tuple[Any, int]
"""Who keeps a segment, and its number there."""

PLAIN: Final = (
    *(ast.Constant, ast.Name, ast.Attribute, ast.UnaryOp, ast.Tuple, ast.List, ast.Dict, ast.Set, ast.expr_context, ast.unaryop),
    *(ast.Expr, ast.Assign, ast.Import, ast.ImportFrom, ast.alias, ast.Pass, ast.Global),
)
"""What computes nothing."""
ASKS: Final = (*PLAIN, ast.Compare, ast.cmpop, ast.BoolOp, ast.boolop)
"""What a condition may be made of to be taken from the outline too."""
DISPLAYS: Final = (ast.Dict, ast.List, ast.Tuple, ast.Set)
LONG: Final = 10
"""Lines of a table that are worth waiting with."""


T = TypeVar("T", bound=ast.AST)


class Run(ast.stmt):
    """Statements that follow one another and are parsed when they run. `body`: what the outline makes of them, to look names up
    in. `inside`: what is held of the functions in them, by the number of the outline's node, and whether their signatures are
    taken from the outline. `classes`: the bodies of classes in them. `parsed`: the statements, once they were."""

    _fields = ("body",)
    body: list[ast.stmt]
    waiting: Held
    inside: dict[int, tuple[Held, bool]]
    classes: dict[int, list[ast.stmt]]
    parsed: list[ast.stmt]


@dataclass(frozen=True)
class Segment:
    """A text that is parsed by itself, after `opening`. `lines`: the 1-based line of the program in which each of its lines
    stands."""

    source: str
    lines: tuple[int, ...] | range = ()
    start: int = 0
    end: int | None = None
    opening: str = ""

    @property
    def text(self) -> str:
        return self.opening + self.source[self.start : self.end]

    def line(self, number: int) -> int:
        return self.lines[min(max(number, 1), len(self.lines)) - 1] if self.lines else number


class Lines:
    """The lines of a program by their 1-based numbers, and where they lie in it. `before`: how many characters come before each,
    newlines apart."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.all = text.split("\n")
        self.before = list(accumulate(map(len, self.all), initial=0))

    def __getitem__(self, number: int) -> str:
        return self.all[number - 1]

    def start(self, number: int) -> int:
        """Where a line begins, or would behind the last one."""
        return self.before[number - 1] + number - 1

    def of(self, node: Any) -> str:
        """The lines in which a node of the outline stands; none for a node of another origin."""
        last = getattr(node, "end_lineno", None)
        return "" if last is None else self.text[self.start(node.lineno) : self.start(last + 1)]

    def segment(self, first: int, last: int, opening: str = "") -> Segment:
        """The lines from `first` to `last`."""
        before = first - 1 if opening else first
        return Segment(self.text, range(before, last + 2), self.start(first), self.start(last + 1), opening)

    def shortened(self, first: int, last: int, cuts: Sequence[Cut], opening: str = "") -> Segment:
        """The same, with stubs for what is cut out."""
        if not cuts:
            return self.segment(first, last, opening)
        kept: list[str] = []
        numbers = [first - 1] if opening else []
        at = first - 1
        for cut in cuts:
            kept += [*self.all[at : cut.first - 1], cut.stub]
            numbers += range(at + 1, cut.first + 1)
            at = cut.last
        kept += self.all[at:last]
        numbers += range(at + 1, last + 2)
        return Segment("\n".join(kept) + "\n", tuple(numbers), opening=opening)


@dataclass(frozen=True)
class Cut:
    """What is parsed by itself: the body of a function or a class, in the lines from `first` to `last`, for which `stub` stands
    in what is around it. `segment`: a function's. `signature`: the signature of the function is taken from the outline too."""

    node: Definition | ast.ClassDef
    first: int
    last: int
    stub: str
    segment: Segment | None = None
    signature: bool = False


class Cutter:
    """Splits what a file does when it is imported: the body of each function, long tables, and runs of what computes something
    are held."""

    def __init__(self, outline: ast.Module, lines: Lines, hold: Callable[[Segment], Held]) -> None:
        """`hold` keeps a segment; what it gives stays with the node whose code that is."""
        self.outline = outline
        self.lines = lines
        self.hold = hold
        self.again: frozenset[str] | None = None

    def split(self, statements: list[ast.stmt]) -> list[ast.stmt]:
        """What computes nothing alone, all else in runs."""
        body: list[ast.stmt] = []
        run: list[ast.stmt] = []
        crowded = _crowded(statements)
        for statement in statements:
            taken = self.taken(statement) if id(statement) not in crowded else None
            if taken is None:
                run.append(statement)
                continue
            if run:
                body.append(self.run(run))
                run = []
            body.append(taken)
        if run:
            body.append(self.run(run))
        return body

    def run(self, statements: list[ast.stmt]) -> Run:
        first, last = _first(statements[0]), _last(statements[-1])
        made = Run()
        made.body = statements
        made.classes = {}
        cuts: list[Cut] = []
        for one in definitions(statements, made.classes):
            cut = self.cut(one)
            if cut is not None:
                cuts.append(cut)
                if isinstance(one, ast.ClassDef):
                    made.classes[id(one)] = self.split(one.body)
        opening = "if 1:\n" if self.lines[first][:1].isspace() else ""
        made.waiting = self.hold(self.lines.shortened(first, last, cuts, opening))
        made.inside = {id(cut.node): (self.hold(cut.segment), cut.signature) for cut in cuts if cut.segment is not None}
        return made

    def cut(self, node: Definition | ast.ClassDef) -> Cut | None:
        """The body of a function, or of a class of which the decorators alone compute something."""
        if not isinstance(node, ast.ClassDef):
            return _body(node, self.lines)
        if not self.declares(node):
            return None
        return Cut(node, node.lineno, _last(node), f"{_indent(self.lines[node.lineno])}class {node.name}: ...")

    def taken(self, statement: ast.stmt) -> ast.stmt | None:
        """A statement that need not be parsed again as a whole; None where it must be."""
        if isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef)):
            return self.function(statement)
        if isinstance(statement, (ast.ClassDef, ast.If, ast.Try)) and self.opens(statement):
            return self.block(statement)
        if isinstance(statement, ast.Assign) and self.table(statement):
            return _copy(statement, waiting=self.hold(self.lines.segment(statement.lineno, _last(statement))))
        parts = [statement.target, statement.value] if isinstance(statement, ast.AnnAssign) else [statement]
        return statement if _made_of(PLAIN, parts) else None

    def function(self, node: Definition) -> ast.stmt | None:
        cut = _body(node, self.lines)
        if cut is None or cut.segment is None or not cut.signature or not _made_of(PLAIN, node.decorator_list):
            return None
        return _copy(node, body=[], whole=node, waiting=self.hold(cut.segment))

    def opens(self, node: ast.stmt) -> bool:
        """Whether the head of a block computes nothing, and each of its bodies has lines of its own."""
        if isinstance(node, ast.ClassDef):
            return _made_of(PLAIN, node.decorator_list) and self.declares(node)
        if isinstance(node, ast.If):
            rest = node.orelse
            other = self.opens(rest[0]) if self.continues(rest) else self.apart(rest)
            return _made_of(ASKS, [node.test]) and self.apart(node.body) and other
        if isinstance(node, ast.Try):
            types = [one.type for one in node.handlers if one.type is not None]
            bodies = [node.body, *(one.body for one in node.handlers), node.orelse, node.finalbody]
            return _made_of(PLAIN, types) and all(self.apart(one) for one in bodies)
        return False

    def declares(self, node: ast.ClassDef) -> bool:
        """Whether what follows a class's name computes nothing, and its body has lines of its own."""
        given = [*node.bases, *(word.value for word in node.keywords)]
        return not getattr(node, "type_params", None) and _made_of(PLAIN, given) and self.apart(node.body)

    def apart(self, body: list[ast.stmt]) -> bool:
        return not body or not self.lines[_first(body[0])].encode()[: _column(body[0])].strip()

    def continues(self, orelse: list[ast.stmt]) -> bool:
        """Whether what comes otherwise is an `elif`."""
        return len(orelse) == 1 and isinstance(orelse[0], ast.If) and self.lines[orelse[0].lineno].lstrip().startswith("elif")

    def block(self, node: ast.ClassDef | ast.If | ast.Try) -> ast.stmt:
        if isinstance(node, ast.ClassDef):
            return _copy(node, body=self.split(node.body), whole=node)
        if isinstance(node, ast.If):
            rest = [self.block(one) for one in node.orelse if isinstance(one, ast.If)]
            rest = rest if self.continues(node.orelse) else self.split(node.orelse)
            return _copy(node, body=self.split(node.body), orelse=rest)
        handlers = [_copy(one, body=self.split(one.body)) for one in node.handlers]
        body, rest, last = (self.split(one) for one in (node.body, node.orelse, node.finalbody))
        return _copy(node, body=body, handlers=handlers, orelse=rest, finalbody=last)

    def table(self, node: ast.Assign) -> bool:
        """Whether it is a long table of the file's own: alone, or as the only thing that a function is called with. `dict(a=…)`
        is one."""
        target, value = node.targets[0], node.value
        if _last(node) - node.lineno < LONG or node.col_offset or len(node.targets) > 1 or not isinstance(target, ast.Name):
            return False
        if isinstance(value, ast.Call) and isinstance(value.func, ast.Name) and len(value.args) == 1 and not value.keywords:
            value = value.args[0]
        if not (isinstance(value, DISPLAYS) or _is_dict(value)) or target.id.startswith("__"):
            return False
        self.again = self.again if self.again is not None else _bound_again(self.outline)
        return not self.again or self.again.isdisjoint(part.id for part in walk(node.value) if isinstance(part, ast.Name))


def _is_dict(value: ast.expr) -> bool:
    return isinstance(value, ast.Call) and isinstance(value.func, ast.Name) and value.func.id == "dict" and not value.args


def definitions(body: list[ast.stmt], closed: Container[int] = ()) -> Iterator[Any]:
    """The classes and functions that are defined while these statements run, in their order: none inside a function, nor inside
    a class whose number is in `closed` once it was given."""
    for node in body:
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            yield node
            continue
        if isinstance(node, ast.ClassDef):
            yield node
            if id(node) in closed:
                continue
        for inner in ("body", "handlers", "cases", "orelse", "finalbody"):
            for part in getattr(node, inner, ()):
                yield from definitions([part] if isinstance(part, ast.stmt) else part.body, closed)


def _copy(node: T, **changed: Any) -> T:
    """The node as it is run, which has another body than in the outline."""
    made = type(node)()
    made.__dict__.update(node.__dict__, **changed)
    return made


def _made_of(kinds: tuple[Any, ...], nodes: Sequence[ast.AST | None]) -> bool:
    return all(isinstance(part, kinds) for node in nodes if node is not None for part in walk(node))


def _first(node: ast.stmt) -> int:
    decorators: list[ast.expr] = getattr(node, "decorator_list", [])
    return min(node.lineno, *(one.lineno for one in decorators)) if decorators else node.lineno


def _last(node: ast.stmt) -> int:
    return node.end_lineno or node.lineno


def _column(node: ast.stmt) -> int:
    """Where a statement begins in its line, its decorators' @ included: these stand in lines of their own."""
    return 0 if getattr(node, "decorator_list", ()) else node.col_offset


def _crowded(statements: list[ast.stmt]) -> set[int]:
    """The statements that share a line with another one."""
    found: set[int] = set()
    for before, after in pairwise(statements):
        if _last(before) >= _first(after):
            found |= {id(before), id(after)}
    return found


def _bound_again(outline: ast.Module) -> frozenset[str]:
    """The names that a file binds more than once: a table that is read later would hold another value."""
    counts: Counter[str] = Counter()
    for statement in outline.body:
        if isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            counts[statement.name] += 1
        else:
            for target in _targets(statement):
                counts.update(part.id for part in walk(target) if isinstance(part, ast.Name))
    return frozenset(name for name, count in counts.items() if count > 1)


def _targets(statement: ast.stmt) -> Iterator[ast.AST]:
    if isinstance(statement, ast.Assign):
        yield from statement.targets
    elif isinstance(statement, (ast.AnnAssign, ast.AugAssign)):
        yield statement.target
    else:  # whatever it names, it may bind
        yield statement


def _body(node: Any, lines: Lines) -> Cut | None:
    first = _first(node.body[0])
    last = node.end_lineno or first
    before = lines[first][: node.body[0].col_offset]
    if before.strip() or not before:  # on the line of the `def`
        return None
    start = "async def" if isinstance(node, ast.AsyncFunctionDef) else "def"
    segment = lines.segment(first, last, f"{start} _():\n")
    if not _plain(node):
        return Cut(node, first, last, f"{_indent(lines[first])}...", segment)
    stub = f"{_indent(lines[node.lineno])}{start} {node.name}(): ..."
    return Cut(node, node.lineno, last, stub, segment, signature=True)


def _indent(line: str) -> str:
    return line[: len(line) - len(line.lstrip())]


def _plain(function: Definition) -> bool:
    """Whether no part of a signature is computed, so that it is as good in the outline."""
    spec = function.args
    annotated = [*spec.posonlyargs, *spec.args, *spec.kwonlyargs, spec.vararg, spec.kwarg]
    annotations = [function.returns, *(one.annotation for one in annotated if one is not None)]
    if any(isinstance(part, ast.Call) for one in annotations if one is not None for part in walk(one)):
        return False
    defaults = [one for one in (*spec.defaults, *spec.kw_defaults) if one is not None]
    return not getattr(function, "type_params", None) and _made_of(PLAIN, defaults)
