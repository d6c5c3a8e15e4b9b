"""What a dialect gives: numbered rows of text fields."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from ...errors import InputError
from ...sql import quote_text

if TYPE_CHECKING:
    import duckdb

    from ..cards.card import DatasetCard
    from ..read.record_stream import RecordStream

ABSENT = "CAST(NULL AS VARCHAR)"
"""SQL of a column that a file lacks."""


@dataclass(frozen=True)
class Dialect:
    """A form of files.

    Attributes:
        names: (files, card) -> for each file its columns, in its order and in the card's spelling.
        rows: (connection, files, card, names) -> the rows of files, with the columns `names`: those of every file of
            the log, of which one may lack some or have them in another order.
    """

    names: Callable[[list[Path], DatasetCard], list[list[str]]]
    rows: Callable[[duckdb.DuckDBPyConnection, list[Path], DatasetCard, list[str]], RawRows]


NOT_DECODED = "\ufffd"
"""What stands in a text for bytes that are not of the card's encoding."""
OTHER_ENCODING = 'The file is in another encoding: name it in the card, such as encoding = "gbk" or "cp1252".'
RENAME = "Give the columns names of your own, in their order: names = [...] in the card."


@dataclass(frozen=True)
class RawRows:
    """Rows of raw files inside DuckDB.

    Attributes:
        relation: SQL to select from; has `file` (number), `line` (from 1), `text` (the raw row, for quarantine) and
            `fields` (VARCHAR[]), and can be read once.
        names: raw column names, in the order of `fields`.
        where: the file to name in messages about columns.
        stream: where the rows come from, if not from a file that DuckDB itself reads.
        place: the columns of `relation` that say where a row stands, in their order.
        first: the number of the first file among all files of the log.
        of_folders: further columns, which the names of folders hold: name -> SQL of the text.
        lists: (array, key) -> SQL of the texts of that key in the elements of an array, where files have lists of their
            own; "" is an element itself.
    """

    relation: str
    names: list[str]
    where: str
    stream: RecordStream | None = None
    place: tuple[str, ...] = ("file", "line")
    first: int = 0
    of_folders: dict[str, str] = field(default_factory=dict)
    lists: dict[tuple[str, str], str] = field(default_factory=dict)

    @property
    def well_formed(self) -> str:
        """SQL condition: the row has the right number of fields."""
        return f"coalesce(len(fields) = {len(self.names)}, false)"

    def column(self, name: str) -> str:
        """SQL expression of a raw column's text; NULL where the row is too short.

        Raises:
            InputError: the files have no such column, or two of that name.
        """
        if name not in self.names and name in self.of_folders:
            return self.of_folders[name]
        if name not in self.names:
            have = ", ".join(self.names[:20]) + (", …" if len(self.names) > 20 else "")
            question = "Is there a header, and do the card and its delimiter match the file?"
            hint = f"The columns are: {have}. {OTHER_ENCODING if NOT_DECODED in have else question}"
            raise InputError(f"There is no column '{name}'.", where=self.where, hint=hint)
        if self.names.count(name) > 1:
            raise InputError(f"The column '{name}' occurs twice.", where=self.where, hint=RENAME)
        return f"fields[{self.names.index(name) + 1}]"


def all_names(names: list[list[str]]) -> list[str]:
    """The columns of all files, those of the first first; a name that one of them has twice stands there twice."""
    if all(file_names == names[0] for file_names in names):
        return names[0]
    once = dict.fromkeys(name for file_names in names for name in file_names)
    twice = [name for name in once if any(file_names.count(name) > 1 for file_names in names)]
    return [*once, *twice]


def reordered(fields: str, file_names: list[list[str]], names: list[str]) -> str:
    """SQL of `fields` in the order of `names`, where files have their columns in orders of their own.

    Args:
        fields: SQL of a row's fields, as they stand in its file.
        file_names: for each file its columns.
        names: the columns of all files.
    """
    orders: dict[tuple[str, ...], list[int]] = {}
    for number, own_names in enumerate(file_names):
        orders.setdefault(tuple(own_names), []).append(number)
    if list(orders) == [tuple(names)]:
        return fields
    whens = []
    for order, numbers in orders.items():
        columns = [f"{fields}[{order.index(name) + 1}]" if name in order else ABSENT for name in names]
        # A row with too few or too many fields has none at all, so that it stays malformed.
        own_fields = f"CASE WHEN len({fields}) = {len(order)} THEN [{', '.join(columns)}] END"
        whens.append(f"WHEN file IN ({', '.join(map(str, numbers))}) THEN {own_fields}")
    return f"CASE {' '.join(whens)} END"


def folder_columns(folders: list[dict[str, str]]) -> dict[str, str]:
    """SQL of the text of each column that folders hold, from the folders' values for each file."""
    names = dict.fromkeys(name for values in folders for name in values)
    return {name: f"[{', '.join(_literal(values.get(name)) for values in folders)}][file + 1]" for name in names}


def _literal(value: str | None) -> str:
    return ABSENT if value is None else quote_text(value)
