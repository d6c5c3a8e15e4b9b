"""Dynamic programming on the log's own model."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from rlbench_rec import tasks
from rlbench_rec.errors import InputError
from rlbench_rec.testing.algorithms import toy_shop
from rlbench_rec.training import fit, load


def table(data, **config):
    return fit(data, "q-table", steps=1, batch_size=1, validation=0, config=config, device="cpu")


def states_of(data) -> np.ndarray:
    """(3, state size) one state each of start, browsing and cart."""
    where = data.observations.argmax(axis=1)
    return data.states()[[int(np.argmax(where == s)) for s in range(3)]]


def test_the_toy_shop_by_hand():
    data = toy_shop()
    expected = [[1, 2.43, 0], [1, 0, 2.7], [3, 0, 1]]
    np.testing.assert_allclose(table(data).q_values(states_of(data)), expected, rtol=1e-6, atol=1e-6)
    myopic = table(data, gamma=0.0).q_values(states_of(data))
    np.testing.assert_allclose(myopic, [[1, 0, 0], [1, 0, 0], [3, 0, 1]], atol=1e-6)


def test_rewards_and_ways_on_are_means_of_the_log():
    """From state 0 action 0 earned 1 and 2, and led once to state 1 (worth 8) and once to the end."""
    data = replace(
        toy_shop(2),
        observations=np.eye(3, dtype=np.float32)[[0, 1, 0]],
        actions=np.array([0, 1, 0]),
        rewards=np.array([1, 8, 2], dtype=np.float32),
        episode_starts=np.array([0, 2]),
        gamma=0.5,
        history=0,
        propensities=None,
        items=None,
        events=None,
        gaps=None,
        item_count=0,
        event_count=0,
        train_episodes=2,
    )
    values = table(data).q_values(np.eye(3, dtype=np.float32))
    assert values[0].tolist() == [1.5 + 0.5 * 0.5 * 8, -np.inf, -np.inf], "what was never taken is never taken"
    assert values[1].tolist() == [-np.inf, 8, -np.inf]
    assert values[2].tolist() == [2, 2, 2], "a state that is not in the log: the least that was earned from one on"
    careful = table(data, unseen="pessimistic").q_values(np.eye(3, dtype=np.float32))
    assert careful[0].tolist() == [3.5, 2, 2]


@pytest.mark.parametrize(("form", "given"), [("greedy", {}), ("softmax", {"tau": 0.3})])
def test_where_the_log_only_took_what_cannot_be_shown_a_policy_shows_something(form, given):
    data = replace(toy_shop(20), other_action=2)
    states = states_of(data)
    only_other = np.where((data.observations == states[0, :3]).all(axis=1), 2, data.actions)
    run = table(replace(data, actions=only_other, propensities=None))
    shown = run.policy(form, **given).probabilities(states)
    assert np.isfinite(shown).all() and shown[:, 2].tolist() == [0, 0, 0]
    np.testing.assert_allclose(shown.sum(axis=1), 1)


def test_the_truth_of_a_tabular_shop():
    task = tasks.make("tabular-v1", seed=2)
    data = task.log(5_000)
    run = table(data, learning_rate=1.0)
    exact = task.optimal_values()
    assert np.abs(run.q_values(task.one_hot) - exact).max() < 0.15 * exact.max()
    best = float(task.start @ exact.max(axis=1))
    assert task.true_value(run.policy("greedy")).value > 0.97 * best
    assert task.true_value("behaviour").value < 0.9 * best, "else it shows little"


def test_saved_and_read_back(tmp_path):
    data = toy_shop(history=2)
    run = fit(data, "q-table", steps=5, batch_size=8, device="cpu")
    run.save(tmp_path / "run")
    again = load(tmp_path / "run", device="cpu")
    np.testing.assert_array_equal(again.q_values(data.states()), run.q_values(data.states()))
    assert np.isfinite(run.history["td_error"]).all() and run.history["unexplained"].max() < 1


def test_held_out_rows_of_unseen_actions_do_not_drown_the_rest():
    data = toy_shop(20)
    run = fit(data, "q-table", steps=1, batch_size=1, validation=0.5, device="cpu")
    assert run.history["td_error"].max() < 10


def test_steps_batches_and_seeds_do_not_matter():
    data = toy_shop(100)
    one = fit(data, "q-table", steps=1, batch_size=1, seed=1, device="cpu")
    other = fit(data, "q-table", steps=30, batch_size=64, seed=2, encoder="mlp", device="cpu")
    np.testing.assert_array_equal(one.q_values(data.states()), other.q_values(data.states()))


def test_negative_zero_is_zero():
    data = toy_shop(50)
    flipped = states_of(data)
    flipped[flipped == 0] = -0.0
    run = table(data)
    np.testing.assert_array_equal(run.q_values(flipped), run.q_values(states_of(data)))


def test_too_many_states_are_refused_in_a_line():
    with pytest.raises(InputError, match=r"3 distinct states in \d+ rows; a table holds 2"):
        table(toy_shop(50), most_states=2)


def test_a_circle_that_pays_without_a_discount_is_refused():
    """State 0 leads to itself again and again, and the log's model of where it ends is one action, the other's a
    circle."""
    rows = 4
    data = replace(
        toy_shop(2),
        observations=np.eye(3, dtype=np.float32)[[0] * rows],
        actions=np.array([0, 0, 0, 1]),
        rewards=np.ones(rows, dtype=np.float32),
        episode_starts=np.array([0]),
        gamma=1.0,
        history=0,
        items=None,
        events=None,
        gaps=None,
        item_count=0,
        event_count=0,
        propensities=None,
        train_episodes=1,
    )
    with pytest.raises(InputError, match="still move"):
        table(data)


def test_other_loops_refuse_it_in_a_line():
    with pytest.raises(InputError, match=r"lean loop has no loss for QTable.*Use tensor"):
        fit(toy_shop(50), "q-table", steps=1, batch_size=1, loop="lean")
    with pytest.raises(InputError, match="n_steps"):
        table(toy_shop(50), n_steps=2)
