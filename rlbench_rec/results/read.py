"""Reading a table that should have the columns of a schema, from a file or a frame."""

from __future__ import annotations

import csv
import zlib
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np

from ..arguments import path_of
from ..bad_rows import refuse_rows
from ..errors import InputError, MissingFileError
from .packed import open_table
from .schema import (
    IDENTIFICATIONS,
    KEYS,
    LEADERBOARD,
    READABLE_VERSIONS,
    RUN_KEYS,
    RUNS,
    STATUSES,
    VERDICTS,
    Kind,
    Schema,
    added,
    runs_as_formula,
)

if TYPE_CHECKING:
    import pandas as pd

LARGEST = 2**63
_NUMBERS: dict[Kind, Literal["float64", "Int64", "bool"]] = {"number": "float64", "whole": "Int64", "truth": "bool"}
"""Kind -> dtype of a column of a table."""


def load_runs(path: str | Path) -> pd.DataFrame:
    """runs.csv, or runs.csv.gz where that is what there is, validated; see `read_table`."""
    path = path_of(path, "path")
    frame = _by_line(path, RUNS, RUN_KEYS)
    ok = frame["status"].isin(STATUSES)
    failed = frame["status"].str.startswith("failed")
    _refuse(~(ok | failed), frame["status"], "ok, diverging, or failed: and the reason", path)
    # A run that failed has neither.
    for name, words in (("verdict", VERDICTS), ("identification", IDENTIFICATIONS)):
        _refuse(ok & ~frame[name].isin(words), frame[name], " or ".join(words), path)
    return frame.reset_index(drop=True)


def load_leaderboard(path: str | Path) -> pd.DataFrame:
    """leaderboard.csv, validated; see `read_table`."""
    path = path_of(path, "path")
    frame = _by_line(path, LEADERBOARD, KEYS)
    _refuse(~frame["verdict"].isin(VERDICTS), frame["verdict"], " or ".join(VERDICTS), path)
    # Older files do not say.
    _refuse(~frame["status"].isin(("", *STATUSES)), frame["status"], " or ".join(STATUSES), path)
    return frame.reset_index(drop=True)


def read_table(path: Path, schema: Schema, keys: tuple[str, ...]) -> pd.DataFrame:
    """A CSV with the columns of a schema, in any order; further columns are ignored.

    Raises:
        MissingFileError: no such file.
        InputError: an empty file, a missing column, a line of another length, a cell of the wrong kind (with its line),
            or two rows of one key.
    """
    return _by_line(path, schema, keys).reset_index(drop=True)


def check_frame(frame: pd.DataFrame, schema: Schema, keys: tuple[str, ...], *, where: str) -> pd.DataFrame:
    """The columns of a schema out of a frame, of the dtypes that a file's would have; missing text is empty text.

    Args:
        frame: what holds them, beside others.
        schema: which they are.
        keys: the columns that tell rows apart.
        where: the frame's name in messages.

    Raises:
        InputError: a missing column, cells of another kind, or two rows of one key.
    """
    import pandas as pd

    frame = frame.assign(**{name: _filled(frame, name, text) for name, text in added(schema).items()})
    _refuse_missing(schema, list(frame.columns), where)
    checked = pd.DataFrame(index=pd.RangeIndex(len(frame)))
    for name, (kind, _) in schema.items():
        column = frame[name].reset_index(drop=True)
        if kind == "text":
            checked[name] = column.astype(object).where(column.notna(), "").infer_objects()
            continue
        try:
            checked[name] = pd.to_numeric(column).astype(_NUMBERS[kind])
        except (TypeError, ValueError) as error:
            wanted = {"whole": "whole numbers", "truth": "True or False"}.get(kind, "numbers")
            raise InputError(f"The column '{name}' does not hold {wanted}.", where=where) from error
        if kind == "number" and np.isinf(checked[name].to_numpy()).any():
            raise InputError(f"The column '{name}' does not hold finite numbers.", where=where)
    again = checked.duplicated(list(keys))
    what = "The row repeats the key of an earlier one."
    refuse_rows(again.to_numpy(), lambda row, _: InputError(what, where=f"{where}: row {row}"))
    return checked


def _filled(frame: pd.DataFrame, name: str, text: str) -> pd.Series | str:
    """A column that older tables lack, with what is read in its place where it is empty."""
    if name not in frame:
        return text
    return frame[name].where(frame[name].notna(), text) if text else frame[name]


def _refuse_missing(schema: Schema, columns: list[str], where: str) -> None:
    missing = [name for name in schema if name not in columns]
    if missing:
        hint = "Is it a table that `rlbench run` wrote?"
        raise InputError(f"Columns are missing: {', '.join(missing)}.", where=where, hint=hint)


