"""All loops do the same updates; the tensors show the same transitions as the dataset."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import torch

from rlbench_rec.errors import InputError
from rlbench_rec.testing.algorithms import toy_shop
from rlbench_rec.training import ALGORITHMS
from rlbench_rec.training.algorithm_config import make_config
from rlbench_rec.training.algorithms import D3rlpyConfig
from rlbench_rec.training.device import seeded
from rlbench_rec.training.loops import stock as stock_loop
from rlbench_rec.training.loops.lean import lean
from rlbench_rec.training.loops.stock import stock
from rlbench_rec.training.loops.tensor import tensor
from rlbench_rec.training.networks import score
from rlbench_rec.training.trainer import create
from rlbench_rec.training.transitions import Transitions

BATCH = 16


def _algo(data, algorithm, n_critics=1):
    fields = {"target_update_interval": 50, "n_critics": n_critics}
    config = make_config(
        algorithm, {k: v for k, v in fields.items() if k in ALGORITHMS[algorithm].model_fields}, data.gamma
    )
    with seeded(3, "cpu"):
        algo = create(config, "mlp", data.layout, data.action_count, BATCH, "cpu")
    return algo, algo.validated_network()


def _rows_that_stock_draws(n, steps, seed):
    random = np.random.RandomState(seed)
    return iter([torch.tensor([random.randint(n) for _ in range(BATCH)]) for _ in range(steps)])


@pytest.mark.parametrize("algorithm", ["dqn", "double-dqn", "cql", "bc"])
def test_tensor_loop_is_stock_to_the_bit_on_the_same_batches(algorithm):
    data, steps = toy_shop(200, history=2), 120
    states = data.states()
    losses, scores = {}, {}
    for name in ("stock", "tensor"):
        algo, network = _algo(data, algorithm)
        fed = {"rows": _rows_that_stock_draws(len(data), steps, seed=5)} if name == "tensor" else {}
        advance = {"stock": stock, "tensor": tensor}[name](algo, data, BATCH, 5, "cpu", **fed)
        losses[name] = [advance(1)[0] for _ in range(steps)]
        scores[name] = score(network, states)
    assert losses["tensor"] == losses["stock"]
    assert np.array_equal(scores["tensor"], scores["stock"])
    assert losses["stock"][-1] != losses["stock"][0]


def _by_steps(loop, data, algorithm, steps, n_critics=1, **options):
    algo, network = _algo(data, algorithm, n_critics)
    advance = loop(algo, data, BATCH, 5, "cpu", rows=_rows_that_stock_draws(len(data), steps, seed=5), **options)
    losses = [advance(1)[0] for _ in range(steps)]
    assert algo.grad_step == steps
    return np.array(losses), score(network, data.states())


@pytest.mark.parametrize("algorithm", ["dqn", "double-dqn"])
def test_lean_weights_are_d3rlpys_to_the_bit(algorithm):
    data = toy_shop(200, history=2)
    losses, scores = _by_steps(lean, data, algorithm, 120, fused=False)
    expected_losses, expected_scores = _by_steps(tensor, data, algorithm, 120)
    assert np.array_equal(scores, expected_scores)
    assert losses == pytest.approx(expected_losses, rel=1e-6)


def _is_lean(algorithm):
    return issubclass(ALGORITHMS[algorithm], D3rlpyConfig) and ALGORITHMS[algorithm].gives_objective()


@pytest.mark.parametrize("n_critics", [1, 2])
@pytest.mark.parametrize("algorithm", [algorithm for algorithm in ALGORITHMS if _is_lean(algorithm)])
def test_ten_lean_steps_are_d3rlpys(algorithm, n_critics):
    data = toy_shop(200, history=2)
    losses, scores = _by_steps(lean, data, algorithm, 10, n_critics, fused=False)
    expected_losses, expected_scores = _by_steps(tensor, data, algorithm, 10, n_critics)
    assert losses == pytest.approx(expected_losses, rel=1e-5)
    assert scores == pytest.approx(expected_scores, rel=1e-4, abs=1e-6)


@pytest.mark.parametrize("gamma", [0.0, 0.9])
def test_lean_skips_next_states_only_where_they_are_worth_nothing(gamma):
    """At gamma = 0 no target is looked up, and the result is still d3rlpy's."""
    data = dataclasses.replace(toy_shop(200), gamma=gamma)
    assert np.array_equal(_by_steps(lean, data, "dqn", 20, fused=False)[1], _by_steps(tensor, data, "dqn", 20)[1])


