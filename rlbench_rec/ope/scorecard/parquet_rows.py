"""A Parquet file, or a folder of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ...errors import InputError
from .file_format import UNREADABLE, first_line, refuse_repeated
from .file_schemas import check_in_every_file, joined_schema

if TYPE_CHECKING:
    import pyarrow


class ParquetRows:
    """Rows of a Parquet file, or of a folder of them, whose `day=2025-03-01` subfolders are a column.

    Args:
        path: the file or folder.

    Attributes:
        schema: its columns, where they are known already; None: all its files are asked.
    """

    def __init__(self, path: Path):
        self.path = path
        self.schema: pyarrow.Schema | None = None

    @cached_property
    def names(self) -> list[str]:
        """Names of its columns."""
        return list(self.dataset.schema.names)

    @cached_property
    def nested(self) -> set[str]:
        """Columns that hold lists or structs."""
        import pyarrow

        return {field.name for field in self.dataset.schema if pyarrow.types.is_nested(field.type)}

    def read(self, columns: Sequence[str]) -> pyarrow.Table:
        """Some of its columns."""
        return self.dataset.to_table(columns=list(columns))

    def check_columns(self, columns: Sequence[str]) -> None:
        """See `check_in_every_file`."""
        check_in_every_file(self.dataset, columns)

    def why(self, error: Exception) -> str:
        """The first line of an error."""
        return first_line(error)

    def place(self, row: int) -> str:
        """The file of a row, where there are several, and its number there."""
        files = {fragment.path: fragment.count_rows() for fragment in self.dataset.get_fragments()}
        return place_in(self.path, files, row)

    @cached_property
    def dataset(self) -> Any:
        """Its files, with the columns of all of them."""
        from pyarrow import dataset as arrow_dataset

        found = self._files()
        self.schema = joined_schema(found) if self.schema is None else self.schema
        fragments = list(found.get_fragments())
        # `replace_schema` takes no other types.
        return arrow_dataset.FileSystemDataset(fragments, self.schema, found.format, found.filesystem)

    def _files(self) -> Any:
        import pyarrow
        from pyarrow import dataset as arrow_dataset

        self._refuse_other_files()
        try:
            plain = arrow_dataset.dataset(self.path, format="parquet")
            keys = self._partition_keys(plain.files) - set(plain.schema.names)
            if not keys:
                return plain
            # As text: a user '007' is not user 7.
            schema = pyarrow.schema([(key, pyarrow.string()) for key in sorted(keys)])
            by_key = arrow_dataset.partitioning(schema, flavor="hive")
            return arrow_dataset.dataset(self.path, format="parquet", partitioning=by_key)
        except (pyarrow.ArrowException, *UNREADABLE) as error:
            if "duplicate field" in str(error):
                self._refuse_repeated_names()
            raise InputError("It cannot be read as Parquet.", where=str(self.path), hint=first_line(error)) from error

    def _refuse_other_files(self) -> None:
        """A folder must hold Parquet files, and beside them none but hidden ones."""
        if not self.path.is_dir():
            return
        # A link that leads nowhere is a part that is missing, which Arrow passes over.
        files = [path for path in sorted(self.path.rglob("*")) if path.is_file() or not path.exists()]
        shown = [path for path in files if not any(part[0] in "._" for part in path.relative_to(self.path).parts)]
        hint = "Give one CSV file, or a folder of Parquet files."
        if not shown:
            raise InputError("The folder holds no file to read.", where=str(self.path), hint=hint)
        for path in shown:
            try:
                with path.open("rb") as stream:
                    is_parquet = stream.read(4) == b"PAR1"
            except OSError as error:
                raise InputError(f"It cannot be read ({first_line(error)}).", where=str(path)) from error
            if not is_parquet:
                raise InputError("This file of the folder is not Parquet.", where=str(path), hint=hint)

    def _refuse_repeated_names(self) -> None:
        """Name the first column of a Parquet file that is there twice, which Arrow does not."""
        from pyarrow import parquet

        for path in sorted(self.path.rglob("*.parquet")) if self.path.is_dir() else [self.path]:
            refuse_repeated(parquet.read_schema(path).names, str(self.path))

    def _partition_keys(self, files: list[str]) -> set[str]:
        """`day` of a folder that holds `day=2025-03-01/part-0.parquet`."""
        if not self.path.is_dir():
            return set()
        # The folder as it was given may have such a name too, but is not a partition of itself.
        inner = [Path(name).parts[len(self.path.parts) : -1] for name in files]
        return {part.partition("=")[0] for parts in inner for part in parts if "=" in part}


def place_in(path: Path, files: Mapping[str, int], row: int) -> str:
    """Where a row is: in a folder by its file.

    Args:
        path: the file or folder.
        files: its files, and how many rows each of them has.
        row: counted over all of them.
    """
    if not path.is_dir():
        return f"row {row} (the first is 0)"
    ends = np.cumsum(list(files.values()))
    number = int(np.searchsorted(ends, row, side="right"))
    file = Path(list(files)[number])
    name = file.relative_to(path) if file.is_relative_to(path) else file.name
    return f"{name}, row {row - int(ends[number - 1] if number else 0)} (the first is 0)"
