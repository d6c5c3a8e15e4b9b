"""runs.csv -> leaderboard.csv."""

from __future__ import annotations

import string
from collections.abc import Hashable

import numpy as np
import pandas as pd

from ..statistics.hypotheses import holm
from ..statistics.student import Error, iqm, student_quantile
from ..tolerances import ROUNDING
from .schema import KEYS, LEADERBOARD, STATUSES, VERDICTS, TableRow
from .uncertainty import TRUTH, covered, replicates_named

BEHAVIOUR = "behaviour"
ON_POLICY = "on-policy"
REFERENCE = "reference"
"""The best policy that is known in a shop: 100 on the normalised scale."""
BEST = "best"
"""Part of the variant of rows on the best checkpoint."""
RANKED = "ranking"
"""Estimator of imitation metrics: the rank of what was logged, not an off-policy estimate."""
LIFT = "-lift"
"""How estimators of lifts end: V(target) - V(behaviour), which compares with no value."""
DIVERGING = "diverging"
"""Status of runs whose Q is far above what the log earned."""
BOARD = ("dataset", "task", "metric", "estimator", "q")
"""Rows that compete."""
NAMES = (*KEYS, "base")
"""Columns of text that may be empty."""


def is_lift(estimator: str) -> bool:
    """Whether a row holds a difference from the behaviour policy, in place of a value."""
    return estimator.endswith(LIFT)


def leaderboard(runs: pd.DataFrame, *, confidence: float = 0.95) -> pd.DataFrame:
    """One row per (dataset, task, algorithm, variant, metric, estimator, q), over seeds.

    Interval of the mean: each run's own interval is about the same log, so its mean half-width h does not shrink with
    seeds; the spread s over S seeds does. With the squared errors (h / 1.96)^2, taken as known, and s^2 / S, of S - 1
    degrees of freedom, the half-width is t sqrt((h / 1.96)^2 + s^2 / S), t having Satterthwaite's degrees: near 1.96
    where the log is the larger doubt, near t_{S-1} where the seeds are. h is taken for each side apart. Ends may lie
    outside a metric's range (a negative click rate): they are not cut, since that would hide how little is known.
    What the runs' own errors do not share is counted in both h and s, so the interval errs on the wide side.

    Against the behaviour policy (its row by the same estimator, else its on-policy mean): p and probability are
    Student's, from the sides of both intervals that face each other (Zou and Donner 2008), as for independent
    estimates. That is careful where both rest on the same log, where their errors partly cancel.

    Only rows that may be ranked get p and probability, and are counted in Holm's adjustment: an `unreliable` interval,
    the row's or the behaviour policy's, does not allow a test, and a `not-identified` value is not the policy's. One
    policy is one hypothesis: where the best checkpoint is the last one, with the same numbers for every seed, both rows
    have the p of one. The `reference` has none: it is an end of the scale, not a contender.

    A lift is a difference from the behaviour policy already, so it is held against 0, on a board of its own. Rows of
    `diverging` runs are ranked by their truth alone: with more steps the policy behind an estimate is another one.

    Ranked within a board by mean. Tie group `a` holds the best row and every row whose interval overlaps its own; the
    best of the rest opens `b`, and so on. Intervals overlap until the gap is up to 1.4 times what a test of one
    difference asks for: the price of the leader having been picked as the best of many.

    Args:
        runs: rows of runs.csv.
        confidence: level of the runs' intervals, and of the leaderboard's.
    """
    # pandas reads empty names as NaN, and groupby drops rows of NaN without a word.
    ok = runs[runs["status"].isin(STATUSES)].astype(dict.fromkeys(NAMES, object)).fillna(dict.fromkeys(NAMES, ""))
    ok = replicates_named(ok)
    groups = ok.groupby(list(KEYS), sort=True)
    rows = [_row(dict(zip(KEYS, key, strict=True)), group, confidence) for key, group in groups]
    if not rows:
        return pd.DataFrame(columns=list(LEADERBOARD))
    board = pd.DataFrame(rows)
    board["better"] = board["higher_is_better"].map({True: 1.0, False: -1.0}) * board["mean"]
    board["eligible"] = (
        (board["verdict"] != "unreliable")
        & (board["identification"] != "not-identified")
        & board["mean"].notna()
        & ((board["status"] != DIVERGING) | (board["estimator"] == TRUTH))
    )
    boards = [_ranked(_against_behaviour(group, board)) for _, group in board.groupby(list(BOARD), sort=True)]
    return pd.concat(boards, ignore_index=True)[list(LEADERBOARD)]


def _row(key: dict[str, Hashable], group: pd.DataFrame, confidence: float) -> dict[str, object]:
    values = group["value"].to_numpy(float)
    seeds = len(values)
    mean = float(values.mean())
    spread = float(values.std(ddof=1)) if seeds > 1 else np.nan
    between = Error(spread**2 / seeds, seeds - 1) if seeds > 1 else Error(0.0)
    quantile = student_quantile((1 + confidence) / 2, np.inf)
    halves = values - group["ci_low"].to_numpy(float), group["ci_high"].to_numpy(float) - values
    below, above = (Error(float(half.mean() / quantile) ** 2) + between for half in halves)
    return key | {
        "n_seeds": seeds,
        "n_replicates": len(set(group["replicate"])),
        "uncertainty": covered(group),
        "useful": "",
        "mean": mean,
        "iqm": iqm(values) if np.isfinite(values).all() else np.nan,
        "ci_low": mean - below.half_width(confidence),
        "ci_high": mean + above.half_width(confidence),
        "std": spread,
        "verdict": _verdict(group),
        "identification": group["identification"].iloc[0],
        "base": group["base"].iloc[0],
        "status": max(group["status"], key=STATUSES.index),
        "higher_is_better": bool(group["higher_is_better"].iloc[0]),
        "numbers": tuple(group[["seed", "value", "ci_low", "ci_high"]].sort_values("seed").itertuples(index=False)),
        "below": below,
        "above": above,
    }


