"""Writing files and folders: whole or not at all."""

from __future__ import annotations

import csv
import io
import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from .errors import OutputError


def write_text(path: Path, text: str) -> None:
    """The file appears complete or stays as it was.

    Raises:
        OutputError: the file cannot be written.
    """
    write_bytes(path, text.encode("utf-8"))


def write_csv(path: Path, rows: Iterable[dict[str, Any]], columns: Sequence[str]) -> None:
    """Rows as they are, for tables of figures of our own; what comes from outside goes by `results.write_table`."""
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    write_text(path, text.getvalue())


def write_bytes(path: Path, content: bytes) -> None:
    """See `write_text`."""
    part = None
    try:
        handle, part = tempfile.mkstemp(prefix=f".{path.name}-", dir=path.parent)
        with os.fdopen(handle, "wb") as stream:
            stream.write(content)
        # mkstemp makes private files; these are results to be shared.
        os.chmod(part, 0o644)
        os.replace(part, path)
    except OSError as error:
        if part is not None and os.path.exists(part):
            os.unlink(part)
        raise OutputError(f"The file cannot be written ({error.strerror}).", where=str(path)) from error


def refuse_existing(path: Path) -> None:
    """Raise an OutputError where there is something at `path`."""
    if path.exists():
        raise OutputError("There is something here already.", where=str(path), hint="Choose a new folder.")


@contextmanager
def new_folder(folder: Path) -> Iterator[Path]:
    """A folder to write into, which takes the name `folder` once all is written, and else vanishes.

    Raises:
        OutputError: there is something at `folder` already, or it cannot be written.
    """
    refuse_existing(folder)
    with temporary_folder(folder) as partial:
        try:
            yield partial
            # mkdtemp makes private folders; these are results to be shared.
            partial.chmod(0o755)
            os.replace(partial, folder)
        except OSError as error:
            raise OutputError(f"Cannot write here ({error.strerror}).", where=str(folder)) from error


@contextmanager
def temporary_folder(beside: Path) -> Iterator[Path]:
    """A hidden folder on the disk of `beside`, for what is too large for the system's own place of temporary files.

    Raises:
        OutputError: it cannot be made.
    """
    try:
        beside.parent.mkdir(parents=True, exist_ok=True)
        folder = Path(tempfile.mkdtemp(prefix=f".{beside.name}-", dir=beside.parent))
    except OSError as error:
        raise OutputError(f"Cannot write here ({error.strerror}).", where=str(beside)) from error
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
