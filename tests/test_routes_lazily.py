"""Packages that load their modules lazily, and list them for type checkers: what is asked for is read, and nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest
from routes import HEADER, assert_found, interpreted, write

from losslint.static.offers import Offers

LAZY = "import sys\nfrom typing import TYPE_CHECKING\n\nfrom .lazy import Lazy\n\n"
NET = HEADER + "class {name}(nn.Module):\n    def forward(self, x):\n        return torch.{name}(x, 1)\n\n"
PACKAGE = {
    "package/lazy.py": "class Lazy:\n    pass\n",
    "package/softmax_net.py": NET.format(name="softmax"),
    "package/log_softmax_net.py": NET.format(name="log_softmax"),
    "package/inner/__init__.py": "from typing import TYPE_CHECKING\n\nif TYPE_CHECKING:\n    from .deep import *\n",
    "package/inner/deep.py": HEADER + "class Deep(nn.Module):\n    def forward(self, x):\n        return torch.sigmoid(x)\n",
}
USE = HEADER + "{how}\n\ndef train(x, y):\n    return F.cross_entropy({net}()(x), y)  # LL101\n"
ELSE = "else:\n    sys.modules[__name__] = Lazy()\n"
NAMED = "    from .softmax_net import softmax as Net\n    from .log_softmax_net import log_softmax\n"
TRIED = (
    "    try:\n        import x\n    except ImportError:\n        pass\n    else:\n"
    "        from .softmax_net import softmax as Net\n"
)
STARS = "    from .log_softmax_net import *\n    from .softmax_net import *\n    from .inner import *\n"
WAYS = {
    "by name": (f"if TYPE_CHECKING:\n{NAMED}{ELSE}", "from package import Net", "Net"),
    "by attribute": (f"if TYPE_CHECKING:\n{NAMED}{ELSE}", "import package", "package.Net"),
    "with stars": (f"if TYPE_CHECKING:\n{STARS}{ELSE}", "from package import softmax", "softmax"),
    "a star of stars": (f"if TYPE_CHECKING:\n{STARS}{ELSE}", "from package import *", "softmax"),
    "or a switch": (f"SLOW = sys.argv\nif TYPE_CHECKING or SLOW:\n{NAMED}{ELSE}", "from package import Net", "Net"),
    "where it is tried": (f"if TYPE_CHECKING:\n{TRIED}{ELSE}", "from package import Net", "Net"),
}  # fmt: skip


@pytest.mark.parametrize(("init", "how", "net"), WAYS.values(), ids=WAYS)
def test_what_is_listed_for_type_checkers_is_found(tmp_path: Path, init: str, how: str, net: str) -> None:
    assert_found(tmp_path, {**PACKAGE, "package/__init__.py": LAZY + init, "use.py": USE.format(how=how, net=net)}, "use.py")


def test_what_nobody_asks_for_is_not_read(tmp_path: Path) -> None:
    write(tmp_path, {**PACKAGE, "package/__init__.py": f"{LAZY}if TYPE_CHECKING:\n{STARS}{ELSE}"})
    write(tmp_path, {"use.py": USE.format(how="from package import softmax, lazy", net="softmax")})
    program, _ = interpreted(tmp_path, "use.py")
    assert sorted(Path(one.path).name for one in program.loaded()) == ["__init__.py", "lazy.py", "softmax_net.py", "use.py"]


def test_what_a_file_offers(tmp_path: Path) -> None:
    text = "import a.b\nfrom c import (d,\n  e as f)\nclass G:\n    h = 1\nasync def i(): pass\nj: int = 2\nk = 3\nl == 4\n"
    write(tmp_path, {"m.py": text})
    found = Offers(lambda importer, name, level: None).of(str(tmp_path / "m.py"))
    assert found >= {"d", "f", "G", "i", "j", "k"} and not found & {"h", "l"}
    assert Offers(lambda importer, name, level: None).of(None) == set()


def test_files_that_offer_what_each_other_has(tmp_path: Path) -> None:
    write(tmp_path, {"a.py": "from b import *\nc = 1\n", "b.py": "from a import *\nd = 2\n"})
    offers = Offers(lambda importer, name, level: str(tmp_path / f"{name}.py"))
    assert offers.of(str(tmp_path / "a.py")) == {"c", "d"}
