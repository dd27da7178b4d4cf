"""`python -m losslint`."""

import sys

from losslint.cli import script

sys.exit(script())
