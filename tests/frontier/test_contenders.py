"""Contenders: their standardised mean, and the negated control."""

from __future__ import annotations

import numpy as np
import pytest

from rlbench_rec.frontier import MeanScores, negated

STATES = np.zeros((3, 1))


def scores(*values):
    return lambda states: np.broadcast_to(np.array(values, dtype=float), (len(states), len(values)))


def test_each_score_counts_by_its_spread():
    mean = MeanScores((scores(0, 2), scores(30, 0)), (1.0, 10.0))
    assert mean(STATES).tolist() == [[1.5, 1.0]] * 3


def test_a_score_that_does_not_vary_is_left_out():
    assert MeanScores((scores(0, 2), scores(5, 5)), (2.0, 0.0))(STATES).tolist() == [[0.0, 1.0]] * 3
    assert MeanScores((scores(5, 5),), (0.0,))(STATES).tolist() == [[5.0, 5.0]] * 3


def test_what_one_rules_out_the_mean_rules_out():
    mean = MeanScores((scores(0, -np.inf), scores(1, 2)), (1.0, 1.0))
    assert mean(STATES)[0].tolist() == [0.5, -np.inf]


def test_the_negated_scores_keep_what_is_ruled_out():
    assert negated(scores(1, -2, -np.inf))(STATES)[0].tolist() == pytest.approx([-1, 2, -np.inf])