def _verdict(group: pd.DataFrame) -> str:
    """The worst of the runs; of imitation metrics never `trusted`, which older files may hold."""
    verdicts = [*group["verdict"], *(["weak"] if (group["identification"] == "imitation").any() else [])]
    return max(verdicts, key=VERDICTS.index)


def _against_behaviour(group: pd.DataFrame, board: pd.DataFrame) -> pd.DataFrame:
    reference = _reference(group.iloc[0], board)
    rows = [_difference(row, reference) for row in group.to_dict("records")]
    columns = ["delta_vs_behaviour", "p_adjusted", "prob_improvement"]
    group = group.assign(**dict(zip(columns, np.array(rows, dtype=float).T, strict=True)))
    return group.assign(p_adjusted=_adjusted(group))


def _adjusted(group: pd.DataFrame) -> np.ndarray:
    """Holm's adjustment over the policies of a board that are tested, each counted once."""
    p = group["p_adjusted"].where(group["algorithm"] != REFERENCE).to_numpy(float)
    forms = group["variant"].map(lambda variant: tuple(part for part in variant.split("/") if part != BEST))
    places: dict[tuple[object, ...], int] = {}
    policies = zip(group["algorithm"], forms, group["numbers"], strict=True)
    first = [places.setdefault(policy, place) for place, policy in enumerate(policies)]
    once = np.where(np.array(first) == np.arange(len(p)), p, np.nan)
    return holm(once)[first]


def _reference(row: pd.Series, board: pd.DataFrame) -> pd.Series | None:
    """The behaviour policy's row for this board: by the same estimator, else its mean on its own log; of lifts, 0."""
    if row["estimator"] == RANKED:
        return None
    if is_lift(row["estimator"]):
        return pd.Series({"mean": 0.0, "below": Error(0.0), "above": Error(0.0), "verdict": VERDICTS[0]})
    same = np.logical_and.reduce([board[name] == row[name] for name in ("dataset", "task", "metric")])
    candidates = board[same & (board["algorithm"] == BEHAVIOUR)]
    for estimator in (row["estimator"], ON_POLICY):
        by_estimator = candidates[candidates["estimator"] == estimator]
        if len(by_estimator):
            return by_estimator.iloc[0]
    return None


def _difference(row: TableRow, reference: pd.Series | None) -> tuple[float, float, float]:
    """Delta, two-sided p and probability of being better."""
    if reference is None or row["algorithm"] == BEHAVIOUR:
        return np.nan, np.nan, np.nan
    delta = row["mean"] - reference["mean"]
    if abs(delta) <= ROUNDING * max(abs(row["mean"]), abs(reference["mean"])):
        delta = 0.0
    if not row["eligible"] or reference["verdict"] == "unreliable":
        return delta, np.nan, np.nan
    error = row["below"] + reference["above"] if delta > 0 else row["above"] + reference["below"]
    gain = delta if row["higher_is_better"] else -delta
    return delta, 2 * error.tail(abs(delta)), error.tail(-gain)


def _ranked(group: pd.DataFrame) -> pd.DataFrame:
    # Unranked rows follow, by value too; names settle ties, so that the order is always the same.
    group = group.sort_values(
        ["eligible", "better", "algorithm", "variant"], ascending=[False, False, True, True], na_position="last"
    )
    ranked = int(group["eligible"].sum())
    places = group["better"].where(group["eligible"]).rank(method="min", ascending=False)
    return group.assign(
        rank=places.astype("Int64"), tie_group=_tie_groups(group.head(ranked)) + [""] * (len(group) - ranked)
    )


def _tie_groups(rows: pd.DataFrame) -> list[str]:
    low, high = rows["ci_low"].to_numpy(float), rows["ci_high"].to_numpy(float)
    # Two values of no spread that differ in the last digit are a tie.
    rounding = ROUNDING * float(np.nanmax(np.abs(rows["mean"].to_numpy(float)), initial=0.0))
    groups = [""] * len(rows)
    for number in range(len(rows)):
        waiting = [i for i, group in enumerate(groups) if not group]
        if not waiting:
            break
        leader = waiting[0]
        for i in waiting:
            # A row without an interval cannot be told from any.
            if not (high[i] < low[leader] - rounding or low[i] > high[leader] + rounding):
                groups[i] = _letters(number)
    return groups


def _letters(number: int) -> str:
    """0 -> a, 25 -> z, 26 -> aa."""
    text = ""
    number += 1
    while number:
        number, digit = divmod(number - 1, 26)
        text = string.ascii_lowercase[digit] + text
    return text
