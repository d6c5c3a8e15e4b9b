"""How much of what intervals of lifts miss is the truths' own error? The same policies, played far longer and in pairs.

    python -m studies.lift_truths runs/commerce --out results/studies/lift_truths.csv      # resumable
    python -m studies.lift_truths runs/commerce --out results/studies/lift_truths.csv --table

Reads a folder that `rlbench run` left, with its models; trains nothing. A row a frontier whose lift is `trusted` and
whose policy is not the behaviour policy itself (controls of a frontier left out): the board's true lift, whose ends
were each played to its suite's `truth_error`, and one from users that the board never saw. Users and random numbers of
the two policies are the same, and batches are added until the standard error of their mean difference is at most a
quarter of the interval's. Rows that the file has are not made again.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

import numpy as np
import pandas as pd

from rlbench_rec import tasks
from rlbench_rec.results.packed import table_at
from rlbench_rec.results.read import load_runs
from rlbench_rec.results.row_names import FRONTIER_FORM, is_lift
from rlbench_rec.tasks.base import Task
from rlbench_rec.tasks.rollout import USERS
from rlbench_rec.tasks.true_values import returns
from rlbench_rec.training.stored_frontier import stored_step
from studies.resumable import add_rows, made_already, read_rows

KEY = ["run_id"]
SEED, MOST_BATCHES = 20_261_130, 64
SHARE = 0.25
"""The standard error of a true lift, as a share of that of its estimate: a true interval of 95 % holds it in 94.3 %."""
QUANTILE = 1.96


def lifts_of(runs: pd.DataFrame) -> pd.DataFrame:
    """Rows of the lifts that are asked."""
    kept = runs["estimator"].map(is_lift).astype(bool) & (runs["verdict"] == "trusted")
    kept &= runs["variant"].str.endswith(f"/{FRONTIER_FORM}") & (runs["ci_low"] < runs["ci_high"])
    return runs[kept]


@lru_cache(maxsize=MOST_BATCHES)
def _behaviour(task: Task, batch: int) -> np.ndarray:
    return returns(task, task.behaviour, USERS, SEED, batch, task.gamma)[:, 0]


def true_lift(task: Task, folder: Path, error: float) -> tuple[float, float, int]:
    """Value, standard error and batches of the lift of a run's stored frontier.

    Args:
        task: the shop.
        folder: of the saved run.
        error: standard error to reach.
    """
    run, step = stored_step(folder)
    given = {"temperature": step.temperature} if step.dial == "tilted" else step.form.arguments
    policy = run.policy(step.form.name, base=task.behaviour, checkpoint=step.checkpoint, **given)
    gains = np.empty(0)
    for batch in range(MOST_BATCHES):
        played = returns(task, policy, USERS, SEED, batch, task.gamma)[:, 0]
        gains = np.append(gains, played - _behaviour(task, batch))
        reached = float(gains.std(ddof=1)) / len(gains) ** 0.5
        if reached <= error:
            break
    return float(gains.mean()), reached, batch + 1


def rows(folder: Path, known: set[tuple[str, ...]]) -> Iterator[dict[str, object]]:
    """A row a lift that is not known yet, shop by shop."""
    asked = lifts_of(load_runs(folder / "runs.csv"))
    for (name, shop), lifts in asked.groupby(["task", "replicate"]):
        task = tasks.make(str(name), seed=int(shop), variant="judge")
        for lift in lifts.itertuples():
            if (lift.run_id,) in known:
                continue
            began = time.process_time()
            error = SHARE * (lift.ci_high - lift.ci_low) / (2 * QUANTILE)
            value, reached, batches = true_lift(task, folder / "models" / lift.run_id, error)
            yield {
                "run_id": lift.run_id,
                "task": name,
                "shop": shop,
                "policy": f"{lift.algorithm}/{lift.variant}",
                "estimate": lift.value,
                "low": lift.ci_low,
                "high": lift.ci_high,
                "board_truth": lift.true_value,
                "truth": value,
                "truth_error": reached,
                "users": batches * USERS,
                "cpu_seconds": time.process_time() - began,
            }


def by_task(found: pd.DataFrame) -> pd.DataFrame:
    """Shares of intervals that hold the board's truth and the long one, and how far the two truths lie apart in the
    median, in standard errors of the estimate."""
    standard_error = (found["high"] - found["low"]) / (2 * QUANTILE)
    shown = pd.DataFrame(
        {
            "task": found["task"],
            "lifts": found["run_id"],
            "logs": found["shop"],
            "holds board": (found["low"] <= found["board_truth"]) & (found["board_truth"] <= found["high"]),
            "holds long": (found["low"] <= found["truth"]) & (found["truth"] <= found["high"]),
            "moved": (found["board_truth"] - found["truth"]).abs() / standard_error,
        }
    )
    how = {"lifts": "size", "logs": "nunique", "holds board": "mean", "holds long": "mean", "moved": "median"}
    return pd.concat([shown.groupby("task").agg(how), shown.assign(task="all").groupby("task").agg(how)])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--out", type=Path, required=True, help="CSV; rows that it has are kept")
    parser.add_argument("--table", action="store_true", help="print what the file says")
    options = parser.parse_args()
    if not options.table:
        for row in rows(options.folder, made_already(options.out, KEY)):
            add_rows(options.out, pd.DataFrame([row]), digits=6)
            print(f"{row['run_id']}: {row['truth']:.4g} +- {row['truth_error']:.2g}", flush=True)
    print(by_task(read_rows(table_at(options.out))).round(3).to_string())


if __name__ == "__main__":
    main()
