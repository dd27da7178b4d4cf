"""libcst's tree lowered to a compact form: the node classes of the standard library's `ast`.

Those classes are a vocabulary that every Python engineer knows and an oracle besides: what is lowered here must equal
what `ast.parse` makes of the same text (a test compares them over real code). Parsing stays with libcst, which reads every
Python 3 syntax whatever Python it runs on. Statements and expressions have a number `at`, by which their positions are
worked out where a report needs them: libcst's tree takes several times the memory, and isn't kept.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from typing import Any

import libcst as cst

_BINARY: dict[str, type[ast.operator]] = {
    "Add": ast.Add, "AddAssign": ast.Add, "Subtract": ast.Sub, "SubtractAssign": ast.Sub,
    "Multiply": ast.Mult, "MultiplyAssign": ast.Mult, "Divide": ast.Div, "DivideAssign": ast.Div,
    "FloorDivide": ast.FloorDiv, "FloorDivideAssign": ast.FloorDiv, "Modulo": ast.Mod, "ModuloAssign": ast.Mod,
    "Power": ast.Pow, "PowerAssign": ast.Pow, "MatrixMultiply": ast.MatMult, "MatrixMultiplyAssign": ast.MatMult,
    "LeftShift": ast.LShift, "LeftShiftAssign": ast.LShift, "RightShift": ast.RShift, "RightShiftAssign": ast.RShift,
    "BitAnd": ast.BitAnd, "BitAndAssign": ast.BitAnd, "BitOr": ast.BitOr, "BitOrAssign": ast.BitOr,
    "BitXor": ast.BitXor, "BitXorAssign": ast.BitXor,
}  # fmt: skip
_UNARY: dict[str, type[ast.unaryop]] = {"Plus": ast.UAdd, "Minus": ast.USub, "Not": ast.Not, "BitInvert": ast.Invert}
_COMPARE: dict[str, type[ast.cmpop]] = {
    "Equal": ast.Eq, "NotEqual": ast.NotEq, "LessThan": ast.Lt, "LessThanEqual": ast.LtE, "GreaterThan": ast.Gt,
    "GreaterThanEqual": ast.GtE, "Is": ast.Is, "IsNot": ast.IsNot, "In": ast.In, "NotIn": ast.NotIn,
}  # fmt: skip
_LOAD, _STORE, _DEL = ast.Load(), ast.Store(), ast.Del()


_met: list[Any] = []
"""The libcst nodes that were lowered to nodes with a number, in the order of their numbers, while a module is lowered."""
_first = 0
"""The number of the first."""


def lower(module: cst.Module) -> ast.Module:
    return lower_numbered(module)[0]


def lower_numbered(module: cst.Module, first: int = 0) -> tuple[ast.Module, list[Any]]:
    """The lowered module, and the libcst node of each number `at` from `first` on. The same text gives the same numbers."""
    global _first
    _first = first
    _met.clear()
    lowered = ast.Module(_statements(module.body), [])
    nodes = list(_met)
    _met.clear()
    return lowered, nodes


def _numbered(lowered: Any, node: Any) -> Any:
    lowered.at = _first + len(_met)
    _met.append(node)
    return lowered


def _statements(body: Sequence[Any]) -> list[Any]:
    lowered: list[Any] = []
    for statement in body:
        if type(statement) is cst.SimpleStatementLine or type(statement) is cst.SimpleStatementSuite:
            lowered.extend(_small(small) for small in statement.body)
        else:
            lowered.append(_COMPOUND[type(statement)](statement))
    return lowered


def _suite(block: Any) -> list[Any]:
    return _statements(block.body) if type(block) is cst.IndentedBlock else [_small(small) for small in block.body]


def _small(node: Any) -> Any:
    lowered = _SMALL[type(node)](node)
    return _numbered(lowered, node)


def _expr(node: Any, context: Any = _LOAD) -> Any:
    lowered = _EXPRESSION[type(node)](node, context)
    return _numbered(lowered, node)


def _optional(node: Any) -> Any:
    return None if node is None else _expr(node)


def dotted(node: Any) -> str:
    """The text of `a.b.c` in an import."""
    return node.value if isinstance(node, cst.Name) else f"{dotted(node.value)}.{node.attr.value}"


# Expressions


def _name(node: Any, context: Any) -> Any:
    constant = {"True": True, "False": False, "None": None}
    if node.value in constant:
        return ast.Constant(constant[node.value])
    return ast.Name(node.value, context)


def _number(node: Any, _: Any) -> Any:
    text: str = node.value  # evaluating is slow, and most numbers are plain
    if len(text) < 20 and text.isdecimal():
        return ast.Constant(int(text))
    return ast.Constant(float(text) if text.replace(".", "", 1).isdecimal() and "." in text else node.evaluated_value)


def _string(node: Any, _: Any) -> Any:
    text: str = node.value
    if text[0] in "\"'" and "\\" not in text and "\r" not in text:  # most are: evaluating them takes a fifth of lowering
        quotes = 3 if text[:3] in ('"""', "'''") else 1
        return ast.Constant(text[quotes:-quotes])
    try:
        value = ast.literal_eval(text)
    except (ValueError, SyntaxError):  # an escape that this Python refuses
        value = node.raw_value
    lowered = ast.Constant(value)
    if node.prefix == "u":
        lowered.kind = "u"
    return lowered


