"""The items that a policy would recommend first."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from rlbench_rec.errors import InputError
from rlbench_rec.policies import Allowed, EpsilonGreedy, Greedy, PolicyWithMemory, Stateless, make
from rlbench_rec.policies.top_items import TopItems
from rlbench_rec.testing.toy_logs import toy_logs

SCORES = np.array([[3.0, 1.0, 2.0, 5.0], [1.0, 1.0, -np.inf, 1.0], [-np.inf, 0.0, -np.inf, -np.inf]])
STATES = np.arange(3, dtype=np.float32)[:, None]


def looked_up(states):
    return SCORES[states[:, 0].astype(int)]


def test_the_best_by_scores_and_equal_ones_by_their_number():
    top = TopItems(Greedy(looked_up, 4), 3)
    assert top(STATES).tolist() == [[4, 1, 3], [1, 2, 4], [2, 0, 0]]
    assert TopItems(EpsilonGreedy(looked_up, 4, 0.5), 2)(STATES[::-1]).tolist() == [[2, 0], [1, 2], [4, 1]]


def test_what_stands_for_other_items_is_none_of_them():
    assert TopItems(Greedy(looked_up, 4), 2, other_action=3)(STATES).tolist() == [[1, 3], [1, 2], [2, 0]]


def test_by_probabilities_where_there_are_no_scores_and_fewer_than_asked_for():
    policy = Stateless("shares", np.array([0.2, 0.0, 0.5, 0.3]))
    assert TopItems(policy, 9)(STATES[:1]).tolist() == [[3, 4, 1, 0, 0, 0, 0, 0, 0]]
    log = toy_logs()["sessions"]
    inner = Allowed(make("popularity", log), log.layout)
    assert (TopItems(inner, 2)(log.states()) == TopItems(make("popularity", log), 2)(log.states())).all()


@given(arrays(np.float64, (5, 7), elements=st.sampled_from([-np.inf, 0.0, 1.0, 2.0])), st.integers(1, 9))
def test_as_a_stable_sort(scores, k):
    states = np.arange(5, dtype=np.float32)[:, None]
    ids = TopItems(Greedy(lambda rows: scores[rows[:, 0].astype(int)], 7), k)(states)
    for row in range(5):
        order = [a for a in sorted(range(7), key=lambda a: -scores[row, a]) if scores[row, a] > -np.inf][:k]
        assert ids[row].tolist() == [a + 1 for a in order] + [0] * (k - len(order))


def test_chunks_are_as_the_whole(monkeypatch):
    whole = TopItems(Greedy(looked_up, 4), 2)(STATES)
    monkeypatch.setattr("rlbench_rec.policies.top_items.CHUNK_CELLS", 4)
    assert (TopItems(Greedy(looked_up, 4), 2)(STATES) == whole).all()
    assert TopItems(Greedy(looked_up, 4), 2)(STATES[:0]).shape == (0, 2)


def test_a_policy_that_looks_at_the_past_cannot_retrieve():
    class Looking(PolicyWithMemory):
        name, action_count, memory = "looking", 4, 1

        def probabilities(self, states, *, past=None):
            return np.full((len(states), 4), 0.25)

    with pytest.raises(InputError, match="candidates are retrieved by the state alone"):
        TopItems(Looking(), 2)
