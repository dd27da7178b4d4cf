"""What well-known models return: factories and classes of torchvision, timm, transformers, MONAI and others."""

from __future__ import annotations

import fnmatch
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, lru_cache
from typing import Any, Final

from losslint.errors import KnowledgeError
from losslint.facts import FLOATS
from losslint.oneof import ANY, OneOf
from losslint.places import Locatable, Step
from losslint.shapes import Dim
from losslint.static.modules.arguments import Arguments, is_none
from losslint.static.modules.layers import DEFAULT_DTYPE
from losslint.static.modules.library import read_table
from losslint.static.modules.outputs import Container, Output, pack, parse_domain
from losslint.static.operand import Operand

INPUTS: Final = ("input_ids", "pixel_values", "inputs_embeds", "input_values", "input_features", "x", "input", "inputs")
"""Keywords under which models take what they are called with."""
DTYPE_ARGUMENTS: Final = ("dtype", "torch_dtype")


@dataclass(frozen=True)
class Model:
    """One entry of `models.toml`."""

    names: tuple[str, ...] = ()
    patterns: tuple[str, ...] = ()
    via: tuple[str, ...] = ()
    init: tuple[str, ...] = ()
    defaults: Mapping[str, int] = field(default_factory=dict)
    container: Container = ""
    fields: Mapping[str, Output] = field(default_factory=dict)
    evaluating: Output | None = None
    unless: tuple[str, ...] = ()
    activation: str = ""
    activations: Mapping[str, str] = field(default_factory=dict)
    labelled: str = ""
    labels: tuple[str, ...] = ("labels",)
    headless: str = ""
    head: tuple[str, ...] = ()
    head_field: str = ""
    attributes: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class ModelKnowledge:
    """What a model returns, as its factory was called.

    `result`: what it returns in training mode, whatever it is called with; `evaluating`: after `eval()`, None where
    that is the same; `called`: the result of one call, which may know more. `head`: the attributes, outermost first,
    whose replacement changes the last layer (`classifier.6`: an index of a Sequential); `head_field`: the output that the
    head makes where there are several; `attributes`: the classes of the modules that stand there.
    """

    name: str
    model: Model
    made: Arguments

    @property
    def result(self) -> Operand:
        return self._pack({}, None, ())

    @property
    def evaluating(self) -> Operand | None:
        return None if self.model.evaluating is None else self._one(self.model.evaluating, {}, None, ())

    @property
    def attributes(self) -> Mapping[str, str]:
        return self.model.attributes

    @property
    def head(self) -> tuple[str, ...]:
        return self.model.head

    @property
    def head_field(self) -> str:
        return self.model.head_field

    def called(
        self,
        operands: Sequence[Operand],
        keywords: Mapping[str, Operand],
        where: Locatable,
        training: bool = True,
        starred: bool = False,
    ) -> Operand:
        """What the call returns. `starred`: it also passes arguments that aren't known (`model(**batch)`)."""
        given = next((keywords[name] for name in INPUTS if name in keywords), operands[0] if operands else Operand())
        dims = _input_dims(given)
        labelled = None if starred else _given(keywords, self.model.labels)
        steps = (Step(where, self._note()),)
        dtype = given.facts.dtype
        floating = OneOf(dtype.values & FLOATS) if dtype.values is not None and dtype.values & FLOATS else None
        if not training and self.model.evaluating is not None:
            return self._one(self.model.evaluating, dims, floating, steps)
        return self._pack(dims, labelled, steps, floating)

    def _note(self) -> str:
        head, _, last = self.name.rpartition(".")
        note = f"output of `{head.rpartition('.')[2] if last in self.model.via else last}`"
        if self.model.activation and (ending := self.made.text(self.model.activation, "none")) not in (None, "none", "identity"):
            note += f", which ends in {ending}"
        return note

    def _pack(
        self,
        dims: Mapping[str, Dim],
        labelled: bool | None,
        steps: tuple[Step, ...],
        dtype: OneOf[str] | None = None,
    ) -> Operand:
        outputs = {
            name: self._one(output, dims, dtype, steps)
            for name, output in self.model.fields.items()
            if not self.model.labelled or name != self.model.labelled or labelled is not False
        }
        return pack(self.model.container, outputs, sure=not self.model.labelled or labelled is not None)

    def _one(self, output: Output, dims: Mapping[str, Dim], dtype: OneOf[str] | None, steps: tuple[Step, ...]) -> Operand:
        sizes: dict[str, Dim] = {**({} if self.made.spread else self.model.defaults), **dims}
        for name in {word.lstrip("*") for word in output.dims or ()}:
            if name in self.made.bound:
                sizes[name] = self.made.dim(name)
        if self.model.headless and sizes.get(self.model.headless) == 0:
            sizes[self.model.headless] = None
            output = output.of_domain(ANY)
        if self.model.activation:
            output = output.of_domain(self._last_domain())
        if any(name in self.made for name in DTYPE_ARGUMENTS):
            dtype = OneOf(FLOATS)
        return output.operand(sizes, dtype or OneOf.of(DEFAULT_DTYPE), steps)

    def _last_domain(self) -> Any:
        if self.model.activation not in self.made:
            named: str | None = "none"
        else:
            named = self.made.text(self.model.activation)
        text = self.model.activations.get(named or "")
        return ANY if text is None else _domain(text)


