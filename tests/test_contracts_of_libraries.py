"""Contracts of other libraries' losses held against the installed library: names, signatures, and what calls really do.

A library that is not installed, or in another version than the one described, is skipped and named.
"""

from __future__ import annotations

import importlib
import inspect
import itertools
import warnings
from collections.abc import Iterator, Mapping
from enum import Enum
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import pytest

from losslint.calls import LossCall
from losslint.contracts import Alternative, Contract
from losslint.facts import FLOATS
from losslint.knowledge import LIBRARIES, read_contracts
from losslint.oneof import OneOf

torch = pytest.importorskip("torch")
numpy = pytest.importorskip("numpy")

DESCRIBED = {
    "torchvision": "0.29",
    "monai": "1.6",
    "kornia": "0.9",
    "segmentation_models_pytorch": "0.6",
    "pytorch_metric_learning": "2.9",
    "torchmetrics": "1.9",
    "timm": "1.0",
    "transformers": "5.24",
    "pytorch_toolbelt": "0.8",
}
"""The releases that the contracts describe."""
CONTRACTS = [contract for name in LIBRARIES if name != "torch" for contract in read_contracts(f"{name}_losses.toml", name)]
CLASSES, SAMPLES, SIDE = 3, 4, 8
GIVEN: dict[str, Any] = {
    "mode": "binary",
    "alpha": 0.5,
    "beta": 0.5,
    "classes": CLASSES,
    "dim": 2,
    "num_classes": CLASSES,
    "embedding_size": 6,
    "vocab_size": CLASSES,
    "dist_matrix": 1.0 - numpy.eye(CLASSES),
}
"""What constructors and functions want that is no option of theirs."""
PROXIES = {"num_classes": CLASSES, "embedding_size": 6}
FURTHER: dict[str, dict[str, Any]] = {
    "label_smoothing_cross_entropy": {"smoothing": 0.0},
    "binary_cross_entropy": {"smoothing": 0.0},
    "asymmetric_single_label": {"eps": 0.0},
    "soft_cross_entropy": {"smooth_factor": 0.0},  # None, its default in one library, raises a TypeError there
    "cos_face_loss": PROXIES,
    "sub_center_arc_face_loss": PROXIES,
}
"""Options that let a perfect prediction have the least loss, or that a signature of `**kwargs` hides."""
NO_PERFECTION = {
    "nacl": "it pulls the logits themselves towards the smoothed labels",
    "focal_cosine": "it normalises the logits, so that no prediction is perfect",
    "asymmetric_unified_focal": "two classes at most",
    "jsd_cross_entropy": "it compares several predictions of one sample",
    "hausdorff_dt": "scipy's distance transform is far away from a small number",
    "log_hausdorff_dt": "scipy's distance transform is far away from a small number",
    "boundary": "it is weighted by signed distances, so that 0 is not its least value",
    "mcc": "of one class at a time",
    "soft_cldice": "skeletons of noise",
    "soft_dice_cldice": "skeletons of noise",
}
"""Losses whose least value a perfect prediction does not show, with the reason."""


def entry(contract: Contract) -> str:
    """The name of its entry in the library's file."""
    return contract.name.removeprefix(f"{contract.library}.")


def installed(contract: Contract) -> None:
    try:
        found = version(contract.library)
    except PackageNotFoundError:
        pytest.skip(f"{contract.library} is not installed")
    if not found.startswith(DESCRIBED[contract.library]):
        pytest.skip(f"{contract.library} {found} is not the {DESCRIBED[contract.library]} that the contracts describe")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            importlib.import_module(contract.library)
        except (ImportError, RuntimeError) as error:
            pytest.skip(f"{contract.library} cannot be imported beside this torch: {error}")


def resolve(dotted: str) -> Any:
    parts = dotted.split(".")
    for end in range(len(parts) - 1, 0, -1):
        try:
            found = importlib.import_module(".".join(parts[:end]))
        except ModuleNotFoundError:
            continue
        for part in parts[end:]:
            found = getattr(found, part)
        return found
    raise AssertionError(dotted)


