"""Sequence models: the item that follows, with probabilities at the right temperature."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
import torch
from scipy.optimize import minimize_scalar

from rlbench_rec.errors import InapplicableError, InputError
from rlbench_rec.mdp import with_candidates
from rlbench_rec.policies import on_log, scores_on_log
from rlbench_rec.testing.toy_logs import toy_logs
from rlbench_rec.training import export, fit, fit_seeds, load
from rlbench_rec.training.algorithm_config import make_config

from .sequence_logs import SMALL, choice_log, continues, cycles, noisy_choices

MODELS = ("gru4rec", "sasrec")
SAMPLED = {"loss": "sampled-softmax", "negatives": 8}
QUICK = {"steps": 20, "batch_size": 16, "device": "cpu"}
LOGS = toy_logs()


@pytest.mark.parametrize("config", [{}, SAMPLED, {"tied": False}], ids=["all", "sampled", "untied"])
@pytest.mark.parametrize("algorithm", MODELS)
def test_a_deterministic_cycle_is_reproduced(algorithm, config):
    config = {"learning_rate": 1e-2, "embedding_size": 16} | config
    run = fit(cycles(), algorithm, config=config, steps=120, batch_size=32, device="cpu")
    data = cycles(seed=1)
    matrix, rows = on_log(run.policy("stochastic"), data), continues(data)
    assert (matrix.argmax(axis=1) == data.actions)[rows].all()
    assert matrix[rows, data.actions[rows]].min() > 0.9
    assert np.array_equal(on_log(run.policy("greedy"), data).argmax(axis=1)[rows], data.actions[rows])


@pytest.mark.parametrize("algorithm", MODELS)
def test_probabilities_are_those_of_what_follows(algorithm):
    """Trained far too long on few sessions, it is too sure of itself, and the temperature takes that back."""
    options = {"config": {"learning_rate": 1e-2, "embedding_size": 16}, "batch_size": 64, "device": "cpu"}
    run = fit(noisy_choices(80, 0), algorithm, steps=250, validation=0.25, **options)
    fresh = noisy_choices(400, 1)
    scores = scores_on_log(run.q_function(), fresh).astype(np.float64)

    def log_loss(log_tau):
        logits = scores / math.exp(log_tau)
        logits -= logits.max(axis=1, keepdims=True)
        logged = logits[np.arange(len(fresh)), fresh.actions]
        return float((np.log(np.exp(logits).sum(axis=1)) - logged).mean())

    # On sessions that nothing was fitted on hardly any other temperature is better than 1.
    best = minimize_scalar(log_loss, bounds=(-3, 3), method="bounded")
    assert log_loss(0.0) - best.fun < 0.01 and log_loss(0.0) < math.log(6)
    temperature = float(run.network().temperature)
    assert temperature > 1.1 and log_loss(-math.log(temperature)) > log_loss(0.0) + 0.01
    assert run.network().temperature != run.network("best").temperature


def test_without_held_out_steps_the_temperature_is_1():
    run = fit(cycles(), "gru4rec", config=SMALL, validation=0, **QUICK)
    assert float(run.network().temperature) == 1.0


@pytest.mark.parametrize("algorithm", MODELS)
def test_saved_and_exported_it_keeps_its_temperature(algorithm, tmp_path):
    data = noisy_choices(40, 0)
    run = fit(data, algorithm, config=SMALL, **QUICK)
    assert float(run.network().temperature) != 1.0
    run.save(tmp_path / "run")
    again = load(tmp_path / "run")
    states = data.states()
    assert np.array_equal(run.scores(states), again.scores(states))
    path = export(again, tmp_path / "policy.pt", k=6)
    _, scores = torch.jit.load(path)(torch.from_numpy(states))
    np.testing.assert_allclose(scores, -np.sort(-run.scores(states), axis=1), atol=1e-5)


def test_decisions_outside_the_vocabulary_are_left_out_and_still_seen():
    data = choice_log([1, 4, 2, 4, 4, 3, 1, 4, 2], [0, 4, 5], count=4, other_item=4, other_action=3)
    config = make_config("gru4rec", SMALL, data.gamma)
    kept, held_out = config.episodes(data, None)
    assert held_out is None and kept.items is not None
    assert kept.actions.tolist() == [0, 1, 2, 0, 1] and kept.n_episodes == 2
    shown = kept.states()[:, : data.history].astype(int).tolist()
    assert shown == [[0, 0, 0], [0, 1, 4], [0, 0, 0], [0, 0, 3], [3, 1, 4]]
    run = fit(data, "gru4rec", config=SMALL, validation=0, steps=5, batch_size=4, device="cpu")
    assert (on_log(run.policy("stochastic"), data)[:, 3] == 0).all()


def test_of_an_exposure_log_it_learns_what_was_taken():
    data = LOGS["sessions"]
    config = make_config("gru4rec", SMALL, data.gamma)
    assert np.array_equal(config.episodes(data, None)[0].actions, data.actions[data.rewards > 0])
    every = make_config("gru4rec", {"learns_from": "every-decision"}, data.gamma)
    assert np.array_equal(every.episodes(data, None)[0].actions, data.actions)
    with pytest.raises(InapplicableError, match="Nobody took"):
        fit(replace(data, rewards=np.zeros_like(data.rewards)), "gru4rec", **QUICK)


@pytest.mark.parametrize("algorithm", MODELS)
def test_candidates_are_scored_by_their_items(algorithm):
    log = with_candidates(cycles(), 4, seed=0)
    config = {"learning_rate": 1e-2, "embedding_size": 16}
    run = fit(log, algorithm, config=config, steps=120, batch_size=32, device="cpu")
    rows = continues(log)
    taken = on_log(run.policy("greedy"), log).argmax(axis=1)
    assert (taken == log.actions)[rows].mean() > 0.99
    order = np.array([2, 0, 3, 1])
    turned = replace(log, candidates=log.candidates[:, order], actions=np.argsort(order)[log.actions])
    q = run.q_function()
    np.testing.assert_allclose(scores_on_log(q, turned), scores_on_log(q, log)[:, order], atol=1e-5)
    with pytest.raises(InputError, match=r"not sampled.*cross-entropy"):
        fit(log, algorithm, config=SAMPLED, **QUICK)


@pytest.mark.parametrize("algorithm", MODELS)
@pytest.mark.parametrize("title", ["forbidden actions", "items outside the vocabulary", "candidates"])
def test_what_may_not_be_shown_is_never_taken(algorithm, title):
    log = LOGS[title]
    run = fit(log, algorithm, config=SMALL | {"learns_from": "every-decision"}, **QUICK)
    matrix = on_log(run.policy("stochastic"), log)
    assert np.allclose(matrix.sum(axis=1), 1.0) and np.isfinite(run.history["log_loss"]).all()
    if log.forbidden is not None:
        assert (matrix[log.forbidden] == 0).all()
    if log.candidates is not None:
        assert (matrix[log.candidates == 0] == 0).all()


def test_item_vectors_are_part_of_what_is_scored():
    vectors = np.random.default_rng(0).normal(size=(8, 3)).astype(np.float32)
    vectors[0] = 0.0
    log = replace(cycles(), item_vectors=vectors)
    run = fit(log, "gru4rec", config={"learning_rate": 1e-2}, steps=100, batch_size=64, device="cpu")
    rows = continues(log)
    assert (on_log(run.policy("greedy"), log).argmax(axis=1) == log.actions)[rows].mean() > 0.99
    assert np.array_equal(run.network().logits.items.vectors.weight, vectors)


@pytest.mark.parametrize("config", [{}, SAMPLED], ids=["all", "sampled"])
def test_each_member_of_an_ensemble_is_its_own_lean_training(config):
    data = noisy_choices(40, 0)
    runs = fit_seeds(data, "sasrec", [3, 0], config=SMALL | config, **(QUICK | {"batch_size": 15}))
    for run in runs:
        alone = fit(data, "sasrec", loop="lean", seed=run.seed, config=SMALL | config, **(QUICK | {"batch_size": 15}))
        pairs = [scores_on_log(each.q_function(), data) for each in (run, alone)]
        np.testing.assert_allclose(*pairs, atol=1e-3)


class Stopped(Exception):
    pass


@pytest.mark.parametrize("algorithm", MODELS)
def test_it_goes_on_and_ends_with_the_same_weights(algorithm, tmp_path):
    data, keep = noisy_choices(40, 0), tmp_path / "half.safetensors"
    options = {"config": SMALL | SAMPLED, "eval_every": 5, **QUICK}

    def stop(step, _):
        if step == 10:
            raise Stopped

    whole = fit(data, algorithm, **options)
    with pytest.raises(Stopped):
        fit(data, algorithm, keep=keep, progress=stop, **options)
    resumed = fit(data, algorithm, keep=keep, **options)
    assert np.array_equal(scores_on_log(resumed.q_function(), data), scores_on_log(whole.q_function(), data))


def test_held_out_log_loss_is_the_same_in_parts(monkeypatch):
    from rlbench_rec.training import validation

    data = noisy_choices(40, 0)
    whole = fit(data, "gru4rec", config=SMALL, **QUICK).history["log_loss"]
    monkeypatch.setattr(validation, "CELLS", 50)
    parts = fit(data, "gru4rec", config=SMALL, **QUICK).history["log_loss"]
    np.testing.assert_allclose(parts, whole, rtol=1e-6)


def test_refused_in_a_line():
    flat = replace(LOGS["sessions"], history=0)
    for algorithm in MODELS:
        with pytest.raises(InapplicableError, match="show no history"):
            fit(flat, algorithm, **QUICK)
    shuffled = replace(LOGS["sessions"], items=LOGS["sessions"].items[::-1].copy())
    with pytest.raises(InapplicableError, match="actions are not its items"):
        fit(shuffled, "sasrec", **QUICK)
    with pytest.raises(InputError, match="gru4rec reads its states by gru or lstm, not by mlp"):
        fit(LOGS["sessions"], "gru4rec", encoder="mlp", **QUICK)
    with pytest.raises(InputError, match="sasrec reads its states by transformer, not by gru"):
        fit(LOGS["sessions"], "sasrec", encoder="gru", **QUICK)
