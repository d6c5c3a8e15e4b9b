"""The tables of a run made anew from its first ones, runs.csv above all."""

from __future__ import annotations

import csv
import tempfile
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from ..results.data_identity import DataHashes
from ..results.packed import SUFFIX, open_table, table_at
from ..results.read import read_table
from ..results.schema import (
    CURVES,
    ESTIMATES,
    FRONTIER,
    FRONTIER_KEYS,
    NEEDS_RL,
    NEEDS_RL_KEYS,
    RANKING,
    RANKING_KEYS,
    SCALE,
    SCALE_KEYS,
    Schema,
)
from ..suite.kinds import kind_of
from ..suite.plan import JobResult

if TYPE_CHECKING:
    from ..suite.config import Suite
    from ..suite.kinds.estimators.config import EstimatorSuite
    from .run_folder import RunFolder

CURVE_KEYS = ("run_id", "step")
FURTHER: tuple[tuple[str, str, Schema, tuple[str, ...]], ...] = (
    ("curve", "curves.csv", CURVES, CURVE_KEYS),
    ("frontier", "frontier.csv", FRONTIER, FRONTIER_KEYS),
    ("ranking", "ranking.csv", RANKING, RANKING_KEYS),
    ("needs_rl", "needs_rl_logs.csv", NEEDS_RL, NEEDS_RL_KEYS),
    ("scale", "scale.csv", SCALE, SCALE_KEYS),
)
"""Field of a job's result, its file, and how that is read. Rows of scale.csv are a shop's and name no job."""
FIRST = {"runs.csv", "estimates.csv", "timings.csv", *(file for _, file, _, _ in FURTHER)}
"""Tables that hold what jobs left; every other one is made of them."""


@dataclass(frozen=True)
class TableCheck:
    """One table, as printed and as made anew.

    Attributes:
        name: of the file.
        verdict: `same` cells in all columns that both have; `differs`; or `not checked`.
        why: the first difference, or why it was not checked.
    """

    name: str
    verdict: Literal["same", "differs", "not checked"]
    why: str = ""


def results_of(run: RunFolder) -> list[JobResult]:
    """What the jobs of a run left, from its first tables.

    Raises:
        InputError: one of them is damaged.
    """
    rows = run.rows.to_dict("records")
    if run.schema is ESTIMATES:
        return [JobResult("", [{str(name): cell for name, cell in row.items()} for row in rows])]
    results: dict[str, JobResult] = defaultdict(lambda: JobResult("", []))
    for row in rows:
        results[str(row["run_id"])].rows.append({str(name): cell for name, cell in row.items()})
    for field, file, schema, keys in FURTHER:
        if table_at(run.folder / file).is_file():
            for row in read_table(run.folder / file, schema, keys).to_dict("records"):
                getattr(results[str(row.get("run_id", ""))], field).append(
                    {str(name): cell for name, cell in row.items()}
                )
    for run_id, result in results.items():
        result.run_id = run_id
    return list(results.values())


def write_tables(suite: Suite | EstimatorSuite, results: list[JobResult], folder: Path) -> DataHashes:
    """All tables of a run, and its pictures; see the kind of the suite."""
    return kind_of(suite).write_tables(suite, results, folder)


def check_tables(run: RunFolder) -> list[TableCheck]:
    """Make every table of a folder anew that is made of others, and compare it with the one that is there, in the
    columns that both have: another schema version may have more."""
    with tempfile.TemporaryDirectory(prefix="rlbench-verify-") as scratch:
        write_tables(run.suite, results_of(run), Path(scratch))
        made = {path.name: path for path in Path(scratch).glob("*.csv") if path.name not in FIRST}
        there = {path.name.removesuffix(SUFFIX) for path in run.folder.glob("*.csv*")}
        names = sorted(name for name in there - FIRST if name.endswith(".csv"))
        return [_compare(run.folder / name, made.get(name)) for name in names]


def _compare(there: Path, made: Path | None) -> TableCheck:
    if made is None:
        return TableCheck(there.name, "not checked", "this version makes no such table of the others")
    old, new = _columns(there), _columns(made)
    for name in old.keys() & new.keys():
        if len(old[name]) != len(new[name]):
            return TableCheck(there.name, "differs", f"it has {len(old[name])} rows, made anew {len(new[name])}")
    # In the file's order, so that the same difference is told each time.
    for name in (name for name in old if name in new):
        line = next((i for i, pair in enumerate(zip(old[name], new[name], strict=True)) if pair[0] != pair[1]), None)
        if line is not None:
            was, now = old[name][line], new[name][line]
            return TableCheck(there.name, "differs", f"row {line + 1}: {name} is {was or 'empty'}, made anew {now}")
    return TableCheck(there.name, "same")


def _columns(path: Path) -> dict[str, list[Any]]:
    with open_table(path) as stream:
        header, *rows = csv.reader(stream)
    return {name: [row[i] for row in rows] for i, name in enumerate(header)}
