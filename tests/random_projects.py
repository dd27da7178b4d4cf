"""Projects put together at random: each way of writing a model with each way of picking it, of getting a loss and of training.

What is wrong in a project is its model's last step; the same project with the right last step holds nothing to report.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from textwrap import dedent, indent

LASTS = {
    "CrossEntropyLoss": ("nn.Softmax(dim=1)", "nn.Identity()", "LL101"),
    "NLLLoss": ("nn.Identity()", "nn.LogSoftmax(dim=1)", "LL102"),
    "BCELoss": ("nn.Identity()", "nn.Sigmoid()", "LL104"),
    "BCEWithLogitsLoss": ("nn.Sigmoid()", "nn.Identity()", "LL101"),
}
"""By loss: a last step that is wrong, one that is right, and the code of what is wrong."""

MODELS = {
    "attribute": """
        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.fc = nn.Linear(4, OUT)
                self.last = LAST

            def forward(self, x):
                return PACK(self.last(self.fc(x)))
        """,
    "sequential": """
        class Net(nn.Module):
            def __init__(self, width=8):
                super(Net, self).__init__()
                self.body = nn.Sequential(nn.Linear(4, width), nn.ReLU(inplace=True), nn.Linear(width, OUT), LAST)

            def forward(self, x):
                x = x.view(x.size(0), -1)
                x = self.body(x)
                return PACK(x)
        """,
    "spread list": """
        class Net(nn.Module):
            def __init__(self, sizes=(4, 8, 8)):
                super().__init__()
                layers = []
                for before, after in zip(sizes[:-1], sizes[1:]):
                    layers += [nn.Linear(before, after), nn.BatchNorm1d(after), nn.ReLU()]
                layers.append(nn.Linear(sizes[-1], OUT))
                layers.append(LAST)
                self.net = nn.Sequential(*layers)

            def forward(self, inputs):
                return PACK(self.net(inputs))
        """,
    "module list": """
        class Net(nn.Module):
            def __init__(self, depth=3):
                super().__init__()
                self.blocks = nn.ModuleList([nn.Linear(4, 4) for _ in range(depth)])
                self.head = nn.Linear(4, OUT)
                self.act = LAST

            def forward(self, x):
                for block in self.blocks:
                    x = torch.relu(block(x)) + x
                return PACK(self.act(self.head(x)))
        """,
    "base class": """
        class Base(nn.Module):
            def __init__(self, features):
                super().__init__()
                self.encoder = nn.Linear(4, features)
                self.build(features)

            def build(self, features):
                raise NotImplementedError

            def forward(self, x):
                return PACK(self.decode(torch.tanh(self.encoder(x))))

        class Net(Base):
            def __init__(self):
                super().__init__(16)

            def build(self, features):
                self.out = nn.Linear(features, OUT)
                self.final = LAST

            def decode(self, h):
                return self.final(self.out(h))
        """,
    "nested": """
        class Head(nn.Module):
            def __init__(self, width, activation):
                super().__init__()
                self.fc = nn.Linear(width, OUT)
                self.activation = activation

            def forward(self, h):
                out = self.fc(F.dropout(h, 0.5, self.training))
                if self.activation is not None:
                    out = self.activation(out)
                return out

        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.encoder = nn.Sequential(nn.Linear(4, 8), nn.ReLU())
                self.head = Head(8, activation=LAST)

            def forward(self, x):
                h = self.encoder(x)
                return PACK(self.head(h))
        """,
    "add_module": """
        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.net = nn.Sequential()
                self.net.add_module("fc", nn.Linear(4, OUT))
                self.net.add_module("last", LAST)

            def forward(self, x):
                return PACK(self.net(x))
        """,
    "ordered dict": """
        from collections import OrderedDict

        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.features = nn.Sequential(OrderedDict([("fc", nn.Linear(4, 8)), ("relu", nn.ReLU())]))
                self.classifier = nn.Sequential(OrderedDict({"fc": nn.Linear(8, OUT), "last": LAST}))

            def forward(self, x):
                return PACK(self.classifier(self.features(x)))
        """,
    "by name": """
        ACTIVATIONS = {"relu": nn.ReLU(), "last": LAST, "none": None}

        class Net(nn.Module):
            def __init__(self, final="last"):
                super().__init__()
                self.fc1, self.fc2 = nn.Linear(4, 8), nn.Linear(8, OUT)
                self.final = ACTIVATIONS[final]

            def forward(self, x):
                x = ACTIVATIONS["relu"](self.fc1(x))
                x = self.fc2(x)
                if self.final is not None:
                    x = self.final(x)
                return PACK(x)
        """,
    "recurrent": """
        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.rnn = nn.LSTM(4, 8, batch_first=True)
                self.fc = nn.Linear(8, OUT)
                self.last = LAST

            def forward(self, x, hidden=None):
                out, hidden = self.rnn(x.unsqueeze(1), hidden)
                return PACK(self.last(self.fc(out[:, -1, :])))
        """,
    "convolution": """
        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.conv = nn.Conv1d(1, 2, 3, padding=1)
                self.fc = nn.Linear(8, OUT)
                self.last = LAST

            def features(self, x):
                x = F.relu(self.conv(x[:, None]))
                return torch.flatten(x, 1)

            def forward(self, x):
                return PACK(self.last(self.fc(self.features(x))))
        """,
}
PACKS = {
    "plain": ("def pack(x): return x", "{}"),
    "tuple": ("def pack(x): return x, x.mean()", "{}[0]"),
    "dict": ('def pack(x): return {"out": x, "aux": None}', '{}["out"]'),
    "namedtuple": (
        'from collections import namedtuple\nResult = namedtuple("Result", "out aux")\ndef pack(x): return Result(x, None)',
        "{}.out",
    ),
    "dataclass": (
        "from dataclasses import dataclass\n@dataclass\nclass Result:\n    out: torch.Tensor\n    aux: float = 0.0\n"
        "def pack(x): return Result(out=x)",
        "{}.out",
    ),
}
"""What a model returns, and how the training takes its output from that."""
MAKES = {
    "class": ("", "Net()"),
    "function": ("def build_model():\n    net = Net()\n    return net.to(DEVICE)", "build_model()"),
    "by name": (
        'def create(name, **options):\n    if name == "net":\n        model = Net(**options)\n    else:\n'
        "        raise ValueError(name)\n    return model",
        'create("net")',
    ),
    "registry": (
        "REGISTRY = {}\n\ndef register(name):\n    def add(cls):\n        REGISTRY[name] = cls\n        return cls\n    return add\n\n"
        'register("net")(Net)',
        'REGISTRY["net"]()',
    ),
    "globals": ("def create(name):\n    return globals()[name]()", 'create("Net")'),
    "parallel": ("", "nn.DataParallel(Net()).cuda()"),
    "compiled": ("", "torch.compile(Net().to(DEVICE))"),
    "method": (
        "class Factory:\n    models = {'net': Net}\n\n    @classmethod\n    def make(cls, name):\n        return cls.models[name]()",
        'Factory.make("net")',
    ),
}
"""Beside the model, and to make one."""
LOSSES = {
    "class": ("", "nn.LOSS()"),
    "on a device": ("", "nn.LOSS().to(DEVICE)"),
    "by name": ('def get_loss(name, **options):\n    return getattr(nn, name)(**options)', 'get_loss("LOSS")'),
    "table": ('CRITERIA = {"main": nn.LOSS, "other": nn.L1Loss}', 'CRITERIA["main"]()'),
    "wrapped": (
        "class Criterion(nn.Module):\n    def __init__(self, weight=1.0):\n        super().__init__()\n        self.weight = weight\n"
        "        self.inner = nn.LOSS()\n\n    def forward(self, outputs, targets):\n"
        "        return self.weight * self.inner(outputs, targets)",
        "Criterion()",
    ),
    "function": (
        "def objective(prediction, truth):\n    return nn.LOSS()(prediction, truth)",
        "objective",
    ),
    "partial": (
        "import functools\n\ndef measure(outputs, targets, criterion):\n    return criterion(outputs, targets)",
        "functools.partial(measure, criterion=nn.LOSS())",
    ),
    "by condition": (
        'def pick(kind):\n    if kind == "l1":\n        return nn.L1Loss()\n    elif kind == "main":\n        return nn.LOSS()\n'
        "    raise ValueError(kind)",
        'pick("main")',
    ),
}
TRAININGS = {
    "function": """
        def train(model, loader, criterion, optimizer, epochs=2):
            model.train()
            for epoch in range(epochs):
                running = 0.0
                for i, (inputs, labels) in enumerate(loader):
                    inputs, labels = inputs.to(DEVICE), labels.to(DEVICE)
                    optimizer.zero_grad()
                    outputs = model(inputs)
                    loss = criterion(UNPACK(outputs), labels)
                    loss.backward()
                    optimizer.step()
                    running += loss.item()

        def main():
            model = MODEL
            optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
            train(model, LOADER, CRITERION, optimizer)

        if __name__ == "__main__":
            main()
        """,
    "script": """
        model = MODEL
        criterion = CRITERION
        optimizer = torch.optim.Adam(model.parameters())
        for epoch in range(3):
            for batch in LOADER:
                x, y = batch
                out = UNPACK(model(x))
                loss = criterion(out, y)
                loss.backward()
                optimizer.step()
        """,
    "trainer": """
        class Trainer:
            def __init__(self, model, criterion, loader, config=None):
                self.model, self.criterion = model, criterion
                self.loader = loader
                self.config = config or {}
                self.optimizer = torch.optim.SGD(self.model.parameters(), lr=self.config.get("lr", 0.1))

            def fit(self):
                for self.epoch in range(self.config.get("epochs", 1)):
                    for batch in self.loader:
                        loss = self.step(batch)
                        self.update(loss)

            def step(self, batch):
                inputs, targets = batch
                outputs = self.model(inputs)
                return self.criterion(UNPACK(outputs), targets)

            def update(self, loss):
                self.optimizer.zero_grad()
                loss.backward()
                self.optimizer.step()

        if __name__ == "__main__":
            Trainer(MODEL, CRITERION, LOADER).fit()
        """,
    "setter": """
        class Runner(object):
            criterion = None

            def set_model(self, model):
                self.model = model
                return self

            def set_criterion(self, criterion):
                self.criterion = criterion
                return self

            def run(self, loader):
                optimizer = torch.optim.SGD(self.model.parameters(), lr=0.1)
                for data, target in loader:
                    output = self.model(data)
                    loss = self.criterion(UNPACK(output), target)
                    loss.backward()
                    optimizer.step()

        runner = Runner().set_model(MODEL)
        runner.set_criterion(CRITERION)
        runner.run(LOADER)
        """,
    "closure": """
        def optimize(model, criterion, loader):
            optimizer = torch.optim.LBFGS(model.parameters())
            for x, y in loader:
                def closure():
                    optimizer.zero_grad()
                    loss = criterion(UNPACK(model(x)), y)
                    loss.backward()
                    return loss
                optimizer.step(closure)

        optimize(MODEL, criterion=CRITERION, loader=LOADER)
        """,
    "lightning": """
        import pytorch_lightning as pl

        class Lit(pl.LightningModule):
            def __init__(self, lr=0.1):
                super().__init__()
                self.model = MODEL
                self.loss = CRITERION
                self.lr = lr

            def forward(self, x):
                return self.model(x)

            def training_step(self, batch, batch_idx):
                x, y = batch
                loss = self.loss(UNPACK(self(x)), y)
                self.log("loss", loss)
                return loss

            def configure_optimizers(self):
                return torch.optim.Adam(self.parameters(), lr=self.lr)

        if __name__ == "__main__":
            pl.Trainer(max_epochs=1).fit(Lit(), LOADER)
        """,
    "amp": """
        def train_epoch(net, loader, loss_fn, opt, scaler, scheduler=None):
            meter = []
            for step, batch in enumerate(loader):
                images, labels = batch[0], batch[1]
                with torch.cuda.amp.autocast(enabled=scaler is not None):
                    prediction = UNPACK(net(images))
                    loss = loss_fn(prediction, labels)
                scaler.scale(loss).backward()
                scaler.step(opt)
                scaler.update()
                meter.append(loss.item())
            return sum(meter) / len(meter)

        def run(args):
            net, loss_fn = MODEL, CRITERION
            opt = torch.optim.AdamW(net.parameters(), lr=args.lr)
            scaler = torch.cuda.amp.GradScaler()
            try:
                for _ in range(args.epochs):
                    train_epoch(net, LOADER, loss_fn, opt, scaler)
            except KeyboardInterrupt:
                print("stopped")

        if __name__ == "__main__":
            import argparse
            parser = argparse.ArgumentParser()
            parser.add_argument("--lr", type=float, default=0.1)
            parser.add_argument("--epochs", type=int, default=10)
            run(parser.parse_args())
        """,
    "phases": """
        def train_model(model, dataloaders, criterion, optimizer, num_epochs=2):
            best, history = 0.0, []
            for epoch in range(num_epochs):
                for phase in ["train", "val"]:
                    if phase == "train":
                        model.train()
                    else:
                        model.eval()
                    total = 0.0
                    for inputs, labels in dataloaders[phase]:
                        optimizer.zero_grad()
                        with torch.set_grad_enabled(phase == "train"):
                            outputs = UNPACK(model(inputs))
                            loss = criterion(outputs, labels)
                            if phase == "train":
                                loss.backward()
                                optimizer.step()
                        total += loss.item() * inputs.size(0)
                    history.append(total)
            return model

        model_ft = MODEL
        train_model(model_ft, {"train": LOADER, "val": LOADER}, CRITERION, torch.optim.SGD(model_ft.parameters(), lr=1e-3))
        """,
    "compute_loss": """
        class Algorithm:
            def __init__(self):
                self.network = MODEL
                self.loss_fn = CRITERION
                self.networks = [self.network]

            def compute_losses(self, inputs, targets):
                losses = {}
                losses["main"] = self.loss_fn(UNPACK(self.network(inputs)), targets)
                return losses

            def process(self, loader):
                for x, y in loader:
                    losses = self.compute_losses(x, y)
                    total = sum(losses.values())
                    total.backward()

        def main(rank=0):
            Algorithm().process(LOADER)

        main()
        """,
}
CLASSES = (
    "torch.utils.data.DataLoader(torch.utils.data.TensorDataset(torch.randn(64, 4), torch.randint(0, 3, (64,))), batch_size=8)"
)
NUMBERS = "torch.utils.data.DataLoader(torch.utils.data.TensorDataset(torch.randn(64, 4), torch.rand(64, 1)), batch_size=8)"
HEAD = "import torch\nimport torch.nn as nn\nimport torch.nn.functional as F\n\nDEVICE = torch.device('cpu')\n"


@dataclass(frozen=True)
class Choices:
    """Which of each was taken."""

    loss: str
    model: str
    pack: str
    make: str
    criterion: str
    training: str
    layout: str

    @staticmethod
    def drawn(seed: int) -> Choices:
        draw = random.Random(seed)
        layouts = ("one file", "flat", "package", "relative")
        every = (LASTS, MODELS, PACKS, MAKES, LOSSES, TRAININGS, layouts)
        return Choices(*(draw.choice(list(options)) for options in every))

    def files(self, wrong: bool) -> dict[str, str]:
        """The project, with the last step that is wrong for its loss or with the right one."""
        bad, good, _ = LASTS[self.loss]
        binary = self.loss.startswith("BCE")
        define, take = PACKS[self.pack]
        model = dedent(MODELS[self.model]).replace("LAST", bad if wrong else good).replace("OUT", "1" if binary else "3")
        beside, make = MAKES[self.make]
        losses, criterion = (one.replace("LOSS", self.loss) for one in LOSSES[self.criterion])
        training = dedent(TRAININGS[self.training])
        for name, text in (("MODEL", make), ("CRITERION", criterion), ("LOADER", NUMBERS if binary else CLASSES)):
            training = training.replace(name, text)
        training = _unpacked(training, take)
        models = f"{define}\n{model.replace('PACK', 'pack')}\n{beside}\n"
        if self.layout == "one file":
            return {"train.py": f"{HEAD}\n{models}\n{losses}\n{training}"}
        names = {"models": [*_defined(models)], "losses": [*_defined(losses), *(("functools",) if "functools" in losses else ())]}
        prefix = {"flat": "", "package": "project.", "relative": "."}[self.layout]
        imports = "".join(f"from {prefix}{file} import {', '.join(found)}\n" for file, found in names.items() if found)
        folder = "" if self.layout == "flat" else "project/"
        files = {f"{folder}models.py": f"{HEAD}\n{models}", f"{folder}losses.py": f"{HEAD}\n{losses}\n"}
        if folder:
            files["project/__init__.py"] = ""
        files["train.py" if self.layout != "relative" else "project/train.py"] = f"{HEAD}{imports}\n{training}"
        return files

    @property
    def code(self) -> str:
        return LASTS[self.loss][2]


def _unpacked(training: str, take: str) -> str:
    """`UNPACK(…)` replaced by how the output is taken from what stands in it."""
    while (start := training.find("UNPACK(")) >= 0:
        depth, end = 1, start + len("UNPACK(")
        while depth:
            depth += {"(": 1, ")": -1}.get(training[end], 0)
            end += 1
        training = training[:start] + take.format(training[start + len("UNPACK(") : end - 1]) + training[end:]
    return training


def _defined(text: str) -> list[str]:
    """The names that the lines of a file define at its top level."""
    found = []
    for line in text.split("\n"):
        if line.startswith(("def ", "class ")):
            found.append(line.split()[1].partition("(")[0].rstrip(":"))
        elif " = " in line and not line.startswith((" ", "@")):
            found.append(line.partition(" = ")[0])
    return list(dict.fromkeys(found))


__all__ = ["Choices", "indent"]
