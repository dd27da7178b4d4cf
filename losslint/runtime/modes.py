"""What a runtime finding does, as the program asks and the environment overrides."""

from __future__ import annotations

import os
from typing import Final, Literal

from losslint.errors import ConfigError

Mode = Literal["collect", "warn", "raise", "off"]
MODES: Final[tuple[Mode, ...]] = ("collect", "warn", "raise", "off")
VARIABLE: Final = "LOSSLINT_ON"


def chosen_mode(on: str) -> Mode:
    """`on`, unless LOSSLINT_ON says otherwise. Raises ValueError for `on`, ConfigError for the variable."""
    if on not in MODES:
        raise ValueError(f"on={on!r} is not one of {', '.join(MODES)}")
    override = os.environ.get(VARIABLE)
    if not override:
        return on
    if override not in MODES:
        raise ConfigError(f"{VARIABLE}={override} is not one of {', '.join(MODES)}")
    return override
