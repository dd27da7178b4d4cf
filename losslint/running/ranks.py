"""The processes of a distributed run tell together: whoever ends last tells for all of this machine."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from pathlib import Path

from losslint.runreport import Report


def together(report: Report, *, crashed: bool) -> Report | None:
    """The report of every process that a launcher such as torchrun started here, or None where another one will tell.

    A process that crashed tells at once: its launcher ends the others, which then tell nothing.
    """
    here = _number("LOCAL_WORLD_SIZE") or _number("WORLD_SIZE")
    if here < 2 or not os.environ.get("RANK", "").isdecimal() or "losslint.runtime" not in sys.modules:
        return report
    from losslint.runtime import save

    # All have one parent, so that what another run left behind is never taken for theirs.
    folder = Path(tempfile.gettempdir()) / f"losslint-{_user()}-{os.getppid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    merged = save(report, folder / "report.json")
    if len(merged.ranks) < here and not crashed:
        return None
    try:
        os.close(os.open(folder / "told", os.O_CREAT | os.O_EXCL | os.O_WRONLY))
    except FileExistsError:
        return None
    if len(merged.ranks) == here:
        shutil.rmtree(folder, ignore_errors=True)
    return merged


def _number(variable: str) -> int:
    text = os.environ.get(variable, "")
    return int(text) if text.isdecimal() else 0


def _user() -> str:
    return str(os.getuid()) if hasattr(os, "getuid") else os.environ.get("USERNAME", "user")
