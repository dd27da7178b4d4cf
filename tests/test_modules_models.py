"""What models return and data sets give, and the table of models against the sources of the libraries it describes."""

from __future__ import annotations

import ast
import fnmatch
import importlib.util
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from losslint.facts import EACH, FLOATS, Domain, Facts
from losslint.oneof import ANY, OneOf
from losslint.places import Place
from losslint.shapes import Shape
from losslint.static.modules import ModelKnowledge, collate, dataset_item, model_result
from losslint.static.modules.datasets import datasets
from losslint.static.modules.library import library
from losslint.static.modules.models import different, entries, models
from losslint.static.operand import UNKNOWN_OPERAND, Operand

HERE = Place("train.py", 3)


def constant(value: Any) -> Operand:
    return value if isinstance(value, Operand) else Operand(value=OneOf.of(value))


def made(name: str, *arguments: Any, **keywords: Any) -> ModelKnowledge:
    found = model_result(name, [constant(value) for value in arguments], {key: constant(v) for key, v in keywords.items()})
    assert found is not None
    return found


def tensor(*dims: int | str | None, dtype: str | None = None) -> Operand:
    return Operand(Facts(kind=OneOf.of("tensor"), shape=OneOf.of(Shape(dims)), dtype=ANY if dtype is None else OneOf.of(dtype)))


def member(operand: Operand, name: str) -> Facts:
    assert operand.items is not None
    return operand.items[operand.fields[name]].facts


# ------------------------------------------------------------------------------------------------ results


def test_a_classifier_returns_logits() -> None:
    model = made("torchvision.models.resnet18", num_classes=7)
    facts = model.result.facts
    assert (facts.domain, facts.dtype) == (OneOf.of(Domain("logits")), OneOf.of("float32"))
    assert facts.shape == OneOf.of(Shape((None, 7)))
    assert facts.requires_grad == OneOf.of(True)
    assert model.head == ("fc",) and model.attributes == {"fc": "torch.nn.Linear"}


def test_arguments_that_are_spread_leave_no_default() -> None:
    assert made("torchvision.models.resnet18", **{"**": UNKNOWN_OPERAND}).result.facts.shape == OneOf.of(Shape((None, None)))


def test_a_call_knows_what_it_was_called_with() -> None:
    facts = made("torchvision.models.vgg16").called([tensor("B", 3, 224, 224)], {}, HERE).facts
    assert facts.shape == OneOf.of(Shape(("B", 1000)))
    assert [step.note for step in facts.steps] == ["output of `vgg16`"]
    assert made("torchvision.models.vgg16").called([tensor(2, 3, 9, 9, dtype="float64")], {}, HERE).facts.dtype == OneOf.of(
        "float64"
    )


def test_an_unknown_number_of_classes_stays_unknown() -> None:
    assert made("torchvision.models.resnet18", num_classes=UNKNOWN_OPERAND).result.facts.shape == OneOf.of(Shape((None, None)))


def test_get_model_finds_the_builder() -> None:
    assert made("torchvision.models.get_model", "swin_t", num_classes=3).result.facts.shape == OneOf.of(Shape((None, 3)))
    assert made("torchvision.models.get_model", "r3d_18").result.facts.shape == OneOf.of(Shape((None, 400)))
    assert model_result("torchvision.models.get_model", [UNKNOWN_OPERAND], {}) is None


def test_inner_module_names_are_known() -> None:
    assert made("torchvision.models.resnet.resnet50").head == ("fc",)


def test_inception_returns_a_tuple_in_training_alone() -> None:
    model = made("torchvision.models.inception_v3", num_classes=5)
    assert list(model.result.fields) == ["logits", "aux_logits"]
    assert member(model.result, "aux_logits").shape == OneOf.of(Shape((None, 5)))
    assert model.evaluating is not None and model.evaluating.items is None
    assert model.called([tensor(4, 3, 299, 299)], {}, HERE, training=False).facts.shape == OneOf.of(Shape((4, 5)))
    assert model_result("torchvision.models.inception_v3", [], {"aux_logits": UNKNOWN_OPERAND}) is None


