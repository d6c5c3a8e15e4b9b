"""What is fitted on: every event of a session, in order, with its time."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from rlbench_rec.baselines.sessions import session_items
from rlbench_rec.errors import InapplicableError
from rlbench_rec.mdp import TransitionDataset
from rlbench_rec.testing.toy_logs import toy_logs


@pytest.fixture
def log() -> TransitionDataset:
    """Two sessions of a clock: view 1, cart 1, view 4 (the other item), view 2; and view 3. Carts are no decisions."""
    return TransitionDataset(
        observations=np.zeros((4, 1), np.float32),
        actions=np.array([0, 3, 1, 2]),
        rewards=np.zeros(4, np.float32),
        episode_starts=np.array([0, 3]),
        action_count=4,
        other_action=3,
        item_count=4,
        other_item=4,
        items=np.array([1, 1, 4, 2, 3], np.int32),
        events=np.array([2, 4, 2, 2, 2], np.int8),
        event_count=7,
        gaps=np.array([0, 30, 15, 5, 0], np.float32),
        event_rows=np.array([0, 2, 3, 4]),
        event_starts=np.array([0, 4]),
        history=2,
        timestamps=np.array([1_000, 46_000, 51_000, 90_000]),
    )


def test_every_event_but_those_of_the_other_item(log):
    events = session_items(log)
    assert events.session.tolist() == [0, 0, 0, 1] and events.item.tolist() == [1, 1, 2, 3]
    assert events.place.tolist() == [0, 1, 3, 0] and events.event.tolist() == [2, 4, 2, 2]
    assert events.decision.tolist() == [True, False, True, True]
    # The cart came 30 seconds after the first view, which has a time of its own.
    assert events.time.tolist() == [1.0, 31.0, 51.0, 90.0] and events.has_clock
    assert (events.session_count, events.item_count) == (2, 4)


def test_the_matrix_counts(log):
    matrix = session_items(log).matrix()
    assert matrix.toarray().tolist() == [[0, 2, 1, 0, 0], [0, 0, 0, 1, 0]]


def test_without_a_clock_time_is_the_order(log):
    events = session_items(replace(log, timestamps=None))
    assert events.time.tolist() == [0.0, 1.0, 3.0, 4.0] and not events.has_clock


def test_a_part_of_a_log_has_the_times_of_the_whole(log):
    assert session_items(log.episodes(1, 2)).time.tolist() == [90.0]


def test_mere_impressions_count_only_where_there_is_nothing_else(log):
    shown = np.array([1, 4, 2, 1, 2], np.int8)
    assert session_items(replace(log, events=shown)).item.tolist() == [1, 3]
    assert len(session_items(replace(log, events=np.ones(5, np.int8)))) == 4


def test_where_decisions_are_impressions_every_click_is_to_be_foreseen():
    log = toy_logs()["clicks between impressions"]
    events = session_items(log)
    assert events.item.tolist() == log.items[log.events > 1].tolist() and events.decision.all()


def test_a_log_without_items_is_refused(log):
    columns = dict.fromkeys(("items", "events", "gaps", "event_rows", "event_starts"))
    with pytest.raises(InapplicableError, match="which items its events were of"):
        session_items(replace(log, history=0, **columns))
