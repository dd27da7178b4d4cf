"""The command line against a small engine of the tests' own: selection, filters, exit statuses, errors, colours."""

from __future__ import annotations

import errno
import json
import os
import subprocess
import sys
import types
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from losslint import __version__
from losslint.calls import LossCall
from losslint.checking import Finding, TraceStep
from losslint.cli import main
from losslint.errors import InputError
from losslint.places import Place
from losslint.rule import Rule, Verdict

SOURCE = [
    "import torch",
    "",
    "loss = criterion(model(x), y)",
    "old = nn.MSELoss(size_average=False)",
    "maybe = criterion(other(x), y)",
]


def _silent(call: LossCall) -> Iterator[Verdict]:
    return iter(())


RULES = (
    Rule(
        "LL101",
        "probabilities-as-logits",
        "error",
        "# probabilities-as-logits (LL101)\n\nSoftmax before a loss\nthat takes logits.\n\n## Why\nIt is wrong.",
        _silent,
    ),
    Rule("LL104", "logits-as-probabilities", "error", "No sigmoid.", _silent),
    Rule("LL503", "deprecated-reduction-argument", "info", "Old words.", _silent),
)
FINDINGS = (
    Finding(
        "LL101",
        "probabilities-as-logits",
        "`CrossEntropyLoss` takes logits, not probabilities",
        "error",
        "proven",
        Place("train.py", 3, 8, 3, 30),
        (TraceStep(Place("model.py", 31), "softmax over dim 1"), TraceStep(Place("train.py", 3), "returned")),
        "return the scores without softmax",
        "probabilities over axis 1",
        "logits float[N C *d]",
    ),
    Finding("LL503", "deprecated-reduction-argument", "`size_average` is old", "info", "proven", Place("train.py", 4, 7)),
    Finding("LL104", "logits-as-probabilities", "may be logits", "error", "possible", Place("train.py", 5, 9)),
    Finding("LL104", "logits-as-probabilities", "nothing is known", "error", "obligation", Place("train.py", 5, 9)),
)


@dataclass
class Counters:
    files: int = 1
    parsed: int = 1
    loss_calls: int = 3


@dataclass
class Outcome:
    findings: list[Finding]
    errors: list[InputError] = field(default_factory=list)
    notes: list[InputError] = field(default_factory=list)
    statistics: Counters = field(default_factory=Counters)
    source: list[str] = field(default_factory=lambda: list(SOURCE))

    def line(self, place: Place) -> str:
        return self.source[place.line - 1] if place.line <= len(self.source) else ""


@dataclass
class Engine:
    """Stands where the static engine stands, and remembers what it was asked."""

    outcome: Outcome
    paths: Sequence[str] = ()
    stdin: tuple[str, bytes] | None = None
    exclude: Sequence[str] = ()
    rules: Sequence[Rule] = ()
    breaks: Exception | None = None

    def check_paths(
        self,
        paths: Sequence[str],
        *,
        stdin: tuple[str, bytes] | None = None,
        exclude: Sequence[str] = (),
        rules: Sequence[Rule],
        losses: object,
        obligations: bool,
    ) -> Outcome:
        if self.breaks is not None:
            raise self.breaks
        self.paths, self.stdin, self.exclude, self.rules = paths, stdin, exclude, rules
        codes = {rule.code for rule in rules}
        return replace(self.outcome, findings=[finding for finding in self.outcome.findings if finding.code in codes])


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Engine:
    made = Engine(Outcome(list(FINDINGS)))
    module = types.ModuleType("losslint.static.project")
    monkeypatch.setattr(module, "check_paths", made.check_paths, raising=False)
    monkeypatch.setitem(sys.modules, "losslint.static.project", module)
    monkeypatch.setattr("losslint.commands.check.rules", lambda: RULES)
    monkeypatch.setattr("losslint.commands.rule.rules", lambda: RULES)
    for variable in ("NO_COLOR", "FORCE_COLOR", "LOSSLINT_TRACEBACK"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.chdir(tmp_path)
    return made


@pytest.fixture
def lint(engine: Engine, capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str, str]]:
    def call(*arguments: str) -> tuple[int, str, str]:
        status = main(list(arguments))
        out, err = capsys.readouterr()
        return status, out, err

    return call


