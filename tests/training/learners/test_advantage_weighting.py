"""IQL and AWR: values of logged actions alone, and a clone that leans towards the better ones."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from rlbench_rec.testing.algorithms import toy_shop
from rlbench_rec.training import fit, load
from rlbench_rec.training.learners.advantage_weighting import Weighting, expectile_loss, weighted_cloning
from rlbench_rec.training.learners.awr import awr_loss
from rlbench_rec.training.learners.iql import iql_loss
from rlbench_rec.training.transitions import Batch


def table(rows):
    values = torch.tensor(rows)
    return lambda states: states @ values


BATCH = Batch(
    states=torch.eye(2),
    actions=torch.tensor([[1], [0]]),
    rewards=torch.tensor([[1.0], [2.0]]),
    next_states=torch.tensor([[0.0, 1.0], [0.0, 0.0]]),
    discounts=torch.tensor([[0.5], [0.0]]),
    next_actions=torch.tensor([[0], [0]]),
)
Q, TARGET, V = [[0.0, 3.0], [1.0, 0.0]], [[9.0, 5.0], [4.0, 8.0]], [[4.0], [6.0]]
LOGITS = [[0.0, 0.0], [math.log(3.0), 0.0]]
WEIGHTING = Weighting(beta=math.log(2.0), clip=3.0, expectile=0.7)


def test_expectiles_by_hand():
    gaps = torch.tensor([[2.0], [-1.0]])
    assert float(expectile_loss(gaps, 0.7)) == pytest.approx((0.7 * 4 + 0.3 * 1) / 2)
    values = torch.tensor([0.0, 0.0, 0.0, 1.0])
    grid = torch.linspace(0.0, 1.0, 1_001)
    least = [expectile_loss(values - v, 0.9) for v in grid]
    # .9 (1 - v) = .1 * 3 v
    assert float(grid[int(torch.stack(least).argmin())]) == pytest.approx(0.75, abs=1e-3)


def test_rows_weigh_by_their_advantage_up_to_the_clip():
    logits = torch.tensor([[0.0, 0.0], [0.0, 0.0], [0.0, 0.0]], requires_grad=True)
    advantages = torch.tensor([[1.0], [-1.0], [9.0]], requires_grad=True)
    loss = weighted_cloning(logits, torch.zeros((3, 1), dtype=torch.int64), advantages, WEIGHTING)
    assert float(loss.detach()) == pytest.approx(math.log(2.0) * (2.0 + 0.5 + 3.0) / 3)
    loss.backward()
    assert advantages.grad is None


def test_the_loss_of_iql_by_hand():
    # Target Q of the logged actions 5 and 4, V 4 and 6: advantages 1 and -2. Q's own: 3 and 1; its targets 1 + .5 * 6
    # and 2.
    expected = (0.7 * 1 + 0.3 * 4) / 2 + (1.0 + 1.0) / 2 + (2.0 * math.log(2.0) - 0.25 * math.log(0.75)) / 2
    heads = [table(Q), table(V), table(LOGITS)]
    assert float(iql_loss(heads, [table(TARGET)], BATCH, WEIGHTING)) == pytest.approx(expected)


def test_the_loss_of_awr_by_hand():
    # Q of the logged actions 3 and 1, V 4 and 6: advantages -1 and -5; targets 1 + .5 * 4 and 2.
    weighting = WEIGHTING._replace(expectile=0.5)
    expected = (0.0 + 1.0) / 2 + 0.5 * (1.0 + 25.0) / 2 + (0.5 * math.log(2.0) - math.log(0.75) / 32) / 2
    heads = [table(Q), table(V), table(LOGITS)]
    assert float(awr_loss(heads, [table(TARGET)], BATCH, weighting)) == pytest.approx(expected)


@pytest.mark.parametrize("loss", [iql_loss, awr_loss])
def test_each_network_is_moved_by_its_own_loss_alone(loss):
    """The gradient of the sum in Q's weights is that of Q's loss, whatever the policy and V are like, and so on."""

    def gradients(q, v, logits):
        weights = [torch.tensor(rows, requires_grad=True) for rows in (q, v, logits)]
        heads = [lambda states, w=w: states @ w for w in weights]
        loss(heads, [table(TARGET)], BATCH, WEIGHTING).backward()
        return [w.grad for w in weights]

    first = gradients(Q, V, LOGITS)
    assert torch.equal(gradients(Q, V, [[5.0, 0.0], [0.0, 1.0]])[0], first[0])
    assert torch.equal(gradients(Q, V, [[5.0, 0.0], [0.0, 1.0]])[1], first[1])
    if loss is iql_loss:
        assert torch.equal(gradients([[1.0, 1.0], [1.0, 1.0]], V, LOGITS)[2], first[2])


@pytest.fixture(scope="module")
def data():
    return toy_shop(150, history=2)


def test_at_beta_0_the_policy_clones():
    logits, actions = torch.randn(8, 3), torch.arange(8).unsqueeze(1) % 3
    loss = weighted_cloning(logits, actions, torch.randn(8, 1), WEIGHTING._replace(beta=0.0))
    assert float(loss) == pytest.approx(float(torch.nn.functional.cross_entropy(logits, actions[:, 0])))


@pytest.mark.parametrize("algorithm", ["iql", "awr"])
def test_policies_are_of_the_logits_and_values_of_q(algorithm, data, tmp_path):
    run = fit(data, algorithm, steps=30, batch_size=32, device="cpu")
    states = data.states()
    logits, values = run.scores(states), run.q_values(states)
    assert not np.allclose(logits, values)
    assert np.array_equal(run.policy("greedy").act(states), logits.argmax(axis=1))
    assert run.forms[:2] == ("stochastic", "greedy")
    assert np.array_equal(run.policy("tilted", temperature=1.0).q(states), values)
    assert run.history["td_error"].notna().all() and run.history["log_loss"].isna().all()
    run.save(tmp_path / "run")
    again = load(tmp_path / "run", device="cpu")
    assert np.array_equal(again.scores(states), logits) and np.array_equal(again.q_values(states), values)


@pytest.mark.parametrize("algorithm", ["iql", "awr"])
def test_the_learning_curve_takes_states_to_be_worth_what_the_targets_do(algorithm, data):
    """V of iql, and of awr Q of the action that the log took: not the best of Q, which neither ever looks at."""
    run = fit(data, algorithm, steps=30, batch_size=32, validation=0.2, device="cpu")
    held = data.episodes(120, 150)
    states = torch.from_numpy(held.states())
    network = run.network()
    with torch.no_grad():
        worth = (
            network.state_value(states)[:, 0]
            if algorithm == "iql"
            else network.q(states)[range(len(held)), held.actions]
        )
    expected = float(worth.mean()) * run.reward_scale
    assert run.history["mean_q"].iloc[-1] == pytest.approx(expected, rel=1e-5)


def test_values_of_an_actor_critic_are_in_the_logs_units(data):
    from dataclasses import replace

    loud = replace(data, rewards=data.rewards * np.float32(512))
    options = {"steps": 30, "batch_size": 32, "device": "cpu"}
    plain, scaled = (fit(one, "iql", **options) for one in (data, loud))
    states = data.states()
    assert scaled.q_values(states) == pytest.approx(512 * plain.q_values(states), rel=1e-3, abs=0.1)
    assert scaled.scores(states) == pytest.approx(plain.scores(states), abs=1e-4)
