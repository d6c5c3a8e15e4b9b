"""Nearest sessions: equal to the method as its paper puts it, one session at a time."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rlbench_rec.baselines.item_scores import History
from rlbench_rec.baselines.sessions import session_items
from rlbench_rec.baselines.vsknn import VSKNN, by_recency

SETTINGS = {
    "neighbours": 100,
    "sample": 1_000,
    "weighting": "quadratic",
    "score_weighting": "div",
    "idf": 0.0,
    "half_life_share": None,
    "remind": True,
    "repeat": 0.0,
    "popularity": 0.1,
}
WEIGHTING = {
    "same": lambda place, length: 1.0,
    "linear": lambda place, length: max(0.0, 1 - 0.1 * (length - place)),
    "div": lambda place, length: place / length,
    "log": lambda place, length: 1 / math.log10(length - place + 1.7),
    "quadratic": lambda place, length: (place / length) ** 2,
}
SCORE_WEIGHTING = {
    "same": lambda step: 1.0,
    "linear": lambda step: max(0.0, 1 - 0.1 * step),
    "div": lambda step: 1 / step,
    "log": lambda step: 1 / math.log10(step + 1.7),
    "quadratic": lambda step: 1 / step**2,
}
SESSIONS = st.lists(st.lists(st.integers(1, 6), min_size=1, max_size=4), min_size=2, max_size=12)


def brute_force(sessions, history, item_count, chosen):
    """The scores of one history; sessions from the earliest to the latest."""
    length = len(history)
    weights = {item: WEIGHTING[chosen["weighting"]](place, length) for place, item in enumerate(history, start=1)}
    having = [number for number, session in enumerate(sessions) if set(session) & set(history)]
    near = []
    for number in having[-chosen["sample"] :]:
        similarity = sum(weights[item] for item in set(sessions[number]) & set(history))
        if chosen["half_life_share"] is not None:
            ends = np.cumsum([len(session) for session in sessions])
            age = (ends[-1] - ends[number]) / (ends[-1] - ends[0])
            similarity *= 0.5 ** (age / chosen["half_life_share"])
        if similarity > 0:
            near.append((round(-similarity, 12), -number, similarity))
    scores = np.zeros(item_count + 1)
    for _, number, similarity in sorted(near)[: chosen["neighbours"]]:
        session = set(sessions[-number])
        step = next(step for step, item in enumerate(reversed(history), start=1) if item in session)
        for item in session:
            idf = math.log(len(sessions) / sum(item in other for other in sessions))
            scores[item] += similarity * SCORE_WEIGHTING[chosen["score_weighting"]](step) * (1 + chosen["idf"] * idf)
    if not chosen["remind"]:
        scores[list(set(history))] = 0.0
    return scores


@settings(max_examples=60, deadline=None)
@given(
    SESSIONS,
    st.lists(st.integers(1, 6), min_size=1, max_size=4),
    st.fixed_dictionaries(
        {
            "neighbours": st.sampled_from([1, 2, 100]),
            "sample": st.sampled_from([1, 3, 1_000]),
            "weighting": st.sampled_from(list(WEIGHTING)),
            "score_weighting": st.sampled_from(list(SCORE_WEIGHTING)),
            "idf": st.sampled_from([0.0, 2.0]),
            "half_life_share": st.sampled_from([None, 0.3]),
            "remind": st.booleans(),
            "repeat": st.just(0.0),
            "popularity": st.just(0.1),
        }
    ),
)
def test_scores_equal_brute_force(log_of, sessions, history, chosen):
    log = log_of([*sessions, [6]], history=4)
    items = np.zeros((2, 4), dtype=np.int64)
    items[0, 4 - len(history) :] = history
    scores = VSKNN(log, **chosen).raw(History(items, items, items.astype(np.float32)))
    np.testing.assert_allclose(scores[0], brute_force([*sessions, [6]], history, 6, chosen), rtol=1e-9, atol=1e-12)
    assert not scores[1].any(), "an empty history is near nothing"


def test_scores_worked_by_hand(log_of):
    log = log_of([[1, 2, 3], [2, 4], [5, 1]], history=2)
    block = np.array([[1, 2]])
    scores = VSKNN(log, **SETTINGS).raw(History(block, block, block.astype(np.float32)))[0]
    # Weights: item 2 has 1, item 1, at the first of two places, (1 / 2)^2. Sessions: 1.25, 1, and .25 / 2, since its
    # item was shown an event before the latest.
    np.testing.assert_allclose(scores, [0.0, 1.25 + 0.125, 2.25, 1.25, 1.0, 0.125])
    # In the mixture item 2 has four fifths of what the history's own items get.
    states = log.states()[[2]]
    assert states[0, 1:3].tolist() == [1, 2]
    neighbours, own, popular = scores[1:] / 6, np.array([0.2, 0.8, 0, 0, 0]), np.array([3, 3, 2, 2, 2]) / 12
    mixed = VSKNN(log, **SETTINGS | {"repeat": 1.0})(states)
    np.testing.assert_allclose(np.exp(mixed)[0], 0.9 * (neighbours + own) / 2 + 0.1 * popular)


def test_the_latest_sessions_are_those_that_ended_last(log_of):
    # The first session goes on for longer than the second one.
    stamps = np.array([0, 9_000_000, 1_000, 2_000, 10_000_000, 10_000_001], dtype=np.int64)
    log = log_of([[1, 2], [1, 3], [4, 4]], history=2, timestamps=stamps)
    block = np.array([[0, 1]])
    scores = VSKNN(log, **SETTINGS | {"sample": 1}).raw(History(block, block, block.astype(np.float32)))[0]
    assert scores[2] > 0 and scores[3] == 0


def test_how_long_ago_a_session_ended_does_not_depend_on_the_epoch(log_of):
    stamps = np.array([0, 1_000, 3_000, 4_000], dtype=np.int64)
    for shift in (0, -10_000):
        _, ages = by_recency(session_items(log_of([[1, 2], [3], [1]], timestamps=stamps + shift)))
        np.testing.assert_allclose(ages, [1.0, 1 / 3, 0.0])


def test_many_histories_are_scored_in_parts(log_of, monkeypatch):
    sessions = np.random.default_rng(0).integers(1, 9, size=(30, 4)).tolist()
    log = log_of(sessions, history=3)
    scores = VSKNN(log, **SETTINGS)
    whole = scores(log.states())
    monkeypatch.setattr("rlbench_rec.baselines.vsknn.PAIRS", 7)
    assert np.array_equal(scores(log.states()), whole)
    assert whole.shape == (120, 8) and np.exp(whole).sum(axis=1) == pytest.approx(1.0)
