"""Weight decay, dropout and layer norm: in every encoder and loop that can have them, off where a policy is asked."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

import rlbench_rec as rb
from rlbench_rec.errors import InputError
from rlbench_rec.mdp.dataset import StateLayout
from rlbench_rec.testing.algorithms import toy_shop
from rlbench_rec.training import ENCODERS, export, fit, fit_seeds, load, nearest_loop
from rlbench_rec.training.networks.encoders import build

QUICK = {"steps": 30, "batch_size": 32, "device": "cpu"}
ALL = {"weight_decay": 0.1, "dropout": 0.2, "layer_norm": True}
LAYOUT = StateLayout(context=3, history=2, item_count=3, event_count=1)


@pytest.fixture(scope="module")
def data():
    return toy_shop(150, history=2)


def norm(run):
    return sum(float(weight.square().sum()) for weight in run.networks["last"].parameters())


@pytest.mark.parametrize("encoder", ENCODERS)
def test_every_encoder_takes_them(encoder):
    plain, both = (
        build(encoder, LAYOUT, (8, 4), 4, **options) for options in ({}, {"dropout": 0.2, "layer_norm": True})
    )
    added = [type(layer).__name__ for layer in both.layers]
    assert added == ["Linear", "LayerNorm", "ReLU", "Dropout"] * 2
    assert [type(layer).__name__ for layer in plain.layers] == ["Linear", "ReLU"] * 2
    states = torch.rand(64, LAYOUT.size).round()
    assert not torch.equal(both(states), both(states)), "while training it draws"
    assert torch.equal(both.eval()(states), both.eval()(states))


@pytest.mark.parametrize(
    ("algorithm", "loop"),
    [("cql", "stock"), ("cql", "tensor"), ("cql", "lean"), ("bc", "graph"), ("iql", "tensor"), ("iql", "lean")],
)
def test_trainings_repeat_and_policies_draw_nothing(algorithm, loop, data):
    first, again = (fit(data, algorithm, loop=loop, config=ALL, **QUICK) for _ in range(2))
    states = data.states()
    assert np.array_equal(first.q_values(states), first.q_values(states))
    assert np.array_equal(first.q_values(states), again.q_values(states))
    assert first.history.equals(again.history)
    assert any(isinstance(part, nn.Dropout) for part in first.network().modules())
    assert not first.network().training


@pytest.mark.parametrize(
    ("algorithm", "loop"), [("dqn", "stock"), ("sac", "tensor"), ("dqn", "lean"), ("dqn", "ensemble")]
)
def test_weight_decay_shrinks_weights(algorithm, loop, data):
    plain, decayed = (fit(data, algorithm, loop=loop, config={"weight_decay": decay}, **QUICK) for decay in (0.0, 20.0))
    # A step takes the share learning_rate x weight_decay = .01 off, so that thirty leave (1 - .01)^60 of the squares.
    assert norm(decayed) == pytest.approx(0.99**60 * norm(plain), rel=0.1)


def test_an_ensemble_with_layer_norm_and_decay_is_its_lean_trainings(data):
    config = {"weight_decay": 0.1, "layer_norm": True}
    runs = fit_seeds(data, "dqn", [0, 1], config=config, **QUICK)
    for seed, run in enumerate(runs):
        alone = fit(data, "dqn", loop="lean", seed=seed, config=config, **QUICK)
        assert np.allclose(run.q_values(data.states()), alone.q_values(data.states()), atol=1e-5)


def test_an_ensemble_takes_no_dropout(data):
    with pytest.raises(InputError, match=r"no dropout.*Use lean"):
        fit_seeds(data, "dqn", [0, 1], config={"dropout": 0.1}, **QUICK)
    assert nearest_loop("ensemble", "dqn", "mlp", "cpu", {"dropout": 0.1}) == "lean"
    assert nearest_loop("ensemble", "dqn", "mlp", "cpu", {"layer_norm": True}) == "ensemble"


def test_an_interrupted_training_goes_on_with_the_same_draws(data, tmp_path):
    keep = tmp_path / "half.safetensors"

    def stop(step, steps):
        if step == 10:
            raise KeyboardInterrupt

    whole = fit(data, "dqn", eval_every=10, config=ALL, **QUICK)
    with pytest.raises(KeyboardInterrupt):
        fit(data, "dqn", eval_every=10, keep=keep, progress=stop, config=ALL, **QUICK)
    torch.rand(3)
    resumed = fit(data, "dqn", eval_every=10, keep=keep, config=ALL, **QUICK)
    assert np.array_equal(resumed.q_values(data.states()), whole.q_values(data.states()))


def test_saved_and_exported(data, tmp_path):
    run, states = fit(data, "cql", config=ALL, **QUICK), data.states()
    run.save(tmp_path / "run")
    loaded = load(tmp_path / "run", device="cpu")
    assert loaded.config == run.config and np.array_equal(loaded.q_values(states), run.q_values(states))
    path = export(run, tmp_path / "policy.pt", k=3)
    _, scores = torch.jit.load(path)(torch.from_numpy(states))
    assert np.allclose(scores.numpy(), -np.sort(-run.q_values(states), axis=1), atol=1e-5)


def test_an_encoder_that_does_not_know_them(data):
    class Plain(nn.Module):
        def __init__(self, layout, hidden_units, embedding_size):
            super().__init__()
            self.layer = nn.Linear(layout.size, hidden_units[-1])

        def forward(self, states):
            return self.layer(states)

    rb.register("encoders", "plain-of-a-test", Plain)
    fit(data, "dqn", encoder="plain-of-a-test", config={"weight_decay": 0.1}, **QUICK)
    with pytest.raises(InputError, match="encoder plain-of-a-test takes no dropout"):
        fit(data, "dqn", encoder="plain-of-a-test", config={"dropout": 0.1}, **QUICK)


@pytest.mark.parametrize("config", [{"dropout": 1.0}, {"dropout": -0.1}, {"weight_decay": -1.0}, {"layer_norm": "?"}])
def test_refused(config, data):
    with pytest.raises(InputError, match=f"config of dqn: {next(iter(config))}"):
        fit(data, "dqn", config=config, **QUICK)


def test_an_algorithm_without_hidden_layers(data):
    with pytest.raises(InputError, match="take no dropout"):
        fit(data, "q-table", config={"dropout": 0.1}, **QUICK)
