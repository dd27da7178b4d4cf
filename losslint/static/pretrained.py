"""transformers' classes that a program derives its own from: what their constructors keep."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Final

from losslint.static.values import Instance, constant

if TYPE_CHECKING:
    from losslint.static.calls import Args, Calls, Keywords
    from losslint.static.machine import Scope

PACKAGE: Final = "transformers."
OPTIONAL: Final = ("problem_type",)
"""What a configuration has of itself: None until it is told."""
HEADS: Final = ("ForSequenceClassification", "ForTokenClassification")
"""Models that keep how many labels there are."""


def construct(machine: Calls, made: Instance, args: Args, keywords: Keywords, node: ast.AST, scope: Scope) -> None:
    """`super().__init__(**options)` of a configuration keeps every option, `super().__init__(config)` of a model the
    configuration."""
    bases = [name for name in made.cls.library_bases() if name.startswith(PACKAGE)]
    if any(name.endswith("Config") for name in bases):
        told = {key: value for key, value in keywords.items() if key != "**"}
        if "**" not in keywords:
            told = {**dict.fromkeys(OPTIONAL, constant(None)), **told}
        for key, value in told.items():
            machine.store(made.attributes, made, key, value)
    elif any(name.endswith(("PreTrainedModel", "Model", *HEADS)) for name in bases):
        config = args[0] if args else keywords.get("config")
        if config is not None:
            machine.store(made.attributes, made, "config", config)
            if any(name.endswith(HEADS) for name in bases):
                labels = machine.attribute(config, "num_labels", node, scope)
                machine.store(made.attributes, made, "num_labels", labels)
