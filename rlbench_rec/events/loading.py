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
from .card import DatasetCard
from .cards import Found, find, resolve_files
from .dialects import DIALECTS
from .dialects.rows import RawRows, quote_text
from .log import EventLog
from .report import LoadReport
from .sessions import sessions_sql
from .staging import REASONS, Staging, stage

if TYPE_CHECKING:
    import duckdb


def load(
    name: str | Path,
    path: str | Path | None = None,
    *,
    memory_limit: str = "2GB",
    session_gap: float | None = None,
    out: str | Path | None = None,
) -> EventLog:
    """Read a log by its card.

    Args:
        name: card id, `id/variant`, or the path of a card.
        path: the raw file, or the folder of the data set; None takes what the card ships, the folder of a user's own
            card, or `$RLBENCH_DATA/<id>`.
        memory_limit: for DuckDB; what does not fit spills to disk.
        session_gap: seconds after which a new session begins; None takes the card's.
        out: folder for events.parquet, quarantine.parquet and report.json; None keeps them until the log is gone.

    Raises:
        UnknownNameError: no such card or variant.
        MissingFileError: the raw files are not there; says where to get them.
        InputError: an empty file, a header without a needed column, a propensity outside (0, 1], no row left.
        OutputError: `out` cannot be written.
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
            report, context = _run(found, files, folder, Path(scratch), memory_limit, gap)
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
    with duckdb.connect() as connection:
        connection.execute(f"SET memory_limit = {quote_text(memory_limit)}")
        connection.execute(f"SET temp_directory = {quote_text(str(scratch / 'spill'))}")
        connection.execute("SET TimeZone = 'UTC'")
        # Its bar would go to stdout, where results go.
        connection.execute("SET enable_progress_bar = false")
        raw = DIALECTS[card.dialect](connection, files, card)
        staging = stage(raw, found)
        try:
            _stage_rows(connection, staging, card)
            _check_propensities(connection, card, files)
            report = _report(connection, files)
            # In order of weight: quarantine is complete before the log appears.
            _write(connection, _quarantine_sql(files), folder / "quarantine.parquet", scratch)
            _write(connection, sessions_sql(card, staging, gap), folder / "events.parquet", scratch)
        except duckdb.Error as error:
            raise _what_failed(error, raw, memory_limit) from error
    text = json.dumps(report.to_dict(), indent=1, sort_keys=True) + "\n"
    (scratch / "report.json").write_text(text)
    os.replace(scratch / "report.json", folder / "report.json")
    return report, tuple(staging.context.values())


def _what_failed(error: duckdb.Error, raw: RawRows, memory_limit: str) -> BaseException:
    import duckdb

    if raw.stream is not None and raw.stream.failure is not None:
        return raw.stream.failure
    if isinstance(error, duckdb.InterruptException):
        return KeyboardInterrupt()
    text = str(error).splitlines()[0]
    if isinstance(error, duckdb.OutOfMemoryException):
        return InputError(f"It is too little ({text}).", where=f"memory_limit {memory_limit}", hint="Give more.")
    return InputError(f"DuckDB stopped: {text}.", where=raw.where, hint="Is the file whole, and is there disk space?")


def _stage_rows(connection: duckdb.DuckDBPyConnection, staging: Staging, card: DatasetCard) -> None:
    columns = ", ".join(["file", "line", "session_id", "user_id", "timestamp", *staging.columns, *staging.context])
    # The raw text is kept for rows set aside, and where duplicates must be compared.
    text = "text" if card.deduplicate else "CASE WHEN reason IS NOT NULL THEN text END AS text"
    # A temporary table spills as it is; a table of a database file would be compressed first, at a third of the time.
    connection.execute(f"CREATE TEMP TABLE staged AS SELECT {columns}, {text}, reason FROM ({staging.select})")
    if card.deduplicate:
        connection.execute(
            # Only rows whose hash stands twice are compared as text: few, where comparing all would sort the whole log.
            "WITH twice AS (SELECT hash(text) AS h FROM staged WHERE reason IS NULL GROUP BY h HAVING count(*) > 1), "
            "again AS (SELECT file AS f, line AS l FROM staged WHERE reason IS NULL AND hash(text) IN (FROM twice) "
            "QUALIFY row_number() OVER (PARTITION BY text ORDER BY file, line) > 1) "
            "UPDATE staged SET reason = 'duplicate' FROM again "
            "WHERE staged.file = again.f AND staged.line = again.l"
        )


def _check_propensities(connection: duckdb.DuckDBPyConnection, card: DatasetCard, files: list[Path]) -> None:
    if card.columns.propensity is None:
        return
    row = connection.execute(
        "SELECT file, line, propensity FROM staged WHERE (reason IS NULL) "
        "AND (propensity IS NULL OR propensity <= 0 OR propensity > 1) ORDER BY file, line LIMIT 1"
    ).fetchone()
    if row:
        # Not set aside: leaving out exposures by their propensity would bias every estimate.
        raise InputError(
            f"The propensity is {row[2] if row[2] is not None else 'no number'}; it must lie in (0, 1].",
            where=f"{files[row[0]]}:{row[1]}: column '{card.columns.propensity}'",
            hint="Mend the log; such rows cannot be left out without bias.",
        )


def _report(connection: duckdb.DuckDBPyConnection, files: list[Path]) -> LoadReport:
    counts = dict(connection.execute("SELECT coalesce(reason, ''), count(*) FROM staged GROUP BY 1").fetchall())
    read = connection.execute("SELECT count(*) FROM staged").fetchone()[0]
    set_aside = {reason: counts[reason] for reason in REASONS if reason in counts}
    report = LoadReport(read, counts.get("", 0), set_aside)
    if report.rows_kept == 0:
        why = ", ".join(f"{count} {reason}" for reason, count in set_aside.items()) or "there are none"
        row = connection.execute("SELECT line, text FROM staged ORDER BY file, line LIMIT 1").fetchone()
        example = f" The first, line {row[0]}, is: {row[1][:80]!r}." if row and row[1] is not None else ""
        raise InputError(f"No row can be used: {why}.{example}", where=str(files[0]), hint="Is it the right card?")
    return report


def _quarantine_sql(files: list[Path]) -> str:
    names = ", ".join(quote_text(file.name) for file in files)
    return (
        f"SELECT [{names}][file + 1] AS file, line, reason, text FROM staged "
        "WHERE reason IS NOT NULL ORDER BY staged.file, line"
    )


def _write(connection: duckdb.DuckDBPyConnection, sql: str, path: Path, scratch: Path) -> None:
    part = scratch / path.name
    connection.execute(f"COPY ({sql}) TO {quote_text(str(part))} (FORMAT parquet, COMPRESSION zstd)")
    os.replace(part, path)


def _sha256(files: list[Path]) -> str:
    digest = hashlib.sha256()
    for file in files:
        with file.open("rb") as stream:
            digest.update(hashlib.file_digest(stream, "sha256").digest())
    return digest.hexdigest()
