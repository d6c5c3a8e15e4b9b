"""Rewards in units of the return's spread: the currency of a log changes no policy."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
import torch

from rlbench_rec.errors import InputError
from rlbench_rec.mdp import TransitionDataset
from rlbench_rec.testing.algorithms import toy_shop
from rlbench_rec.training import export, fit, fit_seeds, load
from rlbench_rec.training.algorithm_config import make_config
from rlbench_rec.training.reward_scale import in_units_of, reward_scale

QUICK = {"steps": 40, "batch_size": 32, "device": "cpu"}
AS_THEY_ARE = {"standardise_rewards": False}


@pytest.fixture(scope="module")
def data():
    return toy_shop(150, history=2)


def paid(data, factor):
    """The same log, with rewards so many times as large."""
    return replace(data, rewards=data.rewards * np.float32(factor))


def test_the_scale_is_the_spread_of_discounted_returns(data):
    small = replace(
        data.episodes(0, 3),
        rewards=np.zeros(len(data.episodes(0, 3)), dtype=np.float32),
        gamma=0.5,
    )
    lengths = small.episode_lengths
    rewards = small.rewards.copy()
    rewards[small.episode_ends - 1] = [1.0, 2.0, 6.0]
    expected = np.std([value * 0.5 ** (length - 1) for value, length in zip([1.0, 2.0, 6.0], lengths, strict=True)])
    assert reward_scale(replace(small, rewards=rewards)) == pytest.approx(expected)
    assert reward_scale(small) == 1.0, "returns that are all alike have no unit"
    assert in_units_of(small, 1.0) is small


@pytest.mark.parametrize("reward", [0.1, 0.3, 49.99])
def test_returns_that_differ_by_rounding_have_no_unit(reward):
    """.1 + .9 x .1 + .81 x .1, three hundred times: numpy's standard deviation of that is 5.6e-17 and not 0."""
    n = 300
    alike = TransitionDataset(
        observations=np.zeros((3 * n, 1), np.float32),
        actions=np.arange(3 * n) % 2,
        rewards=np.full(3 * n, reward, np.float32),
        episode_starts=np.arange(0, 3 * n, 3),
        action_count=2,
    )
    assert alike.returns_to_go()[alike.episode_starts].std() > 0
    assert reward_scale(alike) == 1.0


def test_only_the_episodes_that_are_trained_on_set_the_scale(data):
    run = fit(data, "dqn", **QUICK)
    assert run.reward_scale == reward_scale(data.episodes(0, 135))
    assert fit(data, "dqn", config=AS_THEY_ARE, **QUICK).reward_scale == 1.0
    assert fit(data, "bc", **QUICK).reward_scale == 1.0, "a clone looks at no reward"


@pytest.mark.parametrize("loop", ["stock", "tensor", "lean", "ensemble", "graph"])
@pytest.mark.parametrize("algorithm", ["dqn", "cql"])
def test_rewards_times_a_power_of_two_are_the_same_training(algorithm, loop, data):
    config = {"n_steps": 2, "n_critics": 2}
    small, large = (fit(paid(data, c), algorithm, loop=loop, config=config, **QUICK) for c in (1, 1024))
    states = data.states()
    assert large.reward_scale == 1024 * small.reward_scale
    assert np.array_equal(large.q_values(states), 1024 * small.q_values(states))
    for form, tau in (("greedy", None), ("softmax", 0.3)):
        policies = (small.policy(form, tau=tau), large.policy(form, tau=tau and 1024 * tau))
        first, second = (policy.probabilities(states) for policy in policies)
        assert np.array_equal(first, second)
    curve, scaled = small.history, large.history
    assert np.array_equal(scaled["mean_q"], 1024 * curve["mean_q"])
    assert np.array_equal(scaled["td_error"], 1024**2 * curve["td_error"])
    assert np.array_equal(scaled["mean_return"], 1024 * curve["mean_return"])
    assert np.array_equal(scaled["unexplained"], curve["unexplained"])
    assert large.best_step == small.best_step


@pytest.mark.parametrize("algorithm", ["dqn", "double-dqn", "cql", "nfq", "sac"])
def test_rewards_times_any_number_are_the_same_training_to_rounding(algorithm, data):
    small, large = (fit(paid(data, c), algorithm, **QUICK) for c in (1.0, 137.5))
    factor = 1.0 if algorithm == "sac" else 137.5
    assert np.allclose(large.q_values(data.states()), factor * small.q_values(data.states()), rtol=1e-3, atol=1e-4)


