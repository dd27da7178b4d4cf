"""What stays known of models and outputs that lists, tables, choices and libraries hand on: each with a right use beside it."""

from __future__ import annotations

from pathlib import Path

import pytest
from routes import HEADER, NETS, assert_found

NAMES = ("a", "b", "c", "d", "e", "f", "g")
CLASSES = "".join(f"class Net_{name}(Soft):\n    pass\n\n" for name in NAMES)
PICKED = "".join(f"    if args.arch == {name!r}:\n        model = Net_{name}().to(device)\n" for name in NAMES)
PROGRAMS = {
    "more models than a value may be, of which a method is called": f"""
import argparse

{CLASSES}
def chosen(args, device):
{PICKED}    return model

def main(device, x, y):
    parser = argparse.ArgumentParser()
    parser.add_argument("--arch", default="a")
    model = chosen(parser.parse_args(), device).train()
    ce(model(x), y)  # LL101
    nn.NLLLoss()(model(x).log(), y)  # LL110
""",
    "none of many models where nobody has picked one": f"""
{CLASSES}
def main(args, device, x, y):
    model = None
{PICKED}    model = model.cuda()
    ce(model(x), y)  # LL101
    nn.NLLLoss()(model(x).log(), y)  # LL110
""",
    "None holds the places of a table that is filled by number": """
def clients(count):
    nets = {number: None for number in range(count)}
    for number in range(count):
        nets[number] = Soft()
    return nets

def main(count, x, y):
    for number, net in clients(count).items():
        ce(net(x), y)  # LL101
        nn.NLLLoss()(net(x).log(), y)  # LL110
""",
    "the first members of a list that grows on some path": """
def main(args, x, y):
    modules = nn.ModuleList([])
    modules.append(Soft())
    criteria = [ce]
    if args.hint:
        modules.append(nn.Linear(4, 5))
        criteria.append(nn.MSELoss())
    if args.relation:
        modules.append(nn.Conv1d(4, 5, 1))
        criteria.append(nn.L1Loss())
    modules.append(Raw())
    criteria[0](modules[0](x), y)  # LL101
    criteria[0](modules[-1](x), y)
""",
    "a list that loses its first member is counted from elsewhere": """
def main(args, x, y):
    models = [Soft()]
    if args.more:
        models.append(Raw())
    models.pop(0)
    ce(models[0](x), y)
""",
    "the first of two lists that are added": """
def main(x, y, others):
    models = [Soft()] + others
    ce(models[0](x), y)  # LL101
""",
    "one of the members of a module list and of a module dict": """
class Experts(nn.Module):
    def __init__(self, soft):
        super().__init__()
        self.soft = nn.ModuleList([Soft(), Soft()])
        self.mixed = nn.ModuleList([Soft(), Raw()])
        self.tasks = nn.ModuleDict({"cats": Soft(), "dogs": Soft()})
        self.stages = nn.Sequential(Raw(), Raw())

def main(x, y, number: int, task: str):
    model = Experts(True)
    ce(model.soft[number](x), y)  # LL101
    ce(model.mixed[number](x), y)
    ce(model.tasks[task](x), y)  # LL101
    F.nll_loss(model.stages[number](x), y)  # LL102
""",
    "parts of a batch, of which there is any number": """
def main(x, y, size, data):
    for part, labels in zip(torch.split(Soft()(x), size), y.split(size)):
        ce(part, labels)  # LL101
    half, other = torch.chunk(Raw()(x), 2, dim=0)
    ce(half, y)
    F.nll_loss(other, y)  # LL102
    for row in Soft()(data).unbind(0):
        F.nll_loss(row, y[0])  # LL103
""",
    "packed sequences": """
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

class Captioner(nn.Module):
    def __init__(self, words):
        super().__init__()
        self.fc = nn.Linear(10, words)

    def forward(self, x, lengths):
        scores = torch.zeros(4, max(lengths), 100)
        for step in range(max(lengths)):
            rows = sum(length > step for length in lengths)
            scores[:rows, step, :] = self.fc(x[:rows, step])
        return scores

def main(x, captions: torch.LongTensor, lengths):
    scores = Captioner(100)(x, lengths)
    packed = pack_padded_sequence(scores, lengths, batch_first=True)
    ce(packed.data, pack_padded_sequence(captions, lengths, batch_first=True).data)
    F.nll_loss(packed[0], pack_padded_sequence(captions, lengths, batch_first=True)[0])  # LL102
    probs = pack_padded_sequence(scores.softmax(2), lengths, batch_first=True).data
    ce(probs, captions)  # LL101
    states, _ = nn.LSTM(10, 3)(pack_padded_sequence(x, lengths))
    states, _ = pad_packed_sequence(states)
    ce(states[0].softmax(-1), captions)  # LL101
""",
    "apex makes ready": """
from apex import amp
from apex.parallel import DistributedDataParallel, convert_syncbn_model

def main(x, y):
    model = convert_syncbn_model(Soft())
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    model, optimizer = amp.initialize(model, optimizer, opt_level="O1")
    ce(DistributedDataParallel(model)(x), y)  # LL101
    ce(amp.initialize(Raw())(x), y)
    F.nll_loss(amp.initialize(models=Raw(), optimizers=None)(x), y)  # LL102
""",
    "wrapped for several devices, for private training, with adapters": """
from opacus import PrivacyEngine
from peft import LoraConfig, PeftModel, get_peft_model
from torch.distributed.fsdp import FullyShardedDataParallel as FSDP

def main(x, y, loader):
    ce(FSDP(Soft(), device_id=0)(x), y)  # LL101
    ce(get_peft_model(Soft(), LoraConfig(r=8))(x), y)  # LL101
    ce(PeftModel.from_pretrained(Raw(), "adapter")(x), y)
    net = Raw()
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
    net, optimizer, loader = PrivacyEngine().make_private(
        module=net, optimizer=optimizer, data_loader=loader, noise_multiplier=1.1, max_grad_norm=1.0
    )
    ce(net(x), y)
    F.nll_loss(net(x), y)  # LL102
""",
    "a class derived from a library's vision transformer": """
import timm.models.vision_transformer
from functools import partial

class Pooled(timm.models.vision_transformer.VisionTransformer):
    def __init__(self, pool=False, **options):
        super().__init__(**options)
        self.pool = pool

    def forward_features(self, x):
        return self.blocks(x).mean(1)

class Kept(timm.models.vision_transformer.VisionTransformer):
    pass

def base(**options):
    return Pooled(patch_size=16, norm_layer=partial(nn.LayerNorm, eps=1e-6), **options)

def main(x, y):
    ce(base(num_classes=5)(x), y)
    F.nll_loss(base(num_classes=5)(x), y)  # LL102
    F.nll_loss(Kept(num_classes=5)(x), y)  # LL102
""",
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_kept(name: str, tmp_path: Path) -> None:
    assert_found(tmp_path, {"program.py": HEADER + NETS + PROGRAMS[name]})


MODELS = """
def soft(classes):
    return Soft(classes)

def softer(classes):
    return Soft(classes)

def helper(a, b):
    return a
"""
MAIN = """
import argparse
import torch
from torch import nn
import models

def main(x, y):
    parser = argparse.ArgumentParser()
    parser.add_argument("--arch")
    args = parser.parse_args()
    model = models.__dict__[args.arch](classes=10)
    nn.CrossEntropyLoss()(model(x), y)  # LL101
    nn.NLLLoss()(model(x).log(), y)  # LL110
"""


def test_a_model_is_picked_from_what_a_module_defines(tmp_path: Path) -> None:
    files = {"models.py": HEADER + NETS.replace("class Raw", "class _Raw") + MODELS, "main.py": MAIN}
    assert_found(tmp_path, files)
