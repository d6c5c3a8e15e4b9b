"""One row of a leaderboard from its runs: mean, interval, and what may be said of it."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from ..statistics.paired import gains_over
from ..statistics.student import Error, iqm, student_quantile
from .schema import STATUSES, VERDICTS
from .uncertainty import covered

Units = dict[int, float]
"""Replicate -> what a policy earned in it, the mean over its logs and seeds."""


RUN_COLUMNS = (
    *("replicate", "log", "seed", "value", "ci_low", "ci_high", "estimator"),
    *("verdict", "identification", "base", "status", "higher_is_better"),
)
"""What is used of runs.csv."""


def board_row(key: dict[str, str], runs: Mapping[str, np.ndarray], confidence: float) -> dict[str, object]:
    """Columns of leaderboard.csv, and what tests need: `below` and `above`, the errors of the mean to either side;
    `units`, the value of each replicate; `numbers`, those of each run.

    The mean is over the largest units that vary: replicates, else logs, else seeds; what lies within one is averaged
    first. With U units of spread s the squared error is s^2 / U, of U - 1 degrees of freedom. Replicates and logs of
    their own have the sampling of the log and the error of rollouts in their spread; seeds share one log, whose error
    (h / 1.96)^2, h the runs' mean half-width, is added as known.

    Args:
        key: the columns that name the row.
        runs: `RUN_COLUMNS` of its runs, in the order of replicate, log and seed.
        confidence: level of the runs' intervals, and of the row's.
    """
    values = runs["value"].astype(float)
    unit = next((name for name in ("replicate", "log", "seed") if len(set(runs[name])) > 1), "seed")
    means = np.array(list(_means(runs, unit).values()))
    mean, spread = float(means.mean()), float(means.std(ddof=1)) if len(means) > 1 else np.nan
    between = Error(spread**2 / len(means), len(means) - 1) if len(means) > 1 else Error(0.0)
    below = above = between
    if unit == "seed":
        quantile = student_quantile((1 + confidence) / 2, np.inf)
        halves = values - runs["ci_low"].astype(float), runs["ci_high"].astype(float) - values
        below, above = (Error(float(half.mean() / quantile) ** 2) + between for half in halves)
    numbers = (runs[name].tolist() for name in ("replicate", "log", "seed", "value", "ci_low", "ci_high"))
    return key | {
        "n_seeds": len(values),
        "n_replicates": len(set(runs["replicate"])),
        "uncertainty": covered(runs),
        "useful": "",
        "mean": mean,
        "iqm": iqm(means) if np.isfinite(means).all() else np.nan,
        "ci_low": mean - below.half_width(confidence),
        "ci_high": mean + above.half_width(confidence),
        "std": spread,
        "verdict": _verdict(runs),
        "identification": runs["identification"][0],
        "base": runs["base"][0],
        "status": max(runs["status"], key=STATUSES.index),
        "higher_is_better": bool(runs["higher_is_better"][0]),
        "numbers": tuple(zip(*numbers, strict=True)),
        "units": _means(runs, "replicate"),
        "below": below,
        "above": above,
    }


def common_gains(ours: Units, theirs: Units) -> np.ndarray:
    """(n,) what one row earned more than another, in the replicates that both have."""
    both = sorted({*ours} & {*theirs})
    return gains_over(*(np.array([units[number] for number in both], dtype=float) for units in (ours, theirs)))


def _means(runs: Mapping[str, np.ndarray], unit: str) -> Units:
    """Unit -> the mean of its runs; not defined where one of them is not."""
    units, codes = np.unique(runs[unit].astype(int), return_inverse=True)
    means = np.bincount(codes, runs["value"].astype(float)) / np.bincount(codes)
    return dict(zip(units.tolist(), means.tolist(), strict=True))


def _verdict(runs: Mapping[str, np.ndarray]) -> str:
    """The worst of the runs; of imitation metrics never `trusted`, which older files may hold."""
    verdicts = [*runs["verdict"], *(["weak"] if (runs["identification"] == "imitation").any() else [])]
    return max(verdicts, key=VERDICTS.index)
