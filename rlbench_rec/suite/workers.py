"""Worker processes: how many, and batches of jobs with their results as they finish, whatever happens to a worker."""

from __future__ import annotations

import contextlib
import os
import pickle
import queue
import signal
import subprocess
import sys
import threading
import time
import warnings
from collections import deque
from collections.abc import Callable, Generator, Hashable, Iterator, Sequence
from typing import Any, TypeVar

from ..errors import DataWarning, InputError
from ..files import scratch_folder
from ..machine import usable_cores
from .worker_process import main, receive, send

Job = TypeVar("Job")
Result = TypeVar("Result")

ONE_THREAD = dict.fromkeys(
    (
        "OMP_NUM_THREADS",
        "OPENBLAS_NUM_THREADS",
        "MKL_NUM_THREADS",
        "BLIS_NUM_THREADS",
        "VECLIB_MAXIMUM_THREADS",
        "NUMEXPR_NUM_THREADS",
    ),
    "1",
)
"""The workers are the parallelism, and results must not depend on the number of cores."""
LOOK_EVERY = 0.5
"""Seconds between looks at workers that say nothing."""
ENDS_WITH_PARENT = ("SIGINT", "SIGTERM", "SIGHUP")
"""Signals that a terminal or a scheduler sends to the whole group: the parent alone decides what they mean."""


def worker_count(workers: int | None, device: str, jobs: int) -> int:
    """How many processes to start: as asked for, else one a core, but one where a GPU (`device`) does the work.

    Raises:
        InputError: fewer than one asked for.
    """
    if workers is not None and workers < 1:
        raise InputError(f"{workers} worker processes.", where="jobs", hint="Give 1 or more.")
    if workers is None:
        workers = usable_cores() if device == "cpu" else 1
    return max(1, min(workers, jobs))


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
) -> Generator[tuple[Sequence[Job], list[Result]], None, None]:
    """Batches and their results as they finish. Neighbours go to the workers together, so that each loads few sources;
    those of one home go to one worker, as long as there is another home for the others.

    A worker that is killed, ends by itself or runs past its time loses its own batch; another takes its place. Closing
    the iterator (`contextlib.closing`) kills the workers at once. They die with this process, however it ends.

    Args:
        function: what a worker does with a batch.
        batches: in order; a deque may grow, and shrink, while its results are taken.
        workers: processes.
        lost: (job, why, seconds that it ran) -> the result of a job whose worker was lost.
        trains: whether the function needs torch.
        job_timeout: seconds that a job may take, several in one batch that many times as long; None: any.
        plugins: modules to import before the first job.
        home: batch -> what it shares with others of the same home; None: nothing.

    Raises:
        RlbenchError: a worker cannot import a plugin.
    """
    waiting: deque[Sequence[Job]] = batches if isinstance(batches, deque) else deque(batches)
    pool: list[_Worker] = []
    events: Events = queue.SimpleQueue()
    setup = (tuple(plugins), trains, pickle.dumps(function))
    with contextlib.ExitStack() as stack:
        # What a killed worker leaves in its folder of temporary files goes with the run.
        scratch = stack.enter_context(scratch_folder())
        stack.callback(_end_all, pool)
        while waiting or pool:
            while waiting and len(pool) < workers:
                pool.append(_Worker(setup, events, scratch, job_timeout))
                pool[-1].give(_next_batch(waiting, home, pool[-1], pool))
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
            results: list[Result] = content if kind == "done" else [lost(job, content, seconds) for job in batch]
            # First, since what follows from a result may be the next batch.
            yield batch, results
            if kind != "ended" and waiting:
                worker.give(_next_batch(waiting, home, worker, pool))
            else:
                worker.end()
                pool.remove(worker)


