"""Random programs that pass tensors of four rows of three numbers around, and tell `reveal` what stands in their names."""

from __future__ import annotations

import random
from typing import Final

HEAD = """import argparse, functools, random
from collections import OrderedDict
from dataclasses import dataclass
import torch
from torch import nn
import torch.nn.functional as F

parser = argparse.ArgumentParser()
parser.add_argument("--kind", default="a")
args = parser.parse_args([])
args.kind = random.choice("abc")
flag = random.random() > 0.5
layer = nn.Linear(3, 3)

class Box:
    shared = None

    def __init__(self, held, other=None):
        self.held = held
        self.other = other

    def put(self, value):
        self.held = value
        return self

    def soften(self):
        self.held = torch.softmax(self.held, 1)

    def swap(self):
        self.held, self.other = self.other, self.held
        return self.held

    @property
    def chances(self):
        return torch.sigmoid(self.held)

    def __call__(self, value):
        return torch.log_softmax(value, 1) if self.other is None else value

class Child(Box):
    def put(self, value):
        super().put(torch.relu(value))
        self.other = value
        return self

def pick(one, other, which=False):
    if which:
        return one
    return torch.softmax(other, 1)

def first(values):
    for value in values:
        if value.sum() > 0:
            return value
    return values[0]

def apply(function, value, times=1):
    for _ in range(times):
        value = function(value)
    return value

def many(value, count):
    for number in range(count):
        yield value if number % 2 else torch.sigmoid(value)

class Net(nn.Module):
    def __init__(self, end=None):
        super().__init__()
        self.layers = nn.ModuleList([nn.Linear(3, 3), nn.ReLU(), nn.Linear(3, 3)])
        self.end = end if end is not None else nn.Identity()

    def features(self, x):
        for layer in self.layers:
            x = layer(x)
        return x

    def forward(self, x):
        x = self.features(x)
        if self.training:
            return x
        return self.end(x)

@dataclass
class Pair:
    left: torch.Tensor
    right: torch.Tensor = None

def twice(function):
    def wrapped(*args, **kwargs):
        return function(function(*args, **kwargs), **kwargs)
    return wrapped

@twice
def shifted(value, by=0.0):
    return torch.softmax(value, 1) + by

def split(value, *others, **named):
    return value, others[0] if others else torch.sigmoid(value), named.get("last", value)

def counter(start):
    total = start
    def add(value):
        nonlocal total
        total = total + value
        return total
    return add

net = Net(nn.Softmax(dim=1))
scores = nn.Sequential(nn.Linear(3, 3), nn.Tanh(), nn.Linear(3, 3))
chances = nn.Sequential(OrderedDict(body=scores, last=nn.Softmax(dim=-1)))

def held(box, value):
    if flag:
        box.held = value
    return box.held

v0 = torch.randn(4, 3)
F.mse_loss(v0, v0)
"""
SINGLE = (
    "torch.softmax({a}, 1)", "torch.log_softmax({a}, 1)", "torch.sigmoid({a})", "{a}.relu()", "{a}.abs()", "{a} * 2 - 1",
    "{a}.detach()", "{a}.clone()", "torch.randn(4, 3)", "torch.zeros(4, 3)", "torch.ones(4, 3)", "torch.rand(4, 3)",
    "{a}.tanh()", "1 - {a}", "{a}.clamp(0, 1)", "-{a}", "{a}.exp()", "{a} / {a}.sum(1, keepdim=True)", "({a} > 0).float()",
    "layer({a})", "F.one_hot({a}.argmax(1), 3).float()", "{a}.double().float()", "{a}.t().t()", "{a}.view(-1).view(4, 3)",
    "{a}[torch.randperm(4)]", "torch.cat([{a}[:2], {a}[2:]])", "torch.stack([{a}[:, 0], {a}[:, 1], {a}[:, 2]], 1)",
    "F.normalize({a}.abs() + 0.1, p=1, dim=1)", "{a} - {a}.logsumexp(1, keepdim=True)", "1 / (1 + torch.exp(-{a}))",
    "{a}.unsqueeze(0).squeeze(0)", "{a}.mean(1, keepdim=True).expand(4, 3)", "{a}.sum(0).repeat(4, 1)", "{a}.topk(3, dim=1)[0]",
    "torch.from_numpy({a}.detach().numpy())", "torch.tensor({a}.tolist())", "{a}.max(1, keepdim=True)[0].repeat(1, 3)",
    "net({a})", "net.eval()({a})", "net.train()({a})", "scores({a})", "chances({a})", "nn.Softmax(dim=1)({a})", "Net()({a})",
    "{a}.detach().requires_grad_()", "F.dropout({a}, 0.0)", "{a}.gather(1, {a}.argsort(1))", "{a}.flip(0)", "{a}.cumsum(1)",
    "torch.stack({a}.unbind(0))", "torch.cat({a}.split(2))", "torch.cat({a}.chunk(2), dim=0)", "{a}.data",
    "{a}.reshape(2, 6).reshape(4, 3)",
    "torch.zeros_like({a})", "torch.rand_like({a})", "torch.full_like({a}, 0.5)", "{a}.new_zeros(4, 3)", "{a}.softmax(dim=0)",
    "torch.einsum('ij->ji', {a}).T", "{a} @ torch.eye(3)", "torch.addmm({a}, {a}, torch.eye(3))", "{a}.pow(2)",
    "{a}.sqrt().nan_to_num()",
    "{a}.log().nan_to_num(0.0, 0.0, 0.0)", "{a}.half().float()", "torch.special.expit({a})",
    "{a}.masked_fill({a} < 0, 0.0)", "{a}.roll(1, 0)",
)  # fmt: skip
DOUBLE = (
    "{a} + {b}", "{a} * {b}", "torch.where({a} > 0, {a}, {b})", "torch.where({a} > 0, {b}, 0.0)", "({a} + {b}) / 2",
    "torch.max({a}, {b})", "{a} - {b}", "0.3 * {a} + 0.7 * {b}",
)  # fmt: skip
CALLS = (
    "pick({a}, {b})", "pick({a}, {b}, {c})", "pick(other={a}, one={b}, which={c})", "first([{a}, {b}])",
    "apply(torch.sigmoid, {a}, {n})", "apply(lambda x: torch.softmax(x, 1), {a})", "apply(lambda x: x + {b}, {a}, {n})",
    "next(many({a}, 2))", "list(many({a}, 2))[{i}]", "{a} if {c} else {b}", "(lambda x, y={b}: y)({a})",
    "[one.exp() for one in ({a}, {b})][{i}]", "max([{a}, {b}], key=lambda one: one.sum().item())",
    "dict(a={a}, b={b})[random.choice('ab')]", "sorted([{a}, {b}], key=lambda x: -x.sum().item())[{i}]", "sum([{a}, {b}])",
    "{{0: {a}, 1: {b}}}.get({n}, {a})", "(({a}, {b}) if {c} else ({b}, {a}))[{i}]", "{a} if {c} and {d} else {b}",
    "{a} if {c} or not {d} else {b}", "held(Box({a}), {b})", "[{a}, *[{b}]][{i}]", "next(iter([{a}, {b}]))",
    "[{a} if {c} else {b} for _ in range(2)][{i}]", "list(zip([{a}], [{b}]))[0][{i}]", "list(map(torch.sigmoid, [{a}]))[0]",
    "Pair({a}, {b}).right", "Pair({a}).left", "Pair(right={b}, left={a}).left", "shifted({a})", "shifted({a}, by=0.5)",
    "split({a}, {b})[1]",
    "split({a})[{i}]", "split({a}, last={b})[-1]", "split(*[{a}, {b}])[1]", "split({a}, **dict(last={b}))[2]",
    "counter({a})({b})",
    "(one := {a}) + one", "[{a}, {b}][{c}]", "{{True: {a}, False: {b}}}[bool({c})]", "getattr(F, 'relu')({a})",
    "getattr({a}, 'abs')()",
    "functools.partial(pick, {a}, which=True)({b})", "functools.reduce(torch.add, [{a}, {b}])", "eval('torch.sigmoid')({a})",
    "[*({a}, {b})][{i}]", "({a}, {b})[::-1][{i}]", "{a} if {c} else {b} if {d} else {a} + {b}",
    "[x for x in [{a}, {b}] if x is not None][{i}]",
    "[x for x in [{a}, {b}] if x.sum() > -1000][{i}]", "{{k: v for k, v in zip('ab', ({a}, {b}))}}['b']",
    "torch.stack([{a}, {b}])[{i}]",
    "torch.stack([{a}, {b}]).mean(0)", "torch.cat([{a}, {b}])[:4]", "sum(x for x in [{a}, {b}])",
    "(lambda *xs: xs[-1])({a}, {b})",

    "list(reversed([{a}, {b}]))[{i}]", "[{a}, {b}][-1 if {c} else 0]",
    "min((one for one in ({a}, {b})), key=lambda one: one.mean().item())",
)  # fmt: skip
CHANGES = (
    "{v}.fill_(0.5)", "{v}.exp_()", "{v}[:, 1] = 7.0", "{v} += {a}", "{v} *= 3", "{v}.data.mul_(2)",
    "{v}.view(-1)[2] = 7.0", "{v}.clamp_(0, 1)", "{v}[{a} > 0] = -1.0", "{v}.copy_({a})", "{v}.sigmoid_()",
    "{v}.masked_fill_({a} > 0, -3.0)", "{v}.data = {a}.clone()", "{v}.zero_().add_(1)",
    "nn.init.uniform_({v})",
)  # fmt: skip
CONDITIONS = (
    "random.random() > 0.5", "flag", "not flag", "args.kind == 'a'", "args.kind != 'b'", "args.kind in ('a', 'c')",
    "{a}.sum() > 0", "True", "False", "isinstance({a}, list)", "{a} is None", "len('ab') == 2",
    "random.choice([None, 1]) is None", "args.kind == 'a' and flag", "not (flag or args.kind == 'b')",
)  # fmt: skip
ON_LISTS = (
    "{k}.append({a})", "{k}[{i}] = {a}", "{k}.insert(0, {a})", "{k}.reverse()", "{k}.extend([{a}])", "{k} += [{a}]",
    "{k} = [*{k}, {a}]", "if {c}: {k}.append({a})", "{k} = {k} + [{a}]", "{k}.sort(key=lambda one: one.sum().item())",
    "{k}.remove({k}[0]) if False else {k}.append({a})", "{k}.clear(); {k}.extend([{a}, {b}])", "del {k}[0]; {k}.append({b})",
)  # fmt: skip
FROM_LISTS = ("{k}[0]", "{k}[1]", "{k}[-1]", "{k}.pop()", "{k}.pop(0)", "{k}[::-1][0]", "{k}[1:][0]", "random.choice({k})")
ON_TABLES = (
    "{k}['a'] = {a}", "{k}['c'] = {a}", "{k}.update(b={a})", "if {c}: {k}['a'] = {a}",
    "{k} = {{**{k}, 'b': {a}}}",
)  # fmt: skip
FROM_TABLES = (
    "{k}['a']", "{k}.get('b')", "{k}.pop('a')", "{k}['b']", "{k}.get('c', {a})", "{k}.setdefault('c', {a})",
    "{k}.get(args.kind, {a})", "list({k}.values())[0]", "[one for one in {k}.values()][-1]",
)  # fmt: skip
ON_BOXES = (
    "{k}.held = {a}", "{k}.put({a})", "{k}.soften()", "{k}.other = {a}", "setattr({k}, 'held', {a})", "{k}.put({a}).soften()",
    "Box.shared = {a}", "if {c}: {k}.soften()", "if {c}: {k}.held = {a}", "{k}.other = None", "held({k}, {a})",
)  # fmt: skip
FROM_BOXES = (
    "{k}.held", "{k}.chances", "{k}({a})", "getattr({k}, 'held')", "{k}.held + 0", "{a} if {k}.other is None else {k}.other",
    "{a} if Box.shared is None else Box.shared", "{k}.other if {k}.other is not None else {a}",
)  # fmt: skip
DEEPEST: Final = 3
"""Blocks inside one another."""
NESTED: Final = 2
"""Loops inside one another of which each is followed for two turns; these programs make no more."""


