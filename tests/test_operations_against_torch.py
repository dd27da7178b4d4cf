"""What operations do to facts, held against torch: expressions are run and interpreted, the facts must cover the values."""

from __future__ import annotations

import ast
import importlib
import itertools
import warnings
from typing import Any

import pytest

from losslint.facts import EACH, UNKNOWN_AXIS, Domain, Facts, Range
from losslint.oneof import ANY, OneOf
from losslint.places import Place
from losslint.shapes import Shape
from losslint.static.operand import Name, Operand
from losslint.static.operations import apply, attribute, method
from losslint.static.operations.dtypes import numpy_promote, promote, promote_number, promote_scalar, read_dtype
from losslint.static.operations.knowledge import operations

torch = pytest.importorskip("torch", reason="the table of operations is judged by torch")
np = pytest.importorskip("numpy", reason="the table of operations is judged by numpy")
F = torch.nn.functional

HERE = Place("train.py", 1)
PREFIXES = {"F": "torch.nn.functional", "np": "numpy", "torch": "torch"}
OPERATORS = {
    ast.Add: "add",
    ast.Sub: "sub",
    ast.Mult: "mul",
    ast.Div: "truediv",
    ast.Pow: "pow",
    ast.FloorDiv: "floordiv",
    ast.Mod: "mod",
    ast.MatMult: "matmul",
    ast.BitAnd: "and_",
    ast.BitOr: "or_",
    ast.Lt: "lt",
    ast.Gt: "gt",
    ast.LtE: "le",
    ast.GtE: "ge",
    ast.Eq: "eq",
    ast.NotEq: "ne",
    ast.USub: "neg",
    ast.Invert: "invert",
}
UNKNOWN = Operand()


def constant(value: Any) -> Operand:
    kind: Any = "none" if value is None else "bool" if isinstance(value, bool) else "str" if isinstance(value, str) else "number"
    return Operand(Facts(kind=OneOf.of(kind)) if value is not Ellipsis else Facts(), OneOf.of(value))


def dotted(node: ast.expr) -> str | None:
    if isinstance(node, ast.Name):
        return PREFIXES.get(node.id)
    if isinstance(node, ast.Attribute) and (head := dotted(node.value)):
        return f"{head}.{node.attr}"
    return None


def interpret(node: ast.expr, given: dict[str, Operand]) -> Operand:
    """The smallest interpreter that the expressions below need."""
    if isinstance(node, ast.Constant):
        return constant(node.value)
    if isinstance(node, ast.Name):
        return given.get(node.id) or Operand(value=OneOf.of(Name(node.id)))
    if isinstance(node, (ast.Tuple, ast.List)):
        kind: Any = "tuple" if isinstance(node, ast.Tuple) else "list"
        return Operand(Facts(kind=OneOf.of(kind)), items=tuple(interpret(item, given) for item in node.elts))
    if isinstance(node, ast.Slice):
        parts = (node.lower, node.upper, node.step)
        return Operand(items=tuple(constant(None) if part is None else interpret(part, given) for part in parts), tag="slice")
    if isinstance(node, ast.UnaryOp):
        if isinstance(node.operand, ast.Constant):
            return constant(-node.operand.value)
        return apply(f"operator.{OPERATORS[type(node.op)]}", [interpret(node.operand, given)], {}, HERE) or UNKNOWN
    if isinstance(node, ast.BinOp):
        sides = [interpret(node.left, given), interpret(node.right, given)]
        return apply(f"operator.{OPERATORS[type(node.op)]}", sides, {}, HERE) or UNKNOWN
    if isinstance(node, ast.Compare):
        sides = [interpret(node.left, given), interpret(node.comparators[0], given)]
        return apply(f"operator.{OPERATORS[type(node.ops[0])]}", sides, {}, HERE) or UNKNOWN
    if isinstance(node, ast.Subscript):
        return apply("operator.getitem", [interpret(node.value, given), interpret(node.slice, given)], {}, HERE) or UNKNOWN
    if isinstance(node, ast.Attribute):
        if name := dotted(node):
            return Operand(value=OneOf.of(Name(name)))
        receiver = interpret(node.value, given)
        if node.attr in receiver.fields and receiver.items is not None:
            return receiver.items[receiver.fields[node.attr]]
        return attribute(node.attr, receiver, HERE) or UNKNOWN
    assert isinstance(node, ast.Call), ast.dump(node)
    args: list[Operand] = []
    for each in node.args:
        if isinstance(each, ast.Starred):
            spread = interpret(each.value, given).items
            if spread is None:
                return UNKNOWN
            args.extend(spread)
        else:
            args.append(interpret(each, given))
    keywords = {str(keyword.arg): interpret(keyword.value, given) for keyword in node.keywords}
    if name := dotted(node.func):
        return apply(name, args, keywords, HERE) or UNKNOWN
    assert isinstance(node.func, ast.Attribute)
    receiver = interpret(node.func.value, given)
    canonical = method(node.func.attr, receiver)
    return (apply(canonical, [receiver, *args], keywords, HERE) if canonical else None) or UNKNOWN


