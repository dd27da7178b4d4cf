"""What layers return, held against torch: the table against its classes, abstract results against real ones."""

from __future__ import annotations

import inspect
import random
from collections.abc import Iterator
from typing import Any

import pytest

from losslint.facts import Domain, Facts, Range
from losslint.oneof import OneOf
from losslint.places import Place
from losslint.shapes import Shape
from losslint.static.modules import call_module, is_module
from losslint.static.modules.library import canonical, library
from losslint.static.operand import UNKNOWN_OPERAND, Name, Operand

torch = pytest.importorskip("torch", reason="the table of modules is judged by torch")

HERE = Place("model.py", 1)


def module_classes() -> dict[str, type]:
    found = {f"torch.nn.{name}": value for name, value in vars(torch.nn).items()}
    return {name: value for name, value in found.items() if isinstance(value, type) and issubclass(value, torch.nn.Module)}


def described() -> dict[str, Any]:
    return {**library().delegates, **library().layers}


def ours() -> list[str]:
    return sorted(name for name in described() if name.startswith("torch.nn."))


def test_every_module_class_is_described_or_left_out_for_a_reason() -> None:
    listed = {*ours(), *library().excluded}
    assert not set(module_classes()) - listed
    assert not set(library().excluded) & set(described())
    assert all(library().excluded.values())


def test_nothing_is_described_that_torch_lacks() -> None:
    missing = {name for name in (*ours(), *library().excluded) if not hasattr(torch.nn, name.removeprefix("torch.nn."))}
    # Newer than the oldest torch that is supported.
    assert missing <= {"torch.nn.LinearCrossEntropyLoss", "torch.nn.Container", "torch.nn.NLLLoss2d"}


@pytest.mark.parametrize("name", ours())
def test_parameters_are_those_of_the_class(name: str) -> None:
    entry, module = described()[name], module_classes()[name]
    assert list(entry.forward) == [parameter for parameter in inspect.signature(module.forward).parameters][1:]
    parameters = list(inspect.signature(module.__init__).parameters.values())[1:]
    if any(parameter.kind is parameter.VAR_POSITIONAL for parameter in parameters):
        module(*range(1, 4)) if entry.init else module()
        return
    taken = [parameter.name for parameter in parameters]
    # `min_value` and `max_value` of Hardtanh are deprecated spellings; `bias` of the norms is newer than torch 2.4.
    assert [parameter for parameter in entry.init if parameter != "bias"] == [
        parameter for parameter in taken if parameter not in ("min_value", "max_value", "bias")
    ]


def test_functions_that_modules_delegate_to_exist() -> None:
    for name, delegate in library().delegates.items():
        if name.startswith("einops."):  # not among what the tests need
            continue
        target: Any = torch
        for part in delegate.function.split(".")[1:]:
            target = getattr(target, part)
        assert callable(target), name


def test_inner_names_are_known() -> None:
    assert canonical("torch.nn.modules.linear.Linear") == "torch.nn.Linear"
    assert is_module("torch.nn.modules.activation.Softmax")
    assert not is_module("torch.nn.Sequential")
    assert call_module("torch.nn.CrossEntropyLoss", (), {}, (), {}, HERE) is None


# ------------------------------------------------------------------------------------------------ drawing calls


