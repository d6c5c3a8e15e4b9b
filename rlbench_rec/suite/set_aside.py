"""The rows of a log that were set aside: shown, counted, and written for people to look at."""

from __future__ import annotations

from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from ..errors import InputError
from ..files import new_file
from ..results.schema import runs_as_formula
from ..sql import parquet_rows, single_value

if TYPE_CHECKING:
    from ..events.event_log import EventLog

SHOWN = 5
COLUMNS = ("file", "line", "reason", "text")
SUFFIXES = (".csv", ".parquet")


def first_set_aside(log: EventLog, count: int = SHOWN) -> list[dict[str, Any]]:
    """The first rows set aside, in the order of the files: `file`, `line`, `reason`, `text`."""
    import pyarrow.parquet as pq

    return pq.read_table(log.quarantine, columns=list(COLUMNS)).slice(0, count).to_pylist()


def repeated_rows(log: EventLog) -> int:
    """How many kept rows equal an earlier kept row in every column; sessions count where the log names them.

    Rows of a log that says nothing finer than a second may be so by chance; that a file was joined to itself shows too.
    """
    import duckdb

    with duckdb.connect() as connection:
        connection.execute("SET enable_progress_bar = false")
        columns = "*" if log.card.session == "given" else "* EXCLUDE (session_id)"
        distinct = f"SELECT count(*) FROM (SELECT DISTINCT {columns} FROM {parquet_rows([log.path])})"
        return log.n_rows - single_value(connection.execute(distinct))


def check_place(path: Path, card: str, data: Path | None) -> None:
    """Refuse, before the log is read, a file that cannot be written as a table of rows set aside.

    Args:
        path: what is to be written.
        card: of the log, as `events.load` takes it.
        data: the raw files.

    Raises:
        InputError: another suffix, a file that the log is read from, or a name under which it would be read as a part
            of the log next time.
        MissingFileError: the log is not there.
    """
    from ..events.archives.compressed import archive_of
    from ..events.cards.find import data_root, find, item_vectors, resolve_files
    from ..events.fingerprint import all_files
    from ..events.read.side_tables import find_tables

    where, elsewhere = f"--rejects {path}", "Write it into another folder."
    if path.suffix.lower() not in SUFFIXES:
        raise InputError(f"'{path.suffix}' is no format of a table.", where=where, hint="Write .csv or .parquet.")
    located = find(card)
    files = resolve_files(located, data)
    read = all_files(files, find_tables(located, files), item_vectors(located, files))
    if path.exists() and any(path.samefile(archive_of(file) or file) for file in read):
        raise InputError("This is a file of the log, which would be lost.", where=where, hint=elsewhere)
    root = data_root(located, data, files)
    if root is not None and root.is_dir() and path.resolve().is_relative_to(root.resolve()):
        inside = path.resolve().relative_to(root.resolve())
        if any(_fits(inside, spec.pattern) for spec in located.card.files):
            raise InputError("The card would take this for a file of the log.", where=where, hint=elsewhere)


def _fits(path: Path, pattern: str) -> bool:
    """Whether a path below the folder of a log fits a pattern, in which `**/` stands for any folders, or none."""
    depths = range(len(path.parts) + 1) if "**/" in pattern else (0,)
    return any(PurePosixPath("/", path).match("/" + pattern.replace("**/", "*/" * depth)) for depth in depths)


def write_set_aside(quarantine: Path, path: Path) -> int:
    """Write all rows set aside as CSV or Parquet, by the suffix; the file appears whole or not at all.

    In CSV, a text that a spreadsheet would run as a formula gets a leading apostrophe.

    Args:
        quarantine: of a log.
        path: see `check_place`.

    Returns:
        How many rows.

    Raises:
        OutputError: the file cannot be written.
    """
    import pyarrow
    import pyarrow.parquet as pq
    from pyarrow import csv

    table = pq.read_table(quarantine, columns=list(COLUMNS))
    with new_file(path) as partial:
        if path.suffix.lower() == ".parquet":
            pq.write_table(table, partial)
        else:
            for at, name in enumerate(COLUMNS):
                if name != "line":
                    cells = [_harmless(cell) for cell in table[name].to_pylist()]
                    table = table.set_column(at, name, pyarrow.array(cells, pyarrow.string()))
            csv.write_csv(table, partial)
    return len(table)


def _harmless(text: str | None) -> str | None:
    return f"'{text}" if text is not None and runs_as_formula(text) else text