def _by_line(path: Path, schema: Schema, keys: tuple[str, ...]) -> pd.DataFrame:
    import pandas as pd

    header, lines, rows = _cells(path)
    if "schema_version" in header:
        # Before the columns: those that a file of another version lacks are not its fault.
        _check_version(path, [row[header.index("schema_version")] for row in rows])
    absent = {name: text for name, text in added(schema).items() if name not in header}
    header, rows = [*header, *absent], [[*row, *absent.values()] for row in rows]
    _refuse_missing(schema, header, str(path))
    # Indexed by line, so that every message can say where.
    raw = pd.DataFrame(rows, columns=header, index=lines, dtype=object)
    frame = pd.DataFrame({name: _typed(raw[name], kind, path) for name, (kind, _) in schema.items()}, index=lines)
    again = frame.duplicated(list(keys))
    what, columns = "The row repeats the key of an earlier one.", ", ".join(keys)
    refuse_rows(again.to_numpy(), lambda row, _: InputError(what, where=f"{path}:{lines[row]}: {columns}"))
    return frame


def _check_version(path: Path, written: list[str]) -> None:
    # Spreadsheets may save 2 as 2.0.
    readable = {f"{version}{end}" for version in READABLE_VERSIONS for end in ("", ".0")}
    other = next((text for text in written if text not in readable), None)
    if other is not None:
        known = f"{', '.join(map(str, READABLE_VERSIONS[:-1]))} and {READABLE_VERSIONS[-1]}"
        what = f"schema_version is {other or 'empty'}; this version of rlbench-rec reads {known}."
        raise InputError(what, where=str(path), hint="Run the suite again, or read it with the version that wrote it.")


def header_of(path: Path) -> str:
    """The first line of a table, as far as it can be read; which table it is.

    Raises:
        MissingFileError: no such file.
        InputError: it cannot be read.
    """
    try:
        with open_table(path, errors="replace") as stream:
            return stream.readline()
    except FileNotFoundError as error:
        raise MissingFileError("There is no such file.", where=str(path)) from error
    except (OSError, EOFError, zlib.error) as error:
        raise InputError(f"The file cannot be read ({_reason(error)}).", where=str(path)) from error


def _reason(error: Exception) -> object:
    return getattr(error, "strerror", None) or error


def _cells(path: Path) -> tuple[list[str], list[int], list[list[str]]]:
    """Header, line of each row, and cells. pandas would fill lines that end early, and we would not know."""
    try:
        with open_table(path) as stream:
            reader = csv.reader(stream, strict=True)
            numbered = [(reader.line_num, row) for row in reader if row]
    except FileNotFoundError as error:
        raise MissingFileError("There is no such file.", where=str(path)) from error
    except OSError as error:
        raise InputError(f"The file cannot be read ({_reason(error)}).", where=str(path)) from error
    except (csv.Error, UnicodeDecodeError, EOFError, zlib.error) as error:
        raise InputError(f"Not a CSV table ({error}).", where=str(path)) from error
    if not numbered:
        raise InputError("The file is empty.", where=str(path))
    header = numbered[0][1]
    twice = {name for name in header if header.count(name) > 1}
    if twice:
        raise InputError(f"Columns occur twice: {', '.join(sorted(twice))}.", where=str(path))
    for line, row in numbered[1:]:
        if len(row) != len(header):
            raise InputError(f"The line has {len(row)} cells, the header {len(header)}.", where=f"{path}:{line}")
    return header, [line for line, _ in numbered[1:]], [row for _, row in numbered[1:]]


def _typed(column: pd.Series, kind: Kind, path: Path) -> pd.Series:
    import pandas as pd

    if kind == "text":
        return column.map(lambda text: text[1:] if text[:1] == "'" and runs_as_formula(text) else text)
    if kind == "truth":
        # Spreadsheets save True as TRUE.
        values = column.str.lower().map({"true": True, "false": False})
        _refuse(values.isna(), column, "True or False", path)
        return values.astype(bool)
    numbers = pd.to_numeric(column.where(column != "", None), errors="coerce")
    _refuse(numbers.isna() & (column != ""), column, "a number", path)
    _refuse(numbers.astype(float).abs() == np.inf, column, "a finite number", path)
    if kind == "number":
        # Python's own reading is exact; that of pandas 2 may be off by the last bit.
        return column.where(column != "", "nan").map(float).astype(float)
    _refuse(numbers.notna() & (numbers % 1 != 0), column, "a whole number", path)
    _refuse(numbers.abs() >= LARGEST, column, "a whole number below 2^63", path)
    return numbers.astype("Int64")


def _refuse(bad: pd.Series, column: pd.Series, wanted: str, path: Path) -> None:
    def refusal(row: int, _: int) -> InputError:
        line, text = column.index[row], column.iloc[row]
        return InputError(f"{text!r} is not {wanted}.", where=f"{path}:{line}: column '{column.name}'")

    refuse_rows(bad.to_numpy(dtype=bool), refusal)
