"""Rows that are safe once written: a journal of JSON lines first, Parquet parts later."""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import time
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import InputError, OutputError
from ..files import make_folder, new_file

if TYPE_CHECKING:
    import pyarrow

try:
    import fcntl
except ImportError:  # Windows: journals are not locked, so only one process may write.
    fcntl = None  # type: ignore[assignment]  # a module or None
LOCKS = fcntl is not None
"""Whether a journal tells that its process goes on."""


class PartFiles:
    """Rows in `<folder>/<name>/part-*.parquet`, each part whole or not there.

    A row goes to a journal, `<folder>/.<name>-<id>.jsonl`, before `write` returns: it survives the end of the process,
    however that comes (not a loss of power). A journal becomes a part when it is full, old or closed; see `recover` for
    one that a process left behind. Several processes may write side by side.

    Args:
        folder: of the log; it is made where it is not there.
        name: of the table.
        schema: of its rows.
        rows: a part is written when it has so many.
        seconds: or when its first row is so old and another one comes.

    Raises:
        OutputError: the folder cannot be written.
    """

    def __init__(self, folder: Path, name: str, schema: pyarrow.Schema, rows: int = 10_000, seconds: float = 60.0):
        self.folder, self.name, self.schema, self.limit, self.seconds = folder, name, schema, rows, seconds
        make_folder(folder / name)
        self._rows: list[Mapping[str, Any]] = []
        self._handle: int | None = None
        self._id, self._opened = "", 0.0
        recover(folder, name, schema)

    def write(self, row: Mapping[str, Any]) -> None:
        """Keep a row.

        Raises:
            OutputError: it cannot be written.
        """
        # JSON floats read back as they were, to the bit.
        line = (json.dumps(row, separators=(",", ":")) + "\n").encode()
        try:
            if self._handle is None:
                self._open()
            assert self._handle is not None
            written = os.write(self._handle, line)
        except OSError as error:
            raise OutputError(f"The row cannot be written ({error.strerror}).", where=str(self.folder)) from error
        if written < len(line):
            os.ftruncate(self._handle, os.lseek(self._handle, 0, os.SEEK_END) - written)
            raise OutputError("The row cannot be written (the disk is full).", where=str(self.folder))
        self._rows.append(row)
        if len(self._rows) % self.limit == 0 or time.monotonic() - self._opened > self.seconds:
            self._opened = time.monotonic()
            # The row is safe in the journal; the part is tried again later.
            with contextlib.suppress(OutputError):
                self.flush()

    def flush(self) -> None:
        """Make a part of the journal."""
        if self._handle is None:
            return
        _write_part(self.folder / self.name, self._id, self._rows, self.schema)
        self._journal(self._id).unlink(missing_ok=True)
        os.close(self._handle)
        self._handle, self._rows = None, []

    close = flush

    def _open(self) -> None:
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND
        while True:
            # Ids sort by time.
            self._id = f"{time.time_ns():020d}-{secrets.token_hex(4)}"
            path = self._journal(self._id)
            handle = os.open(path, flags, 0o600)
            if fcntl:
                fcntl.flock(handle, fcntl.LOCK_EX)
            # Another process may have taken it for left behind before it was locked.
            if path.exists():
                break
            os.close(handle)
        self._handle, self._opened = handle, time.monotonic()

    def _journal(self, part: str) -> Path:
        return self.folder / f".{self.name}-{part}.jsonl"


def recover(folder: Path, name: str, schema: pyarrow.Schema) -> None:
    """Make parts of the journals that processes left behind: those that nobody holds. Args as of `PartFiles`.

    Raises:
        OutputError: a part cannot be written.
        InputError: a journal that is not one.
    """
    for path in sorted(folder.glob(f".{name}-*.jsonl")):
        with contextlib.suppress(FileNotFoundError), path.open("rb") as stream:
            if fcntl:
                try:
                    fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except OSError:
                    continue
            part = path.name.removeprefix(f".{name}-").removesuffix(".jsonl")
            rows = _whole_lines(stream.read(), path)
            # Where the part is there, its process ended before the journal was gone.
            if rows and not _part(folder / name, part).exists():
                _write_part(folder / name, part, rows, schema)
            path.unlink(missing_ok=True)


def _part(table: Path, part: str) -> Path:
    return table / f"part-{part}.parquet"


def _write_part(table: Path, part: str, rows: list[Mapping[str, Any]], schema: pyarrow.Schema) -> None:
    import pyarrow
    import pyarrow.parquet

    content = pyarrow.Table.from_pylist(list(rows), schema=schema)
    with new_file(_part(table, part)) as partial:
        pyarrow.parquet.write_table(content, partial)


def _whole_lines(content: bytes, path: Path) -> list[Mapping[str, Any]]:
    """The rows of a journal; what stands after its last line break was never confirmed."""
    try:
        return [json.loads(line) for line in content[: content.rfind(b"\n") + 1].split(b"\n")[:-1]]
    except ValueError as error:
        hint = "Move it away, or repair the line."
        raise InputError(f"A line of the journal is not JSON ({error}).", where=str(path), hint=hint) from error
