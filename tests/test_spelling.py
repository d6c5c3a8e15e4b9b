"""Names that were not typed as they are written."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rlbench_rec.errors import did_you_mean
from rlbench_rec.spelling import distance, nearest

LEARNERS = ["awr", "bc", "cql", "dqn", "double-dqn", "iql", "sarsa"]


@pytest.mark.parametrize(
    ("a", "b", "edits"),
    [
        ("", "", 0),
        ("", "abc", 3),
        ("dqn", "dqn", 0),
        ("dnq", "dqn", 1),
        ("estimatros", "estimators", 1),
        ("dq", "dqn", 1),
        ("dqnn", "dqn", 1),
        ("dqm", "dqn", 1),
        ("ca", "abc", 3),
        ("kitten", "sitting", 3),
    ],
)
def test_edits_counted_by_hand(a, b, edits):
    assert distance(a, b) == distance(b, a) == edits


@given(st.text("abc", max_size=6), st.integers(0, 4))
def test_neighbours_that_are_exchanged_are_one_edit(text, place):
    place = min(place, max(0, len(text) - 2))
    swapped = text[:place] + text[place : place + 2][::-1] + text[place + 2 :]
    assert distance(text, swapped) == (text != swapped)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [("dnq", "dqn"), ("DQN", "dqn"), ("ilq", "iql"), ("dubble-dqn", "double-dqn"), ("sarse", "sarsa"), ("xyz", None)],
)
def test_the_nearest_name(typed, meant):
    assert nearest(typed, LEARNERS) == meant


def test_exchanged_letters_win_over_letters_in_common():
    assert nearest("cba", ["cab", "cbxxa"]) == "cab"
    assert nearest("", LEARNERS) is None and nearest("dqn", []) is None
    assert nearest("algorit", ["algorithms", "sources"]) == "algorithms"


def test_the_question():
    assert did_you_mean("dnq", LEARNERS) == "Did you mean 'dqn'? "
    assert did_you_mean("nothing like it", LEARNERS) == ""
