"""Rules on the losses of other libraries, in source: none of the libraries has to be installed."""

from __future__ import annotations

from pathlib import Path

import pytest
from routes import assert_found

SETUP = """import torch
from torch import nn
import torch.nn.functional as F

net = nn.Conv2d(3, 4, 1)
logits = net(torch.rand(2, 3, 8, 8))
probs = logits.softmax(1)
apart = logits.sigmoid()
ids = torch.randint(0, 4, (2, 8, 8))
hot = F.one_hot(ids, 4).movedim(-1, 1).float()
rows = logits.mean((2, 3))
"""

LIBRARIES = {
    "torchvision": """
from torchvision.ops import sigmoid_focal_loss

sigmoid_focal_loss(apart, hot)  # LL101
sigmoid_focal_loss(logits, hot[:, :2])  # LL303
sigmoid_focal_loss(logits, hot).backward()  # LL405
sigmoid_focal_loss(logits, hot, reduction="mean").backward()
""",
    "monai": """
from monai.losses import AsymmetricUnifiedFocalLoss, DiceCELoss, DiceFocalLoss, DiceLoss, FocalLoss, TverskyLoss

DiceLoss(sigmoid=True)(apart, hot)  # LL101
DiceLoss(softmax=True)(probs, hot)  # LL101
DiceLoss()(logits, hot)  # LL104
DiceLoss()(probs, hot)
DiceLoss()(apart, hot)
DiceLoss(other_act=torch.tanh)(logits, hot)
DiceLoss(softmax=True, to_onehot_y=True)(logits, ids[:, None])
DiceLoss(softmax=True)(logits, ids[:, None])  # LL303
DiceCELoss(softmax=True, to_onehot_y=True)(probs, ids[:, None])  # LL101
DiceCELoss(softmax=True, to_onehot_y=True)(logits, ids[:, None])
DiceFocalLoss(sigmoid=True)(logits, hot)
TverskyLoss(softmax=True)(probs, hot)  # LL101
FocalLoss()(apart, hot)  # LL101
FocalLoss(to_onehot_y=True, use_softmax=True)(logits, ids[:, None])
AsymmetricUnifiedFocalLoss()(logits, hot)  # LL104
""",
    "kornia": """
import kornia
from kornia.losses import FocalLoss

kornia.losses.focal_loss(probs, ids, alpha=0.5)  # LL101
kornia.losses.dice_loss(logits, ids)
FocalLoss(alpha=0.5)(logits, ids.float())  # LL202
FocalLoss(alpha=0.5)(logits, ids).backward()  # LL405
""",
    "segmentation_models_pytorch": """
import segmentation_models_pytorch as smp

smp.losses.DiceLoss("multiclass")(probs, ids)  # LL101
smp.losses.DiceLoss(smp.losses.MULTICLASS_MODE, from_logits=False)(logits, ids)  # LL104
smp.losses.DiceLoss("multilabel", from_logits=False)(probs, hot)  # LL115
smp.losses.DiceLoss("multiclass", from_logits=False)(probs, ids)
smp.losses.LovaszLoss("multiclass", from_logits=False)(probs, ids)  # LL101
smp.losses.SoftBCEWithLogitsLoss()(apart, hot)  # LL101
smp.losses.FocalLoss("binary")(logits[:, :1], hot[:, :1])
""",
    "timm": """
from timm.loss import LabelSmoothingCrossEntropy, SoftTargetCrossEntropy

SoftTargetCrossEntropy()(rows, hot.mean((2, 3)))
SoftTargetCrossEntropy()(rows.softmax(-1), hot.mean((2, 3)))  # LL101
LabelSmoothingCrossEntropy()(rows, ids[:, 0, 0].int())  # LL202
""",
    "transformers": """
from transformers.loss.loss_utils import ForCausalLMLoss

ForCausalLMLoss(rows, ids[:, 0, 0], vocab_size=4)
ForCausalLMLoss(rows.softmax(-1), ids[:, 0, 0], vocab_size=4)  # LL101
""",
    "pytorch_toolbelt": """
from pytorch_toolbelt.losses import BinaryFocalLoss, LovaszLoss

LovaszLoss()(logits, ids)  # LL104
LovaszLoss()(probs, ids)
BinaryFocalLoss()(apart, hot)  # LL101
""",
    "pytorch_metric_learning": """
from pytorch_metric_learning.losses import TripletMarginLoss

TripletMarginLoss()(rows, ids[:, 0, 0])
TripletMarginLoss()(rows.detach(), ids[:, 0, 0]).backward()  # LL401
""",
    "torchmetrics": """
from torchmetrics.functional import kl_divergence

kl_divergence(probs.mean((2, 3)), rows.softmax(1))
kl_divergence(hot.mean((2, 3)), rows)  # LL104
""",
}


