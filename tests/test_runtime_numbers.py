"""Loss and gradients are bit for bit what they are without losslint, for every loss class and function of torch."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

torch = pytest.importorskip("torch")

from losslint.runtime import watch  # noqa: E402

nn, F = torch.nn, torch.nn.functional

IDS = torch.tensor([0, 2, 1, 3, 0, 1])
PIXELS = torch.tensor([0, 2, 1, 1, 0, 1, 2, 0]).view(2, 2, 2)
BITS = torch.tensor([[1.0, 0, 1, 0], [0, 1, 0, 1], [1, 1, 0, 0], [0, 0, 1, 1], [1, 0, 0, 1], [0, 1, 1, 0]])
SIGNS = BITS * 2 - 1
REAL = torch.linspace(-2, 2, 24).view(6, 4)
SIGN_ROW = SIGNS[:, 0]

Loss = Callable[[Any, Any], Any]

MODULES: dict[str, Callable[[], tuple[Any, Callable[[Any, Any], tuple[Any, ...]]]]] = {
    "L1Loss": lambda: (nn.L1Loss(), lambda x, z: (x, REAL)),
    "MSELoss": lambda: (nn.MSELoss(reduction="sum"), lambda x, z: (x, REAL)),
    "SmoothL1Loss": lambda: (nn.SmoothL1Loss(beta=0.5), lambda x, z: (x, REAL)),
    "HuberLoss": lambda: (nn.HuberLoss(delta=0.7), lambda x, z: (x, REAL)),
    "CrossEntropyLoss": lambda: (nn.CrossEntropyLoss(label_smoothing=0.1), lambda x, z: (x, IDS)),
    "NLLLoss": lambda: (nn.NLLLoss(), lambda x, z: (x.log_softmax(1), IDS)),
    "NLLLoss2d": lambda: (
        nn.NLLLoss2d(),
        lambda x, z: (x.view(2, 3, 2, 2).log_softmax(1), IDS[:2, None, None].expand(2, 2, 2)),
    ),
    "PoissonNLLLoss": lambda: (nn.PoissonNLLLoss(), lambda x, z: (x, BITS)),
    "GaussianNLLLoss": lambda: (nn.GaussianNLLLoss(), lambda x, z: (x, REAL, z.exp())),
    "KLDivLoss": lambda: (nn.KLDivLoss(reduction="batchmean"), lambda x, z: (x.log_softmax(1), REAL.softmax(1))),
    "BCELoss": lambda: (nn.BCELoss(), lambda x, z: (x.sigmoid(), BITS)),
    "BCEWithLogitsLoss": lambda: (nn.BCEWithLogitsLoss(pos_weight=torch.full((4,), 2.0)), lambda x, z: (x, BITS)),
    "MarginRankingLoss": lambda: (nn.MarginRankingLoss(), lambda x, z: (x, z, SIGNS)),
    "HingeEmbeddingLoss": lambda: (nn.HingeEmbeddingLoss(), lambda x, z: (x, SIGNS)),
    "MultiLabelMarginLoss": lambda: (nn.MultiLabelMarginLoss(), lambda x, z: (x, BITS.long() * 3 - 1)),
    "SoftMarginLoss": lambda: (nn.SoftMarginLoss(), lambda x, z: (x, SIGNS)),
    "MultiLabelSoftMarginLoss": lambda: (nn.MultiLabelSoftMarginLoss(), lambda x, z: (x, BITS)),
    "CosineEmbeddingLoss": lambda: (nn.CosineEmbeddingLoss(), lambda x, z: (x, z, SIGN_ROW)),
    "MultiMarginLoss": lambda: (nn.MultiMarginLoss(), lambda x, z: (x, IDS)),
    "TripletMarginLoss": lambda: (nn.TripletMarginLoss(swap=True), lambda x, z: (x, z, REAL)),
    "TripletMarginWithDistanceLoss": lambda: (nn.TripletMarginWithDistanceLoss(), lambda x, z: (x, z, REAL)),
    "CTCLoss": lambda: (
        nn.CTCLoss(),
        lambda x, z: (x.view(6, 1, 4).log_softmax(2), torch.tensor([[1, 2]]), torch.tensor([6]), torch.tensor([2])),
    ),
    "AdaptiveLogSoftmaxWithLoss": lambda: (nn.AdaptiveLogSoftmaxWithLoss(4, 6, [3]), lambda x, z: (x, IDS)),
    "LinearCrossEntropyLoss": lambda: (nn.LinearCrossEntropyLoss(4, 5), lambda x, z: (x, IDS)),
}

FUNCTIONS: dict[str, Loss] = {
    "l1_loss": lambda x, z, **k: F.l1_loss(x, REAL, **k),
    "l1_loss weight": lambda x, z, **k: F.l1_loss(x, REAL, weight=BITS, **k),
    "mse_loss": lambda x, z, **k: F.mse_loss(x, REAL[:, :1], **k),
    "smooth_l1_loss": lambda x, z, **k: F.smooth_l1_loss(x, REAL, **k),
    "huber_loss": lambda x, z, **k: F.huber_loss(x, REAL, **k),
    "cross_entropy": lambda x, z, **k: F.cross_entropy(x, REAL.softmax(1), **k),
    "nll_loss": lambda x, z, **k: F.nll_loss(x.log_softmax(1), IDS, **k),
    "poisson_nll_loss": lambda x, z, **k: F.poisson_nll_loss(x, BITS, **k),
    "gaussian_nll_loss": lambda x, z, **k: F.gaussian_nll_loss(x, REAL, z.exp(), **k),
    "kl_div": lambda x, z, **k: F.kl_div(x.log_softmax(1), REAL.log_softmax(1), log_target=True, **k),
    "binary_cross_entropy": lambda x, z, **k: F.binary_cross_entropy(x.sigmoid(), BITS, **k),
    "binary_cross_entropy_with_logits": lambda x, z, **k: F.binary_cross_entropy_with_logits(x, BITS, **k),
    "margin_ranking_loss": lambda x, z, **k: F.margin_ranking_loss(x, z, SIGNS, **k),
    "hinge_embedding_loss": lambda x, z, **k: F.hinge_embedding_loss(x, SIGNS, **k),
    "multilabel_margin_loss": lambda x, z, **k: F.multilabel_margin_loss(x, BITS.long() * 3 - 1, **k),
    "soft_margin_loss": lambda x, z, **k: F.soft_margin_loss(x, SIGNS, **k),
    "multilabel_soft_margin_loss": lambda x, z, **k: F.multilabel_soft_margin_loss(x, BITS, **k),
    "cosine_embedding_loss": lambda x, z, **k: F.cosine_embedding_loss(x, z, SIGN_ROW, **k),
    "multi_margin_loss": lambda x, z, **k: F.multi_margin_loss(x, IDS, **k),
    "triplet_margin_loss": lambda x, z, **k: F.triplet_margin_loss(x, z, REAL, **k),
    "triplet_margin_with_distance_loss": lambda x, z, **k: F.triplet_margin_with_distance_loss(x, z, REAL, **k),
    "ctc_loss": lambda x, z, **k: F.ctc_loss(
        x.view(6, 1, 4).log_softmax(2), torch.tensor([[1, 2]]), torch.tensor([6]), torch.tensor([2]), **k
    ),
    "linear_cross_entropy": lambda x, z, **k: F.linear_cross_entropy(x, z, IDS, **k),
}


DTYPES = ("float32", "float64", "bfloat16", "float16")
REDUCTIONS = ("mean", "sum", "none")


def outcome(loss: Loss, *, watched: bool, dtype: str = "float32", twice: bool = False) -> tuple[Any, ...]:
    """The loss, the gradients and the state of the random numbers afterwards; of what raises, the error."""
    torch.manual_seed(0)
    x, z = (torch.randn(6, 4).to(getattr(torch, dtype)).requires_grad_() for _ in range(2))
    with watch(on="collect" if watched else "off") as report:
        try:
            result = loss(x, z)
            result = getattr(result, "loss", result).sum()
            if twice:
                for slope in torch.autograd.grad(result, (x, z), create_graph=True, allow_unused=True):
                    if slope is not None and slope.requires_grad:
                        result = result + slope.square().sum()
            result.backward()
        except Exception as error:
            return type(error), str(error), torch.get_rng_state()
    assert not watched or (report.calls >= 1 and report.errors == [])
    return result.detach(), x.grad, z.grad, torch.get_rng_state()


def same(a: Any, b: Any) -> bool:
    if not isinstance(a, torch.Tensor) or not isinstance(b, torch.Tensor):
        return a is b or a == b
    return a.dtype == b.dtype and torch.equal(a.nan_to_num(7.5), b.nan_to_num(7.5)) and torch.equal(a.isnan(), b.isnan())


def module_loss(name: str, reduction: str = "") -> Loss:
    def loss(x: Any, z: Any) -> Any:
        module, arguments = MODULES[name]()
        if reduction and hasattr(module, "reduction"):
            module.reduction = reduction
        return module.to(x.dtype)(*arguments(x, z))

    return loss


def function_loss(name: str, reduction: str = "mean") -> Loss:
    return lambda x, z: FUNCTIONS[name](x, z, reduction=reduction)


def all_losses() -> list[Any]:
    losses = [pytest.param(module_loss, name, id=f"nn.{name}") for name in sorted(MODULES)]
    return losses + [pytest.param(function_loss, name, id=f"F.{name}") for name in sorted(FUNCTIONS)]


every_loss = pytest.mark.parametrize(("form", "name"), all_losses())
quietly = pytest.mark.filterwarnings("ignore")


def known_classes() -> set[str]:
    bases = {"_Loss", "_WeightedLoss"}
    return {name for name in dir(nn) if name.endswith("Loss") and name not in bases}


def test_no_loss_is_forgotten() -> None:
    assert set(MODULES) >= known_classes()
    names = {name for name in F.__dict__ if name.endswith(("_loss", "cross_entropy", "kl_div", "with_logits")) and name[0] != "_"}
    assert {name.partition(" ")[0] for name in FUNCTIONS} >= names


@quietly
@every_loss
@pytest.mark.parametrize("dtype", DTYPES)
def test_every_reduction(form: Any, name: str, dtype: str) -> None:
    for reduction in REDUCTIONS:
        loss = form(name, reduction)
        plain, watched = outcome(loss, watched=False, dtype=dtype), outcome(loss, watched=True, dtype=dtype)
        assert len(plain) == len(watched) and all(map(same, plain, watched)), reduction
    if dtype == "float32":
        assert len(plain) == 4, plain


@quietly
@every_loss
def test_double_backward(form: Any, name: str) -> None:
    loss = form(name)
    plain, watched = outcome(loss, watched=False, twice=True), outcome(loss, watched=True, twice=True)
    assert len(plain) == len(watched) and all(map(same, plain, watched))


@quietly
@every_loss
def test_autocast(form: Any, name: str) -> None:
    def loss(x: Any, z: Any) -> Any:
        with torch.autocast("cpu", torch.bfloat16):
            return form(name)(x @ torch.eye(4), z)

    plain, watched = outcome(loss, watched=False), outcome(loss, watched=True)
    assert len(plain) == len(watched) and all(map(same, plain, watched))


@quietly
@every_loss
def test_deterministic_mode(form: Any, name: str) -> None:
    loss = form(name)
    plain = outcome(loss, watched=False)
    torch.use_deterministic_algorithms(True)
    try:
        watched = outcome(loss, watched=True)
    finally:
        torch.use_deterministic_algorithms(False)
    assert all(map(same, plain, watched))


@quietly
@every_loss
def test_sampled_or_not_a_call_gives_the_same(form: Any, name: str) -> None:
    """Calls that are read, calls that are not, and calls like the last one."""
    torch.manual_seed(0)
    x, z = torch.randn(6, 4, requires_grad=True), torch.randn(6, 4, requires_grad=True)
    loss = form(name)

    def slopes() -> tuple[Any, ...]:
        result = loss(x, z)
        result = getattr(result, "loss", result).sum()
        return result, *torch.autograd.grad(result, (x, z), allow_unused=True)

    torch.manual_seed(1)
    plain = [slopes() for _ in range(30)]
    torch.manual_seed(1)
    with watch() as report:
        watched = [slopes() for _ in range(30)]
    assert all(all(map(same, one, other)) for one, other in zip(plain, watched, strict=True))
    assert report.calls == 30 and report.errors == []


@quietly
@every_loss
def test_under_a_function_mode(form: Any, name: str) -> None:
    """`torch.set_default_device` is one: a loss goes through it once more, and is counted once."""
    loss = form(name)
    with torch.device("cpu"):
        plain, watched = outcome(loss, watched=False), outcome(loss, watched=True)
    assert all(map(same, plain, watched))
