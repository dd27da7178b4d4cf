"""The runtime engine: the same rules on real tensors. Needs torch (`losslint[runtime]`)."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

try:
    import torch  # noqa: F401
except ModuleNotFoundError as error:
    if error.name != "torch":
        raise
    raise ModuleNotFoundError("losslint.runtime needs torch: pip install 'losslint[runtime]'", name="torch") from error

from losslint.runreport import Report
from losslint.runtime.measure import measure
from losslint.runtime.ranks import save
from losslint.runtime.scoped import release, report, wrap
from losslint.runtime.watching import install, uninstall, watch

if TYPE_CHECKING:
    from losslint.runtime.losses import (
        AdaptiveLogSoftmaxWithLoss,
        BCELoss,
        BCEWithLogitsLoss,
        CosineEmbeddingLoss,
        CrossEntropyLoss,
        CTCLoss,
        GaussianNLLLoss,
        HingeEmbeddingLoss,
        HuberLoss,
        KLDivLoss,
        L1Loss,
        LinearCrossEntropyLoss,
        MarginRankingLoss,
        MSELoss,
        MultiLabelMarginLoss,
        MultiLabelSoftMarginLoss,
        MultiMarginLoss,
        NLLLoss,
        NLLLoss2d,
        PoissonNLLLoss,
        SmoothL1Loss,
        SoftMarginLoss,
        TripletMarginLoss,
        TripletMarginWithDistanceLoss,
    )

__all__ = [
    "AdaptiveLogSoftmaxWithLoss",
    "BCELoss",
    "BCEWithLogitsLoss",
    "CTCLoss",
    "CosineEmbeddingLoss",
    "CrossEntropyLoss",
    "GaussianNLLLoss",
    "HingeEmbeddingLoss",
    "HuberLoss",
    "KLDivLoss",
    "L1Loss",
    "LinearCrossEntropyLoss",
    "MSELoss",
    "MarginRankingLoss",
    "MultiLabelMarginLoss",
    "MultiLabelSoftMarginLoss",
    "MultiMarginLoss",
    "NLLLoss",
    "NLLLoss2d",
    "PoissonNLLLoss",
    "Report",
    "SmoothL1Loss",
    "SoftMarginLoss",
    "TripletMarginLoss",
    "TripletMarginWithDistanceLoss",
    "install",
    "measure",
    "release",
    "report",
    "save",
    "uninstall",
    "watch",
    "wrap",
]


def __getattr__(name: str) -> Any:
    losses = importlib.import_module("losslint.runtime.losses")
    if name in losses.NAMES and hasattr(losses, name):
        return getattr(losses, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
