"""`losslint run`: the program runs as it would without, and its losses are reported when it ends, however it ends."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

pytest.importorskip("torch")

from losslint.cli import main
from losslint.errors import LossMisuseWarning
from losslint.places import Place
from losslint.running import ranks
from losslint.runreport import Report, Site
from losslint.runtime.entries import patched

ROOT = Path(__file__).resolve().parents[1]
TOUR = ROOT / "fixtures" / "tour"
WRONG = """
import torch
from torch.nn import functional as F
net = torch.nn.Linear(4, 3)
loss = F.cross_entropy(torch.softmax(net(torch.randn(8, 4)), 1), torch.randint(3, (8,)))
loss.backward()
"""
Run = Callable[..., tuple[int, str, str]]


@pytest.fixture(autouse=True)
def own_main(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """A program replaces `__main__`, `sys.argv` and `sys.path`; each test has its own."""
    monkeypatch.setitem(sys.modules, "__main__", sys.modules["__main__"])
    monkeypatch.setattr(sys, "argv", [""])
    monkeypatch.setattr(sys, "path", ["", *sys.path])
    monkeypatch.chdir(tmp_path)
    for variable in ("NO_COLOR", "FORCE_COLOR", "RANK", "WORLD_SIZE", "LOCAL_WORLD_SIZE", "LOSSLINT_ON"):
        monkeypatch.delenv(variable, raising=False)
    yield
    assert patched() == ()


@pytest.fixture
def run(capfd: pytest.CaptureFixture[str]) -> Run:
    def call(*arguments: str) -> tuple[int, str, str]:
        capfd.readouterr()
        status = main(["run", *arguments])
        out, err = capfd.readouterr()
        return status, out, err

    return call


def write(name: str, source: str) -> str:
    path = Path(name)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(source)
    return name


def plain(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *arguments], capture_output=True, text=True, check=False, env={**os.environ, **environment}
    )


SHOW = """
import sys, json, helper
print(json.dumps([sys.argv, sys.path[0], __name__, __file__, __package__, __spec__ and __spec__.name, helper.ME]))
assert sys.modules["__main__"].__dict__ is globals()
"""


def test_a_script_sees_what_it_sees_under_python(run: Run) -> None:
    write("deep/helper.py", "ME = __name__")
    script = write("deep/show.py", SHOW)
    expected = plain(script, "--on", "raise", "-m", "x")
    assert expected.returncode == 0, expected.stderr
    status, out, _ = run(script, "--on", "raise", "-m", "x")
    assert (status, json.loads(out)) == (0, json.loads(expected.stdout))


@pytest.mark.parametrize("name", ["pkg.show", "pkg"])
def test_a_module_sees_what_it_sees_under_python(run: Run, name: str) -> None:
    write("helper.py", "ME = __name__")
    write("pkg/__init__.py", "")
    write("pkg/show.py", SHOW)
    write("pkg/__main__.py", SHOW)
    expected = plain("-m", name, "--lr", "1")
    assert expected.returncode == 0, expected.stderr
    status, out, err = run("-m", name, "--lr", "1")
    assert (status, json.loads(out)) == (0, json.loads(expected.stdout)), err
    sys.modules.pop("helper", None)
    for module in [name for name in sys.modules if name.split(".")[0] == "pkg"]:
        del sys.modules[module]


@pytest.mark.parametrize(
    ("arguments", "seen"),
    [
        (("--", "prog.py", "--", "x"), ["--", "x"]),
        (("--on=collect", "-q", "prog.py", "-q", "-h"), ["-q", "-h"]),
        (("--severity", "error", "prog.py", "prog.py"), ["prog.py"]),
        (("-m", "prog", "--", "-o"), ["--", "-o"]),
        (("-mprog", "--on", "off"), ["--on", "off"]),
        (("-q", "--module=prog", "-m"), ["-m"]),
    ],
)
def test_options_end_where_the_program_begins(run: Run, arguments: tuple[str, ...], seen: list[str]) -> None:
    write("prog.py", "import sys, json; print(json.dumps(sys.argv[1:]))")
    status, out, err = run(*arguments)
    assert (status, json.loads(out or "null")) == (0, seen), err


def test_a_folder_with_a_main_runs(run: Run) -> None:
    write("app/__main__.py", "import sys; print(__name__, sys.argv)")
    assert run("app", "x")[1] == plain("app", "x").stdout


@pytest.mark.parametrize(
    ("source", "status", "said"),
    [
        ("", 0, ""),
        ("import sys; sys.exit(7)", 7, ""),
        ("raise SystemExit('no data')", 1, "no data"),
        ("raise SystemExit(None)", 0, ""),
        ("raise ValueError('odd')", 1, "ValueError: odd"),
        ("raise KeyboardInterrupt", 130, "KeyboardInterrupt"),
        ("def f(:", 1, "SyntaxError"),
    ],
)
def test_the_status_is_the_programs_and_the_report_is_printed(run: Run, source: str, status: int, said: str) -> None:
    end = "" if "f(:" in source else WRONG
    ended, _, err = run(write("prog.py", end + source))
    assert ended == status
    assert said in err
    assert end == "" or "Found 1 error at 1 of 1 call site (1 loss call watched)" in err


def test_a_traceback_is_the_programs_own(run: Run) -> None:
    script = write("prog.py", "import torch.nn.functional as F, torch\ndef go():\n    F.mse_loss(torch.ones(3), None)\ngo()\n")
    _, _, err = run(script)
    assert "Traceback (most recent call last)" in err and "line 3, in go" in err
    assert str(ROOT / "losslint") not in err


def test_the_report_is_grouped_by_call_site(run: Run) -> None:
    script = write("prog.py", WRONG.replace("loss = ", "for _ in range(5): loss = "))
    _, out, err = run(script)
    assert out == ""
    assert "prog.py:5:27: F.cross_entropy, called 5 times" in err or sys.version_info < (3, 11)
    assert "LL101 [error]" in err and "when: calls 1 to 5 of 5, seen 5 times" in err
    assert "input:  float32 [8 3]" in err and "output of softmax (autograd graph)" in err
    assert "help: Drop the softmax" in err


def test_the_losses_of_wrong_calls_are_kept_and_told_with_their_floor(run: Run) -> None:
    script = write("prog.py", WRONG.replace("loss = ", "for _ in range(3): loss = "))
    _, _, err = run("-o", "r.json", script)
    assert len(json.loads(Path("r.json").read_text())["sites"][0]["losses"]) == 3
    assert "(floor 0.5514: the softmax that is applied twice keeps it above ln(1 + 2/e))" in err


def test_torchs_own_exception_is_explained(run: Run) -> None:
    script = write("prog.py", "import torch, numpy as np\ntorch.nn.functional.mse_loss(torch.ones(3), np.ones(3))\n")
    status, _, err = run(script)
    assert status == 1
    assert "prog.py:2: `F.mse_loss` raised TypeError: 'int' object is not callable" in err
    assert "because: LL201 `F.mse_loss` takes a tensor, but `target` is a NumPy array" in err
    assert "target: ndarray, float64 [3]" in err and "it takes real float" in err


@pytest.mark.parametrize(
    ("call", "said", "because"),
    [
        ("F.cross_entropy(scores)", "TypeError: cross_entropy() missing 1 required", "LL510"),
        ("F.nll_loss(scores, labels, weights=None)", "TypeError: nll_loss() got an unexpected keyword", "LL510"),
        ("nn.CrossEntropyLoss(scores, labels)", "RuntimeError: Boolean value of Tensor", "LL501"),
        ("nn.BCEWithLogitsLoss()(scores, labels.float())", "ValueError: Target size", "LL303"),
        ("F.cross_entropy(scores, labels, reduction='avg')", "ValueError: avg is not a valid value", "LL504"),
    ],
)
def test_what_torch_says_is_explained_by_a_rule(run: Run, call: str, said: str, because: str) -> None:
    source = "import torch; from torch import nn; F = nn.functional\n"
    source += "scores, labels = torch.randn(4, 3), torch.tensor([0, 1, 2, 0])\n"
    status, _, err = run(write("prog.py", source + call))
    assert status == 1
    assert f"raised {said}" in err and f"because: {because} " in err
    assert "losslint/runtime" not in err and "importlib._bootstrap" not in err


def test_an_exception_from_elsewhere_is_not_explained(run: Run) -> None:
    script = write("prog.py", WRONG + "torch.nn.functional.linear(torch.ones(2), torch.ones(3, 3))\n")
    status, _, err = run(script)
    assert status == 1 and "raised RuntimeError" not in err


def test_modes(run: Run) -> None:
    script = write("prog.py", WRONG + "print('end')\n")
    assert run("--on", "collect", script)[1] == "end\n"
    status, out, err = run("--on", "raise", script)
    assert (status, out) == (1, "") and "LossMisuse: LL101" in err
    with pytest.warns(LossMisuseWarning, match="LL101"):
        run("--on", "warn", script)
    assert "No loss was called" in run("--on", "off", script)[2]


def test_selection_and_comments_hold(run: Run, tmp_path: Path) -> None:
    script = write("prog.py", WRONG)
    assert "LL101" not in run("--ignore", "LL1", script)[2]
    write("pyproject.toml", '[tool.losslint]\nignore = ["LL101"]')
    assert "LL101" not in run(script)[2]
    assert "LL101" in run("--select", "LL101", script)[2]
    (tmp_path / "pyproject.toml").unlink()
    assert "LL101" not in run(write("quiet.py", WRONG.replace("(8,)))", "(8,)))  # noqa: LL101")))[2]


def test_error_exitcode(run: Run) -> None:
    assert run("--error-exitcode", "9", write("prog.py", WRONG))[0] == 9
    assert run("--error-exitcode", "9", write("prog.py", WRONG + "raise SystemExit(3)"))[0] == 3
    assert run("--error-exitcode", "9", write("prog.py", "import torch"))[0] == 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("gone.py",), "gone.py: no such file to run"),
        (("-m", "no.such.module"), "-m no.such.module: "),
        (("-m", "json.tool.deep"), "-m json.tool.deep: "),
        (("empty",), "empty: has no `__main__.py` to run"),
        ((), "name a script to run, or a module with `-m`"),
        (("--on", "shout", "prog.py"), "'shout'"),
        (("--confirm", "gone.json", "prog.py"), "gone.json: cannot be read: No such file or directory"),
        (("--confirm", "prog.py", "prog.py"), "prog.py: is no report of `losslint check --output-format json`"),
        (("-o", "nowhere/r.json", "prog.py"), "nowhere/r.json: cannot be written"),
    ],
)
def test_what_cannot_run_is_one_line(run: Run, arguments: tuple[str, ...], message: str) -> None:
    write("prog.py", "print('ran')")
    Path("empty").mkdir()
    status, out, err = run(*arguments)
    assert (status, out, err.count("\n")) == (2, "", 1), err
    assert err.startswith("error: ") and message in err


def test_without_torch_one_line_says_what_to_install() -> None:
    write("prog.py", "print('ran')")
    code = "import sys; sys.modules['torch'] = None; from losslint.cli import main; sys.exit(main(['run', 'prog.py']))"
    done = plain("-c", code)
    assert (done.returncode, done.stdout, done.stderr) == (
        2,
        "",
        "error: losslint run: needs torch: pip install 'losslint[runtime]'\n",
    )


def test_the_watch_begins_when_the_program_imports_torch() -> None:
    """What it sets before that counts, and a program without torch pays nothing."""
    before = (
        "import sys, os\nprint('torch' in sys.modules, 'losslint.runtime' in sys.modules)\nos.environ['OMP_NUM_THREADS'] = '1'\n"
    )
    write("prog.py", before + WRONG + "print(torch.get_num_threads())\n")
    done = plain("-m", "losslint", "run", "prog.py")
    assert done.stdout == "False False\n1\n"
    assert "Found 1 error" in done.stderr


def test_a_wrong_environment_is_one_line(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOSSLINT_ON", "loud")
    status, out, err = run(write("prog.py", "print('ran')"))
    assert (status, out, err) == (2, "", "error: LOSSLINT_ON=loud is not one of collect, warn, raise, off\n")


def test_a_program_may_install_and_uninstall_a_watch_of_its_own(run: Run) -> None:
    own = "from losslint.runtime import install, uninstall\ninstall('collect')\n"
    assert "Found 1 error" in run(write("prog.py", own + WRONG + "uninstall()"))[2]


@pytest.mark.skipif(not hasattr(signal, "SIGINT") or sys.platform == "win32", reason="needs signals")
def test_an_interrupt_from_the_keyboard_leaves_a_report() -> None:
    write("prog.py", WRONG + "import time; print('ready', flush=True); time.sleep(60)")
    process = subprocess.Popen(
        [sys.executable, "-m", "losslint", "run", "prog.py"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),  # a shell's background jobs ignore it
    )
    assert process.stdout is not None and process.stdout.readline() == "ready\n"
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "KeyboardInterrupt" in err and "Found 1 error" in err


def test_ranks_tell_together_and_the_last_one_does(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setenv("WORLD_SIZE", "2")
    monkeypatch.setenv("LOCAL_WORLD_SIZE", "2")

    def told(rank: int, *, crashed: bool = False) -> Report | None:
        monkeypatch.setenv("RANK", str(rank))
        mine = Report([Site(Place("a.py", 1), "F.mse_loss", "mse_loss", calls=3 + rank)])
        return ranks.together(mine, crashed=crashed)

    assert told(0) is None
    both = told(1)
    assert both is not None and (both.ranks, both.calls, both.missing_ranks) == ([0, 1], 7, [])
    assert list(tmp_path.iterdir()) == []
    alone = told(1, crashed=True)
    assert alone is not None and (alone.ranks, alone.missing_ranks) == ([1], [0])
    assert told(0) is None


def test_losses_in_threads_are_waited_for(run: Run) -> None:
    body = "\n".join(f"    {line}" for line in WRONG.strip().splitlines())
    script = write(
        "prog.py", f"import threading, time\ndef go():\n    time.sleep(0.3)\n{body}\nthreading.Thread(target=go).start()\n"
    )
    assert "Found 1 error" in run(script)[2]


def test_a_program_that_changes_folder_changes_nothing_of_the_report(run: Run) -> None:
    Path("away").mkdir()
    script = write("prog.py", WRONG + "import os; os.chdir('away')\n")
    _, _, err = run("-o", "r.txt", script)
    assert "prog.py:5" in err and "loss = F.cross_entropy(" in err
    assert (Path("..") / "r.txt").exists()


def test_json_and_sarif_files(run: Run) -> None:
    script = write("prog.py", WRONG)
    _, _, err = run("-q", "-o", "r.json", "-o", "r.sarif", "-o", "r.txt", script)
    assert err == ""
    site = json.loads(Path("r.json").read_text())["sites"][0]
    assert (site["place"]["line"], site["findings"][0]["code"]) == (5, "LL101")
    result = json.loads(Path("r.sarif").read_text())["runs"][0]["results"][0]
    assert result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "prog.py"
    assert "LL101 [error]" in Path("r.txt").read_text()


def test_confirm_answers_each_finding(run: Run, capfd: pytest.CaptureFixture[str]) -> None:
    source = """