def test_the_size_of_revenue_shows_in_q(data):
    """Unscaled, Adam takes as many steps of one size towards 500 as towards 50,000, and arrives at neither."""
    states = data.states()

    def mean_q(factor, **config):
        return (
            fit(paid(data, factor), "dqn", loop="lean", config=config, **QUICK | {"steps": 200}).q_values(states).mean()
        )

    assert mean_q(50_000.0) == pytest.approx(100 * mean_q(500.0), rel=1e-3)
    assert mean_q(50_000.0, **AS_THEY_ARE) == pytest.approx(mean_q(500.0, **AS_THEY_ARE), rel=0.01), "what it was"


def test_members_of_an_ensemble_share_the_scale(data):
    runs = fit_seeds(paid(data, 50.0), "dqn", [0, 1], **QUICK)
    assert runs[0].reward_scale == runs[1].reward_scale > 10
    alone = fit(paid(data, 50.0), "dqn", loop="lean", seed=1, **QUICK)
    assert np.allclose(runs[1].q_values(data.states()), alone.q_values(data.states()), rtol=1e-4)


def test_an_interrupted_training_goes_on_in_the_same_unit(data, tmp_path):
    log, keep = paid(data, 50.0), tmp_path / "half.safetensors"

    def stop(step, steps):
        if step == 20:
            raise KeyboardInterrupt

    whole = fit(log, "dqn", eval_every=20, **QUICK)
    with pytest.raises(KeyboardInterrupt):
        fit(log, "dqn", eval_every=20, keep=keep, progress=stop, **QUICK)
    with pytest.raises(InputError, match="another training"):
        fit(data, "dqn", eval_every=20, keep=keep, **QUICK)
    resumed = fit(log, "dqn", eval_every=20, keep=keep, **QUICK)
    assert np.array_equal(resumed.q_values(data.states()), whole.q_values(data.states()))


@pytest.mark.parametrize("algorithm", ["cql", "sac"])
def test_saved_and_exported_in_the_logs_units(algorithm, data, tmp_path):
    run, states = fit(paid(data, 500.0), algorithm, **QUICK), data.states()
    run.save(tmp_path / "run")
    loaded = load(tmp_path / "run", device="cpu")
    assert loaded.reward_scale == run.reward_scale != 1.0
    assert np.array_equal(loaded.q_values(states), run.q_values(states))
    path = export(run, tmp_path / "policy.pt", k=3)
    _, scores = torch.jit.load(path)(torch.from_numpy(states))
    assert np.allclose(scores.numpy(), -np.sort(-run.q_values(states), axis=1), rtol=1e-5)


def test_what_may_not_be_done_stays_ruled_out_in_an_export(data, tmp_path):
    forbidden = np.zeros((len(data), 3), dtype=bool)
    forbidden[np.arange(len(data)), (data.actions + 1) % 3] = True
    run = fit(replace(paid(data, 1e-3), forbidden=forbidden), "dqn", **QUICK)
    path, states = export(run, tmp_path / "policy.pt", k=3), replace(data, forbidden=forbidden).states()
    _, scores = torch.jit.load(path)(torch.from_numpy(states))
    assert bool((scores[:, 2] == -1e9).all()) and np.isneginf(run.q_values(states)).sum() == len(data)


def test_a_run_saved_before_there_was_a_scale(data, tmp_path):
    run = fit(data, "dqn", config=AS_THEY_ARE, **QUICK)
    run.save(tmp_path / "run")
    path = tmp_path / "run" / "run.json"
    header = json.loads(path.read_text())
    del header["reward_scale"], header["config"]["standardise_rewards"]
    path.write_text(json.dumps(header | {"format": 2}))
    loaded = load(tmp_path / "run", device="cpu")
    assert not loaded.config.standardise_rewards and loaded.reward_scale == 1.0
    assert np.array_equal(loaded.q_values(data.states()), run.q_values(data.states()))


def test_gamma_of_a_learner_does_not_move_the_scale(data):
    assert fit(data, "dqn", config={"gamma": 0.0}, **QUICK).reward_scale == fit(data, "dqn", **QUICK).reward_scale
    assert make_config("dqn", None, 0.9).standardise_rewards
