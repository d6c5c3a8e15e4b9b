"""What a log alone chooses of a search over settings, and what the true values choose.

    python -m studies.search_choices results/tuning/commerce --out results/studies/search_choices.csv

A row for each algorithm and task of a search in shops: the true value of the trial with the defaults, of the one that
the estimate chose and of the one that the truth chose, as lifts over the behaviour policy in per cent of its value, and
the verdict on what the estimate chose. All are of the shop that was searched in: the choice of the truth is the largest
of its trials by construction, and the luckiest.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path

import pandas as pd

from rlbench_rec import tasks
from rlbench_rec.results.read import read_table
from rlbench_rec.results.schema import TRIALS
from rlbench_rec.suite.tuned import Chosen, read_chosen
from studies.resumable import write_frame

TRUTH_ERROR, TRUTH_SEED = 0.002, 1_000_003
NOT_SEARCHED = ("constant", "mode")
"""Floors, whose estimates are hardly ever trusted."""


def behaviour_value(task_id: str) -> float:
    """The true value of the behaviour policy in the shop that a search looks at."""
    task = tasks.make(task_id, variant="train")
    return task.true_value(task.behaviour, relative_error=TRUTH_ERROR, seed=TRUTH_SEED).value


def lifts(chosen: list[Chosen], trials: pd.DataFrame, values: dict[str, float]) -> Iterator[dict[str, object]]:
    """A row for each search that came to both choices.

    Args:
        chosen: of chosen.toml.
        trials: rows of trials.csv.
        values: task -> value of the behaviour policy.
    """
    first = trials[trials["trial"] == 0].set_index(["source", "algorithm"])["truth"]
    for search in chosen:
        if search.by_estimate is None or search.by_truth is None:
            continue
        row: dict[str, object] = {"algorithm": search.algorithm, "task": search.source, "trials": search.trials}
        base = values[search.source]
        truths = {
            "defaults": first.get((search.source, search.algorithm)),
            "by_estimate": search.by_estimate.truth,
            "by_truth": search.by_truth.truth,
        }
        row |= {name: None if value is None else 100 * (value / base - 1) for name, value in truths.items()}
        yield row | {"form": search.by_estimate.form, "verdict": search.by_estimate.verdict}


def summary(table: pd.DataFrame) -> pd.DataFrame:
    """Each algorithm over tasks: the median lift of each choice, and in how many tasks it is below the behaviour
    policy."""
    choices = ["defaults", "by_estimate", "by_truth"]
    by_algorithm = table.groupby("algorithm")[choices]
    below = by_algorithm.agg(lambda lift: int((lift < 0).sum())).add_suffix(": below")
    return by_algorithm.median().round(1).join(below)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    chosen = read_chosen(options.folder)
    trials = read_table(options.folder / "trials.csv", TRIALS, ("source", "algorithm", "trial"))
    values = {task: behaviour_value(task) for task in sorted({search.source for search in chosen})}
    table = pd.DataFrame(lifts(chosen, trials, values))
    write_frame(options.out, table, digits=6)
    print(summary(table[~table["algorithm"].isin(NOT_SEARCHED)]).to_string())


if __name__ == "__main__":
    main()
