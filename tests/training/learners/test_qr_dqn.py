"""QR-DQN: quantiles of the return."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from rlbench_rec.mdp import TransitionDataset
from rlbench_rec.training import fit
from rlbench_rec.training.learners.qr_dqn import Bend, best_quantiles, qr_dqn_loss
from rlbench_rec.training.transitions import Batch


def quantiles(rows):
    """(b, 2) one-hot states -> (b, 2 quantiles, 2 actions), given by state, action and quantile."""
    table = torch.tensor(rows)
    return lambda states: torch.einsum("bs,saq->bqa", states, table)


def test_its_loss_by_hand():
    batch = Batch(
        states=torch.tensor([[1.0, 0.0]]),
        actions=torch.tensor([[1]]),
        rewards=torch.tensor([[1.0]]),
        next_states=torch.tensor([[0.0, 1.0]]),
        discounts=torch.tensor([[0.5]]),
    )
    online = quantiles([[[9.0, 9.0], [1.0, 2.5]], [[0.0, 0.0], [0.0, 0.0]]])
    target = quantiles([[[0.0, 0.0], [0.0, 0.0]], [[0.0, 4.0], [1.0, 2.0]]])
    # Means of the next state's actions 2 and 1.5: the first, so targets are 1 and 3. Levels .25 and .75.
    # theta 1: gaps 0 and 2 -> .25 (0 + 1.5) / 2; theta 2.5: gaps -1.5 (weight .25) and .5 (.75).
    expected = 0.25 * 1.5 / 2 + (0.25 * 1.0 + 0.75 * 0.125) / 2
    assert float(qr_dqn_loss([online], [target], batch, Bend(1.0))) == pytest.approx(expected)
    # Bent at 2, gaps of 2, 1.5 and .5 are squared, and halved by kappa.
    squared = (0.25 * 4.0 / 2 + 0.25 * 2.25 / 2 + 0.75 * 0.25 / 2) / 2 / 2
    assert float(qr_dqn_loss([online], [target], batch, Bend(2.0))) == pytest.approx(squared)


def test_the_best_action_has_the_largest_mean():
    values = quantiles([[[0.0, 4.0], [1.5, 2.0]], [[0.0, 3.0], [1.6, 1.6]]])
    assert best_quantiles(values, torch.eye(2)).tolist() == [[0.0, 4.0], [1.6000000238418579, 1.6000000238418579]]


def test_quantiles_of_one_decisions_rewards():
    """Action 0 pays 1, action 1 pays 0 or 3 alike: the first two quartiles of the latter are 0, the others 3."""
    rng = np.random.default_rng(0)
    actions = rng.integers(2, size=2_000)
    data = TransitionDataset(
        observations=np.ones((2_000, 1), dtype=np.float32),
        actions=actions,
        rewards=np.where(actions == 0, 1.0, 3.0 * (rng.random(2_000) < 0.5)).astype(np.float32),
        episode_starts=np.arange(2_000),
        action_count=2,
    )
    config = {"n_quantiles": 4, "kappa": 0.01, "learning_rate": 5e-3}
    run = fit(data, "qr-dqn", loop="lean", config=config, steps=400, device="cpu")
    with torch.no_grad():
        learnt = run.network().heads[0].network(torch.ones((1, 1)))[0].T.numpy() * run.reward_scale
    assert learnt[0] == pytest.approx([1.0] * 4, abs=0.1)
    assert learnt[1] == pytest.approx([0.0, 0.0, 3.0, 3.0], abs=0.2)
    assert run.q_values(np.ones((1, 1), dtype=np.float32))[0] == pytest.approx([1.0, 1.5], abs=0.1)
