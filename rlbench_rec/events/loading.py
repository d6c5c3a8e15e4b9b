"""Raw files -> EventLog, through DuckDB in bounded memory."""

from __future__ import annotations

import errno
import json
import os
import re
import shutil
import warnings
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from ..arguments import path_of
from ..errors import DataWarning, InputError, OutputError, RlbenchError
from ..files import rename_durably, scratch_folder, temporary_folder, write_text
from ..terminal import printable
from .archives.compressed import stamps
from .cards.find import LocatedCard, data_root, find, item_vectors, resolve_files
from .dialects.rows import RawRows
from .event_log import EventLog
from .fingerprint import all_files, card_sha256, files_sha256, with_folders
from .load_report import LoadReport
from .read import row_views
from .read.log_files import FileGroup, absent, in_card_order, parts, together
from .read.noted import ADVICE, noted
from .read.sessions import sessions_sql
from .read.side_tables import SideFiles, find_tables, read_tables, with_lookups

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
    quarantine: str | Path | None = None,
) -> EventLog:
    """Read a log by its card.

    Args:
        name: card id, `id/variant`, or the path of a card.
        path: the raw file (plain or `.gz`, `.bz2`, `.xz`, `.zst`), a `.zip`, or the folder of the data set; None takes
            what the card ships, the folder of a user's own card, or `<cache folder>/<id>`.
        memory_limit: for DuckDB (of each worker, with `ray`); what does not fit spills to disk.
        session_gap: seconds after which a new session begins; None takes the card's.
        out: folder for events.parquet, quarantine.parquet and report.json; None keeps them until the log is gone.
        ray: address of a Ray cluster (`local` starts one here): the work is spread over its workers, who must all see
            the files and `out`. The log is the same.
        quarantine: Parquet file for the rows set aside, which is written even where no row is left. (Else they are in
            `EventLog.quarantine`.)

    Raises:
        UnknownNameError: no such card or variant.
        MissingFileError: the raw files are not there; says where to get them.
        InputError: an empty file, a broken archive, a header without a needed column, a propensity outside (0, 1], no
            row left, or a file that changed while it was read.
        OutputError: `out` cannot be written.
        MissingExtraError: `ray` is given and not installed.
    """
    if not re.fullmatch(r"[0-9]+(\.[0-9]+)? ?(KB|MB|GB|TB|KiB|MiB|GiB|TiB)", memory_limit):
        raise InputError(
            f"'{memory_limit}' is not an amount of memory.", where="memory_limit", hint="Write 2GB or 500MB."
        )
    if session_gap is not None and not session_gap > 0:
        raise InputError(f"The gap is {session_gap} seconds; it must be above 0.", where="session_gap")
    located = find(name)
    path = path_of(path, "path") if path is not None else None
    files = in_card_order(located, resolve_files(located, path))
    for pattern in absent(located, files) if path is None or path.is_dir() else ():
        missing = printable(f"{located.card.id}: {pattern} is not here; the log lacks its rows.")
        warnings.warn(missing, DataWarning, stacklevel=2)
    located = replace(located, root=data_root(located, path, files))
    groups = parts(located, files)
    for file, column in (pair for group in groups for pair in group.empty_columns()):
        empty = f"{file.name} has no column '{column}', which other files of the log have; it is empty there."
        warnings.warn(printable(empty), DataWarning, stacklevel=2)
    side = find_tables(located, files)
    vectors = item_vectors(located, files)
    sources = all_files(files, side, vectors)
    as_they_were = stamps(sources)
    keep = None
    if out is None:
        keep = scratch_folder()
        out = keep.name
    folder = path_of(out, "out")
    gap = located.card.session_gap if session_gap is None else float(session_gap)
    try:
        with temporary_folder(folder / "staging") as scratch:
            made = scratch / "made"
            made.mkdir()
            if ray is None:
                work = _run
            else:
                from .ray_backend import run

                work = partial(run, address=ray)
            try:
                report, context = work(located, groups, files, side, made, scratch, memory_limit, gap)
            finally:
                if quarantine is not None and (made / "quarantine.parquet").is_file():
                    shutil.copyfile(made / "quarantine.parquet", quarantine)
            source_sha256 = with_folders(files_sha256(sources), located, files)
            _check_unchanged(as_they_were, stamps(sources))
            for what, count in report.noted.items():
                warnings.warn(f"{located.card.id}: {what}: {count:,}. {ADVICE[what]}", DataWarning, stacklevel=2)
            write_text(made / "report.json", json.dumps(report.to_dict(), indent=1, sort_keys=True) + "\n")
            # In order of weight: quarantine is complete before the log appears.
            for name in ("quarantine.parquet", "report.json", "events.parquet"):
                rename_durably(made / name, folder / name)
    except RlbenchError:
        raise
    except OSError as error:
        raise OutputError(f"It cannot be written ({error.strerror}).", where=error.filename or str(folder)) from error
    return EventLog(
        path=folder / "events.parquet",
        card=located.card,
        variant=located.variant_name,
        report=report,
        source_sha256=source_sha256,
        card_sha256=card_sha256(located),
        context_columns=context,
        catalogue=tuple(range(located.items)) if located.items else None,
        item_vectors=vectors,
        _keep=keep,
    )


