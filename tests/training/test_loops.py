"""Both loops do the same updates; the tensors show the same transitions as the dataset."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from rlbench_rec.errors import InputError
from rlbench_rec.testing.algorithms import toy_shop
from rlbench_rec.training import loops
from rlbench_rec.training.algorithms import make_config
from rlbench_rec.training.device import seeded
from rlbench_rec.training.fitting import create
from rlbench_rec.training.networks import ScoreNetwork, score
from rlbench_rec.training.transitions import Transitions

BATCH = 16


def _algo(data, algorithm):
    config = make_config(algorithm, {"target_update_interval": 50} if algorithm != "bc" else None, data.gamma)
    with seeded(3, "cpu"):
        algo = create(config, "mlp", data.layout, data.action_count, BATCH, "cpu")
    return algo, ScoreNetwork.of(config.heads(algo.impl))


def _rows_that_stock_draws(n, steps, seed):
    random = np.random.RandomState(seed)
    return iter([torch.tensor([random.randint(n) for _ in range(BATCH)]) for _ in range(steps)])


@pytest.mark.parametrize("algorithm", ["dqn", "double-dqn", "cql", "bc"])
def test_tensor_loop_is_stock_to_the_bit_on_the_same_batches(algorithm):
    data, steps = toy_shop(200, history=2), 300
    states = data.states()
    losses, scores = {}, {}
    for name in ("stock", "tensor"):
        algo, network = _algo(data, algorithm)
        fed = {"rows": _rows_that_stock_draws(len(data), steps, seed=5)} if name == "tensor" else {}
        advance = getattr(loops, name)(algo, data, BATCH, 5, "cpu", **fed)
        losses[name] = [advance(1) for _ in range(steps)]
        scores[name] = score(network, states)
    assert losses["tensor"] == losses["stock"]
    assert np.array_equal(scores["tensor"], scores["stock"])
    assert losses["stock"][-1] != losses["stock"][0]


def test_stock_drops_no_steps_and_leaves_numpys_generator_alone(monkeypatch):
    monkeypatch.setattr(loops, "EPOCH", 8)
    data = toy_shop(100)
    algo, _ = _algo(data, "dqn")
    np.random.seed(11)  # noqa: NPY002
    expected = np.random.RandomState(11).random(3)
    advance = loops.stock(algo, data, BATCH, 0, "cpu")
    advance(19)
    assert algo.grad_step == 19
    assert np.array_equal(np.random.random(3), expected)  # noqa: NPY002


def test_splitting_the_steps_changes_nothing():
    data, scores = toy_shop(100), []
    for parts in ([30], [7, 23]):
        for loop in (loops.stock, loops.tensor):
            algo, network = _algo(data, "dqn")
            advance = loop(algo, data, BATCH, 1, "cpu")
            for steps in parts:
                advance(steps)
            scores.append(score(network, data.states()))
    assert np.array_equal(scores[0], scores[2])
    assert np.array_equal(scores[1], scores[3])


@pytest.mark.parametrize("history", [0, 3])
def test_transitions_are_the_datasets_own(history):
    data = toy_shop(50, history=history)
    transitions = Transitions(data, "cpu")
    rows = torch.arange(len(data))
    states = data.states()
    expected_next = np.vstack([states[1:], states[:1]])
    expected_next[data.terminals] = 0.0
    batch = transitions.minibatch(rows)
    assert np.array_equal(batch.observations.numpy(), states)
    assert np.array_equal(batch.next_observations.numpy(), expected_next)
    assert np.array_equal(batch.actions.numpy()[:, 0], data.actions)
    assert np.array_equal(batch.rewards.numpy()[:, 0], data.rewards)
    assert np.array_equal(batch.terminals.numpy()[:, 0], data.terminals)


@pytest.mark.parametrize("loop", ["stock", "tensor"])
def test_a_loss_that_is_no_number_stops_training(loop):
    data = toy_shop(100)
    algo, network = _algo(data, "dqn")
    advance = getattr(loops, loop)(algo, data, BATCH, 0, "cpu")
    advance(3)
    with torch.no_grad():
        network.heads[0][1].bias.fill_(float("nan"))
    with pytest.raises(InputError, match=r"loss is nan at step 4.*learning_rate"):
        advance(1)
