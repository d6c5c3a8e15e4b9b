"""What a dialect gives: numbered rows, and how to get at their columns."""

from __future__ import annotations

from dataclasses import dataclass

from ...errors import InputError


@dataclass(frozen=True)
class RawRows:
    """Rows of raw files inside DuckDB.

    Attributes:
        relation: SQL to select from; has `file` (number), `line` (from 1) and `text` (the raw row, for quarantine).
        columns: raw column name -> SQL expression of its VARCHAR value.
        well_formed: SQL condition: the row has the right number of fields.
        where: the file to name in messages about columns.
    """

    relation: str
    columns: dict[str, str]
    well_formed: str
    where: str

    def column(self, name: str) -> str:
        """SQL expression of a raw column.

        Raises:
            InputError: the files have no such column.
        """
        if name not in self.columns:
            have = ", ".join(list(self.columns)[:20])
            raise InputError(f"There is no column '{name}'.", where=self.where, hint=f"The columns are: {have}.")
        return self.columns[name]


def quote_name(name: str) -> str:
    """A SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def quote_text(text: str) -> str:
    """A SQL string literal."""
    return "'" + text.replace("'", "''") + "'"