def draw_call(name: str, rng: random.Random) -> tuple[list[Any], dict[str, Any], list[Any], dict[str, Any]]:
    """(constructor's arguments, its keywords, the call's arguments, its keywords)."""
    layer = library().layers.get(name)
    spatial = layer.spatial if layer is not None else 0
    short = name.removeprefix("torch.nn.")
    n, c, length = rng.randint(1, 3), rng.choice([4, 8]), rng.randint(2, 5)
    sizes = [rng.randint(6, 11) for _ in range(spatial)]
    batch = [n] if rng.random() < 0.7 else []

    def x(*shape: int) -> Any:
        return torch.randn(*shape, dtype=rng.choice([torch.float32, torch.float32, torch.float64]))

    def single(*shape: int) -> Any:
        return torch.randn(*shape)

    def per_dim(low: int, high: int) -> Any:
        return rng.randint(low, high) if rng.random() < 0.6 else tuple(rng.randint(low, high) for _ in range(spatial))

    if short in ("Linear", "LazyLinear"):
        lead = [rng.randint(1, 3) for _ in range(rng.randint(0, 3))]
        return ([c] if short == "Linear" else []) + [rng.randint(1, 5)], {}, [single(*lead, c)], {}
    if short == "Bilinear":
        return [c, 3, 5], {}, [single(n, length, c), single(n, length, 3)], {}
    if short == "Embedding":
        lead = [rng.randint(1, 3) for _ in range(rng.randint(0, 3))]
        return [10, c], {}, [torch.randint(0, 10, lead)], {}
    if short == "EmbeddingBag":
        if rng.random() < 0.5:
            return [10, c], {"mode": rng.choice(["sum", "mean"])}, [torch.randint(0, 10, (n, length))], {}
        return [10, c], {}, [torch.randint(0, 10, (length,)), torch.tensor([0, 1])], {}
    if "Conv" in short:
        kernel, init = per_dim(1, 3), {"stride": per_dim(1, 2), "dilation": per_dim(1, 2)}
        if "Transpose" in short:
            init = {"stride": 2, "padding": per_dim(0, 1), "output_padding": rng.randint(0, 1)}
        elif rng.random() < 0.2:
            init = {"padding": rng.choice(["same", "valid"])}
        else:
            init["padding"] = per_dim(0, 2)
        # Lazy convolutions are made for batches in some releases of torch.
        lead = [n] if short.startswith("Lazy") else batch
        return ([] if short.startswith("Lazy") else [c]) + [5, kernel], init, [single(*lead, c, *sizes)], {}
    if "BatchNorm" in short or "InstanceNorm" in short:
        dims = int(short[-2]) if short[-1] == "d" else 2
        lead = [] if short == "SyncBatchNorm" or short.startswith("Lazy") else [c]
        if short == "SyncBatchNorm":
            lead = [c]
        flags = {"affine": rng.choice([True, False])} if rng.random() < 0.5 else {}
        return lead, flags, [single(n + 1, c, *[length + 1] * dims)], {}
    if short in ("LayerNorm", "RMSNorm"):
        flags = {"elementwise_affine": False} if rng.random() < 0.3 else {}
        return [c], flags, [single(n, length, c)], {}
    if short == "GroupNorm":
        return [2, c], {}, [single(n, c, length)], {}
    if short in ("LocalResponseNorm", "CrossMapLRN2d"):
        return [2], {}, [single(n, c, 4, 4)], {}
    if short == "PReLU":
        return [rng.choice([1, c])], {}, [single(n, c, length)], {}
    if short in ("RNN", "LSTM", "GRU"):
        init = {
            "num_layers": rng.randint(1, 2),
            "bidirectional": rng.choice([True, False]),
            "batch_first": rng.choice([True, False]),
        }
        if short == "LSTM" and rng.random() < 0.4:
            init["proj_size"] = 2
        return [c, 6], init, [single(length, n, c) if batch else single(length, c)], {}
    if short.endswith("Cell"):
        return [c, 6], {}, [single(*batch, c)], {}
    if short == "MultiheadAttention":
        shape = (n, length, c) if batch else (length, c)
        query, key = single(*shape), single(*shape)
        keywords = rng.choice([{}, {}, {"need_weights": False}, {"average_attn_weights": False}])
        flags = {"batch_first": True} if rng.random() < 0.5 else {"dropout": 0.5}
        return [c, 2], flags, [query, key, key], keywords
    if short in ("TransformerEncoderLayer", "TransformerDecoderLayer", "Transformer"):
        flags = {"dim_feedforward": 8, "batch_first": True}
        count = 1 if short == "TransformerEncoderLayer" else 2
        inputs = [single(n, length, c), single(n, length + 1, c)]
        if short == "Transformer":
            flags |= {"num_encoder_layers": 1, "num_decoder_layers": 1}
        return [c, 2], flags, inputs[:count], {}
    if short == "TransformerEncoder":
        member = torch.nn.TransformerEncoderLayer(c, 2, 8, batch_first=True)
        return [member, 1], {"enable_nested_tensor": False}, [single(n, length, c)], {}
    if short == "TransformerDecoder":
        member = torch.nn.TransformerDecoderLayer(c, 2, 8, batch_first=True)
        return [member, 1], {}, [single(n, length, c), single(n, length, c)], {}
    if short.startswith("FractionalMaxPool"):
        return [2], {"output_size": per_dim(2, 3), "return_indices": rng.choice([True, False])}, [x(*batch, c, *sizes)], {}
    if short.startswith("Adaptive"):
        wanted = per_dim(1, 4)
        if isinstance(wanted, tuple) and spatial > 1 and rng.random() < 0.5:
            wanted = (None, *wanted[1:])
        flags = {"return_indices": True} if "Max" in short and rng.random() < 0.3 else {}
        return [wanted], flags, [x(*batch, c, *sizes)], {}
    if short.startswith("MaxUnpool"):
        pool = getattr(torch.nn, f"MaxPool{spatial}d")(2, return_indices=True)
        return [2], {}, list(pool(x(n, c, *[8] * spatial))), {}
    if "Pool" in short:
        init = {"ceil_mode": rng.choice([True, False])}
        kernel = rng.randint(2, 3)
        if rng.random() < 0.5:
            init["stride"] = rng.randint(1, 3)
        if not short.startswith("LP"):
            init["padding"] = rng.randint(0, 1)
        if short.startswith("MaxPool"):
            init |= {"dilation": rng.randint(1, 2), "return_indices": rng.choice([True, False, False])}
        lead = [2.0] if short.startswith("LP") else []
        return [*lead, kernel], init, [x(*batch, c, *sizes)], {}
    if "Pad" in short:
        pad = rng.randint(0, 2) if rng.random() < 0.5 else tuple(rng.randint(0, 2) for _ in range(2 * spatial))
        return [pad, *([1.5] if short.startswith("Constant") else [])], {}, [x(n, c, *sizes)], {}
    if short in ("Upsample", "UpsamplingNearest2d", "UpsamplingBilinear2d"):
        count = spatial or rng.randint(1, 3)
        init = (
            {"size": tuple(rng.randint(3, 9) for _ in range(count))}
            if rng.random() < 0.5
            else {"scale_factor": rng.choice([2, 1.5])}
        )
        if short == "Upsample" and count == 2:
            init["mode"] = rng.choice(["nearest", "bilinear", "bicubic"])
        return [], init, [x(n, c, *[rng.randint(3, 6) for _ in range(count)])], {}
    if short == "Flatten":
        shape = [rng.randint(1, 3) for _ in range(rng.randint(2, 4))]
        arguments = rng.choice([[], [0], [1, -1], [0, 1], [-2, -1]])
        return arguments, {}, [x(*shape)], {}
    if short == "Unflatten":
        return [rng.choice([1, -1]), rng.choice([(2, 3), (-1, 2), (6, 1)])], {}, [x(n, 6)], {}
    if short in ("PixelShuffle", "PixelUnshuffle"):
        return [2], {}, [x(*batch, 8, 4, 6)], {}
    if short == "Fold":
        return [(4, 5), 2], {}, [x(*batch, 8, 12)], {}
    if short == "Unfold":
        return [2], {"stride": rng.randint(1, 2), "padding": rng.randint(0, 1)}, [x(n, 3, 5, 6)], {}
    if short == "ChannelShuffle":
        return [2], {}, [x(n, c, 3, 3)], {}
    if short in ("CosineSimilarity", "PairwiseDistance"):
        return [], {}, [x(n, c), single(n, c)], {}
    if short in ("Softmax", "LogSoftmax", "Softmin", "GLU"):
        return [rng.choice([0, 1, -1])], {}, [x(2, c, 2)], {}
    if short == "Softmax2d":
        return [], {}, [x(*batch, c, 3, 3)], {}
    if short == "Threshold":
        return [0.1, -2.0], {}, [x(n, c)], {}
    if short in ("Identity", "Dropout", "AlphaDropout") or short in library().delegates or name in library().delegates:
        return [], {}, [x(n, c)], {}
    if short.startswith("Dropout") or short == "FeatureAlphaDropout":
        rank = {"Dropout1d": 3, "Dropout2d": 4, "Dropout3d": 5}.get(short, 3)
        return [], {}, [x(*[2] * rank)], {}
    raise AssertionError(f"{name} has no drawn call: add one")