def _concatenated(node: Any, context: Any) -> Any:
    left, right = _expr(node.left), _expr(node.right)
    if isinstance(left, ast.Constant) and isinstance(right, ast.Constant) and type(left.value) is type(right.value):
        joined = ast.Constant(left.value + right.value)  # type: ignore[operator]
        if getattr(left, "kind", None):
            joined.kind = left.kind
        return joined
    values = [*_string_parts(left), *_string_parts(right)]
    merged: list[Any] = []
    for value in values:
        if merged and isinstance(value, ast.Constant) and isinstance(merged[-1], ast.Constant):
            merged[-1] = ast.Constant(str(merged[-1].value) + str(value.value))
        else:
            merged.append(value)
    return ast.JoinedStr(merged)


def _string_parts(node: Any) -> list[Any]:
    return list(node.values) if isinstance(node, ast.JoinedStr) else [node]


def _formatted(node: Any, _: Any) -> Any:
    parts: list[Any] = []
    for part in node.parts:
        if isinstance(part, cst.FormattedStringExpression):
            if part.equal is not None:  # f"{x=}" says the expression too; its exact spacing matters to nobody here
                parts.append(ast.Constant(f"{cst.Module([]).code_for_node(part.expression)}="))
            parts.append(ast.FormattedValue(_expr(part.expression), -1, None))
        else:
            parts.append(ast.Constant(_unescape(node, part.value)))
    return ast.JoinedStr(parts)


def _unescape(node: Any, text: str) -> str:
    text = text.replace("{{", "{").replace("}}", "}")
    if "\\" not in text or "r" in node.start.lower():
        return text
    quote = node.end
    try:
        return str(ast.literal_eval(quote + text + quote))
    except (ValueError, SyntaxError):
        return text


def _template(node: Any, context: Any) -> Any:
    parts = [_expr(part.expression) for part in node.parts if hasattr(part, "expression")]
    return ast.JoinedStr([ast.FormattedValue(part, -1, None) for part in parts])


def _attribute(node: Any, context: Any) -> Any:
    return ast.Attribute(_expr(node.value), node.attr.value, context)


def _subscript(node: Any, context: Any) -> Any:
    elements = node.slice
    if len(elements) == 1 and not isinstance(elements[0].comma, cst.Comma) and not getattr(elements[0].slice, "star", None):
        return ast.Subscript(_expr(node.value), _index(elements[0]), context)
    return ast.Subscript(_expr(node.value), ast.Tuple([_index(element) for element in elements], _LOAD), context)


def _index(element: Any) -> Any:
    part = element.slice
    if isinstance(part, cst.Index):
        value = _expr(part.value)
        return ast.Starred(value, _LOAD) if getattr(part, "star", None) else value
    return ast.Slice(_optional(part.lower), _optional(part.upper), _optional(part.step))


def _arguments(args: Sequence[Any]) -> tuple[list[Any], list[Any]]:
    positional: list[Any] = []
    keywords: list[Any] = []
    for argument in args:
        value = _expr(argument.value)
        if argument.star == "**":
            keywords.append(ast.keyword(None, value))
        elif argument.keyword is not None:
            keywords.append(ast.keyword(argument.keyword.value, value))
        elif argument.star == "*":
            positional.append(ast.Starred(value, _LOAD))
        else:
            positional.append(value)
    return positional, keywords