def test_segmentation_models_return_a_dict_of_maps() -> None:
    result = made("torchvision.models.segmentation.deeplabv3_resnet50", num_classes=4).called([tensor(2, 3, 64, 96)], {}, HERE)
    assert result.tag == "dict"
    assert member(result, "out").shape == OneOf.of(Shape((2, 4, 64, 96)))


@pytest.mark.parametrize("name", ["torch.hub.load", "torchvision.models.detection.fasterrcnn_resnet50_fpn", "my.model"])
def test_other_models_are_unknown(name: str) -> None:
    assert model_result(name, [], {}) is None


def test_timm() -> None:
    assert made("timm.create_model", "resnet18", True, num_classes=3).result.facts.shape == OneOf.of(Shape((None, 3)))
    assert made("timm.create_model", "resnet18").result.facts.shape == OneOf.of(Shape((None, None)))
    features = made("timm.create_model", "resnet18", num_classes=0).result.facts
    assert features.domain == ANY and features.shape == OneOf.of(Shape((None, None)))
    assert model_result("timm.create_model", [constant("a")], {"features_only": constant(True)}) is None
    assert model_result("timm.create_model", [constant("a")], {"features_only": constant(False)}) is not None


@pytest.mark.parametrize(
    ("activation", "domain"),
    [
        (None, OneOf.of(Domain("logits"))),
        ("sigmoid", OneOf.of(Domain("probs", EACH))),
        ("softmax2d", OneOf.of(Domain("probs", 1))),
        ("logsoftmax", OneOf.of(Domain("log_probs", 1))),
        ("tanh", ANY),
        (UNKNOWN_OPERAND, ANY),
    ],
)
def test_the_last_activation_of_a_segmentation_model(activation: Any, domain: OneOf[Domain]) -> None:
    model = made("segmentation_models_pytorch.Unet", "resnet34", classes=3, activation=activation)
    assert model.result.facts.domain == domain
    assert model.result.facts.shape == OneOf.of(Shape((None, 3, None, None)))


def test_the_last_activation_is_told() -> None:
    model = made("segmentation_models_pytorch.FPN", activation="sigmoid")
    assert model.called([], {}, HERE).facts.steps[0].note == "output of `FPN`, which ends in sigmoid"


def test_a_classification_branch_makes_the_result_unknown() -> None:
    assert model_result("segmentation_models_pytorch.Unet", [], {"aux_params": UNKNOWN_OPERAND}) is None


def test_monai_counts_spatial_dims() -> None:
    assert made("monai.networks.nets.UNet", 2, 1, 4).result.facts.shape == OneOf.of(Shape((None, 4, None, None)))
    assert made("monai.networks.nets.UNet", UNKNOWN_OPERAND, 1, 4).result.facts.shape == ANY
    assert made("monai.networks.nets.DenseNet121", spatial_dims=3, in_channels=1, out_channels=2).result.facts.shape == OneOf.of(
        Shape((None, 2))
    )
    other = made("monai.networks.nets.TorchVisionFCModel", "resnet18", n_classes=4)
    assert other.result.facts.shape == OneOf.of(Shape((None, None)))
    assert made("monai.networks.nets.SEResNet50", spatial_dims=2, num_classes=4).result.facts.shape == OneOf.of(Shape((None, 4)))
    assert model_result("monai.networks.nets.Discriminator", [], {"last_act": UNKNOWN_OPERAND}) is None


CLASSIFIER = "transformers.AutoModelForSequenceClassification.from_pretrained"


def test_a_transformers_result_has_its_loss_first_when_given_labels() -> None:
    model = made(CLASSIFIER, "bert-base-uncased", num_labels=3)
    ids = tensor(8, 128, dtype="int64")
    plain = model.called([], {"input_ids": ids}, HERE)
    assert plain.fields == {"logits": 0}
    assert member(plain, "logits").shape == OneOf.of(Shape((8, 3)))
    assert member(plain, "logits").steps[0].note == "output of `AutoModelForSequenceClassification`"
    labelled = model.called([], {"input_ids": ids, "labels": tensor(8)}, HERE)
    assert labelled.fields == {"loss": 0, "logits": 1}
    assert member(labelled, "loss").shape == OneOf.of(Shape(()))


