"""Fitted Q evaluation against dynamic programming."""

from __future__ import annotations

import numpy as np
import pytest

from rlbench_rec import tasks
from rlbench_rec.errors import InputError
from rlbench_rec.mdp import TransitionDataset
from rlbench_rec.policies import Policy, Uniform
from rlbench_rec.testing.algorithms import toy_shop
from rlbench_rec.training import fqe
from rlbench_rec.training.value_models import fitted_q_evaluation as module

STATES, ACTIONS, GAMMA = 6, 4, 0.9


class Table(Policy):
    """Probabilities by the state's one-hot code."""

    name, action_count = "table", ACTIONS

    def __init__(self, table):
        self.table = table

    def probabilities(self, states):
        return self.table[states.argmax(axis=1)]


@pytest.fixture(scope="module")
def log():
    """A random tabular MDP, logged by the uniform policy, and its empirical model: all that a log can tell."""
    rng = np.random.default_rng(0)
    moves = rng.dirichlet(np.full(STATES, 0.5), size=(STATES, ACTIONS)) * 0.85
    means = rng.random((STATES, ACTIONS)) * 2
    states, actions, rewards, starts = [], [], [], []
    for _ in range(500):
        starts.append(len(states))
        state = int(rng.integers(STATES))
        while state < STATES:
            action = int(rng.integers(ACTIONS))
            states.append(state)
            actions.append(action)
            rewards.append(means[state, action] + 0.5 * rng.normal())
            state = int(np.searchsorted(np.cumsum(moves[state, action]), rng.random(), side="right"))
    data = TransitionDataset(
        observations=np.eye(STATES, dtype=np.float32)[states],
        actions=np.array(actions),
        rewards=np.array(rewards, dtype=np.float32),
        episode_starts=np.array(starts),
        action_count=ACTIONS,
        gamma=GAMMA,
    )
    states = np.array(states)
    return data, *empirical_model(data)


def empirical_model(data):
    """Mean reward (S, A) and transition rates (S, A, S) of a log of one-hot states."""
    size, states = data.layout.context, data.states().argmax(axis=1)
    counts = np.zeros((size, data.action_count))
    np.add.at(counts, (states, data.actions), 1)
    reward = np.zeros_like(counts)
    np.add.at(reward, (states, data.actions), data.rewards)
    step = np.zeros((*counts.shape, size))
    inner = np.flatnonzero(~data.terminals)
    np.add.at(step, (states[inner], data.actions[inner], states[inner + 1]), 1)
    return reward / counts, step / counts[..., None]


def _solve(reward, step, table, gamma=GAMMA):
    """Q of a policy by solving the Bellman equation."""
    chain = np.einsum("sa,sat->st", table, step)
    values = np.linalg.solve(np.eye(len(reward)) - gamma * chain, (table * reward).sum(axis=1))
    return reward + gamma * step @ values


def _tables(reward, step):
    uniform = np.full((STATES, ACTIONS), 1 / ACTIONS)
    greedy = np.eye(ACTIONS)[_solve(reward, step, uniform).argmax(axis=1)]
    return {"stochastic": np.random.default_rng(1).dirichlet(np.ones(ACTIONS), size=STATES), "greedy": greedy}


@pytest.mark.parametrize("kind", ["stochastic", "greedy"])
def test_value_is_that_of_dynamic_programming(log, kind):
    data, reward, step = log
    table = _tables(reward, step)[kind]
    exact = _solve(reward, step, table)
    learnt = fqe(data, Table(table), steps=1_000, seed=0, device="cpu")(np.eye(STATES, dtype=np.float32))
    value, exact_value = (table * learnt).sum(axis=1), (table * exact).sum(axis=1)
    # Values are about 5 to 7; the tolerance on each state's is 1 %, on their mean .5 %.
    assert value == pytest.approx(exact_value, rel=0.01)
    assert value.mean() == pytest.approx(exact_value.mean(), rel=0.005)
    assert np.sqrt(((learnt - exact) ** 2).mean()) < 0.05


