"""Several processes and threads: distributed training, workers of a DataLoader, forked children."""

from __future__ import annotations

import multiprocessing
import os
import subprocess
import sys
import textwrap
import threading
import time
from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch")

from losslint.runreport import Report  # noqa: E402
from losslint.runtime import save, watch  # noqa: E402
from losslint.runtime.ranks import rank_and_world, rank_path  # noqa: E402

F = torch.nn.functional

TRAINING = """
import os
import sys

import torch
import torch.distributed as dist
import torch.nn.functional as F
from torch import nn
from torch.distributed.fsdp import fully_shard
from torch.nn.parallel import DistributedDataParallel

from losslint.runtime import install, save, uninstall


def train(watched):
    torch.manual_seed(0)
    model = DistributedDataParallel(nn.Sequential(nn.Linear(4, 3), nn.Softmax(1)))
    sharded = fully_shard(nn.Linear(4, 3))
    optimizer = torch.optim.SGD([*model.parameters(), *sharded.parameters()], 0.1)
    torch.manual_seed(dist.get_rank())
    report = install("collect") if watched else None
    for step in range(3):
        x, y = torch.randn(8, 4), torch.randint(3, (8,))
        optimizer.zero_grad()
        loss = F.cross_entropy(model(x), y)
        loss = loss + F.cross_entropy(sharded(x), y)
        loss.backward()
        optimizer.step()
    if dist.get_rank() == 1:
        F.mse_loss(torch.ones(3, 1, requires_grad=True), torch.ones(3))
    uninstall()
    return report, [parameter.detach().clone() for parameter in model.parameters()]


dist.init_process_group("gloo")
_, plain = train(False)
report, watched = train(True)
assert all(map(torch.equal, plain, watched))
assert report.errors == [], report.errors
save(report, sys.argv[1])
dist.destroy_process_group()
sys.stderr.flush()
os._exit(0)  # gloo's own threads abort some exits of a busy machine, with and without losslint
"""


