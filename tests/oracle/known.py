"""Where losslint and torch are known to disagree, and why. A line that no longer happens fails where every case is asked."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from asking import Answer


@dataclass(frozen=True)
class Known:
    """Cases whose key, behind which the disagreement stands, matches a pattern."""

    pattern: str
    reason: str

    def of(self, function: str) -> bool:
        """Whether it speaks of this loss by name."""
        return re.match(rf"\^\(?([a-z_]+\|)*{function}\b", self.pattern) is not None

    def covers(self, answer: Answer, told: str) -> bool:
        return re.search(self.pattern, f"{answer.case.key} -> {told}") is not None


KNOWN: Final = (
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
        r" N1 .*input=scores\.softmax\(1\).* -> right, but .*LL(301|113)",
        "one class: the prediction is a constant, and so is the gradient, 0, whatever the target",
    ),
    Known(
        r"^l1_loss .*softmax\(1\)\.softmax\(1\) target=torch.randint.* -> right, but .*LL117",
        "targets of 1 and more: the sign of the error, all that the gradient knows, is the same for any input in [0, 1]",
    ),
    Known(
        r"^(cross_entropy|nll_loss) .* N1 .* -> right, but .*LL112",
        "one class: the loss is 0 whatever is passed, and so it is for the call that was meant",
    ),
    Known(
        r" N1 .*softmax\(1\)\.(log_)?softmax\(1\).* -> right, but .*LL117",
        "normalising one class gives the same constant once and twice",
    ),
    Known(
        r"^cosine_embedding_loss .* C .*softmax\(0\)\.log_softmax\(0\).* -> right, but LL117",
        "normalised twice, the direction changes by less than is told apart here",
    ),
    Known(
        r"^cosine_embedding_loss .*bool\(\).* -> right, but LL202",
        "a bool cannot hold -1; the one that was drawn is 1",
    ),
    Known(
        r"^ctc_loss .* targets=.*\[:3\].* -> raises, and",
        "targets may be padded rows or concatenated, so that no name of the notation ties them to the batch",
    ),
)


def reason(answer: Answer, told: str) -> str:
    return next((known.reason for known in KNOWN if known.covers(answer, told)), "")
