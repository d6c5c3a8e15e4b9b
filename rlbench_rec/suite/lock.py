"""One process per folder: a second one is refused, with a message that says who holds it."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from ..errors import InputError, OutputError

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

LOCK_FILE = ".rlbench-lock"
FAR = 1 << 30
"""Windows forbids reading a locked byte, so one far behind the text is locked."""


@contextmanager
def hold(folder: Path) -> Iterator[None]:
    """Hold a folder against other processes; it is made if it is not there, and removed again if it stays empty.

    The lock is the system's, which Linux passes on to NFS servers: it goes with its process, however that ends. The
    file only says whose it is. On a disk without locks a process is let in where the last one on this machine is gone.

    Raises:
        OutputError: the folder cannot be made or written.
        InputError: another process holds it.
    """
    if _is_file(folder):
        raise OutputError("This is a file, not a folder.", where=str(folder))
    new = [path for path in (folder, *folder.parents) if not path.exists()]
    try:
        handle = _locked(folder)
        try:
            yield
        finally:
            # Unlinked while it is held: what lies there afterwards belongs to another process.
            with contextlib.suppress(OSError):
                (folder / LOCK_FILE).unlink()
            os.close(handle)
    finally:
        with contextlib.suppress(OSError):
            for path in new:
                path.rmdir()


def _locked(folder: Path) -> int:
    path = folder / LOCK_FILE
    while True:
        handle = _opened(path)
        try:
            if not _is_free(handle):
                what = f"Another process works in this folder: {_holder(handle)}."
                hint = "Wait until it has ended, or end it; or give another folder."
                raise InputError(what, where=str(folder), hint=hint)
            if _lies_there(handle, path):
                _sign(handle)
                return handle
        except BaseException:
            os.close(handle)
            raise
        # Its holder removed it between our opening and our locking it.
        os.close(handle)


def _is_file(folder: Path) -> bool:
    """Whether something other than a folder lies there, by one look: another process may remove it between two."""
    with contextlib.suppress(OSError):
        return not stat.S_ISDIR(os.stat(folder).st_mode)
    return False


def _opened(path: Path, tries: int = 100) -> int:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        return os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    except OSError as error:
        # Another process may have made the folder, and removed it at this very moment.
        if isinstance(error, FileNotFoundError | FileExistsError) and tries and not _is_file(path.parent):
            return _opened(path, tries - 1)
        raise OutputError(f"The folder cannot be written ({error.strerror}).", where=str(path.parent)) from error


def _is_free(handle: int) -> bool:
    """Whether the lock is ours now."""
    try:
        if sys.platform == "win32":
            os.lseek(handle, FAR, os.SEEK_SET)
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        else:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError):
        return False
    except OSError:
        return not _lives_here(_signature(handle))
    return True


def _lies_there(handle: int, path: Path) -> bool:
    with contextlib.suppress(OSError):
        return os.path.samestat(os.fstat(handle), os.stat(path))
    return False


def _sign(handle: int) -> None:
    text = {"pid": os.getpid(), "host": socket.gethostname(), "since": datetime.now(UTC).isoformat(timespec="seconds")}
    # A full disk does not matter: the lock holds without its text.
    with contextlib.suppress(OSError):
        os.ftruncate(handle, 0)
        os.lseek(handle, 0, os.SEEK_SET)
        os.write(handle, json.dumps(text).encode())


def _signature(handle: int) -> dict[str, object]:
    try:
        os.lseek(handle, 0, os.SEEK_SET)
        signature = json.loads(os.read(handle, 1_000))
        return signature if isinstance(signature, dict) else {}
    except (OSError, ValueError, RecursionError):
        return {}


def _holder(handle: int) -> str:
    who = _signature(handle)
    if not {"pid", "host", "since"} <= who.keys():
        return "it has not said which"
    return f"process {who['pid']} on {who['host']}, since {who['since']}"


def _lives_here(signature: dict[str, object]) -> bool:
    pid = signature.get("pid")
    if os.name == "nt" or signature.get("host") != socket.gethostname() or not isinstance(pid, int) or pid <= 0:
        return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True
