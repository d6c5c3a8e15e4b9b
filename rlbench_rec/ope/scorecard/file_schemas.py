"""The columns of a folder of Parquet files, each of which may have others, or the same of another type."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ...errors import InputError
from .file_format import UNREADABLE, first_line

if TYPE_CHECKING:
    import pyarrow


def joined_schema(dataset: Any) -> pyarrow.Schema:
    """The columns of all files: first those of the first file, and of the folders' names. A column has the type that
    holds the values of every file: of whole numbers on one day and fractions on another, float64; of a day on which it
    was empty, that of the others. Where there is none (numbers and text), the first file's.

    Raises:
        InputError: a file that is not whole: names it.
    """
    import pyarrow

    fields = {field.name: field for field in dataset.schema}
    before = None
    for fragment in dataset.get_fragments():
        schema = physical_schema(fragment)
        if schema == before:
            continue
        before = schema
        for field in schema:
            fields[field.name] = _common(fields.get(field.name, field), field)
    return pyarrow.schema(list(fields.values()))


def check_in_every_file(dataset: Any, columns: Sequence[str]) -> None:
    """Refuse files that lack a column: its values would be missing there, without a word.

    Raises:
        InputError: names the first such file.
    """
    files = [(fragment.path, set(physical_schema(fragment).names)) for fragment in dataset.get_fragments()]
    # Those that come from the names of folders are in no file.
    inside = [name for name in columns if any(name in names for _, names in files)]
    for path, names in files:
        for name in inside:
            if name not in names:
                what = f"This file of the log has no column '{name}', which others have."
                hint = "Write the file anew, or take it out of the folder; none leaves an optional column out."
                raise InputError(what, where=path, hint=hint)


def physical_schema(fragment: Any) -> pyarrow.Schema:
    """The columns of one file.

    Raises:
        InputError: it is not whole: names it.
    """
    import pyarrow

    try:
        return fragment.physical_schema
    except (pyarrow.ArrowException, *UNREADABLE) as error:
        hint = f"{first_line(error)} Was it written to its end?"
        raise InputError("It cannot be read as Parquet.", where=fragment.path, hint=hint) from error


def _common(field: pyarrow.Field, other: pyarrow.Field) -> pyarrow.Field:
    import pyarrow

    if field.type == other.type:
        return field
    try:
        schemas = [pyarrow.schema([field]), pyarrow.schema([other])]
        return pyarrow.unify_schemas(schemas, promote_options="permissive").field(0)
    except pyarrow.ArrowException:
        return field
