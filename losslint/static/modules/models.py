"""What well-known models return."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from losslint.static.operand import Operand


@dataclass(frozen=True)
class ModelKnowledge:
    result: Operand
    attributes: Mapping[str, str] = field(default_factory=dict)
    head: tuple[str, ...] = ()


def model_result(name: str, operands: Sequence[Operand], keywords: Mapping[str, Operand]) -> ModelKnowledge | None:
    return None
