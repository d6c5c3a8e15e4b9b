"""What the board of estimators says: errors, choices, coverage and the gate, over shops and strata.

    python -m studies.ope_conclusions results/ope --out results/studies/ope_conclusions.csv

Reads a folder that `rlbench run ope` left; estimates nothing. A row is one figure of one group of places (`easy`,
`real`, or one of the other strata), length of the log and group of policies:

- `error`: the median over places of the root mean squared error, as a share of the behaviour policy's value, in how
  many places the estimator has the smallest, and in how many a smaller one than the other of a pair;
- `choice`: the median and the mean over places of rank correlation and of regret@1;
- `gate`: of the pairs of a log and a policy, how many SNIPS calls what, from how many logs, with its median error;
- `coverage`: how often intervals of 95 % hold the truth, by verdict. Limits resample logs, of which each gives up to
  nine policies: they cover other logs of these places, and not other places. Logs of one seed in two strata of a task
  share users and random numbers, so they count as one.

Where a stratum hides a part of the state, a policy that does not look at it has the weights, and the SNIPS, that it has
in the easy shop: such copies are left out of the gate and of coverage.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from functools import partial
from itertools import chain
from pathlib import Path

import numpy as np
import pandas as pd

from rlbench_rec.audit.run_folder import read_run_folder
from rlbench_rec.results.read import read_table
from rlbench_rec.results.schema import ESTIMATOR_KEYS, ESTIMATORS
from studies.figures import Row, figure
from studies.resumable import write_frame

WHERE = ("group", "policies", "n_episodes", "estimator", "other", "verdict")
FIELDS = ("question", "quantity", *WHERE, "value", "low", "high", "n")
EASY = "easy"
LOG = ["shop", "n_episodes", "log_seed"]
PAIRS = (("snips", "ips"), ("sndr", "dr"), ("sndr", "snips"), ("dm", "sndr"))
ALL_SIZES = "all"
RESAMPLES = 2_000
row = partial(figure, FIELDS)


def with_groups(table: pd.DataFrame) -> pd.DataFrame:
    """The rows with their shop and, as `group`, its stratum: `recommend-v1/real` is `recommend-v1` and `real`."""
    parts = table["task"].str.partition("/")
    return table.assign(shop=parts[0], group=parts[2].replace("", EASY))


def without_copies(estimates: pd.DataFrame) -> pd.DataFrame:
    """Without the pairs of a log and a policy whose SNIPS is that of another stratum, number for number; the easy
    shop's stay."""
    pair = [*LOG, "policy"]
    snips = estimates[(estimates["estimator"] == "snips") & estimates["value"].notna()]
    in_order = snips.sort_values("group", key=lambda groups: groups != EASY, kind="stable")
    copies = in_order[in_order.duplicated([*pair, "value", "true_value"])]
    keys = [*pair, "group"]
    return estimates[~estimates.set_index(keys).index.isin(copies.set_index(keys).index)]


def errors(scores: pd.DataFrame) -> Iterator[Row]:
    """Medians over places, and wins."""
    for key, found in scores.groupby(["group", "policies", "n_episodes"]):
        shared = dict(zip(("group", "policies", "n_episodes"), key, strict=True))
        by_place = found.pivot_table(index="task", columns="estimator", values="rmse")
        least = by_place.idxmin(axis=1)
        for estimator, values in by_place.items():
            about = shared | {"estimator": estimator, "n": len(by_place)}
            low, median, high = values.quantile([0.0, 0.5, 1.0])
            yield row("error", "rmse", median, low=low, high=high, **about)
            yield row("error", "smallest in", float((least == estimator).sum()), **about)
        for one, other in PAIRS:
            ahead = float((by_place[one] < by_place[other]).sum())
            yield row("error", "smaller in", ahead, estimator=one, other=other, n=len(by_place), **shared)


def choices(scores: pd.DataFrame) -> Iterator[Row]:
    """Medians and means over places."""
    for key, found in scores.groupby(["group", "policies", "n_episodes", "estimator"]):
        about = dict(zip(("group", "policies", "n_episodes", "estimator"), key, strict=True)) | {"n": len(found)}
        for quantity in ("rank_correlation", "regret_at_1"):
            yield row("choice", f"median {quantity}", float(found[quantity].median()), **about)
            yield row("choice", f"mean {quantity}", float(found[quantity].mean()), **about)


def gate(estimates: pd.DataFrame) -> Iterator[Row]:
    """Verdicts of SNIPS."""
    rows = estimates[estimates["estimator"] == "snips"]
    error = ((rows["value"] - rows["true_value"]) / rows["behaviour_value"]).abs()
    for group, size, found in _by_group_and_size(rows.assign(error=error)):
        for verdict, of_verdict in found.groupby("verdict"):
            about = {"group": group, "n_episodes": size, "estimator": "snips", "verdict": verdict, "n": len(found)}
            yield row("gate", "pairs", float(len(of_verdict)), **about)
            yield row("gate", "logs", float(of_verdict.groupby(LOG).ngroups), **about)
            yield row("gate", "median error", float(of_verdict["error"].median()), **about)


def coverage(estimates: pd.DataFrame) -> Iterator[Row]:
    """Shares of intervals that hold the truth, and limits that resample logs; an interval that is not defined does
    not."""
    held = (estimates["ci_low"] <= estimates["true_value"]) & (estimates["true_value"] <= estimates["ci_high"])
    for group, size, found in _by_group_and_size(estimates.assign(held=held)):
        verdicts = chain([("", found)], found.groupby("verdict"))
        for verdict, of_verdict in verdicts:
            for estimator, rows in of_verdict.groupby("estimator"):
                low, high = _limits(rows)
                about = {"group": group, "n_episodes": size, "estimator": estimator, "verdict": verdict, "n": len(rows)}
                yield row("coverage", "holds the truth", float(rows["held"].mean()), low=low, high=high, **about)


def _by_group_and_size(rows: pd.DataFrame) -> Iterator[tuple[str, object, pd.DataFrame]]:
    """Every group, and all together; by size and over all sizes."""
    groups = chain([("all", rows)], rows.groupby("group"))
    for group, found in groups:
        yield str(group), ALL_SIZES, found
        for size, of_size in found.groupby("n_episodes"):
            yield str(group), size, of_size


def _limits(rows: pd.DataFrame) -> tuple[float, float]:
    """2.5 % left out on either side, over resampled logs."""
    logs = rows.groupby(LOG)["held"].agg(["sum", "size"]).to_numpy(float)
    drawn = np.random.default_rng(0).integers(len(logs), size=(RESAMPLES, len(logs)))
    held, count = logs[drawn].sum(axis=1).T
    low, high = np.quantile(held / count, [0.025, 0.975])
    return float(low), float(high)


def conclusions(folder: Path) -> pd.DataFrame:
    """All figures of a folder."""
    scores = read_table(folder / "estimators.csv", ESTIMATORS, ESTIMATOR_KEYS)
    estimates = read_run_folder(folder).rows
    scores, estimates = with_groups(scores), without_copies(with_groups(estimates))
    rows = [*errors(scores), *choices(scores), *gate(estimates), *coverage(estimates)]
    return pd.DataFrame(rows, columns=list(FIELDS))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    table = conclusions(options.folder)
    write_frame(options.out, table, digits=6)
    print(f"{options.out}: {len(table)} figures")


if __name__ == "__main__":
    main()