def values() -> dict[str, Any]:
    torch.manual_seed(0)
    return {
        "x": torch.randn(4, 3, requires_grad=True),
        "z": torch.randn(2, 3, 4, 5),
        "s": torch.randn(4, 1, requires_grad=True),
        "p": torch.softmax(torch.randn(4, 3, requires_grad=True), 1),
        "q": torch.softmax(torch.randn(2, 3, 4, 5), 1),
        "g": torch.sigmoid(torch.randn(4, 3)),
        "l": torch.log_softmax(torch.randn(4, 3), 1),
        "y": torch.tensor([2, 0, 1, 1]),
        "m": torch.tensor([True, False, True, True]),
        "d": torch.randn(4, 3, dtype=torch.float64),
        "u": torch.randint(0, 255, (4, 3), dtype=torch.uint8),
        "a": np.random.default_rng(0).normal(size=(4, 3)),
        "i": np.array([2, 0, 1, 1]),
        "v": torch.randn(3),
        "c": torch.tensor(2.5, dtype=torch.float64),
        "w": torch.randn(6, 3, requires_grad=True),
    }


DOMAINS = {
    "x": Domain("logits"),
    "z": Domain("logits"),
    "s": Domain("logits"),
    "p": Domain("probs", 1),
    "q": Domain("probs", 1),
    "g": Domain("probs", EACH),
    "l": Domain("log_probs", 1),
    "y": Domain("class_index"),
}
KNOWLEDGE = ("full", "named", "rank unknown", "nothing but the kind", "nothing")


def abstract(name: str, value: Any, how: str) -> Operand:
    """The facts of a value, of which more or less is known."""
    kind: Any = "tensor" if isinstance(value, torch.Tensor) else "ndarray"
    if how == "nothing":
        return Operand()
    if how == "nothing but the kind":
        return Operand(Facts(kind=OneOf.of(kind)))
    dtype = str(value.dtype).removeprefix("torch.")
    shape: OneOf[Shape] = OneOf.of(Shape(tuple(value.shape)))
    if how == "named":
        shape = OneOf.of(Shape(("N", *value.shape[1:]) if value.ndim else ()))
    elif how == "rank unknown":
        shape = OneOf.of(Shape(tuple(value.shape[-1:]), open=True))
    domain = OneOf.of(DOMAINS[name]) if name in DOMAINS else ANY
    if how == "rank unknown" and name in "pl":
        domain = OneOf.of(Domain(DOMAINS[name].name, -1))
    grad = OneOf.of(bool(getattr(value, "requires_grad", False)))
    bounds = Range(float(value.min()), float(value.max()))
    return Operand(Facts(OneOf.of(kind), domain, OneOf.of(dtype), shape, grad, range=bounds))


def meaning_holds(domain: Domain, value: Any) -> bool:
    """Whether numbers are what the domain says; logits and scores may be any."""
    array = value.detach().double().numpy() if isinstance(value, torch.Tensor) else np.asarray(value, dtype=float)
    if domain.name in ("probs", "log_probs"):
        chances = np.exp(array) if domain.name == "log_probs" else array
        inside = bool(((chances >= -1e-6) & (chances <= 1 + 1e-6)).all())
        if domain.axis in (EACH, UNKNOWN_AXIS):
            return inside
        return inside and bool(np.allclose(chances.sum(axis=domain.axis), 1, atol=1e-2))
    if domain.name == "class_index":
        return bool((array >= 0).all() and (array == np.round(array)).all())
    if domain.name in ("zero_one", "one_hot"):
        return bool(np.isin(array, (0, 1)).all())
    if domain.name in ("rectified", "rate"):
        return bool((array >= 0).all())
    return True


def assert_covered(operand: Operand, value: Any, what: str) -> None:
    if isinstance(value, (tuple, list)):
        if operand.items is not None:
            assert len(operand.items) == len(value), what
            for item, real in zip(operand.items, value, strict=True):
                assert_covered(item, real, what)
        return
    facts = operand.facts
    if operand.value.known and isinstance(value, (int, float, bool)):
        assert value in operand.value, what
    if not isinstance(value, (torch.Tensor, np.ndarray)):
        return
    kind = "tensor" if isinstance(value, torch.Tensor) else "ndarray"
    assert facts.kind.covers(OneOf.of(kind)), f"{what}: kind {facts.kind}"
    dtype = str(value.dtype).removeprefix("torch.")
    assert facts.dtype.covers(OneOf.of(dtype)), f"{what}: dtype {facts.dtype}, really {dtype}"
    shape = Shape(tuple(value.shape))
    assert facts.shape.values is None or any(one.covers(shape) for one in facts.shape.values), f"{what}: {facts.shape}, {shape}"
    if kind == "tensor":
        assert facts.requires_grad.covers(OneOf.of(value.requires_grad)), f"{what}: requires_grad {facts.requires_grad}"
    if facts.domain.known and value.size != 0:
        assert any(meaning_holds(one, value) for one in facts.domain), f"{what}: {facts.domain}"
    numbers = value.detach().double() if kind == "tensor" else value
    if np.prod(value.shape) and dtype not in ("complex64",):
        low, high = float(np.nanmin(np.asarray(numbers))), float(np.nanmax(np.asarray(numbers)))
        slack = 1e-6
        assert facts.range.low - slack <= low, f"{what}: {facts.range}, really {low}"
        assert high <= facts.range.high + slack, f"{what}: {facts.range}, really {high}"


