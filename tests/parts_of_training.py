"""Ways of getting a loss and of training, as text: LOSS is the name of the loss, MODEL, CRITERION and LOADER what makes them, and
UNPACK(…) takes the output from what a model returns."""

LOSSES = {
    "class": (
        "",
        "nn.LOSS()",
    ),
    "on a device": (
        "",
        "nn.LOSS().to(DEVICE)",
    ),
    "by name": (
        """
            def get_loss(name, **options):
                return getattr(nn, name)(**options)
            """,
        'get_loss("LOSS")',
    ),
    "table": (
        'CRITERIA = {"main": nn.LOSS, "other": nn.L1Loss}',
        'CRITERIA["main"]()',
    ),
    "wrapped": (
        """
            class Criterion(nn.Module):
                def __init__(self, weight=1.0):
                    super().__init__()
                    self.weight = weight
                    self.inner = nn.LOSS()

                def forward(self, outputs, targets):
                    return self.weight * self.inner(outputs, targets)
            """,
        "Criterion()",
    ),
    "function": (
        """
            def objective(prediction, truth):
                return nn.LOSS()(prediction, truth)
            """,
        "objective",
    ),
    "partial": (
        """
            import functools

            def measure(outputs, targets, criterion):
                return criterion(outputs, targets)
            """,
        "functools.partial(measure, criterion=nn.LOSS())",
    ),
    "by condition": (
        """
            def pick(kind):
                if kind == "l1":
                    return nn.L1Loss()
                elif kind == "main":
                    return nn.LOSS()
                raise ValueError(kind)
            """,
        'pick("main")',
    ),
    "weighted sum": (
        """
            class Total(nn.Module):
                def __init__(self):
                    super().__init__()
                    self.terms = [(1.0, nn.LOSS())]

                def forward(self, outputs, targets):
                    total = 0
                    for weight, term in self.terms:
                        total = total + weight * term(outputs, targets)
                    return total
            """,
        "Total()",
    ),
    "lambda": (
        "measure = lambda outputs, targets: nn.LOSS()(outputs, targets)",
        "measure",
    ),
    "subclass": (
        """
            class Mine(nn.LOSS):
                def forward(self, outputs, targets):
                    return super().forward(outputs, targets).mean()
            """,
        "Mine()",
    ),
    "config": (
        """
            CFG = {'loss': {'name': 'LOSS', 'args': {}}}

            def from_config(config):
                return getattr(torch.nn, config['name'])(**config['args'])
            """,
        "from_config(CFG['loss'])",
    ),
    "static": (
        """
            class Losses:
                @staticmethod
                def main(outputs, targets):
                    return nn.LOSS()(outputs, targets)
            """,
        "Losses.main",
    ),
    "call": (
        """
            class Criterion:
                def __init__(self):
                    self.inner = nn.LOSS()

                def __call__(self, outputs, targets):
                    loss = self.inner(outputs, targets)
                    return loss
            """,
        "Criterion()",
    ),
    "eval": (
        """
            def build(kind):
                return eval('nn.' + kind)()
            """,
        "build('LOSS')",
    ),
    "globals": (
        """
            def main_loss():
                return nn.LOSS()

            def build(kind):
                return globals()[kind + '_loss']()
            """,
        "build('main')",
    ),
    "isinstance": (
        """
            class Criterion(nn.Module):
                def __init__(self):
                    super().__init__()
                    self.inner = nn.LOSS()

                def forward(self, outputs, targets):
                    if isinstance(outputs, (tuple, list)):
                        outputs = outputs[0]
                    return self.inner(outputs, targets)
            """,
        "Criterion()",
    ),
    "unreduced": (
        """
            class Criterion(nn.Module):
                def __init__(self):
                    super().__init__()
                    self.inner = nn.LOSS(reduction='none')

                def forward(self, outputs, targets, mask=None):
                    loss = self.inner(outputs, targets)
                    if mask is not None:
                        loss = loss * mask
                    return loss.mean()
            """,
        "Criterion()",
    ),
    "zipped": (
        """
            class Total:
                def __init__(self, losses, weights):
                    self.losses, self.weights = losses, weights

                def __call__(self, outputs, targets):
                    return sum(w * loss(outputs, targets) for w, loss in zip(self.weights, self.losses))
            """,
        "Total([nn.LOSS()], [1.0])",
    ),
    "lower": (
        """
            TABLE = {'l1': nn.L1Loss, 'LOSS'.lower(): nn.LOSS}

            def get(name):
                name = name.lower()
                assert name in TABLE
                return TABLE[name]()
            """,
        "get('LOSS')",
    ),
    "module dict": (
        """
            def get(name):
                return nn.__dict__[name]()
            """,
        "get('LOSS')",
    ),
    "registered": (
        """
            FOUND = {}

            def register(fn):
                FOUND[fn.__name__] = fn
                return fn

            @register
            def main_loss(outputs, targets):
                return nn.LOSS()(outputs, targets)
            """,
        "FOUND['main_loss']",
    ),
    "closure": (
        """
            def make(weight=1.0):
                inner = nn.LOSS()
                def compute(outputs, targets):
                    return weight * inner(outputs, targets)
                return compute
            """,
        "make()",
    ),
    "alias": (
        """
            from torch.nn import LOSS as Crit

            def make():
                return Crit()
            """,
        "make()",
    ),
}
"""What defines a loss, and what makes one."""
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
    "hf": """
        from transformers import Trainer, TrainingArguments

        class MyTrainer(Trainer):
            def __init__(self, *args, **kwargs):
                super().__init__(*args, **kwargs)
                self.criterion = CRITERION

            def compute_loss(self, model, inputs, return_outputs=False):
                labels = inputs.pop("labels")
                outputs = model(inputs["x"])
                loss = self.criterion(UNPACK(outputs), labels)
                return (loss, outputs) if return_outputs else loss

        MyTrainer(MODEL, TrainingArguments("out"), train_dataset=None).train()
        """,
    "callbacks": """
        class Callback:
            def on_batch(self, state):
                pass

        class LossCallback(Callback):
            def __init__(self, criterion):
                self.criterion = criterion

            def on_batch(self, state):
                state["loss"] = self.criterion(UNPACK(state["output"]), state["target"])

        class OptimizerCallback(Callback):
            def on_batch(self, state):
                state["loss"].backward()
                state["optimizer"].step()

        def run(model, loader, callbacks):
            state = {"optimizer": torch.optim.SGD(model.parameters(), lr=0.1)}
            for x, y in loader:
                state["output"], state["target"] = model(x), y
                for callback in callbacks:
                    callback.on_batch(state)

        run(MODEL, LOADER, [LossCallback(CRITERION), OptimizerCallback()])
        """,
    "hooks by name": """
        class Plugin:
            def before(self, engine):
                engine.loss = 0

            def after(self, engine):
                engine.loss.backward()

        class Engine:
            def __init__(self, model, criterion):
                self.model, self.criterion, self.plugins = model, criterion, [Plugin()]

            def call(self, hook):
                for plugin in self.plugins:
                    getattr(plugin, hook)(self)

            def fit(self, loader):
                for self.x, self.y in loader:
                    self.call("before")
                    self.output = self.model(self.x)
                    self.loss = self.criterion(UNPACK(self.output), self.y)
                    self.call("after")

        Engine(MODEL, CRITERION).fit(LOADER)
        """,
    "generator": """
        def batches(loader, device):
            for x, y in loader:
                yield x.to(device), y.to(device)

        def steps(model, criterion, loader):
            for x, y in batches(loader, DEVICE):
                yield criterion(UNPACK(model(x)), y)

        for loss in steps(MODEL, CRITERION, LOADER):
            loss.backward()
        """,
    "spawn": """
        import torch.multiprocessing as mp

        def worker(rank, world_size, epochs):
            model, criterion = MODEL, CRITERION
            for epoch in range(epochs):
                for step, (x, y) in enumerate(LOADER):
                    loss = criterion(UNPACK(model(x)), y)
                    loss.backward()

        if __name__ == "__main__":
            mp.spawn(worker, args=(2, 3), nprocs=2, join=True)
        """,
    "list of losses": """
        def epoch(model, criterion, loader, optimizer):
            losses = []
            for x, y in loader:
                losses.append(criterion(UNPACK(model(x)), y))
            optimizer.zero_grad()
            torch.stack(losses).mean().backward()

        model = MODEL
        epoch(model, CRITERION, LOADER, torch.optim.SGD(model.parameters(), lr=0.1))
        """,
    "keywords": """
        def fit(*, net, objective, data, **options):
            for x, y in data:
                objective(UNPACK(net(x)), y).backward()

        setup = dict(net=MODEL, objective=CRITERION, data=LOADER)
        fit(**setup, epochs=3)
        """,
    "namespace": """
        from types import SimpleNamespace

        state = SimpleNamespace(model=MODEL, criterion=CRITERION)

        def step(state, batch):
            x, y = batch
            state.loss = state.criterion(UNPACK(state.model(x)), y)
            return state.loss

        for batch in LOADER:
            step(state, batch).backward()
        """,
    "accelerate": """
        from accelerate import Accelerator

        def main():
            accelerator = Accelerator()
            model = MODEL
            optimizer = torch.optim.AdamW(model.parameters())
            model, optimizer, loader = accelerator.prepare(model, optimizer, LOADER)
            criterion = CRITERION
            for x, y in loader:
                with accelerator.accumulate(model):
                    loss = criterion(UNPACK(model(x)), y)
                    accelerator.backward(loss)
                    optimizer.step()

        main()
        """,
    "federated": """
        import copy

        class Client:
            def __init__(self, number, model, loader):
                self.number, self.model, self.loader = number, copy.deepcopy(model), loader
                self.criterion = CRITERION

            def update(self, weights):
                self.model.load_state_dict(weights)
                self.model.train()
                for x, y in self.loader:
                    loss = self.criterion(UNPACK(self.model(x)), y)
                    loss.backward()
                return self.model.state_dict()

        class Server:
            def __init__(self, clients=3):
                self.model = MODEL
                self.clients = [Client(i, self.model, LOADER) for i in range(clients)]

            def run(self, rounds=2):
                for _ in range(rounds):
                    results = [client.update(self.model.state_dict()) for client in self.clients]

        Server().run()
        """,
    "iterator": """
        from itertools import cycle

        model, criterion = MODEL, CRITERION
        loader = LOADER
        stream = iter(loader)
        step = 0
        while True:
            try:
                x, y = next(stream)
            except StopIteration:
                stream = iter(loader)
                x, y = next(stream)
            loss = criterion(UNPACK(model(x)), y)
            loss.backward()
            step += 1
            if step > 10:
                break
        """,
    "tqdm": """
        from tqdm import tqdm

        def train(model, criterion, loader):
            bar = tqdm(loader, desc="train", leave=False)
            for i, data in enumerate(bar, 1):
                x, y = (one.to(DEVICE, non_blocking=True) for one in data)
                out = model(x)
                loss = criterion(UNPACK(out), y)
                loss.backward()
                bar.set_postfix(loss=f"{loss.item():.3f}")

        train(MODEL, CRITERION, LOADER)
        """,
    "dataset": """
        class Data(torch.utils.data.Dataset):
            def __init__(self, inner):
                self.inner = inner

            def __len__(self):
                return len(self.inner)

            def __getitem__(self, index):
                x, y = self.inner[index]
                return {"x": x, "y": y}

        def train(model, criterion):
            loader = torch.utils.data.DataLoader(Data((LOADER).dataset), batch_size=4, shuffle=True)
            for batch in loader:
                output = model(batch["x"])
                loss = criterion(UNPACK(output), batch["y"])
                loss.backward()

        train(MODEL, CRITERION)
        """,
    "inherited trainer": """
        import abc

        class BaseTrainer(abc.ABC):
            def __init__(self, model, criterion, metrics=(), **kwargs):
                self.model, self.criterion, self.metrics = model, criterion, metrics
                self.start_epoch = 1

            @abc.abstractmethod
            def _train_epoch(self, epoch):
                raise NotImplementedError

            def train(self):
                for epoch in range(self.start_epoch, 10):
                    result = self._train_epoch(epoch)
                    log = {"epoch": epoch}
                    log.update(result)

        class Trainer(BaseTrainer):
            def __init__(self, model, criterion, data_loader, **kwargs):
                super().__init__(model, criterion, **kwargs)
                self.data_loader = data_loader

            def _train_epoch(self, epoch):
                self.model.train()
                for batch_idx, (data, target) in enumerate(self.data_loader):
                    output = self.model(data)
                    loss = self.criterion(UNPACK(output), target)
                    loss.backward()
                return {"loss": loss.item()}

        Trainer(MODEL, CRITERION, data_loader=LOADER).train()
        """,
    "ignite": """
        from ignite.engine import Engine

        model, criterion = MODEL, CRITERION

        def update(engine, batch):
            x, y = batch
            loss = criterion(UNPACK(model(x)), y)
            loss.backward()
            return loss.item()

        trainer = Engine(update)
        trainer.run(LOADER, max_epochs=2)
        """,
    "argparse": """
        import argparse

        def get_args():
            parser = argparse.ArgumentParser()
            parser.add_argument("--device", default="cpu")
            parser.add_argument("--mode", choices=["train", "test"], default="train")
            return parser.parse_args()

        class Solver(object):
            def __init__(self, args, loader):
                self.args, self.loader = args, loader
                self.build()

            def build(self):
                self.net = MODEL
                self.criterion = CRITERION
                if self.args.device == "cuda":
                    self.net = self.net.cuda()

            def train(self):
                for i, (x, y) in enumerate(self.loader):
                    self.loss = self.criterion(UNPACK(self.net(x)), y)
                    self.loss.backward()

            def test(self):
                with torch.no_grad():
                    for x, y in self.loader:
                        self.net(x)

        def main():
            args = get_args()
            solver = Solver(args, LOADER)
            if args.mode == "train":
                solver.train()
            else:
                solver.test()

        if __name__ == "__main__":
            main()
        """,
    "fabric": """
        from lightning.fabric import Fabric

        fabric = Fabric()
        model = MODEL
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
        model, optimizer = fabric.setup(model, optimizer)
        loader = fabric.setup_dataloaders(LOADER)
        criterion = CRITERION
        for x, y in loader:
            loss = criterion(UNPACK(model(x)), y)
            fabric.backward(loss)
            optimizer.step()
        """,
    "accumulated": """
        def train(cfg):
            net, objective = MODEL, CRITERION
            opt = torch.optim.SGD(net.parameters(), lr=0.1)
            opt.zero_grad()
            for i, batch in enumerate(LOADER):
                x, y = batch
                loss = objective(UNPACK(net(x)), y) / cfg["accumulate"]
                loss.backward()
                if (i + 1) % cfg["accumulate"] == 0:
                    torch.nn.utils.clip_grad_norm_(net.parameters(), 1.0)
                    opt.step()
                    opt.zero_grad()

        train({"accumulate": 4})
        """,
    "deepspeed": """
        import deepspeed

        model = MODEL
        engine, optimizer, _, _ = deepspeed.initialize(model=model, model_parameters=model.parameters())
        criterion = CRITERION
        for x, y in LOADER:
            loss = criterion(UNPACK(engine(x)), y)
            engine.backward(loss)
            engine.step()
        """,
    "globals": """
        model = MODEL
        criterion = CRITERION
        best = 0

        def train(epoch):
            global best
            model.train()
            for batch_idx, (inputs, targets) in enumerate(LOADER):
                outputs = model(inputs)
                loss = criterion(UNPACK(outputs), targets)
                loss.backward()
                best = max(best, loss.item())

        def test(epoch):
            model.eval()
            with torch.no_grad():
                for inputs, targets in LOADER:
                    model(inputs)

        for epoch in range(2):
            train(epoch)
            test(epoch)
        """,
    "run epoch": """
        def run_epoch(model, loader, criterion, optimizer=None, device=DEVICE):
            training = optimizer is not None
            model.train(training)
            losses = []
            for x, y in loader:
                x, y = x.to(device), y.to(device)
                out = UNPACK(model(x))
                loss = criterion(out, y)
                if training:
                    optimizer.zero_grad()
                    loss.backward()
                    optimizer.step()
                losses.append(float(loss))
            return sum(losses) / len(losses)

        def main():
            model, criterion = MODEL, CRITERION
            optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
            for epoch in range(2):
                run_epoch(model, LOADER, criterion, optimizer)
                run_epoch(model, LOADER, criterion)

        if __name__ == "__main__":
            main()
        """,
    "mixins": """
        class LossMixin:
            def compute(self, outputs, targets):
                return self.criterion(UNPACK(outputs), targets)

        class LoopMixin:
            def loop(self):
                for self.step, (x, y) in enumerate(self.loader):
                    loss = self.compute(self.model(x), y)
                    self.backward(loss)

            def backward(self, loss):
                loss.backward()

        class Trainer(LossMixin, LoopMixin):
            def __init__(self, **parts):
                self.__dict__.update(parts)

        Trainer(model=MODEL, criterion=CRITERION, loader=LOADER).loop()
        """,
    "state": """
        from dataclasses import dataclass as data_class
        from typing import Any

        @data_class
        class State:
            model: nn.Module
            criterion: Any
            step: int = 0

        def train_step(state, batch):
            x, y = batch
            loss = state.criterion(UNPACK(state.model(x)), y)
            loss.backward()
            state.step += 1
            return state

        state = State(MODEL, criterion=CRITERION)
        for batch in LOADER:
            state = train_step(state, batch)
        """,
    "handlers": """
        def step(engine, batch):
            x, y = batch
            engine["loss"] = engine["criterion"](UNPACK(engine["model"](x)), y)
            engine["loss"].backward()

        HANDLERS = {"step": step, "none": lambda engine, batch: None}
        engine = {"model": MODEL}
        engine["criterion"] = CRITERION
        for batch in LOADER:
            HANDLERS["step"](engine, batch)
        """,
    "callable": """
        class Step:
            def __init__(self, net, *losses):
                self.net, self.losses = net, losses

            def __call__(self, x, y):
                out = UNPACK(self.net(x))
                return sum(loss(out, y) for loss in self.losses)

        step = Step(MODEL, CRITERION)
        for x, y in LOADER:
            step(x, y).backward()
        """,
    "two loaders": """
        from itertools import cycle

        net = MODEL
        crit = CRITERION
        for (x, y), (other, _) in zip(LOADER, cycle(LOADER)):
            both = torch.cat([x, other])
            out = net(both)
            loss = crit(UNPACK(out)[: len(x)], y)
            loss.backward()
        """,
    "nested functions": """
        def main():
            model = MODEL
            criterion = CRITERION
            step = 0

            def train_step(batch):
                nonlocal step
                step += 1
                x, y = batch
                return criterion(UNPACK(model(x)), y)

            def train():
                for batch in LOADER:
                    loss = train_step(batch)
                    loss.backward()

            train()

        main()
        """,
    "async": """
        import queue
        import threading

        def work(model, criterion, loader, results):
            for x, y in loader:
                loss = criterion(UNPACK(model(x)), y)
                loss.backward()
                results.put(loss.item())

        results = queue.Queue()
        thread = threading.Thread(target=work, args=(MODEL, CRITERION, LOADER, results))
        thread.start()
        thread.join()
        """,
    "methods by name": """
        class Experiment:
            def __init__(self, mode):
                self.mode = mode

            def setup(self):
                self.model, self.criterion = MODEL, CRITERION

            def train(self):
                for x, y in LOADER:
                    loss = self.criterion(UNPACK(self.model(x)), y)
                    loss.backward()

            def run(self):
                self.setup()
                getattr(self, self.mode)()

        Experiment("train").run()
        """,
    "meters": """
        class AverageMeter(object):
            def __init__(self):
                self.reset()

            def reset(self):
                self.val = self.sum = self.count = 0

            def update(self, val, n=1):
                self.val = val
                self.sum += val * n
                self.count += n

        def train(train_loader, model, criterion, optimizer, epoch, args):
            losses, top = AverageMeter(), AverageMeter()
            model.train()
            for i, (images, target) in enumerate(train_loader):
                if args.gpu is not None:
                    images = images.cuda(args.gpu, non_blocking=True)
                target = target.cuda(args.gpu, non_blocking=True)
                output = model(images)
                loss = criterion(UNPACK(output), target)
                losses.update(loss.item(), images.size(0))
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()

        def main_worker(gpu, ngpus_per_node, args):
            args.gpu = gpu
            model = MODEL
            criterion = CRITERION
            if args.gpu is not None:
                torch.cuda.set_device(args.gpu)
                model = model.cuda(args.gpu)
            else:
                model = torch.nn.DataParallel(model).cuda()
            optimizer = torch.optim.SGD(model.parameters(), args.lr)
            for epoch in range(args.start_epoch, args.epochs):
                train(LOADER, model, criterion, optimizer, epoch, args)

        def main():
            import argparse
            parser = argparse.ArgumentParser()
            parser.add_argument("--lr", default=0.1, type=float)
            parser.add_argument("--gpu", default=None, type=int)
            parser.add_argument("--epochs", default=90, type=int)
            parser.add_argument("--start-epoch", default=0, type=int)
            parser.add_argument("--multiprocessing-distributed", action="store_true")
            args = parser.parse_args()
            if args.multiprocessing_distributed:
                torch.multiprocessing.spawn(main_worker, nprocs=2, args=(2, args))
            else:
                main_worker(args.gpu, 1, args)

        if __name__ == "__main__":
            main()
        """,
}
