"""What becomes of findings: they are counted, and told or raised as the mode says."""

from __future__ import annotations

import sys
import threading
import traceback
import warnings
from collections.abc import Iterable

from losslint.checking import Finding
from losslint.errors import LossMisuse, LossMisuseWarning
from losslint.rule import SEVERITIES, Severity
from losslint.runreport import Report, Site
from losslint.runtime.modes import Mode


class Teller:
    """Keeps the report of one watch."""

    def __init__(self, mode: Mode, severity: Severity) -> None:
        self.report = Report()
        self.mode = mode
        self.lock = threading.RLock()
        self._loud = SEVERITIES[SEVERITIES.index(severity) :]

    def tell(self, site: Site, step: int, found: Iterable[Finding]) -> None:
        """Raises LossMisuse in mode `raise`, and nothing in any other."""
        for finding in found:
            if finding.certainty == "obligation":
                continue
            with self.lock:
                new = site.hit(finding, step)
            if finding.certainty != "proven" or finding.severity not in self._loud:
                continue
            if self.mode == "raise":
                raise LossMisuse(finding)
            if self.mode == "warn" and new:
                _warn(finding)

    def failed(self, error: Exception) -> None:
        """Keep an error of losslint's own from the program that is watched, unless it asked for them."""
        if self.mode == "raise":
            raise error
        last = traceback.extract_tb(error.__traceback__)[-1:]
        where = f" ({last[0].name}, line {last[0].lineno})" if last else ""
        with self.lock:
            self.report.fail(f"{type(error).__name__}: {error}{where}")


def _warn(finding: Finding) -> None:
    place, text = finding.place, f"{finding.code} {finding.message}"
    try:
        warnings.warn_explicit(text, LossMisuseWarning, place.filename, place.line)
    except LossMisuseWarning:
        # Under `-W error`. A run is stopped by mode `raise` alone; the warning is told all the same.
        sys.stderr.write(warnings.formatwarning(text, LossMisuseWarning, place.filename, place.line))
