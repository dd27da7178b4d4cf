"""losslint finds misuse of PyTorch loss functions, in source code and on real tensors.

Importing this package loads neither torch nor libcst; the engines load what they need when they are first used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from losslint.declare import contract

__version__ = "0.1.0"
__all__ = ["__version__", "contract"]


def __getattr__(name: str) -> object:
    """`contract` is loaded when it is asked for, so that the command line starts at once."""
    if name == "contract":
        from losslint.declare import contract

        return contract
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
