"""Batches that the program collates itself: what is said of them is held against what torch makes of them."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
import torch
from routes import HEADER, assert_found

from losslint.static.project import check_paths
from losslint.tri import Tri

ITEMS = (
    HEADER
    + """
import numpy as np
from torch.utils.data import DataLoader, Dataset, Subset, TensorDataset, default_collate
from torch.nn.utils.rnn import pad_sequence

class Items(Dataset):
    def __len__(self):
        return 4

    def __getitem__(self, index):
        return torch.ones(5), index % 3, np.zeros(2)

net = nn.Linear(5, 1)
"""
)
BATCHES = {
    "columns by zip": """
def collate(batch):
    xs, ys, zs = zip(*batch)
    return torch.stack(xs), torch.tensor(ys), torch.from_numpy(np.stack(zs))

for x, y, z in DataLoader(Items(), batch_size=2, collate_fn=collate):
    reveal(x)
    reveal(y)
    reveal(z)
""",
    "columns by comprehension": """
class Batches:
    def __init__(self, dtype):
        self.dtype = dtype

    def __call__(self, batch):
        xs = pad_sequence([one[0] for one in batch], batch_first=True)
        labels = [one[1] for one in batch]
        return {"x": xs, "y": torch.tensor(labels, dtype=self.dtype), "z": torch.LongTensor(labels)}

for batch in DataLoader(Items(), batch_size=2, collate_fn=Batches(torch.float32)):
    reveal(batch["x"])
    reveal(batch["y"])
    reveal(batch["z"])
""",
    "lists filled in a loop": """
class Held(Items):
    @staticmethod
    def collate(batch):
        xs, ys = [], []
        for x, y, _ in batch:
            xs.append(x.unsqueeze(0))
            ys.append(int(y))
        return torch.cat(xs, dim=0), torch.tensor(ys).unsqueeze(1)

data = Held()
for x, y in DataLoader(Subset(data, [0, 1]), 2, False, None, None, 0, data.collate):
    reveal(x)
    reveal(y)
""",
    "the usual one after a filter": """
def collate(batch):
    return default_collate([one for one in batch if one is not None])

for x, y, z in DataLoader(Items(), batch_size=2, collate_fn=collate):
    reveal(x)
    reveal(y)
    reveal(z)
""",
    "no batch at all": """
for x, y, z in DataLoader(Items(), batch_size=None):
    reveal(x)
    reveal(y)
    reveal(z)
for batch in DataLoader(TensorDataset(torch.ones(4, 5), torch.zeros(4)), batch_size=2, collate_fn=lambda batch: batch):
    reveal(batch[0][0])
    reveal(batch[0][1])
for x, y in DataLoader([(torch.ones(5), 1), (torch.zeros(5), 0)], batch_size=2):
    reveal(x)
    reveal(y)
""",
}
MISUSE = {
    "class ids as int32": """
def collate(batch):
    xs, ys, _ = zip(*batch)
    return torch.stack(xs), torch.tensor(ys, dtype=torch.int32)

scores = nn.Linear(5, 3)
for x, y in DataLoader(Items(), collate_fn=collate):
    F.cross_entropy(scores(x), y)  # LL202
    F.cross_entropy(scores(x), y.long())
""",
    "a column too many": """
class Batches:
    def __call__(self, batch):
        return torch.stack([one[0] for one in batch]), torch.tensor([one[1] for one in batch])

for x, y in DataLoader(Items(), collate_fn=Batches()):
    F.mse_loss(net(x), y.float())  # LL301
    F.mse_loss(net(x).squeeze(1), y.float())
""",
    "rows of one length need no padding": """
class Rows(Dataset):
    def __getitem__(self, index):
        return torch.ones(7, 5), torch.zeros(7, dtype=torch.long), torch.zeros(index, dtype=torch.long)

def collate(batch):
    return [pad_sequence(column, batch_first=True) for column in zip(*batch)]

scores = nn.Linear(5, 3)
for x, y, z in DataLoader(Rows(), collate_fn=collate):
    F.cross_entropy(scores(x).transpose(1, 2), y)
    F.cross_entropy(scores(x).transpose(1, 2), z)  # LL507
""",
    "losses put into a new tensor": """
def step(xs, y):
    losses = [F.mse_loss(net(x), y) for x in xs]
    (F.mse_loss(net(y), y) + torch.tensor(losses).mean()).backward()  # LL401
    torch.stack(losses).mean().backward()
""",
}


@pytest.mark.parametrize("name", BATCHES)
def test_what_is_said_of_a_batch_is_true(name: str, tmp_path: Path) -> None:
    program = ITEMS + BATCHES[name] + "\nF.mse_loss(torch.ones(1), torch.ones(1))\n"
    (tmp_path / "program.py").write_text(program, encoding="utf-8")
    said = {place.line: facts for place, facts in check_paths([str(tmp_path)]).reveals}
    values: list[tuple[int, object]] = []
    exec(program, {"reveal": lambda value: values.append((sys._getframe(1).f_lineno, value)), "__name__": "program"})
    assert {line for line, _ in values} == said.keys()
    for line, value in values:
        if torch.is_tensor(value):
            assert said[line].dtype.only == str(value.dtype).removeprefix("torch.")
            assert said[line].shape.holds(lambda shape, value=value: len(shape.dims) == value.dim() and not shape.open) is Tri.YES
        else:
            assert said[line].kind.some(lambda kind: kind in ("number", "ndarray"))


@pytest.mark.parametrize("name", MISUSE)
def test_misuse_behind_a_collation(name: str, tmp_path: Path) -> None:
    assert_found(tmp_path, {"program.py": ITEMS + MISUSE[name]})
