"""Encoders: padding says nothing, and d3rlpy's own files bring them back."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from rlbench_rec.errors import InputError
from rlbench_rec.mdp import StateLayout
from rlbench_rec.mdp.to_d3rlpy.quiet import d3rlpy
from rlbench_rec.testing.algorithms import toy_shop
from rlbench_rec.training import ENCODERS
from rlbench_rec.training.algorithm_config import make_config
from rlbench_rec.training.trainer import create

LAYOUT = StateLayout(context=2, history=4, item_count=9, event_count=3)


def _encoder(name, layout=LAYOUT):
    torch.manual_seed(0)
    return ENCODERS[name](layout, (16, 8), 5)


def _state(items, events, gaps):
    pad = [0] * (4 - len(items))
    return [0.5, -1.0, *pad, *items, *pad, *events, *pad, *gaps]


@pytest.mark.parametrize("name", ENCODERS)
def test_features_and_gradients(name):
    encoder = _encoder(name)
    states = torch.tensor([_state([3, 9], [1, 3], [0.0, 20.0]), _state([], [], [])])
    features = encoder(states)
    assert features.shape == (2, 8)
    features.sum().backward()
    assert all(torch.isfinite(p.grad).all() for p in encoder.parameters() if p.grad is not None)
    assert (encoder.slots.items.own.weight.grad[0] == 0).all()


@pytest.mark.parametrize("name", ENCODERS)
def test_history_matters_and_padding_does_not(name):
    encoder = _encoder(name)
    with torch.no_grad():
        encoder.slots.items.own.weight[0] = 100.0  # whatever padding is embedded as
        one, other, empty, dirty = encoder(
            torch.tensor(
                [
                    _state([3], [1], [5.0]),
                    _state([4], [1], [5.0]),
                    [0.5, -1.0, *[0] * 12],
                    [0.5, -1.0, *[0] * 4, *[2] * 4, *[7.0] * 4],  # events and gaps beside padding items
                ]
            )
        )
    assert not torch.equal(one, other)
    assert torch.equal(empty, dirty)


def test_pooled_by_hand():
    encoder = _encoder("mlp")
    states = torch.tensor([_state([3, 9], [1, 2], [0.0, float(np.expm1(2.0))])])
    with torch.no_grad():
        encoder.layers = torch.nn.Identity()
        pooled = encoder(states)[0]
        items, events = encoder.slots.items.own.weight, encoder.slots.events.weight
    assert torch.allclose(pooled[:2], states[0, :2])
    assert torch.allclose(pooled[2:7], (items[3] + events[1] + items[9] + events[2]) / 2)
    assert pooled[7].item() == pytest.approx(1.0)


def test_without_a_history_the_context_is_all():
    encoder = _encoder("mlp", StateLayout(context=3))
    assert encoder(torch.ones(2, 3)).shape == (2, 8)
    assert not any(isinstance(m, torch.nn.Embedding) for m in encoder.modules())


@pytest.mark.parametrize("name", [name for name in ENCODERS if name != "mlp"])
def test_a_sequence_needs_a_history(name):
    with pytest.raises(InputError, match="no history"):
        _encoder(name, StateLayout(context=3))


@pytest.mark.parametrize("name", ENCODERS)
def test_a_longer_window_with_the_same_past_is_the_same(name):
    """With weights shared, four slots of which two are real say what two real slots say."""
    long, short = _encoder(name), _encoder(name, StateLayout(context=2, history=2, item_count=9, event_count=3))
    weights = long.state_dict()
    if name == "transformer":  # positions count back from the newest
        weights["summarise.positions"] = weights["summarise.positions"][-2:]
    short.load_state_dict(weights)
    two = torch.tensor([[0.5, -1.0, 3, 9, 1, 3, 0.0, 20.0]])
    with torch.no_grad():
        assert torch.allclose(long(torch.tensor([_state([3, 9], [1, 3], [0.0, 20.0])])), short(two), atol=1e-6)


@pytest.mark.parametrize("name", [name for name in ENCODERS if name != "mlp"])
def test_order_matters_to_a_sequence(name):
    encoder = _encoder(name)
    with torch.no_grad():
        one, other = encoder(torch.tensor([_state([3, 9], [1, 1], [1.0, 1.0]), _state([9, 3], [1, 1], [1.0, 1.0])]))
    assert not torch.allclose(one, other)


@pytest.mark.parametrize("name", ENCODERS)
def test_d3rlpy_saves_and_reloads_them(name, tmp_path):
    data = toy_shop(30, history=2)
    algo = create(make_config("dqn", None, 0.9), name, data.layout, 3, 32, "cpu").algo
    algo.save(str(tmp_path / "model.d3"))
    reloaded = d3rlpy().load_learnable(str(tmp_path / "model.d3"), device="cpu:0")
    states, actions = data.states(), data.actions
    assert np.array_equal(reloaded.predict_value(states, actions), algo.predict_value(states, actions))