@pytest.mark.parametrize("library", LIBRARIES)
def test_rules_see_the_losses_of(library: str, tmp_path: Path) -> None:
    assert_found(tmp_path, {"train.py": SETUP + LIBRARIES[library]})


def test_a_criterion_is_followed_to_its_call(tmp_path: Path) -> None:
    assert_found(
        tmp_path,
        {
            "train.py": """from monai.losses import DiceLoss
from monai.networks.nets import UNet


class Trainer:
    def __init__(self):
        self.net = UNet(spatial_dims=2, in_channels=1, out_channels=2, channels=(4, 8), strides=(2,))
        self.criterion = DiceLoss(sigmoid=True)

    def step(self, images, masks):
        outputs = self.net(images)
        self.criterion(outputs.sigmoid(), masks)  # LL101
        return self.criterion(outputs, masks)
"""
        },
    )


def test_a_librarys_own_code_is_its_own_affair(tmp_path: Path) -> None:
    """Where the library itself is checked, its classes are the program's: what they do inside says what they take."""
    assert_found(
        tmp_path,
        {
            "monai/__init__.py": "",
            "monai/losses/__init__.py": "from monai.losses.dice import DiceLoss\n",
            "monai/losses/dice.py": """import torch
from torch import nn


class DiceLoss(nn.Module):
    def __init__(self, sigmoid=False):
        super().__init__()
        self.sigmoid = sigmoid

    def forward(self, input, target):
        if self.sigmoid:
            input = torch.sigmoid(input)
        return 1 - (2 * (input * target).sum() + 1e-5) / (input.sum() + target.sum() + 1e-5)
""",
            "tests/test_dice.py": """import torch
from monai.losses import DiceLoss


def test_values():
    DiceLoss(sigmoid=True)(torch.rand(2, 1, 4, 4).sigmoid(), torch.ones(2, 1, 4, 4))
""",
        },
    )


LOOPS = {
    "ignite": """
from ignite.engine import create_supervised_trainer

create_supervised_trainer(net, optimizer, DiceLoss(sigmoid=True))
create_supervised_trainer(net, optimizer, DiceLoss())  # LL104
create_supervised_trainer(net, optimizer, loss_fn=DiceLoss(), model_transform=torch.sigmoid)
""",
    "monai": """
from monai.engines import SupervisedTrainer
from monai.inferers import SimpleInferer

SupervisedTrainer(device, 5, loader, net, optimizer, DiceLoss(sigmoid=True))
SupervisedTrainer(device, 5, loader, network=net, optimizer=optimizer, loss_function=DiceLoss())  # LL104
SupervisedTrainer(device, 5, loader, net, optimizer, DiceLoss(), inferer=SimpleInferer())  # LL104
SupervisedTrainer(device, 5, loader, network=net, optimizer=optimizer, loss_function=opaque())
SupervisedTrainer(device, 5, loader, net, optimizer, DiceLoss(), inferer=opaque())
SupervisedTrainer(device, 5, loader, opaque(), optimizer, DiceLoss())
""",
}


@pytest.mark.parametrize("library", LOOPS)
def test_the_loop_of(library: str, tmp_path: Path) -> None:
    """A trainer that is handed a model and a loss calls the one with the output of the other."""
    setup = """import torch
from monai.losses import DiceLoss
from monai.networks.nets import UNet

net = UNet(spatial_dims=2, in_channels=1, out_channels=2, channels=(4, 8), strides=(2,))
"""
    assert_found(tmp_path, {"train.py": setup + LOOPS[library]})
