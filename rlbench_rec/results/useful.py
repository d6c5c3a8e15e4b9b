"""useful.csv: which policies beat the whole floor of a task, and by how much."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from ..statistics.paired import LEVEL, gains_over, paired_gain
from .row_names import REFERENCE, floor_lacks, is_floor, is_frontier_control
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
    """(task, algorithm, variant) -> `yes` where the policy beats every opponent of the task, else `no`. Tasks of one
    replicate, or without a part of the floor, have none: there nothing was asked.

    Each test is at 5 %, and so is their intersection: a policy that is no better than some opponent passes that test in
    5 % of boards at most, whatever the others say (Berger 1982).

    Args:
        table: rows of useful.csv.
    """
    asked = [of_task for _, of_task in table.groupby("task") if _is_asked(of_task)]
    if not asked:
        return {}
    by_policy = pd.concat(asked).groupby(NAMES)["beats"].all().reset_index()
    names = by_policy[NAMES].itertuples(index=False, name=None)
    return dict(zip(names, np.where(by_policy["beats"], YES, NO).tolist(), strict=True))


def _is_asked(of_task: pd.DataFrame) -> bool:
    opponents = zip(of_task["opponent"], of_task["opponent_variant"], strict=True)
    return not floor_lacks(opponents) and bool((of_task["n_replicates"] > 1).any())


def _pairs(of_task: pd.DataFrame) -> Iterator[tuple[Policy, Policy, np.ndarray, bool]]:
    """Each contender of a task with each opponent, the paired differences, and whether it has all replicates."""
    wide = of_task.pivot_table(index=["algorithm", "variant"], columns="replicate", values="value").sort_index()
    floor = [policy for policy in wide.index if is_floor(*policy)]
    nobodys = [policy for policy in wide.index if policy[0] == REFERENCE or is_frontier_control(policy[1])]
    contenders = [policy for policy in wide.index if policy not in [*floor, *nobodys]]
    for policy in contenders:
        for opponent in floor:
            gains = gains_over(wide.loc[policy].to_numpy(float), wide.loc[opponent].to_numpy(float))
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
