"""MAGIC: between the model and the weights."""

from __future__ import annotations

import numpy as np
import pytest

from rlbench_rec import ope
from rlbench_rec.errors import InputError
from rlbench_rec.ope.estimators import magic
from rlbench_rec.ope.estimators.functionals import column_means, total
from rlbench_rec.statistics.bootstrap import resampled_counts


def log_of(seed: int = 0, episodes: int = 400, error: float = 0.0, spread: float = 0.5, **fields) -> ope.EvaluationLog:
    """Rewards 1 + noise at every step; a model that is off by `error`, right at 0; true value 3 at three steps."""
    rng = np.random.default_rng(seed)
    n = 3 * episodes
    left = np.tile([3.0, 2.0, 1.0], episodes)
    propensities = np.full(n, 0.01)
    return ope.EvaluationLog(
        rng.normal(1, 1, n),
        propensities,
        propensities * rng.lognormal(-(spread**2) / 2, spread, n),
        left + error,
        left + error,
        np.arange(0, n, 3),
        **fields,
    )


def value(log, name, **parameters):
    return ope.estimate(log, name, interval="none", **parameters).value


def test_the_ingredients_run_from_dm_to_sndr():
    log = log_of(error=0.3, gamma=0.9)
    blends = [magic._until(log, log.rewards, np.arange(3) <= j) for j in (-1, 0, 1, 2)]
    values = [total(parts, column_means(parts, log)) for parts in blends]
    assert values[0] == pytest.approx(value(log, "dm"), rel=1e-12)
    assert values[-1] == pytest.approx(value(log, "sndr"), rel=1e-12)
    # Until step 0: v_0 + W_0 (r_0 - q_0 + gamma v_1), normalised.
    w, first = log.importance_weights[::3], slice(None, None, 3)
    inner = log.rewards[first] - log.q_logged[first] + 0.9 * log.v_target[1::3]
    assert values[1] == pytest.approx(3.3 + (w @ inner) / w.sum(), rel=1e-12)


def test_a_right_model_is_trusted_and_a_wrong_one_is_not():
    right, wrong = log_of(), log_of(error=5.0)
    assert value(right, "magic") == pytest.approx(3, abs=0.02)
    assert abs(value(wrong, "dm") - 3) > 4.9
    assert value(wrong, "magic") == pytest.approx(value(wrong, "sndr"), abs=0.3)


def test_it_beats_both_ends_in_mean_squared_error_over_logs():
    """With wild weights and a slightly wrong model neither end is good."""
    errors = {name: [] for name in ("dm", "sndr", "magic")}
    for seed in range(40):
        log = log_of(seed, episodes=60, error=0.15, spread=1.0)
        for name in errors:
            errors[name].append(value(log, name) - 3)
    squares = {name: np.mean(np.square(found)) for name, found in errors.items()}
    assert squares["magic"] < squares["sndr"]


def test_shares_are_the_minimum_over_the_simplex():
    rng = np.random.default_rng(0)
    root = rng.normal(size=(4, 4))
    error = root @ root.T
    x = magic._least(error)
    assert x.sum() == pytest.approx(1) and (x >= 0).all()
    others = rng.dirichlet(np.full(4, 0.4), 20_000)
    assert x @ error @ x <= np.einsum("ni,ij,nj->n", others, error, others).min() + 1e-12


def test_no_draw_makes_the_last_blend_biased():
    """A single resample is not an interval; sndr is not biased against itself, so a wrong model gets no share."""
    for seed in range(5):
        log = log_of(seed, error=5.0)
        few = value(log, "magic", resamples=1, bias_seed=seed)
        assert few == pytest.approx(value(log, "sndr"), abs=0.1)


