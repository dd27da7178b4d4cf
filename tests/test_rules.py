"""Rules on calls made by hand that violate them, perhaps violate them, and don't: what no fixture can make or only just makes.

What each of them says stands in `tests/messages`. A rule needs no call here: its fixture tries it, see `test_fixture_calls.py`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from loss_calls import call, facts

from losslint.calls import LossCall, Passed, Past, Use
from losslint.checking import check
from losslint.facts import DOMAINS, DTYPES, EACH, UNKNOWN_AXIS, Domain, Facts, Kind, Range
from losslint.knowledge import contracts
from losslint.oneof import ANY, OneOf
from losslint.places import Place, Step
from losslint.rule import rules
from losslint.shapes import Shape
from losslint.tri import Tri

P, M, N = "possible", "obligation", ""
Y = "proven"
T = facts()
F32 = facts(dtype="float32")
F64 = facts(dtype="float64", shape=(8,))
IDS = facts("class_index", dtype="int64", shape=(8,))
SCORES = facts("logits", dtype="float32", shape=(8, 10))
LIVE = facts(dtype="float32", shape=(8, 10), requires_grad=True)
TWICE = Domain("log_probs", 1, twice=True)
P_IN, P_IDS = Passed("input", 0, SCORES), Passed("target", 1, IDS)
CUT = (Step(Place("m.py", 3), "detach", cuts=True),)
GONE = facts(dtype="float32", shape=(8, 10), requires_grad=False, steps=CUT)
FIXED = facts(dtype="float32", shape=(8, 10), requires_grad=False)
PAST_ONE = Range(-2.0, 3.0, exact=True)
CLASSES_2_10 = OneOf.of(Shape((8, 2)), Shape((8, 10)))


def shaped(*dims: Any, dtype: str = "float32") -> Facts:
    return facts(dtype=dtype, shape=dims)


def ids(low: int, high: int, *more: int) -> Facts:
    return facts(dtype="int64", shape=(8, *more), range=Range(low, high, exact=True))


def summing(low: float, high: float) -> Facts:
    """Numbers in [0, 1] whose rows add up to these."""
    row = Range(low, high, exact=True)
    return facts("probs(1)", dtype="float32", shape=(8, 10), range=Range(0, 1, exact=True)).with_(sums=row)


def rows_of(low: float, high: float) -> Facts:
    """The same, of which nothing else is known."""
    return summing(low, high).with_(domain=ANY)


def on(*devices: str) -> Facts:
    return facts(dtype="float32", shape=(8, 10)).with_(device=OneOf(devices))


def under(autocast: str, loss: str, prediction: Facts = T) -> LossCall:
    return replace(call(loss, prediction, T), autocast=OneOf.of(autocast))


def used(kind: Any, **options: Any) -> LossCall:
    return replace(call("F.mse_loss", SCORES, SCORES, backward=Tri.YES, options=options), uses=(Use(kind),))


def named(loss: str, first: str, second: str, *known: Facts) -> LossCall:
    """A call whose arguments stand in the source as these texts."""
    made = call(loss, *known, *[T] * (2 - len(known)))
    return replace(made, passed=tuple(replace(one, text=text) for one, text in zip(made.passed, (first, second), strict=True)))


def gave(made: LossCall, low: float, high: float | None = None, shape: tuple[int, ...] = (), finite: bool = True) -> LossCall:
    """A call whose result was read."""
    span = Range(low, low if high is None else high, exact=True)
    return replace(made, result=facts(dtype="float32", shape=shape, range=span).with_(finite=OneOf.of(finite)))


def after(losses: tuple[float, float], inputs: tuple[float, float], read: int = 20, **options: Any) -> LossCall:
    """The last of several calls of a cross-entropy over 10 classes, whose floor is 1.461."""
    past = Past(read, Range(*inputs, exact=True), Range(*losses, exact=True))
    return replace(call("F.cross_entropy", SCORES, IDS, options=options), past=past)


def live(loss: str, text: str = "x", target: Facts = LIVE, frozen: Tri = Tri.NO, backward: Tri = Tri.YES) -> LossCall:
    made = call(loss, LIVE, target, backward=backward)
    return replace(made, frozen=frozen, passed=(made.passed[0], replace(made.passed[1], text=text)))


def note(text: str) -> Step:
    return Step(Place("m.py", 4), text)


def held(made: LossCall, name: str, known: Facts) -> LossCall:
    """With something that the module has from its construction."""
    return replace(made, passed=(*made.passed, Passed(name, None, known, held=True)))


def sized(made: LossCall, *dims: Any) -> LossCall:
    """With another shape of what is passed first."""
    first, *rest = made.passed
    return replace(made, passed=(replace(first, facts=first.facts.with_(shape=OneOf.of(Shape(dims)))), *rest))


def filled(*numbers: float) -> Facts:
    """Class ids that are padded with one of these."""
    return IDS.with_(padding=OneOf(float(number) for number in numbers))


LAST_LAYER = facts(shape=Shape((1,), open=True), steps=(Step(Place("m.py", 2), "output of `nn.Linear`"),))
LEAF = LIVE.with_(steps=(*CUT, Step(Place("m.py", 4), "wrapped in a new leaf", cuts=True)))
P_LIVE = Passed("target", 1, LIVE)
RANK_2_3 = OneOf.of(Shape((8, 10)), Shape((8, 5, 4)))
LIVE_ALONE = facts(requires_grad=True)
D64 = facts(dtype="float64", shape=(8, 5))
THIRTEEN = facts(kind="list").with_(range=Range(13, 13, exact=True))
ONE_OR_TWO = OneOf.of(Shape((8, 1)), Shape((8, 2)))
DIMLESS = (Step(Place("m.py", 3), "log_softmax without a dim"),)
NAN = facts(dtype="float32", shape=(8, 10)).with_(finite=OneOf.of(False))
CASES: list[tuple[str, str, LossCall]] = [
    ("LL402", Y, used("rewrapped")),
    ("LL402", N, used("backward")),
    ("LL404", Y, replace(call("F.mse_loss", SCORES, SCORES, backward=Tri.YES), grad_enabled=OneOf.of(False))),
    ("LL404", N, replace(call("F.mse_loss", SCORES, SCORES), grad_enabled=OneOf.of(False))),
    ("LL404", N, call("F.mse_loss", SCORES, SCORES, backward=Tri.YES)),
    ("LL405", Y, used("backward", reduction="none")),
    ("LL405", N, used("backward", reduction="mean")),
    ("LL405", N, call("F.mse_loss", SCORES, SCORES, options={"reduction": "none"})),
    ("LL406", Y, used("accumulated")),
    ("LL406", N, call("F.mse_loss", SCORES, SCORES, backward=Tri.YES)),
    ("LL409", Y, used("integer-total")),
    ("LL409", Y, used("empty-total")),
    ("LL409", N, used("accumulated")),
    ("LL512", Y, used("weighted", reduction="mean")),
    ("LL512", Y, used("modulated", reduction="sum")),
    ("LL512", Y, used("weighted")),
    ("LL512", P, used("weighted", reduction=OneOf.of("mean", "none"))),
    ("LL512", N, used("weighted", reduction="none")),
    ("LL512", N, used("weighted", reduction=ANY)),
    ("LL512", N, used("root", reduction="mean")),
    ("LL512", N, replace(used("modulated"), passed=(Passed("input", 0, shaped(1, 3)), Passed("target", 1, shaped(1))))),
    ("LL512", N, replace(used("modulated"), passed=(Passed("input", 0, shaped(1, 1)), P_IDS))),
    ("LL512", N, replace(used("weighted"), passed=(P_IN, P_IDS, Passed("reduce", None, T)))),
    ("LL101", Y, call("F.cross_entropy", facts("probs(1)"), T)),
    ("LL101", Y, call("nn.BCEWithLogitsLoss", facts("probs(each)"), T)),
    ("LL101", Y, call("nn.SoftMarginLoss", facts("probs"), T)),
    ("LL101", Y, call("F.cross_entropy", facts("probs(1)", "probs(0)"), T)),
    ("LL101", P, call("F.cross_entropy", facts("probs(1)", "logits"), T)),
    ("LL101", M, call("F.cross_entropy", T, T)),
    ("LL101", N, call("F.cross_entropy", facts(range=PAST_ONE), T)),
    ("LL101", N, call("F.cross_entropy", SCORES, T)),
    ("LL101", N, call("nn.NLLLoss", facts("probs(1)"), T)),
    ("LL101", N, call("nn.PoissonNLLLoss", facts("probs(1)"), T)),
    ("LL101", N, call("F.cross_entropy", facts("probs(1)", kind="ndarray"), T)),
    ("LL102", Y, call("F.nll_loss", SCORES, T)),
    ("LL102", Y, call("nn.CTCLoss", facts("rectified"), T, T, T)),
    ("LL102", Y, call("F.kl_div", facts("logits"), T)),
    ("LL102", Y, call("F.nll_loss", facts(range=Range(0.1, 0.9, exact=True)), T)),
    ("LL102", Y, call("F.nll_loss", facts(range=Range(low=0.5)), T)),
    ("LL102", P, call("F.nll_loss", facts("logits", "log_probs"), T)),
    ("LL102", M, call("F.nll_loss", T, T)),
    ("LL102", M, call("F.nll_loss", facts(range=Range(-3.0, -0.1, exact=True)), T)),
    ("LL102", N, call("F.nll_loss", facts("probs(1)", range=Range(0.1, 0.9, exact=True)), T)),
    ("LL102", N, call("F.nll_loss", facts("log_probs(1)"), T)),
    ("LL103", Y, call("F.nll_loss", facts("probs(1)"), T)),
    ("LL103", Y, call("nn.KLDivLoss", facts("probs(each)"), T)),
    ("LL103", P, call("F.nll_loss", facts("probs(1)", "log_probs(1)"), T)),
    ("LL103", M, call("F.nll_loss", T, T)),
    ("LL103", N, call("F.nll_loss", facts(range=PAST_ONE), T)),
    ("LL103", N, call("F.nll_loss", facts("log_probs(1)"), T)),
    ("LL103", N, call("F.kl_div", facts("log_probs(1)"), facts("probs(1)"), options={"log_target": True})),
    ("LL104", Y, call("F.binary_cross_entropy", SCORES, T)),
    ("LL104", Y, call("F.binary_cross_entropy", facts(range=PAST_ONE), T)),
    ("LL104", Y, call("F.kl_div", facts("log_probs(1)"), SCORES)),
    ("LL104", Y, call("F.kl_div", facts("log_probs(1)"), facts(range=PAST_ONE))),
    ("LL104", P, call("nn.BCELoss", facts("logits", "probs(each)"), facts("probs"))),
    ("LL104", M, call("nn.BCELoss", T, facts("probs"))),
    ("LL104", N, call("nn.BCELoss", facts(range=Range(0.0, 1.0)), facts("probs"))),
    ("LL104", N, call("nn.BCELoss", facts("probs(each)"), facts(range=Range(0.0, 255.0, exact=True)))),
    ("LL104", N, call("F.kl_div", facts("log_probs(1)"), SCORES, options={"log_target": True})),
    ("LL105", Y, call("F.cross_entropy", facts("log_probs(1)"), T)),
    ("LL105", Y, call("nn.BCEWithLogitsLoss", facts("log_probs(each)"), T)),
    ("LL105", P, call("F.cross_entropy", facts("log_probs(1)", "logits"), T)),
    ("LL105", M, call("F.cross_entropy", T, T)),
    ("LL105", N, call("F.cross_entropy", facts(range=PAST_ONE), T)),
    ("LL105", N, call("F.cross_entropy", facts("log_probs(0)", shape=(8, 10)), T)),
    ("LL106", Y, call("nn.BCELoss", facts("log_probs(each)"), facts("probs"))),
    ("LL106", Y, call("F.kl_div", facts("log_probs(1)"), facts("log_probs(1)"))),
    ("LL106", P, call("nn.BCELoss", facts("log_probs(1)", "probs(1)"), facts("probs"))),
    ("LL106", M, call("nn.BCELoss", T, facts("probs"))),
    ("LL106", M, call("F.kl_div", T, facts("log_probs(1)"), options={"log_target": ANY})),
    ("LL106", N, call("F.kl_div", T, facts("log_probs(1)"), options={"log_target": True})),
    ("LL201", Y, call("F.mse_loss", T, facts(kind="ndarray"))),
    ("LL201", Y, call("F.cross_entropy", T, facts(kind="list"))),
    ("LL201", Y, call("F.mse_loss", T, None)),
    ("LL201", P, call("F.mse_loss", T, Facts(kind=OneOf.of("tensor", "ndarray")))),
    ("LL201", M, call("F.mse_loss", T, facts(kind=None))),
    ("LL201", N, call("F.gaussian_nll_loss", T, T, 0.5)),
    ("LL201", N, call("F.ctc_loss", T, T, facts(kind="tuple"), facts(kind="list"))),
    ("LL201", N, call("F.cross_entropy", T, T, None)),
    ("LL201", N, call("F.mse_loss", T, T)),
    ("LL202", Y, call("F.nll_loss", SCORES, shaped(8, dtype="int32"))),
    ("LL202", Y, call("F.cross_entropy", SCORES, shaped(8))),
    ("LL202", Y, call("F.nll_loss", SCORES, shaped(8, 10))),
    ("LL202", Y, call("nn.BCELoss", T, facts(dtype="int64"))),
    ("LL202", Y, call("nn.BCEWithLogitsLoss", T, facts(dtype="bool"))),
    ("LL202", P, call("F.nll_loss", SCORES, facts(dtype=("int32", "int64"), shape=(8,)))),
    ("LL202", M, call("F.nll_loss", SCORES, facts(shape=(8,)))),
    ("LL202", M, call("F.cross_entropy", T, F32)),
    ("LL202", Y, call("F.cross_entropy", facts("logits"), shaped(8, 4, 4, dtype="uint8"))),
    ("LL202", N, call("F.cross_entropy", SCORES, shaped(8, dtype="uint8"))),
    ("LL202", N, call("F.cross_entropy", SCORES, shaped(8, 10))),
    ("LL202", N, call("F.cross_entropy", SCORES, IDS)),
    ("LL202", N, call("F.cross_entropy", SCORES, shaped(8, 10, dtype="int64"))),
    ("LL202", N, call("F.mse_loss", T, facts(dtype="int64"))),
    ("LL203", Y, call("F.mse_loss", F32, facts(dtype="int64"))),
    ("LL203", Y, call("nn.HuberLoss", F32, facts(dtype="int32"))),
    ("LL203", P, call("F.mse_loss", F32, facts(dtype=("int64", "float32")))),
    ("LL203", M, call("F.mse_loss", F32, T)),
    ("LL203", N, call("F.mse_loss", F32, F32)),
    ("LL203", N, call("F.mse_loss", F32, facts(dtype="int64", kind="ndarray"))),
    ("LL203", N, call("F.poisson_nll_loss", F32, facts(dtype="int64"))),
    ("LL204", Y, call("F.cross_entropy", SCORES, shaped(8, 10, dtype="int64"))),
    ("LL204", Y, call("F.cross_entropy", T, facts("one_hot(1)", dtype="int64"))),
    ("LL204", P, call("F.cross_entropy", T, facts("one_hot(1)", "class_index", dtype="int64"))),
    ("LL204", M, call("F.cross_entropy", T, T)),
    ("LL204", N, call("F.cross_entropy", SCORES, facts("one_hot(1)", dtype="float32", shape=(8, 10)))),
    ("LL204", N, call("F.cross_entropy", T, facts("one_hot(-1)", dtype="float32"))),
    ("LL204", N, call("F.cross_entropy", SCORES, IDS)),
    ("LL206", Y, call("F.cross_entropy", IDS, IDS)),
    ("LL206", Y, call("F.mse_loss", facts("class_index", dtype="float32"), F32, backward=Tri.YES)),
    ("LL206", P, call("F.mse_loss", facts("class_index", dtype="float32"), F32)),
    ("LL206", N, call("F.mse_loss", facts("class_index", dtype="float32"), F32, backward=Tri.NO)),
    ("LL206", Y, call("F.mse_loss", facts(dtype="bool"), F32)),
    ("LL206", P, call("F.mse_loss", facts(dtype=("int64", "float32")), F32)),
    ("LL206", M, call("F.mse_loss", T, F32)),
    ("LL206", N, call("F.mse_loss", F32, F32)),
    ("LL301", Y, call("F.mse_loss", shaped(8, 1), shaped(8))),
    ("LL301", Y, call("F.mse_loss", shaped("N", 1), shaped("N"))),
    ("LL301", Y, call("F.poisson_nll_loss", shaped(8), shaped(8, 1))),
    ("LL301", P, call("F.mse_loss", shaped(8, 1), Facts(shape=OneOf.of(Shape((8,)), Shape((8, 1)))))),
    ("LL301", M, call("F.mse_loss", shaped("N", 1), shaped("M", 1))),
    ("LL301", Y, call("F.mse_loss", facts(shape=Shape((1,), open=True)), shaped("N"))),
    ("LL301", M, call("F.mse_loss", T, T)),
    ("LL301", N, call("F.mse_loss", shaped(8, 1), shaped(8, 1))),
    ("LL301", N, call("F.mse_loss", shaped(8, 1), shaped())),
    ("LL301", N, call("F.mse_loss", shaped(8, 2), shaped(8, 3))),
    ("LL301", N, call("nn.BCELoss", shaped(8, 1), shaped(8))),
    ("LL301", P, call("F.mse_loss", shaped(8, 1, 3), shaped(1, 5, 3), options={"reduction": "none"})),
    ("LL301", Y, call("F.mse_loss", shaped(8, 1), shaped(8), options={"reduction": "none"})),
    ("LL302", Y, call("F.cross_entropy", shaped(8, 5, 10), shaped(8, 5, dtype="int64"))),
    ("LL302", Y, call("F.cross_entropy", shaped("N", "L", "C"), shaped("N", "L", dtype="int64"))),
    ("LL302", M, call("F.cross_entropy", shaped("N", "L", "C"), shaped("N", "M", dtype="int64"))),
    ("LL302", M, call("F.cross_entropy", T, T)),
    ("LL302", N, call("F.cross_entropy", shaped(8, 10, 5), shaped(8, 5, dtype="int64"))),
    ("LL302", N, call("F.cross_entropy", shaped(8, 10, 10), shaped(8, 10, dtype="int64"))),
    ("LL302", N, call("F.cross_entropy", SCORES, IDS)),
    ("LL303", Y, call("nn.BCELoss", shaped(8, 1), shaped(8))),
    ("LL303", Y, call("F.mse_loss", shaped(8, 2), shaped(8, 3))),
    ("LL303", Y, call("F.cross_entropy", SCORES, shaped(8, 1, dtype="int64"))),
    ("LL303", Y, call("F.cross_entropy", SCORES, shaped(4, dtype="int64"))),
    ("LL303", P, call("nn.BCELoss", shaped(8, 1), Facts(shape=OneOf.of(Shape((8,)), Shape((8, 1)))))),
    ("LL303", M, call("nn.BCELoss", shaped("N", 1), shaped("M", 1))),
    ("LL303", M, call("nn.BCELoss", T, T)),
    ("LL303", N, call("F.cross_entropy", SCORES, IDS)),
    ("LL303", N, call("F.cross_entropy", SCORES, shaped(8, 10))),
    ("LL303", N, call("F.cross_entropy", shaped(10), shaped(dtype="int64"))),
    ("LL303", N, call("F.cross_entropy", shaped(8, 5, 10), shaped(8, 5, dtype="int64"))),
    ("LL303", N, call("F.mse_loss", shaped(8, 1), shaped(8))),
    ("LL401", Y, call("F.mse_loss", GONE, FIXED, backward=Tri.YES)),
    ("LL401", Y, call("F.cross_entropy", GONE, IDS, backward=Tri.YES)),
    ("LL401", P, call("F.mse_loss", GONE, F32, backward=Tri.YES)),
    ("LL401", M, call("F.mse_loss", GONE, FIXED)),
    ("LL401", N, call("F.mse_loss", GONE, FIXED, backward=Tri.NO)),
    ("LL401", N, call("F.mse_loss", FIXED, FIXED, backward=Tri.YES)),
    ("LL401", N, call("F.mse_loss", GONE, facts(requires_grad=True), backward=Tri.YES)),
    ("LL501", Y, call("new nn.CrossEntropyLoss", SCORES, IDS)),
    ("LL501", Y, call("new nn.CrossEntropyLoss", SCORES)),
    ("LL501", Y, call("new nn.MSELoss", F32, F32)),
    ("LL501", P, call("new nn.MSELoss", Facts(kind=OneOf.of("tensor", "none")))),
    ("LL501", M, call("new nn.MSELoss", Facts())),
    ("LL501", N, call("new nn.CrossEntropyLoss", shaped(10))),
    ("LL501", N, call("new nn.MSELoss", reduction="sum")),
    ("LL502", Y, call("new nn.MSELoss", "sum")),
    ("LL502", Y, call("new nn.SmoothL1Loss", 0.5)),
    ("LL502", Y, call("F.gaussian_nll_loss", T, T, T, "sum")),
    ("LL502", P, call("new nn.MSELoss", OneOf.of("sum", None))),
    ("LL502", M, call("new nn.MSELoss", Facts())),
    ("LL502", N, call("new nn.MSELoss", None, None, "sum")),
    ("LL502", N, call("new nn.MSELoss", reduction="sum")),
    ("LL502", N, call("new nn.MSELoss", False)),
    ("LL503", Y, call("new nn.MSELoss", False)),
    ("LL503", Y, call("F.mse_loss", T, T, reduce=True)),
    ("LL503", Y, call("new nn.MSELoss", reduction="elementwise_mean")),
    ("LL503", P, call("new nn.MSELoss", size_average=OneOf.of(True, None))),
    ("LL503", M, call("new nn.MSELoss", size_average=ANY)),
    ("LL503", N, call("new nn.MSELoss", size_average=None)),
    ("LL503", N, call("new nn.MSELoss", "sum")),
    ("LL503", Y, call("F.mse_loss", T, T, reduce="none")),
    ("LL503", Y, call("new nn.MSELoss", size_average="sum")),
    ("LL503", N, call("nn.MSELoss", T, T, options={"size_average": False})),
    ("LL504", Y, call("F.mse_loss", T, T, reduction="avg")),
    ("LL504", Y, call("new nn.MSELoss", reduction="batchmean")),
    ("LL504", P, call("new nn.MSELoss", reduction=OneOf.of("sum", "avg"))),
    ("LL504", M, call("new nn.MSELoss", reduction=ANY)),
    ("LL504", N, call("new nn.KLDivLoss", reduction="batchmean")),
    ("LL504", N, call("nn.MSELoss", T, T, options={"reduction": "avg"})),
    ("LL506", Y, call("F.kl_div", T, T)),
    ("LL506", Y, call("new nn.KLDivLoss", reduction="mean")),
    ("LL506", P, call("new nn.KLDivLoss", reduction=OneOf.of("mean", "sum"))),
    ("LL506", M, call("new nn.KLDivLoss", reduction=ANY)),
    ("LL506", N, call("nn.KLDivLoss", T, T)),
    ("LL506", N, call("new nn.KLDivLoss", reduction="batchmean")),
    ("LL506", N, call("new nn.MSELoss")),
    ("LL111", Y, call("F.cross_entropy", facts("rectified"), T)),
    ("LL111", P, call("F.cross_entropy", facts("rectified", "logits"), T)),
    ("LL111", M, call("F.cross_entropy", T, T)),
    ("LL111", N, call("F.cross_entropy", facts(range=PAST_ONE), T)),
    ("LL111", N, call("F.mse_loss", facts("rectified"), T)),
    ("LL112", Y, call("F.cross_entropy", shaped(8, 1), T)),
    ("LL112", P, call("F.cross_entropy", Facts(shape=OneOf.of(Shape((8, 1)), Shape((8, 2)))), T)),
    ("LL112", M, call("F.cross_entropy", facts(shape=Shape((1,), open=True)), T)),
    ("LL112", N, call("F.cross_entropy", shaped(8, 2, 1), T)),
    ("LL112", N, call("F.mse_loss", shaped(8, 1), shaped(8, 1))),
    ("LL107", Y, call("F.kl_div", T, facts("probs(1)"), options={"log_target": True})),
    ("LL107", Y, call("nn.KLDivLoss", T, facts("probs(each)"), options={"log_target": True})),
    ("LL107", P, call("nn.KLDivLoss", T, facts("probs(1)", "log_probs(1)"), options={"log_target": True})),
    ("LL107", M, call("F.kl_div", T, T, options={"log_target": True})),
    ("LL107", M, call("F.kl_div", T, facts("probs(1)"), options={"log_target": ANY})),
    ("LL107", N, call("F.kl_div", T, facts("probs(1)"))),
    ("LL107", N, call("F.kl_div", facts("probs(1)"), facts("log_probs(1)"), options={"log_target": True})),
    ("LL115", Y, call("nn.BCELoss", facts("probs(1)", shape=(8, 10)), T)),
    ("LL115", Y, call("F.binary_cross_entropy", facts("probs(-1)", shape=(8, 1)), T)),
    ("LL115", P, call("nn.BCELoss", facts("probs(1)", "probs(each)", shape=(8, 10)), T)),
    ("LL115", P, call("nn.BCELoss", Facts(OneOf.of("tensor"), OneOf.of(Domain("probs", 1)), shape=CLASSES_2_10), T)),
    ("LL115", Y, call("nn.BCELoss", facts("probs(1)"), T)),
    ("LL115", Y, call("nn.BCELoss", facts("probs(1)", shape=("N", "C")), T)),
    ("LL115", M, call("nn.BCELoss", facts("probs"), T)),
    ("LL115", M, call("nn.BCELoss", T, T)),
    ("LL115", N, call("nn.BCELoss", facts("probs(1)", shape=(8, 2)), T)),
    ("LL115", N, call("nn.BCELoss", facts("probs(each)", shape=(8, 10)), T)),
    ("LL115", N, call("nn.BCEWithLogitsLoss", facts("probs(1)", shape=(8, 10)), T)),
    ("LL109", Y, call("F.nll_loss", facts("log_probs(0)", shape=(8, 10)), IDS)),
    ("LL109", Y, call("F.cross_entropy", facts("log_probs(0)", shape=(8, 10)), IDS)),
    ("LL109", Y, call("F.nll_loss", facts("log_probs(3)", shape=(8, 10, 4, 4)), T)),
    ("LL109", Y, call("F.kl_div", facts("log_probs(1)", shape=(8, 10)), facts("probs(0)", shape=(8, 10)))),
    ("LL109", P, call("F.nll_loss", facts("log_probs(0)", "log_probs(1)", shape=(8, 10)), IDS)),
    ("LL109", M, call("F.nll_loss", facts("log_probs(0)"), T)),
    ("LL109", N, call("F.nll_loss", facts("log_probs(1)", shape=(8, 10)), IDS)),
    ("LL109", N, call("F.nll_loss", facts("log_probs(-1)", shape=(8, 10)), IDS)),
    ("LL109", N, call("F.nll_loss", facts("log_probs(0)", shape=(10,)), T)),
    ("LL109", N, call("F.kl_div", facts("log_probs(1)", shape=(8, 10)), facts("probs(-1)", shape=(8, 10)))),
    ("LL109", N, call("F.mse_loss", facts("log_probs(0)", shape=(8, 10)), SCORES)),
    ("LL113", Y, call("nn.HingeEmbeddingLoss", T, facts("zero_one"))),
    ("LL113", Y, call("F.soft_margin_loss", T, facts("one_hot(1)"))),
    ("LL113", Y, call("F.margin_ranking_loss", T, T, facts(range=Range(0, 1, exact=True)))),
    ("LL113", Y, call("F.cosine_embedding_loss", T, T, facts(dtype="int64", range=Range(0, 1)))),
    ("LL113", Y, call("nn.BCEWithLogitsLoss", T, facts("signs"))),
    ("LL113", P, call("nn.HingeEmbeddingLoss", T, facts("zero_one", "signs"))),
    ("LL113", P, call("nn.BCELoss", T, facts("zero_one", "signs"))),
    ("LL113", M, call("nn.HingeEmbeddingLoss", T, T)),
    ("LL113", M, call("nn.SoftMarginLoss", T, facts(dtype="float32", range=Range(0, 1)))),
    ("LL113", M, call("nn.CosineEmbeddingLoss", T, T, facts(range=Range(0, 0, exact=True)))),
    ("LL113", N, call("nn.HingeEmbeddingLoss", T, facts("signs"))),
    ("LL113", N, call("nn.CosineEmbeddingLoss", T, T, facts(range=Range(1, 1, exact=True)))),
    ("LL113", N, call("nn.CosineEmbeddingLoss", T, T, facts(range=Range(-1, 1, exact=True)))),
    ("LL113", N, call("nn.BCEWithLogitsLoss", T, facts("zero_one"))),
    ("LL113", N, call("nn.BCEWithLogitsLoss", T, T)),
    ("LL113", N, call("F.mse_loss", T, facts("zero_one"))),
    ("LL510", Y, call("F.cross_entropy", SCORES, IDS, labels=IDS)),
    ("LL510", Y, call("F.cross_entropy", SCORES)),
    ("LL510", Y, call("F.mse_loss", T, T, target=T)),
    ("LL510", Y, call("nn.CrossEntropyLoss", SCORES, IDS, weight=T)),
    ("LL510", Y, call("new nn.CrossEntropyLoss", weights=T)),
    ("LL510", Y, call("new nn.AdaptiveLogSoftmaxWithLoss", 16, 10)),
    ("LL510", N, call("F.cross_entropy", SCORES, IDS, weight=T)),
    ("LL510", N, replace(call("nn.CrossEntropyLoss", SCORES, IDS), passed=(P_IN, P_IDS, Passed("weight", None, T, held=True)))),
    ("LL510", N, replace(call("F.cross_entropy"), passed=(P_IN, Passed("*", 1)))),
    ("LL510", N, call("new nn.CrossEntropyLoss")),
    ("LL505", Y, call("F.binary_cross_entropy", FIXED, LIVE)),
    ("LL505", Y, call("F.cross_entropy", IDS, SCORES)),
    ("LL505", Y, call("F.binary_cross_entropy_with_logits", facts("zero_one"), facts("logits"))),
    ("LL505", Y, call("F.kl_div", facts("probs(1)"), facts("log_probs(1)"))),
    ("LL505", P, call("F.kl_div", FIXED, LIVE)),
    ("LL505", P, named("F.binary_cross_entropy", "labels.float()", "y_pred")),
    ("LL505", M, call("F.binary_cross_entropy", T, T)),
    ("LL505", M, named("F.binary_cross_entropy", "encode(labels)", "y_pred")),
    ("LL505", Y, named("F.mse_loss", "target", "self.output")),
    ("LL505", Y, named("F.mse_loss", "q_target", "values", T, LIVE)),
    ("LL505", Y, named("F.mse_loss", "target_v[index].unsqueeze(1)", "values", T, LIVE)),
    ("LL505", Y, named("F.mse_loss", "return_batch", "values", T, LIVE)),
    ("LL505", Y, call("F.mse_loss", facts("one_hot(1)", requires_grad=False), LIVE)),
    ("LL505", N, call("F.mse_loss", facts("one_hot(1)"), LIVE)),
    ("LL505", N, named("F.mse_loss", "target", "values")),
    ("LL505", N, named("F.mse_loss", "target_net", "target")),
    ("LL505", N, named("F.mse_loss", "output", "target")),
    ("LL505", Y, call("F.mse_loss", FIXED, LIVE)),
    ("LL505", N, call("F.mse_loss", T, LIVE)),
    ("LL505", N, call("F.binary_cross_entropy", facts("probs", requires_grad=True), FIXED)),
    ("LL117", Y, call("F.nll_loss", facts(TWICE), T)),
    ("LL117", Y, call("F.mse_loss", facts(TWICE), T)),
    ("LL117", Y, call("F.kl_div", facts("log_probs(1)"), facts(TWICE))),
    ("LL117", P, call("nn.BCELoss", facts(TWICE, "probs(each)"), facts("zero_one"))),
    ("LL117", M, call("F.nll_loss", T, T)),
    ("LL117", N, call("F.nll_loss", facts("log_probs(1)"), IDS)),
    ("LL117", N, call("F.mse_loss", T, T)),
    ("LL110", Y, call("nn.BCELoss", facts("probs(each)"), T)),
    ("LL110", Y, call("F.nll_loss", facts(Domain("log_probs", 1, logged=True)), T)),
    ("LL110", N, call("F.nll_loss", facts(Domain("log_probs", EACH, logged=True)), T)),
    ("LL110", P, call("nn.BCELoss", facts("probs(each)", "probs(1)"), T)),
    ("LL110", M, call("nn.BCELoss", T, T)),
    ("LL110", N, call("nn.BCELoss", facts("probs(1)"), T)),
    ("LL110", N, call("F.nll_loss", facts("log_probs(1)"), T)),
    ("LL110", N, call("F.mse_loss", facts("probs(each)"), T)),
    ("LL108", Y, call("F.poisson_nll_loss", facts("rate"), T)),
    ("LL108", Y, call("nn.PoissonNLLLoss", facts("rectified"), T)),
    ("LL108", Y, call("nn.PoissonNLLLoss", facts("logits"), T, options={"log_input": False})),
    ("LL108", Y, call("nn.PoissonNLLLoss", facts(range=PAST_ONE), T, options={"log_input": False})),
    ("LL108", P, call("F.poisson_nll_loss", facts("rate", "logits"), T)),
    ("LL108", M, call("F.poisson_nll_loss", T, T)),
    ("LL108", M, call("F.poisson_nll_loss", facts("logits"), T, options={"log_input": ANY})),
    ("LL108", N, call("F.poisson_nll_loss", facts("logits"), T)),
    ("LL108", N, call("F.poisson_nll_loss", facts("rate"), T, options={"log_input": False})),
    ("LL108", N, call("F.mse_loss", facts("rate"), T)),
    ("LL205", Y, call("F.mse_loss", F32, F64)),
    ("LL205", Y, call("F.cross_entropy", F32, IDS, F64)),
    ("LL205", Y, call("F.binary_cross_entropy", F64, shaped(8))),
    ("LL205", P, call("F.mse_loss", F32, facts(dtype=("float32", "float64"), shape=(8,)))),
    ("LL205", M, call("F.mse_loss", F32, T)),
    ("LL205", M, call("F.mse_loss", T, F64)),
    ("LL205", N, call("F.mse_loss", F32, shaped(8))),
    ("LL205", N, call("F.mse_loss", F64, F64)),
    ("LL205", N, call("F.mse_loss", F32, shaped(dtype="float64"))),
    ("LL205", N, call("F.binary_cross_entropy_with_logits", F32, F32, F64)),
    ("LL304", Y, call("F.cross_entropy", SCORES, IDS, shaped(3))),
    ("LL304", Y, call("F.cross_entropy", SCORES, IDS, shaped(10, 1))),
    ("LL304", Y, call("F.mse_loss", SCORES, SCORES, weight=shaped(10))),
    ("LL304", Y, call("F.binary_cross_entropy_with_logits", shaped(8, 1), T, pos_weight=shaped(2))),
    ("LL304", Y, call("F.multilabel_soft_margin_loss", SCORES, T, shaped(3))),
    ("LL304", P, call("F.cross_entropy", SCORES, IDS, Facts(shape=OneOf.of(Shape((3,)), Shape((10,)))))),
    ("LL304", M, call("F.cross_entropy", T, IDS, shaped(3))),
    ("LL304", M, call("F.cross_entropy", shaped("N", "C"), IDS, shaped(3))),
    ("LL304", N, call("F.cross_entropy", SCORES, IDS, shaped(10))),
    ("LL304", N, call("F.cross_entropy", shaped(10), T, shaped(10))),
    ("LL304", N, call("F.cross_entropy", SCORES, IDS, None)),
    ("LL304", N, call("F.binary_cross_entropy", SCORES, T, shaped(8, 1))),
    ("LL114", Y, call("F.cross_entropy", SCORES, ids(1, 10))),
    ("LL114", Y, call("F.nll_loss", SCORES, ids(-1, 9))),
    ("LL114", Y, call("F.cross_entropy", SCORES, ids(-100, 10))),
    ("LL114", Y, call("F.cross_entropy", SCORES, facts(dtype="int64", shape=(8,), range=Range(10, 20)))),
    ("LL114", Y, call("F.cross_entropy", T, ids(-1, 5))),
    ("LL114", Y, call("nn.BCEWithLogitsLoss", T, facts(range=Range(0, 255, exact=True)))),
    ("LL114", Y, call("F.multilabel_margin_loss", SCORES, ids(-2, 9, 10))),
    ("LL114", P, call("F.cross_entropy", Facts(shape=CLASSES_2_10), ids(0, 5))),
    ("LL114", M, call("F.cross_entropy", SCORES, IDS)),
    ("LL114", M, call("F.cross_entropy", SCORES, facts(dtype="int64", shape=(8,), range=Range(0, 10)))),
    ("LL114", M, call("nn.BCELoss", T, T)),
    ("LL114", N, call("F.cross_entropy", SCORES, ids(0, 9))),
    ("LL114", N, call("F.cross_entropy", SCORES, ids(-100, 9))),
    ("LL114", N, call("F.cross_entropy", SCORES, ids(0, 255), options={"ignore_index": 255})),
    ("LL114", N, call("F.cross_entropy", SCORES, facts(dtype="float32", range=PAST_ONE))),
    ("LL114", N, call("F.multilabel_margin_loss", SCORES, ids(-1, 9, 10))),
    ("LL114", N, call("nn.BCELoss", T, facts(range=Range(0, 1)))),
    ("LL114", N, call("F.kl_div", T, facts(range=PAST_ONE))),
    ("LL114", N, call("F.mse_loss", T, facts(range=PAST_ONE))),
    ("LL116", Y, call("F.cross_entropy", SCORES, SCORES)),
    ("LL116", Y, call("F.cross_entropy", SCORES, facts("probs(each)", dtype="float32", shape=(8, 10)))),
    ("LL116", Y, call("F.cross_entropy", SCORES, facts(dtype="float32", shape=(8, 10), range=PAST_ONE))),
    ("LL116", Y, call("F.cross_entropy", SCORES, summing(0.0, 3.0))),
    ("LL116", P, call("F.cross_entropy", SCORES, facts("logits", "probs(1)", dtype="float32", shape=(8, 10)))),
    ("LL116", M, call("F.cross_entropy", SCORES, FIXED)),
    ("LL116", M, call("F.cross_entropy", T, T)),
    ("LL116", N, call("F.cross_entropy", SCORES, summing(0.0, 1.0))),
    ("LL116", N, call("F.cross_entropy", SCORES, facts("probs(1)", dtype="float32", shape=(8, 10)))),
    ("LL116", N, call("F.cross_entropy", SCORES, IDS)),
    ("LL116", N, call("F.nll_loss", SCORES, SCORES)),
    ("LL403", Y, used("number-backward")),
    ("LL403", N, used("backward")),
    ("LL408", Y, used("root")),
    ("LL408", N, replace(used("root"), backward=Tri.MAYBE)),
    ("LL408", N, replace(call("F.cross_entropy", SCORES, IDS, backward=Tri.YES), uses=(Use("root"),))),
    ("LL508", Y, under("cuda", "nn.BCELoss")),
    ("LL508", Y, under("cuda", "F.binary_cross_entropy", Facts(device=OneOf.of("cpu", "cuda")))),
    ("LL508", M, call("nn.BCELoss", T, T)),
    ("LL508", N, under("", "nn.BCELoss")),
    ("LL508", N, under("cpu", "nn.BCELoss")),
    ("LL508", N, under("cuda", "nn.BCELoss", Facts(device=OneOf.of("cpu")))),
    ("LL508", N, under("cuda", "nn.BCEWithLogitsLoss")),
    ("LL509", Y, call("F.mse_loss", on("cuda:0"), on("cpu"))),
    ("LL509", Y, call("F.cross_entropy", on("cuda"), on("cuda"), on("cpu"))),
    ("LL509", M, call("F.mse_loss", on("cuda"), T)),
    ("LL509", M, call("F.mse_loss", on("cuda", "cpu"), on("cuda", "cpu"))),
    ("LL509", N, call("F.mse_loss", on("cuda:0"), on("cuda"))),
    ("LL509", N, call("F.kl_div", on("cuda"), on("cpu").with_(shape=OneOf.of(Shape(()))))),
    ("LL509", N, call("F.ctc_loss", on("cuda"), on("cpu"), on("cpu"), on("cpu"))),
    ("LL407", Y, live("F.cross_entropy")),
    ("LL407", Y, live("nn.BCEWithLogitsLoss")),
    ("LL407", Y, live("F.mse_loss", "td_target.squeeze(1)")),
    ("LL407", Y, live("F.mse_loss", "expected_q")),
    ("LL407", P, live("F.mse_loss")),
    ("LL407", P, live("F.kl_div")),
    ("LL407", P, live("F.cross_entropy", frozen=Tri.MAYBE)),
    ("LL407", M, live("F.cross_entropy", backward=Tri.MAYBE)),
    ("LL407", M, live("F.cross_entropy", target=T)),
    ("LL407", N, live("F.cross_entropy", target=FIXED)),
    ("LL407", N, live("F.cross_entropy", backward=Tri.NO)),
    ("LL407", N, call("F.cross_entropy", FIXED, LIVE, backward=Tri.YES)),
    ("LL407", N, replace(live("F.cross_entropy"), grad_enabled=OneOf.of(False))),
    ("LL507", Y, call("F.cross_entropy", shaped(8, 2), IDS, ignore_index=0)),
    ("LL507", Y, call("nn.NLLLoss", shaped(8, 2, 4, 4), T, options={"ignore_index": 1})),
    ("LL507", P, call("F.cross_entropy", SCORES, IDS, ignore_index=0)),
    ("LL507", M, call("F.cross_entropy", T, IDS, ignore_index=0)),
    ("LL507", N, call("F.cross_entropy", shaped(8, 2), IDS)),
    ("LL507", N, call("F.cross_entropy", shaped(8, 2), IDS, ignore_index=2)),
    ("LL507", N, call("F.cross_entropy", shaped(8, 2), IDS, ignore_index=-1)),
    ("LL507", Y, call("F.cross_entropy", shaped(8, 2), shaped(8, 2), ignore_index=5)),
    ("LL507", N, call("F.cross_entropy", shaped(8, 2), shaped(8, 2))),
    ("LL601", Y, gave(call("F.mse_loss", NAN, SCORES), 0.0, finite=False)),
    ("LL601", Y, gave(call("F.mse_loss", SCORES, SCORES), 0.0, finite=False)),
    ("LL601", N, gave(call("F.mse_loss", NAN, SCORES), 0.0)),
    ("LL601", N, call("F.mse_loss", NAN, SCORES)),
    ("LL602", Y, gave(call("F.nll_loss", SCORES, IDS), -1.0)),
    ("LL602", Y, gave(call("F.kl_div", T, T), -0.1)),
    ("LL602", N, gave(call("F.kl_div", T, T), -0.001)),
    ("LL602", N, gave(call("F.kl_div", T, T), -0.1, 0.5, (8, 10))),
    ("LL602", N, gave(call("F.gaussian_nll_loss", T, T, T), -1.0)),
    ("LL602", N, gave(call("F.nll_loss", SCORES, IDS), 0.0)),
    ("LL602", N, call("F.nll_loss", SCORES, IDS)),
    ("LL603", Y, call("F.mse_loss", shaped(0, 10), shaped(0, 10))),
    ("LL603", Y, call("F.cross_entropy", SCORES, ids(-100, -100))),
    ("LL603", Y, call("F.nll_loss", SCORES, ids(3, 3), ignore_index=3, options={"ignore_index": 3})),
    ("LL603", Y, call("nn.AdaptiveLogSoftmaxWithLoss", shaped(0, 16), ids(0, 0))),
    ("LL603", N, call("F.mse_loss", shaped(0, 10), shaped(0, 10), reduction="sum")),
    ("LL603", N, call("F.mse_loss", shaped(0, 10), shaped(0, 10), reduction=ANY)),
    ("LL603", N, call("F.mse_loss", shaped(0, 10), shaped(0, 10), False)),
    ("LL603", N, call("F.mse_loss", shaped("N", 10), shaped("N", 10))),
    ("LL603", N, call("F.cross_entropy", SCORES, ids(-100, 3))),
    ("LL603", N, call("F.cross_entropy", SCORES, facts(dtype="float32", range=Range(-100, -100, exact=True)))),
    ("LL604", Y, after((1.463, 2.3), (0, 1))),
    ("LL604", N, after((1.463, 2.3), (-3, 5))),
    ("LL604", N, after((1.463, 2.3), (0, 3))),
    ("LL604", N, after((0.3, 2.3), (0, 1))),
    ("LL604", N, after((2.2, 2.3), (0, 1))),
    ("LL604", N, after((1.463, 2.3), (0, 1), read=8)),
    ("LL604", N, after((1.463, 2.3), (0, 1), reduction="sum")),
    ("LL604", N, after((1.463, 2.3), (0, 1), label_smoothing=0.1)),
    ("LL604", N, replace(after((1.463, 2.3), (0, 1)), contract=contracts()["torch.nn.NLLLoss"])),
    ("LL109", Y, call("F.nll_loss", facts("log_probs(each)", shape=(8, 10)), IDS)),
    ("LL109", N, call("F.nll_loss", facts("probs(each)", shape=(8, 10)), IDS)),
    ("LL109", N, call("F.nll_loss", facts("log_probs(2)", shape=(8, 5, 10)), shaped(8, 5, dtype="int64"))),
    ("LL109", Y, call("F.nll_loss", facts("log_probs(2)"), T)),
    ("LL109", Y, call("F.nll_loss", facts("log_probs", steps=DIMLESS), T)),
    ("LL109", Y, call("F.nll_loss", facts("log_probs", shape=(8, 5, 4), steps=DIMLESS), T)),
    ("LL109", M, call("F.cross_entropy", facts("log_probs", steps=DIMLESS), T)),
    ("LL109", M, call("F.nll_loss", facts("log_probs", shape=(8, 5, 4)), T)),
    ("LL109", N, call("F.nll_loss", facts("logits", steps=DIMLESS), T)),
    ("LL109", Y, call("F.kl_div", facts("log_probs(1)", shape=(8, 10)), facts("probs(0)"))),
    ("LL109", M, call("F.kl_div", facts("log_probs", shape=(8, 10)), facts("probs(1)", shape=(8, 10)))),
    ("LL109", M, call("F.kl_div", facts("log_probs(1)", shape=(8, 10)), facts("probs", shape=(8, 10)))),
    ("LL109", N, call("F.kl_div", facts("log_probs(1)", shape=(8, 10)), facts("probs(2)", shape=(1, 8, 10)))),
    ("LL109", N, call("F.kl_div", facts("log_probs(1)", shape=(8, 10)), facts("logits", shape=(8, 10)))),
    ("LL109", N, call("F.kl_div", facts("logits", shape=(8, 10)), facts("probs(0)", shape=(8, 10)))),
    ("LL109", N, call("F.kl_div", facts("log_probs(1)", shape=(8, 10)), facts("probs(0)", shape=(8, 10), kind="ndarray"))),
    ("LL114", Y, call("F.soft_margin_loss", T, facts(range=Range(-3, 1, exact=True)))),
    ("LL114", Y, call("F.margin_ranking_loss", T, T, facts(dtype="float32", range=Range(1, 2, exact=True)))),
    ("LL114", N, call("F.soft_margin_loss", T, facts(range=Range(-3, 1, exact=True), requires_grad=True))),
    ("LL114", N, call("F.hinge_embedding_loss", T, facts(dtype="uint8", range=Range(1, 255, exact=True)))),
    ("LL114", N, call("nn.BCELoss", T, facts("signs", range=Range(-1, 1, exact=True)))),
    ("LL114", M, call("F.ctc_loss", shaped(12, 8, 5), shaped(8, 3, dtype="int64"), ids(12, 12), ids(3, 3))),
    ("LL114", M, call("F.ctc_loss", shaped(12, 8, 5), shaped(24, dtype="int64"), ids(12, 12), ids(4, 4))),
    ("LL114", M, call("F.ctc_loss", shaped(12, 8, 5), ids(0, 9, 3), T, T)),
    ("LL114", Y, call("F.ctc_loss", shaped(12, 8, 5), ids(0, 9), T, T)),
    ("LL114", Y, call("nn.AdaptiveLogSoftmaxWithLoss", T, ids(0, 10), options={"n_classes": 10})),
    ("LL114", N, call("nn.AdaptiveLogSoftmaxWithLoss", T, ids(0, 9), options={"n_classes": 10})),
    ("LL114", M, call("nn.AdaptiveLogSoftmaxWithLoss", T, ids(0, 10), options={"n_classes": ANY})),
    ("LL114", Y, call("F.cross_entropy", shaped(10), facts(dtype="int64", shape=(), range=Range(10, 10, exact=True)))),
    ("LL114", M, call("F.cross_entropy", SCORES, ids(0, 10), options={"ignore_index": ANY})),
    ("LL114", M, call("F.cross_entropy", SCORES, facts(dtype="int64", range=Range(0, 255)), options={"ignore_index": 255})),
    ("LL114", Y, call("F.cross_entropy", SCORES, facts(dtype="int64", shape=(8,), range=Range(-9, -5)))),
    ("LL114", M, call("F.cross_entropy", T, ids(0, 99))),
    ("LL202", Y, call("F.cross_entropy", SCORES, IDS, shaped(10, dtype="int64"))),
    ("LL202", Y, call("F.ctc_loss", T, IDS, facts(dtype="float32"), facts(dtype="int64"))),
    ("LL202", P, call("F.cross_entropy", SCORES, IDS, facts(dtype=("int64", "float32"), shape=(10,)))),
    ("LL202", M, call("F.cross_entropy", SCORES, IDS, facts(shape=(10,)))),
    ("LL202", N, call("F.cross_entropy", SCORES, IDS, shaped(10))),
    ("LL202", N, call("F.cross_entropy", SCORES, IDS, facts(dtype="int64", shape=(10,), kind="ndarray"))),
    ("LL202", Y, call("F.cross_entropy", shaped(8, 10, 4), shaped(8, 4, dtype="uint8"))),
    ("LL304", M, call("F.cross_entropy", facts(shape=Shape((10,), open=True)), IDS, shaped(3))),
    ("LL304", M, call("F.cross_entropy", SCORES, IDS, facts(shape=Shape((), open=True)))),
    ("LL304", Y, call("F.cross_entropy", facts(shape=Shape((10,), open=True)), IDS, shaped(10, 1))),
    ("LL401", N, call("F.mse_loss", GONE.with_(dtype=OneOf.of("int64")), FIXED, backward=Tri.YES)),
    ("LL401", N, call("F.mse_loss", GONE.with_(kind=OneOf.of("ndarray")), FIXED, backward=Tri.YES)),
    ("LL401", N, replace(call("F.mse_loss", GONE, FIXED, backward=Tri.YES), grad_enabled=OneOf.of(False))),
    ("LL401", N, replace(call("F.mse_loss", GONE, FIXED, backward=Tri.YES), stage="construct")),
    ("LL303", Y, call("F.cosine_embedding_loss", shaped(8, 5), shaped(8, 3), T)),
    ("LL303", Y, call("F.cosine_embedding_loss", shaped(8, 5), shaped(8, 5), shaped(3))),
    ("LL303", Y, call("F.triplet_margin_loss", shaped(8, 5), shaped(5), T)),
    ("LL303", Y, call("F.ctc_loss", shaped(12, 8, 5), T, shaped(3, dtype="int64"), T)),
    ("LL303", Y, call("F.ctc_loss", shaped(12, 8, 5), T, shaped(3, 1, dtype="int64"), T)),
    ("LL303", N, call("F.ctc_loss", shaped(12, 8, 5), T, shaped(8, 1, dtype="int64"), shaped(8, 1, dtype="int64"))),
    ("LL303", N, call("F.triplet_margin_loss", shaped(8, 5), shaped(1, 5), T)),
    ("LL303", N, call("F.cosine_embedding_loss", shaped(8, 5), shaped(8, 5), shaped(1))),
    ("LL303", N, call("F.triplet_margin_loss", shaped(8, 5), facts(shape=(3,), kind="ndarray"), T)),
    ("LL303", Y, call("F.cross_entropy", shaped(5), shaped(1, dtype="int64"))),
    ("LL303", Y, call("F.cross_entropy", shaped(5), shaped(5, dtype="int64"))),
    ("LL303", N, call("F.cross_entropy", shaped(5), shaped(5))),
    ("LL303", N, call("F.multi_margin_loss", shaped(5), shaped(1, dtype="int64"))),
    ("LL303", N, call("F.mse_loss", shaped(8, 5), shaped(1, 8, 5))),
    ("LL301", N, call("F.mse_loss", shaped(8, 5), shaped(1, 8, 5))),
    ("LL301", Y, call("F.multilabel_soft_margin_loss", shaped(8, 5), shaped(1, 8, 5))),
    ("LL205", Y, call("F.huber_loss", F32, facts(dtype="float16", shape=(8,)))),
    ("LL205", N, call("F.mse_loss", F32, facts(dtype="float16", shape=(8,)))),
    ("LL205", N, replace(call("F.huber_loss", F32, facts(dtype="float16", shape=(8,))), autocast=OneOf.of("cuda"))),
    ("LL201", Y, call("new nn.CrossEntropyLoss", weight=facts(kind="list"))),
    ("LL201", N, call("new nn.CrossEntropyLoss", weight=Facts(kind=OneOf.of("list", "tensor")))),
    ("LL201", Y, call("F.gaussian_nll_loss", LIVE, facts(kind="ndarray"), T)),
    ("LL201", N, call("F.gaussian_nll_loss", FIXED, facts(kind="ndarray"), T)),
    ("LL201", Y, call("F.ctc_loss", T, T, facts(kind="tuple"), T)),
    ("LL108", Y, call("F.poisson_nll_loss", facts("probs(each)"), T)),
    ("LL111", Y, call("F.cross_entropy", facts("rate"), T)),
    ("LL118", Y, call("F.gaussian_nll_loss", T, T, facts("logits"))),
    ("LL118", Y, call("nn.GaussianNLLLoss", T, T, facts(range=PAST_ONE))),
    ("LL118", P, call("F.gaussian_nll_loss", T, T, facts("logits", "rate"))),
    ("LL118", M, call("F.gaussian_nll_loss", T, T, T)),
    ("LL118", N, call("F.gaussian_nll_loss", T, T, facts("rate"))),
    ("LL118", N, call("F.gaussian_nll_loss", T, T, facts(range=Range(low=0)))),
    ("LL118", N, call("F.poisson_nll_loss", facts("logits"), T, options={"log_input": False})),
    ("LL511", Y, call("F.cross_entropy", T, T, label_smoothing=1.5)),
    ("LL511", Y, call("new nn.CrossEntropyLoss", label_smoothing=-0.1)),
    ("LL511", Y, call("new nn.MultiMarginLoss", 3)),
    ("LL511", Y, call("F.huber_loss", T, T, delta=0)),
    ("LL511", Y, call("new nn.SmoothL1Loss", beta=-1)),
    ("LL511", Y, call("nn.CTCLoss", shaped(12, 8, 5), T, T, T, options={"blank": 5})),
    ("LL511", Y, call("F.ctc_loss", shaped(12, 5), T, T, T, blank=-1)),
    ("LL511", P, call("F.huber_loss", T, T, delta=OneOf.of(0, 1.0))),
    ("LL511", N, call("F.cross_entropy", T, T, label_smoothing=1)),
    ("LL511", N, call("nn.CrossEntropyLoss", T, T, options={"label_smoothing": 1.5})),
    ("LL511", N, call("F.huber_loss", T, T, delta=ANY)),
    ("LL511", N, call("F.smooth_l1_loss", T, T, beta=0)),
    ("LL511", N, call("F.multi_margin_loss", T, T, 2)),
    ("LL511", N, call("F.ctc_loss", T, T, T, T, blank=7)),
    ("LL511", N, call("F.ctc_loss", shaped(12, 8, 5), T, T, T, blank=4)),
    ("LL605", Y, used("disconnected")),
    ("LL605", N, used("backward")),
    # At the borders of the conditions.
    ("LL102", Y, call("F.nll_loss", facts(range=Range(low=2.0)), T)),
    ("LL104", N, call("F.kl_div", facts("log_probs(1)"), facts(range=Range(0.0, 5.0, exact=True)))),
    ("LL104", Y, call("nn.BCELoss", facts("probs(each)"), SCORES)),
    ("LL104", Y, call("pytorch_toolbelt.losses.LovaszLoss", SCORES, T)),
    ("LL104", Y, call("segmentation_models_pytorch.losses.MCCLoss", SCORES, T)),
    ("LL105", Y, call("F.cross_entropy", facts("log_probs(each)"), T)),
    ("LL105", Y, call("nn.BCEWithLogitsLoss", facts("log_probs(0)", shape=(8, 10)), T)),
    ("LL106", Y, call("nn.BCELoss", facts("probs(each)"), facts("log_probs(each)"))),
    ("LL108", Y, call("nn.PoissonNLLLoss", facts(range=Range(high=-1.0)), T, options={"log_input": False})),
    ("LL108", N, call("nn.PoissonNLLLoss", facts(range=Range(low=0)), T, options={"log_input": False})),
    ("LL109", N, call("F.mse_loss", facts("probs(1)", shape=(8, 10)), facts("probs(0)", shape=(8, 10)))),
    ("LL109", Y, call("F.ctc_loss", facts("log_probs(1)", shape=(12, 8, 5)), shaped(12, 8, dtype="int64"), T, T)),
    ("LL109", P, call("F.nll_loss", facts("log_probs", steps=DIMLESS).with_(shape=RANK_2_3), T)),
    ("LL109", N, call("F.cross_entropy", facts("log_probs(each)", shape=(8, 10)), T)),
    ("LL109", N, call("F.ctc_loss", facts("log_probs(0)", shape=(5,)), T, T, T)),
    ("LL109", M, call("F.nll_loss", facts("log_probs", shape=(8, 5, 4), steps=(*DIMLESS, note("softmax over dim 1"))), T)),
    ("LL109", N, call("F.kl_div", T, T)),
    ("LL109", M, call("F.kl_div", facts("log_probs(1)", shape=(8, 10)), facts("probs(1)", shape=Shape((10,), open=True)))),
    ("LL109", N, call("F.kl_div", facts("log_probs(1)", shape=(8, 10)), facts("probs(0)", shape=()))),
    ("LL110", Y, call("nn.BCELoss", facts("probs(each)", steps=(note("softmax over dim 1"), note("sigmoid"))), T)),
    ("LL110", N, call("nn.BCELoss", facts("probs(each)", steps=(note("sigmoid"), note("softmax over dim 1"))), T)),
    ("LL111", M, call("F.cross_entropy", facts(range=Range(0.0, 3.0, exact=True)), T)),
    ("LL111", N, call("F.cross_entropy", facts(range=Range(-1.0, 0.0, exact=True)), T)),
    ("LL112", Y, call("F.cross_entropy", LAST_LAYER, T)),
    ("LL112", Y, call("F.cross_entropy", LAST_LAYER.after(note("returned by `forward`")), T)),
    ("LL112", M, call("F.cross_entropy", LAST_LAYER.after(note("reshaped")), T)),
    ("LL112", M, call("F.cross_entropy", LAST_LAYER, shaped(8, 4, dtype="int64"))),
    ("LL112", M, call("F.cross_entropy", LAST_LAYER, facts(shape=Shape((), open=True)))),
    ("LL112", Y, call("F.cross_entropy", LAST_LAYER, shaped(8, dtype="int64"))),
    ("LL112", M, call("F.cross_entropy", facts(shape=Shape((3,), open=True), steps=LAST_LAYER.steps), T)),
    ("LL112", M, call("F.cross_entropy", shaped(1), T)),
    ("LL112", N, call("F.cross_entropy", shaped(), T)),
    ("LL112", M, call("F.cross_entropy", shaped(8, None), T)),
    ("LL112", M, call("F.cross_entropy", shaped(8, "C"), T)),
    ("LL113", M, call("nn.CosineEmbeddingLoss", T, T, facts("class_index", range=Range(0, 0, exact=True)))),
    ("LL113", N, call("nn.HingeEmbeddingLoss", T, facts("zero_one", range=Range(low=1)))),
    ("LL113", N, call("nn.HingeEmbeddingLoss", T, facts("zero_one", range=Range(high=-1)))),
    ("LL113", N, call("nn.HingeEmbeddingLoss", T, facts("zero_one", range=Range(-1, 1, exact=True)))),
    ("LL113", N, call("nn.HingeEmbeddingLoss", T, facts("zero_one", range=Range(0, 2, exact=True)))),
    ("LL114", Y, call("F.multilabel_margin_loss", SCORES, facts(dtype="float32", shape=(8, 10), range=Range(-2, 9, exact=True)))),
    ("LL114", Y, call("nn.AdaptiveLogSoftmaxWithLoss", T, ids(-1, 5), options={"n_classes": ANY})),
    ("LL114", M, call("nn.AdaptiveLogSoftmaxWithLoss", T, ids(0, 12), options={"n_classes": "10"})),
    ("LL114", M, call("nn.LinearCrossEntropyLoss", shaped(8, 16), ids(0, 20))),
    ("LL114", Y, call("nn.LinearCrossEntropyLoss", shaped(8, 16), ids(0, 20), options={"num_classes": 20})),
    ("LL114", Y, call("F.linear_cross_entropy", shaped(8, 16), shaped(20, 16), ids(0, 20))),
    ("LL114", N, call("F.linear_cross_entropy", shaped(8, 16), shaped(20, 16), ids(-100, 19))),
    ("LL114", N, call("F.linear_cross_entropy", shaped(8, 16), shaped(20, 16), shaped(8, 20))),
    ("LL114", Y, call("F.ctc_loss", shaped(12, 5), ids(0, 9), T, T)),
    ("LL114", M, call("F.cross_entropy", shaped("N", "C"), ids(0, 99))),
    ("LL114", M, call("F.cross_entropy", T, facts(dtype="int64", range=Range(-5, 10)))),
    ("LL114", Y, call("F.cross_entropy", SCORES, ids(-200, 9))),
    ("LL114", N, call("F.cross_entropy", SCORES, facts(dtype="int64", range=Range(0, 9)), options={"ignore_index": 3})),
    ("LL114", N, call("F.cross_entropy", facts(dtype="int64", shape=(8, 10)), ids(0, 10))),
    ("LL114", N, call("F.cross_entropy", shaped(8, 5, 10), ids(0, 20, 5))),
    ("LL114", M, call("F.ctc_loss", shaped(12, 8, 5), shaped(24, dtype="int64"), ids(12, 12), ids(30, 30))),
    ("LL114", M, call("F.ctc_loss", T, T, ids(13, 13), ids(4, 4))),
    ("LL115", N, call("nn.BCELoss", facts("log_probs(1)", shape=(8, 10)), T)),
    ("LL115", N, call("pytorch_toolbelt.losses.LovaszLoss", facts("probs(1)", shape=(8, 10)), T)),
    ("LL116", M, call("F.cross_entropy", SCORES, facts("logits", shape=(8, 10)))),
    ("LL116", N, call("F.cross_entropy", SCORES, facts("one_hot(each)", dtype="float32", shape=(8, 10)))),
    ("LL116", Y, call("F.kl_div", facts("log_probs(1)", shape=(8, 10)), rows_of(0.5, 1.5))),
    ("LL116", N, call("F.kl_div", facts("log_probs(1)", shape=(8, 10)), rows_of(0.5, 1.0))),
    ("LL116", N, call("F.kl_div", facts("log_probs(0)", shape=(8, 10)), rows_of(0.5, 1.5))),
    ("LL116", N, call("F.kl_div", facts("log_probs(1)", shape=(1, 8, 10)), rows_of(0.5, 1.5))),
    ("LL116", N, call("F.kl_div", facts("log_probs(1)", shape=(8, 10)), rows_of(0.5, 1.5), options={"log_target": True})),
    ("LL116", N, call("nn.BCELoss", facts("log_probs(1)", shape=(8, 10)), rows_of(0.5, 1.5))),
    ("LL117", N, call("F.mse_loss", facts(TWICE, dtype="int64"), T)),
    ("LL116", N, call("F.kl_div", facts("log_probs(1)", shape=(8, 10)), summing(0.5, 1.5))),
    ("LL119", Y, call("F.mse_loss", facts("probs(1)", shape=(8, 1)), T)),
    ("LL119", Y, call("nn.HuberLoss", facts("log_probs(-1)", shape=(8, 1)), T)),
    ("LL119", P, call("F.mse_loss", facts("probs(1)").with_(shape=ONE_OR_TWO), T)),
    ("LL119", P, call("F.mse_loss", facts("probs(1)", "logits", shape=(8, 1)), T)),
    ("LL119", N, call("F.mse_loss", facts("probs(1)", shape=(8, 2)), T)),
    ("LL119", N, call("F.mse_loss", facts("probs(1)", shape=("N", "C")), T)),
    ("LL119", N, call("F.mse_loss", facts("probs(each)", shape=(8, 1)), T)),
    ("LL119", N, call("F.mse_loss", facts("one_hot(1)", shape=(8, 1)), T)),
    ("LL119", N, call("nn.BCELoss", facts("probs(1)", shape=(8, 1)), T)),
    ("LL119", N, call("F.mse_loss", T, T)),
    ("LL201", N, call("F.cross_entropy", T, T, "sum")),
    ("LL201", Y, call("F.cross_entropy", T, T, weight="sum")),
    ("LL201", N, held(call("nn.CrossEntropyLoss", T, T), "weight", facts(kind="list"))),
    ("LL201", Y, call("new nn.MultiLabelSoftMarginLoss", weight=0.5)),
    ("LL201", N, call("nn.MultiLabelSoftMarginLoss", T, T, weight=0.5)),
    ("LL201", Y, call("F.linear_cross_entropy", None, T, T)),
    ("LL201", Y, call("F.linear_cross_entropy", T, None, T)),
    ("LL201", N, call("F.linear_cross_entropy", T, T, T, linear_bias=None)),
    ("LL202", N, call("F.mse_loss", T, facts(dtype="bool"))),
    ("LL202", N, call("F.cross_entropy", SCORES, shaped(8, 10, dtype="int32"))),
    ("LL202", P, call("F.cross_entropy", T, facts(dtype=("int32", "float32")))),
    ("LL202", Y, call("F.cross_entropy", facts(shape=Shape((10,), open=True)), shaped(8))),
    ("LL202", M, call("F.cross_entropy", facts(shape=Shape((10,), open=True)), shaped(10))),
    ("LL202", M, call("F.cross_entropy", facts(shape=Shape((10,), open=True)), shaped(8, 10))),
    ("LL202", M, call("F.cross_entropy", SCORES, facts(dtype="float32", shape=Shape((10,), open=True)))),
    ("LL202", N, call("F.cross_entropy", SCORES, shaped(8, 10), shaped(10, dtype="int64"))),
    ("LL202", Y, call("F.linear_cross_entropy", shaped(8, 16), shaped(20, 16, dtype="int64"), shaped(8, 20))),
    ("LL202", Y, call("F.poisson_nll_loss", T, facts(dtype="bool"), options={"full": True})),
    ("LL202", N, call("F.poisson_nll_loss", T, facts(dtype="bool"))),
    ("LL203", N, call("F.mse_loss", facts(dtype="int64"), facts(dtype="int64"))),
    ("LL203", N, call("nn.BCELoss", T, facts(dtype="int64"))),
    ("LL204", M, call("F.cross_entropy", SCORES, facts("logits", shape=(8, 10)))),
    ("LL205", N, call("F.mse_loss", target=F64)),
    ("LL205", N, call("F.mse_loss", facts(kind="ndarray", dtype="float32"), F64)),
    ("LL205", M, call("F.huber_loss", F32, T)),
    ("LL205", M, call("F.huber_loss", T, facts(dtype="float16", shape=(8,)))),
    ("LL205", P, call("F.huber_loss", F32, facts(dtype=("float16", "int64"), shape=(8,)))),
    ("LL205", P, call("F.huber_loss", F32, facts(dtype=("float16", "float32"), shape=(8,)))),
    ("LL205", Y, call("F.huber_loss", F32, facts(dtype="float64", shape=()))),
    ("LL205", N, call("F.cross_entropy", SCORES, shaped(8, 10), F64)),
    ("LL206", Y, call("F.cross_entropy", facts("class_index", dtype="float32"), IDS)),
    ("LL206", N, call("torchmetrics.MeanAbsoluteError", facts(dtype="int64"), F32)),
    ("LL302", N, call("monai.losses.DiceLoss", shaped(8, 5, 10), shaped(8, 5))),
    ("LL303", N, call("F.cosine_embedding_loss", T, shaped(8, 3), T)),
    ("LL303", M, call("F.cross_entropy", facts(shape=Shape((10,), open=True)), shaped(8, dtype="int64"))),
    ("LL303", Y, call("F.multi_margin_loss", shaped(8, 5), shaped(1, dtype="int64"))),
    ("LL303", Y, call("F.multi_margin_loss", shaped(5), shaped(1, 1, dtype="int64"))),
    ("LL303", Y, call("F.multi_margin_loss", shaped(5), shaped(5, dtype="int64"))),
    ("LL303", Y, call("F.cross_entropy", shaped("N", "C"), shaped("M", "C", dtype="int64"))),
    ("LL303", Y, call("F.linear_cross_entropy", shaped(8, 16), shaped(20, 15), shaped(8, dtype="int64"))),
    ("LL303", Y, call("F.linear_cross_entropy", shaped(8, 16), shaped(20, 16), shaped(8, 20, dtype="int64"))),
    ("LL303", Y, call("F.linear_cross_entropy", shaped(8, 16), shaped(20, 16), shaped(8))),
    ("LL303", N, call("F.linear_cross_entropy", shaped(8, 16), shaped(20, 4, 16), shaped(8, 4, dtype="int64"))),
    ("LL303", Y, call("F.linear_cross_entropy", shaped(8, 16), shaped(20, 4, 16), shaped(8, 4), linear_bias=shaped(20))),
    ("LL303", Y, call("nn.AdaptiveLogSoftmaxWithLoss", shaped(16), shaped(1, dtype="int64"))),
    ("LL303", Y, call("F.ctc_loss", shaped(12, 8, 5), shaped(3, 4, dtype="int64"), T, T)),
    ("LL303", N, call("F.ctc_loss", shaped(12, 8, 5), shaped(24, dtype="int64"), T, T)),
    ("LL303", N, call("F.ctc_loss", shaped("T", "N", 5), shaped(3, 4, dtype="int64"), T, T)),
    ("LL303", N, call("F.ctc_loss", shaped(12, 8, 5), shaped("B", 4, dtype="int64"), T, T)),
    ("LL304", N, call("F.cross_entropy", facts(kind="ndarray", shape=(8, 10)), IDS, shaped(3))),
    ("LL304", N, call("F.cross_entropy", target=IDS, weight=shaped(3))),
    ("LL304", N, call("F.smooth_l1_loss", SCORES, SCORES, weight=shaped(3))),
    ("LL304", Y, call("F.linear_cross_entropy", shaped(8, 16), shaped(20, 16), T, weight=shaped(3))),
    ("LL304", Y, call("F.linear_cross_entropy", shaped(8, 16), T, T, weight=shaped(20, 1))),
    ("LL304", M, call("F.linear_cross_entropy", shaped(8, 16), T, T, weight=shaped(20))),
    ("LL304", M, call("F.linear_cross_entropy", shaped(8, 16), shaped(20, 16), T, weight=T)),
    ("LL304", N, call("F.linear_cross_entropy", shaped(8, 16), shaped(20, 16), T, weight=shaped(20))),
    ("LL304", N, call("F.linear_cross_entropy", shaped(8, 16), shaped(20, 16), T, weight=None)),
    ("LL304", Y, call("new nn.LinearCrossEntropyLoss", 16, 20, weight=shaped(3), options={"num_classes": 20})),
    ("LL401", Y, call("F.mse_loss", GONE, FIXED, backward=Tri.YES, size_average=LIVE)),
    ("LL401", Y, call("F.cross_entropy", LEAF, IDS, backward=Tri.YES)),
    ("LL401", N, call("F.cross_entropy", LIVE.with_(steps=CUT), IDS, backward=Tri.YES)),
    ("LL401", M, call("F.cross_entropy", LEAF.with_(requires_grad=ANY), IDS, backward=Tri.YES)),
    ("LL401", M, call("F.mse_loss", GONE, F32)),
    ("LL405", N, replace(used("backward", reduction="none"), passed=(P_IN, P_IDS, Passed("reduce", None, T)))),
    ("LL405", N, replace(used("backward", reduction="none"), passed=(Passed("input", 0, shaped(1, 1)), P_IDS))),
    ("LL406", Y, replace(used("backward"), uses=(Use("accumulated-before"), Use("backward")))),
    ("LL406", Y, used("collected")),
    ("LL406", N, used("accumulated-before")),
    ("LL406", Y, replace(used("backward"), uses=(Use("collected-before"), Use("backward")))),
    ("LL406", N, used("collected-before")),
    (
        "LL407",
        N,
        replace(live("F.cross_entropy"), passed=(Passed("input", 0, facts(kind="ndarray", requires_grad=True)), P_LIVE)),
    ),
    ("LL408", N, replace(call("F.gaussian_nll_loss", T, T, T, backward=Tri.YES), uses=(Use("root"),))),
    ("LL501", Y, replace(call("new nn.MSELoss", Facts()), used_as_loss=Tri.YES)),
    ("LL501", N, replace(call("new nn.MSELoss", reduction=Facts()), used_as_loss=Tri.YES)),
    ("LL501", N, replace(call("new nn.MSELoss", None), used_as_loss=Tri.YES)),
    ("LL501", Y, call("new nn.MSELoss", input=F32)),
    ("LL501", Y, replace(call("new nn.MSELoss"), passed=(Passed("", 3, F32),))),
    ("LL501", P, call("new nn.MSELoss", weird=Facts(kind=OneOf.of("tensor", "none")))),
    ("LL501", N, call("new nn.MSELoss", weird=Facts())),
    ("LL501", N, call("new nn.CrossEntropyLoss", T)),
    ("LL501", N, call("new nn.CrossEntropyLoss", Facts(shape=OneOf.of(Shape((8, 10)))))),
    ("LL502", N, call("nn.MSELoss", T, "sum")),
    ("LL502", N, call("nn.GaussianNLLLoss", T, T, T, "sum")),
    ("LL502", N, call("new nn.MSELoss", size_average="sum")),
    ("LL502", N, replace(call("new nn.MSELoss"), passed=(Passed("", 5, Facts(), OneOf.of("sum")),))),
    ("LL502", P, call("new nn.MSELoss", Facts(kind=OneOf.of("str", "none")))),
    ("LL502", N, call("F.gaussian_nll_loss", T, T, T, "other")),
    ("LL502", N, call("F.gaussian_nll_loss", T, T, T, Facts())),
    ("LL502", Y, call("new nn.MSELoss", Facts(kind=OneOf.of("str")))),
    ("LL503", N, call("nn.MSELoss", T, T, size_average=False)),
    ("LL503", Y, call("F.mse_loss", T, T, size_average=Facts(kind=OneOf.of("bool")))),
    ("LL503", P, call("F.mse_loss", T, T, size_average=Facts(kind=OneOf.of("bool", "none")))),
    ("LL503", Y, call("new nn.MSELoss", size_average=OneOf.of(True, False), reduction="sum")),
    ("LL503", Y, call("new nn.MSELoss", size_average=False, reduction="sum")),
    ("LL503", Y, call("new nn.MSELoss", size_average=False, reduction="mean")),
    ("LL503", N, call("new nn.MSELoss", reduction="sum")),
    ("LL503", P, call("new nn.MSELoss", reduction=OneOf.of("elementwise_mean", "sum"))),
    ("LL503", Y, call("F.mse_loss", T, T, reduce=False)),
    ("LL504", N, call("torch.hinge_embedding_loss", T, T, reduction=1)),
    ("LL504", N, call("new nn.MSELoss", size_average=False, reduction="avg")),
    ("LL504", Y, call("new nn.MSELoss", reduction=None)),
    ("LL505", N, call("F.cross_entropy", facts(kind="ndarray", dtype="int64"), SCORES)),
    ("LL505", N, call("F.cross_entropy", IDS, facts(kind="ndarray", dtype="float32"))),
    ("LL505", Y, call("F.cross_entropy", shaped(8, dtype="int64"), shaped(8, 10))),
    ("LL505", N, call("F.kl_div", facts("probs(1)"), facts("log_probs(1)"), options={"log_target": True})),
    ("LL505", P, named("F.kl_div", "target", "x", FIXED, LIVE)),
    ("LL505", N, call("F.cross_entropy", target=SCORES)),
    ("LL506", N, call("F.kl_div", T, T, size_average=False)),
    ("LL506", N, replace(call("F.kl_div"), passed=(P_IN, Passed("*", 1)))),
    ("LL506", N, call("torch.kl_div", T, T)),
    ("LL507", N, call("F.cross_entropy", shaped(8, 2), IDS, ignore_index=ANY)),
    ("LL507", N, call("F.cross_entropy", shaped(8, 2), shaped(8), ignore_index=1)),
    ("LL507", M, call("F.cross_entropy", shaped("N", "C"), IDS, ignore_index=0)),
    ("LL507", Y, call("F.cross_entropy", shaped(2), shaped(dtype="int64"), ignore_index=0)),
    ("LL507", M, call("F.cross_entropy", facts(shape=Shape((2,), open=True)), IDS, ignore_index=0)),
    ("LL507", N, call("F.mse_loss", shaped(8, 2), T)),
    ("LL507", Y, call("F.linear_cross_entropy", shaped(8, 16), shaped(20, 16), shaped(8, 20), ignore_index=-100)),
    ("LL507", N, call("F.linear_cross_entropy", shaped(8, 16), shaped(20, 16), shaped(8, 20))),
    ("LL507", N, call("F.linear_cross_entropy", shaped(8, 16), shaped(20, 16), IDS, ignore_index=-100)),
    ("LL507", P, call("F.linear_cross_entropy", shaped(8, 16), shaped(20, 16), IDS, ignore_index=3)),
    ("LL507", Y, call("F.cross_entropy", SCORES, filled(0))),
    ("LL507", Y, call("F.cross_entropy", SCORES, filled(-1))),
    ("LL507", Y, call("F.cross_entropy", SCORES, filled(10))),
    ("LL507", Y, call("F.cross_entropy", facts("logits"), filled(10))),
    ("LL507", N, call("F.cross_entropy", shaped(8, 10), filled(10))),
    ("LL507", Y, call("F.cross_entropy", SCORES, filled(9), options={"ignore_index": -1})),
    ("LL507", Y, call("F.cross_entropy", SCORES, filled(0), options={"reduction": "sum"})),
    ("LL507", P, call("F.cross_entropy", SCORES, filled(0, -100))),
    ("LL507", Y, call("F.linear_cross_entropy", facts("rectified", shape=(8, 16)), shaped(20, 16), filled(0))),
    ("LL507", N, call("F.cross_entropy", SCORES, filled(-100))),
    ("LL507", N, call("F.cross_entropy", SCORES, filled(0), weight=T)),
    ("LL507", N, call("F.cross_entropy", SCORES, filled(0), options={"weight": ANY})),
    ("LL507", N, call("F.cross_entropy", SCORES, filled(0), options={"reduction": "none"})),
    ("LL507", N, call("F.cross_entropy", SCORES, filled(0), options={"reduction": ANY})),
    ("LL507", N, call("F.cross_entropy", SCORES, filled(0), size_average=False)),
    ("LL507", N, call("F.cross_entropy", SCORES, filled(0), options={"ignore_index": ANY})),
    ("LL507", N, call("F.linear_cross_entropy", facts("rectified", shape=(8, 16)), shaped(20, 16), filled(-100))),
    ("LL508", N, under("cuda", "nn.NLLLoss")),
    ("LL508", N, under("cuda", "segmentation_models_pytorch.losses.MCCLoss")),
    ("LL508", Y, under("cuda", "nn.BCELoss", Facts(device=OneOf.of("cuda:1")))),
    ("LL509", N, call("F.mse_loss", target=on("cpu"))),
    ("LL509", N, call("F.mse_loss", on("cuda").with_(kind=OneOf.of("ndarray")), on("cpu"))),
    ("LL509", N, call("F.mse_loss", on("cuda"), on("cuda"), size_average=on("cpu"))),
    ("LL509", N, call("F.mse_loss", on("cuda"), on("cpu").with_(kind=OneOf.of("ndarray")))),
    ("LL510", N, call("torchvision.ops.sigmoid_focal_loss", T, T, weird=T)),
    ("LL510", N, call("F.cross_entropy")),
    ("LL510", Y, call("new nn.AdaptiveLogSoftmaxWithLoss")),
    ("LL510", Y, call("new nn.CrossEntropyLoss", input=T)),
    ("LL510", Y, call("F.cross_entropy", T, T, from_logits=True)),
    ("LL510", Y, replace(call("nn.MSELoss"), passed=(P_IN, P_IDS, Passed("", 2, T)))),
    ("LL511", N, call("F.huber_loss", T, T, delta=False)),
    ("LL511", N, call("F.cross_entropy", T, T, label_smoothing="a")),
    ("LL511", N, call("nn.CTCLoss", shaped("T", "N", "C"), T, T, T, options={"blank": 5})),
    ("LL511", N, call("F.ctc_loss", shaped(12, 8, 5), T, 13, 3)),
    ("LL511", Y, call("F.huber_loss", shaped(8, 2), T, delta=-2)),
    ("LL511", N, call("F.huber_loss", shaped(8, 2), T, delta=5)),
    ("LL603", N, call("F.mse_loss", target=shaped(0, 10))),
    ("LL604", N, after((1.463, 2.3), (-3, 1))),
    ("LL604", N, replace(after((1.463, 2.3), (0, 1)), contract=contracts()["torch.nn.LinearCrossEntropyLoss"])),
    ("LL604", N, sized(after((0.0, 0.5), (0, 1)), 8, 1)),
    ("LL604", N, sized(after((1.463, 2.3), (0, 1)), "N", "C")),
    ("LL604", N, sized(after((1.463, 2.3), (0, 1)), 10)),
    ("LL104", Y, call("monai.losses.DiceLoss", SCORES, T)),
    ("LL114", Y, call("F.ctc_loss", shaped(12, 8, 5), shaped(8, 3, dtype="int64"), ids(13, 13), ids(3, 3))),
    ("LL114", Y, call("F.ctc_loss", shaped(12, 8, 5), shaped(8, 3, dtype="int64"), ids(12, 12), ids(4, 4))),
    ("LL114", M, call("F.ctc_loss", shaped(12, 8, 5), shaped(8, 3, dtype="int64"), THIRTEEN, ids(3, 3))),
    ("LL114", M, call("F.cross_entropy", SCORES, ids(0, 10), options={"ignore_index": "a"})),
    ("LL116", N, call("F.kl_div", facts("probs(1)", shape=(8, 10)), rows_of(0.5, 1.5))),
    ("LL205", Y, call("F.cross_entropy", SCORES, shaped(8, 10, dtype="float64"))),
    ("LL205", M, call("F.huber_loss", F64, T)),
    ("LL205", Y, call("F.linear_cross_entropy", shaped(8, 16), shaped(5, 16), D64, linear_bias=F64)),
    ("LL502", Y, call("new nn.MSELoss", OneOf.of("sum"))),
    ("LL503", Y, call("new nn.MSELoss", size_average=OneOf.of(True))),
    ("LL503", N, call("new nn.MSELoss", reduction=ANY)),
    ("LL507", M, call("F.cross_entropy", facts().with_(shape=CLASSES_2_10), IDS, ignore_index=0)),
    ("LL507", Y, call("F.cross_entropy", facts("logits").with_(shape=CLASSES_2_10), filled(20))),
    ("LL603", N, call("F.cross_entropy", target=ids(-100, -100))),
    ("LL109", Y, call("F.nll_loss", facts("log_probs(-1)", shape=Shape((None, None, None), open=True)), T)),
    ("LL109", M, call("F.nll_loss", facts("log_probs(-1)", shape=Shape((None, 10), open=True)), T)),
    ("LL109", M, call("F.nll_loss", facts("log_probs(0)", shape=Shape((None, None, None), open=True)), T)),
    ("LL109", M, call("F.nll_loss", facts("log_probs(-1)"), T)),
    ("LL109", M, call("F.nll_loss", facts("log_probs(1)", shape=Shape((10,), open=True)), T)),
    ("LL116", Y, call("F.cross_entropy", T, facts("logits", dtype="float32"))),
    ("LL116", N, call("F.cross_entropy", T, facts("probs(1)", dtype="float32"))),
    ("LL505", Y, named("F.binary_cross_entropy_with_logits", "target", "x", T, facts("logits", requires_grad=True))),
    ("LL505", M, named("F.binary_cross_entropy_with_logits", "x", "y", T, facts("logits", requires_grad=True))),
    ("LL505", M, named("F.binary_cross_entropy_with_logits", "target", "x", T, facts("logits"))),
    ("LL505", M, named("F.binary_cross_entropy_with_logits", "target", "x", T, facts(requires_grad=True))),
    ("LL505", M, named("F.binary_cross_entropy_with_logits", "target", "x", LIVE_ALONE, facts("logits", requires_grad=True))),
]


def _silent() -> Iterator[tuple[str, LossCall]]:
    """Calls that violate a rule, made into ones of which it must not speak.

    A construction; for rules on values, dtypes or shapes, a call without arguments and one whose arguments are no tensors:
    not-a-tensor speaks of that.
    """
    for code, certainty, made in CASES:
        if certainty != Y or made.stage != "call" or code == "LL201":
            continue
        if made.contract.init and (code[2] in "123" or code in COMPUTED):
            yield code, replace(made, stage="construct")
        if code[2] not in "123":
            continue
        yield code, replace(made, passed=())
        arrays = tuple(replace(one, facts=one.facts.with_(kind=OneOf.of("ndarray"))) for one in made.passed)
        yield code, replace(made, passed=arrays)
        for at in range(2):
            yield code, replace(made, passed=tuple(one for index, one in enumerate(arrays) if index != at))


COMPUTED = {"LL401", "LL404", "LL405", "LL406", "LL407", "LL409", "LL505", "LL507", "LL508", "LL509", "LL603"}
"""Rules of other families that look at what is passed where a loss is computed."""
SILENT = list(_silent())


@pytest.mark.parametrize(("code", "made"), SILENT, ids=[f"{at}-{code}" for at, (code, _) in enumerate(SILENT)])
def test_silence(code: str, made: LossCall) -> None:
    assert not list(check(made, [rule for rule in rules() if rule.code == code]))


@pytest.mark.parametrize(
    ("code", "certainty", "made"), CASES, ids=[f"{at}-{code}-{how or 'no'}" for at, (code, how, _) in enumerate(CASES)]
)
def test_certainty(code: str, certainty: str, made: LossCall) -> None:
    found = [finding.certainty for finding in check(made, [rule for rule in rules() if rule.code == code])]
    assert found[:1] == ([certainty] if certainty else [])
    assert len(set(found)) <= 1 or code == "LL114", "of CTC the lengths and the labels are told apart"


@pytest.mark.parametrize("code", sorted({code for code, _, _ in CASES}))
def test_a_rule_is_tried_in_every_way(code: str) -> None:
    wanted = {Y, M, N}
    assert {certainty for tried, certainty, _ in CASES if tried == code} >= (wanted - {M} if code in SEEN_OR_NOT else wanted)


@pytest.mark.parametrize(("steps", "labels", "wrong"), [(12, 3, 0), (13, 3, 1), (12, 4, 1), (13, 4, 2)])
def test_lengths_beyond_what_there_is(steps: int, labels: int, wrong: int) -> None:
    made = call("F.ctc_loss", shaped(12, 8, 5), shaped(8, 3, dtype="int64"), ids(steps, steps), ids(labels, labels))
    found = [one for one in check(made, [rule for rule in rules() if rule.code == "LL114"]) if one.certainty == Y]
    assert len(found) == wrong


@pytest.mark.parametrize(
    ("code", "severity", "made"),
    [
        ("LL105", "info", call("F.cross_entropy", facts("log_probs(1)"), T)),
        ("LL105", "error", call("F.cross_entropy", facts("log_probs(each)"), T)),
        ("LL105", "error", call("nn.BCEWithLogitsLoss", facts("log_probs(1)"), T)),
        ("LL203", "warning", call("F.l1_loss", F32, facts(dtype="int64"))),
        ("LL203", "error", call("F.huber_loss", F32, facts(dtype="int64"))),
        ("LL205", "warning", call("F.mse_loss", F32, F64)),
        ("LL205", "error", call("F.huber_loss", F32, F64)),
        ("LL110", "info", call("nn.BCELoss", facts("probs(each)"), T)),
        ("LL110", "warning", call("F.nll_loss", facts(Domain("log_probs", 1, logged=True)), T)),
        ("LL505", "info", named("F.mse_loss", "target", "output")),
        ("LL505", "error", call("F.cross_entropy", IDS, SCORES)),
        ("LL503", "info", call("new nn.MSELoss", size_average=False)),
        ("LL503", "info", call("new nn.MSELoss", size_average=False, reduction="sum")),
        ("LL507", "error", call("F.cross_entropy", shaped(8, 2), shaped(8, 2), ignore_index=5)),
        ("LL507", "warning", call("F.cross_entropy", shaped(8, 2), IDS, ignore_index=0)),
        ("LL503", "warning", call("new nn.MSELoss", size_average=False, reduction="mean")),
    ],
)
def test_severity(code: str, severity: str, made: LossCall) -> None:
    (found,) = check(made, [rule for rule in rules() if rule.code == code])
    assert found.severity == severity


def some(values: st.SearchStrategy[Any], known: bool = False) -> st.SearchStrategy[OneOf[Any]]:
    sets = st.frozensets(values, min_size=1, max_size=3).map(OneOf)
    return sets if known else st.one_of(st.just(ANY), sets)


KINDS = st.sampled_from(sorted(Kind.__args__))  # type: ignore[attr-defined]
DIMS = st.one_of(st.none(), st.sampled_from([1, 2, 8, "N", "C"]))
SHAPES = st.builds(Shape, st.lists(DIMS, max_size=4).map(tuple), st.booleans())
AXES = st.sampled_from([-1, 0, 1, 2, EACH, UNKNOWN_AXIS])
RANGES = st.builds(lambda ends, exact: Range(min(ends), max(ends), exact), st.tuples(*[st.floats(-5, 300)] * 2), st.booleans())
FACTS = st.builds(
    Facts,
    st.one_of(some(KINDS), st.just(OneOf.of("tensor"))),
    some(st.builds(Domain, st.sampled_from(sorted(DOMAINS)), AXES)),
    some(st.sampled_from(sorted(DTYPES))),
    some(SHAPES),
    some(st.booleans()),
    st.just(ANY),
    st.one_of(st.just(Range()), RANGES),
    st.sampled_from([(), CUT]),
)
CONSTANTS = some(st.sampled_from([True, False, None, 0, 1, 0.5, "sum", "mean", "batchmean", "elementwise_mean", "avg"]))


@st.composite
def any_call(draw: st.DrawFn) -> LossCall:
    contract = draw(st.sampled_from(list(contracts().values())))
    stage = draw(st.sampled_from(["call", "construct"]))
    form = draw(st.sampled_from(["module", "function"]))
    names = contract.init if stage == "construct" else contract.forward if form == "module" else contract.function
    passed = tuple(
        Passed(name, draw(st.sampled_from([at, None])), draw(FACTS), draw(CONSTANTS))
        for at, name in enumerate((*names, "", "unheard_of", "*args"))
        if draw(st.booleans())
    )
    options = {name: draw(CONSTANTS) for name in contract.defaults if draw(st.booleans())}
    return LossCall(
        contract,
        stage,
        form,
        passed,
        options,
        backward=draw(st.sampled_from(Tri)),
        grad_enabled=draw(some(st.booleans())),
    )


@settings(max_examples=300, deadline=None)
@given(any_call())
def test_no_rule_breaks_on_any_call(made: LossCall) -> None:
    for finding in check(made, rules()):
        assert finding.certainty in (Y, P, M)


@settings(max_examples=150, deadline=None)
@given(any_call())
def test_what_is_unknown_is_never_proven(made: LossCall) -> None:
    blind = tuple(Passed(one.name, one.position, Facts(kind=OneOf.of("tensor", "other"))) for one in made.passed)
    unknown = LossCall(made.contract, "call", made.form, blind)
    assert not [finding.code for finding in check(unknown, rules()) if finding.certainty == Y and finding.code not in BY_DEFAULT]


SEEN_OR_NOT = {"LL403", "LL408", "LL510", "LL402", "LL404", "LL405", "LL406", "LL409"}
SEEN_OR_NOT |= {"LL601", "LL602", "LL603", "LL604", "LL605", "LL511", "LL119", "LL512"}
"""Rules about what is seen in the program, or not there: the arguments of a call, what it gave, what becomes of a loss."""
BY_DEFAULT = {"LL506", "LL510"}
"""Rules that speak of what isn't passed."""
