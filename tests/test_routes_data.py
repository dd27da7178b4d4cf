"""Routes of the targets: data sets, their parts, tables and arrays, labels that are drawn or compared."""

from __future__ import annotations

from pathlib import Path

import pytest
from routes import HEADER, assert_found

DATASETS = {
    "tensors in columns": """
from torch.utils.data import DataLoader, TensorDataset, random_split

x = torch.from_numpy(features).float()
y = torch.from_numpy(labels).long()
train, test = random_split(TensorDataset(x, y), [80, 20])
net = nn.Linear(5, 1)
for data, target in DataLoader(train, batch_size=8):
    good = F.binary_cross_entropy_with_logits(net(data).view(-1), target.float().view(-1))
    F.binary_cross_entropy_with_logits(net(data).view(-1), target.view(-1))  # LL202
""",
    "parts and sums of data sets": """
import pandas as pd
from torch.utils.data import ConcatDataset, DataLoader, Dataset, Subset

class Points(Dataset):
    def __init__(self, rows):
        self.rows = torch.tensor(rows.values, dtype=torch.float32)
        self.labels = torch.zeros(100)

    def __getitem__(self, index):
        return self.rows[index], self.labels[index]

net = nn.Linear(5, 4)
both = ConcatDataset([Points(pd.read_csv("a.csv")), Points(pd.read_csv("b.csv"))])
for data, target in DataLoader(Subset(both, range(8))):
    good = F.cross_entropy(net(data), target.long())
    F.cross_entropy(net(data), target)  # LL202
""",
    "a column as a list": """
import pandas as pd

frame = pd.read_csv("a.csv")
net = nn.Linear(5, 1)
target = torch.tensor(frame["label"].tolist(), dtype=torch.float32)
F.mse_loss(net(torch.rand(9, 5)), target)  # LL301
F.mse_loss(net(torch.rand(9, 5)).squeeze(1), target)
again = torch.tensor(frame.label.values.tolist(), dtype=torch.float32)
F.mse_loss(net(torch.rand(9, 5)), again)  # LL301
words = frame["text"].tolist()
F.mse_loss(net(torch.rand(9, 5)), torch.tensor([len(word) for word in words], dtype=torch.float32).unsqueeze(1))
""",
    "windows over rows of an array": """
import numpy as np
from sklearn.preprocessing import MinMaxScaler

def windows(rows, size):
    seen, wanted = [], []
    for at in range(len(rows) - size):
        seen.append(rows[at : at + size])
        wanted.append(rows[at + size, 0])
    return np.array(seen), np.array(wanted)

x, y = windows(MinMaxScaler().fit_transform(np.random.rand(500, 5)), 10)
x, y = torch.from_numpy(x).float(), torch.from_numpy(y).float()
net = nn.Sequential(nn.Flatten(), nn.Linear(50, 1))
F.mse_loss(net(x), y)  # LL301
F.mse_loss(net(x).view(-1), y)
""",
    "a column of a table": """
import pandas as pd
from sklearn.model_selection import train_test_split
from torch.utils.data import DataLoader, Dataset

class Houses(Dataset):
    def __init__(self, frame):
        self.x = torch.tensor(frame.drop(columns="price").values, dtype=torch.float32)
        self.y = torch.tensor(frame["price"].values, dtype=torch.float32)

    def __getitem__(self, index):
        return self.x[index], self.y[index]

train, test = train_test_split(pd.read_csv("houses.csv"), test_size=0.2)
net = nn.Sequential(nn.Linear(8, 16), nn.ReLU(), nn.Linear(16, 1))
for x, y in DataLoader(Houses(train), batch_size=16):
    good = F.mse_loss(net(x).squeeze(-1), y)
    F.mse_loss(net(x), y)  # LL301
""",
    "arrays of scikit-learn": """
import pandas as pd
from sklearn.preprocessing import StandardScaler

scaler = StandardScaler()
frame = pd.read_csv("data.csv")
x = torch.tensor(scaler.fit_transform(frame.iloc[:, :-1].values), dtype=torch.float32)
y = frame.iloc[:, -1].values
net = nn.Linear(4, 1)
good = F.mse_loss(net(x), torch.tensor(y, dtype=torch.float32).unsqueeze(1))
F.mse_loss(net(x), y)  # LL201
F.mse_loss(net(x).squeeze(1), frame["y"])  # LL201
F.mse_loss(net(x), torch.FloatTensor(y))  # LL301
""",
}