EXPRESSIONS = """
torch.softmax(x, 1) ; F.softmax(x, dim=-1) ; F.softmax(z, 1) ; x.softmax(0) ; torch.special.log_softmax(x, 1)
F.log_softmax(x, -1) ; F.softmax(x, dim=1, dtype=torch.float64) ; F.gumbel_softmax(x) ; F.softmin(x, dim=1)
x.softmax(-1).log() ; l.exp() ; torch.log(p) ; torch.log(p + 1e-8) ; torch.log(p.clamp(1e-7, 1 - 1e-7))
torch.sigmoid(x) ; x.sigmoid() ; F.logsigmoid(x) ; torch.sigmoid(y) ; 1 - g ; 1 - p ; 1 - torch.sigmoid(x) ; F.relu(x)
x.relu() ; F.relu6(x) ; x.abs() ; F.softplus(x) ; x.exp() ; x.tanh() ; torch.tanh(y) ; F.leaky_relu(x, 0.2) ; F.gelu(x)
F.elu(x) ; F.silu(x) ; F.dropout(x, 0.5) ; F.layer_norm(x, (3,)) ; F.normalize(x) ; x.sin() ; F.hardsigmoid(x)
F.softsign(x) ; F.hardtanh(x) ; F.threshold(x, 0.1, 20) ; F.glu(z, 2) ; x.clamp(min=0) ; x.clamp(-1, 1) ; x.clamp(max=0)
u.clamp(0, 3) ; y.clamp(0.5, 2) ; y.clamp(min=0) ; x.sqrt() ; x.square() ; torch.round(x) ; x.sign() ; x.floor()
torch.isnan(x) ; x.float() ; y.float() ; x.long() ; p.long() ; x.double() ; x.half() ; y.int() ; x.bool() ; m.float()
m.long() ; y.byte() ; u.float() ; x.to(torch.int64) ; x.to('cpu') ; x.to('cpu', torch.float64) ; x.to(d) ; y.to(x.dtype)
x.to(dtype=torch.long) ; x.type(torch.LongTensor) ; x.type('torch.DoubleTensor') ; y.type_as(x) ; x.type(torch.float32)
x.detach() ; x.data ; x.detach().numpy() ; z.numpy() ; x.clone() ; x.detach().requires_grad_() ; x.contiguous() ; x.T
z.mT ; p.T ; q.mT ; p.t() ; x.shape ; x.ndim ; x.requires_grad ; x.size(0) ; x.numel() ; z.size(-1) ; x.dim()
x.view(-1) ; x.view(2, 6) ; x.view(4, 3, 1) ; z.view(2, -1) ; z.view(2, 3, -1) ; q.view(2, 3, -1) ; q.view(2, -1, 5)
q.reshape(-1, 5) ; p.view(1, 4, 3) ; p.view(2, 2, 3) ; p.view(-1, 3) ; p.view(-1) ; x.view(x.shape[0], -1)
z.view(z.size(0), -1) ; p.reshape(3, 4) ; torch.reshape(p, (2, -1)) ; x.view(x.size()) ; z.flatten(1) ; q.flatten(2)
torch.flatten(q) ; torch.flatten(z, 1, 2) ; p.flatten(0, 1) ; x.view_as(d) ; p.ravel() ; s.squeeze() ; s.squeeze(1)
s.squeeze(-1) ; x.squeeze() ; x.squeeze(0) ; p.unsqueeze(0) ; p.unsqueeze(1) ; p.unsqueeze(-1) ; x.unsqueeze(-2)
q.unsqueeze(2) ; p.unsqueeze(0).squeeze(0) ; q[:1].squeeze() ; q[:1].squeeze(0) ; p[:, :1].squeeze(1)
z[:1, :1].squeeze() ; q.permute(0, 2, 3, 1) ; q.permute((0, 2, 3, 1)) ; torch.permute(q, (3, 0, 1, 2))
q.transpose(1, 2) ; q.transpose(-1, 1) ; q.transpose(2, 3) ; p.transpose(0, 1) ; q.movedim(1, -1)
torch.transpose(p, -1, -2) ; torch.moveaxis(q, 1, 0) ; s.expand(4, 3) ; s.expand(-1, 3) ; p.expand(2, 4, 3)
p.repeat(2, 1) ; p.repeat(1, 2) ; x.repeat(2, 1, 1) ; s.expand_as(x) ; p[:, 1] ; p[0] ; p[:2] ; p[:, :2] ; p[..., 0]
p[None] ; p[:, None] ; p[..., None] ; q[:, 1] ; q[:, 1:] ; q[:, :, 0] ; q[..., 1] ; q[0] ; q[-1, 1] ; q[:, 1, :, None]
p[m] ; p[y] ; x[[0, 2]] ; p[:, [0, 1]] ; p[y, y.clamp(max=2)] ; p[y > 0] ; x[x > 0] ; p[0, 1] ; x[1:3, ::2] ; x[5:]
x[-2:] ; z[0][0] ; p[:] ; p[..., :] ; l[:, 0] ; l[0] ; torch.arange(3)[None, :] ; x[torch.arange(4), y] ; z[:, :, m]
z[:, None, 0] ; x[:, torch.tensor([0, 1])] ; y[0] ; a[0] ; a[:, 1] ; a[0, 1] ; i[0] ; p[True] ; torch.chunk(x, 2, dim=1)
p.chunk(2) ; p.chunk(2, 1) ; z.split(2, dim=1) ; z.split([1, 2], dim=1) ; p.split(3) ; q.unbind(1) ; p.unbind(0)
p.unbind(-1) ; torch.index_select(p, 0, y) ; torch.index_select(p, 1, y.clamp(max=2)) ; p.gather(1, y[:, None])
p.gather(1, y.unsqueeze(1)).squeeze(1) ; p.narrow(1, 0, 2) ; p.narrow(0, 1, 2) ; p.select(1, 0)
p.masked_select(m[:, None]) ; x.masked_fill(m[:, None], -1e9) ; p.masked_fill(m[:, None], 0)
v.masked_fill(m[:, None], 7) ; torch.where(m[:, None], x, p) ; torch.where(x > 0, x, 0) ; torch.where(m[:, None], p, p)
torch.where(x > 0, 1.0, 0.0) ; torch.where(y > 0, y, d[:, 0]) ; torch.where(m[:, None], p, g) ; torch.where(m)
torch.cat([x, p]) ; torch.cat([p, p]) ; torch.cat((p, p), dim=1) ; torch.cat([p, 1 - p], 1) ; torch.cat([x, d], dim=1)
torch.cat([g, 1 - g], -1) ; torch.cat([y, y]) ; torch.cat([x, s], 1) ; torch.cat([l, l]) ; torch.stack([p, p])
torch.stack([p, p], 1) ; torch.stack([p, p], dim=-1) ; torch.stack([g, 1 - g], 1) ; torch.stack([x, x], 2)
torch.stack([x.mean(), d.mean()]) ; x.sum() ; x.sum(1) ; p.sum(1) ; p.sum(0) ; y.sum() ; m.sum() ; x.mean() ; p.mean(0)
p.mean(1) ; q.mean((2, 3)) ; q.mean(dim=(2, 3), keepdim=True) ; q.mean((1, 2)) ; q.mean(-1) ; q.mean(0, keepdim=True)
q.sum((1, 2)) ; x.mean(dim=[0, 1]) ; u.sum() ; u.float().mean() ; x.max() ; x.max(1) ; p.max(1)
p.max(dim=1, keepdim=True) ; x.max(1)[1] ; x.max(1).values ; x.max(1).indices ; torch.max(x, 1)[1] ; torch.max(x, d)
torch.max(x, d[:, :1]) ; x.min(other=d) ; torch.min(x, torch.tensor(1.0)) ; torch.outer(d[:, 0], x[0]) ; x[0].ger(x[1])
x.exp() / x.exp().sum(1, keepdim=True) ; x.exp() / x.exp().sum(0) ; x.exp() / x.exp().sum(1)[:, None] ; p**2 / (p**2).sum()
q.exp() / q.exp().sum(1).unsqueeze(1) ; p**2 / (p**2).sum(1, keepdim=True) ; p**0.5 / (p**0.5).sum(-1, keepdim=True)
x / x.sum(1, keepdim=True) ; F.normalize(p * 3, p=1) ; F.normalize(x, p=1) ; F.normalize(x.abs(), p=1, dim=0) ; p * g + g
x - x.exp().sum(1).log().unsqueeze(1) ; x - x.exp().sum(0, keepdim=True).log()
x / 2 - (x / 2).logsumexp(1, keepdim=True) ; x - (x / 2).logsumexp(1, keepdim=True) ; x - x.logsumexp(0)
1 / (1 + (-x).exp()) ; 1.0 / (1.0 + torch.exp(-x)) ; 1 / (1 + x.exp()) ; x.exp() / (1 + x.exp())
torch.exp(x - 1) / torch.exp(x - 1).sum(1, keepdim=True) ; torch.exp(x - 1) / torch.exp(x - 2).sum(1, keepdim=True)
torch.where(p < 0.1, 0.0, p) / torch.where(p < 0.1, 0.0, p).sum(1, keepdim=True) ; p.round(decimals=2) ; x**2 * g
g / (p + g) ; y**2
torch.nn.Parameter(p) ; torch.nn.Parameter(x, requires_grad=False) ; torch.nn.Parameter(torch.zeros(2)) * x[:, :2]
x.min(0) ; p.amax(1) ; z.amax((2, 3)) ; z.amax() ; x.argmax() ; x.argmax(1) ; p.argmax(dim=-1) ; z.argmax(1)
z.argmax(1, keepdim=True) ; x.argmin(0) ; y.max() ; u.max(1) ; x.topk(2) ; p.topk(2, dim=1) ; p.topk(1, 0)[1]
x.sort(dim=1) ; p.sort(dim=1) ; p.sort(0) ; x.logsumexp(1) ; x - x.logsumexp(1, keepdim=True) ; x.norm() ; x.norm(dim=1)
x.std() ; x.std(0) ; x.prod() ; x.cumsum(1) ; y.cumsum(0) ; x.any() ; m.all() ; u.any() ; x.count_nonzero() ; x.any(1)
x + 1 ; x * 2 ; 2 * x ; x / 3 ; x - x.max() ; x + d ; x * c ; y * c ; y + 1 ; y + 1.5 ; y / 2 ; y // 2 ; y % 2 ; m + 1
m * 2.0 ; m + m ; u + 1 ; u / 255 ; u * 2 ; u + y[:, None] ; u - 1 ; 255 - u ; -u ; -x ; -p ; -y ; -l ; x ** 2 ; y ** 2
2 ** x ; p + 1e-8 ; p * 1 ; p * 2 ; p - 1 ; p / 3 ; 2 * p - 1 ; p + p ; x * m[:, None] ; x + s ; x + v ; s + v ; s - y
x + z[0, 0, 0, 0] ; z + x[:, :1].T.unsqueeze(-1)[:, :, :1] ; y + x[:, 0] ; y * 1.0 ; x * 0 ; p ** 2 ; g * 0.5 + 0.25
torch.add(x, 1) ; torch.add(x, x, alpha=2) ; torch.mul(x, 2) ; torch.div(x, 2) ; torch.div(x, 2, rounding_mode='floor')
x.sub(1) ; x.div(x.norm(dim=1, keepdim=True)) ; torch.pow(x, 2) ; torch.maximum(x, p) ; x.add(1) ; torch.div(y, 2)
x > 0 ; x >= p ; y == 1 ; y == y ; torch.eq(y, 1) ; x.gt(0.5) ; (x > 0).float() ; (p > 0.5).long() ; (x > 0) & (x < 1)
~m ; ~y ; y & 1 ; m | m ; (x.argmax(1) == y).sum() ; (x.argmax(1) == y).float().mean() ; x @ v ; x @ w.T ; v @ v
z @ z.mT ; torch.matmul(x, x.T) ; torch.mm(x, x.T) ; torch.bmm(z[0], z[0].mT) ; F.linear(x, w) ; F.linear(v, w) ; y @ y
torch.einsum('nc,mc->nm', x, w) ; torch.einsum('bchw,bkhw->bck', z, z) ; torch.mv(x, v)
F.conv2d(z, z.transpose(0, 1)[:, :, :2, :2].transpose(0, 1)) ; F.conv1d(z[0], z[1, :2, :, :2])
F.cosine_similarity(x, p) ; torch.cdist(x, p) ; F.embedding(y, w) ; F.interpolate(q, scale_factor=2)
F.interpolate(q, size=(8, 8), mode='bilinear') ; F.interpolate(q, size=7)
F.interpolate(q, size=(9, 9), mode='bicubic') ; F.max_pool2d(z, 2) ; F.avg_pool2d(q, 2) ; F.max_pool2d(q, 2)
F.adaptive_avg_pool2d(z, 1) ; F.avg_pool2d(q, 3, 1, 1) ; torch.tensor([1, 2]) ; torch.tensor([[1.0, 2.0], [3.0, 4.0]])
torch.tensor([True, False]) ; torch.tensor(3) ; torch.tensor([1, 2.5]) ; torch.tensor([1, 0], dtype=torch.float)
torch.tensor([0.5], requires_grad=True) ; torch.tensor(a) ; torch.tensor(i) ; torch.tensor([])
torch.tensor([[1], [2]]) ; torch.Tensor([1, 2]) ; torch.FloatTensor([[1, 2]]) ; torch.LongTensor([1, 2])
torch.FloatTensor(a) ; torch.IntTensor([1, 2]) ; torch.ByteTensor([0, 1]) ; torch.tensor(x.detach())
torch.as_tensor(x) ; torch.as_tensor(a) ; torch.from_numpy(a) ; torch.from_numpy(i) ; torch.from_numpy(a).float()
torch.tensor(a, dtype=torch.float32) ; torch.autograd.Variable(x * 2) ; torch.autograd.Variable(d, requires_grad=True)
torch.tensor([1.7, 2.2], dtype=torch.long) ; torch.zeros(3) ; torch.zeros(2, 3) ; torch.ones((2, 3))
torch.zeros([2, 3], dtype=torch.long) ; torch.zeros(x.shape) ; torch.zeros(x.size(0), 5)
torch.ones(4, requires_grad=True) ; torch.full((2, 3), 7) ; torch.full((2,), 0.5) ; torch.full([2], True) ; torch.eye(3)
torch.rand(3, 2) ; torch.randn(3, 2) ; torch.randn(size=(2, 2)) ; torch.randint(0, 5, (3,)) ; torch.randint(5, (3, 2))
torch.randint(low=1, high=4, size=(3,)) ; torch.randint(0, 2, (3,), dtype=torch.float) ; torch.arange(5)
torch.arange(1, 5) ; torch.arange(0, 10, 3) ; torch.arange(0.0, 1.0, 0.25) ; torch.arange(3, dtype=torch.float)
torch.linspace(0, 1, 5) ; torch.randperm(5) ; torch.zeros_like(x) ; torch.ones_like(y)
torch.zeros_like(x, dtype=torch.long) ; torch.rand_like(x) ; torch.full_like(x, 3) ; torch.randn_like(x)
torch.bernoulli(p) ; torch.multinomial(p, 2) ; F.one_hot(y) ; F.one_hot(y, 3) ; F.one_hot(y, num_classes=5).float()
F.one_hot(y, 3).argmax(1) ; F.one_hot(y, 3).permute(1, 0) ; F.one_hot(y, 3)[:, 1] ; F.one_hot(y, 3).unsqueeze(0)
np.array([1, 2]) ; np.array([1.0, 2.0]) ; np.array([[1, 2], [3, 4]]) ; np.array([True]) ; np.asarray(a)
np.array([1, 2], dtype=np.float32) ; np.zeros((2, 3)) ; np.ones(3) ; np.zeros(3, dtype=int) ; np.random.randn(3, 2)
np.random.rand(3) ; np.random.randint(0, 3, size=4) ; np.random.randint(3, size=(2, 2)) ; np.random.uniform(0, 1, (2,))
np.random.normal(size=3) ; np.arange(4) ; np.arange(4.0) ; np.eye(3) ; np.linspace(0, 1, 4) ; np.full((2,), 1)
np.random.choice(5) ; np.random.choice(5, 3) ; np.random.choice(5, size=(2, 2)) ; np.random.choice(i, 3, replace=False)
np.random.choice(i) ; np.std(a) ; np.std(a, 0) ; a.std() ; a.var(axis=1) ; (a - a.mean()) / a.std() ; np.median(a, axis=0)
np.vstack([1.0, 2.0]) ; np.vstack([i, i]) ; np.vstack([a, a]) ; np.vstack((a, np.zeros(3))) ; torch.vstack([v, v])
torch.vstack((x, v)) ; torch.vstack([c, c]) ; i[0] + 1 ; (i[0] - 2) / 3 ; -i[0] ; i[0] * i[1] ; i[0] > 1 ; a[0, 0] - a[1, 1]
torch.hann_window(4) ; torch.FloatTensor(a) ; torch.FloatTensor([1, 2]) ; torch.tensor([a[0, 0], a[1, 1]])
np.random.random((2, 2)) ; a.astype(np.float32) ; a.astype('float32') ; a.astype(int) ; a.astype(np.int64)
i.astype(float) ; a + 1 ; a * i[:, None] ; i + 1.5 ; i / 2 ; a > 0 ; -a ; a.T ; a.reshape(-1) ; a.reshape(3, 4)
a.argmax(1) ; np.argmax(a, axis=1) ; a.sum() ; a.mean(0) ; np.mean(a, axis=1, keepdims=True) ; np.exp(a)
np.log(np.exp(a)) ; np.abs(a) ; np.concatenate([a, a]) ; np.stack([a, a], axis=1) ; np.expand_dims(a, 0) ; a.max(1)
np.where(a > 0, a, 0) ; np.where(a > 0, 1, 0) ; a @ a.T ; np.clip(a, 0, 1) ; i.astype(np.int32) + i
i[:, None].astype(np.int32) * a.astype(np.float32) ; np.exp(i) ; a.copy() ; a.squeeze() ; np.sqrt(np.abs(a))
np.round(a) ; np.dot(a, a.T) ; torch.from_numpy(a.astype(np.float32)) ; x.tolist() ; y.tolist() ; torch.numel(x)
x.flip(0) ; torch.roll(p, 1, 0) ; torch.addmm(s, x, w[:, :3].T[:, :1]) ; torch.logical_and(m, m) ; torch.square(y)
torch.sqrt(y) ; y.reciprocal() ; torch.exp(y) ; torch.cat([y, x[:, 0]])
torch.nn.utils.rnn.pad_sequence([v, v[:2]]) ; torch.nn.utils.rnn.pad_sequence([x, x[1:]], batch_first=True)
torch.nn.utils.rnn.pack_padded_sequence(z, [3, 1], batch_first=True) ; torch.nn.utils.rnn.pack_padded_sequence(p, [4, 2, 1])
torch.nn.utils.rnn.pad_sequence([v, v], True) ; torch.nn.utils.rnn.pad_sequence((y, y[:1]), padding_value=-100)
np.clip(z, 0., 1.) ; np.abs(z) ; np.exp(z) ; np.round(z) ; np.squeeze(z) ; np.reshape(z, (2, -1)) ; np.argmax(z, 1)
np.swapaxes(z, 0, 1) ; np.isnan(z) ; np.sqrt(d) ; np.expand_dims(z, 0) ; np.where(z > 0, z, 0) ; np.stack([z, z])
np.log1p(u) ; np.sign(z) ; np.tanh(z) ; np.floor(z)
torch.tensor([c]) ; torch.tensor([v[:1], 2.0]) ; torch.tensor([[c, c]]) ; np.array([v, v]) ; torch.as_tensor([v[:1]])
np.exp(i.astype(np.uint8))
x.new_zeros(2, 3) ; y.new_ones((4, 3)) ; d.new_full((2,), 3.5) ; x.new_zeros(4, dtype=torch.long) ; y.new_zeros(x.shape[0])
z.clone().zero_() ; z.clone().fill_(1) ; y.clone().fill_(3) ; z.clone().normal_() ; v.clone().uniform_() ; z.clone().copy_(z)
z.new_zeros(4, 3).copy_(p) ; torch.zeros(4, 3).scatter_(1, y[:, None], 1) ; torch.zeros(4, 3).scatter(1, y[:, None], 1.0)
torch.zeros_like(p).scatter_(-1, y.unsqueeze(1), value=1) ; torch.zeros(4, 3).scatter(1, y[:, None], x)
torch.zeros(4, 3).scatter_add(1, y[:, None], x) ; x.index_add(0, y, w[:4]) ; torch.tril(x) ; p.triu() ; F.pad(x, (1, 1))
F.pad(p, (0, 1), value=2) ; F.pad(z, (1, 0, 2, 2)) ; x.repeat_interleave(2, dim=0) ; p.repeat_interleave(2, 1)
y.repeat_interleave(3) ; torch.repeat_interleave(p, 2, dim=0) ; torch.logical_or(m, m) ; v.dot(v) ; torch.dot(x[0], v)
torch.tile(p, (2, 1)) ; z.nelement() ; F.scaled_dot_product_attention(z, z, z)
""".strip()


