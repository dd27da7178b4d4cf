"""Lightning: what a Trainer's loaders give is what the steps of a module are given."""

from __future__ import annotations

from pathlib import Path

import pytest
from routes import HEADER, assert_found

START = (
    HEADER
    + """
import lightning as L
import pytorch_lightning as pl
from torch.utils.data import DataLoader, Dataset, random_split

class Houses(Dataset):
    def __len__(self):
        return 4

    def __getitem__(self, index):
        return torch.rand(5), torch.tensor(float(index))

class Net(pl.LightningModule):
    def __init__(self):
        super().__init__()
        self.net = nn.Linear(5, 1)

    def forward(self, x):
        return self.net(x)
"""
)
PROGRAMS = {
    "a data module": """
class Data(pl.LightningDataModule):
    def setup(self, stage=None):
        self.train, self.held = random_split(Houses(), [3, 1])

    def train_dataloader(self):
        return DataLoader(self.train, batch_size=2)

    def val_dataloader(self):
        return [DataLoader(self.held, batch_size=2)]

class Regression(Net):
    def training_step(self, batch, index):
        x, y = batch
        good = F.mse_loss(self(x).squeeze(1), y)
        return good + F.mse_loss(self(x), y)  # LL301

    def validation_step(self, batch, index):
        x, y = batch
        self.log("val", F.mse_loss(self(x), y))  # LL301

pl.Trainer(max_epochs=2).fit(Regression(), Data())
""",
    "loaders that are given, by place or by name": """
class Regression(Net):
    def training_step(self, batch, index):
        x, y = batch
        return {"loss": F.mse_loss(self(x), y)}  # LL301

    def test_step(self, batch, index):
        x, y = batch
        return F.l1_loss(self(x), y)  # LL301

class Column(Net):
    def training_step(self, batch, index):
        x, y = batch
        return F.mse_loss(self(x), y.unsqueeze(1))

trainer = L.Trainer()
loader = DataLoader(Houses(), batch_size=2)
model = Regression()
trainer.fit(model, loader)
trainer.test(model, dataloaders=loader)
trainer.fit(model=Column(), train_dataloaders=loader)
""",
    "what a step returns is backpropagated": """
class Data(pl.LightningDataModule):
    def train_dataloader(self):
        return DataLoader(Houses(), batch_size=2)

class Cut(Net):
    def training_step(self, batch, index):
        x, y = batch
        return {"loss": F.mse_loss(self(x).squeeze(1).detach(), y)}  # LL401

class ByHand(Cut):
    def __init__(self):
        super().__init__()
        self.automatic_optimization = False

    def training_step(self, batch, index):
        x, y = batch
        self.manual_backward(F.mse_loss(self(x).squeeze(1), y))
        return F.l1_loss(self(x).squeeze(1).detach(), y)

trainer = pl.Trainer()
trainer.fit(Cut(), datamodule=Data())
trainer.fit(ByHand(), datamodule=Data())
""",
    "loaders of its own": """
class Regression(Net):
    def train_dataloader(self):
        return DataLoader(Houses(), batch_size=2)

    def training_step(self, batch, index):
        x, y = batch
        return F.mse_loss(self(x), y)  # LL301

pl.Trainer().fit(Regression())
""",
    "unknown loaders": """
class Regression(Net):
    def training_step(self, batch, index):
        x, y = batch
        return F.mse_loss(self(x), y)

pl.Trainer().fit(Regression(), torch.load("loader"))
""",
}


@pytest.mark.parametrize("program", PROGRAMS.values(), ids=PROGRAMS.keys())
def test_steps(tmp_path: Path, program: str) -> None:
    assert_found(tmp_path, {"program.py": START + program})
