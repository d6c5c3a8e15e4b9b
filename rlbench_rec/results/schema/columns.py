"""What a table's columns may hold, and the words of their cells."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from typing import Any, Literal

SCHEMA_VERSION = 5
READABLE_VERSIONS = (2, 3, 4, 5)
"""Version 2 had no column `q`, version 3 none of `base`, `steps_used` and `overestimation`, version 4 neither
`replicate` nor `log`."""
Kind = Literal["text", "number", "whole", "truth"]
Schema = dict[str, tuple[Kind, str]]
"""Column -> kind and meaning. Text may be empty; numbers may be, where they are not defined."""
TableRow = Mapping[Hashable, Any]
"""Column -> cell, as pandas gives the rows of a table."""
STATUSES = ("ok", "diverging")
"""Of runs that have numbers; others are `failed:` and the reason."""
VERDICTS = ("trusted", "weak", "unreliable")
"""Best first."""
IDENTIFICATIONS = ("identified", "estimated", "not-identified", "imitation")
ADDED = {
    "q": "",
    "base": "",
    "steps_used": "",
    "overestimation": "",
    "replicate": "0",
    "log": "0",
    "n_replicates": "1",
    "uncertainty": "",
    "useful": "",
    "cpu_seconds": "",
    "clipped": "",
    "stratum": "",
    "upper_bound": "",
    "bound": "",
    "method_version": "1",
}
"""Columns that files of an older version lack -> what is read in their place."""
SINCE = {"q": 3, "base": 4, "steps_used": 4, "overestimation": 4} | {
    name: 5 for name in ADDED if name not in ("q", "base", "steps_used", "overestimation")
}
"""Column of `ADDED` -> the version that it came with."""

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""A spreadsheet set up for East Asia reads the wide forms too."""


def version_of(header: Iterable[str], schema: Schema) -> int:
    """The schema version of a table, by the columns that it has: the newest but for what it lacks.

    Args:
        header: names of its columns.
        schema: of today's table.
    """
    lacking = [SINCE[name] - 1 for name in schema if name in SINCE and name not in set(header)]
    return min([SCHEMA_VERSION, *lacking])


def runs_as_formula(text: str) -> bool:
    """Whether a spreadsheet would run a cell of this text, or would once leading apostrophes are taken off."""
    return text.lstrip("'").startswith(FORMULA_STARTS)