def _call(node: Any, _: Any) -> Any:
    return ast.Call(_expr(node.func), *_arguments(node.args))


def _element(element: Any, context: Any) -> Any:
    value = _expr(element.value, context)
    return ast.Starred(value, context) if isinstance(element, cst.StarredElement) else value


def _tuple(node: Any, context: Any) -> Any:
    return ast.Tuple([_element(element, context) for element in node.elements], context)


def _list(node: Any, context: Any) -> Any:
    return ast.List([_element(element, context) for element in node.elements], context)


def _set(node: Any, _: Any) -> Any:
    return ast.Set([_element(element, _LOAD) for element in node.elements])


def _dict(node: Any, _: Any) -> Any:
    keys = [None if isinstance(element, cst.StarredDictElement) else _expr(element.key) for element in node.elements]
    return ast.Dict(keys, [_expr(element.value) for element in node.elements])


def _binary(node: Any, _: Any) -> Any:
    return ast.BinOp(_expr(node.left), _BINARY[type(node.operator).__name__](), _expr(node.right))


def _boolean(node: Any, _: Any) -> Any:
    operator = ast.And if isinstance(node.operator, cst.And) else ast.Or
    values: list[Any] = []
    left = node
    while (
        isinstance(left, cst.BooleanOperation)
        and isinstance(left.operator, type(node.operator))
        and (left is node or not left.lpar)
    ):
        values.append(_expr(left.right))
        left = left.left
    values.append(_expr(left))
    return ast.BoolOp(operator(), values[::-1])


def _unary(node: Any, _: Any) -> Any:
    return ast.UnaryOp(_UNARY[type(node.operator).__name__](), _expr(node.expression))


def _comparison(node: Any, _: Any) -> Any:
    return ast.Compare(
        _expr(node.left),
        [_COMPARE[type(target.operator).__name__]() for target in node.comparisons],
        [_expr(target.comparator) for target in node.comparisons],
    )


def _lambda(node: Any, _: Any) -> Any:
    return ast.Lambda(_parameters(node.params), _expr(node.body))


def _if_expression(node: Any, _: Any) -> Any:
    return ast.IfExp(_expr(node.test), _expr(node.body), _expr(node.orelse))


def _generators(first: Any) -> list[Any]:
    lowered: list[Any] = []
    while first is not None:
        tests = [_expr(clause.test) for clause in first.ifs]
        lowered.append(
            ast.comprehension(_expr(first.target, _STORE), _expr(first.iter), tests, int(first.asynchronous is not None))
        )
        first = first.inner_for_in
    return lowered


def _comprehension(node: Any, _: Any) -> Any:
    generators = _generators(node.for_in)
    if isinstance(node, cst.DictComp):
        return ast.DictComp(_expr(node.key), _expr(node.value), generators)
    kinds: dict[Any, Any] = {cst.ListComp: ast.ListComp, cst.SetComp: ast.SetComp, cst.GeneratorExp: ast.GeneratorExp}
    kind = kinds[type(node)]
    return kind(_expr(node.elt), generators)


def _yield(node: Any, _: Any) -> Any:
    if isinstance(node.value, cst.From):
        return ast.YieldFrom(_expr(node.value.item))
    return ast.Yield(_optional(node.value))


_EXPRESSION: dict[type, Callable[[Any, Any], Any]] = {
    cst.Name: _name, cst.Integer: _number, cst.Float: _number, cst.Imaginary: _number, cst.SimpleString: _string,
    cst.ConcatenatedString: _concatenated, cst.FormattedString: _formatted, cst.Attribute: _attribute,
    cst.Subscript: _subscript, cst.Call: _call, cst.Tuple: _tuple, cst.List: _list, cst.Set: _set, cst.Dict: _dict,
    cst.BinaryOperation: _binary, cst.BooleanOperation: _boolean, cst.UnaryOperation: _unary, cst.Comparison: _comparison,
    cst.Lambda: _lambda, cst.IfExp: _if_expression, cst.ListComp: _comprehension, cst.SetComp: _comprehension,
    cst.DictComp: _comprehension, cst.GeneratorExp: _comprehension, cst.Yield: _yield,
    cst.Await: lambda node, _: ast.Await(_expr(node.expression)),
    cst.NamedExpr: lambda node, _: ast.NamedExpr(_expr(node.target, _STORE), _expr(node.value)),
    cst.Ellipsis: lambda node, _: ast.Constant(...),
    cst.StarredElement: lambda node, context: ast.Starred(_expr(node.value, context), context),
}  # fmt: skip
if hasattr(cst, "TemplatedString"):
    _EXPRESSION[cst.TemplatedString] = _template


