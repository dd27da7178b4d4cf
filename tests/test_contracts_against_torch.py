"""torch's contracts held against the installed torch: names, signatures, and what calls really do.

What torch takes although the contract leaves it out on purpose, and what the CPU refuses although the contract has it,
stands in the tables below with its reason. A line there that no longer holds fails.
"""

from __future__ import annotations

import importlib
import inspect
import itertools
import re
import warnings
from collections.abc import Iterator
from typing import Any

import pytest

from losslint.calls import legacy_reduction
from losslint.contracts import Alternative, Contract, fits
from losslint.facts import DTYPES, FLOATS, INTS
from losslint.knowledge import contracts, read_contracts
from losslint.oneof import OneOf
from losslint.shapes import Shape
from losslint.tri import Tri

torch = pytest.importorskip("torch")
if tuple(map(int, torch.__version__.split(".")[:2])) != (2, 13):
    pytest.skip("the contracts describe torch 2.13", allow_module_level=True)

CONTRACTS = {contract.name: contract for contract in read_contracts("torch_losses.toml", "torch")}
ARGUMENTS = [(name, slot) for name, contract in CONTRACTS.items() for slot in contract.slots]
COMPLEX = frozenset({"complex64", "complex128"})

NOT_DESCRIBED = {
    "torch.miopen_ctc_loss": "the kernel of one backend, called by ctc_loss",
    "torch.nn.LinearCrossEntropyOptions": "options of a loss",
}

NO_EIGHT_BIT_SIGNS = "uint8 cannot hold -1; the gradient or the number is wrong"
NOT_A_SIGN = "compared with 1 and -1 only: anything is taken"
REAL_RESULT = "the absolute difference of complex numbers is real"
LAX: dict[tuple[str, str], tuple[frozenset[str], str]] = {
    ("l1_loss", "input"): (COMPLEX, REAL_RESULT),
    ("l1_loss", "target"): (COMPLEX, REAL_RESULT),
    ("l1_loss", "weight"): (INTS | {"bool"}, "promotes; new in 2.13 and documented for floats"),
    ("mse_loss", "weight"): (INTS | {"bool"}, "promotes; new in 2.13 and documented for floats"),
    ("huber_loss", "weight"): (INTS | {"bool"}, "promotes; new in 2.13 and documented for floats"),
    ("mse_loss", "target"): (frozenset({"bool"}), "promotes, unless a weight is given; no regression target"),
    ("smooth_l1_loss", "target"): (frozenset({"bool"}), "promotes; no regression target"),
    ("soft_margin_loss", "target"): (frozenset({"uint8"}), NO_EIGHT_BIT_SIGNS),
    ("hinge_embedding_loss", "target"): (COMPLEX | {"bool"}, NOT_A_SIGN),
    ("cosine_embedding_loss", "input2"): (INTS | {"bool"}, "promotes; an embedding is real"),
    ("cosine_embedding_loss", "target"): (COMPLEX | {"bool"}, NOT_A_SIGN),
    ("margin_ranking_loss", "input2"): (INTS, "promotes; a score is real"),
    ("margin_ranking_loss", "target"): (frozenset({"uint8"}), NO_EIGHT_BIT_SIGNS),
    **{
        (name, slot): (COMPLEX | (INTS if slot != "anchor" else frozenset()), "promotes; an embedding is real")
        for name in ("triplet_margin_loss", "triplet_margin_with_distance_loss")
        for slot in ("anchor", "positive", "negative")
    },
    ("ctc_loss", "targets"): (COMPLEX | {"bool"}, "cast silently; a label is a number"),
}
"""By loss and argument: dtypes outside the slot that torch takes."""
LAX |= {(f"torch_{name}", slot): line for (name, slot), line in LAX.items() if f"torch_{name}" in CONTRACTS}

HALF = frozenset({"float16", "bfloat16"})
STRICT: dict[tuple[str, str], tuple[frozenset[str], str]] = {
    ("multi_margin_loss", "input"): (HALF, "no such kernel on the CPU"),
    ("multi_margin_loss", "weight"): (HALF, "no such kernel on the CPU"),
    ("multilabel_margin_loss", "input"): (HALF, "no such kernel on the CPU"),
}
"""By loss and argument: dtypes of the slot that the CPU refuses."""

