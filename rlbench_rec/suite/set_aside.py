"""The rows of a log that were set aside: shown, counted, and written for people to look at."""

from __future__ import annotations

from fnmatch import fnmatch
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import InputError
from ..files import new_file
from ..results.schema import runs_as_formula
from ..sql import parquet_rows, single_value

if TYPE_CHECKING:
    from ..events.cards.card import DatasetCard
    from ..events.event_log import EventLog

SHOWN = 5
COLUMNS = ("file", "line", "reason", "text")


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


def refuse_in_log(path: Path, card: DatasetCard, folder: Path) -> None:
    """Raise an InputError where a file of this name would be read as a part of the log next time.

    Args:
        path: what is to be written.
        card: the log's.
        folder: of its files.
    """
    inside = path.resolve().parent == folder.resolve()
    if inside and any(fnmatch(path.name, Path(spec.pattern).name) for spec in card.files):
        what = "The card would take this for a file of the log."
        raise InputError(what, where=f"--rejects {path}", hint="Write it into another folder.")


def write_set_aside(log: EventLog, path: Path) -> int:
    """Write all rows set aside as CSV or Parquet, by the suffix; the file appears whole or not at all.

    In CSV, a text that a spreadsheet would run as a formula gets a leading apostrophe.

    Returns:
        How many rows.

    Raises:
        InputError: another suffix.
        OutputError: the file cannot be written.
    """
    import pyarrow
    import pyarrow.parquet as pq
    from pyarrow import csv

    if path.suffix not in (".csv", ".parquet"):
        raise InputError(
            f"'{path.suffix}' is no format of a table.", where=f"--rejects {path}", hint="Write .csv or .parquet."
        )
    table = pq.read_table(log.quarantine, columns=list(COLUMNS))
    with new_file(path) as partial:
        if path.suffix == ".parquet":
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