@pytest.mark.parametrize("labels", [{}, {"labels": UNKNOWN_OPERAND}])
def test_without_knowing_of_labels_positions_are_unknown(labels: dict[str, Operand]) -> None:
    result = made(CLASSIFIER, "bert").called([], labels, HERE, starred=not labels)
    assert result.items is not None and result.items[0] == result.items[1] == UNKNOWN_OPERAND
    assert member(result, "logits").domain == OneOf.of(Domain("logits"))


def test_a_dtype_given_to_transformers_makes_the_dtype_unknown() -> None:
    result = made(CLASSIFIER, "bert", torch_dtype=UNKNOWN_OPERAND).result
    assert member(result, "logits").dtype == OneOf(FLOATS)


def test_exceptions_to_a_pattern_are_unknown() -> None:
    assert model_result("transformers.ViltForQuestionAnswering.from_pretrained", [], {}) is None
    assert model_result("transformers.BertForQuestionAnswering.from_pretrained", [], {}) is not None
    assert all(different().values())


def test_every_model_makes_a_result() -> None:
    for name in models():
        if (knowledge := model_result(name, [], {})) is not None:
            assert knowledge.result == knowledge.result
            assert knowledge.called([UNKNOWN_OPERAND], {}, HERE).facts.kind.known
            assert set(knowledge.attributes) & set(knowledge.head) or not knowledge.attributes


# ------------------------------------------------------------------------------------------------ data sets


def test_class_ids_become_int64_in_a_batch() -> None:
    item = dataset_item("torchvision.datasets.CIFAR10", {})
    assert item is not None
    batch = collate(item)
    assert batch.items is not None
    target = batch.items[1].facts
    assert (target.domain, target.dtype) == (OneOf.of(Domain("class_index")), OneOf.of("int64"))
    assert target.shape == OneOf.of(Shape((None,))) and (target.range.low, target.range.high) == (0, 9)


def test_a_target_transform_makes_the_target_unknown() -> None:
    item = dataset_item("torchvision.datasets.mnist.MNIST", {"target_transform": UNKNOWN_OPERAND})
    assert item is not None and item.items is not None and item.items[1] == UNKNOWN_OPERAND
    positional = dataset_item("torchvision.datasets.MNIST", {}, [UNKNOWN_OPERAND] * 4)
    assert positional is not None and positional.items is not None and positional.items[1] == UNKNOWN_OPERAND
    assert dataset_item("my.DataSet", {}) is None


def test_fake_data_counts_its_classes() -> None:
    item = dataset_item("torchvision.datasets.FakeData", {"num_classes": constant(3)})
    assert item is not None and item.items is not None and item.items[1].facts.range.high == 2


def test_collation_is_that_of_torch() -> None:
    torch = pytest.importorskip("torch", reason="collation is judged by torch")
    numpy = pytest.importorskip("numpy")
    for value, operand in (
        (3, Operand(Facts(kind=OneOf.of("number")), OneOf.of(3))),
        (0.5, Operand(Facts(kind=OneOf.of("number")), OneOf.of(0.5))),
        (torch.ones(2, 3), tensor(2, 3, dtype="float32")),
        (
            numpy.ones((4,)),
            Operand(Facts(kind=OneOf.of("ndarray"), shape=OneOf.of(Shape((4,))), dtype=OneOf.of("float64"))),
        ),
    ):
        real = torch.utils.data.default_collate([value, value])
        facts = collate(operand, 2).facts
        assert facts.kind == OneOf.of("tensor")
        assert facts.dtype == OneOf.of(str(real.dtype).removeprefix("torch."))
        assert facts.shape == OneOf.of(Shape(tuple(real.shape)))
    pair = Operand(Facts(kind=OneOf.of("tuple")), items=(tensor(2), tensor(3)))
    assert collate(pair).facts.kind.only == type(torch.utils.data.default_collate([(torch.ones(2), torch.ones(3))])).__name__


def test_an_axis_moves_behind_the_batch() -> None:
    item = Operand(Facts(kind=OneOf.of("tensor"), domain=OneOf.of(Domain("probs", 0)), shape=OneOf.of(Shape((5,)))))
    assert collate(item, 8).facts.domain == OneOf.of(Domain("probs", 1))


# ------------------------------------------------------------------------------------------------ against the sources


