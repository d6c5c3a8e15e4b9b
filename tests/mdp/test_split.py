"""The global time split."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rlbench_rec.errors import InputError
from rlbench_rec.mdp.split import split_by_time


def test_a_session_across_the_cutoff_is_on_neither_side():
    first = np.array([0, 10, 20, 30, 40])
    last = np.array([5, 35, 25, 31, 45])
    split = split_by_time(first, last, 0.6)
    assert split.cutoff == 30
    assert split.train.tolist() == [True, False, True, False, False]
    assert split.test.tolist() == [False, False, False, True, True]
    assert split.straddling == 1


@given(
    st.lists(st.tuples(st.integers(0, 1000), st.integers(0, 300)), min_size=2, max_size=60),
    st.floats(0.05, 0.95),
)
def test_no_training_event_is_at_or_after_any_test_event(sessions, fraction):
    sessions.sort()
    first = np.array([start for start, _ in sessions])
    last = np.array([start + length for start, length in sessions])
    try:
        split = split_by_time(first, last, fraction)
    except InputError:
        return
    assert last[split.train].max() < first[split.test].min()
    assert split.train.sum() + split.test.sum() + split.straddling == len(sessions)


def test_one_instant_cannot_be_split():
    with pytest.raises(InputError, match="train_fraction"):
        split_by_time(np.zeros(5), np.zeros(5), 0.5)
