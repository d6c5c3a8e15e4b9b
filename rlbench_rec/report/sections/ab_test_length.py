"""How long an A/B test of a frontier's advice takes, by what the tables of a run hold."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from ...ope.analysis.ab_test import ABTest, ab_test
from ...ope.analysis.claims import Claims
from ...ope.estimate import Estimate
from ...results.frontier import Advice, behaviour_row
from ..run_tables import RunTables

if TYPE_CHECKING:
    import pandas as pd

TREATED = 0.5
"""Share of the units that get the new policy."""
NORMAL = np.array([[0.0], [3.0]])
"""Skewness and fourth moment, where no more is known."""


def ab_test_of(run: RunTables, advice: Advice, lift: Estimate) -> ABTest | None:
    """The test that shows a lift of the size that the test side estimates, and the probability that it does.

    As `rlbench ope --plan` computes it (see `ope.analysis.ab_test`), from what a run stores: the spread over sessions
    under the behaviour policy is sqrt(n) times the standard error of its mean, and taken to be the same under the new
    policy. None where nothing is to be tested, or the tables do not hold these numbers.

    Args:
        run: the run.
        advice: what its frontier advises.
        lift: of the advice, as an estimate with its standard error.
    """
    row = _behaviour(run.runs, advice)
    if row is None or not advice.step or not lift.value > 0.0:
        return None
    sessions, spread = int(row["n_episodes"]), _spread(row, lift.confidence)
    if not (spread > 0.0 and math.isfinite(spread) and lift.std_error > 0.0):
        return None
    seen, one = np.array([lift.value]), np.ones(1)
    claims = Claims(
        names=("lift",),
        distances=seen,
        seen=seen,
        errors=np.array([lift.std_error]),
        correlation=np.eye(1),
        shape=NORMAL,
        spreads=np.array([spread]),
        shares=one,
        growth=one,
        together=np.eye(1),
        outcome_shape=NORMAL,
        units=sessions,
        episodes=sessions,
        unit="sessions",
        episode="sessions",
        lift=lift,
    )
    return ab_test(claims, confidence=lift.confidence, treated=TREATED)


def _behaviour(runs: pd.DataFrame, advice: Advice) -> pd.Series | None:
    """What the behaviour policy earned on the test side of the same log."""
    return behaviour_row(runs[runs["n_episodes"].notna()], advice.run_id)


def _spread(row: pd.Series, confidence: float) -> float:
    """Over sessions, as the mean feels it: sqrt(n) times its standard error, which is that of its interval's width."""
    from scipy.special import ndtri

    width = float(row["ci_high"]) - float(row["ci_low"])
    return math.sqrt(float(row["n_episodes"])) * width / (2.0 * float(ndtri((1.0 + confidence) / 2.0)))
