"""Bands under hidden confounding."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from rlbench_rec import ope
from rlbench_rec.errors import InputError


def log_of(n: int = 7, seed: int = 0) -> ope.EvaluationLog:
    rng = np.random.default_rng(seed)
    return ope.EvaluationLog(rng.normal(size=n).round(1), rng.uniform(0.1, 1, n), rng.uniform(0, 1, n))


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("factor", [1.25, 2.0])
def test_sorting_finds_what_trying_all_corners_finds(seed, factor):
    log = log_of(seed=seed)
    odds = 1 / log.propensities - 1
    corners = [1 + odds / factor, 1 + odds * factor]
    values = []
    for choice in product((0, 1), repeat=log.n_rows):
        weights = log.target_propensities * np.where(choice, corners[1], corners[0])
        values.append(weights @ log.rewards / weights.sum())
    band = ope.analysis.sensitivity(log, [factor])[0]
    assert (band.low, band.high) == pytest.approx((min(values), max(values)), rel=1e-12)


def test_no_confounding_is_snips_and_bands_are_nested():
    log = log_of(200)
    none, small, large = ope.analysis.sensitivity(log, (1.0, 1.25, 2.0))
    value = ope.estimate(log, "snips", interval="none").value
    assert (none.low, none.high) == pytest.approx((value, value), rel=1e-12)
    assert large.low < small.low < value < small.high < large.high


def test_certain_decisions_cannot_be_confounded():
    log = ope.EvaluationLog([0, 1, 2], np.ones(3), np.ones(3))
    band = ope.analysis.sensitivity(log, [10])[0]
    assert (band.low, band.high) == pytest.approx((1, 1), rel=1e-14)


def test_the_breaking_factor_reaches_the_value_and_hardly_more():
    log = log_of(300)
    value = ope.estimate(log, "snips", interval="none").value
    factor = ope.analysis.breaking_factor(log, value + 0.2)
    assert (
        ope.analysis.sensitivity(log, [factor])[0].high
        >= value + 0.2
        > ope.analysis.sensitivity(log, [factor / 1.002])[0].high
    )
    assert ope.analysis.breaking_factor(log, value) == pytest.approx(1, abs=2e-3)
    assert ope.analysis.breaking_factor(log, 1e6) == np.inf


def test_hidden_confounding_passes_every_other_check_and_lies_in_the_band():
    """Users in the mood are shown item 1 more often, and buy more whatever they are shown; the mood is not logged."""
    rng = np.random.default_rng(0)
    n = 20_000
    mood = rng.random(n) < 0.5
    actions = rng.random(n) < np.where(mood, 0.6, 0.4)
    rewards = (rng.random(n) < np.where(mood, 0.6, 0.2)).astype(float)
    # Marginally each item is shown half of the time; true odds are 1.5 away. The truth of always showing item 1 is .4.
    log = ope.EvaluationLog(rewards, np.full(n, 0.5), actions.astype(float))
    estimate = ope.estimate(log, "snips")
    assert estimate.verdict == "trusted" and estimate.ci_low > 0.41
    band = ope.analysis.sensitivity(log, [1.5])[0]
    assert band.low < 0.4 < band.high


def test_metrics_and_refusals():
    log = ope.EvaluationLog([0, 0], [0.5, 0.5], [0.5, 0.5], metrics=[[1.0], [3.0]])
    band = ope.analysis.sensitivity(log, [2.0], metric=0)[0]
    # Inverse propensities 1.5 and 3: (1 * 1.5 + 3 * 3) / 4.5.
    assert band.high == pytest.approx(10.5 / 4.5, rel=1e-14)
    with pytest.raises(InputError, match=r"A factor is 0\.5"):
        ope.analysis.sensitivity(log, [0.5])
    with pytest.raises(InputError, match="one-step logs only"):
        ope.analysis.sensitivity(ope.EvaluationLog([0, 0], [0.5, 0.5], [0.5, 0.5], episode_starts=[0]))
    empty = ope.analysis.sensitivity(ope.EvaluationLog([1, 2], [0.5, 0.5], [0, 0]))
    assert np.isnan(empty[0].low) and np.isnan(empty[0].high)
