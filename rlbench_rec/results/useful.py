"""useful.csv: which policies beat the whole floor of a task, and by how much."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from ..statistics.paired import LEVEL, paired_gain
from .row_names import REFERENCE, floor_lacks, is_floor
from .schema import USEFUL
from .scores import Policy

YES, NO = "yes", "no"
NAMES = ["task", "algorithm", "variant"]


def useful_table(truths: pd.DataFrame) -> pd.DataFrame:
    """Rows of useful.csv: each policy of a task against each of its floor, paired over the replicates that both have. A
    policy that lacks a replicate, as one does whose training failed there, beats nobody: the others may be the easy
    ones.

    Args:
        truths: `scores.truths`.
    """
    rows = [
        {"task": task, "algorithm": algorithm, "variant": variant, "metric": metric}
        | {"opponent": opponent, "opponent_variant": opponent_variant}
        | _against(gains, complete)
        for (task, metric), of_task in truths.groupby(["task", "metric"], sort=True)
        for (algorithm, variant), (opponent, opponent_variant), gains, complete in _pairs(of_task)
    ]
    return pd.DataFrame(rows, columns=list(USEFUL))


def usefulness(table: pd.DataFrame) -> dict[tuple[str, str, str], str]:
    """(task, algorithm, variant) -> `yes` where the policy beats every opponent of the task, else `no`. Empty where the
    board has one replicate, or lacks a part of the floor: then nothing was asked.

    Each test is at 5 %, and so is their intersection: a policy that is no better than some opponent passes that test in
    5 % of boards at most, whatever the others say (Berger 1982).

    Args:
        table: rows of useful.csv.
    """
    asked = [*zip(table["opponent"], table["opponent_variant"], strict=True)]
    if floor_lacks(asked) or not (table["n_replicates"] > 1).any():
        return {}
    by_policy = table.groupby(NAMES)["beats"].all().reset_index()
    names = by_policy[NAMES].itertuples(index=False, name=None)
    return dict(zip(names, np.where(by_policy["beats"], YES, NO).tolist(), strict=True))


def _pairs(of_task: pd.DataFrame) -> Iterator[tuple[Policy, Policy, np.ndarray, bool]]:
    """Each contender of a task with each opponent, the paired differences, and whether it has all replicates."""
    wide = of_task.pivot_table(index=["algorithm", "variant"], columns="replicate", values="value").sort_index()
    floor = [policy for policy in wide.index if is_floor(*policy)]
    contenders = [policy for policy in wide.index if policy not in floor and policy[0] != REFERENCE]
    for policy in contenders:
        for opponent in floor:
            gains = (wide.loc[policy] - wide.loc[opponent]).to_numpy(float)
            yield policy, opponent, gains, bool(wide.loc[policy].notna().all())


def _against(gains: np.ndarray, complete: bool) -> dict[str, object]:
    gain = paired_gain(gains)
    low, high = gain.interval()
    return {
        "n_replicates": gain.n,
        "difference": gain.value,
        "ci_low": low,
        "ci_high": high,
        "p": gain.p,
        "detectable": gain.detectable(),
        "beats": complete and bool(gain.p < LEVEL),
    }