@pytest.mark.skipif(not torch.distributed.is_available(), reason="needs torch.distributed")
def test_one_report_of_two_processes(tmp_path: Path) -> None:
    script, target = tmp_path / "train.py", tmp_path / "report.json"
    script.write_text(TRAINING)
    command = [sys.executable, "-W", "ignore", "-m", "torch.distributed.run", "--standalone", "--nproc_per_node=2"]
    done = subprocess.run([*command, str(script), str(target)], capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    report = Report.from_json(target.read_text())
    assert (report.ranks, report.missing_ranks, report.errors) == ([0, 1], [], [])
    softmax, right, broadcast = report.sites
    assert (softmax.ranks, right.ranks, broadcast.ranks) == ({0: 3, 1: 3}, {0: 3, 1: 3}, {1: 1})
    assert [(hit.finding.code, hit.ranks) for hit in softmax.hits] == [("LL101", {0, 1})]
    assert right.hits == []
    assert [(hit.finding.code, hit.ranks) for hit in broadcast.hits] == [("LL301", {1})]


def as_rank(monkeypatch: pytest.MonkeyPatch, rank: int, port: int = 1) -> None:
    for name, value in {"RANK": rank, "WORLD_SIZE": 3, "MASTER_PORT": port}.items():
        monkeypatch.setenv(name, str(value))


def test_the_last_rank_merges_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = tmp_path / "report.json"
    as_rank(monkeypatch, 2)
    assert save(Report(), target).missing_ranks == [0, 1]
    as_rank(monkeypatch, 0)
    save(Report(), target)
    as_rank(monkeypatch, 1, port=2)
    assert save(Report(), target).ranks == [1], "reports of another run are left out"
    as_rank(monkeypatch, 1)
    assert save(Report(), target).ranks == [0, 1, 2]
    assert Report.from_json(target.read_text()).missing_ranks == []
    rank_path(target, 0).write_text("{")
    assert "report of rank 0 is left out" in save(Report(), target).errors[0]


def test_a_plain_run_writes_one_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("RANK", "WORLD_SIZE"):
        monkeypatch.delenv(name, raising=False)
    assert rank_and_world() == (0, 1)
    save(Report(), tmp_path / "report.json")
    assert [path.name for path in tmp_path.iterdir()] == ["report.json"]


class Measured(torch.utils.data.Dataset[Any]):
    """A dataset that calls a loss while it loads."""

    def __len__(self) -> int:
        return 8

    def __getitem__(self, at: int) -> Any:
        x = torch.full((3,), float(at))
        return x, F.mse_loss(x, x + 1)


def test_workers_of_a_loader_go_on_as_before() -> None:
    with watch() as report:
        for x, distance in torch.utils.data.DataLoader(Measured(), batch_size=4, num_workers=2):
            assert torch.equal(distance, torch.ones(4))
            F.mse_loss(x.requires_grad_(), torch.zeros_like(x))
    assert report.calls == 2 and report.errors == []


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_child_forked_while_another_thread_is_in_a_loss_call_does_not_hang() -> None:
    x = torch.randn(8, 5)
    stop = threading.Event()

    def work() -> None:
        while not stop.is_set():
            F.mse_loss(x, x)

    with watch():
        thread = threading.Thread(target=work)
        thread.start()
        try:
            for _ in range(10):
                child = multiprocessing.get_context("fork").Process(target=F.mse_loss, args=(x[:1], x[:1]))
                child.start()
                child.join(30)
                assert child.exitcode == 0
        finally:
            stop.set()
            thread.join()


def test_threads_lose_no_call_and_no_finding() -> None:
    x, y = torch.randn(8, 5, requires_grad=True), torch.randint(5, (8,))

    def work() -> None:
        for _ in range(300):
            F.cross_entropy(x.softmax(1), y).backward()
            F.cross_entropy(x * 1, y).backward()

    with watch() as report:
        threads = [threading.Thread(target=work) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert report.calls == 2400 and report.errors == []
    wrong, right = sorted(report.sites, key=lambda site: site.place)
    assert wrong.calls == right.calls == 1200 and right.hits == []
    assert [hit.finding.code for hit in wrong.hits] == ["LL101"]
    # Whoever is interrupted between two calls counts late, nobody is lost.
    assert 0 < wrong.hits[0].count <= 1200


def test_losses_of_other_processes_are_not_waited_for(tmp_path: Path) -> None:
    script = tmp_path / "spawned.py"
    script.write_text(
        textwrap.dedent("""
        import torch, torch.multiprocessing as mp
        import torch.nn.functional as F
        from losslint.runtime import watch

        def work(rank, x):
            F.mse_loss(x, x)

        if __name__ == "__main__":
            with watch() as report:
                mp.spawn(work, (torch.ones(3),), nprocs=2)
                F.mse_loss(torch.ones(3), torch.ones(3))
            assert report.calls == 1 and report.errors == []
        """)
    )
    start = time.perf_counter()
    done = subprocess.run([sys.executable, str(script)], capture_output=True, text=True, timeout=200, check=False)
    assert done.returncode == 0, done.stderr
    assert time.perf_counter() - start < 200


def test_what_is_raised_in_a_worker_reaches_the_parent(tmp_path: Path) -> None:
    script = tmp_path / "pool.py"
    script.write_text(
        textwrap.dedent("""
        import multiprocessing
        import torch
        import torch.nn.functional as F
        from losslint.errors import LossMisuse
        from losslint.runtime import install

        def work(classes):
            install()
            return F.cross_entropy(torch.ones(4, classes, requires_grad=True).softmax(1), torch.zeros(4, dtype=torch.int64))

        if __name__ == "__main__":
            with multiprocessing.get_context("spawn").Pool(1) as pool:
                try:
                    pool.map(work, [3])
                except LossMisuse as error:
                    print(error.finding.code, error.finding.place.line)
        """)
    )
    environment = {**os.environ, "LOSSLINT_ON": "raise"}
    command = [sys.executable, str(script)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=200, env=environment, check=False)
    assert (done.returncode, done.stdout) == (0, "LL101 10\n"), done.stderr