def test_on_paper():
    """Two one-step logs whose shares follow without a computer: a model without variance that lies within what sndr
    may be has it all; one that lies d outside, against a variance s^2 of sndr, has s^2 / (s^2 + d^2)."""
    rewards = np.tile([0.0, 2.0], 50)
    ones, within = np.ones(100), np.full(100, 1.01)
    log = ope.EvaluationLog(rewards, ones, ones, within, within)
    assert value(log, "magic") == pytest.approx(1.01, rel=1e-9)
    # 90 % of the means of 100 such rewards lie within .84 and 1.16.
    far = np.full(100, 1.5)
    log = ope.EvaluationLog(rewards, ones, ones, far, far)
    draws = [row @ rewards / 100 for chunk in resampled_counts(100, 200, 0) for row in chunk]
    variance, apart = 1 / 100, 1.5 - np.quantile(draws, 0.95)
    assert apart == pytest.approx(0.34, abs=0.03)
    share = variance / (variance + apart**2)
    assert value(log, "magic") == pytest.approx(share * 1.5 + (1 - share) * 1.0, rel=1e-9)


def test_one_step_logs_users_and_configuration():
    rng = np.random.default_rng(1)
    n = 40_000
    log = ope.EvaluationLog(rng.normal(1, 1, n), np.full(n, 0.5), rng.uniform(0.3, 0.7, n), np.ones(n), np.ones(n))
    # Many blocks of rows, one set of shares.
    assert value(log, "magic") == pytest.approx(1, abs=0.02)
    estimate = ope.estimate(log_of(error=0.3, clusters=np.arange(400) // 2), "magic", steps=2, bias_seed=5)
    assert estimate.estimator == "magic2-200-5" and estimate.interval_kind == "sampling-only"
    assert estimate.ci_low < estimate.value < estimate.ci_high and estimate.verdict != "trusted"
    assert ope.lift(log_of(), "magic", interval="none").estimator == "magic8-200-0-lift"
    with pytest.raises(InputError, match="steps is 0"):
        ope.estimate(log, "magic", steps=0)


def test_the_chosen_shares_are_part_of_the_result():
    log = log_of(error=0.3, gamma=0.9)
    estimate = ope.estimate(log, "magic", interval="normal")
    assert list(estimate.chosen) == ["dm", "to step 0", "to step 1", "sndr"]
    assert sum(estimate.chosen.values()) == pytest.approx(1) and min(estimate.chosen.values()) >= 0
    blends = [magic._until(log, log.rewards, np.arange(3) <= j) for j in (-1, 0, 1, 2)]
    values = [total(parts, column_means(parts, log)) for parts in blends]
    assert estimate.value == pytest.approx(np.dot(values, list(estimate.chosen.values())), rel=1e-12)
    assert estimate.to_dict()["chosen"] == estimate.chosen
    assert ope.lift(log, "magic", interval="none").chosen == estimate.chosen
    assert list(ope.estimate(log_of(episodes=50), "magic", steps=2, interval="none").chosen) == [
        "dm",
        "to step 0",
        "sndr",
    ]
    assert ope.estimate(log, "sndr", interval="none").chosen == {}


def test_the_same_seed_gives_the_same_shares():
    log = log_of(error=0.4)
    assert value(log, "magic", bias_seed=3) == value(log, "magic", bias_seed=3)


def test_ragged_and_undefined_logs():
    rng = np.random.default_rng(2)
    lengths = rng.integers(1, 6, 200)
    n = lengths.sum()
    log = ope.EvaluationLog(
        rng.normal(size=n),
        rng.uniform(0.4, 0.6, n),
        rng.uniform(0.4, 0.6, n),
        np.zeros(n),
        np.zeros(n),
        np.cumsum(lengths) - lengths,
    )
    assert np.isfinite(value(log, "magic"))
    nothing = ope.EvaluationLog([1.0, 2.0], [0.5, 0.5], [0.0, 0.0], [1, 1], [1, 1], [0])
    estimate = ope.estimate(nothing, "magic")
    assert np.isnan(estimate.value) and estimate.verdict == "unreliable"
