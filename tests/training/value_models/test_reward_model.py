"""The reward model against closed forms and against its own formula done by brute force."""

from __future__ import annotations

import numpy as np
import pytest

from rlbench_rec.training.value_models.reward_model import PENALTIES, RewardModel, _ridge, _shrunken_means


def test_recovers_an_additive_truth():
    rng = np.random.default_rng(0)
    contexts, actions = rng.normal(size=(20_000, 3)).astype(np.float32), rng.integers(0, 5, 20_000)
    effects = np.array([-0.2, -0.1, 0.0, 0.1, 0.2])
    rewards = 1 + contexts @ [0.5, 0.0, -0.3] + effects[actions] + 0.1 * rng.normal(size=20_000)
    model = RewardModel.fit(contexts, actions, rewards, 5)
    assert model.slopes == pytest.approx([0.5, 0.0, -0.3], abs=0.01)
    assert model.effects == pytest.approx(effects, abs=0.01)
    assert model.predict(contexts).shape == (20_000, 5)
    assert model.predict(contexts)[7, 2] == pytest.approx(1 + contexts[7] @ [0.5, 0.0, -0.3], abs=0.02)


def test_the_mean_prediction_is_the_mean_reward():
    rng = np.random.default_rng(1)
    contexts, actions = rng.normal(size=(4_000, 20)).astype(np.float32), rng.integers(0, 80, 4_000)
    clicks = (rng.random(4_000) < 0.005).astype(np.float32)
    model = RewardModel.fit(contexts, actions, clicks, 80)
    predicted = model.context_values(contexts) + model.effects[actions]
    assert predicted.mean() == pytest.approx(clicks.mean(), abs=2e-4)


def test_noise_is_shrunk_to_nearly_nothing():
    rng = np.random.default_rng(2)
    contexts, actions = rng.normal(size=(4_000, 50)).astype(np.float32), rng.integers(0, 80, 4_000)
    clicks = (rng.random(4_000) < 0.005).astype(np.float32)
    model = RewardModel.fit(contexts, actions, clicks, 80)
    raw = np.bincount(actions, clicks, minlength=80) / np.bincount(actions, minlength=80)
    assert model.effects.std() < 0.35 * raw.std()
    assert model.context_values(contexts).std() < 0.2 * clicks.std()


def test_ridge_penalty_is_the_one_of_least_gcv():
    rng = np.random.default_rng(3)
    contexts = rng.normal(size=(60, 8)) * rng.uniform(0.1, 9, 8) + 3
    rewards = contexts @ rng.normal(size=8) * 0.05 + rng.normal(size=60)
    slopes, intercept = _ridge(contexts, rewards)
    standard = (contexts - contexts.mean(axis=0)) / contexts.std(axis=0)
    scores, fits = [], []
    for penalty in PENALTIES:
        hat = np.full((60, 60), 1 / 60) + standard @ np.linalg.solve(
            standard.T @ standard + 60 * penalty * np.eye(8), standard.T
        )
        scores.append(((rewards - hat @ rewards) ** 2).mean() / (1 - np.trace(hat) / 60) ** 2)
        fits.append(hat @ rewards)
    assert contexts @ slopes + intercept == pytest.approx(fits[int(np.argmin(scores))], abs=1e-9)


def test_shrunken_means_by_hand():
    # Actions 0 and 1, residuals (1, 3) and (-1, -3): means 2 and -2, within-variance (1+1+1+1)/2 = 2,
    # between = ((2*4 + 2*4) / 1 - 2) / ((4 - 8/4) / 1) = 7; shrinkage 2 / (2 + 2/7) = .875.
    effects = _shrunken_means(np.array([1.0, 3.0, -1.0, -3.0]), np.array([0, 0, 1, 1]), 3)
    assert effects == pytest.approx([1.75, -1.75, 0.0])


@pytest.mark.parametrize("actions", [np.zeros(4, dtype=np.int64), np.arange(4)])
def test_no_effect_where_none_can_be_told(actions):
    assert (_shrunken_means(np.array([1.0, 2.0, 3.0, 4.0]), actions, 4) == 0).all()


def test_a_context_that_never_varies_and_none_at_all():
    rewards = np.array([0.0, 1.0, 1.0, 0.0])
    for contexts in (np.ones((4, 2)), np.empty((4, 0))):
        slopes, intercept = _ridge(contexts, rewards)
        assert (slopes == 0).all()
        assert intercept == 0.5