SIZES = {"N": 4, "B": 4, "C": 5, "K": 5, "D": 6, "F": 6, "T": 7, "S": 2}
REDUCTIONS = {"none": 0, "mean": 1, "sum": 2}
VALUES = {"input_lengths": 7, "target_lengths": 2}


def resolve(dotted: str) -> Any:
    module, name = dotted, ""
    while True:
        module, _, head = module.rpartition(".")
        name = f"{head}.{name}" if name else head
        try:
            found = importlib.import_module(module)
        except ModuleNotFoundError:
            continue
        for part in name.split("."):
            found = getattr(found, part)
        return found


def dtype(name: str) -> Any:
    return getattr(torch, name)


def shape_of(alternative: Alternative, extra: tuple[int, ...] = ()) -> tuple[int, ...]:
    parts = [extra if dim.startswith("*") else (int(dim) if dim.isdigit() else SIZES[dim],) for dim in alternative.dims]
    return tuple(itertools.chain.from_iterable(parts))


def tensor(name: str, alternative: Alternative, data: str, shape: tuple[int, ...]) -> Any:
    """Values in the domain of the alternative; 1 where it is a class id, a sign or a length."""
    generator = torch.Generator().manual_seed(sum(map(ord, name)))
    if alternative.domain in ("class_index", "signs") or name in VALUES:
        return torch.full(shape, VALUES.get(name, 1)).to(dtype(data))
    values = torch.rand(shape, generator=generator, dtype=torch.float64)
    return (values.log() if alternative.domain == "log_probs" else values).to(dtype(data))


def callable_of(contract: Contract, data: str = "float32", extra: tuple[int, ...] = ()) -> Any:
    """The functional form; of the losses that hold layers, an instance of this dtype and with these further dims."""
    if contract.function_name is not None:
        return resolve(contract.function_name)
    given = {"in_features": SIZES["F"], "num_classes": SIZES["C"], "n_classes": SIZES["C"], "cutoffs": [2], "out_features": extra}
    arguments = {name: value for name, value in given.items() if name in contract.init}
    module = resolve(contract.class_name or "")(**arguments).to(dtype(data))

    def call(weight: Any = None, **passed: Any) -> Any:
        if weight is not None:
            module.weight = weight
        out = module(**passed)
        return getattr(out, "loss", out)

    return call


def required(contract: Contract) -> list[str]:
    """The arguments without which the loss cannot be called."""
    return [name for name in contract.slots if name not in contract.defaults]


def is_builtin(contract: Contract) -> bool:
    return contract.name.startswith("torch_")


def options(contract: Contract, reduction: str = "mean") -> dict[str, Any]:
    """The options that make a number of the loss, and those which builtins want given."""
    if contract.name == "torch_poisson_nll_loss":
        return {"log_input": True, "full": False, "eps": 1e-8, "reduction": REDUCTIONS[reduction]}
    if "reduction" not in contract.function:
        return {}
    return {"reduction": REDUCTIONS[reduction] if is_builtin(contract) else reduction}


def choices(
    contract: Contract, names: list[str], extra: tuple[int, ...]
) -> Iterator[dict[str, tuple[Alternative, tuple[int, ...]]]]:
    """Each choice of alternatives for these arguments whose shapes, built from the notation, go together."""
    for chosen in itertools.product(*(contract.slots[name].alternatives for name in names)):
        made = {name: (one, shape_of(one, extra)) for name, one in zip(names, chosen, strict=True)}
        shapes = {name: Shape(shape) for name, (_, shape) in made.items()}
        dtypes = {name: OneOf.of(sorted(one.dtypes)[0]) for name, (one, _) in made.items()}
        # Concatenated labels are as many as the batch's lengths add up to, which the notation doesn't say.
        concatenated = "targets" in made and len(made["targets"][1]) != len(made["log_probs"][1]) - 1
        if fits(contract.slots, shapes, contract.class_dim, dtypes) is Tri.YES and not concatenated:
            yield made


def some_choices(contract: Contract, names: list[str]) -> Iterator[dict[str, tuple[Alternative, tuple[int, ...]]]]:
    return itertools.chain(choices(contract, names, (3,)), choices(contract, names, ()))


