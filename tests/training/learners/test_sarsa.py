"""SARSA learns Q of the behaviour policy."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from rlbench_rec import tasks
from rlbench_rec.mdp import TransitionDataset
from rlbench_rec.training import fit
from rlbench_rec.training.learners.sarsa import sarsa_loss
from rlbench_rec.training.transitions import Batch, Transitions


def table(rows):
    """A Q function of one-hot states."""
    values = torch.tensor(rows)
    return lambda states: states @ values


def test_its_loss_by_hand():
    batch = Batch(
        states=torch.eye(2),
        actions=torch.tensor([[1], [0]]),
        rewards=torch.tensor([[1.0], [2.0]]),
        next_states=torch.tensor([[0.0, 1.0], [0.0, 0.0]]),
        discounts=torch.tensor([[0.5], [0.0]]),
        next_actions=torch.tensor([[0], [0]]),
    )
    online, target = table([[0.0, 3.0], [1.0, 0.0]]), table([[9.0, 9.0], [4.0, 8.0]])
    # Targets 1 + .5 * 4 (not 8, the best) and 2; Q 3 and 1.
    assert float(sarsa_loss([online], [target], batch, ())) == pytest.approx((0.0 + 1.0) / 2)


def test_next_actions_are_the_logs_own():
    data = _log(np.array([2, 1, 0, 1, 2]), np.array([0, 3]), 3)
    transitions = Transitions(data, "cpu", gamma=0.9)
    batch = transitions.batch(torch.arange(5), ("next_actions",))
    alive = batch.discounts[:, 0] > 0
    assert alive.tolist() == [True, True, False, True, False]
    assert batch.next_actions[alive, 0].tolist() == [1, 0, 2]
    assert transitions.batch(torch.arange(5)).next_actions is None
    of_two = Transitions(data, "cpu", n_steps=2, gamma=0.9).batch(torch.arange(5), ("next_actions",))
    assert of_two.next_actions[of_two.discounts[:, 0] > 0, 0].tolist() == [0]


def _log(actions, starts, count):
    n = len(actions)
    return TransitionDataset(
        observations=np.ones((n, 1), dtype=np.float32),
        actions=actions,
        rewards=np.zeros(n, dtype=np.float32),
        episode_starts=starts,
        action_count=count,
    )


def test_its_values_are_those_of_the_tabular_shops_behaviour_policy():
    """Against dynamic programming on the log's own empirical model."""
    task = tasks.make("tabular-v1")
    data = task.log(episodes=2_000, policy=task.behaviour, seed=1)
    config = {"target_update_interval": 50}
    run = fit(data, "sarsa", loop="lean", steps=1_000, batch_size=512, config=config, device="cpu")
    every = np.eye(data.layout.context, dtype=np.float32)
    exact = empirical_q(data)
    seen = np.zeros(exact.shape)
    np.add.at(seen, (data.observations.argmax(axis=1), data.actions), 1.0)
    error = np.sqrt(np.average((run.q_values(every) - exact) ** 2, weights=seen))
    spread = np.sqrt(np.average((exact - np.average(exact, weights=seen)) ** 2, weights=seen))
    assert error < 0.2 * spread
    first = data.observations.argmax(axis=1)[data.episode_starts], data.actions[data.episode_starts]
    assert run.q_values(every)[first].mean() == pytest.approx(exact[first].mean(), abs=0.03)


def empirical_q(data):
    """Q of the behaviour policy in the log's own empirical model: the mean return to go, pair by pair, is a noisier
    answer to the same question."""
    states, n, actions = data.observations.argmax(axis=1), data.layout.context, data.action_count
    pair = states * actions + data.actions
    counts = np.bincount(pair, minlength=n * actions)
    rewards = np.bincount(pair, weights=data.rewards, minlength=n * actions)
    going = np.flatnonzero(~data.terminals)
    moves = np.zeros((n * actions, n * actions))
    np.add.at(moves, (pair[going], pair[going + 1]), 1.0)
    share = 1.0 / np.maximum(counts, 1)
    q = np.linalg.solve(np.eye(n * actions) - data.gamma * moves * share[:, None], rewards * share)
    return q.reshape(n, actions)
