"""Decisions with what they earned: the table that `rlbench ope` reads."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

from ..arguments import path_of
from ..errors import InputError, MissingFileError
from ..files import new_file
from .decision_log import DECISIONS, FEEDBACK, decision_schema, feedback_schema
from .part_files import LOCKS, recover

if TYPE_CHECKING:
    import pyarrow

REWARD = "reward"


def join_feedback(folder: str | Path, out: str | Path, *, window: float | None = None, now: float | None = None) -> int:
    """Write the decisions of a log with a column for each outcome, `reward` among them; 0 where there was none.

    Args:
        folder: of a `DecisionLog`. What a process that goes on has not made a part of yet is left for the next time;
            what one that was killed has left behind is taken in.
        out: Parquet file to write; one that is there is replaced.
        window: seconds that a decision has to earn something. Later feedback is left out, and so are decisions that
            have not had so long, so that all are alike. None: everything counts.
        now: seconds since 1970; None: the present.

    Returns:
        How many decisions were written.

    Raises:
        MissingFileError: no decisions there.
        InputError: none that is old enough.
        OutputError: it cannot be written, or what a process left behind cannot.
    """
    import pyarrow.parquet

    folder, out = path_of(folder, "folder"), path_of(out, "out")
    if LOCKS:
        recover(folder, DECISIONS, decision_schema())
        recover(folder, FEEDBACK, feedback_schema())
    table = _parts(folder / DECISIONS)
    if window is not None:
        limit = 1000 * ((time.time() if now is None else now) - window)
        table = table.filter(pyarrow.compute.less_equal(table["timestamp"], limit))
    if not len(table):
        raise InputError("No decision is old enough.", where=str(folder), hint="Wait, or give a shorter window.")
    earned = _outcomes(folder / FEEDBACK, table, window)
    for name in sorted(set(earned["outcome"].to_pylist()) | {REWARD}):
        if name in table.column_names:
            raise InputError("A column of decisions has this name.", where=f"outcome {name}", hint="Rename it.")
        table = table.append_column(name, _column(table, earned, name))
    if not pyarrow.compute.any(pyarrow.compute.is_valid(table["user"])).as_py():
        table = table.drop_columns(["user"])
    with new_file(out) as partial:
        pyarrow.parquet.write_table(table.sort_by("timestamp"), partial)
    return len(table)


def _parts(folder: Path) -> pyarrow.Table:
    from pyarrow import dataset

    files = sorted(map(str, folder.glob("part-*.parquet")))
    if not files:
        raise MissingFileError("There is no part here.", where=str(folder), hint="Close what serves the policy.")
    return dataset.dataset(files, format="parquet").to_table()


def _outcomes(folder: Path, decisions: pyarrow.Table, window: float | None) -> pyarrow.Table:
    """(decision_id, outcome, value_sum), each delivery once."""
    import pyarrow as pa
    import pyarrow.compute as pc

    try:
        table = _parts(folder)
    except MissingFileError:
        table = feedback_schema().empty_table()
    keys = ["feedback_id", "decision_id", "outcome"]
    table = table.group_by(keys).aggregate([("timestamp", "min"), ("value", "min")])
    times = decisions.select(["decision_id", "timestamp"])
    table = table.join(times, "decision_id", join_type="inner")
    if window is not None:
        latest = pc.add(table["timestamp"], pa.scalar(int(1000 * window)))
        table = table.filter(pc.less_equal(table["timestamp_min"], latest))
    return table.group_by(["decision_id", "outcome"]).aggregate([("value_min", "sum")])


def _column(decisions: pyarrow.Table, earned: pyarrow.Table, name: str) -> pyarrow.Array:
    """(n,) what each decision earned."""
    import pyarrow.compute as pc

    mine = earned.filter(pc.equal(earned["outcome"], name))
    place = pc.index_in(decisions["decision_id"], value_set=mine["decision_id"].combine_chunks())
    return pc.fill_null(mine["value_min_sum"].combine_chunks().take(place.combine_chunks()), 0.0)