def expressions() -> list[str]:
    return [part.strip() for line in EXPRESSIONS.splitlines() for part in line.split(" ; ")]


def run(source: str, given: dict[str, Any]) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return eval(source, {"torch": torch, "F": F, "np": np, **given})


@pytest.mark.parametrize("source", expressions())
def test_facts_cover_the_real_value(source: str) -> None:
    given = values()
    real = run(source, given)
    tree = ast.parse(source, mode="eval").body
    for how in KNOWLEDGE:
        operands = {name: abstract(name, value, how) for name, value in given.items()}
        assert_covered(interpret(tree, operands), real, f"{source}, {how}")


EXACT = [
    ("torch.softmax(x, -1)", "probs(1) float32[4 3]"),
    ("F.log_softmax(x, dim=1)", "log_probs(1) float32[4 3]"),
    ("torch.log(p + 1e-8)", "log_probs(1) float32[4 3]"),
    ("torch.log(p.clamp(1e-7, 0.9999999))", "log_probs(1) float32[4 3]"),
    ("p[:, 1]", "probs(each) float32[4]"),
    ("q.permute(0, 2, 3, 1)", "probs(3) float32[2 4 5 3]"),
    ("q.permute(0, 2, 3, 1).reshape(-1, 3)", "probs(1) float32[40 3]"),
    ("q.view(2, 3, -1)", "probs(1) float32[2 3 20]"),
    ("q.mean((2, 3))", "probs(1) float32[2 3]"),
    ("q.mean(0)", "probs(0) float32[3 4 5]"),
    ("torch.stack([p, p])", "probs(2) float32[2 4 3]"),
    ("torch.cat([x, x], 1)", "logits float32[4 6]"),
    ("torch.nn.utils.rnn.pad_sequence([x, x[1:]], batch_first=True)", "? float32[2 4 3]"),
    ("torch.nn.utils.rnn.pad_sequence([y[1:], y])", "? int64[4 2]"),
    ("x.argmax(1)", "class_index int64[4]"),
    ("x.max(1)[1]", "class_index int64[4]"),
    ("(g > 0.5).float()", "zero_one float32[4 3]"),
    ("1 - g", "probs(each) float32[4 3]"),
    ("x - x.logsumexp(1, keepdim=True)", "log_probs(1) float32[4 3]"),
    ("x.exp() / x.exp().sum(1, keepdim=True)", "probs(1) float32[4 3]"),
    ("p**2 / (p**2).sum(-1).unsqueeze(-1)", "probs(1) float32[4 3]"),
    ("x / x.sum(1, keepdim=True)", "? float32[4 3]"),
    ("F.normalize(p * 3, p=1)", "probs(1) float32[4 3]"),
    ("x - x.exp().sum(0).log().view(1, -1)", "log_probs(0) float32[4 3]"),
    ("x / 2 - torch.logsumexp(x / 2, 1, keepdim=True)", "log_probs(1) float32[4 3]"),
    ("x - torch.logsumexp(x / 2, 1, keepdim=True)", "? float32[4 3]"),
    ("x.exp() / x.exp().sum(1)[0]", "? float32[4 3]"),
    ("x.exp() / x.exp().sum(0).unsqueeze(0)", "probs(0) float32[4 3]"),
    ("x[:3].exp() / x[:3].exp().sum(1).unsqueeze(0)", "? float32[3 3]"),
    ("x[:3].exp() / x[:3].exp().sum(1).expand_as(x[:3])", "? float32[3 3]"),
    ("1 / (1 + torch.exp(-x))", "probs(each) float32[4 3]"),
    ("x.exp() / (1 + x.exp())", "probs(each) float32[4 3]"),
    ("1 / (1 + x.exp())", "? float32[4 3]"),
    ("x @ w.T", "logits float32[4 6]"),
    ("x * 2 + 1", "logits float32[4 3]"),
    ("F.relu(x)", "rectified float32[4 3]"),
    ("p * 2", "? float32[4 3]"),
    ("-x", "logits float32[4 3]"),
    ("F.one_hot(y, 3)", "one_hot(1) int64[4 3]"),
    ("torch.from_numpy(a)", "? float64[4 3]"),
    ("torch.from_numpy(i).long()", "? int64[4]"),
    ("x.view(x.size(0), -1)", "logits float32[4 3]"),
    ("s.squeeze(1)", "logits float32[4]"),
    ("x + d", "logits float64[4 3]"),
    ("torch.tensor([[1, 2], [3, 4]])", "? int64[2 2]"),
    ("np.array([1, 0, 1])", "? int64[3]"),
]


