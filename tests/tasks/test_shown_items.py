"""The history block of a shop's states: by hand, in logs, rollouts and the environment, and nowhere where unasked."""

from __future__ import annotations

import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env

from rlbench_rec import tasks
from rlbench_rec.errors import InputError
from rlbench_rec.events.event_types import EVENTS
from rlbench_rec.mdp.state_layout import StateLayout
from rlbench_rec.suite.reference_policies.best_known import find_reference
from rlbench_rec.tasks.rollout import play
from rlbench_rec.tasks.shown_items import add_shown, event_codes, history_block, nothing_shown

TASKS = ["recommend-v1", "recommend-myopic-v1"]


def test_items_and_what_became_of_them_by_hand():
    click, cart, purchase = np.array([[0, 1, 1, 1], [0, 0, 1, 1], [0, 0, 0, 1]], dtype=bool)
    codes = event_codes(click, cart, purchase)
    assert [EVENTS[code - 1] for code in codes] == ["impression", "click", "cart", "purchase"]
    users = nothing_shown(2, 3)
    add_shown(users, np.array([0, 5]), codes[:2])
    add_shown(users, np.array([2, 4]), codes[2:])
    # ids from 1, oldest first, padding before them; then codes; then gaps, which a shop without a clock does not know
    assert history_block(users).tolist() == [[0, 1, 3, 0, 1, 4, 0, 0, 0], [0, 6, 5, 0, 3, 7, 0, 0, 0]]


@pytest.mark.parametrize("name", TASKS)
def test_a_log_shows_what_the_rollout_showed(name):
    task = tasks.make(name, seed=3, history=4)
    data = task.log(300, seed=1)
    assert data.layout == task.layout == StateLayout(data.observations.shape[1], 4, item_count=30, event_count=7)
    assert data.acts_on_items
    assert np.array_equal(data.items, data.actions + 1)
    click, purchase = data.metrics[:, 0] > 0, data.metrics[:, 1] > 0
    assert np.array_equal(data.events >= 3, click)
    assert np.array_equal(data.events == 7, purchase)
    assert np.array_equal(data.events == 4, (data.rewards == 3.0))
    # What the policy was shown while it played is what the log's states say.
    played = list(play(task, task.behaviour, 300, 1, 0))
    states = data.states()
    for t, step in enumerate(played):
        assert np.array_equal(states[data.episode_starts[step.users] + t], step.states)
    assert data.episode_lengths.max() > 4


@pytest.mark.parametrize("name", TASKS)
def test_what_users_do_and_the_shops_own_policies_do_not_depend_on_it(name):
    plain, shows = tasks.make(name, seed=3), tasks.make(name, seed=3, history=10)
    one, other = plain.log(200), shows.log(200)
    for column in ("observations", "actions", "rewards", "propensities", "metrics", "episode_starts"):
        assert np.array_equal(getattr(one, column), getattr(other, column))
    assert plain.true_value("behaviour", 0.1) == shows.true_value("behaviour", 0.1)
    assert one.items is None and one.history == 0


def test_a_shop_that_shows_none_is_the_shop_it_was():
    plain = tasks.make("recommend-v1", 3, "judge")
    # As of the version before shops could show a history; references and true values are kept under it.
    assert plain.identity.digest == "cc34d591d1ccbe84"
    assert tasks.make("recommend-v1", 3, "judge", history=0).identity == plain.identity
    assert tasks.make("recommend-v1", 3, "judge", history=1).identity != plain.identity
    assert "history" not in plain.log(20).provenance.config["task_config"]
    assert plain.config.model_dump()["history"] == 0


def test_its_reference_is_that_of_the_shop_with_the_same_users():
    plain, shows = (tasks.make("recommend-v1", 0, "judge", history=n) for n in (0, 10))
    assert shows.reference_identity == plain.identity == plain.reference_identity
    assert find_reference(shows) == find_reference(plain)


@pytest.mark.parametrize("name", TASKS)
@pytest.mark.filterwarnings("error")
def test_the_environment_shows_it_within_its_bounds(name):
    task = tasks.make(name, history=2)
    check_env(task.env(), skip_render_check=True)
    low, high = task.observation_bounds
    assert len(low) == len(high) == task.layout.size
    states = task.log(200).states()
    assert (states >= low).all() and (states <= high).all()


@pytest.mark.parametrize("history", [-1, 101])
def test_a_length_out_of_range_is_refused(history):
    with pytest.raises(InputError, match="history"):
        tasks.make("recommend-v1", history=history)
