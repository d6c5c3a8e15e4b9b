"""What is read inside d3rlpy is there, and is what the config says: a rename in d3rlpy fails here."""

from __future__ import annotations

import dataclasses

import pytest
import torch
from torch import nn

from rlbench_rec.testing.algorithms import toy_shop
from rlbench_rec.training.algorithm_config import ValueConfig, make_config
from rlbench_rec.training.d3rlpy_internals import (
    UpdateRule,
    actor_scores,
    clone_scores,
    loss_in,
    networks_in,
    optimisers_in,
    q_scores,
    take_strides,
    target_scores,
    update_rule,
)
from rlbench_rec.training.trainer import create
from rlbench_rec.training.transitions import Transitions

CONFIGS = {
    "bc": {"beta": 0.25},
    "bcq": {"beta": 0.25, "gamma": 0.75, "target_update_interval": 7},
    "cql": {"alpha": 0.375, "gamma": 0.75, "target_update_interval": 7},
    "double-dqn": {"gamma": 0.75, "target_update_interval": 7},
    "dqn": {"gamma": 0.75, "target_update_interval": 7},
    "nfq": {"gamma": 0.75},
    "sac": {"gamma": 0.75, "target_update_interval": 7},
}
RULES = {
    "bc": UpdateRule(None, None, beta=0.25),
    "bcq": UpdateRule(0.75, 7, beta=0.25),
    "cql": UpdateRule(0.75, 7, alpha=0.375),
    "double-dqn": UpdateRule(0.75, 7),
    "dqn": UpdateRule(0.75, 7),
    "nfq": UpdateRule(0.75, 1),
    "sac": UpdateRule(0.75, 7),
}
NETWORKS = {
    "bc": {"imitator"},
    "bcq": {"q_funcs", "targ_q_funcs", "imitator"},
    "sac": {"policy", "q_funcs", "targ_q_funcs"},
}


@pytest.fixture(scope="module")
def data():
    return toy_shop(40)


def _created(algorithm, data, **config):
    made = make_config(algorithm, CONFIGS[algorithm] | {"learning_rate": 0.003} | config, data.gamma)
    return create(made, "mlp", data.layout, data.action_count, 8, "cpu")


@pytest.mark.parametrize("algorithm", CONFIGS)
def test_the_constants_of_the_update_are_the_configs(algorithm, data):
    created = _created(algorithm, data)
    assert update_rule(created.impl) == created.rule == RULES[algorithm]
    assert created.gamma == RULES[algorithm].gamma
    assert (created.gamma is not None) == isinstance(created.config, ValueConfig)


@pytest.mark.parametrize("algorithm", CONFIGS)
def test_networks_and_optimisers_are_all_there(algorithm, data):
    created = _created(algorithm, data)
    networks, optimisers = networks_in(created.impl), optimisers_in(created.impl)
    names = NETWORKS.get(algorithm, {"q_funcs", "targ_q_funcs"})
    assert set(networks) >= names
    assert len(optimisers) == (2 if algorithm == "sac" else 1)
    assert all(isinstance(adam, torch.optim.Adam) and adam.defaults["lr"] == 0.003 for adam in optimisers)
    stepped = {p for adam in optimisers for group in adam.param_groups for p in group["params"]}
    learnt = {p for name in names - {"targ_q_funcs"} for p in networks[name].parameters()}
    assert learnt <= stepped


@pytest.mark.parametrize(
    ("algorithm", "scores"),
    [
        *((name, q_scores) for name in CONFIGS if name != "bc"),
        *((name, target_scores) for name in CONFIGS if name != "bc"),
        ("bc", clone_scores),
        ("bcq", clone_scores),
        ("sac", actor_scores),
    ],
)
def test_scores_share_d3rlpys_weights(algorithm, scores, data):
    impl = _created(algorithm, data).impl
    inside = {parameter for network in networks_in(impl).values() for parameter in network.parameters()}
    made = scores(impl)
    assert set(made.parameters()) <= inside and made(torch.zeros(2, 3)).shape == (2, 3)


@pytest.mark.parametrize("algorithm", CONFIGS)
def test_a_step_reports_its_loss(algorithm, data):
    created = _created(algorithm, data)
    batch = Transitions(data, "cpu").minibatch(torch.arange(8))
    assert loss_in(created.impl.update(batch, 0)) > 0.0


def test_what_is_renamed_is_an_error(data):
    impl = _created("cql", data).impl
    del impl._gamma
    with pytest.raises(AttributeError, match="_gamma"):
        update_rule(impl)
    with pytest.raises(AttributeError, match="_encoder"):
        clone_scores(type("Impl", (), {"modules": type("Modules", (), {"imitator": nn.Linear(1, 1)})}))
    with pytest.raises(KeyError, match="loss"):
        loss_in({"cost": 1.0})


def test_strides_reach_the_buffer(data):
    buffer = data.to_d3rlpy()
    take_strides(buffer, 3, 0.5)
    picked = buffer.sample_transition_batch(64)
    assert picked.intervals.max() == 3.0
    with pytest.raises(AttributeError, match="another name"):
        take_strides(dataclasses.make_dataclass("Renamed", [])(), 3, 0.5)
