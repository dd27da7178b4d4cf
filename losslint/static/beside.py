"""Where files are named one by one: the scripts of their project that use them."""

from __future__ import annotations

import os
from collections.abc import Collection, Sequence
from contextlib import suppress
from typing import Final

from losslint.errors import InputError
from losslint.static.discover import can_matter, first_files, gathers, may_use, root_of, starts, users
from losslint.static.sources import Source, beside_tests, read_bytes, read_source

SMALL: Final = 250
"""Files of a project in which the scripts are followed that use the files which are named: those of a large one take too long
for a hook."""
NEAREST: Final = 10
"""Scripts that use them and are followed too."""


def scripts_beside(sources: Sequence[Source], named: Collection[str], exclude: Sequence[str]) -> list[Source]:
    """What may tie what is in one of the files that a hook or an editor names to what is in another. Tests
    don't, and of many those are taken that use them most directly."""
    known = {os.path.realpath(path) for path in (*named, *(one.path for one in sources))}
    others: dict[str, bytes] = {}
    for root in sorted({root for one in sources if (root := root_of(one.path)) is not None}):
        files = first_files(root, exclude, SMALL + 1)
        for path in files if len(files) <= SMALL else ():
            if path.endswith(".py") and not beside_tests(path) and os.path.realpath(path) not in known:
                with suppress(InputError):
                    data = read_bytes(path)
                    if can_matter(data) or may_use(data) or gathers(path, data):
                        others[path] = data
    found = []
    for path in [one for one in users(others, [each.path for each in sources]) if starts(others[one])][:NEAREST]:
        with suppress(InputError):
            found.append(read_source(path, others[path]))
    return found
