"""Imitation metrics, worked on paper."""

from __future__ import annotations

import numpy as np
import pytest

from rlbench_rec.evaluation.ranking_metrics import ranking


def values(above, equal, k=2, **settings):
    found = ranking(np.array(above), np.array(equal), np.arange(len(above)), k=k, **settings)
    return {one.metric: one for one in found}


def test_hits_and_gains_without_ties():
    # Ranks 1, 2, 3 at k = 2: gains 1, 1 / log2(3), 0.
    found = values([0, 1, 2], [1, 1, 1])
    assert found["HR@2"].value == pytest.approx(2 / 3)
    assert found["NDCG@2"].value == pytest.approx((1 + 1 / np.log2(3)) / 3)
    assert found["HR@2"].n_rows == found["HR@2"].n_episodes == 3


def test_ties_are_broken_at_random_in_expectation():
    # Ranks 2, 3, 4 with equal chances: within 2 a third of the time.
    found = values([1], [3])
    assert found["HR@2"].value == pytest.approx(1 / 3)
    assert found["NDCG@2"].value == pytest.approx(1 / np.log2(3) / 3)
    # A policy that scores everything alike is as good as chance.
    assert values([0], [50], k=10)["HR@10"].value == pytest.approx(0.2)


def test_actions_that_cannot_be_chosen_are_misses():
    assert values([10], [1], k=10)["HR@10"].value == 0


def test_sessions_are_resampled_whole():
    above = np.repeat([0, 5], 50)
    sessions = np.repeat([0, 1], 50)
    found = ranking(above, np.ones(100, dtype=int), sessions, k=1, n_resamples=500)[0]
    assert (found.value, found.ci_low, found.ci_high) == (0.5, 0, 1) and found.n_episodes == 2


def test_the_verdict_counts_hits_and_is_never_trusted():
    verdicts = [values([0] * hits + [9] * 100, [1] * (hits + 100))["HR@2"].verdict for hits in (0, 4, 5, 25, 900)]
    assert verdicts == ["unreliable", "unreliable", "weak", "weak", "weak"]


def test_no_rows_are_no_metric():
    found = ranking(np.array([], dtype=int), np.array([], dtype=int), np.array([]), k=5, suffix="-new")
    assert [one.metric for one in found] == ["HR@5-new", "NDCG@5-new"]
    assert np.isnan(found[0].value) and found[0].n_rows == 0
