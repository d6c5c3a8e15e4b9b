"""What a job costs beside its work, here and on a Ray cluster; and how long a board takes on many workers.

    python -m studies.many_workers overhead --out results/studies/worker_overhead.csv
    python -m studies.many_workers curve results/commerce --out results/studies/many_workers.csv

`overhead` hands jobs that do nothing to workers, here and on a local Ray cluster: seconds a job after the first of each
worker, and seconds until each worker has done its first. `curve` is a simulation, not a measurement: it deals the jobs
of a board, with the processor seconds that they were measured to take, to N workers in the order in which a run deals
them, and says how long that takes and what share of N it uses. It leaves out a disk and a network that many share.
"""

from __future__ import annotations

import argparse
import contextlib
import heapq
import importlib
import time
from collections import deque
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

import pandas as pd

from rlbench_rec.audit.run_folder import read_run_folder
from rlbench_rec.results.packed import table_at
from rlbench_rec.results.read import read_table
from rlbench_rec.results.schema import TIMINGS
from rlbench_rec.suite import RayCluster
from rlbench_rec.suite.jobs import planned
from rlbench_rec.suite.kinds import kind_of
from rlbench_rec.suite.workers import execute_all, next_batch
from studies.resumable import write_frame

START_SECONDS = 5.0
"""Until a worker has imported what it needs."""
WORKERS = (1, 2, 4, 8, 16, 32, 64)
Piece: TypeAlias = tuple[Hashable, float]
"""Home of a batch, and the seconds that it takes."""


@dataclass(order=True)
class Hand:
    """A worker of the simulation, by the moment at which it is free."""

    free: float
    number: int
    batch: Sequence[Piece] = field(default=(), compare=False)


def makespan(batches: Sequence[Piece], workers: int, start: float = START_SECONDS) -> float:
    """Seconds until the last batch is done.

    Args:
        batches: in the order of the plan.
        workers: how many share them.
        start: seconds before the first batch of each.
    """
    waiting: deque[Sequence[Piece]] = deque((piece,) for piece in batches)
    pool = [Hand(start, number) for number in range(min(workers, len(batches)))]
    heap, last = list(pool), 0.0
    while waiting:
        hand = heapq.heappop(heap)
        hand.batch = next_batch(waiting, lambda batch: batch[0][0], hand, pool)
        hand.free += hand.batch[0][1]
        last = max(last, hand.free)
        heapq.heappush(heap, hand)
    return last


def pieces_of(folder: Path) -> list[Piece]:
    """The batches of a board, each with the processor seconds that its jobs were measured to take."""
    suite = read_run_folder(folder).suite
    times = read_table(table_at(folder / "timings.csv"), TIMINGS, ("run_id",))
    seconds = dict(zip(times["run_id"].str.rpartition("-")[0], times["cpu_seconds"], strict=True))
    batches = kind_of(suite).batches(planned(suite, "cpu"))
    return [(batch[0].home, sum(seconds.get(job.run_id.rpartition("-")[0], 0.0) for job in batch)) for batch in batches]


def curve(batches: Sequence[Piece]) -> pd.DataFrame:
    """A row for each number of workers."""
    total = sum(seconds for _, seconds in batches)
    rows = [(workers, makespan(batches, workers)) for workers in WORKERS]
    table = pd.DataFrame(rows, columns=["workers", "seconds"])
    return table.assign(share_used=total / table["seconds"] / table["workers"], jobs=len(batches), cpu_seconds=total)


def nothing(batch: Sequence[int]) -> list[int]:
    """The results of jobs that do nothing."""
    return list(batch)


def lost(job: int, why: str, seconds: float) -> int:
    """The result of a job whose worker was lost."""
    raise RuntimeError(f"job {job}: {why}")


def overhead(jobs: int, workers: int, cluster: RayCluster | None) -> dict[str, object]:
    """Seconds until the first results, and seconds a job after them."""
    # Workers cannot import what `python -m` calls __main__.
    work = importlib.import_module("studies.many_workers").nothing
    began, moments = time.perf_counter(), []
    done = execute_all(work, [[job] for job in range(jobs)], workers, lost=lost, trains=False, cluster=cluster)
    with contextlib.closing(done):
        for _ in done:
            moments.append(time.perf_counter() - began)
    # A worker that comes late finds less to do: what counts is the time from when the last one is there.
    first = moments[workers - 1]
    return {
        "where": "processes" if cluster is None else "Ray",
        "workers": workers,
        "jobs": jobs,
        "seconds_to_first": first,
        "seconds_a_job": (moments[-1] - first) / (jobs - workers),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("overhead", "curve"))
    parser.add_argument("folder", type=Path, nargs="?", help="of a board, for curve")
    parser.add_argument("--jobs", type=int, default=500)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    if options.what == "curve":
        table = curve(pieces_of(options.folder))
    else:
        places = (None, RayCluster("local"))
        table = pd.DataFrame([overhead(options.jobs, count, place) for place in places for count in (1, 2)])
    write_frame(options.out, table, digits=4)
    print(table.to_string(index=False))


if __name__ == "__main__":
    main()