def call_of(loss: Any) -> Any:
    """What a class's call binds its arguments to: metrics have `update`, and one loss its own `__call__`."""
    if hasattr(loss, "update"):
        return loss.update
    return loss.forward if loss.forward is not torch.nn.Module.forward else loss.__call__


def parameters(called: Any) -> list[tuple[str, bool, Any]]:
    if called is torch.nn.Module.__init__:
        return []
    found = []
    for name, parameter in inspect.signature(called).parameters.items():
        if name == "self" or parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
            continue
        default = parameter.default.value if isinstance(parameter.default, Enum) else parameter.default
        found.append((name, parameter.kind is parameter.KEYWORD_ONLY, list(default) if isinstance(default, tuple) else default))
    return found


def described(contract: Contract, form: str) -> list[tuple[str, bool, Any]]:
    defaults = {name: list(value) if isinstance(value, tuple) else value for name, value in contract.defaults.items()}
    return [
        (name, name in contract.keyword_only[form], defaults.get(name, inspect.Parameter.empty))
        for name in getattr(contract, form)
    ]


@pytest.mark.parametrize("contract", CONTRACTS, ids=lambda one: one.name)
def test_names_and_signatures_are_the_librarys(contract: Contract) -> None:
    installed(contract)
    real = {resolve(name) for name in (contract.class_name, contract.function_name, *contract.aliases) if name is not None}
    assert len(real) == (contract.class_name is not None) + (contract.function_name is not None)
    if contract.class_name is not None:
        loss = resolve(contract.class_name)
        real_init = parameters(loss.__init__)
        assert [line[:2] for line in described(contract, "init")] == [line[:2] for line in real_init]
        for (name, _, claimed), (_, _, default) in zip(described(contract, "init"), real_init, strict=True):
            assert claimed == default or (default is inspect.Parameter.empty and name in contract.function), name
        assert [line[0] for line in described(contract, "forward")] == [line[0] for line in parameters(call_of(loss))]
    if contract.function_name is not None:
        assert [line[:2] for line in described(contract, "function")] == [
            line[:2] for line in parameters(resolve(contract.function_name))
        ]


def decided(contract: Contract) -> Iterator[dict[str, Any]]:
    """The options that cases ask for, in every combination that the loss allows."""
    values: dict[str, list[Any]] = {}
    for case in contract.cases:
        for name, value in case.when.items():
            if value is not None:
                known = values.setdefault(name, [])
                known += [one for one in (value, contract.defaults.get(name, GIVEN.get(name))) if one not in known]
    if "mode" in values:
        values["mode"] = ["binary", "multiclass", "multilabel"]
    for chosen in itertools.product(*values.values()):
        options = dict(zip(values, chosen, strict=True))
        if not (options.get("sigmoid") and options.get("softmax")):
            yield options


def wanted(contract: Contract, options: Mapping[str, Any], name: str) -> tuple[Alternative, ...]:
    """What the argument has to be under these options: one slot, since they decide."""
    known = {option: OneOf.of(value) for option, value in {**contract.defaults, **options}.items()}
    call = LossCall(contract.under(known), "call", "function", (), known)
    slots = call.slots(name)
    assert slots
    return slots[0].alternatives


def call_with(contract: Contract, options: Mapping[str, Any], passed: Mapping[str, Any]) -> Any:
    names = contract.function if contract.function_name is not None else contract.init
    needed = {name: GIVEN[name] for name in names if name in GIVEN and name not in contract.defaults}
    given = {**needed, **FURTHER.get(entry(contract), {}), **options}
    if contract.library == "transformers" and "config" in contract.function:
        given["config"] = type("Config", (), {"num_labels": CLASSES, "problem_type": None})()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if contract.function_name is not None:
            return resolve(contract.function_name)(**passed, **given)
        loss = resolve(contract.class_name or "")(**given)
        order = [passed[name] for name in contract.forward if name in passed]
        return loss(*order)


