"""A callback for transformers: `Trainer(..., callbacks=[LosslintCallback()])`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from losslint.integrations.watched import Watched

try:
    from transformers import TrainerCallback
except ModuleNotFoundError as error:
    if error.name != "transformers":
        raise
    raise ModuleNotFoundError(
        "losslint.integrations.transformers needs transformers: pip install transformers", name="transformers"
    ) from error

if TYPE_CHECKING:
    from losslint.rule import Severity
    from losslint.runreport import Report
    from losslint.runtime.modes import Mode


class LosslintCallback(TrainerCallback):  # type: ignore[misc]
    """Watches every loss call from the beginning of the training to its end; the first process prints the report.

    `on`, `severity`: as for `losslint.runtime.watch`. `output_file`: where the report is written as JSON. A training that
    crashes is told of when the process ends.
    """

    def __init__(self, on: Mode = "collect", *, severity: Severity | None = None, output_file: str | None = None) -> None:
        super().__init__()
        self._watched = Watched(on, severity, output_file)

    @property
    def report(self) -> Report:
        return self._watched.report

    def on_train_begin(self, args: Any, state: Any, control: Any, **given: Any) -> None:
        self._watched.begin()

    def on_train_end(self, args: Any, state: Any, control: Any, **given: Any) -> None:
        self._watched.end(tell=state.is_world_process_zero)
