"""Raw files -> EventLog, through DuckDB in bounded memory."""

from __future__ import annotations

import hashlib
import json
import os
import re
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import InputError, OutputError, RlbenchError
from ..files import write_text
from . import staged
from .cards import Found, find, resolve_files
from .dialects import DIALECTS
from .dialects.rows import RawRows
from .log import EventLog
from .report import LoadReport
from .sessions import sessions_sql
from .staging import stage

if TYPE_CHECKING:
    import duckdb


def load(
    name: str | Path,
    path: str | Path | None = None,
    *,
    memory_limit: str = "2GB",
    session_gap: float | None = None,
    out: str | Path | None = None,
    ray: str | None = None,
) -> EventLog:
    """Read a log by its card.

    Args:
        name: card id, `id/variant`, or the path of a card.
        path: the raw file, or the folder of the data set; None takes what the card ships, the folder of a user's own
            card, or `<cache folder>/<id>`.
        memory_limit: for DuckDB (of each worker, with `ray`); what does not fit spills to disk.
        session_gap: seconds after which a new session begins; None takes the card's.
        out: folder for events.parquet, quarantine.parquet and report.json; None keeps them until the log is gone.
        ray: address of a Ray cluster (`local` starts one here): the work is spread over its workers, who must all see
            the files and `out`. The log is the same.

    Raises:
        UnknownNameError: no such card or variant.
        MissingFileError: the raw files are not there; says where to get them.
        InputError: an empty file, a header without a needed column, a propensity outside (0, 1], no row left.
        OutputError: `out` cannot be written.
        MissingExtraError: `ray` is given and not installed.
    """
    if not re.fullmatch(r"[0-9]+(\.[0-9]+)? ?(KB|MB|GB|TB|KiB|MiB|GiB|TiB)", memory_limit):
        raise InputError(f"'{memory_limit}' is no amount of memory.", where="memory_limit", hint="Write 2GB or 500MB.")
    if session_gap is not None and not session_gap > 0:
        raise InputError(f"The gap is {session_gap} seconds; it must be above 0.", where="session_gap")
    found = find(name)
    files = resolve_files(found, Path(path) if path is not None else None)
    keep = None
    if out is None:
        keep = tempfile.TemporaryDirectory(prefix="rlbench-")
        out = keep.name
    folder = _prepared(Path(out))
    gap = found.card.session_gap if session_gap is None else float(session_gap)
    try:
        with tempfile.TemporaryDirectory(prefix=".staging-", dir=folder) as scratch:
            if ray is None:
                report, context = _run(found, files, folder, Path(scratch), memory_limit, gap)
            else:
                from .spread import run

                report, context = run(found, files, folder, Path(scratch), memory_limit, gap, ray)
            write_text(folder / "report.json", json.dumps(report.to_dict(), indent=1, sort_keys=True) + "\n")
    except RlbenchError:
        raise
    except OSError as error:
        raise OutputError(f"It cannot be written ({error.strerror}).", where=error.filename or str(folder)) from error
    return EventLog(
        path=folder / "events.parquet",
        card=found.card,
        variant=found.variant_name,
        report=report,
        source_sha256=_sha256(files),
        context_columns=context,
        catalogue=tuple(range(found.items)) if found.items else None,
        _keep=keep,
    )


def _prepared(folder: Path) -> Path:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"The folder cannot be made ({error.strerror}).", where=str(folder)) from error
    if not os.access(folder, os.W_OK):
        raise OutputError("The folder cannot be written.", where=str(folder))
    return folder


def _run(
    found: Found, files: list[Path], folder: Path, scratch: Path, memory_limit: str, gap: float
) -> tuple[LoadReport, tuple[str, ...]]:
    import duckdb

    card = found.card
    with staged.connected(scratch, memory_limit) as connection:
        raw = DIALECTS[card.dialect](connection, files, card)
        staging = stage(raw, found)
        try:
            staged.fill(connection, staging, card, scratch)
            if card.deduplicate:
                raw = DIALECTS[card.dialect](connection, files, card)
                staged.set_duplicates_aside(connection, raw)
            staged.check_propensities(connection, card, files)
            # In order of weight: quarantine is complete before the log appears.
            staged.write(connection, staged.quarantine_sql(files), folder / "quarantine.parquet", scratch)
            report = staged.account(staged.counts(connection), folder / "quarantine.parquet", files)
            staged.write(connection, sessions_sql(card, staging, gap), folder / "events.parquet", scratch)
        except duckdb.Error as error:
            raise what_failed(error, raw, memory_limit) from error
    return report, tuple(staging.context.values())


def what_failed(error: duckdb.Error, raw: RawRows, memory_limit: str) -> BaseException:
    """The error to raise in place of DuckDB's."""
    import duckdb

    if raw.stream is not None and raw.stream.failure is not None:
        return raw.stream.failure
    if isinstance(error, duckdb.InterruptException):
        return KeyboardInterrupt()
    text = str(error).splitlines()[0]
    if isinstance(error, duckdb.OutOfMemoryException):
        return InputError(f"It is too little ({text}).", where=f"memory_limit {memory_limit}", hint="Give more.")
    return InputError(f"DuckDB stopped: {text}.", where=raw.where, hint="Is the file whole, and is there disk space?")


def _sha256(files: list[Path]) -> str:
    digest = hashlib.sha256()
    for file in files:
        with file.open("rb") as stream:
            digest.update(hashlib.file_digest(stream, "sha256").digest())
    return digest.hexdigest()