# Parameters


def _parameter(parameter: Any) -> Any:
    annotation = None if parameter.annotation is None else _expr(parameter.annotation.annotation)
    lowered = ast.arg(parameter.name.value, annotation)
    return _numbered(lowered, parameter)


def _parameters(node: Any) -> ast.arguments:
    plain = [*node.posonly_params, *node.params]
    star = node.star_arg if isinstance(node.star_arg, cst.Param) else None
    return ast.arguments(
        posonlyargs=[_parameter(parameter) for parameter in node.posonly_params],
        args=[_parameter(parameter) for parameter in node.params],
        vararg=None if star is None else _parameter(star),
        kwonlyargs=[_parameter(parameter) for parameter in node.kwonly_params],
        kw_defaults=[_optional(parameter.default) for parameter in node.kwonly_params],
        kwarg=None if node.star_kwarg is None else _parameter(node.star_kwarg),
        defaults=[_expr(parameter.default) for parameter in plain if parameter.default is not None],
    )


# Small statements


def _assign(node: Any) -> Any:
    return ast.Assign([_expr(target.target, _STORE) for target in node.targets], _expr(node.value))


def _annotated(node: Any) -> Any:
    simple = int(isinstance(node.target, cst.Name) and not node.target.lpar)
    return ast.AnnAssign(_expr(node.target, _STORE), _expr(node.annotation.annotation), _optional(node.value), simple)


def _augmented(node: Any) -> Any:
    return ast.AugAssign(_expr(node.target, _STORE), _BINARY[type(node.operator).__name__](), _expr(node.value))


def _delete(node: Any) -> Any:
    target = _expr(node.target, _DEL)
    bare = isinstance(target, ast.Tuple) and not node.target.lpar
    return ast.Delete(target.elts if bare else [target])


def _alias(alias: Any) -> ast.alias:
    return ast.alias(dotted(alias.name), None if alias.asname is None else alias.asname.name.value)


def _import(node: Any) -> Any:
    return ast.Import([_alias(alias) for alias in node.names])


def _import_from(node: Any) -> Any:
    names = [ast.alias("*", None)] if isinstance(node.names, cst.ImportStar) else [_alias(alias) for alias in node.names]
    return ast.ImportFrom(None if node.module is None else dotted(node.module), names, len(node.relative))


_SMALL: dict[type, Callable[[Any], Any]] = {
    cst.Expr: lambda node: ast.Expr(_expr(node.value)),
    cst.Assign: _assign,
    cst.AnnAssign: _annotated,
    cst.AugAssign: _augmented,
    cst.Return: lambda node: ast.Return(_optional(node.value)),
    cst.Pass: lambda node: ast.Pass(),
    cst.Break: lambda node: ast.Break(),
    cst.Continue: lambda node: ast.Continue(),
    cst.Del: _delete,
    cst.Raise: lambda node: ast.Raise(_optional(node.exc), None if node.cause is None else _expr(node.cause.item)),
    cst.Assert: lambda node: ast.Assert(_expr(node.test), _optional(node.msg)),
    cst.Global: lambda node: ast.Global([item.name.value for item in node.names]),
    cst.Nonlocal: lambda node: ast.Nonlocal([item.name.value for item in node.names]),
    cst.Import: _import,
    cst.ImportFrom: _import_from,
    cst.TypeAlias: lambda node: ast.Pass(),  # a type has no value that could reach a loss
}


# Compound statements


def _else(node: Any) -> list[Any]:
    if node is None:
        return []
    return [_if(node)] if isinstance(node, cst.If) else _suite(node.body)


def _if(node: Any) -> Any:
    lowered = ast.If(_expr(node.test), _suite(node.body), _else(node.orelse))
    return _numbered(lowered, node)


def _for(node: Any) -> Any:
    kind = ast.For if node.asynchronous is None else ast.AsyncFor
    lowered = kind(_expr(node.target, _STORE), _expr(node.iter), _suite(node.body), _else(node.orelse))
    return _numbered(lowered, node)


def _while(node: Any) -> Any:
    return ast.While(_expr(node.test), _suite(node.body), _else(node.orelse))


