"""Processor time and memory of `rlbench ope` on tables larger than memory, by their number of rows.

    python -m studies.large_table big --rows 1000000 10000000 100000000 --out results/studies/large_table.csv

Makes the table of each size in the folder, measures, and removes it. A row that the output has already is not measured
again. Each measurement is a process of its own, since the largest memory a process ever held can be asked once only.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from studies.resumable import add_rows, made_already

OF_PART = 1_000_000
KINDS = {
    "rows": {"user": "none", "episode": "none", "decision": "none"},
    "users": {"episode": "none", "decision": "none"},
    "sessions": {},
}
"""Columns that are left out: rows stand by themselves, users have some ten rows each, or users have sessions of some
three steps and decisions have ids."""
LOGGING, TARGET = np.array([0.5, 0.3, 0.2]), np.array([0.4, 0.35, 0.25])


def write_part(folder: Path, number: int, rows: int, total: int, ids: bool) -> None:
    """One file of a shop's log, with clicks on 4 to 6 % of decisions."""
    rng = np.random.default_rng([11, number])
    # How far either policy is from an equal choice changes from row to row, so that no two probabilities are the same.
    apart = rng.random(rows)
    drawn = np.where(rng.random(rows) < apart, rng.choice(3, rows, p=LOGGING), rng.integers(0, 3, rows))
    user = rng.integers(0, max(total // 10, 1), rows)
    columns = {
        "reward": (rng.random(rows) < np.array([0.04, 0.05, 0.06])[drawn]).astype(np.float64),
        "propensity": apart * LOGGING[drawn] + (1.0 - apart) / 3.0,
        "target_propensity": apart * TARGET[drawn] + (1.0 - apart) / 3.0,
        "user": user,
    }
    if ids:
        row = number * OF_PART + np.arange(rows)
        columns |= {"episode": 4 * user + rng.integers(0, 3, rows), "step": row, "decision_id": row}
    pq.write_table(pa.table(columns), folder / f"part-{number:05}.parquet")


def make(folder: Path, rows: int, ids: bool) -> None:
    """The table: files of a million rows."""
    folder.mkdir(parents=True)
    for number, first in enumerate(range(0, rows, OF_PART)):
        write_part(folder, number, min(OF_PART, rows - first), rows, ids)


def measure(folder: Path, kind: str, way: str) -> dict[str, float]:
    """What the command does, in this process."""
    from rlbench_rec.machine import peak_memory_mb
    from rlbench_rec.ope.scorecard import read_log, score, score_streamed

    columns, wall = KINDS[kind], time.perf_counter()
    if way == "whole":
        report = score(read_log(folder, columns), interval="normal")
    else:
        report = score_streamed(folder, columns, scratch=folder.with_name("scratch"))
    value = report.reward.scores[0].value
    return {
        "processor_seconds": round(time.process_time(), 2),
        "wall_seconds": round(time.perf_counter() - wall, 1),
        "peak_mb": round(peak_memory_mb() or np.nan),
        "value": value.value,
        "std_error": value.std_error,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--rows", type=int, nargs="*", default=[1_000_000, 10_000_000])
    parser.add_argument("--kinds", nargs="*", default=list(KINDS))
    parser.add_argument("--ways", nargs="*", default=["parts"])
    parser.add_argument("--out", type=Path, default=Path("large_table.csv"))
    parser.add_argument("--measure", nargs=2, metavar=("KIND", "WAY"), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.measure:
        print(json.dumps(measure(arguments.folder, *arguments.measure)))
        return
    for rows in arguments.rows:
        for kind in arguments.kinds:
            each(arguments.folder, rows, kind, arguments.ways, arguments.out)


def each(folder: Path, rows: int, kind: str, ways: list[str], out: Path) -> None:
    """Measure one table in every way that is not measured yet."""
    done = made_already(out, ("rows", "kind", "way"))
    if not (missing := [way for way in ways if (str(rows), kind, way) not in done]):
        return
    table = folder / f"table-{rows}-{kind}"
    shutil.rmtree(table, ignore_errors=True)
    try:
        make(table, rows, kind == "sessions")
        size = sum(path.stat().st_size for path in table.iterdir()) / 2**20
        for way in missing:
            command = [sys.executable, "-m", "studies.large_table", str(table), "--measure", kind, way]
            figures = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
            row = {"rows": rows, "kind": kind, "way": way, "table_mb": round(size), **figures}
            add_rows(out, pd.DataFrame([row]))
            print(row, flush=True)
    finally:
        shutil.rmtree(table, ignore_errors=True)


if __name__ == "__main__":
    main()
