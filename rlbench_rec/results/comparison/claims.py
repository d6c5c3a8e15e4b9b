"""Policies that are useful in a task on one side alone."""

from __future__ import annotations

from collections.abc import Sequence

from ..packed import table_at
from ..read import read_table
from ..schema import USEFUL, USEFUL_KEYS
from ..useful import usefulness
from .selection import select
from .sides import Side

FILE = "useful.csv"


def useful_changes(old: Side, new: Side, only: Sequence[str] = ()) -> tuple[tuple[str, str, str, str, str], ...]:
    """(task, algorithm, variant, old answer, new answer), where useful.csv lies beside both tables and answers differ.

    Args:
        old, new: the sides.
        only: of the rows that are compared; answers about others are left out.
    """
    before, after = _answers(old), _answers(new)
    rows = new.rows[list(("dataset", "task", "algorithm", "variant", "metric", "estimator", "q"))]
    chosen = rows[select(rows, only)] if only else rows
    meant = set(zip(chosen["task"], chosen["algorithm"], chosen["variant"], strict=True))
    return tuple(
        (*policy, before[policy], after[policy])
        for policy in sorted(before.keys() & after.keys() & meant)
        if before[policy] != after[policy]
    )


def _answers(side: Side) -> dict[tuple[str, str, str], str]:
    if side.file is None:
        return {}
    file = table_at(side.file.with_name(FILE))
    return usefulness(read_table(file, USEFUL, USEFUL_KEYS)) if file.is_file() else {}
