"""A table with rows for each judge shop, made shop by shop: a run that is stopped goes on where it was."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pandas as pd
import torch

from rlbench_rec.results.write import write_rows
from studies.resumable import read_rows

from .shops import TASKS


def measured(
    description: str,
    seeds: list[int],
    out: str,
    measure: Callable[[str, int], list[dict[str, Any]]],
    tasks: Sequence[str] = TASKS,
) -> pd.DataFrame:
    """The whole table, once the shops that it lacks are measured; reads the command line.

    Args:
        description: of the study, for `--help`.
        seeds: of the shops, unless `--seeds` says otherwise.
        out: the table, unless `--out` does.
        measure: (task, seed) -> rows with `task` and `shop`.
        tasks: unless `--tasks` says otherwise.
    """
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--seeds", type=int, nargs="+", default=seeds)
    parser.add_argument("--tasks", nargs="+", default=list(tasks))
    parser.add_argument("--out", type=Path, default=Path(out))
    options = parser.parse_args()
    torch.set_num_threads(1)
    rows = read_rows(options.out).to_dict("records") if options.out.exists() else []
    done = {(row["task"], row["shop"]) for row in rows}
    for seed in options.seeds:
        for task_id in options.tasks:
            if (task_id, seed) not in done:
                rows += measure(task_id, seed)
                write_rows(options.out, rows, list(rows[0]))
    # Read again: a column of numbers that are not defined everywhere holds texts until then.
    return read_rows(options.out)
