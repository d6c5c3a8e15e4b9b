"""The action that stands for all items outside the vocabulary is learnt about and never recommended."""

from __future__ import annotations

import functools
from dataclasses import replace

import numpy as np
import pytest
import torch

from rlbench_rec import mdp, policies
from rlbench_rec.errors import InputError
from rlbench_rec.testing.algorithms import toy_shop
from rlbench_rec.training import export, fit, load
from rlbench_rec.training.exporting import SUFFIXES

OTHER = 1


@pytest.fixture(scope="module")
def log():
    """A toy shop in which the action outside the vocabulary earns most and is logged most."""
    data = toy_shop(300, history=2)
    rng = np.random.default_rng(0)
    actions = np.where(rng.random(len(data)) < 0.6, OTHER, data.actions)
    rewards = np.where(actions == OTHER, 5.0, data.rewards).astype(np.float32)
    return replace(data, actions=actions, rewards=rewards, propensities=None, other_action=OTHER)


@pytest.fixture(scope="module")
def trained(log):
    """A function that trains an algorithm, the first time that a test asks for it."""
    return functools.cache(lambda name: fit(log, name, steps=150, batch_size=32, device="cpu"))


@pytest.mark.parametrize("name", ["bc", "dqn", "cql", "bcq", "sac"])
def test_no_form_recommends_it(name, trained, log):
    run, states = trained(name), log.states()
    base = policies.make("popularity", log)
    parameters = {"softmax": {"tau": 0.3}, "epsilon-greedy": {"epsilon": 0.5}}
    parameters |= {"tilted": {"divergence": 0.3, "base": base, "on": log}}
    parameters |= {form: {"share": 0.5, "base": base} for form in ("mixed", "constrained")}
    for form in run.forms:
        policy = run.policy(form, **parameters.get(form, {}))
        shares = policy.probabilities(states)
        assert (shares[:, OTHER] == 0.0).all() and np.allclose(shares.sum(axis=1), 1.0)
        assert not (policy.act(states, np.random.default_rng(0)) == OTHER).any()
        assert (policy.probability_of(states, np.full(len(states), OTHER)) == 0.0).all()


def test_the_clone_itself_would_choose_nothing_else(trained, log):
    assert (trained("bc").q_values(log.states()).argmax(axis=1) == OTHER).mean() > 0.9


def test_a_clone_is_a_model_of_what_was_logged(trained, log):
    clone = trained("bc").clone()
    shares = clone.probabilities(log.states())
    assert shares[:, OTHER].mean() == pytest.approx((log.actions == OTHER).mean(), abs=0.1)
    with pytest.raises(InputError, match="does not clone the behaviour policy"):
        trained("dqn").clone()


def test_batch_constraints_are_relative_to_what_may_be_recommended(trained, log):
    scores, clone = trained("bcq").q_values(log.states()), trained("bcq").network().policy
    with torch.inference_mode():
        logits = clone(torch.from_numpy(log.states())).numpy()
    logits[:, OTHER] = -np.inf
    likeliest = logits.argmax(axis=1)
    assert np.isfinite(np.take_along_axis(scores, likeliest[:, None], axis=1)).all()
    assert np.isinf(scores[:, OTHER]).all()


@pytest.mark.parametrize("format", SUFFIXES)
@pytest.mark.parametrize("k", [1, 2, 3, 10])
def test_no_file_recommends_it(format, k, trained, log, tmp_path):
    if format == "onnx":
        pytest.importorskip("onnxruntime")
    path = export(trained("dqn"), tmp_path / f"policy{SUFFIXES[format]}", format, k=k)
    actions, scores = _served(path, log.states())
    assert actions.shape == (len(log), min(k, log.action_count - 1)) and not (actions == OTHER).any()
    assert np.array_equal(actions[:, 0], trained("dqn").policy("greedy").act(log.states()))
    assert (scores > -1e6).all()


def test_no_file_recommends_it_where_all_else_is_forbidden(log, tmp_path):
    forbidden = np.zeros((len(log), log.action_count), dtype=bool)
    forbidden[np.arange(len(log)), (log.actions + 1) % log.action_count] = True
    run = fit(replace(log, forbidden=forbidden), "dqn", steps=10, batch_size=32, device="cpu")
    states = replace(log, forbidden=forbidden).states()
    states[:, -log.action_count :] = 1.0
    actions, _ = _served(export(run, tmp_path / "policy.pt", k=10), states)
    assert not (actions == OTHER).any()


def test_a_saved_run_remembers_it(trained, log, tmp_path):
    trained("dqn").save(tmp_path / "run")
    again = load(tmp_path / "run", device="cpu")
    assert again.other_action == OTHER
    expected = trained("dqn").policy("softmax", tau=0.3).probabilities(log.states())
    assert np.array_equal(again.policy("softmax", tau=0.3).probabilities(log.states()), expected)


def test_of_candidates_neither_empty_slots_nor_unknown_items_are_recommended(tmp_path):
    data, rng = toy_shop(300, history=2), np.random.default_rng(0)
    items = rng.integers(1, 10, size=len(data)).astype(np.int32)
    known = {"action_count": 9, "other_action": 8, "item_count": 9, "other_item": 9, "propensities": None}
    shop = mdp.with_candidates(replace(data, actions=items.astype(np.int64) - 1, items=items, **known), 4)
    run, states = fit(shop, "dqn", steps=100, batch_size=32, device="cpu"), shop.states()
    shares = run.policy("softmax", tau=1.0).probabilities(states)
    no_item = (shop.candidates == 0) | (shop.candidates == 9)
    assert no_item.any() and (shop.candidates == 9).any() and (shares[no_item] == 0.0).all()
    shown, scores = _served(export(run, tmp_path / "policy.pt", k=4), states)
    assert not (shown == 9).any() and (scores[shown == 0] <= -1e8).all() and (scores[shown > 0] > -1e6).all()


def _served(path, states):
    if path.suffix == ".pt":
        with torch.inference_mode():
            return [part.numpy() for part in torch.jit.load(str(path))(torch.from_numpy(states))]
    onnxruntime = pytest.importorskip("onnxruntime")
    return onnxruntime.InferenceSession(str(path)).run(None, {"states": states})
