"""Ways of writing a model, of what it returns and of making one, as text: LAST is its last step, OUT its width, PACK what wraps
the output."""

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
    "flag": """
        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.fc, self.last = nn.Linear(4, OUT), LAST

            def forward(self, x, raw=False):
                out = self.fc(x)
                return PACK(out if raw else self.last(out))
        """,
    "torchvision": """
        import torchvision

        class Net(nn.Module):
            def __init__(self, pretrained=False):
                super().__init__()
                self.backbone = torchvision.models.resnet18(pretrained=pretrained)
                width = self.backbone.fc.in_features
                self.backbone.fc = nn.Sequential(nn.Dropout(0.2), nn.Linear(width, OUT), LAST)

            def forward(self, x):
                return PACK(self.backbone(x))
        """,
    "setattr": """
        class Net(nn.Module):
            def __init__(self, n=2):
                super().__init__()
                for i in range(n):
                    setattr(self, f"fc{i}", nn.Linear(4, 4))
                setattr(self, "fc%d" % n, nn.Linear(4, OUT))
                self.n, self.last = n, LAST

            def forward(self, x):
                for i in range(self.n + 1):
                    x = getattr(self, f"fc{i}")(x)
                return PACK(self.last(x))
        """,
    "module dict": """
        class Net(nn.Module):
            def __init__(self, tasks=("main", "aux")):
                super().__init__()
                self.stem = nn.Linear(4, 8)
                self.heads = nn.ModuleDict({name: nn.Sequential(nn.Linear(8, OUT), LAST) for name in tasks})

            def forward(self, x, task="main"):
                h = F.relu(self.stem(x))
                return PACK(self.heads[task](h))
        """,
    "config": """
        CONFIG = [("linear", 4, 8), ("relu",), ("linear", 8, OUT), ("last",)]
        KINDS = {"linear": nn.Linear, "relu": nn.ReLU, "last": lambda: LAST}

        def make_layers(config):
            layers = []
            for kind, *args in config:
                layers.append(KINDS[kind](*args))
            return nn.Sequential(*layers)

        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.layers = make_layers(CONFIG)

            def forward(self, x):
                return PACK(self.layers(x))
        """,
    "branches of config": """
        def make_layers(config):
            layers, width = [], 4
            for v in config:
                if v == "M":
                    layers += [nn.BatchNorm1d(width)]
                else:
                    layers += [nn.Linear(width, v), nn.ReLU(inplace=True)]
                    width = v
            return nn.Sequential(*layers)

        class VGG(nn.Module):
            def __init__(self, features, num_classes=OUT):
                super().__init__()
                self.features = features
                self.classifier = nn.Sequential(nn.Linear(16, 16), nn.ReLU(True), nn.Dropout(), nn.Linear(16, num_classes))
                self.last = LAST
                self._initialize_weights()

            def forward(self, x):
                x = self.features(x)
                x = x.view(x.size(0), -1)
                x = self.classifier(x)
                return PACK(self.last(x))

            def _initialize_weights(self):
                for m in self.modules():
                    if isinstance(m, nn.Linear):
                        nn.init.normal_(m.weight, 0, 0.01)
                        m.bias.data.zero_()

        def Net(**kwargs):
            model = VGG(make_layers([8, "M", 16]), **kwargs)
            return model
        """,
    "decorated": """
        import functools
        import time

        def timed(function):
            @functools.wraps(function)
            def wrapper(*args, **kwargs):
                start = time.time()
                result = function(*args, **kwargs)
                print(time.time() - start)
                return result
            return wrapper

        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.fc, self.last = nn.Linear(4, OUT), LAST

            @timed
            def forward(self, x):
                return PACK(self.last(self.fc(x)))
        """,
    "mixin": """
        class Finishes:
            def finish(self, x):
                return self.last(x)

        class Body(nn.Module):
            def __init__(self, out):
                super().__init__()
                self.fc = nn.Linear(4, out)

            def forward(self, x):
                return self.fc(x)

        class Net(Finishes, Body):
            def __init__(self):
                super().__init__(OUT)
                self.last = LAST

            def forward(self, x):
                return PACK(self.finish(super().forward(x)))
        """,
    "property": """
        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self._fc, self._last = nn.Linear(4, OUT), LAST

            @property
            def steps(self):
                return [self._fc, self._last]

            def forward(self, x):
                for step in self.steps:
                    x = step(x)
                return PACK(x)
        """,
    "children": """
        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                old = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 2))
                self.features = nn.Sequential(*list(old.children())[:-1])
                self.classifier = nn.Linear(8, OUT)
                self.last = LAST

            def forward(self, x):
                return PACK(self.last(self.classifier(self.features(x))))
        """,
    "attention": """
        class Net(nn.Module):
            def __init__(self, dim=8):
                super().__init__()
                self.embed = nn.Linear(4, dim)
                self.q, self.k, self.v = nn.Linear(dim, dim), nn.Linear(dim, dim), nn.Linear(dim, dim)
                self.fc, self.last = nn.Linear(dim, OUT), LAST

            def attend(self, h):
                score = torch.matmul(self.q(h), self.k(h).transpose(-2, -1)) / 8 ** 0.5
                return torch.matmul(F.softmax(score, dim=-1), self.v(h))

            def forward(self, x):
                h = self.attend(self.embed(x).unsqueeze(1))
                return PACK(self.last(self.fc(h.mean(dim=1))))
        """,
    "super sequential": """
        class Net(nn.Sequential):
            def __init__(self):
                super().__init__(nn.Linear(4, OUT), LAST)

            def forward(self, x):
                return PACK(super().forward(x))
        """,
    "parameters": """
        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.weight = nn.Parameter(torch.randn(4, OUT) * 0.01)
                self.bias = nn.Parameter(torch.zeros(OUT))
                self.last = LAST

            def forward(self, x):
                return PACK(self.last(x @ self.weight + self.bias))
        """,
    "last but one": """
        class Net(nn.Module):
            def __init__(self, sizes=[4, 8, OUT]):
                super().__init__()
                self.layers = nn.ModuleList()
                for i in range(len(sizes) - 1):
                    self.layers.append(nn.Linear(sizes[i], sizes[i + 1]))
                self.last = LAST

            def forward(self, x):
                for i, layer in enumerate(self.layers):
                    x = layer(x)
                    if i < len(self.layers) - 1:
                        x = F.relu(x)
                    else:
                        x = self.last(x)
                return PACK(x)
        """,
    "concatenated": """
        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.a, self.b = nn.Linear(4, 3), nn.Linear(4, 5)
                self.merge = nn.Linear(8, OUT)
                self.last = LAST

            def forward(self, x):
                left, right = self.a(x), self.b(x)
                h = torch.cat((left, right), dim=1)
                h = F.leaky_relu(h, negative_slope=0.2)
                return PACK(self.last(self.merge(h)))
        """,
    "logits method": """
        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.fc, self.last = nn.Linear(4, OUT), LAST

            def logits(self, x):
                return self.fc(x)

            def forward(self, x):
                scores = self.logits(x)
                return PACK(self.last(scores))
        """,
    "zip": """
        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.layers = nn.ModuleList([nn.Linear(4, 8), nn.Linear(8, OUT)])
                self.steps = nn.ModuleList([nn.ReLU(), LAST])

            def forward(self, x):
                for layer, step in zip(self.layers, self.steps):
                    x = step(layer(x))
                return PACK(x)
        """,
    "slices": """
        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.net = nn.Sequential(nn.Linear(4, 8), nn.Tanh(), nn.Linear(8, OUT), LAST)

            def forward(self, x):
                h = self.net[:-1](x)
                return PACK(self.net[-1](h))
        """,
    "keyword inputs": """
        class Net(nn.Module):
            def __init__(self, **config):
                super().__init__()
                self.config = {"width": 8, **config}
                self.up = nn.Linear(4, self.config["width"])
                self.down = nn.Linear(self.config["width"], OUT)
                self.last = LAST

            def forward(self, *inputs, **options):
                x, = inputs
                x = self.down(self.up(x).relu())
                return PACK(self.last(x))
        """,
    "checkpoint": """
        from torch.utils.checkpoint import checkpoint
        from torch.nn.utils import weight_norm, spectral_norm

        class Net(nn.Module):
            def __init__(self, use_checkpoint=False):
                super().__init__()
                self.use_checkpoint = use_checkpoint
                self.body = nn.Sequential(weight_norm(nn.Linear(4, 8)), nn.GELU())
                self.fc = spectral_norm(nn.Linear(8, OUT))
                self.last = LAST

            def forward(self, x):
                if self.use_checkpoint:
                    x = checkpoint(self.body, x)
                else:
                    x = self.body(x)
                return PACK(self.last(self.fc(x)))
        """,
    "class config": """
        class Config:
            width = 8
            last = LAST

        class Net(nn.Module):
            def __init__(self, config=Config):
                super().__init__()
                self.config = config
                self.fc = nn.Linear(4, OUT)

            def forward(self, x):
                x = self.fc(x)
                return PACK(self.config.last(x))
        """,
    "lazy": """
        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.fc = None
                self.last = LAST

            def forward(self, x):
                if self.fc is None:
                    self.fc = nn.Linear(x.shape[1], OUT)
                return PACK(self.last(self.fc(x)))
        """,
    "unet": """
        class Double(nn.Module):
            def __init__(self, before, after):
                super().__init__()
                self.conv = nn.Sequential(nn.Linear(before, after), nn.LayerNorm(after), nn.ReLU(inplace=True))

            def forward(self, x):
                return self.conv(x)

        class Net(nn.Module):
            def __init__(self, widths=(8, 16)):
                super().__init__()
                self.downs, self.ups = nn.ModuleList(), nn.ModuleList()
                before = 4
                for width in widths:
                    self.downs.append(Double(before, width))
                    before = width
                for width in reversed(widths):
                    self.ups.append(Double(before + width, width))
                    before = width
                self.bottom = Double(widths[-1], widths[-1])
                self.final = nn.Linear(widths[0], OUT)
                self.last = LAST

            def forward(self, x):
                skips = []
                for down in self.downs:
                    x = down(x)
                    skips.append(x)
                x = self.bottom(x)
                skips = skips[::-1]
                for idx, up in enumerate(self.ups):
                    x = up(torch.cat((skips[idx], x), dim=1))
                return PACK(self.last(self.final(x)))
        """,
    "resnet": """
        def block(width):
            return nn.Sequential(nn.Linear(width, width), nn.BatchNorm1d(width), nn.ReLU())

        class ResNet(nn.Module):
            def __init__(self, block, layers, num_classes):
                super(ResNet, self).__init__()
                self.width = 4
                self.layer1 = self._make_layer(block, layers[0])
                self.layer2 = self._make_layer(block, layers[1])
                self.fc = nn.Linear(4, num_classes)
                self.last = LAST

            def _make_layer(self, block, blocks):
                layers = [block(self.width)]
                for _ in range(1, blocks):
                    layers.append(block(self.width))
                return nn.Sequential(*layers)

            def _forward_impl(self, x):
                x = self.layer2(self.layer1(x))
                x = torch.flatten(x, 1)
                x = self.fc(x)
                return x

            def forward(self, x):
                return PACK(self.last(self._forward_impl(x)))

        def Net(**kwargs):
            return ResNet(block, [2, 2], OUT, **kwargs)
        """,
    "library class": """
        from torchvision.models.resnet import BasicBlock, ResNet

        class Net(ResNet):
            def __init__(self):
                super().__init__(BasicBlock, [2, 2, 2, 2])
                self.fc = nn.Linear(512, OUT)
                self.last = LAST

            def forward(self, x):
                x = super().forward(x)
                return PACK(self.last(x))
        """,
    "one function": """
        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.fc = nn.Linear(4, OUT)
                self.last = LAST
                self.calls = 0

            def __call__(self, x):
                self.calls += 1
                return super().__call__(x)

            def forward(self, x):
                return PACK(self.last(self.fc(x)))
        """,
    "gan": """
        class Block(nn.Module):
            def __init__(self, before, after, **kwargs):
                super().__init__()
                self.add_module("fc", nn.Linear(before, after, **kwargs))
                self.add_module("act", nn.LeakyReLU(0.2, inplace=True))

            def forward(self, x):
                for module in self.children():
                    x = module(x)
                return x

        def layers():
            def stage(before, after, normalize=True):
                made = [Block(before, after)]
                if normalize:
                    made.append(nn.BatchNorm1d(after, 0.8))
                return made
            return [*stage(4, 8, normalize=False), *stage(8, 8)]

        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.model = nn.Sequential(*layers(), nn.Linear(8, OUT), LAST)

            def forward(self, img):
                flat = img.view(img.shape[0], -1)
                validity = self.model(flat)
                return PACK(validity)
        """,
}
PACKS = {
    "plain": (
        "def pack(x): return x",
        "{}",
    ),
    "tuple": (
        "def pack(x): return x, x.mean()",
        "{}[0]",
    ),
    "dict": (
        'def pack(x): return {"out": x, "aux": None}',
        '{}["out"]',
    ),
    "namedtuple": (
        """
            from collections import namedtuple
            Result = namedtuple("Result", "out aux")
            def pack(x): return Result(x, None)
            """,
        "{}.out",
    ),
    "dataclass": (
        """
            from dataclasses import dataclass
            @dataclass
            class Result:
                out: torch.Tensor
                aux: float = 0.0
            def pack(x): return Result(out=x)
            """,
        "{}.out",
    ),
}
"""What a model returns, and how the training takes its output from that."""
MAKES = {
    "class": (
        "",
        "Net()",
    ),
    "function": (
        """
            def build_model():
                net = Net()
                return net.to(DEVICE)
            """,
        "build_model()",
    ),
    "by name": (
        """
            def create(name, **options):
                if name == "net":
                    model = Net(**options)
                else:
                    raise ValueError(name)
                return model
            """,
        'create("net")',
    ),
    "registry": (
        """
            REGISTRY = {}

            def register(name):
                def add(cls):
                    REGISTRY[name] = cls
                    return cls
                return add

            register("net")(Net)
            """,
        'REGISTRY["net"]()',
    ),
    "globals": (
        """
            def create(name):
                return globals()[name]()
            """,
        'create("Net")',
    ),
    "parallel": (
        "",
        "nn.DataParallel(Net()).cuda()",
    ),
    "compiled": (
        "",
        "torch.compile(Net().to(DEVICE))",
    ),
    "method": (
        """
            class Factory:
                models = {'net': Net}

                @classmethod
                def make(cls, name):
                    return cls.models[name]()
            """,
        'Factory.make("net")',
    ),
    "deepcopy": (
        """
            import copy

            base = Net()

            def fresh():
                return copy.deepcopy(base)
            """,
        "fresh()",
    ),
    "loaded": (
        """
            def load(path):
                model = Net()
                model.load_state_dict(torch.load(path))
                model.eval()
                return model
            """,
        'load("net.pt")',
    ),
    "import": (
        """
            def create(name, **kwargs):
                maker = {'net': Net}.get(name)
                if maker is None:
                    raise KeyError(name)
                return maker(**kwargs)
            """,
        'create("net")',
    ),
    "ddp": (
        """
            def wrap(model, rank):
                model = model.to(rank)
                if torch.cuda.device_count() > 1:
                    model = nn.parallel.DistributedDataParallel(model, device_ids=[rank])
                return model
            """,
        "wrap(Net(), 0)",
    ),
    "decorator registry": (
        """
            class Registry(dict):
                def register(self, name):
                    def add(cls):
                        self[name] = cls
                        return cls
                    return add

            MODELS_ = Registry()

            @MODELS_.register('net')
            def build(**kwargs):
                return Net(**kwargs)
            """,
        "MODELS_['net']()",
    ),
    "builder object": (
        """
            class Registry:
                def __init__(self):
                    self._modules = {}

                def register_module(self, cls):
                    self._modules[cls.__name__] = cls
                    return cls

                def build(self, cfg):
                    args = dict(cfg)
                    kind = args.pop('type')
                    return self._modules[kind](**args)

            REG = Registry()
            REG.register_module(Net)
            """,
        "REG.build(dict(type='Net'))",
    ),
    "lists": (
        """
            def models():
                return [Net() for _ in range(2)]
            """,
        "models()[0]",
    ),
    "weights": (
        """
            def init(m):
                if isinstance(m, nn.Linear):
                    nn.init.xavier_uniform_(m.weight)

            def fresh():
                net = Net()
                net.apply(init)
                return net.cuda() if torch.cuda.is_available() else net
            """,
        "fresh()",
    ),
    "from config": (
        """
            class Maker(Net):
                @classmethod
                def from_config(cls, config):
                    return cls(**config)
            """,
        "Maker.from_config({})",
    ),
    "partial": (
        """
            import functools

            def maker():
                return functools.partial(Net)()
            """,
        "maker()",
    ),
    "importlib": (
        """
            import sys

            def create(name):
                return getattr(sys.modules[__name__], name)()
            """,
        "create('Net')",
    ),
    "cached": (
        """
            import functools

            @functools.lru_cache(maxsize=None)
            def get_model(name='net'):
                return Net()
            """,
        "get_model()",
    ),
    "scripted": (
        "",
        "torch.jit.script(Net())",
    ),
    "pair": (
        """
            def create():
                model = Net()
                return model, torch.optim.SGD(model.parameters(), lr=0.1)
            """,
        "create()[0]",
    ),
    "singleton": (
        """
            class Holder:
                _model = None

                @classmethod
                def get(cls):
                    if cls._model is None:
                        cls._model = Net()
                    return cls._model
            """,
        "Holder.get()",
    ),
    "environment": (
        """
            import os

            def create():
                kind = os.environ.get('MODEL', 'net')
                if kind == 'net':
                    return Net()
                raise ValueError(kind)
            """,
        "create()",
    ),
    "match": (
        """
            def create(kind):
                makers = [('other', None), ('net', Net)]
                for name, maker in makers:
                    if name == kind:
                        return maker()
                raise KeyError(kind)
            """,
        "create('net')",
    ),
}
"""What stands beside the model, and what makes one."""