@pytest.mark.parametrize(("source", "wanted"), EXACT)
def test_what_is_known_stays_known(source: str, wanted: str) -> None:
    operands = {name: abstract(name, value, "full") for name, value in values().items()}
    facts = interpret(ast.parse(source, mode="eval").body, operands).facts
    found = {str(domain) if domain.axis != EACH else f"{domain.name}(each)" for domain in facts.domain}
    assert f"{found.pop() if found else '?'} {facts.dtype.only}{facts.shape.only}" == wanted


CUTS = [
    "x.detach()",
    "x.data",
    "x.argmax(1)",
    "x > 0",
    "x.detach().numpy()",
    "p.long()",
    "torch.tensor(x)",
    "x.round()",
    "x.tolist()",
]


@pytest.mark.parametrize("source", CUTS)
def test_steps_that_leave_the_graph_say_so(source: str) -> None:
    operands = {name: abstract(name, value, "full") for name, value in values().items()}
    steps = interpret(ast.parse(source, mode="eval").body, operands).facts.steps
    assert [step for step in steps if step.cuts], steps


def test_a_loop_does_not_make_the_way_longer() -> None:
    operand = abstract("x", values()["x"], "full")
    for _ in range(100):
        operand = apply("torch.softmax", [operand], {"dim": constant(1)}, HERE) or UNKNOWN
    assert 0 < len(operand.facts.steps) <= 12