def constant(value: Any) -> Operand:
    if isinstance(value, tuple | list):
        return Operand(Facts(kind=OneOf.of("tuple")), items=tuple(constant(member) for member in value))
    if isinstance(value, torch.nn.Module):
        return Operand(Facts(kind=OneOf.of("module")))
    if isinstance(value, torch.dtype):
        return Operand(value=OneOf.of(Name(str(value))))
    return Operand(value=OneOf.of(value))


def known(tensor: Any, rng: random.Random, degree: str, names: dict[str, int], domain: Domain | None = None) -> Operand:
    """What an engine may know of the tensor. `names` collects the sizes that dims' names stand for."""
    if degree == "nothing":
        return UNKNOWN_OPERAND
    shape = OneOf.of(Shape(tuple(tensor.shape)))
    if degree == "names":
        dims: list[int | str | None] = []
        for size in tensor.shape:
            name = f"s{size}"
            names[name] = size
            dims.append(rng.choice([size, name, None]))
        shape = OneOf.of(Shape(tuple(dims)))
    elif degree == "tail":
        shape = OneOf.of(Shape(tuple(tensor.shape)[rng.randint(0, tensor.dim()) :], open=True))
    finite = tensor.detach().double()
    return Operand(
        Facts(
            kind=OneOf.of("tensor"),
            domain=OneOf.of(domain or Domain("logits")),
            dtype=OneOf.of(str(tensor.dtype).removeprefix("torch.")),
            shape=shape,
            requires_grad=OneOf.of(tensor.requires_grad),
            device=OneOf.of("cpu"),
            range=Range(float(finite.min()), float(finite.max()), True) if finite.numel() else Range(),
        )
    )


