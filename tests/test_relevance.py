"""Which functions are entered although nobody calls them."""

from __future__ import annotations

from pathlib import Path

import pytest
from routes import interpreted

from losslint.static import machine
from losslint.static.program import Program
from losslint.static.relevance import Relevance
from losslint.static.sources import read_source
from losslint.static.values import Function

PROGRAM = """
import torch.nn.functional as F
from torch import nn
from somewhere import criterion, unknown

def direct(x, y):
    return F.cross_entropy(x, y)

def through_a_function(x, y):
    return direct(x, y)

def through_a_class(x):
    return Trainer(x).fit()

def by_name(name):
    return getattr(nn, name)()

def from_elsewhere(x, y):
    return criterion(x, y)

def nobody_gave_it_a_loss(x, y, loss_fn):
    return loss_fn(x, y)

def changes_a_global():
    global head
    head = None

def counts_parameters(model):
    return sum(one.numel() for one in model.parameters())

def an_argument_of_a_relevant_name(direct):
    return direct.shape

def a_method_of_what_it_was_given(trainer):
    return trainer.state_dict()

class Trainer:
    def __init__(self, model):
        self.model, self.measure = model, None
        self.wanted = nn.MSELoss()

    def fit(self, x, y):
        return self.wanted(x, y)

    def saves(self, path):
        return path.write(self.model)

class Later(Trainer):
    def inherits_the_attribute(self, x, y):
        return self.wanted(x, y)

class Sibling(Trainer):
    def fits_otherwise(self):
        return nn.L1Loss()

class Cousin(Trainer):
    def has_no_such_method(self):
        return self.fits_otherwise()

class Another:
    def has_one_of_that_name(self):
        return self.wanted

def asks_a_module(name):
    return hasattr(nn.functional, name), getattr(nn.functional, "relu")

def passes_a_module_on(config):
    return config.make(nn)

def evaluates(text):
    return eval(text)

def by_dotted_text(config):
    return config.make("torch.nn.MSELoss")

class Measure(nn.MSELoss):
    pass

class Derived(Measure):
    pass

def through_the_base_of_a_base():
    return Derived()

def asks_for_the_class(one):
    return isinstance(one.head(), Trainer)

def asks_for_the_class_of_a_loss(x, y):
    return isinstance(F.mse_loss(x, y), Trainer)

make = lambda: nn.MSELoss()

def through_a_lambda(x, y):
    return make()(x, y)

TABLE = {"a": direct}

def through_a_table(name, x, y):
    return TABLE[name](x, y)

GROWN = [one for one in unknown()]
GROWN.append(direct)

def through_the_end_of_a_list(x, y):
    return GROWN[-1](x, y)

REGISTRY = {}

def register(function):
    REGISTRY[function.__name__] = function
    return function

@register
def registered(x, y):
    return F.mse_loss(x, y)

def through_a_registry(name, x, y):
    return REGISTRY[name](x, y)

@register
def another_of_the_registry(x):
    return x.mean()
"""
MATTERS = {
    "direct", "through_a_function", "through_a_class", "by_name", "from_elsewhere", "changes_a_global", "__init__", "fit",
    "inherits_the_attribute", "fits_otherwise", "passes_a_module_on", "evaluates", "by_dotted_text", "<lambda>",
    "through_a_lambda", "through_the_base_of_a_base",
    "asks_for_the_class_of_a_loss",
    "through_a_table", "through_the_end_of_a_list", "registered", "through_a_registry", "register",
}  # fmt: skip


def relevance_of(folder: Path, text: str) -> tuple[Relevance, dict[str, Function]]:
    file = folder / "program.py"
    file.write_text(text)
    program = Program([str(folder)])
    module = program.add(read_source(str(file)))
    program.run_body(module)
    relevance = Relevance(program.loaded(), lambda name: program.machine.contract(name) is not None)
    return relevance, {one.name: one for one in module.functions}


def test_matters(tmp_path: Path) -> None:
    relevance, functions = relevance_of(tmp_path, PROGRAM)
    assert {name for name, one in functions.items() if relevance.matters(one)} == MATTERS & functions.keys()
    assert functions.keys() >= MATTERS - {"<lambda>"}


def test_modes_and_lookups_of_objects_say_nothing(tmp_path: Path) -> None:
    """`model.eval()` isn't Python's `eval`, and what is looked up in a layer of the function's own is no loss."""
    relevance, functions = relevance_of(
        tmp_path,
        "def validate(model):\n    model.eval()\n"
        "def load(model):\n    for i, block in enumerate(model.blocks):\n        getattr(block, f'norm{i}')\n",
    )
    assert not any(relevance.matters(one) for one in functions.values())


