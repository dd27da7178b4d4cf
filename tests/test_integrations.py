"""The callbacks, driven as their frameworks drive them: by a stand-in, and by the real one where it is installed."""

from __future__ import annotations

import copy
import importlib
import json
import pickle
import sys
import types
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch")

from losslint.runtime.entries import patched  # noqa: E402

F, nn = torch.nn.functional, torch.nn


class Callback:
    """Stands where the frameworks' base classes stand."""


def wrong_step(net: Any) -> Any:
    loss = F.cross_entropy(torch.softmax(net(torch.randn(8, 4)), 1), torch.randint(3, (8,)))
    loss.backward()
    return loss


@pytest.fixture
def integration(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Iterator[Any]:
    """The module of an integration over a stand-in of the library that the test's parameter names."""
    library = request.param
    for name in ("lightning", "lightning.pytorch", "pytorch_lightning", "transformers"):
        monkeypatch.setitem(sys.modules, name, None)
    stand_in = types.ModuleType(library)
    stand_in.Callback = stand_in.TrainerCallback = Callback  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, library, stand_in)
    name = "transformers" if library == "transformers" else "lightning"
    sys.modules.pop(f"losslint.integrations.{name}", None)
    yield importlib.import_module(f"losslint.integrations.{name}")
    del sys.modules[f"losslint.integrations.{name}"]
    assert patched() == ()


def drive(callback: Any, *, first: bool = True, fails: bool = False) -> None:
    """What a trainer calls, in its order."""
    net = nn.Linear(4, 3)
    if hasattr(callback, "on_train_begin"):
        state = types.SimpleNamespace(is_world_process_zero=first)
        callback.on_train_begin(None, state, None, model=net)
        wrong_step(net)
        callback.on_train_end(None, state, None, model=net)
        return
    trainer = types.SimpleNamespace(is_global_zero=first)
    callback.setup(trainer, net, stage="fit")
    wrong_step(net)
    if fails:
        callback.on_exception(trainer, net, ValueError())
    callback.teardown(trainer, net, stage="fit")


EVERY = pytest.mark.parametrize("integration", ["lightning.pytorch", "pytorch_lightning", "transformers"], indirect=True)


@EVERY
def test_the_watch_lasts_as_long_as_the_training(integration: Any, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    callback = integration.LosslintCallback(output_file=str(tmp_path / "r.json"))
    assert isinstance(callback, Callback) and patched() == ()
    drive(callback)
    assert patched() == ()
    err = capsys.readouterr().err
    assert "LL101 [error]" in err and "Found 1 error at 1 of 1 call site (1 loss call watched)" in err
    assert [finding.code for finding in callback.report.proven] == ["LL101"]
    assert json.loads((tmp_path / "r.json").read_text())["calls"] == 1
    F.cross_entropy(torch.zeros(2, 3), torch.zeros(2, dtype=torch.long))
    assert callback.report.calls == 1


@EVERY
def test_other_processes_print_nothing(integration: Any, capsys: pytest.CaptureFixture[str]) -> None:
    drive(integration.LosslintCallback(), first=False)
    assert capsys.readouterr().err == ""


@EVERY
def test_it_can_be_copied_and_pickled_before_and_used_again(integration: Any) -> None:
    callback = pickle.loads(pickle.dumps(copy.deepcopy(integration.LosslintCallback("warn"))))
    with pytest.warns(UserWarning, match="LL101"):
        drive(callback)
    with pytest.warns(UserWarning, match="LL101"):
        drive(callback)
    assert callback.report.calls == 1


@pytest.mark.parametrize("integration", ["lightning.pytorch"], indirect=True)
def test_a_failure_is_told_once(integration: Any, capsys: pytest.CaptureFixture[str]) -> None:
    drive(integration.LosslintCallback(), first=False, fails=True)
    assert capsys.readouterr().err.count("Found 1 error") == 1


@pytest.mark.parametrize("name", ["lightning", "transformers"])
def test_without_the_library_one_line_says_what_to_install(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    for library in ("lightning", "lightning.pytorch", "pytorch_lightning", "transformers"):
        monkeypatch.setitem(sys.modules, library, None)
    sys.modules.pop(f"losslint.integrations.{name}", None)
    with pytest.raises(ModuleNotFoundError, match=f"needs {name}: pip install {name}"):
        importlib.import_module(f"losslint.integrations.{name}")


def test_with_lightning_itself(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    lightning = pytest.importorskip("lightning.pytorch")
    from losslint.integrations.lightning import LosslintCallback

    class Model(lightning.LightningModule):  # type: ignore[name-defined,misc]
        def __init__(self) -> None:
            super().__init__()
            self.net = nn.Linear(4, 3)

        def training_step(self, batch: Any, index: int) -> Any:
            features, labels = batch
            return F.cross_entropy(torch.softmax(self.net(features), 1), labels)

        def configure_optimizers(self) -> Any:
            return torch.optim.SGD(self.parameters(), lr=0.1)

    callback = LosslintCallback()
    data = torch.utils.data.TensorDataset(torch.randn(24, 4), torch.randint(3, (24,)))
    trainer = lightning.Trainer(
        max_epochs=2,
        accelerator="cpu",
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        default_root_dir=tmp_path,
        callbacks=[callback],
    )
    trainer.fit(Model(), torch.utils.data.DataLoader(data, batch_size=8))
    assert callback.report.calls == 6
    assert [finding.code for finding in callback.report.proven] == ["LL101"]
    assert callback.report.proven[0].place.filename == __file__
    assert "LL101 [error]" in capfd.readouterr().err


def test_with_transformers_itself(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    transformers = pytest.importorskip("transformers")
    pytest.importorskip("accelerate")
    from losslint.integrations.transformers import LosslintCallback

    class Trainer(transformers.Trainer):  # type: ignore[name-defined,misc]
        def compute_loss(self, model: Any, inputs: Any, return_outputs: bool = False, **given: Any) -> Any:
            scores = model(inputs["x"])
            loss = F.cross_entropy(torch.softmax(scores, 1), inputs["labels"])
            return (loss, scores) if return_outputs else loss

    class Net(nn.Module):  # type: ignore[misc,name-defined]
        def __init__(self) -> None:
            super().__init__()
            self.net = nn.Linear(4, 3)

        def forward(self, x: Any, labels: Any = None) -> Any:
            return self.net(x)

    callback = LosslintCallback()
    data = [{"x": torch.randn(4), "labels": torch.tensor(at % 3)} for at in range(16)]
    arguments = transformers.TrainingArguments(
        str(tmp_path), max_steps=3, per_device_train_batch_size=8, report_to=[], use_cpu=True, save_strategy="no"
    )
    Trainer(model=Net(), args=arguments, train_dataset=data, callbacks=[callback]).train()
    assert callback.report.calls == 3
    assert [finding.code for finding in callback.report.proven] == ["LL101"]
    assert callback.report.proven[0].place.filename == __file__
    assert "LL101 [error]" in capfd.readouterr().err
