"""The session that the README shows is what the tour prints."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
COMMAND = "losslint check fixtures/tour"


def test_the_session() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    shown = text.partition(f"$ {COMMAND}\n")[2].partition("```")[0]
    command = [sys.executable, "-m", *COMMAND.split()]
    printed = subprocess.run(command, cwd=ROOT, capture_output=True, encoding="utf-8", check=False).stdout
    assert printed.strip() == shown.strip()
