"""Fitted parameters in importance weights: their error is part of every standard error and interval."""

from __future__ import annotations

import numpy as np
import pytest

from rlbench_rec import ope

RNG = np.random.default_rng(1)
N = 2_000
TILT = np.exp(RNG.normal(0, 0.5, N))
REWARDS = RNG.normal(5.0, 1.0, N) + TILT


def normalised_by_its_mean(rewards: np.ndarray, tilt: np.ndarray, users: np.ndarray | None = None):
    """w = u / Z, log Z = theta = log mean u: then d log w / d theta = -1, and nu = u / Z - 1."""
    ratios = tilt / tilt.mean()
    return ope.EvaluationLog.from_weights(
        rewards,
        ratios,
        ratio_gradients=np.full((len(tilt), 1), -1.0),
        nuisance_influence=(ratios - 1.0)[:, None],
        clusters=users,
    )


@pytest.mark.parametrize("users", [None, np.arange(N) // 4])
def test_ips_of_weights_over_their_mean_is_snips(users):
    """mean (u / mean u) r is the ratio of two means, and must be as uncertain as that."""
    log = normalised_by_its_mean(REWARDS, TILT, users)
    exact = ope.EvaluationLog.from_weights(REWARDS, TILT, exact=True, clusters=users)
    for interval in ("normal", "bootstrap"):
        ips = ope.estimate(log, "ips", interval=interval)
        snips = ope.estimate(exact, "snips", interval=interval)
        assert ips.value == pytest.approx(snips.value, rel=1e-12)
        assert ips.std_error == pytest.approx(snips.std_error, rel=1e-6)
        width = snips.ci_high - snips.ci_low
        assert abs(ips.ci_low - snips.ci_low) < 0.02 * width
        assert abs(ips.ci_high - snips.ci_high) < 0.02 * width
    of_both = [ope.lift(of, name) for of, name in ((log, "ips"), (exact, "snips"))]
    assert of_both[0].std_error == pytest.approx(of_both[1].std_error, rel=1e-6)
    # Taken as given, the same weights would be thought far less sure: rewards lie around 6.
    given = ope.EvaluationLog.from_weights(REWARDS, TILT / TILT.mean(), exact=True, clusters=users)
    assert ope.estimate(given, "ips").std_error > 2.0 * ope.estimate(log, "ips").std_error


def test_what_does_not_depend_on_the_parameter_does_not_change():
    log = normalised_by_its_mean(REWARDS, TILT)
    exact = ope.EvaluationLog.from_weights(REWARDS, TILT, exact=True)
    for name in ("on-policy", "snips"):
        assert ope.estimate(log, name, interval="normal").std_error == pytest.approx(
            ope.estimate(exact, name, interval="normal").std_error, rel=1e-9
        )


def test_two_parameters_by_hand():
    rewards, ratios = np.array([1.0, 2.0, 3.0]), np.array([0.5, 1.0, 1.5])
    gradients = np.array([[1.0, 0.0], [0.0, 1.0], [1.0, -1.0]])
    influence = np.array([[1.0, 0.5], [-1.0, 0.0], [0.0, -0.5]])
    log = ope.EvaluationLog.from_weights(
        rewards, ratios, ratio_gradients=gradients, nuisance_influence=influence, metrics=np.ones((3, 1))
    )
    # V = (.5 + 2 + 4.5) / 3 = 7/3; dV/dtheta = (5/3, -2.5/3); psi = w r - V + G' nu.
    psi = np.array([0.5, 2.0, 4.5]) - 7 / 3 + influence @ np.array([5 / 3, -2.5 / 3])
    expected = np.sqrt(np.square(psi).sum() * 3 / 2) / 3
    assert ope.estimate(log, "ips", interval="none").std_error == pytest.approx(expected, rel=1e-6)
    assert ope.estimate(log, "ips", interval="none").value == pytest.approx(7 / 3, rel=1e-12)
    # The mean of nu is taken off: moving all of it changes nothing.
    moved = ope.EvaluationLog.from_weights(
        rewards, ratios, ratio_gradients=gradients, nuisance_influence=influence + 1.0
    )
    assert ope.estimate(moved, "ips", interval="none").std_error == pytest.approx(expected, rel=1e-6)


def test_several_steps_move_together():
    """Ratios of a session are multiplied: with rho = c at both steps, W_2 = c^2 and dW_2 / d log c = 2 W_2."""
    rewards = np.array([0.0, 1.0, 0.0, 3.0])
    log = ope.EvaluationLog.from_weights(
        rewards,
        np.full(4, 1.2),
        ratio_gradients=np.ones((4, 1)),
        nuisance_influence=np.array([[1.0], [-1.0]]),
        episode_starts=[0, 2],
    )
    value, slope = 1.44 * 2.0, 2.0 * 1.44 * 2.0
    psi = np.array([1.44 - value + slope, 3 * 1.44 - value - slope])
    expected = np.sqrt(np.square(psi).sum() * 2) / 2
    assert ope.estimate(log, "ips", interval="none").std_error == pytest.approx(expected, rel=1e-5)


def test_simultaneous_bands_and_ratios_of_outcomes_know_it():
    log = ope.EvaluationLog.from_weights(
        REWARDS,
        TILT / TILT.mean(),
        ratio_gradients=np.full((N, 1), -1.0),
        nuisance_influence=(TILT / TILT.mean() - 1.0)[:, None],
        metrics=np.ones((N, 1)),
    )
    first, second = ope.estimate_all(log, ["ips", "snips"], interval="simultaneous")
    assert first.ci_high - first.ci_low == pytest.approx(second.ci_high - second.ci_low, rel=0.01)
    ratio = ope.estimate(log, "ips", metric=(None, 0), interval="normal")
    assert ratio.std_error == pytest.approx(ope.estimate(log, "snips", interval="normal").std_error, rel=1e-6)
