"""media-v1: titles worked by hand, shares of the right mean, and goodwill that brings people back."""

from __future__ import annotations

import numpy as np
import pytest

from rlbench_rec import tasks
from rlbench_rec.errors import InputError

TWO = {"items": 2, "categories": 1, "hook_spread": 0.0, "bait": 1.0, "length_spread": 0.0}


@pytest.fixture(scope="module")
def task():
    return tasks.make("media-v1", seed=4)


@pytest.fixture
def two(scripted):
    """Two titles of worth 1 and -1, both of the user's genre; uniform numbers -> (simulator, good, bad)."""
    task = tasks.make("media-v1", **TWO)
    assert sorted(task.worth) == pytest.approx([-1, 1])

    def begin(*uniforms):
        good = int(task.worth.argmax())
        return scripted(task.simulator(1, seed=0), [0.5], *uniforms), np.array([good]), np.array([1 - good])

    return begin


def test_two_titles_by_hand(two):
    # Draws: share, go on, return. phi = s(-.5 + .8) = .5744, y = .5^exp(-.3) = .5984, w = .4 * .5984 = .2394;
    # P(go on) = s(2 + .0984) = .8907. Then phi = s(-.5 + .8 - .5) = .4502, y = .5^exp(.2) = .4289,
    # w = .9 * .2394 - .4 * .4289 = .0439; P(go on) = s(2 - .0711 - .2) = .8492; P(return) = s(.5658) = .6378.
    simulator, good, bad = two([0.5, 0.890, 0.9], [0.5, 0.850, 0.637])
    first = simulator.step(good)
    assert first.rewards == pytest.approx([0.59840], abs=1e-5)
    assert first.metrics == pytest.approx(np.array([[1, 4 * 0.59840, 0, 1, 0.59840]]), abs=1e-4)
    assert first.states == pytest.approx(np.array([[1, 1, 0.23936 / 2, 0.1, 1 / 60]]), abs=1e-5)
    second = simulator.step(bad)
    assert second.rewards == pytest.approx([0.42887], abs=1e-5)
    assert second.metrics == pytest.approx(np.array([[0, 4 * 0.42887, 1, 0, -0.42887]]), abs=1e-4)
    # After the night: satiation (.8 + 1) .3.
    assert second.states == pytest.approx(np.array([[1, 0.54, 0.04388 / 2, 0, 2 / 60]]), abs=1e-5)
    assert not second.terminated[0]


@pytest.mark.parametrize(
    ("uniforms", "today", "returned", "leaves"),
    [
        ([0.5, 0.890, 0.99], 0.1, 0, False),
        ([0.5, 0.892, 0.702], 0.0, 1, False),  # P(return) = s(.5 + 1.5 * .2394) = .7025
        ([0.5, 0.892, 0.703], 0.0, 0, True),
    ],
)
def test_the_end_of_the_day_by_hand(two, uniforms, today, returned, leaves):
    simulator, good, _ = two(uniforms)
    step = simulator.step(good)
    assert step.states[0, 3] == pytest.approx(today)
    assert (step.metrics[0, 2], step.terminated[0]) == (returned, leaves)


def test_the_share_watched_has_its_mean(task):
    users = 60_000
    simulator = task.simulator(users, seed=1)
    expected = task.expected_reward(simulator.reset())[:, 3]
    earned = simulator.step(np.full(users, 3)).rewards
    assert abs(earned.mean() - expected.mean()) < 4 * earned.std() / np.sqrt(users)


def test_every_state_keeps_to_its_bounds_and_nobody_watches_more_than_all(task, play_at_random):
    low, high = task.observation_bounds
    for _, step in play_at_random(task.simulator(500, seed=3)):
        assert (step.states >= low).all()
        assert (step.states <= high).all()
        assert (step.rewards >= 0).all()
        assert (step.rewards <= task.length.max()).all()


def test_goodwill_brings_people_back(task):
    goodwill = np.linspace(-2, 2, 9)
    assert (np.diff(task.return_chance(goodwill)) > 0).all()
    assert abs(task.goodwill_after(np.array([2.0, -2.0]), task.worth.argmax(), np.ones(2))).max() <= 2


def test_looking_ahead_pays_by_bringing_people_back():
    task = tasks.make("media-v1", 40, variant="judge")
    policies = task.target_policies()
    ours = task.true_value(policies["farsighted-greedy"], relative_error=0.01)
    for name in ("myopic-greedy", "myopic-firm", "myopic-mild"):
        other = task.true_value(policies[name], relative_error=0.01)
        assert ours.value - other.value > 4 * np.hypot(ours.std_error, other.std_error)
        assert ours.metrics["returned"][0] > other.metrics["returned"][0]


@pytest.mark.parametrize("config", [{"categories": 25}, {"bait": 1.5}, {"length": 0.0}, {"night_decay": 1.1}])
def test_config_out_of_range_is_refused(config):
    with pytest.raises(InputError, match=next(iter(config))):
        tasks.make("media-v1", **config)