class Writer:
    """One program, which is the same whenever the seed is."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.lines: list[str] = []
        self.count = self.loops = 0

    def write(self, statements: int) -> str:
        inside = self.random.random() < 0.5
        if inside:
            self.emit(0, "def main(v0):")
        names = self.block(int(inside), ["v0"], statements)
        if inside:
            for name in names:
                self.emit(1, f"reveal({name})")
            self.emit(0, "main(v0)")
        return HEAD + "\n".join(self.lines) + "\n"

    def emit(self, depth: int, text: str) -> None:
        self.lines.append("    " * depth + text)

    def new(self, letter: str = "v") -> str:
        self.count += 1
        return f"{letter}{self.count}"

    def fill(self, templates: tuple[str, ...], names: list[str], **given: str) -> str:
        choice = self.random.choice
        words = {letter: choice(names) for letter in "ab"}
        words |= {letter: choice(CONDITIONS).format(a=choice(names)) for letter in "cd"}
        return choice(templates).format(n=choice("0123"), i=choice(("0", "1", "-1")), **words, **given)

    def assign(self, depth: int, names: list[str], value: str) -> None:
        """To a name that is there, mostly, so that branches disagree."""
        name = self.random.choice(names) if self.random.random() < 0.6 else self.new()
        self.emit(depth, f"{name} = {value}")
        self.reveal(depth, name)
        if name not in names:
            names.append(name)

    def reveal(self, depth: int, name: str) -> None:
        self.emit(depth, f"reveal({name})")

    def block(self, depth: int, names: list[str], statements: int, boxes: tuple[str, ...] = ()) -> list[str]:
        """Returns the names that surely hold tensors at its end."""
        names, held = list(names), list(boxes)
        for _ in range(statements):
            self.statement(depth, names, held)
        return names

    def statement(self, depth: int, names: list[str], boxes: list[str]) -> None:
        kind = self.random.random()
        if kind < 0.3 or depth > DEEPEST:
            self.assign(depth, names, self.fill(self.random.choice((SINGLE, SINGLE, DOUBLE, CALLS)), names))
        elif kind < 0.38:
            name = self.new()
            self.emit(depth, f"{name} = {self.random.choice(names)}.clone()")
            for _ in range(self.random.randint(1, 2)):
                self.emit(depth, self.fill(CHANGES, names, v=name))
            self.reveal(depth, name)
            names.append(name)
        elif kind < 0.45:
            self.container(depth, names, "[{a}, {b}]", ON_LISTS, FROM_LISTS)
        elif kind < 0.5:
            self.container(depth, names, "{{'a': {a}, 'b': {b}}}", ON_TABLES, FROM_TABLES)
        elif kind < 0.58:
            self.box(depth, names, boxes)
        elif kind < 0.73:
            self.branch(depth, names, boxes)
        elif kind < 0.86 and self.loops < NESTED:
            self.loops += 1
            self.loop(depth, names, boxes)
            self.loops -= 1
        elif kind < 0.91:
            self.attempt(depth, names, boxes)
        elif kind < 0.94:
            self.emit(depth, self.random.choice(("with torch.no_grad():", "with torch.enable_grad():")))
            self.block(depth + 1, names, self.random.randint(1, 3), tuple(boxes))
        else:
            self.function(depth, names)

    def container(self, depth: int, names: list[str], made: str, on: tuple[str, ...], out: tuple[str, ...]) -> None:
        name = self.new("k")
        self.emit(depth, f"{name} = {self.fill((made,), names)}")
        for _ in range(self.random.randint(0, 2)):
            self.emit(depth, self.fill(on, names, k=name))
        self.assign(depth, names, self.fill(out, names, k=name))

    def box(self, depth: int, names: list[str], boxes: list[str]) -> None:
        if not boxes or self.random.random() < 0.35:
            name = self.new("k")
            self.emit(depth, f"{name} = {self.fill(('Box({a}, {b})', 'Box({a})', 'Child({a})'), names)}")
            boxes.append(name)
        name = self.random.choice(boxes)
        for _ in range(self.random.randint(1, 2)):
            self.emit(depth, self.fill(ON_BOXES, names, k=name))
        self.assign(depth, names, self.fill(FROM_BOXES, names, k=name))

    def branch(self, depth: int, names: list[str], boxes: list[str]) -> None:
        heads = ["if {c}:"]
        if self.random.random() < 0.3:
            heads.append("elif {c}:")
        if self.random.random() < 0.6:
            heads.append("else:")
        for head in heads:
            self.emit(depth, self.fill((head,), names))
            self.block(depth + 1, names, self.random.randint(1, 3), tuple(boxes))
        self.reveal(depth, self.random.choice(names))

    def loop(self, depth: int, names: list[str], boxes: list[str]) -> None:
        turn = self.new()
        heads = (
            f"for _{depth} in range(1 + {{n}} // 2):", f"for _{depth} in range(random.randint(1, 2)):",
            f"for {turn} in ({{a}}, {{b}}):", f"for {turn} in [{{a}}, {{b}}][{{n}} // 2 :]:",
            f"for _{depth}, {turn} in enumerate([{{a}}]):",
        )  # fmt: skip
        head = self.fill(heads, names)
        self.emit(depth, head)
        inner = [*names, turn] if turn in head else names
        inner = self.block(depth + 1, inner, self.random.randint(1, 3), tuple(boxes))
        if self.random.random() < 0.35:
            self.emit(depth + 1, self.fill(("if {c}: break", "if {c}: continue"), names))
            self.block(depth + 1, inner, 1, tuple(boxes))
        if self.random.random() < 0.2:
            self.emit(depth, "else:")
            self.block(depth + 1, names, 1, tuple(boxes))
        self.reveal(depth, self.random.choice(names))

    def attempt(self, depth: int, names: list[str], boxes: list[str]) -> None:
        self.emit(depth, "try:")
        inner = self.block(depth + 1, names, self.random.randint(1, 2), tuple(boxes))
        if self.random.random() < 0.6:
            self.emit(depth + 1, self.fill(("if {c}: raise ValueError",), names))
            self.block(depth + 1, inner, 1, tuple(boxes))
        self.emit(depth, self.random.choice(("except ValueError:", "except Exception:")))
        self.block(depth + 1, names, 1, tuple(boxes))
        if self.random.random() < 0.3:
            self.emit(depth, "finally:")
            self.block(depth + 1, names, 1, tuple(boxes))
        self.reveal(depth, self.random.choice(names))

    def function(self, depth: int, names: list[str]) -> None:
        name, one, other = self.new("f"), self.new("p"), self.new("p")
        self.emit(depth, self.fill((f"def {name}({one}, {other}={{a}}):",), names))
        inner = self.block(depth + 1, [one, other], self.random.randint(1, 4))
        if self.random.random() < 0.5:
            self.emit(depth + 1, self.fill(("if {c}: return {a}",), inner))
            inner = self.block(depth + 1, inner, 1)
        self.emit(depth + 1, f"return {self.random.choice(inner)}")
        self.assign(depth, names, self.fill((f"{name}({{a}})", f"{name}({{a}}, {{b}})", f"{name}({{a}}, {other}={{b}})"), names))


def program(seed: int, statements: int = 12) -> str:
    return Writer(seed).write(statements)