def _with(node: Any) -> Any:
    items = [
        ast.withitem(_expr(item.item), None if item.asname is None else _expr(item.asname.name, _STORE)) for item in node.items
    ]
    return (ast.With if node.asynchronous is None else ast.AsyncWith)(items, _suite(node.body))


def _try(node: Any) -> Any:
    handlers = [
        ast.ExceptHandler(
            _optional(handler.type), None if handler.name is None else handler.name.name.value, _suite(handler.body)
        )
        for handler in node.handlers
    ]
    final = [] if node.finalbody is None else _suite(node.finalbody.body)
    kind = ast.Try if isinstance(node, cst.Try) else getattr(ast, "TryStar", ast.Try)  # 3.10 has no TryStar
    return kind(_suite(node.body), handlers, _else(node.orelse), final)


def _function(node: Any) -> Any:
    kind: Any = ast.FunctionDef if node.asynchronous is None else ast.AsyncFunctionDef
    lowered = kind(
        node.name.value,
        _parameters(node.params),
        _suite(node.body),
        [_expr(decorator.decorator) for decorator in node.decorators],
        None if node.returns is None else _expr(node.returns.annotation),
    )
    return _numbered(lowered, node)


def _class(node: Any) -> Any:
    bases, _ = _arguments(node.bases)
    _, keywords = _arguments(node.keywords)
    lowered: Any = ast.ClassDef(
        node.name.value, bases, keywords, _suite(node.body), [_expr(decorator.decorator) for decorator in node.decorators]
    )
    return _numbered(lowered, node)


def _match(node: Any) -> Any:
    """`match` becomes `if`s: a case of constants compares, of any other pattern it is unknown whether it fits and what its
    captures are."""
    subject = _expr(node.subject)
    first: Any = ast.Expr(subject)
    if not isinstance(subject, (ast.Name, ast.Attribute, ast.Subscript)):  # evaluated once
        first = ast.Assign([ast.Name("subject of the match", _STORE)], subject)
        subject = ast.Name("subject of the match", _LOAD)
    chain: list[Any] = []
    for case in reversed(node.cases):
        test, whole = _fits(case.pattern, subject)
        names = sorted(_captures(case.pattern))
        body = [ast.Assign([ast.Name(name, _STORE)], subject if name == whole else _unknown()) for name in names]
        if case.guard is not None:
            test = ast.BoolOp(ast.And(), [test, _unknown() if names else _expr(case.guard)])
        chain = [ast.If(test, [*body, *_suite(case.body)], chain)]
    return ast.If(ast.Constant(True), [first, *chain], [])


def _unknown() -> Any:
    return ast.Name("__unknown__", _LOAD)


def _fits(pattern: Any, subject: Any) -> tuple[Any, str | None]:
    """The test that a pattern makes, and the name that it binds to the whole subject."""
    if isinstance(pattern, cst.MatchAs):
        name = None if pattern.name is None else pattern.name.value
        return (ast.Constant(True) if pattern.pattern is None else _fits(pattern.pattern, subject)[0]), name
    if isinstance(pattern, cst.MatchValue):
        return ast.Compare(subject, [ast.Eq()], [_expr(pattern.value)]), None
    if isinstance(pattern, cst.MatchSingleton):
        return ast.Compare(subject, [ast.Is()], [_expr(pattern.value)]), None
    if isinstance(pattern, cst.MatchOr):
        parts = [one.pattern for one in pattern.patterns]
        values = [_expr(one.value) for one in parts if isinstance(one, cst.MatchValue)]
        if len(values) < len(parts):
            return _unknown(), None
        return ast.Compare(subject, [ast.In()], [ast.Tuple(values, _LOAD)]), None
    return _unknown(), None


def _captures(pattern: Any) -> set[str]:
    found: set[str] = set()
    for child in pattern.children:
        found |= _captures(child)
    name = getattr(pattern, "name", None)
    if isinstance(pattern, (cst.MatchAs, cst.MatchStar)) and name is not None:
        found.add(name.value)
    return found


_COMPOUND: dict[type, Callable[[Any], Any]] = {
    cst.If: _if, cst.For: _for, cst.While: _while, cst.With: _with, cst.Try: _try, cst.TryStar: _try,
    cst.FunctionDef: _function, cst.ClassDef: _class, cst.Match: _match,
}  # fmt: skip