Lint = Callable[..., tuple[int, str, str]]


def codes(output: str) -> list[str]:
    return [entry["code"] for entry in json.loads(output)]


def test_text_is_the_default(lint: Lint, engine: Engine) -> None:
    status, out, err = lint("check")
    assert (status, err, engine.paths) == (1, "", ["."])
    assert out.splitlines() == [
        "train.py:3:8: LL101 [error] `CrossEntropyLoss` takes logits, not probabilities",
        "  |",
        "3 |     loss = criterion(model(x), y)",
        "  |            ^^^^^^^^^^^^^^^^^^^^^^",
        "  seen:  probabilities over axis 1",
        "  wants: logits float[N C *d]",
        "  trace: model.py:31 softmax over dim 1 → train.py:3 returned",
        "  help:  return the scores without softmax",
        "",
        "Found 1 error in 1 file (3 loss calls checked); 1 possible finding not shown (`--unproven` shows it)",
    ]


def test_no_trace_and_quiet(lint: Lint) -> None:
    _, out, _ = lint("check", "--no-trace", "--quiet")
    assert "trace:" not in out
    assert "Found" not in out
    assert "LL101" in out


def test_concise(lint: Lint) -> None:
    _, out, _ = lint("check", "--output-format", "concise", "-q")
    assert out == "train.py:3:8: LL101 [error] `CrossEntropyLoss` takes logits, not probabilities\n"


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ((), ["LL101"]),
        (("--severity", "info"), ["LL101", "LL503"]),
        (("--unproven",), ["LL101", "LL104"]),
        (("--unproven", "--obligations"), ["LL101", "LL104", "LL104"]),
        (("--select", "LL503"), ["LL503"]),
        (("--select", "deprecated-reduction-argument"), ["LL503"]),
        (("--select", "LL5"), []),
        (("--select", "LL503", "--severity", "error"), []),
        (("--select", "LL101,LL503"), ["LL101", "LL503"]),
        (("--ignore", "LL1"), []),
        (("--select", "LL101", "--ignore", "LL1"), ["LL101"]),
        (("--select", "LL1", "--ignore", "ll101", "--unproven"), ["LL104"]),
    ],
)
def test_what_is_shown(lint: Lint, arguments: tuple[str, ...], expected: list[str]) -> None:
    status, out, _ = lint("check", "--output-format", "json", *arguments)
    assert codes(out) == expected
    assert status == (1 if expected else 0)


def test_obligations_alone_are_no_findings(lint: Lint, engine: Engine) -> None:
    engine.outcome.findings = [FINDINGS[3]]
    status, out, _ = lint("check", "--obligations")
    assert "LL104 [error, obligation]" in out
    assert "Found 1 obligation in 1 file" in out
    assert status == 0


def test_what_was_left_out_is_told_and_fails_nothing(lint: Lint, engine: Engine) -> None:
    """A README shows fragments that are no program: no reason to fail a build."""
    engine.outcome = Outcome([], notes=[InputError("a.md:3", "block left out: syntax error")])
    assert lint("check")[::2] == (0, "note: a.md:3: block left out: syntax error\n")
    assert lint("check", "--quiet")[::2] == (0, "")


def test_exit_zero_hides_findings_but_not_errors(lint: Lint, engine: Engine) -> None:
    assert lint("check", "--exit-zero")[0] == 0
    engine.outcome.errors = [InputError("gone.py", "no such file")]
    status, out, err = lint("check", "--exit-zero", "gone.py", "train.py")
    assert status == 2
    assert "LL101" in out
    assert err == "error: gone.py: no such file\n"