def test_promotion_is_torchs() -> None:
    names = (
        "bool",
        "uint8",
        "int8",
        "int16",
        "int32",
        "int64",
        "float16",
        "bfloat16",
        "float32",
        "float64",
        "complex64",
        "complex128",
    )
    for left, right in itertools.product(names, names):
        a, b = torch.ones(2, dtype=getattr(torch, left)), torch.ones(2, dtype=getattr(torch, right))
        assert promote(left, right) == str(torch.result_type(a, b)).removeprefix("torch."), (left, right)
        scalar = str(torch.result_type(a, b[0])).removeprefix("torch.")
        if scalar != "complex32":  # of which losslint has no word
            assert promote_scalar(left, right) == scalar, (left, right)
    for left, number in itertools.product(names, (True, 2, 2.5)):
        real = torch.result_type(torch.ones(2, dtype=getattr(torch, left)), number)
        assert promote_number(left, number) == str(real).removeprefix("torch."), (left, number)


def test_promotion_of_arrays_is_numpys() -> None:
    names = ("bool", "uint8", "int8", "int16", "int32", "int64", "float16", "float32", "float64", "complex64", "complex128")
    for left, right in itertools.product(names, names):
        assert numpy_promote(left, right) == np.result_type(np.dtype(left), np.dtype(right)).name, (left, right)


