"""EASE: equal to dense algebra."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy import sparse

from rlbench_rec import policies
from rlbench_rec.baselines.ease import EASE, ease_weights
from rlbench_rec.baselines.item_scores import History
from rlbench_rec.errors import InapplicableError


def test_weights_equal_dense_algebra():
    sessions = (np.random.default_rng(0).random((50, 9)) < 0.3).astype(float)
    inverse = np.linalg.inv(sessions.T @ sessions + 3.0 * np.identity(9))
    expected = np.identity(9) - inverse @ np.diag(1 / np.diag(inverse))
    weights = ease_weights(sparse.csr_matrix(sessions), 3.0)
    np.testing.assert_allclose(weights, expected, atol=1e-12)
    assert not np.diag(weights).any()


def test_weights_solve_the_ridge_regression_of_each_item_on_the_others():
    sessions = (np.random.default_rng(1).random((40, 5)) < 0.4).astype(float)
    weights = ease_weights(sparse.csr_matrix(sessions), 2.0)
    for item in range(5):
        others = np.delete(sessions, item, axis=1)
        ridge = np.linalg.solve(others.T @ others + 2.0 * np.identity(4), others.T @ sessions[:, item])
        np.testing.assert_allclose(np.delete(weights[:, item], item), ridge, atol=1e-12)


def test_scores_are_the_history_times_the_weights(log_of):
    log = log_of([[1, 2], [1, 2, 3], [3, 4], [4, 3, 3]], history=3)
    scores = EASE(log, regularisation=1.0, decay=0.5, repeat=0.5, popularity=0.1)
    sessions = np.array([[1, 1, 0, 0], [1, 1, 1, 0], [0, 0, 1, 1], [0, 0, 1, 1]], dtype=float)
    weights = ease_weights(sparse.csr_matrix(sessions), 1.0)
    block = np.array([[1, 3, 1]])
    found = scores.raw(History(block, block, block.astype(np.float32)))
    np.testing.assert_allclose(found[0, 1:], np.array([1.0, 0.0, 0.5, 0.0]) @ weights, atol=1e-12)


def test_too_many_items_are_refused(log_of):
    log = replace(log_of([[1, 2], [1, 2]]), action_count=20_001, item_count=20_002, other_item=20_002)
    with pytest.raises(InapplicableError, match=r"20,001 items; ease inverts.*at most 20,000.*top_k of 20,000 or less"):
        policies.make("ease", log)