def shape_of(one: Alternative, channels: int) -> tuple[int, ...]:
    sizes = {"N": SAMPLES, "C": channels, "B": SAMPLES, "D": 6, "M": SAMPLES, "F": 6, "H": SIDE, "W": SIDE, "h": SIDE, "w": SIDE}
    shape: list[int] = []
    for dim in one.dims:
        if dim in ("*n", "*m"):
            shape += [SAMPLES]
        elif dim.startswith("*"):
            shape += [SIDE, SIDE]
        else:
            shape.append(int(dim) if dim.isdecimal() else sizes[dim])
    return tuple(shape)


def pair(contract: Contract, options: Mapping[str, Any]) -> Iterator[tuple[str, Any, dict[str, Any]]]:
    """For each kind of target: the wanted domain, labels between 0 and 1 of the prediction's shape, the other arguments."""
    prediction, target = contract.prediction, contract.target or ""
    mine = wanted(contract, options, prediction)[0]
    for theirs in wanted(contract, options, target):
        single = options.get("mode") == "binary" or "1" in mine.dims
        channels = 1 if single else CLASSES
        if options.get("mode") in ("binary", "multilabel"):
            mine = Alternative(mine.domain, mine.dtypes, ("N", "C", "*d"))
            theirs = Alternative(theirs.domain, theirs.dtypes, ("N", "C", "*d"))
        ids = torch.randint(0, CLASSES, (SAMPLES, SIDE, SIDE), generator=torch.Generator().manual_seed(0))
        if theirs.domain == "class_index":
            ids = ids.flatten()[:SAMPLES] if len(mine.dims) == 2 and "*d" not in mine.dims else ids
            hot = torch.nn.functional.one_hot(ids, CLASSES).movedim(-1, 1).float()
            labels = ids.unsqueeze(1) if "1" in theirs.dims else ids
        else:
            hot = (torch.rand(shape_of(mine, channels), generator=torch.Generator().manual_seed(0)) > 0.5).float()
            if contract.class_axis is not None and hot.ndim > 1 and hot.shape[1] == CLASSES:
                hot = torch.nn.functional.one_hot(hot.argmax(1), CLASSES).movedim(-1, 1).float()
            labels = hot.reshape(SAMPLES, SIDE, SIDE) if theirs.dims[1:] == ("H", "W") else hot
        yield mine.domain, hot, {target: labels.long() if theirs.domain == "class_index" else labels}


def inputs(domain: str, hot: Any, sure: float) -> Any:
    """A prediction that is right everywhere, and the surer the larger `sure`, between 0 and 1, is."""
    probs = hot * sure + (1 - hot) * (1 - sure)
    if domain == "probs":
        return probs
    return (probs / (1 - probs)).log()


def domains(contract: Contract) -> set[str]:
    """What the prediction may have to be, whatever the options."""
    tables = [contract.slots, *(case.slots for case in contract.cases)]
    return {domain for table in tables if contract.prediction in table for domain in table[contract.prediction].domains}


JUDGED = [
    contract
    for contract in CONTRACTS
    if domains(contract) & {"logits", "probs"}
    and entry(contract) not in NO_PERFECTION
    and contract.library not in ("transformers", "torchmetrics")
]


