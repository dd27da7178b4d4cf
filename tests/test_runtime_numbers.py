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
    "l1_loss": lambda x, z: F.l1_loss(x, REAL),
    "l1_loss weight": lambda x, z: F.l1_loss(x, REAL, weight=BITS),
    "mse_loss": lambda x, z: F.mse_loss(x, REAL[:, :1]),
    "smooth_l1_loss": lambda x, z: F.smooth_l1_loss(x, REAL),
    "huber_loss": lambda x, z: F.huber_loss(x, REAL),
    "cross_entropy": lambda x, z: F.cross_entropy(x, REAL.softmax(1)),
    "nll_loss": lambda x, z: F.nll_loss(x.log_softmax(1), IDS),
    "poisson_nll_loss": lambda x, z: F.poisson_nll_loss(x, BITS),
    "gaussian_nll_loss": lambda x, z: F.gaussian_nll_loss(x, REAL, z.exp()),
    "kl_div": lambda x, z: F.kl_div(x.log_softmax(1), REAL.log_softmax(1), reduction="sum", log_target=True),
    "binary_cross_entropy": lambda x, z: F.binary_cross_entropy(x.sigmoid(), BITS),
    "binary_cross_entropy_with_logits": lambda x, z: F.binary_cross_entropy_with_logits(x, BITS),
    "margin_ranking_loss": lambda x, z: F.margin_ranking_loss(x, z, SIGNS),
    "hinge_embedding_loss": lambda x, z: F.hinge_embedding_loss(x, SIGNS),
    "multilabel_margin_loss": lambda x, z: F.multilabel_margin_loss(x, BITS.long() * 3 - 1),
    "soft_margin_loss": lambda x, z: F.soft_margin_loss(x, SIGNS),
    "multilabel_soft_margin_loss": lambda x, z: F.multilabel_soft_margin_loss(x, BITS),
    "cosine_embedding_loss": lambda x, z: F.cosine_embedding_loss(x, z, SIGN_ROW),
    "multi_margin_loss": lambda x, z: F.multi_margin_loss(x, IDS),
    "triplet_margin_loss": lambda x, z: F.triplet_margin_loss(x, z, REAL),
    "triplet_margin_with_distance_loss": lambda x, z: F.triplet_margin_with_distance_loss(x, z, REAL),
    "ctc_loss": lambda x, z: F.ctc_loss(
        x.view(6, 1, 4).log_softmax(2), torch.tensor([[1, 2]]), torch.tensor([6]), torch.tensor([2])
    ),
    "linear_cross_entropy": lambda x, z: F.linear_cross_entropy(x, z, IDS),
}


def outcome(loss: Loss, *, watched: bool) -> tuple[Any, ...]:
    """The loss, the gradients and the state of the random numbers afterwards."""
    torch.manual_seed(0)
    x, z = torch.randn(6, 4, requires_grad=True), torch.randn(6, 4, requires_grad=True)
    if watched:
        with watch() as report:
            result = loss(x, z)
            result = getattr(result, "loss", result)
            result.backward()
        assert report.calls == 1 and report.errors == []
    else:
        result = loss(x, z)
        result = getattr(result, "loss", result)
        result.backward()
    return result.detach(), x.grad, z.grad, torch.get_rng_state()


def same(a: Any, b: Any) -> bool:
    return (a is None and b is None) or torch.equal(a, b)


def known_classes() -> set[str]:
    bases = {"_Loss", "_WeightedLoss"}
    return {name for name in dir(nn) if name.endswith("Loss") and name not in bases}


def test_no_loss_is_forgotten() -> None:
    assert set(MODULES) >= known_classes()
    names = {name for name in F.__dict__ if name.endswith(("_loss", "cross_entropy", "kl_div", "with_logits")) and name[0] != "_"}
    assert {name.partition(" ")[0] for name in FUNCTIONS} >= names


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", sorted(MODULES))
def test_module(name: str) -> None:
    def loss(x: Any, z: Any) -> Any:
        module, arguments = MODULES[name]()
        return module(*arguments(x, z))

    plain, watched = outcome(loss, watched=False), outcome(loss, watched=True)
    assert all(map(same, plain, watched))


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", sorted(FUNCTIONS))
def test_function(name: str) -> None:
    plain, watched = outcome(FUNCTIONS[name], watched=False), outcome(FUNCTIONS[name], watched=True)
    assert all(map(same, plain, watched))