def disagreements(operand: Operand, real: Any, names: dict[str, int]) -> Iterator[str]:
    """In what the abstract result leaves out the real one."""
    if isinstance(real, tuple | list) and operand.items is not None:
        assert len(operand.items) == len(real)
        for member, value in zip(operand.items, real, strict=True):
            yield from disagreements(member, value, names)
    elif isinstance(real, torch.Tensor):
        values = real.detach().double()
        measured = Facts(
            kind=OneOf.of("tensor"),
            dtype=OneOf.of(str(real.dtype).removeprefix("torch.")),
            shape=OneOf.of(Shape(tuple(real.shape))),
            requires_grad=OneOf.of(real.requires_grad),
            device=OneOf.of("cpu"),
            range=Range(float(values.min()), float(values.max())) if values.numel() else Range(),
        )
        slack = operand.facts.with_(range=Range(operand.facts.range.low - 1e-6, operand.facts.range.high + 1e-6))
        yield from (field for field in slack.contradictions(measured) if field != "domain")
        for shape in operand.facts.shape:
            if not shape.open:
                named = [pair for pair in zip(shape.dims, real.shape, strict=True) if isinstance(pair[0], str)]
                yield from (f"{dim} is not {size}" for dim, size in named if names[dim] != size)
        for domain in operand.facts.domain:
            yield from untrue(domain, values)
    elif real is None:
        yield from ["kind"] if operand.facts.kind.is_("none").name == "NO" else []
    elif operand.items is not None or operand.facts.kind.only is not None:
        yield f"{type(real).__name__} is not {operand.facts.kind}"


