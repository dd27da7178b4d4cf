"""Where losslint and torch are known to disagree, and why. A line that no longer happens fails where every case is asked."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

import torch
from asking import Answer


@dataclass(frozen=True)
class Known:
    """Cases whose key, behind which the disagreement and what torch raised stand, matches a pattern. `before`: in older torch."""

    pattern: str
    reason: str
    before: tuple[int, int] | None = None

    @property
    def here(self) -> bool:
        """Whether it speaks of the torch that is installed."""
        return self.before is None or self.before > VERSION

    def of(self, function: str) -> bool:
        """Whether it speaks of this loss by name."""
        return re.match(rf"\^\(?([a-z_]+\|)*{function}\b", self.pattern) is not None

    def covers(self, answer: Answer, told: str) -> bool:
        return self.here and re.search(self.pattern, f"{answer.case.key} -> {told} ({answer.raised})") is not None


VERSION: Final = tuple(map(int, torch.__version__.split(".")[:2]))
KNOWN: Final = (
    Known(
        r"^adaptive_log_softmax_with_loss .*\.int\(\).* -> raises, and nothing .*gather\(\): Expected dtype int64",
        "int32 ids are taken since",
        before=(2, 13),
    ),
    Known(
        r"^mse_loss .*(double|half|bfloat16|long|int|byte|randint).* -> raises, and .*Found dtype",
        "backward wanted one dtype; it promotes since",
        before=(2, 13),
    ),
    Known(
        r"^linear_cross_entropy module NF target=(F.one_hot.*|.*unsqueeze\(-1\)) .* -> raises, and nothing",
        "whether the layer that the module holds gives more axes is not among the arguments",
    ),
    Known(
        r"^(linear_cross_entropy|adaptive_log_softmax_with_loss) module .*scores\.double\(\).* -> raises, and nothing",
        "the dtype of the layer that the module holds is not among the arguments",
    ),
    Known(
        r"^(linear_)?cross_entropy .*target=torch.randn\([^)]*\)\.softmax\(0\).* -> wrong, and nothing",
        "rows that add up to no more than 1, as those that leave samples out do",
    ),
    Known(
        r" (input1?|anchor|log_probs)=[^ ]*\.detach\(\) none -> raises, and nothing",
        "the sum of a loss that has no graph cannot be told from any other number: torch raises at backward, the source shows it",
    ),
    Known(
        r"(unsqueeze\(0\) none|reduction=\"none\" .*unsqueeze\(0\)) -> wrong, and nothing",
        "an axis of one element in front: each number meets its own, the losses have that axis as well",
    ),
    Known(
        r"^multilabel_soft_margin_loss .*unsqueeze\(0\).* -> right, but LL301",
        "added up, it makes no difference which of the axes is taken for the classes",
    ),
    Known(
        r"^multi_margin_loss .* C target=.*unsqueeze\(-1\) none -> wrong, and nothing",
        "one id in an axis of its own: the one loss has that axis as well",
    ),
    Known(
        r"^(mse_loss|gaussian_nll_loss) .*bfloat16\(\).* -> wrong, and nothing",
        "three digits: differences of numbers that are nearly equal are off by more than is told apart here",
    ),
    Known(
        r"^kl_div .*input=F\.logsigmoid\(scores\) none -> wrong, and nothing",
        "which axis a target is normalised over its numbers prove over several batches; reduced, the loss is below 0 at once",
    ),
    Known(
        r"^(cross_entropy|nll_loss|linear_cross_entropy) .*ignore_index=-1 target=.* - 1 -> wrong, and nothing",
        "ids that are one too small, of which the id to ignore hides the only one that tells",
    ),
    Known(
        r"cross_entropy .*weight=torch.rand\(5\)(\.double\(\))? target=F.one_hot\(.*\).float\(\) -> wrong, and nothing",
        "beside a weight, ids are averaged over the weights and distributions over the samples: either can be meant",
    ),
    Known(
        r"^(linear_)?cross_entropy .*label_smoothing=1.0 .* -> right, but LL116",
        "smoothed altogether, the target makes no difference",
    ),
    Known(
        r"^kl_div .*softmax\(0\).* -> wrong, and nothing",
        "which axis a target is normalised over its numbers prove over several batches, and each call here is the first",
    ),
    Known(
        r"^poisson_nll_loss .*bool\(\).* -> wrong, and nothing",
        "counts cut down to bools; single events as bools are right, and look the same",
    ),
    Known(
        r"^cosine_embedding_loss .* C target=\(torch.rand\(\(\)\) > 0.5\).* -> right, but .*LL113",
        "one label that is 0 or 1; the one that was drawn is 1, which is a sign as well",
    ),
    Known(
        r"^l1_loss .*softmax\(1\)\.softmax\(1\) target=torch.randint.* -> right, but .*LL117",
        "targets of 1 and more: the sign of the error, all that the gradient knows, is the same for any input in [0, 1]",
    ),
    Known(
        r"^cosine_embedding_loss .* C .*softmax\(0\)\.log_softmax\(0\).* -> right, but LL117",
        "normalised twice, the direction changes by less than is told apart here",
    ),
    Known(
        r"^cosine_embedding_loss .*bool\(\).* -> right, but LL202",
        "a bool cannot hold -1; the one that was drawn is 1",
    ),
)


def reason(answer: Answer, told: str) -> str:
    return next((known.reason for known in KNOWN if known.covers(answer, told)), "")
