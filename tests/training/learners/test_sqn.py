"""SQN: a clone that acts, on the features that Q learns too."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from rlbench_rec.testing.algorithms import toy_shop
from rlbench_rec.training import export, fit, load
from rlbench_rec.training.learners.sqn import Weights, sqn_loss
from rlbench_rec.training.transitions import Batch


def outputs(logits, q):
    """(b, 2) one-hot states -> (b, 2 outputs, 2 actions)."""
    table = torch.tensor([logits, q])
    return lambda states: torch.einsum("bs,osa->boa", states, table)


def test_its_loss_by_hand():
    batch = Batch(
        states=torch.eye(2),
        actions=torch.tensor([[1], [0]]),
        rewards=torch.tensor([[1.0], [2.0]]),
        next_states=torch.tensor([[0.0, 1.0], [0.0, 0.0]]),
        discounts=torch.tensor([[0.5], [0.0]]),
    )
    online = outputs([[0.0, 0.0], [math.log(3.0), 0.0]], [[0.0, 2.5], [1.0, 7.0]])
    target = outputs([[0.0, 0.0], [0.0, 0.0]], [[0.0, 0.0], [4.0, 2.0]])
    # The online network's best next action is 1, which the target values at 2: targets 1 + .5 * 2 and 2; Q 2.5 and 1.
    cloning = (math.log(2.0) - math.log(0.75)) / 2
    q_loss = (0.5 * 0.5**2 + 0.5 * 1.0**2) / 2
    assert float(sqn_loss([online], [target], batch, Weights(2.0))) == pytest.approx(cloning + 2.0 * q_loss)


def test_saved_and_exported_it_ranks_by_the_clone(tmp_path):
    data = toy_shop(150, history=2)
    run = fit(data, "sqn", loop="lean", steps=40, batch_size=32, device="cpu")
    states = data.states()
    logits, values = run.scores(states), run.q_values(states)
    assert logits.shape == values.shape == (len(data), 3) and not np.allclose(logits, values)
    run.save(tmp_path / "run")
    again = load(tmp_path / "run", device="cpu")
    assert np.array_equal(again.scores(states), logits) and np.array_equal(again.q_values(states), values)
    assert np.array_equal(again.q_values(states, checkpoint="best"), run.q_values(states, checkpoint="best"))
    actions, _ = torch.jit.load(export(run, tmp_path / "policy.pt", k=1))(torch.from_numpy(states))
    assert np.array_equal(actions.numpy()[:, 0], logits.argmax(axis=1))


def test_with_td_weight_0_q_is_not_learnt():
    batch = Batch(torch.eye(2), torch.tensor([[1], [0]]), torch.ones(2, 1), None, torch.zeros(2, 1))
    for weight in (0.0, 1.0):
        table = torch.zeros((2, 2, 2), requires_grad=True)
        head = lambda states, table=table: torch.einsum("bs,osa->boa", states, table)  # noqa: E731
        sqn_loss([head], [head], batch, Weights(weight)).backward()
        of_logits, of_q = table.grad.abs().sum(dim=(1, 2)).tolist()
        assert of_logits > 0 and (of_q > 0) == (weight > 0)
