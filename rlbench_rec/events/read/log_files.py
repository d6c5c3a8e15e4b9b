"""A log's files by shape: each part is read by one reader and typed by one rule."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from itertools import groupby
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from ...errors import InputError
from ..archives.compressed import plain_name
from ..cards.card import DatasetCard
from ..cards.find import LocatedCard
from ..cards.shape import FileSpec, raw_names
from ..dialects import DIALECTS
from ..dialects.named_columns import named
from ..dialects.rows import RawRows, all_names, folder_columns
from .partitions import partition_values
from .typed_rows import Staging, in_order, stage

if TYPE_CHECKING:
    import duckdb


@dataclass(frozen=True)
class FileGroup:
    """Files of one shape.

    Attributes:
        located: the card, as it is for these files.
        files: the files.
        first: the number of the first of them among all files of the log.
        file_names: for each file its columns.
        names: the columns of all files of the log that have this shape.
    """

    located: LocatedCard
    files: list[Path]
    first: int
    file_names: list[list[str]]
    names: list[str]

    def rows(self, connection: duckdb.DuckDBPyConnection) -> RawRows:
        """Their rows, to be read once."""
        card = self.located.card
        raw = DIALECTS[card.dialect].rows(connection, self.files, card, self.names)
        folders = folder_columns([partition_values(file, self.located.root) for file in self.files])
        return replace(raw, first=self.first, of_folders=folders)

    def stage(self, connection: duckdb.DuckDBPyConnection) -> tuple[RawRows, Staging]:
        """Their rows, and how to type them."""
        raw = self.rows(connection)
        return raw, stage(raw, self.located)

    def empty_columns(self) -> list[tuple[Path, str]]:
        """Files, and columns that the card names and only other files have: null in these files."""
        card = self.located.card
        return self.lacking([*named(card), *card.context])

    def one_file(self, number: int) -> FileGroup:
        """The file of that number among all files of the log, as a group of its own."""
        place = number - self.first
        return replace(self, files=[self.files[place]], first=number, file_names=[self.file_names[place]])

    def lacking(self, columns: Iterable[str]) -> list[tuple[Path, str]]:
        """Files, and those of some columns that only other files have."""
        elsewhere = [name for name in dict.fromkeys(columns) if name in self.names]
        pairs = zip(self.files, self.file_names, strict=True)
        return [(file, name) for file, own_names in pairs for name in elsewhere if name not in own_names]


def parts(located: LocatedCard, files: list[Path]) -> list[FileGroup]:
    """The files in groups of one shape, in the order of the card.

    Args:
        located: the card.
        files: the log's files, in the order of `in_card_order`.

    Raises:
        InputError: a file of which the card does not tell the shape, an empty one, or one without a column that every
            row needs and that other files have.
    """
    specs = _specs(located)
    if not specs:
        return [_group(located, files, 0)]
    made: list[FileGroup] = []
    for number, group in groupby(files, key=lambda file: _number(specs, file, located)):
        of_shape = replace(located, card=located.card.of_file(specs[number]))
        made.append(_group(of_shape, list(group), sum(len(part.files) for part in made)))
    return made


def _group(located: LocatedCard, files: list[Path], first: int) -> FileGroup:
    file_names = DIALECTS[located.card.dialect].names(files, located.card)
    group = FileGroup(located, files, first, file_names, all_names(file_names))
    for file, column in group.lacking(_needed(located.card)):
        have = ", ".join(file_names[files.index(file)][:20])
        hint = f"Other files of the log have it. The columns here are: {have}."
        raise InputError(f"There is no column '{column}'.", where=str(file), hint=hint)
    return group


def _needed(card: DatasetCard) -> list[str]:
    """The columns without which no row of a file could be kept, or taken for what it is."""
    columns = card.columns
    roles: list[str | list[str] | None] = [
        columns.timestamp,
        columns.order,
        columns.since_start,
        columns.item,
        columns.event,
        columns.propensity,
    ]
    if card.session == "given":
        roles.append(columns.session)
    if card.session == "gap":
        roles.append(columns.user)
    lists = [*card.lists.columns, *card.lists.chosen] if card.lists else []
    return [*(name for role in roles for name in raw_names(role)), *card.outcomes, *card.where, *lists]


def in_card_order(located: LocatedCard, files: Iterable[Path]) -> list[Path]:
    """Files in the order of the card's entries, and by name within one.

    Raises:
        InputError: a file of which the card does not tell the shape.
    """
    specs = _specs(located)
    return sorted(files, key=lambda file: (_number(specs, file, located) if specs else 0, file))


def absent(located: LocatedCard, files: list[Path]) -> list[str]:
    """The card's files of a shape of their own of which there is none: without them the log has holes."""
    specs = _specs(located)
    have = {_number(specs, file, located) for file in files} if specs else set()
    return [spec.pattern for number, spec in enumerate(specs) if number not in have]


def together(stagings: list[Staging]) -> Staging:
    """What the typed rows of all parts have in common: every column that one of them has.

    The SELECTs are those of the parts; this one's is empty.
    """
    names = in_order(name for staging in stagings for name in staging.columns)
    return replace(stagings[0], select="", columns=names)


def _specs(located: LocatedCard) -> list[FileSpec]:
    specs = located.card.files
    return specs if any(spec.has_own_shape for spec in specs) and not located.variant else []


def _number(specs: list[FileSpec], file: Path, located: LocatedCard) -> int:
    names = [file.name, plain_name(file)]
    for number, spec in enumerate(specs):
        if any(fnmatchcase(name, PurePosixPath(spec.pattern).name) for name in names):
            return number
    raise InputError(
        f"Which of the files of {located.card.id} is it?",
        where=str(file),
        hint=f"Give it a name like {' or '.join(spec.pattern for spec in specs)}.",
    )
