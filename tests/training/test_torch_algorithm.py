"""An algorithm in plain torch, registered from outside, does all that d3rlpy's can."""

from __future__ import annotations

import importlib
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from rlbench_rec.errors import InputError
from rlbench_rec.mdp import with_candidates
from rlbench_rec.plugins import LOADED
from rlbench_rec.results.read import load_runs
from rlbench_rec.suite import Suite
from rlbench_rec.suite.runner import run_suite
from rlbench_rec.testing.algorithms import check_algorithm, toy_shop
from rlbench_rec.training import ALGORITHMS, ENCODERS, LOOPS, export, fit, fit_seeds, load, nearest_loop
from rlbench_rec.training.algorithm_config import AlgorithmConfig
from rlbench_rec.training.transitions import Transitions

QUICK = {"steps": 30, "batch_size": 32, "device": "cpu"}
NAMES = ("soft-target", "imitation")


@pytest.fixture(scope="module", autouse=True)
def registered():
    """The algorithms of `plain_torch`, which are forgotten afterwards."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(Path(__file__).parent)
        for name in ("_targets", "modules"):
            patch.setattr(ALGORITHMS, name, dict(getattr(ALGORITHMS, name)))
        importlib.import_module("plain_torch")
        yield
    del sys.modules["plain_torch"]
    LOADED.pop("plain_torch", None)


@pytest.fixture(scope="module")
def data():
    return toy_shop(150, history=2)


def test_contract_of_a_q_learner():
    check_algorithm("soft-target")


@pytest.mark.parametrize("encoder", ENCODERS)
def test_every_encoder(encoder, data):
    run = fit(data, "soft-target", encoder=encoder, steps=4, batch_size=16, device="cpu")
    assert np.isfinite(run.q_values(data.states())).all()


def test_contract_of_a_clone():
    check_algorithm("imitation")


@pytest.mark.parametrize("name", NAMES)
def test_forms_are_those_of_q_values_or_logits(name, data):
    run = fit(data, name, **QUICK)
    own = ("greedy", "softmax", "epsilon-greedy") if name == "soft-target" else ("stochastic", "greedy")
    assert run.forms == (*own, "tilted", "mixed", "constrained")
    scored = "log_loss" if name == "imitation" else "td_error"
    assert run.history[scored].notna().all() and run.best_step is not None


@pytest.mark.parametrize("name", NAMES)
def test_saved_and_loaded(name, data, tmp_path):
    run = fit(data, name, config={"hidden_units": (8,)}, **QUICK)
    run.save(tmp_path / "run")
    loaded, states = load(tmp_path / "run", device="cpu"), data.states()
    for checkpoint in ("last", "best"):
        expected = run.q_values(states, checkpoint=checkpoint)
        assert np.array_equal(loaded.q_values(states, checkpoint=checkpoint), expected)
    assert loaded.config == run.config


class Stopped(Exception):
    pass


@pytest.mark.parametrize("name", NAMES)
def test_an_interrupted_training_ends_with_the_same_weights(name, data, tmp_path):
    def stop(step, _):
        if step == 20:
            raise Stopped

    whole, keep = fit(data, name, eval_every=10, **QUICK), tmp_path / "half.safetensors"
    with pytest.raises(Stopped):
        fit(data, name, eval_every=10, keep=keep, progress=stop, **QUICK)
    resumed = fit(data, name, eval_every=10, keep=keep, **QUICK)
    assert np.array_equal(resumed.q_values(data.states()), whole.q_values(data.states()))
    assert resumed.history.equals(whole.history)


@pytest.mark.parametrize("name", NAMES)
def test_exported(name, data, tmp_path):
    run = fit(data, name, **QUICK)
    actions, _ = torch.jit.load(export(run, tmp_path / "policy.pt", k=1))(torch.from_numpy(data.states()))
    assert np.array_equal(actions.numpy()[:, 0], run.policy("greedy").act(data.states()))


def test_forbidden_actions_and_candidates(data):
    forbidden = np.zeros((len(data), 3), dtype=bool)
    forbidden[np.arange(len(data)), (data.actions + 1) % 3] = True
    barred = replace(data, forbidden=forbidden)
    probabilities = fit(barred, "soft-target", **QUICK).policy("softmax", tau=1.0).probabilities(barred.states())
    assert (probabilities[forbidden] == 0).all()
    slots = with_candidates(data, 2)
    assert fit(slots, "soft-target", **QUICK).q_values(slots.states()).shape == (len(slots), 2)


@pytest.mark.parametrize("tuned", [False, True])
def test_item_vectors_are_trained_only_if_asked_for(tuned, data):
    vectors = np.vstack([np.zeros((1, 4)), np.random.default_rng(0).normal(size=(3, 4))]).astype(np.float32)
    run = fit(replace(data, item_vectors=vectors), "soft-target", config={"tune_item_vectors": tuned}, **QUICK)
    (learnt,) = [
        weights for name, weights in run.networks["last"].state_dict().items() if name.endswith("vectors.weight")
    ]
    assert np.array_equal(learnt.numpy()[1:], vectors[1:]) != tuned


@pytest.mark.parametrize(("config", "discounts"), [({"gamma": 0.5}, {0.0, 0.5}), ({"n_steps": 2}, {0.0, 0.81})])
def test_gamma_and_n_steps_reach_the_batches(config, discounts, data, monkeypatch):
    algorithm, seen = sys.modules["plain_torch"].SoftTargetLearning, []
    loss = algorithm.loss
    monkeypatch.setattr(algorithm, "loss", lambda self, batch: seen.append(batch) or loss(self, batch))
    fit(data, "soft-target", config=config, **QUICK)
    counts = {round(float(discount), 6) for batch in seen for discount in batch.discounts}
    assert len(seen) == 30 and counts == discounts
    assert seen[0].actions.shape == seen[0].rewards.shape == (32, 1) and seen[0].next_states.shape == (32, 9)


def test_targets_by_hand(data):
    transitions = Transitions(data, "cpu", gamma=0.5)
    row = int(data.episode_starts[data.episode_lengths == 3][0])
    batch = transitions.batch(torch.tensor([row, row + 1, row + 2]))
    r = data.rewards[row : row + 3]
    targets = batch.targets(lambda states: torch.full((len(states), 1), 4.0))
    assert targets[:, 0].tolist() == pytest.approx([r[0] + 2.0, r[1] + 2.0, r[2]])


def test_next_states_are_left_out_where_they_are_worth_nothing(data):
    batch = Transitions(data, "cpu", gamma=0.0).batch(torch.arange(4))
    assert batch.next_states is None
    assert torch.equal(batch.targets(lambda states: pytest.fail("it was asked")), batch.rewards)


def test_it_trains_in_the_tensor_loop_alone(data):
    for loop in set(LOOPS) - {"tensor"}:
        assert nearest_loop(loop, "soft-target", "mlp") == "tensor"
        with pytest.raises(InputError, match=r"no loss for SoftTargetLearning.*Use tensor"):
            fit(data, "soft-target", loop=loop, **QUICK)
    runs = fit_seeds(data, "soft-target", [0, 1], loop="tensor", **QUICK)
    assert not np.array_equal(runs[0].q_values(data.states()), runs[1].q_values(data.states()))


def test_a_config_that_cannot_build_anything():
    with pytest.raises(TypeError, match="abstract"):
        AlgorithmConfig()


def test_a_loss_that_is_not_a_number_stops_training(data):
    loud = replace(data, rewards=data.rewards * np.float32(1e38))
    config = {"gamma": 1.0, "learning_rate": 1e30, "standardise_rewards": False}
    with pytest.raises(InputError, match=r"The loss is .* at step 1"):
        fit(loud, "soft-target", config=config, **QUICK)


def test_in_a_suite(tmp_path, in_this_process, without_pictures):
    suite = Suite(
        name="plain",
        plugins=["plain_torch"],
        sources=[{"task": "tabular-v1", "episodes": 120}],
        algorithms=[{"id": name} for name in NAMES],
        loop="lean",
        seeds=[0, 1],
        steps=20,
        fqe_steps=20,
        batch_size=32,
        n_resamples=100,
        truth_error=0.2,
    )
    finished = run_suite(suite, tmp_path / "run", device="cpu", workers=1)
    runs = load_runs(finished.folder / "runs.csv")
    assert (runs["status"] == "ok").all() and set(NAMES) <= set(runs["algorithm"])
    (folder,) = (finished.folder / "models").glob("*imitation*seed1*")
    assert load(folder, device="cpu").loop == "tensor"
