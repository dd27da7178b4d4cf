"""Drop-in losses and wrapped ones: torch's in everything but that their calls are checked."""

from __future__ import annotations

import copy
import functools
import io
import pickle
from collections.abc import Iterator
from typing import Any

import pytest

torch = pytest.importorskip("torch")

import losslint.runtime  # noqa: E402
from losslint.errors import ConfigError, LossMisuse, LossMisuseWarning  # noqa: E402
from losslint.runtime import losses, release, report, watch, wrap  # noqa: E402
from losslint.runtime.entries import patched  # noqa: E402

nn, F = torch.nn, torch.nn.functional
ARGUMENTS: dict[str, tuple[Any, ...]] = {
    "AdaptiveLogSoftmaxWithLoss": (4, 6, [3]),
    "LinearCrossEntropyLoss": (4, 5),
}
NAMES = losses.__all__
every_loss = pytest.mark.parametrize("name", NAMES)


@pytest.fixture(autouse=True)
def alone(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.delenv("LOSSLINT_ON", raising=False)
    yield
    release()


def pair(name: str) -> tuple[Any, Any]:
    """The drop-in loss and torch's own, with the same parameters."""
    torch.manual_seed(0)
    watched = getattr(losslint.runtime, name)(*ARGUMENTS.get(name, ()))
    torch.manual_seed(0)
    return watched, getattr(nn, name)(*ARGUMENTS.get(name, ()))


def probabilities() -> tuple[Any, Any]:
    torch.manual_seed(0)
    return torch.randn(8, 5, requires_grad=True).softmax(1), torch.randint(5, (8,))


def test_every_loss_of_torch_has_one() -> None:
    bases = {"_Loss", "_WeightedLoss"}
    assert {name for name in dir(nn) if name.endswith("Loss") and name not in bases} <= set(NAMES)
    with pytest.raises(AttributeError, match="has no attribute 'FocalLoss'"):
        _ = losslint.runtime.FocalLoss  # type: ignore[attr-defined]


@pytest.mark.filterwarnings("ignore")
@every_loss
def test_it_is_torchs(name: str) -> None:
    watched, plain = pair(name)
    assert isinstance(watched, getattr(nn, name)) and type(watched) is not type(plain)
    assert repr(watched) == repr(plain)
    assert watched.state_dict().keys() == plain.state_dict().keys()
    for protocol in range(2, pickle.HIGHEST_PROTOCOL + 1):
        assert type(pickle.loads(pickle.dumps(watched, protocol))) is type(plain)


@pytest.mark.filterwarnings("ignore")
@every_loss
def test_copies_stay_watched(name: str) -> None:
    watched, _ = pair(name)
    for twin in (copy.deepcopy(watched), copy.copy(watched)):
        assert type(twin) is type(watched) and repr(twin) == repr(watched)


def test_checkpoints_are_those_of_the_original() -> None:
    watched, plain = losslint.runtime.CrossEntropyLoss(torch.ones(5)), nn.CrossEntropyLoss(torch.ones(5))
    for loss in (watched, plain):
        stream = io.BytesIO()
        torch.save(loss, stream)
        stream.seek(0)
        loaded = torch.load(stream, weights_only=False)
        assert type(loaded) is nn.CrossEntropyLoss and torch.equal(loaded.weight, torch.ones(5))
    watched.load_state_dict(plain.state_dict())
    assert watched.double().weight.dtype == torch.float64


def test_only_their_calls_are_seen() -> None:
    p, y = probabilities()
    criterion = losslint.runtime.CrossEntropyLoss()
    F.cross_entropy(p, y)
    nn.CrossEntropyLoss()(p, y)
    assert report().calls == 0
    with pytest.warns(LossMisuseWarning, match="LL101") as record:
        for _ in range(2):
            criterion(p, y)
    assert [warning.filename for warning in record] == [__file__]
    assert report().calls == 2
    assert {finding.code for finding in report().proven} == {"LL101"}


def test_a_watch_that_sees_everything_sees_them_alone() -> None:
    p, y = probabilities()
    criterion = losslint.runtime.CrossEntropyLoss()
    with watch() as seen:
        criterion(p, y)
    assert (seen.calls, report().calls) == (1, 0)


def test_constructor_misuse() -> None:
    with pytest.warns(LossMisuseWarning, match="LL502"):
        losslint.runtime.MSELoss("sum")


def test_the_environment_decides(monkeypatch: pytest.MonkeyPatch) -> None:
    p, y = probabilities()
    monkeypatch.setenv("LOSSLINT_ON", "raise")
    with pytest.raises(LossMisuse):
        losslint.runtime.CrossEntropyLoss()(p, y)
    with pytest.raises(LossMisuse), watch(on="collect"):
        F.cross_entropy(p, y)
    release()
    monkeypatch.setenv("LOSSLINT_ON", "off")
    losslint.runtime.CrossEntropyLoss()(p, y)
    assert patched() == ()
    monkeypatch.setenv("LOSSLINT_ON", "loud")
    with pytest.raises(ConfigError, match="LOSSLINT_ON=loud is not one of"), watch():
        pass


class Focal(nn.Module):
    """A loss of the user's own."""

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("alpha", torch.ones(5))

    def forward(self, input: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
        return F.cross_entropy(input, target, self.alpha)


def test_wrap_a_module_of_torch() -> None:
    p, y = probabilities()
    plain = nn.CrossEntropyLoss(torch.ones(5))
    watched = wrap(plain)
    assert isinstance(watched, losslint.runtime.CrossEntropyLoss) and watched is not plain
    assert watched.weight is plain.weight and repr(watched) == repr(plain)
    assert type(pickle.loads(pickle.dumps(watched))) is nn.CrossEntropyLoss
    with pytest.warns(LossMisuseWarning, match="LL101"):
        watched(p, y)
    plain(p, y)
    assert report().calls == 1 and wrap(watched) is watched


def test_wrap_a_loss_of_ones_own() -> None:
    p, y = probabilities()
    plain = Focal()
    watched = wrap(plain)
    assert isinstance(watched, Focal) and type(pickle.loads(pickle.dumps(watched))) is Focal
    with pytest.warns(LossMisuseWarning, match="LL101") as record:
        watched(p, y)
    assert record[0].lineno == Focal.forward.__code__.co_firstlineno + 1
    plain(p, y)
    assert report().calls == 1
    assert torch.equal(copy.deepcopy(watched).alpha, plain.alpha)


def test_wrap_a_function() -> None:
    p, y = probabilities()
    watched = wrap(functools.partial(F.cross_entropy, reduction="sum"))
    named = wrap(F.cross_entropy)
    assert named.__name__ == "cross_entropy"
    with pytest.warns(LossMisuseWarning, match="LL101") as record:
        watched(p, y)
        named(p, y)
    assert [warning.filename for warning in record] == [__file__] * 2
    for wrong in (3, torch.ones(2), nn.MSELoss):
        with pytest.raises(TypeError, match="wrap takes a loss, a module or a function"):
            wrap(wrong)  # type: ignore[type-var]


def test_they_compile_script_and_export() -> None:
    x, y = torch.randn(8, 5), torch.randint(5, (8,))
    for criterion in (losslint.runtime.CrossEntropyLoss(), wrap(Focal())):
        torch._dynamo.reset()
        plain = criterion(x, y)
        assert torch.equal(torch.compile(criterion, backend="eager", fullgraph=True)(x, y), plain)
        assert torch.equal(torch.export.export(criterion, (x, y)).module()(x, y), plain)
        assert torch.equal(torch.jit.script(criterion)(x, y), plain)


def test_a_subclass_of_a_drop_in_is_pickled_as_itself() -> None:
    p, y = probabilities()
    mine = Mine(reduction="sum")
    assert type(pickle.loads(pickle.dumps(mine))) is Mine and type(copy.deepcopy(mine)) is Mine
    with pytest.warns(LossMisuseWarning, match="LL101"):
        mine(p, y)


class Mine(losslint.runtime.CrossEntropyLoss):  # type: ignore[misc]
    pass
