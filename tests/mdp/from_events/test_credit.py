"""Who gets the credit for an event that is no decision, against the rule in plain Python."""

from __future__ import annotations

import numpy as np
import pytest

from rlbench_rec.mdp import chunked_columns
from rlbench_rec.mdp.chunked_columns import ColumnStore
from rlbench_rec.mdp.from_events.credit import Credit, same_item
from rlbench_rec.mdp.from_events.decisions import Decisions, of_sessions


def log(seed, rows=120):
    """Random sessions of several users in the order of time: starts, users, items (-1: none), decisions, times."""
    rng = np.random.default_rng(seed)
    starts = np.flatnonzero(np.append(True, rng.random(rows - 1) < 0.2))
    users = rng.integers(0, 5, len(starts))
    chosen = rng.random(rows) < 0.5
    chosen[:2] = True, False
    return starts, users, rng.integers(-1, 4, rows).astype(np.int32), chosen, np.cumsum(rng.integers(0, 9, rows)) * 1000


def plain(groups, items, chosen, times, window):
    """Event -> the latest decision before it on the same item in its group."""
    owner = {}
    for event in np.flatnonzero(~chosen):
        earlier = [
            row
            for row in np.flatnonzero(chosen)
            if row < event and groups[row] == groups[event] and items[row] == items[event] >= 0
        ]
        near = earlier and (window is None or times[event] - times[earlier[-1]] <= 1000 * window)
        owner[event] = earlier[-1] if near else None
    return owner


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("window", [None, 5, 60])
@pytest.mark.parametrize("chunk", [7, 1 << 18])
def test_credit_goes_to_the_latest_decision_on_the_item(seed, window, chunk, monkeypatch):
    monkeypatch.setattr(chunked_columns, "CHUNK", chunk)
    starts, users, items, chosen, times = log(seed)
    of_session = np.arange(len(starts)) if window is None else users
    decisions = Decisions.of(chosen, starts, ColumnStore())
    credit = same_item(decisions, items, of_sessions(of_session, starts), None if window is None else times, window)
    groups = np.repeat(of_session, np.diff(starts, append=len(items)))
    owner = plain(groups, items, chosen, times, window)
    credited = dict(zip(credit.events, decisions.rows[credit.steps], strict=True))
    assert credited == {event: row for event, row in owner.items() if row is not None}
    assert credit.nobody.tolist() == [event for event, row in owner.items() if row is None]
    assert len(credit.events) > 0 and len(credit.nobody) > 0

    earned = np.random.default_rng(1).integers(0, 9, (len(items), 2)).astype(np.float32)
    expected = earned.copy()
    for event, row in owner.items():
        if row is not None:
            expected[row] = max(expected[row, 0], earned[event, 0]), expected[row, 1] + earned[event, 1]
    shared = credit.shared(decisions, earned, (np.maximum, np.add))
    np.testing.assert_array_equal(shared, expected[chosen])


def test_the_last_rating_counts():
    decisions = Decisions.of(np.array([True, False, True, False, False]), np.array([0]), ColumnStore())
    credit = Credit(np.array([1, 3, 4]), np.array([0, 1, 1]), np.empty(0, dtype=np.int64))
    ratings = np.array([5.0, np.nan, np.nan, 2.0, 4.0])[:, None]
    assert credit.latest(decisions, ratings)[:, 0].tolist() == [5.0, 4.0]


def test_an_event_before_its_decision_has_no_credit():
    decisions = Decisions.of(np.array([False, True]), np.array([0]), ColumnStore())
    credit = same_item(decisions, np.zeros(2, dtype=np.int32), of_sessions(np.array([0]), np.array([0])))
    assert credit.nobody.tolist() == [0] and not len(credit.events)
