"""Forward hooks: what they return takes the place of what their module is given, or gives. torch tells what is right."""

from __future__ import annotations

from pathlib import Path

import pytest
from routes import HEADER, assert_found, found, write

from losslint.static.project import check_paths

NET = """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(4, 3)

    def forward(self, x):
        return self.fc(x)

def soft(module, args, output):
    return output.softmax(1)

def look(module, args, output):
    seen.append(output)

seen = []
net = Net()
"""
LOSS = "x, y = torch.randn(2, 4), torch.tensor([0, 1])\nF.cross_entropy(net(x), y)\n"
WRONG = {
    "on the model": "net.register_forward_hook(soft)",
    "on a layer": "net.fc.register_forward_hook(soft)",
    "a lambda, by keyword": "net.register_forward_hook(hook=lambda module, args, output: output.softmax(1))",
    "after one that only looks": "net.register_forward_hook(look)\nnet.register_forward_hook(soft)",
    "put before another": "net.register_forward_hook(look)\nnet.register_forward_hook(soft, prepend=True)",
    "with keywords": "net.register_forward_hook(lambda module, args, kwargs, output: output.softmax(1), with_kwargs=True)",
    "what a hook kept": "net.register_forward_hook(soft)\nnet.fc.register_forward_hook(look)\nnet(torch.randn(2, 4))\n"
    "net = nn.Softmax(1)\nnet.register_forward_pre_hook(lambda module, args: seen[0])",
    "on a sequence": "net = nn.Sequential(nn.Linear(4, 3), nn.Identity())\nnet[1].register_forward_hook(soft)",
    "what is given to a softmax": "net = nn.Softmax(1)\nnet.register_forward_pre_hook(lambda module, args: (args[0][:, :3],))",
    "another is removed": "handle = net.register_forward_hook(look)\nnet.register_forward_hook(soft)\nhandle.remove()",
}
RIGHT = {
    "one that only looks": "net.register_forward_hook(look)",
    "removed": "handle = net.register_forward_hook(soft)\nhandle.remove()",
    "what is given to a layer": "net.fc.register_forward_pre_hook(lambda module, args: args[0].softmax(1))",
    "logits of probabilities": "net.register_forward_hook(soft)\n"
    "net.register_forward_hook(lambda module, args, output: output.log())\n"
    "net.register_forward_hook(lambda module, args, output: output + 3)",
    "forward by its name runs none": "net.register_forward_hook(soft)\nnet = net.forward",
    "what a hook kept": "net.register_forward_hook(soft)\nnet.fc.register_forward_hook(look)\nnet(torch.randn(2, 4))\n"
    "net = nn.Identity()\nnet.register_forward_pre_hook(lambda module, args: seen[0])",
}


@pytest.mark.parametrize(("hooks", "wrong"), [(one, True) for one in WRONG.values()] + [(one, False) for one in RIGHT.values()])
def test_hooks_are_followed_as_torch_runs_them(hooks: str, wrong: bool, tmp_path: Path) -> None:
    torch = pytest.importorskip("torch")
    text = HEADER + NET + hooks + "\n" + LOSS
    scope: dict[str, object] = {}
    exec(text, scope)  # the judge: whether the loss is given probabilities
    rows = scope["net"](scope["x"]).sum(1)  # type: ignore[operator]
    assert bool(torch.allclose(rows, torch.ones(2))) == wrong
    write(tmp_path, {"main.py": text})
    line = len(text.splitlines())
    assert found(tmp_path) == ({("main.py", line, "LL101")} if wrong else set())


def test_a_hook_in_a_class_and_one_that_a_condition_adds(tmp_path: Path) -> None:
    text = HEADER + NET.replace("self.fc = nn.Linear(4, 3)", "self.fc = nn.Linear(4, 3)\n        [HOOK]") + LOSS
    sure = (
        "self.fc.register_forward_hook(self.soft)\n\n    def soft(self, module, args, output):\n        return output.softmax(1)"
    )
    assert_found(tmp_path, {"main.py": text.replace("[HOOK]", sure).rstrip() + "  # LL101\n"})
    unsure = "if torch.randn(1) > 0: self.register_forward_hook(soft)"
    write(tmp_path, {"main.py": text.replace("[HOOK]", unsure)})
    (unsure_finding,) = [one for one in check_paths([str(tmp_path)]).findings if one.code == "LL101"]
    assert unsure_finding.certainty == "possible"


def test_a_hook_that_is_not_known_may_return_anything(tmp_path: Path) -> None:
    hook = "from somewhere import hook\nnet.register_forward_hook(hook)\n"
    write(tmp_path, {"main.py": HEADER + NET + hook + LOSS.replace("cross_entropy", "nll_loss")})
    assert found(tmp_path) == set()