def further(contract: Contract, passed: dict[str, Any]) -> tuple[int, ...]:
    """The further dims that the target asks of a loss which holds layers."""
    target = passed.get(contract.target or "")
    if contract.function_name is not None or target is None:
        return ()
    classes = target.is_floating_point() and passed[contract.prediction].ndim
    return tuple(target.shape[2 if classes else 1 :])


def outcome(contract: Contract, passed: dict[str, Any], data: str = "float32") -> str:
    """`ok`, `raises`, or `backward` when only the backward pass raises."""
    passed = {name: value.clone() if torch.is_tensor(value) else value for name, value in passed.items()}
    prediction = passed[contract.prediction]
    if prediction.is_floating_point() or prediction.is_complex():
        prediction.requires_grad_()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            loss = callable_of(contract, data, further(contract, passed))(**passed, **options(contract))
        except (RuntimeError, ValueError, TypeError, IndexError):
            return "raises"
        try:
            loss.backward()
        except RuntimeError:
            return "backward"
    return "ok"


def built(contract: Contract, made: dict[str, tuple[Alternative, tuple[int, ...]]], **data: str) -> dict[str, Any]:
    def usual(one: Alternative) -> str:
        return next(name for name in ("float32", "int64", *sorted(one.dtypes)) if name in one.dtypes)

    return {name: tensor(name, one, data.get(name, usual(one)), shape) for name, (one, shape) in made.items()}


def public_losses() -> Iterator[str]:
    name = re.compile(r"loss|entropy|kl_div|nll", re.IGNORECASE)
    for place in ("torch", "torch.nn", "torch.nn.functional"):
        for attribute, found in vars(importlib.import_module(place)).items():
            if name.search(attribute) and not attribute.startswith("_") and callable(found):
                yield f"{place}.{attribute}"
    for attribute in torch.nn.modules.loss.__all__:
        yield f"torch.nn.{attribute}"


def test_every_public_loss_has_a_contract_or_a_reason() -> None:
    public = set(public_losses())
    assert len(public) > 50
    assert public - contracts().keys() == NOT_DESCRIBED.keys()


@pytest.mark.parametrize("contract", CONTRACTS.values(), ids=lambda contract: contract.name)
def test_every_name_is_torchs(contract: Contract) -> None:
    for name in (contract.class_name, contract.function_name):
        assert name is None or callable(resolve(name))
    for alias in contract.aliases:
        assert issubclass(resolve(alias), resolve(contract.class_name or ""))
        assert parameters(resolve(alias).__init__) == parameters(resolve(contract.class_name or "").__init__)


def parameters(called: Any) -> list[tuple[str, bool, Any]]:
    """Name, whether by name alone, and default (the class Parameter.empty where there is none) of each."""
    return [
        (name, parameter.kind is parameter.KEYWORD_ONLY, parameter.default)
        for name, parameter in inspect.signature(called).parameters.items()
        if name != "self"
    ]


def schema_parameters(name: str) -> list[tuple[str, bool, Any]]:
    """The same of a builtin, which has no Python signature, from its operator's schema; Python calls `self` `input`."""
    overloads = getattr(torch.ops.aten, name)
    schema = getattr(overloads, "Tensor" if "Tensor" in overloads.overloads() else "default")._schema
    return [
        (
            "input" if argument.name == "self" else argument.name,
            argument.kwarg_only,
            argument.default_value if argument.has_default_value() else inspect.Parameter.empty,
        )
        for argument in schema.arguments
    ]


def described(contract: Contract, form: str) -> list[tuple[str, bool, Any]]:
    return [
        (name, name in contract.keyword_only[form], contract.defaults.get(name, inspect.Parameter.empty))
        for name in getattr(contract, form)
    ]


