"""Tables to which a study adds as it goes: what is there is not made again, so a run that was stopped goes on."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pandas as pd


def made_already(path: Path, keys: Sequence[str]) -> set[tuple[str, ...]]:
    """The keys of the rows that a CSV has, as text; none where there is no such file."""
    if not path.exists():
        return set()
    known = pd.read_csv(path, dtype=str, keep_default_na=False)[list(keys)]
    return set(known.itertuples(index=False, name=None))


def add_rows(path: Path, rows: pd.DataFrame, digits: int) -> None:
    """Append rows to a CSV, numbers to so many significant digits; the first ones write the header."""
    rows.to_csv(path, mode="a", header=not path.exists(), index=False, float_format=f"%.{digits}g")