def test_names_of_dtypes() -> None:
    for name, value in vars(torch).items():
        read = read_dtype(f"torch.{name}")
        if isinstance(value, torch.dtype) and read is not None:
            assert read == str(value).removeprefix("torch."), name
    assert read_dtype("torch.FloatTensor") == "float32"
    assert read_dtype("numpy.float_") == read_dtype("float") == "float64"
    assert read_dtype("cuda:0") is None


OWNERS = {"Tensor": torch.Tensor, "ndarray": np.ndarray}
REMOVED = {"scipy", "einops", "operator", "builtins"}


@pytest.mark.parametrize("name", [name for name in operations() if name.partition(".")[0] not in REMOVED])
def test_names_exist(name: str) -> None:
    head, _, rest = name.partition(".")
    found: Any = OWNERS.get(head) or importlib.import_module(head)
    for part in rest.split("."):
        assert hasattr(found, part), name
        found = getattr(found, part)


@pytest.mark.parametrize("attr", ["add", "norm", "gather", "sort", "split", "select", "append", "max"])
def test_methods_that_others_have_say_nothing_of_an_unknown_receiver(attr: str) -> None:
    assert method(attr, UNKNOWN) is None


@pytest.mark.parametrize("attr", ["cuda", "float", "to", "squeeze", "sum", "clone"])
def test_methods_followed_on_unknown_receivers_leave_the_kind_open(attr: str) -> None:
    name = method(attr, UNKNOWN)
    assert name is not None
    result = apply(name, [UNKNOWN], {}, HERE)
    assert result is not None
    assert not result.facts.kind.known


