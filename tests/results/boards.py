"""Handmade boards of several tasks and replicates."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

from rlbench_rec.results.schema import RUNS

FLOOR = {
    "behaviour": "logged",
    "constant": "fixed",
    "popular-greedy": "fixed",
    "mode": "mlp/greedy",
    "myopic": "mlp/greedy",
}


def board_of(values: Mapping[tuple[str, str], Mapping[str, Sequence[float]]], **cells: object) -> pd.DataFrame:
    """Rows of runs.csv on the normalised true value: a run of each replicate.

    Args:
        values: (algorithm, variant) -> task -> value of each replicate; None where the run failed.
        cells: of every row.
    """
    rows = [
        dict.fromkeys(RUNS, "")
        | {"schema_version": 5, "task": task, "algorithm": algorithm, "variant": variant, "policy": variant}
        | {"seed": replicate, "replicate": replicate, "log": 0, "metric": "normalised", "higher_is_better": True}
        | {"estimator": "truth", "value": value, "ci_low": value - 1.0, "ci_high": value + 1.0, "verdict": "trusted"}
        | {"identification": "identified", "status": "ok"}
        | cells
        for (algorithm, variant), by_task in values.items()
        for task, of in by_task.items()
        for replicate, value in enumerate(of)
        if value is not None
    ]
    return pd.DataFrame(rows, columns=list(RUNS))


def floor_of(by_task: Mapping[str, Sequence[float]]) -> dict[tuple[str, str], Mapping[str, Sequence[float]]]:
    """The whole floor, each with these values; the behaviour policy has 0."""
    rows = {*FLOOR.items(), ("myopic", "mlp/frontier")}
    zero = {task: [0.0] * len(values) for task, values in by_task.items()}
    return {row: zero if row[0] == "behaviour" else by_task for row in sorted(rows)}