CAST = {
    "columns that are attributes": """
import pandas as pd

frame = pd.read_csv("ratings.csv")
users, ratings = torch.LongTensor(frame.user.values), torch.FloatTensor(frame.rating.values)
net = nn.Sequential(nn.Embedding(10, 8), nn.Linear(8, 1))
F.mse_loss(net(users), ratings)  # LL301
F.mse_loss(net(users).squeeze(1), ratings)
F.mse_loss(net(users), torch.FloatTensor(frame.sum().values))
""",
    "data sets that come with scikit-learn": """
from sklearn import datasets
from sklearn.datasets import load_iris, make_regression

x, y = make_regression(100, 5)
net = nn.Linear(5, 1)
F.mse_loss(net(torch.tensor(x, dtype=torch.float32)), torch.tensor(y, dtype=torch.float32))  # LL301
x, y = make_regression(100, 5, n_targets=1)
F.mse_loss(net(torch.tensor(x, dtype=torch.float32)), torch.tensor(y, dtype=torch.float32))
houses = datasets.fetch_california_housing()
x, y = torch.FloatTensor(houses.data), torch.FloatTensor(houses["target"])
F.mse_loss(nn.Linear(8, 1)(x), y)  # LL301
x, y = load_iris(return_X_y=True)
scores = nn.Linear(4, 3)(torch.tensor(x, dtype=torch.float32))
F.cross_entropy(scores, torch.tensor(y, dtype=torch.int32))  # LL202
F.cross_entropy(scores, torch.tensor(y))
frame = load_iris(as_frame=True)
F.cross_entropy(scores, frame.target)
""",
    "numbers of an array in a data set": """
import numpy as np

class Items(torch.utils.data.Dataset):
    def __init__(self):
        self.x, self.y = np.ones((4, 5), dtype=np.float32), np.array([0, 1, 2, 0], dtype=np.int32)

    def __getitem__(self, index):
        return self.x[index], self.y[index]

net = nn.Linear(5, 3)
for x, y in torch.utils.data.DataLoader(Items(), batch_size=2):
    F.cross_entropy(net(x), y)  # LL202
    F.cross_entropy(net(x), y.long())
""",
    "what nobody knows, cast": """
import numpy as np

def step(net, x, frame, ids):
    F.cross_entropy(net(x), torch.from_numpy(ids.astype(np.int32)))  # LL202
    F.cross_entropy(net(x), torch.tensor(frame["label"].values.astype("int16")))  # LL202
    F.cross_entropy(net(x), torch.tensor(ids.astype(np.int64)))
    F.cross_entropy(net(x), torch.from_numpy(ids.astype(np.int32)).long())
    F.cross_entropy(net(x), ids.astype(np.int64))  # LL201
""",
}
LABELS = {
    "bars of progress": """
import numpy as np
from tqdm import tqdm

data = torch.utils.data.TensorDataset(torch.rand(8, 3), torch.from_numpy(np.array([1, 0] * 4)))
loader = torch.utils.data.DataLoader(data, batch_size=4)
net = nn.Linear(3, 1)
with tqdm(enumerate(loader), total=2) as bar:
    for at, (x, y) in bar:
        F.binary_cross_entropy_with_logits(net(x).squeeze(1), y.float())
        F.mse_loss(net(x), y.float())  # LL301
with tqdm(loader) as bar:
    for x, y in bar:
        F.mse_loss(net(x), y.float())  # LL301
""",
    "drawn at random": """
import random
import numpy as np

class Pairs(torch.utils.data.Dataset):
    def __getitem__(self, index):
        same = random.randint(0, 1)
        return load(index), load(index), torch.from_numpy(np.array([int(same)], dtype=np.float32))

embed = nn.Linear(10, 5)
loss = nn.CosineEmbeddingLoss()
for a, b, label in torch.utils.data.DataLoader(Pairs(), batch_size=4):
    good = loss(embed(a), embed(b), label.squeeze() * 2 - 1)
    loss(embed(a), embed(b), label.squeeze())  # LL113
""",
    "one or the other": """
def step(a, b, first, second):
    label = torch.tensor([1.0 if first == second else 0.0])
    signs = torch.tensor([1 if first == second else -1])
    good = F.cosine_embedding_loss(a, b, signs)
    return F.cosine_embedding_loss(a, b, label)  # LL113
""",
}


@pytest.mark.parametrize("name", DATASETS)
def test_data_sets(name: str, tmp_path: Path) -> None:
    assert_found(tmp_path, {"a.py": HEADER + DATASETS[name]})


@pytest.mark.parametrize("name", LABELS)
def test_labels(name: str, tmp_path: Path) -> None:
    assert_found(tmp_path, {"a.py": HEADER + LABELS[name]})


@pytest.mark.parametrize("name", CAST)
def test_dtypes_of_arrays(name: str, tmp_path: Path) -> None:
    assert_found(tmp_path, {"a.py": HEADER + CAST[name]})
