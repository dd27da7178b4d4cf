"""What the contracts say of float64 arguments, held against torch."""

from __future__ import annotations

from typing import Any

import pytest

torch = pytest.importorskip("torch")

from losslint.contracts import Contract  # noqa: E402
from losslint.knowledge import read_contracts  # noqa: E402

N, C = 8, 4
ODD = {"ctc_loss", "linear_cross_entropy", "multilabel_margin_loss"}
"""Losses whose other arguments are integers, and one that holds the model's last layer."""
LOSSES = [
    contract
    for contract in read_contracts("torch_losses.toml", "torch")
    if (contract.function_name or "").startswith("torch.nn.functional.") and contract.name not in ODD
]
OPTIONAL = ("weight", "pos_weight")


def value(contract: Contract, name: str, soft: bool) -> Any:
    domain = "probs" if soft and name == "target" else contract.slots[name].alternatives[0].domain
    if domain == "class_index":
        return torch.randint(0, C, (N,))
    if domain == "signs":
        return torch.ones(N) if contract.name.startswith("cosine") else torch.ones(N, C)
    if name in OPTIONAL:
        return torch.rand(N, C) if contract.name in ("l1_loss", "mse_loss", "huber_loss") else torch.rand(C)
    return torch.rand(N, C).softmax(1)


def outcome(contract: Contract, name: str, soft: bool = False) -> str | None:
    """What happens where the argument is float64 and the others are float32."""
    torch.manual_seed(0)
    wanted = [one for one in contract.function if one in contract.slots and (one not in OPTIONAL or one == name)]
    given = {one: value(contract, one, soft) for one in wanted}
    given[contract.prediction].requires_grad_()
    given[name] = given[name].double()
    function = getattr(torch.nn.functional, str(contract.function_name).rpartition(".")[2])
    try:
        loss = function(**given)
    except (RuntimeError, ValueError):
        return "raises"
    try:
        loss.sum().backward()
    except RuntimeError:
        return "backward"
    return "promotes" if loss.dtype == torch.float64 else None


CASES = [
    (contract, name)
    for contract in LOSSES
    for name in contract.function
    if name in contract.slots and name != contract.prediction and contract.slots[name].alternatives[0].domain != "class_index"
]


@pytest.mark.parametrize(("contract", "name"), CASES, ids=[f"{contract.name}-{name}" for contract, name in CASES])
def test_float64_argument(contract: Contract, name: str) -> None:
    assert outcome(contract, name) == contract.float64.get(name)


def test_float64_soft_target() -> None:
    (contract,) = [contract for contract in LOSSES if contract.name == "cross_entropy"]
    assert outcome(contract, "target", soft=True) == contract.float64["target"]


@pytest.mark.parametrize("contract", LOSSES, ids=[contract.name for contract in LOSSES])
def test_nothing_else_is_named(contract: Contract) -> None:
    assert set(contract.float64) <= set(contract.slots) - {contract.prediction}
