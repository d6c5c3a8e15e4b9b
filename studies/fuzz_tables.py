"""Is every table of logged decisions scored, or refused with a reason, whatever stands in it?

    python -m studies.fuzz_tables --seconds 600

Case n makes a small table with users, sessions, times and a model, spoils some of its columns (odd values, other types,
names that are taken, lists and structs), writes it as CSV or Parquet, spoils the bytes now and then, and reads and
scores it as `rlbench ope` does. What is scored must fit on a screen and into JSON.
"""

from __future__ import annotations

import gzip
import json
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from rlbench_rec.cli.render.scorecard import scorecard_text
from rlbench_rec.ope import scorecard
from studies.fuzzing import answered, campaign, spoil

ODD: tuple[Any, ...] = (
    *(None, float("nan"), float("inf"), -1.0, 0.0, 1.0, 1 + 1e-9, 1e-300, 1e200, 100.0, 2**53 + 1, -(2**63)),
    *("", "x", "NaN", "null", "1,5", "true", "\x1b[2J", "\x00", "2026-03-29T02:30:00+01:00", "9" * 400, "a" * 3_000),
)


def rows(rng: np.random.Generator) -> dict[str, list]:
    """Column -> values of forty decisions."""
    n = 40
    p = rng.choice([0.2, 0.5, 1.0], n)
    return {
        "reward": rng.choice([0.0, 1.0, 12.5], n).tolist(),
        "propensity": p.tolist(),
        "target_propensity": np.minimum(1, p * rng.choice([0.0, 0.5, 1.5], n)).tolist(),
        "user": (np.arange(n) // 4).tolist(),
        "episode": (np.arange(n) // 2).tolist(),
        "step": (np.arange(n) % 2).tolist(),
        "q_logged": rng.random(n).tolist(),
        "v_target": rng.random(n).tolist(),
        "orders": rng.integers(0, 2, n).tolist(),
        "day": [f"2026-01-{1 + i % 9:02d}" for i in range(n)],
    }


def spoil_columns(columns: dict[str, list], rng: np.random.Generator) -> dict[str, list]:
    """One thing wrong with a column, or with the set of them."""
    name = str(rng.choice(sorted(columns)))
    values = list(columns[name])
    way = rng.integers(9)
    if way == 0:
        return {key: column for key, column in columns.items() if key != name}
    if way == 1:
        renamed = str(rng.choice(["Reward", "reward ", "", "x\x1b[2J", "a,b", "action", "weight", "unsupported_mass"]))
        return {renamed if key == name else key: column for key, column in columns.items()}
    if way == 2:
        return columns | {name: [{"a": value, "b": [1]} for value in values]}
    if way == 3:
        return columns | {name: [[value] for value in values]}
    if way == 4:
        return columns | {name: [ODD[rng.integers(len(ODD))]] * len(values)}
    if way == 5:
        left = int(rng.integers(3))
        return {key: column[:left] for key, column in columns.items()}
    if way == 6:
        return columns | {name: [str(value) for value in values]}
    for _ in range(rng.integers(1, 4) if values else 0):
        values[rng.integers(len(values))] = ODD[rng.integers(len(ODD))]
    return columns | {name: values}


def write(columns: dict[str, list], folder: Path, rng: np.random.Generator) -> Path:
    """The table as a file of one of the kinds that are read."""
    if rng.integers(2):
        path = folder / "log.parquet"
        made = {}
        for name, values in columns.items():
            try:
                made[name] = pa.array(values)
            except (pa.ArrowException, OverflowError):
                made[name] = pa.array([None if value is None else str(value) for value in values])
        if rng.integers(4) == 0:
            name = str(rng.choice(sorted(made)))
            made[name] = made[name].dictionary_encode() if not pa.types.is_nested(made[name].type) else made[name]
        pq.write_table(pa.table(made), path)
        content = path.read_bytes()
    else:
        path = folder / "log.csv"
        separator = str(rng.choice([",", ";", "\t"]))
        lines = [separator.join(columns)] + [
            separator.join("" if value is None else str(value) for value in row)
            for row in zip(*columns.values(), strict=True)
        ]
        content = "\n".join(lines).encode("utf-8", "replace")
        content = gzip.compress(content) if not rng.integers(6) else content
    path.write_bytes(content if rng.integers(6) else spoil(content, rng))
    return path


def play(seed: int, number: int) -> str:
    """One case: the outcome of its decision, or the name of the error that says why not."""
    rng = np.random.default_rng((seed, number))
    columns = rows(rng)
    if rng.integers(2):
        columns = {name: values for name, values in columns.items() if name not in ("episode", "step")}
    for _ in range(rng.integers(3)):
        columns = spoil_columns(columns, rng)
    options = {"metrics": ["orders"]} if rng.integers(2) else {}
    options |= {"by": "day"} if rng.integers(2) else {}
    estimated = not rng.integers(4)
    if estimated:
        options |= {"features": ["orders"], "model": "logistic"}
        columns = columns | {"action": [i % 3 for i in range(len(next(iter(columns.values()))))]}
    interval = str(rng.choice(["normal", "bootstrap"]))
    with tempfile.TemporaryDirectory() as folder:
        path = write(columns, Path(folder), rng)
        return answered(lambda: _score(path, options, interval))


def _score(path: Path, options: dict[str, Any], interval: str) -> str:
    log = scorecard.read_log(path, **options)
    report = scorecard.score(log, interval=interval, n_resamples=100)
    advice = scorecard.advice(report)
    assert scorecard_text(report, advice)
    json.dumps(scorecard.record(report, advice), allow_nan=False)
    assert report.decision.exit_code in (0, 1, 3)
    return report.decision.outcome


if __name__ == "__main__":
    # What it imports, each process of the campaign then has.
    play(0, 0)
    sys.exit(campaign(play, __doc__))