def test_clean(lint: Lint, engine: Engine) -> None:
    engine.outcome.findings = []
    assert lint("check") == (0, "No misuse found in 1 file (3 loss calls checked)\n", "")


def test_statistics_stay_out_of_json(lint: Lint) -> None:
    _, out, err = lint("check", "--statistics", "--output-format", "json")
    assert codes(out) == ["LL101"]
    assert "3  loss calls" in err
    _, out, _ = lint("check", "--statistics", "-q")
    assert "1  LL101 probabilities-as-logits [error]" in out


@pytest.mark.parametrize(
    ("comment", "left"),
    [
        ("# noqa", 0),
        ("# noqa: LL101", 0),
        ("# noqa:E501,LL101 since it is measured", 0),
        ("# losslint: ignore[LL101]", 0),
        ("# losslint: ignore[probabilities-as-logits]", 0),
        ("# losslint: ignore", 0),
        ("# noqa: E501", 1),
        ("# noqa:", 1),
        ("# losslint: ignore[LL102]", 1),
        ("# losslint: ignore[]", 1),
        ("# nothing to do with noqaness", 1),
    ],
)
def test_comments_silence(lint: Lint, engine: Engine, comment: str, left: int) -> None:
    engine.outcome.source[2] += f"  {comment}"
    assert lint("check")[0] == left


def test_a_comment_on_the_last_line_of_a_call_silences(lint: Lint, engine: Engine) -> None:
    engine.outcome.source = ["loss = criterion(", "    model(x),", "    y,", ")  # noqa: LL101"]
    engine.outcome.findings = [replace(FINDINGS[0], place=Place("train.py", 1, 8, 4, 2))]
    assert lint("check")[0] == 0


def test_stdin(lint: Lint, engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", types.SimpleNamespace(buffer=types.SimpleNamespace(read=lambda: b"x = 1")))
    lint("check", "-", "--stdin-filename", "a.md")
    assert (list(engine.paths), engine.stdin) == ([], ("a.md", b"x = 1"))
    lint("check", "--stdin-filename", "b.py")
    assert engine.stdin == ("b.py", b"x = 1")


def test_closed_stdin(lint: Lint, engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", None)
    status, out, err = lint("check", "-", "train.py")
    assert status == 2
    assert "LL101" in out
    assert err == "error: <stdin>: cannot be read: standard input is closed\n"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("check", "--frobnicate"), "--frobnicate"),
        (("check", "--severity", "loud"), "'loud'"),
        (("check", "--select", "LL999"), "--select: no rule is called `LL999`"),
        (("check", "--ignore", "probabilities-as-logit"), "did you mean `probabilities-as-logits`?"),
        (("rule", "nonsense"), "no rule is called `nonsense`"),
        (("rule", "LL101", "--all"), "not both"),
        (("dance",), "'dance'"),
    ],
)
def test_usage_errors_are_one_line(lint: Lint, arguments: tuple[str, ...], message: str) -> None:
    status, out, err = lint(*arguments)
    assert (status, out) == (2, "")
    assert err.startswith("error: ")
    assert err.count("\n") == 1
    assert message in err


def test_no_traceback(lint: Lint, engine: Engine) -> None:
    engine.breaks = RecursionError("too\ndeep")
    status, out, err = lint("check")
    assert (status, out) == (2, "")
    assert err.count("\n") == 1
    assert "has a bug: RecursionError: too deep; please report it" in err