def model_result(name: str, operands: Sequence[Operand], keywords: Mapping[str, Operand]) -> ModelKnowledge | None:
    """What the model returns that the factory or class `name` makes of these arguments; None when that isn't known."""
    if name in BY_NAME and operands:
        chosen = Arguments(("name",), operands, keywords).text("name")
        return None if chosen is None else _registered(chosen, operands[1:], keywords)
    if (model := find(name)) is None:
        return None
    made = Arguments(model.init, operands, keywords)
    if any(_used(made, parameter) for parameter in model.unless):
        return None
    return ModelKnowledge(name, model, made)


BY_NAME: Final = frozenset({"torchvision.models.get_model"})
REGISTRIES: Final = ("torchvision.models.", "torchvision.models.video.", "torchvision.models.segmentation.")


def _registered(chosen: str, operands: Sequence[Operand], keywords: Mapping[str, Operand]) -> ModelKnowledge | None:
    found = (model_result(prefix + chosen, operands, keywords) for prefix in REGISTRIES if prefix + chosen in models())
    return next(found, None)


@lru_cache(maxsize=10_000)  # asked for the same names in every call of a program
def find(name: str) -> Model | None:
    """The entry of a factory, under the name by which it is exported or the module where it is defined."""
    if (model := models().get(name)) is not None:
        return model
    path = name.split(".")
    if len(path) > 2 and (model := models().get(".".join((*path[:-2], path[-1])))) is not None:
        return model
    base, _, method = name.rpartition(".")
    if name in different() or base in different():
        return None
    for model in patterns():
        if any(fnmatch.fnmatchcase(name, pattern) for pattern in model.patterns) or (
            method in model.via and any(fnmatch.fnmatchcase(base, pattern) for pattern in model.patterns)
        ):
            return model
    return None


@cache
def models() -> Mapping[str, Model]:
    """Every entry under each of its names, those of class methods included."""
    found: dict[str, Model] = {}
    for model in entries():
        for name in (full for base in model.names for full in (base, *(f"{base}.{method}" for method in model.via))):
            if name in found:
                raise KnowledgeError(f"models.toml: `{name}` is described twice")
            found[name] = model
    return found


@cache
def patterns() -> tuple[Model, ...]:
    return tuple(model for model in entries() if model.patterns)


@cache
def different() -> Mapping[str, str]:
    """Names that match a pattern and return something else, with the reason."""
    reasons: dict[str, str] = read_table("models.toml")["different"]
    return reasons


@cache
def entries() -> tuple[Model, ...]:
    return tuple(_entry(entry) for entry in read_table("models.toml")["models"])


def _entry(entry: Mapping[str, Any]) -> Model:
    rest = dict(entry)
    named = str((rest.get("names") or rest.get("patterns") or ["?"])[0])
    outputs = rest.pop("fields", None) or {"": rest.pop("returns", "")}
    evaluating = rest.pop("evaluating", None)
    plain: dict[str, Any] = {key: tuple(value) if isinstance(value, list) else value for key, value in rest.items()}
    try:
        model = Model(
            fields={name: Output.parse(text) for name, text in outputs.items()},
            evaluating=None if evaluating is None else Output.parse(evaluating),
            **plain,
        )
    except TypeError as error:
        raise KnowledgeError(f"models.toml: `{named}`: {error}") from error
    for text in model.activations.values():
        _domain(text)
    return model


def _domain(text: str) -> Any:
    name, _, axis = text.removesuffix(")").partition("(")
    return parse_domain(name, axis or None)


def _given(keywords: Mapping[str, Operand], names: Sequence[str]) -> bool | None:
    """Whether a call is given any of the arguments; None when that depends on a value which may be None."""
    passed = [keywords[name] for name in names if name in keywords and not is_none(keywords[name])]
    if not passed:
        return False
    return True if any(operand.facts.kind.only == "tensor" for operand in passed) else None


def _used(made: Arguments, parameter: str) -> bool:
    """Whether a parameter was given, other than as None or False."""
    return parameter in made and made.flag(parameter) is not False


def _input_dims(given: Operand) -> dict[str, Dim]:
    """What is known of the dims that a model's output shares with what it was called with."""
    shapes = given.facts.shape
    shape = shapes.only
    if shape is None:
        return {}
    dims = {"N": shape.dim(0), "L": shape.dim(1)}
    if shape.rank is None or shape.rank >= 4:
        dims |= {"H": shape.dim(-2), "W": shape.dim(-1)}
    return dims
