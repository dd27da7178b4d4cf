"""The HTML report: one file, nothing fetched, nothing of the program acting in it, the floor drawn where there is one."""

from __future__ import annotations

import math
import re
import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest

from losslint.checking import Finding
from losslint.confirming import Answer
from losslint.errors import OutputError
from losslint.places import Place
from losslint.report import facts, page, plots
from losslint.runreport import Argument, Curve, Histogram, Hit, Report, Site

HOSTILE = "<script>alert(1)</script>"
FOUND = Finding(
    "LL101",
    "probabilities-as-logits",
    f"`input` is {HOSTILE}",
    "error",
    "proven",
    Place("train.py", 3, 5, 3, 12),
    advice="Drop it",
)


def site(**changes: object) -> Site:
    made = Site(
        Place("train.py", 3, 5, 3, 12),
        "nn.CrossEntropyLoss",
        "cross_entropy",
        calls=900,
        classes=3,
        reduction="mean",
        hits=[Hit(FOUND, 1, 896, 37)],
        arguments={"input": Argument({"tensor"}, {"float32"}, [[8, 3]], {"cpu"}, {"probs(1): softmax"}, {True}, 0.0, 1.0)},
        losses=Curve([[1, 1.1], [2, 0.9], [3, 0.62]]),
        row_sums=Curve([[1, 0.999, 1.001], [2, 1.0, 1.0]]),
        histogram=Histogram(3, 0.0, 1.0, [5, 3, 1, 0]),
    )
    for name, value in changes.items():
        setattr(made, name, value)
    return made


def rendered(*sites: Site, answers: tuple[Answer, ...] = ()) -> str:
    pytest.importorskip("jinja2")
    pytest.importorskip("matplotlib")
    return page.render(f"train.py {HOSTILE}", Report(list(sites)), sites, lambda _: f"x = loss(a) {HOSTILE}", answers)


class Balanced(HTMLParser):
    """Fails on an element that is closed and was not opened; knows the ids."""

    VOID = frozenset({"meta", "br", "path", "use", "rect"})

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: set[str] = set()

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.tags.add(tag)
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in self.VOID:
            assert self.open.pop() == tag

    def handle_startendtag(self, tag: str, attrs: object) -> None:
        self.tags.add(tag)


def test_one_file_that_needs_nothing_and_runs_nothing() -> None:
    html = rendered(site(), site(hits=[], place=Place("other.py", 9)))
    parser = Balanced()
    parser.feed(html)
    assert parser.open == []
    assert not {"script", "link", "img", "iframe"} & parser.tags
    assert HOSTILE not in html and "&lt;script&gt;" in html
    fetched = [url for url in re.findall(r"""(?:href|src|url)\s*[=(]\s*["']?([^"')\s>]+)""", html) if not url.startswith("#")]
    assert fetched == []
    assert html.index("LL101") < html.index("1 call site where nothing was found")


def test_every_plot_is_drawn_in_the_pages_colours_with_the_floor() -> None:
    pytest.importorskip("matplotlib")
    drawn = dict(plots.plots(site()))
    assert list(drawn) == ["The loss over the calls", "The prediction at call 3", "Sums over the classes"]
    loss = drawn["The loss over the calls"]
    assert "floor 0.5514" in loss and "guessing 1.099" in loss
    assert all(svg.startswith("<svg") and "var(--line)" in svg and "#0a0b0" not in svg for svg in drawn.values())
    assert plots.plots(site()) == plots.plots(site())


def test_no_numbers_no_plots_and_infinite_ones_are_left_out() -> None:
    pytest.importorskip("matplotlib")
    empty = site(losses=Curve(), row_sums=Curve(), histogram=None)
    assert plots.plots(empty) == []
    odd = site(losses=Curve([[1, math.nan], [2, math.inf], [3, 1.0]]), row_sums=Curve([[1, math.nan, 1.0]]), histogram=None)
    assert plots.plots(odd) == []


def test_floors() -> None:
    twice = facts.floor(site())
    assert twice is not None and twice.value == pytest.approx(math.log(1 + 2 / math.e))
    right = facts.floor(site(hits=[]))
    assert right is not None and right.value == 0
    assert facts.floor(site(hits=[], contract="kl_div")) is None
    assert facts.floor(site(reduction="none", hits=[])) is None
    assert facts.guess(site(classes=None)) is None


@pytest.mark.parametrize("classes", [2, 3, 10, 100])
def test_torch_never_goes_below_the_floor_of_a_double_softmax(classes: int) -> None:
    torch = pytest.importorskip("torch")
    low = facts.floor(site(classes=classes))
    assert low is not None
    best = torch.nn.functional.cross_entropy(torch.eye(classes, dtype=torch.float64), torch.arange(classes))
    assert best.item() == pytest.approx(low.value)
    rows = torch.rand(500, classes, dtype=torch.float64).softmax(1)
    assert torch.nn.functional.cross_entropy(rows, torch.randint(classes, (500,))).item() >= low.value


def test_answers_are_grouped_and_what_is_confirmed_is_open() -> None:
    answers = (Answer(FOUND, "confirmed", "seen"), Answer(FOUND, "not reached", "no loss was called on this line"))
    html = rendered(answers=answers)
    assert re.search(r'<details class="answers" open><summary class="confirmed">1 confirmed', html)
    assert re.search(r'<details class="answers"><summary class="not">1 not reached', html)


def test_what_is_missing_is_said_before_the_program_runs(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    pytest.importorskip("torch")
    from losslint.commands.run import Options, run

    monkeypatch.setattr(page, "find_spec", lambda name: None)
    (tmp_path / "prog.py").write_text("raise AssertionError('ran')")
    monkeypatch.setitem(sys.modules, "__main__", sys.modules["__main__"])
    options = Options((str(tmp_path / "prog.py"),), output_file=(str(tmp_path / "r.html"),))
    with pytest.raises(OutputError, match=r"needs jinja2 and matplotlib: pip install 'losslint\[report\]'"):
        run(options)