def test_interrupted(lint: Lint, engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(sys.modules["losslint.static.project"], "check_paths", interrupted)
    assert lint("check")[0] == 130


def test_colours(lint: Lint, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "\x1b[" not in lint("check")[1]
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert "\x1b[31m" in lint("check")[1]
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b[" not in lint("check")[1]


def test_rule_pages(lint: Lint) -> None:
    status, listing, _ = lint("rule")
    assert status == 0
    assert listing.splitlines()[0] == "LL101  error    probabilities-as-logits: Softmax before a loss that takes logits"
    assert lint("rule", "LL101") == lint("rule", "probabilities-as-logits")
    assert lint("rule", "ll101")[1].startswith("# probabilities-as-logits (LL101)\n\nSeverity: error\n\nSoftmax before")
    assert lint("rule", "--all")[1].count("Severity: ") == 3
    assert json.loads(lint("rule", "LL104", "--output-format", "json")[1])["name"] == "logits-as-probabilities"
    assert len(json.loads(lint("rule", "--all", "--output-format", "json")[1])) == 3


def test_sarif_names_what_could_not_be_checked(lint: Lint, engine: Engine) -> None:
    engine.outcome.errors = [InputError("gone.py", "no such file")]
    status, out, _ = lint("check", "--output-format", "sarif")
    run = json.loads(out)["runs"][0]
    assert status == 2
    assert [result["ruleId"] for result in run["results"]] == ["LL101"]
    assert run["invocations"][0]["toolExecutionNotifications"][0]["message"]["text"] == "gone.py: no such file"


def test_output_file_is_written_whole_or_not_at_all(lint: Lint, engine: Engine, tmp_path: Path) -> None:
    target = tmp_path / "report.json"
    target.write_text("before")
    target.chmod(0o640)
    status, out, _ = lint("check", "--output-format", "json", "--output-file", "report.json")
    assert status == 1
    assert codes(target.read_text()) == ["LL101"]
    assert target.stat().st_mode & 0o777 == 0o640
    assert out.startswith("Found 1 error")
    assert [path.name for path in tmp_path.iterdir()] == ["report.json"]
    engine.breaks = RuntimeError("in the middle")
    assert lint("check", "-o", "report.json")[0] == 2
    assert codes(target.read_text()) == ["LL101"]


def test_output_file_that_cannot_be_written_is_one_line(lint: Lint, tmp_path: Path) -> None:
    status, out, err = lint("check", "-o", "missing/report.txt")
    assert (status, out, err) == (2, "", "error: missing/report.txt: cannot be written: No such file or directory\n")
    (tmp_path / "folder").mkdir()
    assert lint("check", "-o", "folder") == (2, "", "error: folder: cannot be written: Is a directory\n")


def test_an_output_file_has_no_colours(lint: Lint, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    lint("check", "-o", "report.txt")
    text = (tmp_path / "report.txt").read_text()
    assert "LL101 [error]" in text and "\x1b" not in text


def test_show_files_checks_none(lint: Lint, engine: Engine, tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text('[tool.losslint]\nexclude = ["old"]')
    for name in ("a.py", "old/b.py", "n/c.ipynb", "d.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    engine.breaks = AssertionError("nothing is to be checked")
    assert lint("check", "--show-files") == (0, "a.py\nn/c.ipynb\n", "")
    status, out, err = lint("check", "--show-files", "a.py", "gone.py")
    assert (status, out) == (2, "a.py\n")
    assert err.startswith("error: gone.py: ")


def test_folders_are_excluded_by_their_path_from_the_configuration(
    lint: Lint, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "pyproject.toml").write_text('[tool.losslint]\nexclude = ["src/old", "src/new/*_x.py"]')
    for name in ("src/old/b.py", "src/new/a.py", "src/new/b_x.py", "src/new/src/old/c.py"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    monkeypatch.chdir(tmp_path / "src")
    assert lint("check", "--show-files") == (0, "new/a.py\n", "")
    assert lint("check", "--show-files", str(tmp_path / "src")) == (0, f"{tmp_path / 'src/new/a.py'}\n", "")


def test_a_named_configuration_replaces_the_nearest(lint: Lint, tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text('[tool.losslint]\nignore = ["LL101"]')
    (tmp_path / "other.toml").write_text('[tool.losslint]\nselect = ["LL1"]')
    assert lint("check")[0] == 0
    assert lint("check", "--config", "other.toml")[0] == 1


@pytest.mark.parametrize(("content", "message"), [(None, "cannot be read"), ("[tool.ruff]", "has no table `tool.losslint`")])
def test_a_named_configuration_that_cannot_be_used_ends_the_run(
    lint: Lint, tmp_path: Path, content: str | None, message: str
) -> None:
    if content is not None:
        (tmp_path / "other.toml").write_text(content)
    status, out, err = lint("check", "--config", "other.toml")
    assert (status, out, err.count("\n")) == (2, "", 1)
    assert "other.toml" in err and message in err


def test_shells_are_offered_completion(tmp_path: Path) -> None:
    environment = {**os.environ, "_LOSSLINT_COMPLETE": "bash_complete", "COMP_WORDS": "losslint check --out", "COMP_CWORD": "2"}
    done = subprocess.run([sys.executable, "-m", "losslint"], capture_output=True, text=True, env=environment, check=False)
    assert {"plain,--output-format", "plain,--output-file"} <= set(done.stdout.split())


CONFIGURED = """
[tool.losslint]
select = ["LL1", "LL503"]
ignore = ["LL104"]
exclude = ["old/**"]
severity = "info"

[tool.losslint.per-file-ignores]
"sketches" = ["LL101"]
"""


def test_configuration(lint: Lint, engine: Engine, tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text(CONFIGURED)
    _, out, _ = lint("check", "--output-format", "json", "--exclude", "a,b")
    assert codes(out) == ["LL101", "LL503"]
    assert [rule.code for rule in engine.rules] == ["LL101", "LL503"]
    assert set(engine.exclude) >= {"old/**", "a", "b"}
    _, out, _ = lint("check", "--output-format", "json", "--select", "LL104", "--unproven")
    assert codes(out) == ["LL104"]
    engine.outcome.findings = [replace(FINDINGS[0], place=Place("sketches/deep/a.py", 3))]
    assert lint("check")[0] == 0


def test_the_nearest_pyproject_that_speaks_of_losslint_holds(lint: Lint, engine: Engine, tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text('[tool.losslint]\nignore = ["LL101"]')
    inner = tmp_path / "inner"
    inner.mkdir()
    (inner / "pyproject.toml").write_text("[tool.ruff]\n")
    assert lint("check", "inner")[0] == 0
    (inner / "pyproject.toml").write_text('[tool.losslint]\nignore = ["LL104"]')
    assert lint("check", "inner")[0] == 1


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("[tool.losslint\n", "is not valid TOML"),
        ("[tool.losslint]\nselected = []", "`tool.losslint.selected` is not a known key"),
        ("[tool.losslint]\nselect = 'LL1'", "`tool.losslint.select` is not a list of strings"),
        ("[tool.losslint]\nseverity = 'loud'", "'loud'"),
        ("[tool.losslint]\nignore = ['LL999']", "no rule is called `LL999`"),
        ("[tool.losslint]\nper-file-ignores = ['LL101']", "is not a table"),
        ("[tool]\nlosslint = 1", "is not a table"),
    ],
)
def test_a_broken_configuration_is_named_and_the_rest_checked(lint: Lint, tmp_path: Path, content: str, message: str) -> None:
    (tmp_path / "pyproject.toml").write_text(content)
    status, out, err = lint("check")
    assert status == 2
    assert "LL101" in out
    assert err.count("\n") == 1
    assert str(tmp_path / "pyproject.toml") in err
    assert message in err


def test_version_needs_neither_engine_nor_rules() -> None:
    script = (
        "import sys; from losslint.cli import main; main(['--version']); "
        "print(sorted({'torch', 'libcst', 'numpy', 'losslint.rule', 'losslint.static'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == [f"losslint {__version__}", "[]"]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is full")
def test_a_full_disk_is_told(tmp_path: Path) -> None:
    (tmp_path / "program.py").write_text("import torch\ntorch.nn.MSELoss('sum')\n")
    command = [sys.executable, "-m", "losslint", "check", str(tmp_path)]
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr == f"error: <stdout>: cannot be written: {os.strerror(errno.ENOSPC)}\n"
