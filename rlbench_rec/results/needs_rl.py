"""Does this task need RL? needs_rl.csv: learners that look ahead against all that do not, by their true values.

Whether one log needs RL, its owner asks by estimates: see `frontier.looking_ahead`. needs_rl_logs.csv, of the same
columns, has what each log was told.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from ..statistics.hypotheses import holm
from ..statistics.paired import LEVEL, PairedGain, gains_over, paired_gain
from .row_names import BEHAVIOUR, BEST, FLOOR, TRUTH, is_floor, is_frontier_control
from .schema import NEEDS_RL, STATUSES
from .uncertainty import REPLICATES, replicates_named

CONTROL = "gamma-0"
"""Label of the control that does not look ahead."""
YES, NOT_SHOWN = "yes", "not shown"
CHOOSING = 3
"""One replicate in so many, the first ones, chooses the forms; the others test."""
LEAST_REPLICATES = 4
"""One to choose on and three to test on."""

Policy = tuple[str, str]
"""Algorithm and variant."""


def needs_rl_table(runs: pd.DataFrame) -> pd.DataFrame:
    """Rows of needs_rl.csv.

    Of each task with a `gamma-0` control the truths are paired over replicates, each the mean over its logs and seeds.
    The first third of them chooses, for each learner and for its control, the form (and checkpoint) of the highest mean
    value; the others test the learner's gain over its control, the behaviour policy and every row of the floor. A
    learner's p is the largest of these one-sided p values, since all have to be shown (an intersection-union test,
    Berger 1982), adjusted over the learners by Holm. The task needs RL if one of them is at most 5 %.

    Args:
        runs: rows of runs.csv.
    """
    known = runs[runs["status"].isin(STATUSES) & (runs["metric"] == "reward") & (runs["estimator"] == TRUTH)]
    rows: list[dict[str, Any]] = []
    for (dataset, task), of_place in replicates_named(known).groupby(["dataset", "task"], sort=False, dropna=False):
        place = {"dataset": dataset, "task": task, "test": REPLICATES, "estimator": TRUTH}
        rows += [blank() | place | row for row in _of_task(of_place)]
    return pd.DataFrame(rows, columns=list(NEEDS_RL))


def blank() -> dict[str, Any]:
    """A row of needs_rl.csv that says nothing yet."""
    empty = {"text": "", "truth": False, "number": math.nan, "whole": None}
    return {name: empty[kind] for name, (kind, _) in NEEDS_RL.items()}


@dataclass(frozen=True)
class _Learner:
    """A learner with its control.

    Attributes:
        ahead, control: their policies, one a form and checkpoint.
    """

    ahead: list[Policy]
    control: list[Policy]


def _of_task(runs: pd.DataFrame) -> Iterator[dict[str, Any]]:
    learners = _learners([(str(a), str(v)) for a, v in runs[["algorithm", "variant"]].drop_duplicates().to_numpy()])
    if not learners:
        return
    values = runs.pivot_table(index="replicate", columns=["algorithm", "variant"], values="value", aggfunc="mean")
    if len(values) < LEAST_REPLICATES:
        few = f"{len(values)} replicate{'s' * (len(values) != 1)}, and {LEAST_REPLICATES} are needed"
        yield {"answer": NOT_SHOWN, "reason": few, "n_units": len(values), "closest": True}
        return
    chooses = max(1, len(values) // CHOOSING)
    tested = [_Tested.of(learner, values.iloc[:chooses], values.iloc[chooses:]) for learner in learners]
    adjusted = holm(np.array([each.p for each in tested]))
    for each, p in zip(tested, adjusted, strict=True):
        yield from each.rows(float(p), len(tested))


@dataclass(frozen=True)
class _Tested:
    """One learner, tested.

    Attributes:
        policy: in the form that was chosen.
        gains: over every opponent, by its name.
        behaviour: mean true value of the behaviour policy.
        lacks: of the replicates to test on, those in which the learner has no value; how many there are.
    """

    policy: Policy
    gains: dict[Policy, PairedGain]
    behaviour: float
    lacks: tuple[int, int]

    @classmethod
    def of(cls, learner: _Learner, choosing: pd.DataFrame, testing: pd.DataFrame) -> _Tested:
        """Choose the forms on some replicates, and take the gains from others."""
        policy, control = (_best(policies, choosing) for policies in (learner.ahead, learner.control))
        columns: list[Policy] = [(str(each[0]), str(each[1])) for each in testing.columns]
        behaviour = [column for column in columns if column[0] == BEHAVIOUR]
        floor = [each for each in columns if is_floor(*each) and each not in behaviour]
        opponents = (*behaviour, control, *floor)
        ours = testing[policy].to_numpy(float)
        gains = {each: paired_gain(gains_over(ours, testing[each].to_numpy(float))) for each in opponents}
        level = float(testing[behaviour[0]].mean()) if behaviour else math.nan
        return cls(policy, gains, level, (int(testing[policy].isna().sum()), len(testing)))

    @property
    def p(self) -> float:
        """The largest over the opponents; 1 where one is not defined, or anything is missing."""
        return 1.0 if self.missing else max(map(_doubt, self.gains.values()))

    @property
    def missing(self) -> str:
        """What was not run of what it should have been tested against, or on; in words, empty where nothing is. The
        replicates in which a training did not fail may be the easy ones."""
        names = {algorithm for algorithm, _ in self.gains}
        if BEHAVIOUR not in names:
            return f"{BEHAVIOUR} was not run"
        if not names & set(FLOOR) - {BEHAVIOUR}:
            return "the floor was not run"
        lacks, replicates = self.lacks
        return f"it has no value in {lacks} of {replicates} replicates" if lacks else ""

    def rows(self, p_adjusted: float, learners: int) -> Iterator[dict[str, Any]]:
        """One an opponent. What could have been seen is at the level that Holm gives the best learner."""
        answer = YES if p_adjusted <= LEVEL else NOT_SHOWN
        closest = max(self.gains, key=lambda each: _doubt(self.gains[each]))
        reason = self.missing or ("" if answer == YES else f"the gain over {closest[0]} is not shown")
        for opponent, gain in self.gains.items():
            low, high = gain.interval()
            yield {
                "algorithm": self.policy[0],
                "variant": self.policy[1],
                "opponent": opponent[0],
                "opponent_variant": opponent[1],
                "n_units": gain.n,
                "behaviour": self.behaviour,
                "gain": gain.value,
                "ci_low": low,
                "ci_high": high,
                "p": gain.p,
                "p_adjusted": p_adjusted,
                "detectable": gain.detectable(LEVEL / learners),
                "verdict": "unreliable" if self.missing else "trusted",
                "closest": opponent == closest,
                "answer": answer,
                "reason": reason,
            }


def _doubt(gain: PairedGain) -> float:
    return 1.0 if math.isnan(gain.p) else gain.p


def _best(policies: list[Policy], values: pd.DataFrame) -> Policy:
    means = [float(values[policy].mean()) for policy in policies]
    return policies[int(np.nanargmax(means))] if np.isfinite(means).any() else policies[0]


def _learners(policies: list[Policy]) -> list[_Learner]:
    """Every learner that has a control: the same algorithm, encoder and label, but for `gamma-0`."""
    found: dict[tuple[str, ...], _Learner] = {}
    for algorithm, variant in policies:
        if is_frontier_control(variant) or algorithm in FLOOR:
            continue
        *stem, _ = variant.split("/")
        key = (algorithm, *(part for part in stem if part not in (BEST, CONTROL)))
        learner = found.setdefault(key, _Learner([], []))
        (learner.control if CONTROL in stem else learner.ahead).append((algorithm, variant))
    return [learner for learner in found.values() if learner.ahead and learner.control]
