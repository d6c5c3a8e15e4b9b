"""Published figures beside ours: results/published/*.csv -> a table that says where they agree."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from ..arguments import path_of
from ..bad_rows import refuse_rows
from ..errors import InputError
from .read import read_table
from .schema import AGAINST_PUBLISHED, PUBLISHED, PUBLISHED_KEYS

if TYPE_CHECKING:
    import pandas as pd

    from .schema import TableRow

RELATIONS = ("equal", "at most", "at least")
STANDARD_ERRORS = 3.0
"""How many of the difference still count as agreement."""
Figure = tuple[float, float | None]
"""A value of ours and its standard error; None: exact, or not known."""


def load_published(path: str | Path) -> pd.DataFrame:
    """A file of published figures, validated; see `read_table`.

    Raises:
        MissingFileError, InputError: no such file, or not such a table.
    """
    path = path_of(path, "path")
    figures = read_table(path, PUBLISHED, PUBLISHED_KEYS)
    unknown = ~figures["relation"].isin(RELATIONS)
    what = f"A relation is one of {', '.join(RELATIONS)}."
    refuse_rows(unknown.to_numpy(), lambda row, _: InputError(what, where=f"{path}: {figures['name'].iloc[row]}"))
    return figures


def against_published(published: pd.DataFrame, ours: Mapping[str, Figure], suite: str) -> pd.DataFrame:
    """One row a published figure, with ours beside it.

    With e the standard errors and d = ours - published, `equal` agrees where

        |d| <= 3 sqrt(e_published^2 + e_ours^2) + rounding,

    `at most` where d <= 3 e_ours and `at least` where d >= -3 e_ours. A figure without a stated noise is not judged.

    Args:
        published: rows of a file of results/published/.
        ours: name -> value and standard error.
        suite: the file's name.
    """
    import pandas as pd

    rows = [_beside(row, ours.get(str(row["name"]))) | {"suite": suite} for row in published.to_dict("records")]
    return pd.DataFrame(rows, columns=list(AGAINST_PUBLISHED))


def disagreements(table: pd.DataFrame) -> list[str]:
    """One line for each figure of ours that is further off than the noise allows."""
    return [
        f"{row['suite']}/{row['name']}: ours is {row['ours']:.6g}, published {row['relation']} {row['published']:.6g}; "
        f"{row['allowed']:.2g} is allowed."
        for row in table[table["agrees"] == "no"].to_dict("records")
    ]


def _beside(row: TableRow, figure: Figure | None) -> dict[str, object]:
    told = {name: row[name] for name in ("name", "metric", "relation", "not_comparable", "source")}
    told |= {"published": row["value"], "agrees": ""}
    if figure is None or not math.isfinite(figure[0]):
        return told
    value, error = figure[0], figure[1] or 0.0
    difference = value - row["value"]
    beside = told | {"ours": value, "ours_error": figure[1], "difference": difference}
    if row["relation"] == "equal" and math.isnan(row["std_error"]):
        return beside
    rounding = 0.0 if math.isnan(row["rounding"]) else row["rounding"]
    known = row["std_error"] if row["relation"] == "equal" else 0.0
    allowed = STANDARD_ERRORS * math.hypot(known, error) + rounding
    distance = {"equal": abs(difference), "at most": difference, "at least": -difference}[row["relation"]]
    return beside | {"allowed": allowed, "agrees": "yes" if distance <= allowed else "no"}
