"""losslint finds misuse of PyTorch loss functions, in source code and on real tensors.

Importing this package loads neither torch nor libcst; the engines load what they need when they are first used.
"""

from __future__ import annotations

__version__ = "0.1.0"
__all__ = ["__version__"]