def test_the_default_number_of_steps_is_near_enough(log):
    data, reward, step = log
    for table in _tables(reward, step).values():
        exact = (table * _solve(reward, step, table)).sum(axis=1)
        value = (table * fqe(data, Table(table), device="cpu")(np.eye(STATES, dtype=np.float32))).sum(axis=1)
        assert value == pytest.approx(exact, rel=0.02)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["random", "careless", "farsighted-greedy"])
def test_on_the_tabular_shop_it_is_within_a_hundredth_of_what_the_log_can_tell(name):
    task = tasks.make("tabular-v1")
    data, policy = task.log(episodes=20_000, policy=task.behaviour, seed=1), task.target_policies()[name]
    every = np.eye(data.layout.context, dtype=np.float32)
    table = policy.probabilities(every)
    exact = (table * _solve(*empirical_model(data), table)).sum(axis=1)
    value = (table * fqe(data, policy, steps=4_000, batch_size=1_024, device="cpu")(every)).sum(axis=1)
    starts = data.states(data.episode_starts).argmax(axis=1)
    assert value[starts].mean() == pytest.approx(exact[starts].mean(), abs=0.01)


def test_without_discounting_ahead_it_is_the_mean_reward(log):
    data, reward, _ = log
    learnt = fqe(data, Uniform(ACTIONS), gamma=0.0, device="cpu")(np.eye(STATES, dtype=np.float32))
    assert learnt == pytest.approx(reward, abs=0.03)


def test_the_scale_of_rewards_does_not_matter(log):
    data, *_ = log
    loud = TransitionDataset(
        data.observations, data.actions, data.rewards * 512, data.episode_starts, ACTIONS, gamma=GAMMA
    )
    states = np.eye(STATES, dtype=np.float32)
    plain, scaled = (fqe(d, Uniform(ACTIONS), steps=50, device="cpu")(states) for d in (data, loud))
    assert scaled == pytest.approx(512 * plain, rel=1e-4)


def test_same_seed_same_bits_and_chosen_rows_alone(log):
    data, *_ = log
    states, half = np.eye(STATES, dtype=np.float32), np.arange(data.episode_starts[250])
    learn = {"steps": 60, "device": "cpu", "rows": half}
    first, again = (fqe(data, Uniform(ACTIONS), **learn)(states) for _ in range(2))
    assert np.array_equal(first, again)
    blind = TransitionDataset(
        data.observations,
        data.actions,
        np.where(np.arange(len(data)) < len(half), data.rewards, 99).astype(np.float32),
        data.episode_starts,
        ACTIONS,
        gamma=GAMMA,
    )
    assert np.array_equal(fqe(blind, Uniform(ACTIONS), **learn)(states), first)


def test_probabilities_computed_batch_by_batch_are_the_same(log, monkeypatch):
    data, *_ = log
    states = np.eye(STATES, dtype=np.float32)
    kept = fqe(data, Uniform(ACTIONS), steps=20, device="cpu")(states)
    monkeypatch.setattr(module, "MAX_CELLS", 10)
    assert np.array_equal(fqe(data, Uniform(ACTIONS), steps=20, device="cpu")(states), kept)


def test_states_with_a_history():
    data = toy_shop(200, history=2)
    q = fqe(data, Uniform(3), steps=300, device="cpu")
    # Under the uniform policy: cart (3 + 0 + 1) / 3, browsing (1 + 0 + .9 * 4/3) / 3, start (1 + .9 * .7333) / 3.
    values = q(data.states()).mean(axis=1)
    where = data.observations.argmax(axis=1)
    assert values[where == 0].mean() == pytest.approx((1 + 0.9 * (1 + 0.9 * 4 / 3) / 3) / 3, abs=0.1)


@pytest.mark.parametrize("options", [{"steps": 0}, {"batch_size": 0}, {"gamma": 1.5}])
def test_refused_numbers(log, options):
    with pytest.raises(InputError, match="out of range"):
        fqe(log[0], Uniform(ACTIONS), device="cpu", **options)


def test_a_policy_over_other_actions(log):
    with pytest.raises(InputError, match="has 5 actions, the log 4"):
        fqe(log[0], Uniform(5), device="cpu")


def test_a_diverging_loss(log):
    data, *_ = log
    with pytest.raises(InputError, match=r"loss is (nan|inf)"):
        fqe(data, Uniform(ACTIONS), steps=30, learning_rate=1e18, device="cpu")
