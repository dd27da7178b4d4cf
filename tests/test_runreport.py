"""The report of a run: what it counts, that JSON keeps it whole, how several become one."""

from __future__ import annotations

import pytest

from losslint.checking import Certainty, Finding, TraceStep
from losslint.errors import InputError
from losslint.places import Place
from losslint.runreport import MOST_POINTS, Argument, Curve, Histogram, Report, Site, merge

HERE = Place("train.py", 7, 5, 7, 30)


def finding(certainty: Certainty = "proven") -> Finding:
    trace = (TraceStep(Place("model.py", 3), "softmax"),)
    return Finding("LL101", "probabilities-as-logits", "is softmax", "error", certainty, HERE, trace, "Drop it")


def full(rank: int = 0) -> Report:
    site = Site(
        HERE, "nn.CrossEntropyLoss", "cross_entropy", calls=20 + rank, classes=10, reduction="mean", ranks={rank: 20 + rank}
    )
    site.hit(finding(), 3)
    site.hit(finding(), 9 + rank)
    site.hits[0].ranks = {rank}
    site.arguments["input"] = Argument({"tensor"}, {"float32"}, [[8, 10 + rank]], {"cpu"}, {"probs(1)"}, {True}, 0.0, 1.0 + rank)
    site.losses.add(1, 2.5)
    site.histogram = Histogram(1, 0.0, 1.0, [3, 5])
    report = Report([site], rank=rank, world_size=2, ranks=[rank], run="a")
    report.note_unseen("compiled", "F.mse_loss", HERE)
    report.fail(f"ValueError: {rank}")
    return report


def test_json_keeps_everything() -> None:
    report = full()
    assert Report.from_json(report.to_json()) == report
    assert report.to_dict()["calls"] == report.calls == 20
    assert report.findings == report.proven == [finding()]
    assert report.reached == {HERE: 20}
    assert report.missing_ranks == [1]


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"schema": "losslint-run/1"}', '{"schema": "losslint-run/1", "sites": [1]}'])
def test_what_is_no_report_says_so_in_one_line(text: str) -> None:
    with pytest.raises(InputError, match=r"run\.json: ") as caught:
        Report.from_json(text, "run.json")
    assert "\n" not in str(caught.value)


def test_a_finding_is_counted_and_may_become_proven() -> None:
    site = Site(HERE, "nn.CrossEntropyLoss", "cross_entropy")
    assert site.hit(finding("possible"), 1)
    assert not site.hit(finding("possible"), 1)
    assert site.hit(finding("proven"), 2)
    assert not site.hit(finding("possible"), 5)
    (hit,) = site.hits
    assert (hit.first, hit.last, hit.count, hit.finding.certainty) == (1, 5, 3, "proven")


def test_merge_adds_up_what_ranks_saw() -> None:
    merged = merge([full(1), full(0)])
    (site,) = merged.sites
    assert (merged.ranks, merged.missing_ranks, merged.calls) == ([0, 1], [], 41)
    assert site.ranks == {0: 20, 1: 21}
    (hit,) = site.hits
    assert (hit.first, hit.last, hit.count, hit.ranks) == (3, 10, 4, {0, 1})
    assert site.arguments["input"].shapes == [[8, 10], [8, 11]]
    assert (site.arguments["input"].low, site.arguments["input"].high) == (0.0, 2.0)
    assert merged.errors == ["rank 0: ValueError: 0", "rank 1: ValueError: 1"]


def test_a_curve_keeps_its_ends_and_stays_small() -> None:
    curve = Curve()
    for step in range(10_000):
        curve.add(step, float(step))
    assert MOST_POINTS // 2 <= len(curve.points) <= MOST_POINTS
    gaps = {b[0] - a[0] for a, b in zip(curve.points, curve.points[1:], strict=False)}
    assert curve.points[0] == [0, 0.0] and curve.points[-1][0] > 9900 and len(gaps) == 1