def test_a_function_made_by_another_speaks_of_what_that_one_holds(tmp_path: Path) -> None:
    relevance, functions = relevance_of(
        tmp_path,
        "from torch import nn\n"
        "def outer(wanted):\n    def inner(x, y):\n        return wanted(x, y)\n    return inner\n"
        "kept = outer(nn.MSELoss())\n"
        "def uses(x, y):\n    return kept(x, y)\n",
    )
    assert relevance.matters(functions["inner"])
    assert relevance.matters(functions["uses"])


DECORATED = """
from torch import nn

def requires(package):
    def decorator(cls):
        init = cls.__init__
        def wrapper(self, *args, **kwargs):
            init(self, *args, **kwargs)
        cls.__init__ = wrapper
        return cls
    return decorator

@requires("a")
class Trains:
    def __init__(self):
        self.loss = nn.MSELoss()

    def step(self, x, y):
        return self.loss(x, y)

@requires("b")
class Reads:
    def __init__(self, path):
        self.path = path

    def read(self):
        return self.path.open()

class Base:
    def __init__(self, path):
        self.path = path

class Says(Base):
    def __init__(self, path):
        Base.__init__(self, path)

class Learns(Base):
    def __init__(self, path):
        Base.__init__(self, path)
        self.loss = nn.MSELoss()

def makes_what_trains(x):
    return Trains()

def makes_what_reads(path):
    return Reads(path)

def makes_what_says(path):
    return Says(path)
"""


def test_one_decorator_or_base_does_not_make_all_that_have_it_matter(tmp_path: Path) -> None:
    relevance, functions = relevance_of(tmp_path, DECORATED)
    assert {name: relevance.matters(one) for name, one in functions.items() if name.startswith("makes")} == {
        "makes_what_trains": True,
        "makes_what_reads": False,
        "makes_what_says": False,
    }


def test_a_function_that_is_made_later_matters_too(tmp_path: Path) -> None:
    """Such as one that a test makes and gives to a trainer that isn't understood."""
    (tmp_path / "program.py").write_text(
        "from torch import nn\n"
        "def outer(trainer):\n    wanted = nn.MSELoss()\n"
        "    def inner(x, y):\n        return wanted(x, y)\n    trainer.run(inner)\n"
    )
    _, (module,) = interpreted(tmp_path, "program.py")
    assert [one.name for one in module.functions if one.entered] == ["outer", "inner"]


CHAIN = """
import torch.nn.functional as F
def one(x, y):
    return F.cross_entropy(x, y)
def two(x, y):
    return one(x, y)
def three(x, y):
    return two(x, y)
def none(x: Trainer, y):
    return x

class Trainer:
    def fit(self, x, y):
        return one(x, y)

def annotated(trainer: Trainer) -> Trainer:
    made: Trainer = trainer
    return made
def makes(x):
    made: object = Trainer()
    return made
"""


def test_how_far_away_a_loss_is(tmp_path: Path) -> None:
    relevance, functions = relevance_of(tmp_path, CHAIN)
    far = {name: relevance.distance(one) for name, one in functions.items()}
    assert far["one"] is not None
    assert [far[name] for name in ("two", "three")] == [far["one"] + 2, far["one"] + 4]  # a call takes two steps
    assert far["none"] is None and far["annotated"] is None  # who is annotated with a class makes no object of it
    assert far["makes"] is not None and far["makes"] > far["one"]
    assert {name for name in ("one", "two", "three", "none") if relevance.matters(functions[name], far["two"])} == {"one", "two"}


def test_in_a_large_program_what_is_far_from_a_loss_is_not_entered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One at a time, the farthest first: what it calls is entered with it."""
    (tmp_path / "one.py").write_text(CHAIN)
    (tmp_path / "far.py").write_text(
        "from one import three\ndef four(x, y):\n    return three(x, y)\ndef five(x, y):\n    return four(x, y)\n"
    )
    for large, expected in ((10**9, {"five", "four", "three", "two", "one"}), (0, {"four", "three", "two", "one"})):
        monkeypatch.setattr(machine, "LARGE", large)
        _, modules = interpreted(tmp_path, "far.py", "one.py")
        entered = {one.name for module in modules for one in module.functions if one.entered}
        assert entered - {"annotated", "makes", "fit", "none"} == expected