@pytest.mark.parametrize("contract", JUDGED, ids=lambda one: one.name)
def test_a_perfect_prediction_is_perfect_in_the_domain_of_the_contract(contract: Contract) -> None:
    """The surer a right prediction in the wanted domain, the less the loss; in the other domain it stays off the least value."""
    installed(contract)
    tried = 0
    for options in decided(contract):
        for domain, hot, rest in pair(contract, options):
            if domain == "real":
                continue

            def number(prediction: Any, rest: Any = rest, options: Any = options) -> float:
                return float(call_with(contract, options, {contract.prediction: prediction.clone(), **rest}).sum())

            unsure, sure, surest = (number(inputs(domain, hot, level)) for level in (0.6, 0.9, 0.9999))
            assert unsure > sure >= surest, (options, unsure, sure, surest)
            if domain == "logits":
                assert number(inputs("probs", hot, 0.9999)) > surest + 0.05 * (unsure - surest), options
            else:
                mistaken = number(inputs("logits", hot, 0.7)) - number(inputs("probs", hot, 0.7))
                assert abs(mistaken) > 0.05 * (unsure - surest), options
            tried += 1
    assert tried


@pytest.mark.parametrize("contract", CONTRACTS, ids=lambda one: one.name)
def test_what_the_notation_says_is_taken_and_gives_a_gradient(contract: Contract) -> None:
    installed(contract)
    if "log_prob" in contract.defaults:
        pytest.skip("a metric of distributions: no gradient is asked of it")
    for options in decided(contract):
        prediction, target = contract.prediction, contract.target or ""
        if contract.slots[prediction].domains <= {"real"} and not contract.cases:
            one = wanted(contract, options, prediction)[0]
            made = torch.rand(shape_of(one, CLASSES), dtype=torch.float32)
            passed = {target: torch.rand(shape_of(wanted(contract, options, target)[0], CLASSES), dtype=torch.float32)}
            if wanted(contract, options, target)[0].domain == "class_index":
                passed = {target: torch.arange(SAMPLES) % 2}
            if contract.name.endswith("box_iou_loss"):
                made, passed = made.cumsum(-1), {target: passed[target].cumsum(-1)}
            if entry(contract) == "ForSequenceClassificationLoss":
                passed = {target: torch.arange(SAMPLES) % CLASSES}
            cases: list[tuple[Any, dict[str, Any]]] = [(made, passed)]
        else:
            cases = [
                (inputs(domain if domain != "real" else "probs", hot, 0.8), rest) for domain, hot, rest in pair(contract, options)
            ]
        for made, passed in cases:
            leaf, given = made.clone().requires_grad_(), dict(passed)
            if entry(contract) == "ForQuestionAnsweringLoss":
                given |= {"end_logits": leaf, "end_positions": given[target]}
            if entry(contract) == "asymmetric_unified_focal":
                leaf, given = leaf[:, :1].detach().requires_grad_(), {target: given[target][:, :1] % 2}
            if entry(contract) == "jsd_cross_entropy":
                leaf = torch.rand(6, CLASSES).requires_grad_()
                given = {target: torch.arange(6) % CLASSES}
            result = call_with(contract, options, {prediction: leaf, **given})
            assert result.isfinite().all(), options
            result.sum().backward()
            assert leaf.grad is not None, options


def test_dtypes_are_floating_or_everything() -> None:
    """A prediction that may be of any dtype would silence the rule on predictions without a gradient: metrics alone need none."""
    for contract in CONTRACTS:
        if contract.name.startswith("torchmetrics."):
            continue
        assert contract.slots[contract.prediction].dtypes <= FLOATS, contract.name


@pytest.mark.parametrize("contract", [one for one in CONTRACTS if one.cases and one.class_name], ids=lambda one: one.name)
def test_a_module_shows_the_options_that_it_was_made_with(contract: Contract) -> None:
    """The runtime reads them from the module, wherever the library keeps them."""
    installed(contract)
    from losslint.places import Place
    from losslint.runtime.binding import bind

    for options in decided(contract):
        needed = {name: GIVEN[name] for name in contract.init if name in GIVEN and name not in contract.defaults}
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            module = resolve(contract.class_name or "")(**{**needed, **options})
        call = bind(contract, "call", "module", (torch.rand(2, 1), torch.rand(2, 1)), {}, Place("a.py", 1), module=module)
        assert {name: call.option(name).only for name in options} == options
