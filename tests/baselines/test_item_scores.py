"""Item scores as scores of actions: histories cut out of states, ids to actions, and what may not be recommended."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from rlbench_rec.baselines.item_scores import FixedScores, History, ItemScores, choice_count, choices, other_choice
from rlbench_rec.errors import InapplicableError
from rlbench_rec.mdp.dataset import StateLayout
from rlbench_rec.testing.toy_logs import toy_logs

LAYOUT = StateLayout(context=2, history=3, item_count=9, event_count=7, other_item=9)
STATE = np.array([[0.5, 0.5, 4, 9, 6, 2, 3, 1, 1.0, 20.0, 300.0]], dtype=np.float32)


class LastItem(ItemScores):
    """1 for the last item of the history, 0 for all others."""

    def of(self, history):
        return np.eye(self.item_count + 1)[history.items[:, -1]]


def test_a_history_is_cut_out_of_a_state_without_items_outside_the_vocabulary():
    history = History.of(STATE, LAYOUT)
    assert history.items.tolist() == [[0, 4, 6]] and history.events.tolist() == [[0, 2, 1]]
    # 6 came 320 seconds after 4, the item between them included.
    assert history.gaps.tolist() == [[0.0, 1.0, 320.0]]


def test_a_history_leaves_out_the_events_of_one_code():
    assert History.of(STATE, LAYOUT, ignored_event=1).items.tolist() == [[0, 0, 4]]
    assert History.of(STATE, replace(LAYOUT, other_item=0)).items.tolist() == [[4, 9, 6]]


def test_a_state_without_history_gives_an_empty_one():
    assert History.of(STATE[:, :2], StateLayout(context=2)).items.shape == (1, 0)


def test_actions_are_items_less_one(log_of):
    log = log_of([[1, 3, 2]])
    assert LastItem(log)(log.states()).argmax(axis=1)[1:].tolist() == [0, 2]


def test_chunks_change_nothing(log_of, monkeypatch):
    log = log_of([[1, 3, 2], [2, 3]])
    whole = LastItem(log)(log.states())
    monkeypatch.setattr("rlbench_rec.baselines.item_scores.CHUNK_CELLS", 8)
    np.testing.assert_array_equal(LastItem(log)(log.states()), whole)


def test_candidates_have_the_scores_of_their_items():
    log = toy_logs()["candidates"]
    scores = FixedScores(log, np.array([9.0, 1.0, 2.0, 3.0, 4.0]))(log.states())
    expected = np.where(log.candidates > 0, log.candidates, -np.inf)
    np.testing.assert_array_equal(scores, expected)


def test_what_may_not_be_recommended_has_no_score():
    logs = toy_logs()
    for name, ruled_out in (
        ("forbidden actions", logs["forbidden actions"].forbidden),
        ("items outside the vocabulary", np.arange(4) == 3),
    ):
        scores = FixedScores(logs[name], np.arange(5.0))(logs[name].states())
        np.testing.assert_array_equal(scores == -np.inf, np.broadcast_to(ruled_out, scores.shape))


def test_choices_are_items_among_candidates_and_actions_elsewhere():
    logs = toy_logs()
    assert choices(logs["sessions"]).tolist() == logs["sessions"].items.tolist()
    assert choices(logs["candidates"]).tolist() == logs["candidates"].items.tolist()
    assert choice_count(logs["candidates"]) == 4 and logs["candidates"].action_count == 3
    no_items = replace(logs["single decisions"], items=None, events=None, gaps=None, item_count=0, event_count=0)
    assert choice_count(no_items) == 4


def test_a_log_without_history_is_refused():
    with pytest.raises(InapplicableError, match="Its states show no history"):
        LastItem(toy_logs()["single decisions"])


def test_actions_that_are_not_items_are_refused(log_of):
    log = log_of([[1, 2], [2, 1]])
    with pytest.raises(InapplicableError, match="Its actions are not its items"):
        LastItem(replace(log, actions=1 - log.actions))


def test_the_choice_that_stands_for_all_items_outside_the_vocabulary():
    logs = toy_logs()
    assert other_choice(logs["items outside the vocabulary"]) == 4 and other_choice(logs["sessions"]) == 0
    assert other_choice(replace(logs["candidates"], other_item=4)) == 4