@pytest.mark.parametrize("contract", CONTRACTS.values(), ids=lambda contract: contract.name)
def test_parameters_and_defaults_are_torchs(contract: Contract) -> None:
    if contract.class_name is not None:
        loss = resolve(contract.class_name)
        assert described(contract, "init") == parameters(loss)
        forward = [(contract.renamed.get(name, name), alone, default) for name, alone, default in parameters(loss.forward)]
        assert [(name, alone, inspect.Parameter.empty) for name, alone, _ in described(contract, "forward")] == forward
    if contract.function_name is not None:
        if not is_builtin(contract):
            assert described(contract, "function") == parameters(resolve(contract.function_name))
            return
        real = schema_parameters(contract.function_name.removeprefix("torch."))
        # The schema's default reduction is not what Python does: see the next test.
        claimed = [(name, alone, 0 if name == "reduction" and default == 1 else default) for name, alone, default in real]
        assert described(contract, "function") == claimed


@pytest.mark.parametrize(
    "contract", [c for c in CONTRACTS.values() if is_builtin(c) and "reduction" in c.defaults], ids=lambda c: c.name
)
def test_builtins_do_not_reduce_of_themselves(contract: Contract) -> None:
    passed = built(contract, next(choices(contract, required(contract), (3, 2))))
    call = callable_of(contract)
    assert torch.equal(call(**passed), call(**passed, reduction=contract.defaults["reduction"]))
    assert call(**passed).ndim > 0


@pytest.mark.parametrize("contract", CONTRACTS.values(), ids=lambda contract: contract.name)
@pytest.mark.parametrize("extra", [(), (3,), (3, 2)], ids=len)
def test_shapes_of_the_notation_are_taken(contract: Contract, extra: tuple[int, ...]) -> None:
    tried = 0
    for made in choices(contract, required(contract), extra):
        assert outcome(contract, built(contract, made)) == "ok", {name: shape for name, (_, shape) in made.items()}
        tried += 1
    assert tried


@pytest.mark.parametrize("contract", [c for c in CONTRACTS.values() if c.class_name is not None], ids=lambda c: c.name)
def test_the_module_takes_what_the_function_takes(contract: Contract) -> None:
    made = next(choices(contract, list(contract.forward), ()))
    passed = built(contract, made)
    if contract.function_name is None:
        assert callable_of(contract)(**passed).ndim == 0
        return
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert resolve(contract.class_name or "")()(*passed.values()).ndim == 0


@pytest.mark.parametrize(("name", "slot"), ARGUMENTS)
def test_dtypes_of_the_slot_are_taken(name: str, slot: str) -> None:
    contract, refused = CONTRACTS[name], set()
    for one in contract.slots[slot].alternatives:
        made = next(made for made in some_choices(contract, names_with(contract, slot)) if made[slot][0] == one)
        for data in one.dtypes:
            together = {slot: data}
            if data in FLOATS:  # Floating arguments go together.
                together = {name: data for name, (other, _) in made.items() if data in other.dtypes}
            if outcome(contract, built(contract, made, **together), data if data in FLOATS else "float32") != (
                "ok" if slot != contract.prediction or data in FLOATS else "backward"
            ):
                refused.add(data)
    assert refused == STRICT.get((name, slot), (set(), ""))[0]


def names_with(contract: Contract, slot: str) -> list[str]:
    return [*required(contract), *({slot} - {*required(contract)})]


@pytest.mark.parametrize(("name", "slot"), ARGUMENTS)
def test_dtypes_outside_the_slot_are_refused(name: str, slot: str) -> None:
    contract, taken = CONTRACTS[name], set()
    made = next(some_choices(contract, names_with(contract, slot)))
    for data in DTYPES - contract.slots[slot].dtypes:
        seen = outcome(contract, built(contract, made, **{slot: data}))
        if slot == contract.target and data in INTS and contract.integer_target is not None:
            assert seen == {"promotes": "ok"}.get(contract.integer_target, contract.integer_target), data
        elif seen == "ok":
            taken.add(data)
    assert taken == LAX.get((name, slot), (set(), ""))[0]


STRICT_ARGUMENTS = [(name, slot) for name, contract in CONTRACTS.items() for slot in contract.strict]


@pytest.mark.parametrize(("name", "slot"), STRICT_ARGUMENTS)
def test_strict_arguments_take_no_other_integer(name: str, slot: str) -> None:
    contract = CONTRACTS[name]
    made = next(some_choices(contract, names_with(contract, slot)))
    for data in (FLOATS | INTS | {"bool"}) - contract.slots[slot].dtypes:
        assert outcome(contract, built(contract, made, **{slot: data})) == "raises", data


