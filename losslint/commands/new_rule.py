"""`losslint new-rule`: the two files of a rule, its module and its fixture, to be edited."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Any, Final

from losslint.commands.output import echo
from losslint.errors import InputError
from losslint.rule import GROUP, rules

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

WHERE: Final = "losslint new-rule"
_NAME: Final = re.compile(r"[a-z][a-z0-9]*(?:[-_][a-z0-9]+)*")
_CODE: Final = re.compile(r"([A-Z]+)([0-9]+)")
_ASSIGNED: Final = re.compile(r'^CODE\b[^=\n]*=\s*"([A-Z]+)([0-9]+)"', re.MULTILINE)

RULE: Final = '''"""# @NAME@ (@CODE@)

The prediction has more axes than data ever has.

## What it does
Counts the axes of the prediction. This is an example that works: put your own check in its place.

## Why is this bad?
Seven axes and more mostly come from an `unsqueeze` too many, and what broadcasts along them is averaged once more.

## What torch says
Nothing.

## Example
```python
loss = F.mse_loss(prediction[None, None, None, None, None], target)
```

## Use instead
```python
loss = F.mse_loss(prediction, target)
```

## Fix safety
No fix is offered: which axes are meant, only the author knows.

## When to ignore it
Where the data has that many axes.
"""

from __future__ import annotations

from collections.abc import Iterator

from losslint.calls import LossCall
from losslint.judging import title
from losslint.rule import Severity, Verdict
from losslint.tri import Tri

CODE = "@CODE@"
SEVERITY: Severity = "info"


def check(call: LossCall) -> Iterator[Verdict]:
    name = call.contract.prediction
    truth = call.prediction.shape.holds(lambda shape: len(shape.dims) > 6)
    # Where nothing is known of the shape (MAYBE) nothing speaks for the mistake either.
    if call.stage != "call" or truth is not Tri.YES:
        return
    yield Verdict(
        truth,
        f"`{title(call)}` takes data of a few axes, but `{name}` has {call.prediction.shape.only}",
        name,
        advice="Drop the axes of size 1 with `squeeze`",
    )
'''

FIXTURE: Final = '''"""@TITLE@: wrong uses, each marked with what must be found, and right ones."""

import torch
import torch.nn.functional as F

torch.manual_seed(0)
right = torch.rand(4, 3)
wrong = torch.rand(1, 1, 1, 1, 1, 4, 3)

F.mse_loss(right, torch.rand(4, 3))
F.mse_loss(wrong, torch.rand(1, 1, 1, 1, 1, 4, 3))  # info: @CODE@
'''


def run(name: str, code: str | None, into: str | None) -> int:
    """Write both files, or none. Raises InputError where a name is bad or taken, a file exists or there is no pack."""
    if _NAME.fullmatch(name) is None:
        raise InputError(WHERE, f"`{name}` is no name of a rule: small letters, digits and hyphens, as in `kl-div-mean`")
    name = name.replace("_", "-")
    stem = name.replace("-", "_")
    folder = Path(into) if into is not None else _pack(Path())
    if not folder.is_dir():
        raise InputError(WHERE, f"no folder `{folder}`")
    code = _checked(code) if code is not None else _next(folder)
    for rule in rules():
        if code == rule.code or name == rule.name:
            raise InputError(WHERE, f"`{code if code == rule.code else name}` is taken: {rule.code} is `{rule.name}`")
    files = {folder / f"{stem}.py": RULE, Path("fixtures") / f"{stem}.py": FIXTURE}
    for path in files:
        if path.exists():
            raise InputError(str(path), "exists already; nothing was written")
    written: list[Path] = []
    try:
        for path, template in files.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("x", encoding="utf-8") as handle:
                written.append(path)
                handle.write(template.replace("@NAME@", name).replace("@CODE@", code).replace("@TITLE@", _title(name)))
    except OSError as error:
        for path in written:
            path.unlink()
        raise InputError(str(error.filename), f"cannot be written: {error.strerror}") from error
    for path in written:
        echo(str(path))
    return 0


def _title(name: str) -> str:
    return name.replace("-", " ").capitalize()


def _checked(code: str) -> str:
    if _CODE.fullmatch(code) is None:
        raise InputError(WHERE, f"`{code}` is no code: capital letters and a number, as in `LL101`")
    return code


def _next(folder: Path) -> str:
    """The code after the last one of the pack."""
    codes = [match for path in sorted(folder.glob("*.py")) for match in _ASSIGNED.findall(path.read_text(encoding="utf-8"))]
    if not codes:
        raise InputError(WHERE, f"no rule in `{folder}` has a code yet: give one, as in `--code ABC101`")
    letters, number = max(codes, key=lambda code: (code[0], int(code[1])))
    return f"{letters}{int(number) + 1:0{len(number)}}"


def _pack(root: Path) -> Path:
    """The folder of the rule pack that the project here registers, or `rules`."""
    source = root / "pyproject.toml"
    try:
        content: dict[str, Any] = tomllib.loads(source.read_text(encoding="utf-8")) if source.is_file() else {}
    except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError(str(source), f"cannot be read: {error}") from error
    registered = content.get("project", {}).get("entry-points", {}).get(GROUP, {})
    renamed = content.get("tool", {}).get("setuptools", {}).get("package-dir", {})
    for package in registered.values():
        path = package.replace(".", "/")
        for candidate in (renamed.get(package), f"src/{path}", path):
            if candidate is not None and (root / candidate).is_dir():
                return root / candidate
    if (root / "rules").is_dir():
        return root / "rules"
    raise InputError(
        WHERE, f"no rule pack here: pyproject.toml registers none under `{GROUP}` and there is no folder `rules`; give `--into`"
    )
