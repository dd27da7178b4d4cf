"""What is said of an error that is losslint's own fault."""

from __future__ import annotations

import os
from typing import Final

from losslint import __version__

TRACEBACK: Final = "LOSSLINT_TRACEBACK"
"""The environment variable under which such an error is raised, not told."""


def is_raised() -> bool:
    return bool(os.environ.get(TRACEBACK))


def told(error: Exception) -> str:
    return (
        f"losslint {__version__} has a bug: {type(error).__name__}: {error}; "
        f"please report it with the output of the same command under {TRACEBACK}=1"
    )