def test_tables_of_exceptions_name_real_arguments() -> None:
    assert {*LAX, *STRICT} <= {*ARGUMENTS}


def spoken(call: Any) -> str:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            call()
        except (RuntimeError, ValueError):
            return "raises"
    return "warns" if caught else "silent"


@pytest.mark.parametrize("contract", [c for c in CONTRACTS.values() if c.relation is not None], ids=lambda c: c.name)
def test_a_column_against_a_row_does_what_the_contract_says(contract: Contract) -> None:
    made = {name: contract.slots[name].alternatives[0] for name in required(contract)}
    shapes: dict[str, tuple[int, ...]] = {name: (4, 1) for name in made}
    if contract.relation == "class_index":
        shapes[contract.prediction] = (4, 5)
    else:
        shapes[contract.target or ""] = (4,)
    passed = {
        name: tensor(name, one, "int64" if one.domain == "class_index" else "float32", shapes[name]) for name, one in made.items()
    }
    # The mean of a KL divergence has a warning of its own.
    assert spoken(lambda: callable_of(contract)(**passed, **options(contract, "sum"))) == contract.mismatch


@pytest.mark.parametrize(
    "contract",
    [c for c in CONTRACTS.values() if c.relation == "same" and c.slots[c.target or ""].domains <= {"real", "probs"}],
    ids=lambda c: c.name,
)
def test_symmetry(contract: Contract) -> None:
    made = next(choices(contract, required(contract), (3,)))
    passed = built(contract, made)
    swapped = passed | {"input": passed["target"], "target": passed["input"]}
    swapped["input"] = swapped["input"].abs()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        losses = [callable_of(contract)(**each, **options(contract)) for each in (passed, swapped)]
    assert torch.allclose(*losses) is contract.symmetric


@pytest.mark.parametrize(
    ("name", "activation"), [("nll_loss", lambda x: x.log_softmax(1)), ("binary_cross_entropy", lambda x: x.sigmoid())]
)
def test_the_fused_loss_is_the_same_number(name: str, activation: Any) -> None:
    contract = CONTRACTS[name]
    assert contract.fused is not None
    logits = torch.randn(4, 5, generator=torch.Generator().manual_seed(0))
    target = torch.tensor([1, 0, 4, 2]) if name == "nll_loss" else (logits > 0.3).float()
    assert torch.allclose(
        callable_of(contract)(activation(logits), target), callable_of(CONTRACTS[contract.fused])(logits, target)
    )


@pytest.mark.parametrize("contract", [c for c in CONTRACTS.values() if c.plain], ids=lambda c: c.name)
def test_plain_arguments_need_no_tensor(contract: Contract) -> None:
    passed = built(contract, next(choices(contract, required(contract), (3,))))
    plain = {name: tuple(passed[name].tolist()) if "lengths" in name else 1.0 for name in contract.plain}
    assert outcome(contract, passed | plain) == "ok"


@pytest.mark.parametrize("contract", [c for c in CONTRACTS.values() if c.cases], ids=lambda c: c.name)
def test_a_case_changes_the_number_for_its_domain(contract: Contract) -> None:
    """With the option of the case and its domain, the loss is what the usual domain gives: exp of a log is the number itself."""
    made = next(choices(contract, required(contract), (3,)))
    usual = {name: tensor(name, one, "float64", shape) for name, (one, shape) in made.items()}
    for case in contract.cases:
        if all(slot.domains == contract.slots[name].domains for name, slot in case.slots.items()):
            continue  # other dtypes of the same
        changed = dict(usual)
        for name, slot in case.slots.items():
            to_log = slot.domains == {"log_probs"}
            changed[name] = usual[name].log() if to_log else usual[name].exp()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            losses = [
                callable_of(contract)(**usual, **options(contract)),
                callable_of(contract)(**changed, **(options(contract) | dict(case.when))),
            ]
        assert torch.allclose(*losses)


@pytest.mark.parametrize(("average", "reduce"), list(itertools.product((None, True, False), repeat=2))[1:])
def test_legacy_reductions(average: bool | None, reduce: bool | None) -> None:
    assert legacy_reduction(average, reduce) == torch.nn._reduction.legacy_get_string(average, reduce, emit_warning=False)
