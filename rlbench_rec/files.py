"""Writing files and folders: whole or not at all, and on the disk before they get their name.

What is being written lies beside its place as `.<name>-<random>.rlbench-part`, locked for as long as its process lives.
A process that is killed leaves it behind unlocked: the next one that writes the same name takes it away.
"""

from __future__ import annotations

import contextlib
import os
import re
import secrets
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from .errors import OutputError, RlbenchError

try:
    import fcntl
except ImportError:  # Windows: nothing is locked, and nothing that was left behind is taken away.
    fcntl = None  # type: ignore[assignment]  # a module or None

SUFFIX = ".rlbench-part"


def write_text(path: Path, text: str) -> None:
    """The file appears complete or stays as it was.

    Raises:
        OutputError: the file cannot be written.
    """
    # Bytes of a path that are not UTF-8 become escapes, which JSON reads back.
    write_bytes(path, text.encode("utf-8", "backslashreplace"))


def write_bytes(path: Path, content: bytes) -> None:
    """See `write_text`."""
    with _errors("The file cannot be written", path):
        if path.exists() and not path.is_file():
            # A device or a pipe takes what comes, and is not to be replaced by a file.
            path.write_bytes(content)
            return
    with new_file(path) as partial:
        partial.write_bytes(content)


@contextmanager
def new_file(path: Path) -> Iterator[Path]:
    """A file to write into, which takes the name `path` once all is written, and else vanishes.

    Raises:
        OutputError: it cannot be written.
    """
    with _errors("The file cannot be written", path), _part(path, folder=False) as partial:
        yield partial
        # It was made private; these are results to be shared.
        partial.chmod(0o644)
        rename_durably(partial, path)


def rename_durably(partial: Path, path: Path) -> None:
    """Give a file its name once all of it is on the disk, so that a loss of power leaves the old one or the new."""
    _to_disk(partial)
    os.replace(partial, path)
    _to_disk(path.parent)


def make_folder(folder: Path) -> None:
    """The folder with those above it, where they are not there yet.

    Raises:
        OutputError: it cannot be made.
    """
    with _errors("The folder cannot be made", folder):
        folder.mkdir(parents=True, exist_ok=True)


def refuse_existing(path: Path) -> None:
    """Raise an OutputError where there is something at `path`, or where that cannot be told."""
    try:
        os.lstat(path)
    except FileNotFoundError:
        return
    except OSError as error:
        raise OutputError(f"Cannot write here ({error.strerror}).", where=str(path)) from error
    raise OutputError("There is something here already.", where=str(path), hint="Choose a new folder.")


@contextmanager
def new_folder(folder: Path) -> Iterator[Path]:
    """A folder to write into, which takes the name `folder` once all is written, and else vanishes.

    Raises:
        OutputError: there is something at `folder` already, or it cannot be written.
    """
    refuse_existing(folder)
    with _errors("Cannot write here", folder), temporary_folder(folder) as partial:
        yield partial
        # It was made private; these are results to be shared.
        partial.chmod(0o755)
        for inner, _, names in os.walk(partial):
            for name in names:
                _to_disk(Path(inner, name))
            _to_disk(Path(inner))
        os.replace(partial, folder)
        _to_disk(folder.parent)


@contextmanager
def temporary_folder(beside: Path) -> Iterator[Path]:
    """A hidden folder on the disk of `beside`, for what is too large for the system's own place of temporary files.

    Raises:
        OutputError: it cannot be made.
    """
    with contextlib.ExitStack() as stack:
        # Around the creation alone: an error of what is done in the folder is not the folder's.
        with _errors("Cannot write here", beside):
            stack.enter_context(_folder_for(beside.parent))
            folder = stack.enter_context(_part(beside, folder=True))
        yield folder


def scratch_folder() -> tempfile.TemporaryDirectory[str]:
    """A folder in the system's place of temporary files, which vanishes with the object.

    Raises:
        OutputError: there is no such place that can be written.
    """
    try:
        return tempfile.TemporaryDirectory(prefix="rlbench-")
    except OSError as error:
        what = f"There is no place for temporary files ({error.strerror or error})."
        raise OutputError(what, where="TMPDIR", hint="Set it to a folder that can be written.") from error


@contextmanager
def _errors(what: str, path: Path) -> Iterator[None]:
    try:
        yield
    except RlbenchError:
        raise
    except OSError as error:
        raise OutputError(f"{what} ({error.strerror or error}).", where=str(path)) from error


@contextmanager
def _folder_for(folder: Path) -> Iterator[None]:
    """A folder with those above it, of which nothing stays where what is done in it fails and leaves nothing."""
    missing = [place for place in (folder, *folder.parents) if not place.exists()]
    folder.mkdir(parents=True, exist_ok=True)
    try:
        yield
    except BaseException:
        for place in missing:
            with contextlib.suppress(OSError):
                place.rmdir()
        raise


@contextmanager
def _part(path: Path, *, folder: bool) -> Iterator[Path]:
    """A new, locked file or folder beside `path`, and none of it at the end."""
    _remove_abandoned(path)
    # A name may have 255 bytes, this one's own part included.
    prefix = f".{path.name[:50]}-"
    while True:
        partial = path.parent / f"{prefix}{secrets.token_hex(4)}{SUFFIX}"
        handle, is_ours = None, True
        # A signal may come at any moment, so what is about to be made is within `try` before it is there.
        try:
            try:
                handle = _created(partial, folder)
            except FileExistsError:
                is_ours = False
                continue
            if handle is None or _is_locked_for_us(handle, partial):
                yield partial
                return
        finally:
            if handle is not None:
                os.close(handle)
            if folder and is_ours:
                shutil.rmtree(partial, ignore_errors=True)
            elif is_ours:
                with contextlib.suppress(OSError):
                    partial.unlink()


def _created(path: Path, folder: bool) -> int | None:
    """A handle of a new file or folder that nobody else may read; None for folders where none can be locked."""
    if folder:
        os.mkdir(path, 0o700)
        return os.open(path, os.O_RDONLY) if fcntl else None
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)


def _is_locked_for_us(handle: int, partial: Path) -> bool:
    """False where another process took it for left behind before it was locked."""
    if fcntl:
        # Some network disks have no locks: nothing is removed there.
        with contextlib.suppress(OSError):
            fcntl.flock(handle, fcntl.LOCK_EX)
    return partial.exists()


def _remove_abandoned(path: Path) -> None:
    """Remove parts of this name whose process has ended: its lock ended with it, on any machine."""
    if not fcntl:
        return
    ours = re.compile(rf"\.{re.escape(path.name[:50])}-\w{{8}}{re.escape(SUFFIX)}")
    with contextlib.suppress(OSError):
        for entry in os.scandir(path.parent):
            if ours.fullmatch(entry.name):
                with contextlib.suppress(OSError):
                    _remove_unless_locked(entry)


def _remove_unless_locked(entry: os.DirEntry[str]) -> None:
    handle = os.open(entry.path, os.O_RDONLY | os.O_NOFOLLOW)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if entry.is_dir(follow_symlinks=False):
            shutil.rmtree(entry.path, ignore_errors=True)
        else:
            os.unlink(entry.path)
    finally:
        os.close(handle)


def _to_disk(path: Path) -> None:
    """What was written survives a loss of power from here on."""
    if os.name == "nt" and path.is_dir():
        return
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    except OSError as error:
        # Some file systems have nothing to do for a folder, and say so.
        if not path.is_dir():
            raise error
    finally:
        os.close(handle)
