"""Worker processes: how many, jobs and their results as they finish, and a progress bar."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from multiprocessing import get_context
from typing import TypeVar

from ..errors import InputError
from ..terminal import say, stderr_console

Job = TypeVar("Job")
Result = TypeVar("Result")


def worker_count(workers: int | None, device: str, jobs: int) -> int:
    """How many processes to start: as asked for, else one a core, but one where a GPU (`device`) does the work.

    Raises:
        InputError: fewer than one asked for.
    """
    if workers is not None and workers < 1:
        raise InputError(f"{workers} worker processes.", where="jobs", hint="Give 1 or more.")
    if workers is None:
        workers = _cores() if device == "cpu" else 1
    return max(1, min(workers, jobs))


def _cores() -> int:
    """Cores this process may use, which on a shared machine are fewer than it has."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def execute_all(
    function: Callable[[Job], Result], jobs: Sequence[Job], workers: int, *, trains: bool = True
) -> Iterator[tuple[Job, Result]]:
    """Jobs and their results as they finish. Neighbours go to the workers together, so that each loads few sources.

    Args:
        function: what a worker does with a job.
        jobs: in order.
        workers: processes.
        trains: whether the function needs torch.
    """
    if not jobs:
        return
    # Spawned even for one worker: its thread settings and torch's must not change the caller's process.
    with ProcessPoolExecutor(
        workers, mp_context=get_context("spawn"), initializer=_start_worker, initargs=(trains,)
    ) as pool:
        futures = {pool.submit(function, job): job for job in jobs}
        try:
            for future in as_completed(futures):
                yield futures[future], future.result()
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def _start_worker(trains: bool) -> None:
    # One thread a worker: the workers are the parallelism, and results must not depend on the number of cores.
    for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ[variable] = "1"
    if trains:
        import torch

        torch.set_num_threads(1)


class Progress:
    """A progress bar on stderr, or a line per job where stderr is no terminal."""

    def __init__(self, total: int, done: int):
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

        self.console = stderr_console()
        columns = (BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TextColumn("{task.description}"))
        self.bar = Progress(*columns, console=self.console, disable=not self.console.is_terminal)
        self.total, self.done = total, done

    def __enter__(self):
        self.bar.start()
        self.task = self.bar.add_task("starting", total=self.total, completed=self.done)
        return self.advance

    def advance(self, name: str, seconds: float, *, failed: bool = False) -> None:
        """One more job is done."""
        self.done += 1
        state = "failed" if failed else "done"
        self.bar.update(self.task, advance=1, description=name)
        if not self.console.is_terminal:
            say(f"[{self.done}/{self.total}] {name} {state} in {seconds:.1f} s", error=True)

    def __exit__(self, *exception: object) -> None:
        self.bar.stop()