@cache
def sources(package: str) -> dict[str, list[ast.stmt]]:
    """The classes and functions at the top of a library's modules, by name. Read, not imported: its dependencies may lack."""
    spec = importlib.util.find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        pytest.skip(f"{package} is not installed")
    found: dict[str, list[ast.stmt]] = {}
    wanted = {"transformers": "modeling_*.py"}.get(package, "*.py")
    for path in Path(spec.submodule_search_locations[0]).rglob(wanted):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.ClassDef | ast.FunctionDef):
                found.setdefault(node.name, []).append(node)
    return found


def parameters(package: str, name: str) -> Iterator[list[str]]:
    """The parameters of each class or function of that name, inherited constructors included."""
    for node in sources(package).get(name, ()):
        if isinstance(node, ast.FunctionDef):
            yield [argument.arg for argument in (*node.args.args, *node.args.kwonlyargs)]
            continue
        assert isinstance(node, ast.ClassDef)
        own = next((item for item in node.body if isinstance(item, ast.FunctionDef) and item.name == "__init__"), None)
        if own is not None:
            yield [argument.arg for argument in (*own.args.args, *own.args.kwonlyargs)][1:]
        else:
            for base in node.bases:
                if isinstance(base, ast.Name) and base.id != name:
                    yield from parameters(package, base.id)


def checked(names: Iterator[str], init: tuple[str, ...]) -> Iterator[str]:
    for name in names:
        package, short = name.split(".")[0], name.split(".")[-1]
        if importlib.util.find_spec(package) is None:
            continue
        if not any(tuple(taken[: len(init)]) == init for taken in parameters(package, short)):
            yield f"{name}: {list(parameters(package, short))}"


ALIASES = frozenset({"monai.networks.nets.Unet", "monai.networks.nets.BasicUnet", "transformers.AutoModel"})
"""Other names of a class, and classes that are made by a call."""


@pytest.mark.parametrize("package", ["torchvision", "timm", "segmentation_models_pytorch", "monai"])
def test_positional_parameters_of_factories_are_the_sources(package: str) -> None:
    sources(package)
    for model in entries():
        names = (name for name in model.names if name.startswith(f"{package}.") and name not in ALIASES)
        assert not list(checked(names, model.init))


def test_positional_parameters_of_data_sets_are_the_sources() -> None:
    sources("torchvision")
    for name, entry in datasets().items():
        assert not list(checked(iter([name]), entry.init))


def test_positional_parameters_of_graph_layers_are_the_sources() -> None:
    sources("torch_geometric")
    for name, layer in library().layers.items():
        if name.startswith("torch_geometric."):
            assert not list(checked(iter([name]), layer.init))


def test_classes_of_transformers_return_the_fields_of_their_pattern() -> None:
    found = sources("transformers")
    wrong, seen = [], 0
    for model in entries():
        wanted = [
            name.removeprefix("transformers.") for name in (*model.names, *model.patterns) if name.startswith("transformers.")
        ]
        for name in found:
            if (
                f"transformers.{name}" in different()
                or name.startswith("Auto")
                or not any(fnmatch.fnmatchcase(name, pattern) for pattern in wanted)
            ):
                continue
            for fields in outputs(found, name):
                seen += 1
                if not set(model.fields) <= fields:
                    wrong.append(f"{name}: {sorted(fields)}")
    assert seen > 300
    assert not wrong


def outputs(found: dict[str, list[ast.stmt]], name: str) -> Iterator[frozenset[str]]:
    """The fields of what `forward` is annotated to return."""
    for node in found[name]:
        for item in getattr(node, "body", ()):
            if isinstance(item, ast.FunctionDef) and item.name == "forward" and item.returns is not None:
                for part in ast.walk(item.returns):
                    if isinstance(part, ast.Name) and part.id in found and "Output" in part.id:
                        yield fields_of(found, part.id)


def fields_of(found: dict[str, list[ast.stmt]], name: str) -> frozenset[str]:
    fields: set[str] = set()
    for node in found.get(name, ()):
        if isinstance(node, ast.ClassDef):
            fields |= {
                item.target.id for item in node.body if isinstance(item, ast.AnnAssign) and isinstance(item.target, ast.Name)
            }
            for base in node.bases:
                if isinstance(base, ast.Name) and base.id != name:
                    fields |= fields_of(found, base.id)
    return frozenset(fields)
