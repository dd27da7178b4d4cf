"""The runtime engine: the same rules on real tensors. Needs torch (`losslint[runtime]`)."""

from __future__ import annotations

try:
    import torch  # noqa: F401
except ModuleNotFoundError as error:
    if error.name != "torch":
        raise
    raise ModuleNotFoundError("losslint.runtime needs torch: pip install 'losslint[runtime]'", name="torch") from error

from losslint.runreport import Report
from losslint.runtime import losses
from losslint.runtime.losses import *  # noqa: F403
from losslint.runtime.measure import measure
from losslint.runtime.ranks import save
from losslint.runtime.scoped import release, report, wrap
from losslint.runtime.watching import install, uninstall, watch

__all__ = ["Report", "install", "measure", "release", "report", "save", "uninstall", "watch", "wrap"]
__all__ += losses.__all__
