"""A callback for Lightning: `Trainer(callbacks=[LosslintCallback()])`."""

from __future__ import annotations

import importlib
import sys
from typing import TYPE_CHECKING, Any

from losslint.integrations.watched import Watched

if TYPE_CHECKING:
    from losslint.rule import Severity
    from losslint.runreport import Report
    from losslint.runtime.modes import Mode


def _library() -> Any:
    """Lightning under the name by which the program imports it; the two names are two libraries."""
    names = ("lightning.pytorch", "pytorch_lightning")
    loaded = [name for name in names if name in sys.modules]
    for name in (*loaded, *names):
        try:
            return importlib.import_module(name)
        except ModuleNotFoundError as error:
            if error.name not in (name, name.partition(".")[0]):
                raise
    raise ModuleNotFoundError("losslint.integrations.lightning needs lightning: pip install lightning", name="lightning")


class LosslintCallback(_library().Callback):  # type: ignore[misc]
    """Watches every loss call while a Trainer fits, validates, tests or predicts; the first process prints the report.

    `on`, `severity`: as for `losslint.runtime.watch`. `output_file`: where the report is written as JSON.
    """

    def __init__(self, on: Mode = "collect", *, severity: Severity | None = None, output_file: str | None = None) -> None:
        super().__init__()
        self._watched = Watched(on, severity, output_file)

    @property
    def report(self) -> Report:
        return self._watched.report

    def setup(self, trainer: Any, pl_module: Any, stage: str) -> None:
        self._watched.begin()

    def teardown(self, trainer: Any, pl_module: Any, stage: str) -> None:
        self._watched.end(tell=trainer.is_global_zero)

    def on_exception(self, trainer: Any, pl_module: Any, exception: BaseException) -> None:
        # The other processes are ended by Lightning: the one that failed tells.
        self._watched.end()
