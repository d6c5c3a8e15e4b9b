"""Aggregates over tasks and replicates, worked by hand, and what the bootstrap's limits cover."""

from __future__ import annotations

import numpy as np
import pytest

from rlbench_rec.statistics.aggregates import (
    StratifiedBootstrap,
    better,
    interquartile_mean,
    mean_of_known,
    mean_over_tasks,
    median_of_tasks,
    percentile_limits,
    simultaneous_factor,
)
from rlbench_rec.statistics.student import iqm

NAN = np.nan


def test_the_interquartile_mean_is_that_of_all_scores():
    draws = np.random.default_rng(0)
    for shape in ((1, 1), (2, 3), (3, 5), (11, 10)):
        scores = draws.normal(size=shape)
        assert interquartile_mean(scores) == pytest.approx(iqm(scores.ravel()))


def test_the_interquartile_mean_by_hand():
    # Eight scores: two are cut from either end, which leaves 2, 3, 4 and 6.
    assert interquartile_mean(np.array([[1.0, 2.0, 3.0, 900.0], [4.0, 6.0, 7.0, -900.0]])) == 3.75
    # Tasks count alike: the first has weight 1/2 a score, the second 1. In order 1 (1/2), 4 (1), 9 (1/2); half a unit
    # is cut from either end, which leaves 4.
    assert interquartile_mean(np.array([[1.0, 9.0], [4.0, NAN]])) == 4.0


def test_means_and_medians_by_hand():
    scores = np.array([[0.0, 10.0], [20.0, 40.0], [70.0, NAN], [NAN, NAN]])
    assert mean_of_known(scores)[:3].tolist() == [5.0, 30.0, 70.0] and np.isnan(mean_of_known(scores)[3])
    assert median_of_tasks(scores) == 30.0 and mean_over_tasks(scores) == 35.0
    assert median_of_tasks(scores[:2]) == 17.5
    assert np.isnan([median_of_tasks(scores[3:]), mean_over_tasks(scores[3:]), interquartile_mean(scores[3:])]).all()


def test_the_probability_of_being_better_counts_ties_half_and_tasks_alike():
    ours, theirs = np.array([[1.0, 2.0, 3.0], [5.0, NAN, 7.0]]), np.array([[1.0, 1.0, 9.0], [4.0, 4.0, NAN]])
    # First task: a half, one, none; second: one, nothing else is known.
    assert mean_over_tasks(better(ours, theirs)) == pytest.approx((0.5 + 1.0) / 2)


def test_resamples_stay_within_their_task_and_are_the_same_again():
    scores = np.array([[0.0, 1.0, 2.0], [100.0, 101.0, NAN]])
    bootstrap = StratifiedBootstrap([3, 2], 500)
    means = bootstrap(scores, lambda of: mean_of_known(of))
    assert means.shape == (500, 2)
    assert means[:, 0].max() <= 2.0 and means[:, 1].min() >= 100.0
    # Of a task of two, one is drawn.
    assert set(means[:, 1]) == {100.0, 101.0}
    assert (StratifiedBootstrap([3, 2], 500)(scores, mean_of_known) == means).all()


def test_the_spread_of_a_mean_over_resamples_is_its_standard_error():
    draws = np.random.default_rng(1)
    scores = draws.normal(size=(3, 4))
    spread = StratifiedBootstrap([4] * 3, 20_000)(scores, mean_over_tasks).std()
    by_hand = np.sqrt((scores.var(axis=1, ddof=1) / 4).sum()) / 3
    assert spread == pytest.approx(by_hand, rel=0.03)


def test_a_task_of_one_replicate_has_no_limits():
    assert np.isnan(percentile_limits(StratifiedBootstrap([3, 1], 50)(np.zeros((2, 3)), mean_over_tasks))).all()


@pytest.mark.parametrize(("aggregate", "truth"), [(interquartile_mean, 0.0), (mean_over_tasks, 0.0)])
def test_limits_cover_what_they_say(aggregate, truth):
    draws, covered, boards = np.random.default_rng(2), 0, 200
    for _ in range(boards):
        low, high = percentile_limits(StratifiedBootstrap([10] * 5, 300)(draws.normal(size=(5, 10)), aggregate))
        covered += low <= truth <= high
    # 95 %, less 2.5 standard errors of 200 boards and what ten replicates cost.
    assert covered >= 0.9 * boards


def test_the_factor_of_one_difference_is_its_quantile_and_of_many_it_is_larger():
    draws = np.random.default_rng(3).normal(size=(20_000, 6))
    assert simultaneous_factor(draws[:, :1]) == pytest.approx(1.96, abs=0.05)
    # Sidak: 1 - (1 - .05)^(1/6) two-sided.
    assert simultaneous_factor(draws) == pytest.approx(2.631, abs=0.06)
    assert simultaneous_factor(np.c_[draws, draws]) == simultaneous_factor(draws)
    assert np.isnan(simultaneous_factor(np.zeros((10, 2))))
