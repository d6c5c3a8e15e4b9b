"""Whatever goes wrong in a command becomes one message on stderr and an exit code."""

from __future__ import annotations

import _thread
import contextlib
import errno
import signal
import sys
import tempfile
import threading
import time
import traceback
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from ..errors import DataWarning, RlbenchError
from ..terminal import printable
from .render.console import say

WRONG, INTERRUPTED = 2, 130
AGAIN = 0.05
"""Seconds after which an interruption that was lost comes again."""
LONGEST = 500
"""Characters of another library's message that are shown."""
RECEIVED: list[int] = []
"""Signals that arrived while the command ran: a library may turn an interruption into its own error."""
OURS = Path(__file__).resolve().parents[1]


def guarded(command: Callable[[], int], *, debug: bool) -> int:
    """Run a command and give its exit code: 2 for whatever it raises, 130 after Ctrl-C, 128 and the signal's number
    after SIGTERM or SIGHUP.

    Args:
        command: gives its exit code.
        debug: write the traceback of an error into a file, and say which.
    """
    for stream in filter(None, (sys.stdout, sys.stderr)):
        # A terminal of another encoding gets what it cannot show as escapes.
        with contextlib.suppress(AttributeError):
            stream.reconfigure(errors="backslashreplace")
    with _signals() as received, _warnings():
        try:
            code = command()
        except KeyboardInterrupt:
            code = INTERRUPTED
        except SystemExit:
            raise
        # A library written in Rust raises its panics past `Exception`.
        except BaseException as error:
            if received:
                # What a library made of the interruption.
                return 128 + received[0]
            say(f"rlbench: {_message(error)}", error=True)
            if debug:
                say(f"rlbench: {_keep(error)}", error=True)
            return WRONG
    return 128 + received[0] if received and code == INTERRUPTED else code


class Interrupted(KeyboardInterrupt):
    """Not a plain KeyboardInterrupt: once Python has seen one leave code that a library runs, it ends by SIGINT and
    ignores the exit code."""


def _message(error: BaseException) -> str:
    if isinstance(error, RlbenchError):
        return str(error)
    text = " ".join(str(error).split())
    text = text[:LONGEST] + ("…" if len(text) > LONGEST else "")
    if isinstance(error, MemoryError):
        return f"Memory ran out ({text or 'none was left'}). Give it less data, or a machine with more."
    if isinstance(error, OSError) and error.errno is None and text:
        return text
    if isinstance(error, OSError):
        where = f"{error.filename}: " if error.filename else ""
        full = " The disk is full, or a quota is." if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG) else ""
        return f"{where}It cannot be read or written ({error.strerror}).{full}"
    if isinstance(error, UnicodeEncodeError) and "surrogates" in error.reason:
        return f"A path or a text is not UTF-8 ({text}). Rename the file or folder."
    return (
        f"unexpected error in {_place(error)}: {type(error).__name__}: {text}. This is a bug in rlbench-rec, or an "
        "unexpected input. Run the command again with --debug: it writes a traceback to report."
    )


def _place(error: BaseException) -> str:
    """The last line of this package that the error went through."""
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        path = Path(frame.filename)
        if path.is_relative_to(OURS) and path != Path(__file__):
            return f"{path.relative_to(OURS)}, line {frame.lineno}"
    return "a library"


def _keep(error: BaseException) -> str:
    text = "".join(traceback.format_exception(error))
    name = f"rlbench-traceback-{time.strftime('%Y%m%d-%H%M%S')}.txt"
    for folder in (Path.cwd, lambda: Path(tempfile.gettempdir())):
        with contextlib.suppress(OSError):
            path = folder() / name
            path.write_text(text, encoding="utf-8", errors="backslashreplace")
            return f"the traceback is in {path}."
    return f"no place to write the traceback, so here it is:\n{text}"


@contextlib.contextmanager
def _signals() -> Iterator[list[int]]:
    """SIGTERM and SIGHUP end a command as Ctrl-C does, so that it cleans up; gives the signals that came."""
    received = RECEIVED
    received.clear()

    def interrupt(number: int, frame: object) -> None:
        received.append(number)
        # A scheduler may send it to the process and to its group: the second must not interrupt the clean-up. A
        # second Ctrl-C is meant.
        if len(received) == 1 or number == signal.SIGINT:
            raise Interrupted

    usual = sys.unraisablehook

    def again(unraisable: Any) -> None:
        # Raised where Python lets nothing out, in a destructor say: it comes again a moment later.
        if not isinstance(unraisable.exc_value, Interrupted):
            return usual(unraisable)
        timers.append(threading.Timer(AGAIN, _thread.interrupt_main, [received.pop()]))
        timers[-1].start()

    sys.unraisablehook = again
    timers: list[threading.Timer] = []
    before = {}
    if threading.current_thread() is threading.main_thread():
        for name in ("SIGINT", "SIGTERM", "SIGHUP"):
            number = getattr(signal, name, None)
            # A signal that is ignored already (nohup) stays ignored.
            if number is not None and signal.getsignal(number) in (signal.SIG_DFL, signal.default_int_handler):
                before[number] = signal.signal(number, interrupt)
    try:
        yield received
    finally:
        sys.unraisablehook = usual
        for timer in timers:
            timer.cancel()
        for number, handler in before.items():
            signal.signal(number, handler)


@contextlib.contextmanager
def _warnings() -> Iterator[None]:
    usual = warnings.formatwarning
    warnings.formatwarning = lambda message, category, *place: printable(
        f"rlbench: {message}\n" if issubclass(category, DataWarning) else usual(message, category, *place)
    )
    try:
        yield
    finally:
        warnings.formatwarning = usual