def _run(
    located: LocatedCard,
    groups: list[FileGroup],
    files: list[Path],
    side: SideFiles,
    folder: Path,
    scratch: Path,
    memory_limit: str,
    gap: float,
) -> tuple[LoadReport, tuple[str, ...]]:
    import duckdb

    card, stagings, paths = located.card, [], []
    with row_views.connected(scratch, memory_limit) as connection:
        raw = RawRows("", [], str(files[0]))
        try:
            tables = read_tables(connection, card, side, scratch)
            for group in groups:
                raw, staging = group.stage(connection)
                stagings.append(staging)
                paths.append(scratch / f"typed-{group.first}.parquet")
                row_views.fill(connection, staging, card, paths[-1], group.first)
            staging = together(stagings)
            row_views.judge(connection, row_views.typed_rows(paths), staging, tables)
            staging = with_lookups(staging, tables)
            for group in groups if card.deduplicate else ():
                raw = group.rows(connection)
                row_views.set_duplicates_aside(connection, raw, group.first)
            row_views.check_propensities(connection, located, files)
            row_views.write(connection, row_views.quarantine_sql(files), folder / "quarantine.parquet", scratch)
            report = row_views.account(row_views.counts(connection), folder / "quarantine.parquet", files, tables)
            row_views.write(connection, sessions_sql(card, staging, gap), folder / "events.parquet", scratch)
            report = replace(report, noted=noted(connection, card, folder / "events.parquet"))
        except (duckdb.Error, RuntimeError) as error:
            raise what_failed(error, raw, memory_limit, scratch) from error
    return report, tuple(staging.context.values())


def what_failed(error: duckdb.Error | RuntimeError, raw: RawRows, memory_limit: str, scratch: Path) -> BaseException:
    """The error to raise in place of DuckDB's."""
    import duckdb

    if raw.stream is not None and raw.stream.failure is not None:
        return raw.stream.failure
    if isinstance(error, duckdb.InterruptException) or "interrupted" in str(error):
        return KeyboardInterrupt()
    if not isinstance(error, duckdb.Error):
        return error
    text = str(error).splitlines()[0]
    if os.strerror(errno.ENOSPC) in str(error):
        # What DuckDB spills lies beside what is written.
        return OutputError("The disk is full.", where=str(scratch.parent), hint="Make room, or give another folder.")
    if isinstance(error, duckdb.OutOfMemoryException):
        return InputError(f"It is too little ({text}).", where=f"memory_limit {memory_limit}", hint="Give more.")
    return InputError(f"DuckDB stopped: {text}.", where=raw.where, hint="Is the file whole, and is there disk space?")


def _check_unchanged(before: dict[Path, tuple[int, int]], after: dict[Path, tuple[int, int]]) -> None:
    """Rows from two states of a file are not a log, and no checksum would match them."""
    for file, state in before.items():
        if after.get(file) != state:
            hint = "Wait until it is written, or give a copy."
            raise InputError("The file changed while it was read.", where=str(file), hint=hint)
