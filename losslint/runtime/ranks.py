"""One report of a distributed run, through files: no collective is added to the training, and nobody waits for anybody.

Each process writes its own file and then merges all that are there. Whoever is last merges them all.
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Final

from losslint.errors import InputError
from losslint.runreport import Report, merge

_SAME_RUN: Final = ("TORCHELASTIC_RUN_ID", "MASTER_ADDR", "MASTER_PORT")


def rank_and_world() -> tuple[int, int]:
    """As torchrun and its like tell them; of torch.distributed where only the program knows; (0, 1) in a plain run."""
    rank, world = os.environ.get("RANK", ""), os.environ.get("WORLD_SIZE", "")
    if rank.isdecimal() and world.isdecimal():
        return int(rank), int(world)
    import torch.distributed as distributed

    if distributed.is_available() and distributed.is_initialized():
        return distributed.get_rank(), distributed.get_world_size()
    return 0, 1


def save(report: Report, path: str | Path) -> Report:
    """Write the report to `path`, merged with those of the other ranks that are there; returns what was written.

    Rank 3 of a distributed run writes `report.rank3.json` as well when `path` is `report.json`; files of another run are
    left out. Raises InputError, which names the file that cannot be written.
    """
    target = Path(path)
    report.rank, report.world_size = rank_and_world()
    if report.world_size == 1:
        _write(target, report.to_json())
        return report
    run = "-".join(os.environ.get(name, "") for name in _SAME_RUN)
    report.run, report.ranks = run, [report.rank]
    for site in report.sites:
        site.ranks = {report.rank: site.calls}
        for hit in site.hits:
            hit.ranks = {report.rank}
    _write(rank_path(target, report.rank), report.to_json())
    while True:
        merged = merge([report, *_others(target, report)])
        _write(target, merged.to_json())
        # Another rank may have written its own meanwhile, and `target` as well, which is overwritten now.
        if len(_others(target, report)) + 1 == len(merged.ranks):
            return merged


def rank_path(path: Path, rank: int) -> Path:
    """Where a rank leaves its own report."""
    return path.with_name(f"{path.stem}.rank{rank}{path.suffix}")


def _others(target: Path, mine: Report) -> list[Report]:
    found = []
    for rank in range(mine.world_size):
        path = rank_path(target, rank)
        if rank == mine.rank or not path.exists():
            continue
        try:
            other = Report.from_json(path.read_text(encoding="utf-8"), str(path))
        except (OSError, InputError) as error:
            mine.fail(f"the report of rank {rank} is left out: {error}")
            continue
        if other.run == mine.run and other.world_size == mine.world_size:
            found.append(other)
    return found


def _write(path: Path, text: str) -> None:
    """All of it or nothing: another rank may be reading."""
    try:
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as stream:
                stream.write(text)
            Path(name).replace(path)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise InputError(str(path), f"cannot be written: {error.strerror or error}") from error