def untrue(domain: Domain, values: Any) -> Iterator[str]:
    """Whether the values contradict the domain that is claimed for them."""
    if domain.name == "probs" and isinstance(domain.axis, int):
        if not torch.allclose(values.sum(domain.axis), torch.ones(()).double(), atol=1e-4):
            yield f"{domain} do not sum to 1"
    elif domain.name == "log_probs" and isinstance(domain.axis, int):
        if not torch.allclose(values.logsumexp(domain.axis), torch.zeros(()).double(), atol=1e-4):
            yield f"{domain} are not normalised"
    elif (domain.name == "probs" and (values.min() < -1e-6 or values.max() > 1 + 1e-6)) or (
        domain.name == "zero_one" and not bool(((values == 0) | (values == 1)).all())
    ):
        yield f"{domain} outside their range"


DEGREES = ("all", "names", "tail", "nothing")


@pytest.mark.parametrize("name", ours())
def test_the_abstract_result_covers_the_real_one(name: str) -> None:
    for seed in range(12):
        rng = random.Random(f"{name} {seed}")
        torch.manual_seed(seed)
        init, init_keywords, inputs, keywords = draw_call(name, rng)
        learns = rng.random() < 0.5
        inputs = [tensor.clone().requires_grad_(learns and tensor.is_floating_point()) for tensor in inputs]
        module = module_classes()[name](*init, **init_keywords).train(rng.random() < 0.5)
        if name.endswith("CrossMapLRN2d") and inputs[0].dtype != torch.float32:
            continue
        real = module(*inputs, **keywords)
        degree, names = rng.choice(DEGREES), {}
        forget = rng.random() < 0.3
        abstract = call_module(
            name,
            [UNKNOWN_OPERAND if forget and rng.random() < 0.5 else constant(value) for value in init],
            {key: UNKNOWN_OPERAND if forget and rng.random() < 0.5 else constant(value) for key, value in init_keywords.items()},
            [known(tensor, rng, degree, names) for tensor in inputs],
            {key: constant(value) for key, value in keywords.items()},
            HERE,
        )
        assert abstract is not None
        # An unknown input is taken to be float32, the dtype in which parameters are made.
        if degree == "nothing" and inputs[0].dtype == torch.float64:
            continue
        wrong = list(disagreements(abstract, real, names))
        assert not wrong, (seed, degree, init, init_keywords, [tuple(i.shape) for i in inputs], abstract, wrong)


@pytest.mark.parametrize("name", sorted(name for name, layer in library().layers.items() if layer.domain != "fresh"))
@pytest.mark.parametrize("domain", ["probs", "log_probs", "each", "zero_one"])
def test_domains_that_survive_a_layer_are_true(name: str, domain: str) -> None:
    for seed in range(5):
        rng = random.Random(f"{name} {domain} {seed}")
        torch.manual_seed(seed)
        init, init_keywords, inputs, _ = draw_call(name, rng)
        axis = rng.choice([0, 1, -1]) if inputs[0].dim() > 1 else 0
        claim = Domain("probs", "each") if domain == "each" else Domain(domain, *([] if domain == "zero_one" else [axis]))
        values = inputs[0]
        made = {
            "probs": values.softmax(axis),
            "log_probs": values.log_softmax(axis),
            "each": values.sigmoid(),
            "zero_one": (values > 0).to(values.dtype),
        }[domain]
        inputs = [made, *inputs[1:]]
        # Dropout is looked at where it does nothing: in training it stretches what it keeps.
        real = module_classes()[name](*init, **init_keywords).eval()(*inputs)
        abstract = call_module(
            name,
            [constant(value) for value in init],
            {key: constant(value) for key, value in init_keywords.items()},
            [known(tensor, rng, "all", {}, claim) for tensor in inputs],
            {},
            HERE,
        )
        assert abstract is not None
        wrong = list(disagreements(abstract, real, {}))
        assert not wrong, (seed, claim, init, init_keywords, [tuple(i.shape) for i in inputs], abstract.facts.domain, wrong)
