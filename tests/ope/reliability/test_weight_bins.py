"""Bins of fitted weights: their mean is 1 in each, or the weights are wrong."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from rlbench_rec import ope
from rlbench_rec.errors import InputError
from rlbench_rec.ope.reliability.weight_bins import balanced, bins_p_value

N = 4_000
BINS = np.arange(N) % 4


def log_of(seed: int, shift: float = 0.0, **fields) -> ope.EvaluationLog:
    """Log-normal ratios of mean 1, times 1 + shift in the even bins and 1 - shift in the odd ones."""
    rng = np.random.default_rng(seed)
    ratios = np.exp(rng.normal(-0.08, 0.4, N)) * (1.0 + np.where(BINS % 2, -shift, shift))
    rewards = rng.binomial(1, 0.3, N).astype(float)
    return ope.EvaluationLog.from_weights(rewards, ratios, exact=True, weight_bins=BINS, **fields)


def test_right_weights_pass_and_wrong_ones_do_not():
    of_right = [bins_p_value(log_of(seed)) for seed in range(200)]
    assert 0.02 < np.mean(np.array(of_right) < 0.1) < 0.18
    wrong = log_of(0, shift=0.1)
    # The mean weight says nothing: what is too much in one bin is missing in the other.
    assert abs(ope.diagnose(wrong).mean_weight_z) < 3
    assert ope.diagnose(wrong).bins_p < 1e-9
    assert ope.diagnose(replace(wrong, weight_bins=None)).bins_p == 1.0
    assert ope.estimate(wrong, "snips").verdict == "weak"
    # Rewards are alike in all bins, so no harm is done; a gate that asks for it lets it pass.
    assert ope.estimate(wrong, "snips", gate=ope.Gate(trusted_bins_shift=1.0)).verdict == "trusted"


def test_where_it_moves_the_estimate_it_is_weak():
    wrong = log_of(0, shift=0.1)
    rewards = np.random.default_rng(1).binomial(1, np.where(BINS % 2, 0.1, 0.5)).astype(float)
    harmed = replace(wrong, rewards=rewards)
    for estimate in (ope.estimate(harmed, "snips"), ope.lift(harmed), ope.lift(harmed, metric=None)):
        assert estimate.verdict == "weak"
        assert "mean 1 in every bin" in estimate.reasons[0] and "standard errors" in estimate.reasons[0]
    assert ope.estimate(harmed, "on-policy").verdict == "trusted"
    for gate in (ope.Gate(trusted_bins_p=0.0), ope.Gate(trusted_bins_shift=10.0)):
        assert ope.estimate(harmed, "snips", gate=gate).verdict == "trusted"
    right = replace(log_of(0), rewards=rewards)
    assert ope.estimate(right, "snips").verdict == "trusted"


def test_balanced_weights_are_right_in_every_bin():
    ratios = np.array([2.0, 1.0, 0.5, 1.5, 0.0])
    log = ope.EvaluationLog.from_weights(np.ones(5), ratios, exact=True, weight_bins=[0, 0, 1, 1, 2])
    assert balanced(log).ratios == pytest.approx([4 / 3, 2 / 3, 0.5, 1.5, 0.0])


def test_two_bins_by_hand():
    ratios = np.array([2.0, 1.0, 0.5, 1.5])
    log = ope.EvaluationLog.from_weights(np.ones(4), ratios, exact=True, weight_bins=[0, 0, 1, 1])
    # Episodes' sums are (1, 0), (0, 0), (0, -.5), (0, .5): m = (1/4, 0), S = [[3/4, 0], [0, 1/2]] / 3 / 4.
    from scipy.special import chdtrc

    assert bins_p_value(log) == pytest.approx(chdtrc(2, 0.25**2 / (0.75 / 3 / 4)), rel=1e-9)


def test_later_steps_count_with_the_weight_before_them():
    """m_b is the mean of W_{t-1} (rho_t - 1): what a session has reached says how much its next row matters."""
    ratios = np.array([2.0, 2.0, 0.5, 0.0, 1.0, 1.0])
    log = ope.EvaluationLog.from_weights(
        np.ones(6), ratios, exact=True, weight_bins=np.zeros(6), episode_starts=[0, 2, 4]
    )
    # By session: W_T - 1 = 3, -1, 0.
    m, variance = 2 / 3, np.var([3.0, -1.0, 0.0], ddof=1) / 3
    from scipy.special import chdtrc

    assert bins_p_value(log) == pytest.approx(chdtrc(1, m**2 / variance), rel=1e-9)


def test_what_was_fitted_is_no_evidence():
    """Ratios over their own mean have mean 1 in the one bin there is, whatever they are."""
    rng = np.random.default_rng(0)
    raw = rng.exponential(1.0, N)
    ratios = raw / raw.mean()
    fitted = {"ratio_gradients": np.full((N, 1), -1.0), "nuisance_influence": (ratios - 1.0)[:, None]}
    one_bin = ope.EvaluationLog.from_weights(np.ones(N), ratios, weight_bins=np.zeros(N), **fitted)
    assert bins_p_value(one_bin) == 1.0
    several = replace(one_bin, weight_bins=BINS.astype(float))
    assert 0.001 < bins_p_value(several) < 1.0


def test_users_are_units():
    users = np.repeat(np.arange(N // 8), 8)
    twice = log_of(1, clusters=users)
    assert bins_p_value(twice) == pytest.approx(bins_p_value(replace(twice, clusters=None)), abs=0.5)
    assert bins_p_value(replace(twice, clusters=np.zeros(N, dtype=int))) == 1.0


def test_bins_are_numbers():
    with pytest.raises(InputError) as error:
        ope.EvaluationLog.from_weights([1.0, 1.0], [1.0, 1.0], weight_bins=[0.5, 1.0])
    assert error.value.where == "weight_bins"