def test_lean_refuses_what_it_has_no_loss_for():
    data = toy_shop(50)
    algo, _ = _algo(data, "bcq")
    with pytest.raises(InputError, match="DiscreteBCQ"):
        lean(algo, data, BATCH, 0, "cpu")


def test_stock_drops_no_steps_and_leaves_numpys_generator_alone(monkeypatch):
    monkeypatch.setattr(stock_loop, "EPOCH", 8)
    data = toy_shop(100)
    algo, _ = _algo(data, "dqn")
    np.random.seed(11)  # noqa: NPY002
    expected = np.random.RandomState(11).random(3)
    advance = stock(algo, data, BATCH, 0, "cpu")
    advance(19)
    assert algo.grad_step == 19
    assert np.array_equal(np.random.random(3), expected)  # noqa: NPY002


def test_splitting_the_steps_changes_nothing():
    data, scores = toy_shop(100), []
    for parts in ([30], [7, 23]):
        for loop in (stock, tensor, lean):
            algo, network = _algo(data, "dqn")
            advance = loop(algo, data, BATCH, 1, "cpu")
            for steps in parts:
                advance(steps)
            scores.append(score(network, data.states()))
    for whole, split in zip(scores[:3], scores[3:], strict=True):
        assert np.array_equal(whole, split)


@pytest.mark.parametrize("algorithm", ["dqn", "cql", "sac"])
def test_three_step_targets_are_d3rlpys(algorithm):
    data, steps, n_steps = toy_shop(200, history=2), 20, 3
    scores = []
    for loop in (stock, tensor, *([lean] if _is_lean(algorithm) else [])):
        algo, network = _algo(data, algorithm)
        fed = {} if loop is stock else {"rows": _rows_that_stock_draws(len(data), steps, seed=5)}
        loop(algo, data, BATCH, 5, "cpu", n_steps=n_steps, **fed)(steps)
        scores.append(score(network, data.states()))
    one_step, _ = _algo(data, algorithm), None
    tensor(one_step[0], data, BATCH, 5, "cpu", rows=_rows_that_stock_draws(len(data), steps, 5))(steps)
    assert np.array_equal(scores[0], scores[1])
    assert all(other == pytest.approx(scores[0], rel=1e-4, abs=1e-5) for other in scores[1:])
    assert not np.allclose(score(one_step[1], data.states()), scores[0])


def test_three_step_transitions_by_hand():
    data = toy_shop(50)
    transitions = Transitions(data, "cpu", n_steps=3, gamma=0.5)
    row = int(data.episode_starts[data.episode_lengths == 3][0])
    batch = transitions.minibatch(torch.tensor([row, row + 1, row + 2]))
    r = data.rewards[row : row + 3]
    expected = [r[0] + r[1] / 2 + r[2] / 4, r[1] + r[2] / 2, r[2]]
    assert np.allclose(batch.rewards.numpy()[:, 0], expected)
    assert batch.intervals.numpy()[:, 0].tolist() == [3.0, 2.0, 1.0]
    assert batch.terminals.numpy()[:, 0].tolist() == [1.0, 1.0, 1.0]


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
    advance = {"stock": stock, "tensor": tensor}[loop](algo, data, BATCH, 0, "cpu")
    advance(3)
    with torch.no_grad():
        network.heads[0][1].bias.fill_(float("nan"))
    with pytest.raises(InputError, match=r"loss is nan at step 4.*learning_rate"):
        advance(1)
