"""Inside a worker process: jobs come in by its stdin, results go out by its stdout, and it ends with its parent.

`local_worker.py` starts it, before numpy is loaded, with one thread for every library and with the signals that end the
parent blocked: the parent alone decides what a Ctrl-C means.
"""

from __future__ import annotations

import contextlib
import os
import pickle
import queue
import struct
import sys
import threading
import warnings
from typing import IO, Any

from ..errors import DataWarning
from .worker import Setup

LENGTH = struct.Struct("!Q")
DIE_WITH_PARENT, SIGKILL = 1, 9
"""Linux: prctl's PR_SET_PDEATHSIG, and the signal to get."""


def main(parent: int) -> None:
    """Do jobs until the parent has had enough.

    Args:
        parent: process id.
    """
    source, sink = _take_streams()
    _die_with(parent)
    received: queue.SimpleQueue[bytes] = queue.SimpleQueue()
    threading.Thread(target=_receive, args=(source, received), daemon=True).start()
    try:
        at_work = AtWork(pickle.loads(received.get()))
    except BaseException as error:
        send(sink, refusal(error))
        return
    send(sink, ("ready", None))
    while True:
        for answer in at_work.answers(received.get()):
            send(sink, answer)


class AtWork:
    """What a worker does, wherever it is.

    Args:
        setup: what it needs first.

    Raises:
        BaseException: whatever a plugin raises when it is imported.
    """

    def __init__(self, setup: Setup):
        from ..plugins import load_plugins

        load_plugins(setup.plugins)
        if setup.trains:
            import torch

            torch.set_num_threads(1)
        self._function = pickle.loads(setup.function)
        self._warnings = _kept_for_parent()

    def answers(self, batch: bytes) -> list[tuple[str, Any]]:
        """Events of a batch, as `Worker` names them; the last one is `done` or `raised`."""
        answer: tuple[str, Any]
        try:
            answer = ("done", self._function(pickle.loads(batch)))
            pickle.dumps(answer)
        # Whatever a job throws, SystemExit and a library's panics too, costs that job alone.
        except BaseException as error:
            answer = ("raised", _sentence(error))
        said: list[tuple[str, Any]] = [("warned", [*self._warnings])] if self._warnings else []
        self._warnings.clear()
        return [*said, answer]


def refusal(error: BaseException) -> tuple[str, Exception]:
    """The event of a worker that could not be set up."""
    return "refused", error if isinstance(error, Exception) and _crosses(error) else RuntimeError(_sentence(error))


def send(stream: IO[bytes], message: Any) -> None:
    """Write one message."""
    content = pickle.dumps(message)
    stream.write(LENGTH.pack(len(content)) + content)
    stream.flush()


def receive(stream: IO[bytes]) -> bytes | None:
    """The pickle of the next message; None where the other side is gone."""
    head = stream.read(LENGTH.size)
    if len(head) < LENGTH.size:
        return None
    content = stream.read(LENGTH.unpack(head)[0])
    return content if len(content) == LENGTH.unpack(head)[0] else None


def _take_streams() -> tuple[IO[bytes], IO[bytes]]:
    """The pipes from and to the parent, out of reach of what a job reads and prints: prints go to stderr."""
    source, sink = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    nowhere = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nowhere, 0)
    os.close(nowhere)
    os.dup2(2, 1)
    return source, sink


def _die_with(parent: int) -> None:
    """Linux kills this process when its parent is gone, even in the midst of a computation that lets no thread run."""
    if sys.platform == "linux":
        import ctypes

        with contextlib.suppress(OSError, AttributeError):
            ctypes.CDLL(None).prctl(DIE_WITH_PARENT, SIGKILL)
    # It may have gone before it was asked for.
    if hasattr(os, "getppid") and sys.platform != "win32" and os.getppid() != parent:
        os._exit(1)


def _receive(source: IO[bytes], received: queue.SimpleQueue[bytes]) -> None:
    while (content := receive(source)) is not None:
        received.put(content)
    # The parent is gone, or has no more work: on every system its end of the pipe closes with it.
    os._exit(0)


def _kept_for_parent() -> list[str]:
    """The DataWarnings of jobs from now on. The parent shows them: it knows what other workers have said already."""
    kept: list[str] = []
    usual = warnings.showwarning

    def show(message: Warning | str, category: type[Warning], *place: Any, **more: Any) -> None:
        if issubclass(category, DataWarning):
            kept.append(str(message))
        else:
            usual(message, category, *place, **more)

    warnings.showwarning = show
    return kept


def _crosses(error: Exception) -> bool:
    try:
        return isinstance(pickle.loads(pickle.dumps(error)), Exception)
    except Exception:
        return False


def _sentence(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}".rstrip(": ")
