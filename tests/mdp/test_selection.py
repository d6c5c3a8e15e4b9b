"""Choosing episodes, against a loop over them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from rlbench_rec.errors import InputError
from rlbench_rec.mdp import TransitionDataset
from rlbench_rec.mdp.selection import decisions
from rlbench_rec.mdp.validate import EVENT_COLUMNS, PER_ROW


def log(seed: int, *, other_events: bool = True, episodes: int = 12) -> TransitionDataset:
    """Random sessions of four users; some of their events are no decisions."""
    rng = np.random.default_rng(seed)
    lengths = rng.integers(1, 5, episodes)
    starts, rows = np.cumsum(lengths) - lengths, int(lengths.sum())
    gaps_between = rng.integers(1, 3, rows) if other_events else np.ones(rows, dtype=np.int64)
    event_rows = np.cumsum(gaps_between) - 1
    events = int(event_rows[-1]) + (3 if other_events else 1)
    event_starts = np.append(0, event_rows[starts[1:] - 1] + 1)
    users = rng.integers(0, 4, episodes)
    train, following = 8, np.full(episodes, -1)
    for number in range(episodes):
        later = [
            n for n in range(number + 1, episodes) if users[n] == users[number] and (n < train) == (number < train)
        ]
        following[number] = later[0] if later else -1
    return TransitionDataset(
        observations=rng.normal(size=(rows, 2)).astype(np.float32),
        actions=rng.integers(0, 3, rows),
        rewards=rng.normal(size=rows).astype(np.float32),
        episode_starts=starts,
        action_count=3,
        gamma=0.5,
        items=rng.integers(1, 4, events).astype(np.int32),
        events=rng.integers(1, 8, events).astype(np.int8),
        gaps=rng.integers(0, 90, events).astype(np.float32),
        event_rows=event_rows if other_events else None,
        event_starts=event_starts if other_events else None,
        history=3,
        item_count=3,
        event_count=7,
        metrics=rng.normal(size=(rows, 1)).astype(np.float32),
        metric_names=("CTR",),
        clusters=users,
        next_episodes=following,
        timestamps=np.arange(rows),
        train_episodes=train,
    )


def looped(data, numbers):
    """What the chosen episodes are, an episode at a time."""
    numbers = [n for n in numbers if n < data.train_episodes] + [n for n in numbers if n >= data.train_episodes]
    parts = [data.episodes(n, n + 1) for n in numbers]
    following = [numbers.index(data.next_episodes[n]) if data.next_episodes[n] in numbers else -1 for n in numbers]
    return parts, following, sum(n < data.train_episodes for n in numbers)


@pytest.mark.parametrize("other_events", [True, False])
@pytest.mark.parametrize("seed", range(5))
def test_chosen_episodes_are_those_of_a_loop(seed, other_events):
    data = log(seed, other_events=other_events)
    numbers = np.random.default_rng(seed).integers(0, data.n_episodes, 20).tolist()
    parts, following, train = looped(data, numbers)
    chosen = data.select(numbers)
    assert chosen.n_episodes == 20 and chosen.train_episodes == train
    assert chosen.episode_lengths.tolist() == [len(part) for part in parts]
    for column in (*PER_ROW, *EVENT_COLUMNS, "clusters"):
        if getattr(data, column) is None:
            continue
        expected = np.concatenate([getattr(part, column) for part in parts])
        np.testing.assert_array_equal(getattr(chosen, column), expected, err_msg=column)
    np.testing.assert_array_equal(chosen.states(), np.concatenate([part.states() for part in parts]))
    assert chosen.next_episodes.tolist() == following
    assert chosen.provenance.split_hash != data.provenance.split_hash


def test_a_mask_keeps_the_order_and_all_of_them_everything():
    data = log(0)
    mask = np.arange(data.n_episodes) % 2 == 0
    np.testing.assert_array_equal(data.select(mask).states(), data.select(np.flatnonzero(mask)).states())
    whole = data.select(np.ones(data.n_episodes, dtype=bool))
    np.testing.assert_array_equal(whole.states(), data.states())
    np.testing.assert_array_equal(whole.next_episodes, data.next_episodes)
    train, test = data.select(mask).split()
    assert train.n_episodes == 4 and test.n_episodes == 2


def test_the_split_stays_whatever_the_order():
    data = log(1)
    train, test = data.select([11, 2, 8, 0, 2]).split()
    assert train.observations[0].tolist() == data.observations[data.episode_starts[2]].tolist()
    assert (train.n_episodes, test.n_episodes) == (3, 2)
    assert test.timestamps.min() >= data.episode_starts[8] > train.timestamps.max()


def test_copies_of_an_episode_are_one_user():
    data = replace(log(2), clusters=None, next_episodes=None)
    assert data.select([3, 4]).clusters is None
    assert data.select([3, 4, 3]).user_codes()[0].tolist() == [0, 1, 0]


def test_a_part_of_the_log_keeps_the_history_of_its_own_events():
    data = log(3)
    part = data.episodes(4, 9)
    begin, end = data.episode_starts[4], data.episode_ends[8]
    np.testing.assert_array_equal(part.states(), data.states()[begin:end])
    assert part.event_starts[0] == 0 and part.train_episodes == 4
    assert ((part.next_episodes >= -1) & (part.next_episodes < 5)).all()


@pytest.mark.parametrize(
    ("chosen", "match"),
    [
        ([], "No episode is chosen"),
        (np.zeros(12, dtype=bool), "No episode is chosen"),
        (np.ones(11, dtype=bool), "mask has 11 values for 12 episodes"),
        ([0, 12], "no episode 12: they are 0 to 11"),
        ([-1], "no episode -1"),
        ([0.0, 1.0], r"whole numbers or by a mask, not by values like '0\.0'"),
        (["a"], "not by values like 'a'"),
        (np.zeros((2, 2), dtype=int), "has 2 dimensions, not one"),
        (np.zeros(3, dtype=bool), "has 3 values for 12 episodes"),
    ],
)
def test_what_chooses_nothing_is_refused(chosen, match):
    with pytest.raises(InputError, match=match):
        log(0).select(chosen)


@pytest.mark.parametrize(
    ("change", "match"),
    [
        ({"event_starts": None}, "come together"),
        ({"items": None}, "items, events and gaps"),
        ({"event_rows": lambda rows: rows[::-1].copy()}, "event_rows"),
        ({"event_rows": lambda rows: rows + 99}, "The last row is event"),
        ({"event_starts": lambda starts: starts + 1}, "start at event 0"),
        ({"event_starts": lambda starts: np.append(starts[:-1], starts[-2])}, "not between two episodes"),
        ({"next_episodes": lambda later: np.full_like(later, 99)}, "not another episode"),
        ({"next_episodes": lambda later: np.full_like(later, 11) - (np.arange(12) == 11) * 12}, "other side"),
        ({"events": lambda events: events[:-1]}, "entries"),
    ],
)
def test_columns_that_do_not_fit_are_refused(change, match):
    data = log(4)
    with pytest.raises(InputError, match=match):
        replace(data, **{name: make and make(getattr(data, name)) for name, make in change.items()})


def test_a_dataset_with_other_events_is_saved_as_format_3(tmp_path):
    data = log(5)
    data.save(tmp_path / "new")
    assert '"format": 3' in (tmp_path / "new" / "dataset.json").read_text()
    loaded = TransitionDataset.load(tmp_path / "new")
    np.testing.assert_array_equal(loaded.states(), data.states())
    np.testing.assert_array_equal(loaded.next_episodes, data.next_episodes)
    old = replace(log(5, other_events=False), next_episodes=None)
    old.save(tmp_path / "old")
    assert '"format": 2' in (tmp_path / "old" / "dataset.json").read_text()


@pytest.mark.parametrize("other_events", [True, False])
@pytest.mark.parametrize("seed", range(4))
def test_chosen_decisions_see_the_histories_that_they_saw(seed, other_events):
    data = log(seed, other_events=other_events)
    chosen = np.random.default_rng(seed).random(len(data)) < 0.4
    chosen[:2] = False, True
    part = decisions(data, chosen)
    assert np.array_equal(part.states(), data.states()[chosen])
    for name in ("actions", "rewards", "metrics", "timestamps"):
        assert np.array_equal(getattr(part, name), getattr(data, name)[chosen])
    episode = np.repeat(np.arange(data.n_episodes), data.episode_lengths)[chosen]
    kept, starts = np.unique(episode, return_index=True)
    assert np.array_equal(part.episode_starts, starts) and np.array_equal(part.clusters, data.clusters[kept])
    assert part.train_episodes == (kept < data.train_episodes).sum()


def test_decisions_of_a_log_without_items():
    data = replace(log(0, other_events=False), history=0, items=None, events=None, gaps=None)
    part = decisions(data, data.actions == 1)
    assert (part.actions == 1).all() and part.items is None
