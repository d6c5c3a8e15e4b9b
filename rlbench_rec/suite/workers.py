"""Worker processes: how many, and batches of jobs with their results as they finish, whatever happens to a worker."""

from __future__ import annotations

import contextlib
import functools
import pickle
import queue
import warnings
from collections import deque
from collections.abc import Callable, Generator, Hashable, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from ..errors import DataWarning, InputError
from ..files import scratch_folder
from ..machine import usable_cores
from .local_worker import LocalWorker
from .worker import Events, Setup, Worker

if TYPE_CHECKING:
    from .ray_cluster import RayCluster

Job = TypeVar("Job")
Result = TypeVar("Result")

LOOK_EVERY = 0.5
"""Seconds between looks at workers that say nothing."""


def worker_count(workers: int | None, device: str, jobs: int, cluster: RayCluster | None = None) -> int:
    """How many processes to start: as asked for, else one a core, but one where a GPU (`device`) does the work; on a
    cluster as many as it has room for.

    Raises:
        InputError: fewer than one asked for, or no room for one on the cluster.
    """
    if workers is not None and workers < 1:
        raise InputError(f"{workers} worker processes.", where="jobs", hint="Give 1 or more.")
    if workers is None:
        workers = (usable_cores() if device == "cpu" else 1) if cluster is None else cluster.room(device)
    return max(1, min(workers, jobs))


def trained_on(device: str, cluster: RayCluster | None = None) -> str:
    """What trains where `auto`, `cpu` or `cuda` is asked for: `cpu` or `cuda:<n>`, here or on a cluster.

    Raises:
        InputError: a GPU is asked for and there is none, or the name is none of these.
    """
    if cluster is not None:
        return cluster.trains_on(device)
    from ..training.device import resolve

    return resolve(device)


def execute_all(
    function: Callable[[Sequence[Job]], list[Result]],
    batches: Sequence[Sequence[Job]],
    workers: int,
    *,
    lost: Callable[[Job, str, float], Result],
    trains: bool = True,
    job_timeout: float | None = None,
    plugins: Sequence[str] = (),
    home: Callable[[Sequence[Job]], Hashable] | None = None,
    cluster: RayCluster | None = None,
) -> Generator[tuple[Sequence[Job], list[Result]], None, None]:
    """Batches and their results as they finish. Neighbours go to the workers together, so that each loads few sources;
    those of one home go to one worker, as long as there is another home for the others.

    A worker that is killed, ends by itself or runs past its time loses its own batch; another takes its place. On a
    cluster, whose nodes come and go, a batch is lost with its second worker. Closing the iterator
    (`contextlib.closing`) kills the workers at once. They die with this process, however it ends.

    Args:
        function: what a worker does with a batch.
        batches: in order; a deque may grow, and shrink, while its results are taken.
        workers: processes.
        lost: (job, why, seconds that it ran) -> the result of a job whose worker was lost.
        trains: whether the function needs torch.
        job_timeout: seconds that a job may take, several in one batch that many times as long; None: any.
        plugins: modules to import before the first job.
        home: batch -> what it shares with others of the same home; None: nothing.
        cluster: where the workers are; None: on this machine.

    Raises:
        RlbenchError: a worker cannot import a plugin, or a node of the cluster has not what this machine has.
    """
    waiting: deque[Sequence[Job]] = batches if isinstance(batches, deque) else deque(batches)
    pool: list[Worker] = []
    events: Events = queue.SimpleQueue()
    setup = Setup(pickle.dumps(function), tuple(plugins), trains)
    tried_again: list[Sequence[Job]] = []
    with contextlib.ExitStack() as stack:
        start = _starting(cluster, stack)
        stack.callback(_end_all, pool)
        while waiting or pool:
            while waiting and len(pool) < workers:
                pool.append(start(setup, events, job_timeout))
                pool[-1].give(next_batch(waiting, home, pool[-1], pool))
            worker, kind, content = _next_event(events, pool)
            if kind == "ready":
                worker.start_clock()
                continue
            if kind == "refused":
                raise content
            if kind == "warned":
                # From one line of code, so that what every worker says is shown once.
                for text in content:
                    warnings.warn(text, DataWarning, stacklevel=1)
                continue
            batch, seconds = worker.batch, worker.seconds / len(worker.batch)
            if kind == "ended" and cluster is not None and all(batch is not other for other in tried_again):
                tried_again.append(batch)
                waiting.appendleft(batch)
            else:
                results: list[Result] = content if kind == "done" else [lost(job, content, seconds) for job in batch]
                # First, since what follows from a result may be the next batch.
                yield batch, results
            if kind not in ("ended", "late") and waiting:
                worker.give(next_batch(waiting, home, worker, pool))
            else:
                worker.end()
                pool.remove(worker)


def _starting(cluster: RayCluster | None, stack: contextlib.ExitStack) -> Callable[..., Worker]:
    """What starts a worker."""
    if cluster is not None:
        return cluster.start
    # What a killed worker leaves in its folder of temporary files goes with the run.
    return functools.partial(LocalWorker, scratch=stack.enter_context(scratch_folder()))


def next_batch(
    waiting: deque[Sequence[Job]],
    home: Callable[[Sequence[Job]], Hashable] | None,
    worker: Worker,
    pool: Sequence[Worker],
) -> Sequence[Job]:
    """Taken from those that wait: the first of the worker's own home, else of a home that no other worker is at."""
    if home is None:
        return waiting.popleft()
    homes = [home(batch) for batch in waiting]
    own = home(worker.batch) if worker.batch else None
    taken = {home(other.batch) for other in pool if other is not worker and other.batch}
    free = (index for index, place in enumerate(homes) if place not in taken)
    index = homes.index(own) if own in homes else next(free, 0)
    batch = waiting[index]
    del waiting[index]
    return batch


def _end_all(pool: Sequence[Worker]) -> None:
    for worker in pool:
        worker.end()


def _next_event(events: Events, pool: Sequence[Worker]) -> tuple[Worker, str, Any]:
    """What a worker said, as in `Worker`; or `late`, and why."""
    while True:
        for worker in pool:
            if worker.is_late():
                return worker, "late", f"ran past {worker.job_timeout:g} s"
        try:
            worker, kind, content = events.get(timeout=LOOK_EVERY)
        except queue.Empty:
            # A process of its own may hold a dead worker's pipe open.
            for worker in pool:
                if worker.has_ended():
                    return worker, "ended", worker.how_it_ended()
            continue
        # A worker that was ended says so once more when its pipe closes.
        if worker in pool:
            return worker, kind, worker.how_it_ended() if kind == "ended" else content