def _next_batch(
    waiting: deque[Sequence[Job]],
    home: Callable[[Sequence[Job]], Hashable] | None,
    worker: _Worker,
    pool: Sequence[_Worker],
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


def _end_all(pool: Sequence[_Worker]) -> None:
    for worker in pool:
        worker.end()


def _next_event(events: Events, pool: Sequence[_Worker]) -> tuple[_Worker, str, Any]:
    """What a worker said: `ready`, `refused` (error), `warned` (texts), `done` (results), `raised`, `ended` (why)."""
    while True:
        for worker in pool:
            if worker.is_late():
                return worker, "ended", f"ran past {worker.job_timeout:g} s"
        try:
            worker, kind, content = events.get(timeout=LOOK_EVERY)
        except queue.Empty:
            # A process of its own may hold a dead worker's pipe open.
            for worker in pool:
                if worker.process.poll() is not None:
                    return worker, "ended", worker.how_it_ended()
            continue
        # A worker that was ended says so once more when its pipe closes.
        if worker in pool:
            return worker, kind, worker.how_it_ended() if kind == "ended" else content


class _Worker:
    """A process, and the batch that it is at.

    Args:
        setup: what is sent to it first.
        events: where it reports.
        scratch: its folder of temporary files.
        job_timeout: as in `execute_all`.
    """

    def __init__(self, setup: Any, events: Events, scratch: Any, job_timeout: float | None):
        # The caller's own modules are found where the caller finds them; its main program is not run again.
        path = [os.path.abspath(folder) for folder in sys.path if isinstance(folder, str)]
        code = f"import sys; sys.path[:] = {path!a}; from {main.__module__} import main; main({os.getpid()})"
        temporary = dict.fromkeys(("TMPDIR", "TEMP", "TMP"), scratch)
        with _blocked_signals():
            self.process = subprocess.Popen(
                [sys.executable, "-c", code],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                env=os.environ | ONE_THREAD | temporary,
                # Windows has no signals to block: there it is the group that a Ctrl-C reaches.
                creationflags=getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0),
            )
        assert self.process.stdin is not None and self.process.stdout is not None, "both are pipes"
        self._stdin, self._stdout = self.process.stdin, self.process.stdout
        self.batch: Sequence[Any] = ()
        self.job_timeout, self._ready, self._since = job_timeout, False, time.monotonic()
        self._say(setup)
        threading.Thread(target=self._listen, args=(events,), daemon=True).start()

    def give(self, batch: Sequence[Any]) -> None:
        """Hand it a batch."""
        self.batch, self._since = batch, time.monotonic()
        self._say(batch)

    def start_clock(self) -> None:
        """Its time begins: it has imported what it needs."""
        self._ready, self._since = True, time.monotonic()

    @property
    def seconds(self) -> float:
        """How long it has been at its batch."""
        return time.monotonic() - self._since

    def is_late(self) -> bool:
        """Whether its batch runs past its time."""
        return self._ready and self.job_timeout is not None and self.seconds > self.job_timeout * len(self.batch)

    def how_it_ended(self) -> str:
        """Why it ended."""
        try:
            code = self.process.wait(timeout=LOOK_EVERY)
        except subprocess.TimeoutExpired:
            return "the worker process closed its pipe"
        if code >= 0:
            return f"the worker process ended by itself (exit code {code})"
        names = {number.value: number.name for number in signal.Signals}
        why = ", as happens when memory runs out" if names.get(-code) == "SIGKILL" else ""
        return f"the worker process was killed by signal {-code} ({names.get(-code, 'unnamed')}{why})"

    def end(self) -> None:
        """Kill it, whatever it does, and wait until it has ended."""
        self.process.kill()
        self.process.wait()
        with contextlib.suppress(OSError):
            self._stdin.close()

    def _say(self, message: Any) -> None:
        # One that has ended says so by itself.
        with contextlib.suppress(OSError):
            send(self._stdin, message)

    def _listen(self, events: Events) -> None:
        with self._stdout as pipe:
            while (content := receive(pipe)) is not None:
                events.put((self, *pickle.loads(content)))
        events.put((self, "ended", None))


Events = queue.SimpleQueue[tuple[_Worker, str, Any]]


@contextlib.contextmanager
def _blocked_signals() -> Iterator[None]:
    """A process started meanwhile never gets them, from its first moment on; for this one they wait."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, [getattr(signal, name) for name in ENDS_WITH_PARENT])
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
