"""Drop-in losses: every loss class of torch.nn under its own name, watched. `from losslint.runtime import CrossEntropyLoss`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import torch

from losslint.runtime.scoped import drop_in

NAMES: Final = (
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
    "SmoothL1Loss",
    "SoftMarginLoss",
    "TripletMarginLoss",
    "TripletMarginWithDistanceLoss",
)
"""Those that the oldest torch has not are left out there."""

if TYPE_CHECKING:
    from torch.nn import (
        AdaptiveLogSoftmaxWithLoss as AdaptiveLogSoftmaxWithLoss,
    )
    from torch.nn import (
        BCELoss as BCELoss,
    )
    from torch.nn import (
        BCEWithLogitsLoss as BCEWithLogitsLoss,
    )
    from torch.nn import (
        CosineEmbeddingLoss as CosineEmbeddingLoss,
    )
    from torch.nn import (
        CrossEntropyLoss as CrossEntropyLoss,
    )
    from torch.nn import (
        CTCLoss as CTCLoss,
    )
    from torch.nn import (
        GaussianNLLLoss as GaussianNLLLoss,
    )
    from torch.nn import (
        HingeEmbeddingLoss as HingeEmbeddingLoss,
    )
    from torch.nn import (
        HuberLoss as HuberLoss,
    )
    from torch.nn import (
        KLDivLoss as KLDivLoss,
    )
    from torch.nn import (
        L1Loss as L1Loss,
    )
    from torch.nn import (
        LinearCrossEntropyLoss as LinearCrossEntropyLoss,
    )
    from torch.nn import (
        MarginRankingLoss as MarginRankingLoss,
    )
    from torch.nn import (
        MSELoss as MSELoss,
    )
    from torch.nn import (
        MultiLabelMarginLoss as MultiLabelMarginLoss,
    )
    from torch.nn import (
        MultiLabelSoftMarginLoss as MultiLabelSoftMarginLoss,
    )
    from torch.nn import (
        MultiMarginLoss as MultiMarginLoss,
    )
    from torch.nn import (
        NLLLoss as NLLLoss,
    )
    from torch.nn import (
        NLLLoss2d as NLLLoss2d,
    )
    from torch.nn import (
        PoissonNLLLoss as PoissonNLLLoss,
    )
    from torch.nn import (
        SmoothL1Loss as SmoothL1Loss,
    )
    from torch.nn import (
        SoftMarginLoss as SoftMarginLoss,
    )
    from torch.nn import (
        TripletMarginLoss as TripletMarginLoss,
    )
    from torch.nn import (
        TripletMarginWithDistanceLoss as TripletMarginWithDistanceLoss,
    )
else:
    for _name in NAMES:
        if hasattr(torch.nn, _name):
            globals()[_name] = drop_in(getattr(torch.nn, _name), "losslint.runtime")
