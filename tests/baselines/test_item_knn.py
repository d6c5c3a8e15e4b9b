"""Nearest items: equal to brute force, and worked by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from scipy import sparse

from rlbench_rec import policies
from rlbench_rec.baselines.item_knn import ItemKNN, cosine

SETTINGS = {"neighbours": 10, "shrinkage": 0.0, "decay": 0.5, "repeat": 0.0, "popularity": 0.1}


@settings(max_examples=50, deadline=None)
@given(
    arrays.arrays(np.float64, st.tuples(st.integers(1, 8), st.integers(2, 6)), elements=st.sampled_from([0.0, 1.0])),
    st.integers(1, 5),
    st.sampled_from([0.0, 0.5, 10.0]),
)
def test_similarities_equal_brute_force(sessions, neighbours, shrinkage):
    similar = cosine(sparse.csr_matrix(sessions), neighbours, shrinkage).toarray()
    for i in range(sessions.shape[1]):
        near = []
        for j in range(sessions.shape[1]):
            both = (sessions[:, i] * sessions[:, j]).sum()
            if i != j and both:
                norm = np.sqrt(sessions[:, i].sum() * sessions[:, j].sum()) + shrinkage
                near.append((-both / norm, j))
        expected = np.zeros(sessions.shape[1])
        for similarity, j in sorted(near)[:neighbours]:
            expected[j] = -similarity
        np.testing.assert_allclose(similar[i], expected, rtol=1e-12)


def test_scores_worked_by_hand(log_of):
    log = log_of([[1, 2], [1, 2, 3], [3, 4], [4, 3, 3]], history=2)
    scores = ItemKNN(log, **SETTINGS)
    # Items 1, 2, 4 are in two sessions, item 3 in three; 1 and 2 are together twice, 1 and 3 once, 3 and 4 twice.
    third, two_thirds = 1 / np.sqrt(6), 2 / np.sqrt(6)
    history = scores_of_history(scores, [1, 3])
    # Item 3 is the latest, item 1 counts half; neither is its own neighbour.
    expected = np.array([third, third + 0.5 * 1.0, 0.5 * third, two_thirds])
    np.testing.assert_allclose(history[1:], expected)
    # Of the history's own weight item 3 has two thirds, and with repeat = 1 it counts as much as all neighbours.
    own = np.array([1 / 3, 0, 2 / 3, 0])
    shares = 0.9 * (expected / expected.sum() + own) / 2 + 0.1 * np.array([3, 3, 5, 3]) / 14
    states = log.states()[[4]].copy()
    states[0, 1:3] = [1, 3]
    repeating = ItemKNN(log, **SETTINGS | {"repeat": 1.0})
    np.testing.assert_allclose(np.exp(repeating(states)), shares[None])


def test_an_empty_history_is_left_to_popularity(log_of):
    log = log_of([[1, 2], [1, 2, 3], [3, 4], [4, 3, 3]], history=2)
    np.testing.assert_allclose(np.exp(ItemKNN(log, **SETTINGS)(log.states()[:1])), np.array([[3, 3, 5, 3]]) / 14)


def test_settings_out_of_range_are_refused(log_of):
    log = log_of([[1, 2]] * 4)
    with pytest.raises(ValueError, match=r"config of item-knn.*decay.*greater than 0"):
        policies.make("item-knn", log, decay=0.0)
    with pytest.raises(ValueError, match="Did you mean 'neighbours'"):
        policies.make("item-knn", log, neighbors=5)


def scores_of_history(scores, items):
    from rlbench_rec.baselines.item_scores import History

    block = np.array([items])
    return scores.raw(History(block, block, block.astype(np.float32)))[0]
