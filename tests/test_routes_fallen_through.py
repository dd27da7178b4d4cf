"""What a function gives on some paths, and None where it comes to its end: whoever uses it as a tensor means the first."""

from __future__ import annotations

from pathlib import Path

import pytest
from routes import HEADER, NETS, assert_found

PARTS = """
class Moded(Soft):
    def __init__(self, mode):
        super().__init__()
        self.mode = mode

    def forward(self, x):
        if self.mode == "once":
            return self.fc(x).softmax(1)
        elif self.mode == "scaled":
            return (2 * self.fc(x)).softmax(1)

class Early(Soft):
    def forward(self, x):
        for _ in range(self.fc.out_features - 1):
            x = self.fc(x)
            return x.softmax(1)

drop, up = nn.Dropout(0.1), nn.Sequential(nn.Upsample(scale_factor=2), nn.Dropout(0.1))
"""
USES = {
    "a layer": "drop(net(x))",
    "layers one after the other": "up(net(x))",
    "an index": "net(x)[:4]",
    "a method": "net(x).float()",
    "a function": "F.dropout(net(x))",
    "an index after a layer": "drop(net(x))[0]",
}


@pytest.mark.parametrize("made", ["Moded(mode)", "Early()"])
@pytest.mark.parametrize("use", USES.values(), ids=USES.keys())
def test_none_would_raise(use: str, made: str, tmp_path: Path) -> None:
    program = f"""
def train(x, y, mode):
    net = {made}
    ce({use}, y).backward()  # LL101
"""
    assert_found(tmp_path, {"program.py": HEADER + NETS + PARTS + program})


def test_what_is_passed_on_may_be_none(tmp_path: Path) -> None:
    program = """
def plain(x, out):
    return Raw()(x) if out is None else out

def train(x, y, mode):
    out = None
    if mode == "soft":
        out = Soft()(x)
    ce(plain(x, out), y).backward()
"""
    assert_found(tmp_path, {"program.py": HEADER + NETS + PARTS + program})
