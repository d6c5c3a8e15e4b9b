"""A choice among a few candidates in place of a catalogue."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from rlbench_rec import mdp
from rlbench_rec.errors import InputError
from rlbench_rec.testing.algorithms import toy_shop

ITEMS = 40


@pytest.fixture(scope="module")
def data():
    """A log of 40 items, item i shown about as often as 1 / i."""
    plain, rng = toy_shop(2_000, history=2), np.random.default_rng(0)
    weights = 1 / np.arange(1, ITEMS + 1)
    actions = rng.choice(ITEMS, size=len(plain), p=weights / weights.sum())
    items = (actions + 1).astype(np.int32)
    return replace(plain, actions=actions, items=items, action_count=ITEMS, item_count=ITEMS)


@pytest.mark.parametrize("negatives", ["popularity", "uniform"])
def test_the_logged_item_stands_in_its_slot_once(negatives, data):
    chosen = mdp.with_candidates(data, 8, negatives)
    rows = np.arange(len(data))
    assert chosen.action_count == 8 and chosen.candidates.shape == (len(data), 8)
    assert np.array_equal(chosen.candidates[rows, chosen.actions], data.items)
    for row in chosen.candidates[:200]:
        real = row[row > 0]
        assert len(set(real)) == len(real) >= 1
    # Every slot is as good as any other.
    assert np.bincount(chosen.actions, minlength=8) / len(data) == pytest.approx(np.full(8, 1 / 8), abs=0.03)
    states = chosen.states()
    assert states.shape[1] == chosen.layout.size == data.layout.size + 8
    assert np.array_equal(states[:, -8:], chosen.candidates) and np.array_equal(states[:, :-8], data.states())


def test_popular_negatives_are_as_frequent_as_in_the_training_side(data):
    train_rows = data.episode_starts[1_000]
    later = replace(data, train_episodes=1_000, items=data.items.copy(), actions=data.actions.copy())
    later.items[train_rows:], later.actions[train_rows:] = ITEMS, ITEMS - 1
    chosen = mdp.with_candidates(later, 2, "popularity")
    others = chosen.candidates[np.arange(len(data)), 1 - chosen.actions][train_rows:]
    expected = np.bincount(data.items[:train_rows], minlength=ITEMS + 1) / train_rows
    shares = np.bincount(others, minlength=ITEMS + 1) / len(others)
    assert shares[1:-1] == pytest.approx(expected[1:-1], abs=0.02)


@pytest.mark.parametrize(
    "negatives", ["popularity", "uniform", lambda states: np.tile([ITEMS, 7, 9], (len(states), 1))]
)
def test_items_outside_the_vocabulary_are_no_negatives(negatives, data):
    shop = replace(data, other_item=ITEMS, other_action=ITEMS - 1)
    chosen = mdp.with_candidates(shop, 4, negatives)
    others = (chosen.candidates == ITEMS).sum(axis=1)
    assert others.tolist() == (data.items == ITEMS).tolist() and others.sum() > 0
    assert chosen.other_action is None and chosen.layout.other_item == ITEMS


def test_a_retriever_gives_them(data):
    def retriever(states):
        return np.tile([5, 7, 0, 9], (len(states), 1))

    chosen = mdp.with_candidates(data, 4, retriever)
    row = np.flatnonzero(data.items == 7)[0]
    assert sorted(chosen.candidates[row]) == [0, 0, 5, 7]
    other = np.flatnonzero(data.items == 1)[0]
    assert sorted(chosen.candidates[other]) == [0, 1, 5, 7]


def test_the_same_seed_gives_the_same(data):
    first, again, other = (mdp.with_candidates(data, 5, seed=seed) for seed in (1, 1, 2))
    assert np.array_equal(first.candidates, again.candidates)
    assert not np.array_equal(first.candidates, other.candidates)


def test_nothing_may_be_claimed_of_values(data):
    chosen = mdp.with_candidates(data, 5)
    assert chosen.propensities is None and chosen.provenance.identification == "not-identified"
    assert chosen.provenance.config["candidates"] == 5


def test_candidates_travel_with_the_data(data, tmp_path):
    chosen = mdp.with_candidates(data, 5)
    chosen.save(tmp_path / "chosen")
    again = mdp.TransitionDataset.load(tmp_path / "chosen")
    assert np.array_equal(again.states(), chosen.states()) and again.layout == chosen.layout


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"slots": 1}, "slots: 1; at least 2"),
        ({"negatives": "hard"}, "Unknown negatives 'hard'"),
        ({"slots": 4, "negatives": lambda states: np.ones((len(states), 2))}, r"shape .* 3 or more\) is needed"),
        ({"slots": 4, "negatives": lambda states: np.full((len(states), 3), 41)}, r"Row 0 has an id outside 0\.\.40"),
    ],
)
def test_refused(options, message, data):
    with pytest.raises(InputError, match=message):
        mdp.with_candidates(data, **options)


def test_actions_that_are_no_items(data):
    with pytest.raises(InputError, match="not its items"):
        mdp.with_candidates(replace(data, item_count=50))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda c: c.__setitem__((3, slice(None)), 0), r"candidates.*took an empty slot.*row 3"),
        (lambda c: c.__setitem__((2, 0), 99), r"candidates.*outside 0\.\.40.*row 2"),
    ],
)
def test_bad_candidates(change, message, data):
    chosen = mdp.with_candidates(data, 5)
    candidates = chosen.candidates.copy()
    change(candidates)
    with pytest.raises(InputError, match=message):
        replace(chosen, candidates=candidates)
    with pytest.raises(InputError, match="Candidates take no flags"):
        replace(chosen, forbidden=np.zeros(candidates.shape, dtype=bool))