@pytest.mark.parametrize("attr", ["softmax", "sigmoid", "unsqueeze", "long", "detach"])
def test_methods_of_tensors_alone_tell_the_kind(attr: str) -> None:
    name = method(attr, UNKNOWN)
    assert name is not None
    result = apply(name, [UNKNOWN, constant(1)] if attr in ("softmax", "unsqueeze") else [UNKNOWN], {}, HERE)
    assert result is not None
    assert result.facts.kind.only == "tensor"


PADDED = {
    "torch.nn.utils.rnn.pad_sequence([y, y[:1]])": 0,
    "torch.nn.utils.rnn.pad_sequence([y, y[:1]], padding_value=7)[1:].t().flatten().long()": 7,
    "torch.nn.utils.rnn.pad_sequence([y, y[:1]], True)[..., None].to('cpu')": 0,
    "torch.nn.utils.rnn.pad_sequence([y, y])": None,
    "torch.nn.utils.rnn.pad_sequence([y])": None,
    "torch.nn.utils.rnn.pad_sequence([y, y[:1]], padding_side='left')": None,
    "torch.nn.utils.rnn.pad_sequence([y, y[:1]])[:2]": None,
    "torch.nn.utils.rnn.pad_sequence([y, y[:1]])[0]": None,
    "torch.nn.utils.rnn.pad_sequence([y, y[:1]]) + 1": None,
    "torch.nn.utils.rnn.pad_sequence([y, y[:1]]).clamp(min=1)": None,
    "torch.nn.utils.rnn.pad_sequence([y, y[:1]]).masked_fill(y > 0, -100)": None,
}


@pytest.mark.parametrize("source", PADDED)
def test_padding_is_known_until_it_may_be_gone(source: str) -> None:
    operands = {name: abstract(name, value, "full") for name, value in values().items()}
    assert interpret(ast.parse(source, mode="eval").body, operands).facts.padding.only == PADDED[source]
