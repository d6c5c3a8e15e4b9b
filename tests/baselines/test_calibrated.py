"""Calibrated probabilities mean what they say, on decisions that nothing was fitted on."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from rlbench_rec import policies
from rlbench_rec.baselines.calibrated import calibrated, temperature_of
from rlbench_rec.baselines.item_scores import FixedScores
from rlbench_rec.errors import InapplicableError, MissingExtraError
from rlbench_rec.policies import POLICIES, Softmax, softmax
from rlbench_rec.testing.toy_logs import toy_logs

EXACT = {"markov"}
"""Baselines that can say how the users of `wandering` behave. One temperature cannot make others exact."""
OFF = 0.05
"""How far the others may be off, beyond sampling error, in any bin of probabilities."""


def made(name, log):
    """A policy, or None where it needs what is not installed."""
    try:
        return policies.make(name, log)
    except MissingExtraError:
        return None


def log_loss(probabilities, actions):
    return -np.log(probabilities[np.arange(len(actions)), actions]).mean()


@pytest.mark.parametrize("name", list(POLICIES))
def test_calibrated_baselines_mean_what_they_say(wandering, name):
    train, fresh = wandering(10_000, 0), wandering(1_000, 1)
    policy = made(name, train)
    if not isinstance(policy, Softmax):
        pytest.skip("it is not calibrated")
    rows = policy.probabilities(fresh.states())
    taken = np.eye(fresh.action_count)[fresh.actions]
    for low, high in ((0.0, 0.02), (0.02, 0.1), (0.1, 0.25), (0.25, 0.5), (0.5, 0.75), (0.75, 1.0)):
        inside = (rows > low) & (rows <= high)
        if inside.sum() > 100:
            said, happened = rows[inside].mean(), taken[inside].mean()
            error = 4.0 * np.sqrt(said * (1 - said) / inside.sum()) + (0.0 if name in EXACT else OFF)
            assert abs(said - happened) < error, f"{said:.3f} was said, {happened:.3f} happened"
    loss = log_loss(rows, fresh.actions)
    assert loss < np.log(fresh.action_count)
    for factor in (0.2, 5.0):
        other = Softmax(policy.q, policy.action_count, policy.tau * factor)
        assert loss < log_loss(other.probabilities(fresh.states()) + 1e-12, fresh.actions)


def test_the_temperature_is_that_of_the_draws():
    rng = np.random.default_rng(0)
    scores = rng.normal(size=(20_000, 5)) * 30.0
    cumulative = softmax(scores / 20.0).cumsum(axis=1)
    actions = (rng.random((20_000, 1)) > cumulative).sum(axis=1)
    assert temperature_of(scores, actions) == pytest.approx(20.0, rel=0.03)


def test_the_unit_of_scores_is_that_of_the_temperature():
    rng = np.random.default_rng(0)
    scores, actions = rng.normal(size=(300, 4)), rng.integers(4, size=300)
    tau = temperature_of(scores, actions)
    for power in (-900, 3, 900):
        assert temperature_of(scores * 2.0**power, actions) == tau * 2.0**power


def test_what_cannot_be_taken_says_nothing():
    scores = np.array([[0.0, 1.0, -np.inf]] * 4 + [[0.0, -np.inf, 1.0]])
    actions = np.array([1, 1, 1, 0, 1])
    # Three of four took the action that is worth 1 more: exp(1 / tau) = 3.
    assert temperature_of(scores, actions) == pytest.approx(1 / np.log(3), rel=1e-3)
    assert temperature_of(np.zeros((3, 2)), np.zeros(3, dtype=int)) == 1.0
    assert temperature_of(scores[4:], actions[4:]) == 1.0


def test_scores_are_fitted_on_the_earlier_episodes_then_on_all():
    log, sizes = toy_logs()["sessions"], []

    def fit(part):
        sizes.append(part.n_episodes)
        return FixedScores(part, np.arange(5.0))

    policy = calibrated(fit, log, held_out=0.25)
    assert sizes == [30, 40] and policy.action_count == 4 and policy.tau > 0


def test_one_episode_is_not_enough():
    log = replace(toy_logs()["sessions"], train_episodes=1).episodes(0, 1)
    with pytest.raises(InapplicableError, match="It has 1 episode; calibration needs one to fit on"):
        policies.make("markov", log)