import torch, sys
from torch.nn import functional as F
net = torch.nn.Linear(4, 3)
labels = torch.randint(3, (8,))
F.cross_entropy(torch.softmax(net(torch.randn(8, 4)), 1), labels).backward()
F.cross_entropy(sys.modules["opaque"].scores, labels) if "opaque" in sys.modules else None
F.cross_entropy(torch.load(sys.argv[1]), labels)
"""
    script = write("prog.py", source)
    torch = sys.modules["torch"]
    torch.save(torch.randn(8, 3) * 5, "scores.pt")
    assert main(["check", "--unproven", "--obligations", "--output-format", "json", "-o", "static.json", script]) == 1
    capfd.readouterr()
    status, _, err = run("--confirm", "static.json", "-o", "c.json", "-o", "c.sarif", script, "scores.pt")
    assert status == 1
    answers = {(one["location"]["row"], one["code"]): one["status"] for one in json.loads(Path("c.json").read_text())["answers"]}
    assert answers[6, "LL101"] == "confirmed"
    assert answers[7, "LL101"] == "not reached"
    assert answers[8, "LL101"] == "refuted"
    assert "confirmed   LL101 [error]" in err and "refuted     LL101 [error, obligation]" in err
    assert "float32 [8 3]" in err
    results = json.loads(Path("c.sarif").read_text())["runs"][0]["results"]
    kinds = {(one["locations"][0]["physicalLocation"]["region"]["startLine"], one["ruleId"]): one.get("kind") for one in results}
    assert (kinds[6, "LL101"], kinds[7, "LL101"], kinds[8, "LL101"]) == (None, "open", "pass")


@pytest.mark.parametrize(("tail", "status"), [("", 0), ("raise SystemExit(5)", 3)])
def test_confirm_says_by_its_status_that_nothing_was_confirmed(run: Run, tail: str, status: int) -> None:
    script = write("prog.py", "import torch\n" + tail)
    write("static.json", "[]")
    ended, _, err = run("--confirm", "static.json", script)
    assert ended == status
    assert "0 confirmed, 0 refuted, 0 not reached of 0 findings" in err


def test_the_tour() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "losslint", "run", "train.py"], cwd=TOUR, capture_output=True, text=True, check=False
    )
    status, out, err = done.returncode, done.stdout, done.stderr
    assert status == 0 and out.count("loss") == 3
    assert "train.py:19" in err and "LL101" in err
    assert "train.py:29" in err and "LL102" in err
    assert "Found 2 errors at 2 of 5 call sites (5 loss calls watched)" in err
