"""Tables that studies write. Most add to theirs as they go: what is there is not made again, so a run that was stopped
goes on."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from rlbench_rec.files import write_text
from rlbench_rec.results.read import header_of
from rlbench_rec.results.schema import SCHEMA_VERSION

VERSION = "schema_version"


def made_already(path: Path, keys: Sequence[str]) -> set[tuple[str, ...]]:
    """The keys of the rows that a CSV has, as text; none where there is no such file."""
    if not path.exists():
        return set()
    known = pd.read_csv(path, dtype=str, keep_default_na=False)[list(keys)]
    return set(known.itertuples(index=False, name=None))


def read_rows(path: Path) -> pd.DataFrame:
    """The rows of a study's table without the version of its columns, which older ones lack."""
    return pd.read_csv(path).drop(columns=VERSION, errors="ignore")


def add_rows(path: Path, rows: pd.DataFrame, digits: int | None = None) -> None:
    """Append rows to a CSV; the first ones write the header.

    Args:
        path: the CSV; one without `schema_version` gets no such cells.
        rows: without it.
        digits: significant ones of numbers; None: all.
    """
    there = path.exists()
    if not there or header_of(path).startswith(f"{VERSION},"):
        rows = versioned(rows)
    rows.to_csv(path, mode="a", header=not there, index=False, float_format=_float_format(digits))


def write_frame(path: Path, rows: pd.DataFrame, digits: int | None = None) -> None:
    """A CSV of these rows, in place of what was there; see `add_rows`."""
    write_text(path, versioned(rows).to_csv(index=False, float_format=_float_format(digits), lineterminator="\n"))


def versioned(rows: pd.DataFrame) -> pd.DataFrame:
    """The rows with `schema_version` as their first column."""
    return rows.assign(**{VERSION: SCHEMA_VERSION})[[VERSION, *(name for name in rows if name != VERSION)]]


def _float_format(digits: int | None) -> str | None:
    return None if digits is None else f"%.{digits}g"
