"""A worker process on this machine, and how it is started, heard and ended."""

from __future__ import annotations

import contextlib
import os
import pickle
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from typing import Any

from .worker import Events, Setup, Worker
from .worker_process import main, receive, send

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
WAIT = 0.5
"""Seconds for a process that closed its pipe to end."""
ENDS_WITH_PARENT = ("SIGINT", "SIGTERM", "SIGHUP")
"""Signals that a terminal or a scheduler sends to the whole group: the parent alone decides what they mean."""


class LocalWorker(Worker):
    """See `Worker`.

    Args:
        setup: what is sent to it first.
        events: where it reports.
        job_timeout: as in `Worker`.
        scratch: its folder of temporary files.
    """

    def __init__(self, setup: Setup, events: Events, job_timeout: float | None, scratch: Any):
        super().__init__(job_timeout)
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
        self._send(setup)
        threading.Thread(target=self._listen, args=(events,), daemon=True).start()

    def has_ended(self) -> bool:
        return self.process.poll() is not None

    def how_it_ended(self) -> str:
        try:
            code = self.process.wait(timeout=WAIT)
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

    def _send(self, batch: Sequence[Any] | Setup) -> None:
        with contextlib.suppress(OSError):
            send(self._stdin, batch)

    def _listen(self, events: Events) -> None:
        with self._stdout as pipe:
            while (content := receive(pipe)) is not None:
                events.put((self, *pickle.loads(content)))
        events.put((self, "ended", None))


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
