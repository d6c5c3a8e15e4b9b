"""What a dialect gives: numbered rows of text fields."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ...errors import InputError
from ..read.numbered_lines import LineStream


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
    """

    relation: str
    names: list[str]
    where: str
    stream: LineStream | None = None
    place: tuple[str, ...] = ("file", "line")

    @property
    def well_formed(self) -> str:
        """SQL condition: the row has the right number of fields."""
        return f"coalesce(len(fields) = {len(self.names)}, false)"

    def column(self, name: str) -> str:
        """SQL expression of a raw column's text; NULL where the row is too short.

        Raises:
            InputError: the files have no such column, or two of that name.
        """
        if name not in self.names:
            have = ", ".join(self.names[:20]) + (", …" if len(self.names) > 20 else "")
            hint = f"The columns are: {have}. Is there a header, and do the card and its delimiter match the file?"
            raise InputError(f"There is no column '{name}'.", where=self.where, hint=hint)
        if self.names.count(name) > 1:
            raise InputError(f"The column '{name}' occurs twice.", where=self.where, hint="Rename one of them.")
        return f"fields[{self.names.index(name) + 1}]"


def same_names(files: list[Path], names: list[list[str]]) -> list[str]:
    """The column names that all files share.

    Raises:
        InputError: files that differ.
    """
    for file, file_names in zip(files, names, strict=True):
        if file_names != names[0]:
            raise InputError(
                f"Its columns differ from those of {files[0].name}.", where=str(file), hint="Load them one by one."
            )
    return names[0]
