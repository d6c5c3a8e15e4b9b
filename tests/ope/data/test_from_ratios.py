"""Logs of importance weights alone: what works on them, and what refuses them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from rlbench_rec import ope
from rlbench_rec.errors import InputError
from rlbench_rec.ope.analysis.subsets import subset

RNG = np.random.default_rng(0)
N = 3_000
STARTS = np.arange(0, N, 3)
P, E = RNG.uniform(0.3, 0.9, N), RNG.uniform(0.3, 0.9, N)
REWARDS = RNG.binomial(1, 0.4, N).astype(float)
NAMES = ["on-policy", "ips", "snips", "tis", "sntis", "iips", "sniips"]
USERS = np.arange(len(STARTS)) // 2


@pytest.mark.parametrize("starts", [None, STARTS])
def test_exact_weights_say_what_probabilities_say(starts):
    both = ope.EvaluationLog(REWARDS, P, E, episode_starts=starts, gamma=0.9)
    weights = ope.EvaluationLog.from_weights(REWARDS, E / P, exact=True, episode_starts=starts, gamma=0.9)
    first, second = ope.estimate_all(both, NAMES), ope.estimate_all(weights, NAMES)
    assert [replace(one, propensity_source="logged") for one in second] == first
    assert second[1].propensity_source == "service"
    assert ope.lift(both).to_dict() | {"propensity_source": "service"} == ope.lift(weights).to_dict()
    assert replace(ope.diagnose(weights), unsupported_mass=0.0) == replace(ope.diagnose(both), unsupported_mass=0.0)


def test_nothing_is_capped():
    log = ope.EvaluationLog.from_weights([1.0, 2.0], [30.0, 0.0])
    assert log.importance_weights.tolist() == [30.0, 0.0]
    assert ope.estimate(log, "ips", interval="none").value == 15.0


def test_weights_whose_error_is_unknown_are_never_trusted():
    ratios = RNG.uniform(0.5, 1.5, N)
    fitted = ope.EvaluationLog.from_weights(REWARDS, ratios)
    estimate = ope.estimate(fitted, "snips")
    assert estimate.verdict == "weak"
    assert estimate.reasons == ("the weights are fitted, and no interval covers the error of that",)
    assert estimate.interval_kind == "sampling-only"
    assert ope.diagnose(fitted).verdict == "weak"
    known = ope.EvaluationLog.from_weights(
        REWARDS, ratios, ratio_gradients=np.ones((N, 1)), nuisance_influence=RNG.normal(0, 0.1, (N, 1))
    )
    assert ope.estimate(known, "snips").verdict == "trusted"
    # CVaR does not know the error: its interval is that of given weights.
    assert ope.analysis.estimate_return(known, "cvar", 0.5).verdict == "weak"


def test_parts_and_pools():
    log = ope.EvaluationLog.from_weights(
        REWARDS,
        E / P,
        ratio_gradients=np.ones((N, 1)),
        nuisance_influence=RNG.normal(0, 1, (len(STARTS), 1)),
        episode_starts=STARTS,
        clusters=USERS,
    )
    some = USERS < 200
    part = subset(log, some)
    assert part.n_episodes == 400
    assert np.array_equal(part.nuisance_influence, log.nuisance_influence[some])
    assert np.array_equal(part.ratios, log.ratios[np.repeat(some, 3)])
    pooled = ope.analysis.estimate_weighted({"a": part, "b": subset(log, ~some)}, "snips")
    assert pooled.propensity_source == "service"
    assert pooled.value == pytest.approx(ope.estimate(log, "snips").value, abs=0.03)
    assert list(log.blocks()) == [log]


@pytest.mark.parametrize(
    ("fields", "where"),
    [
        ({"ratios": [1.0, -0.5]}, "ratios"),
        ({"ratios": [1.0, np.nan]}, "ratios"),
        ({"ratios": [1.0]}, "ratios"),
        ({"ratio_gradients": np.ones((2, 1))}, "ratio_gradients"),
        ({"ratio_gradients": np.ones((2, 1)), "nuisance_influence": np.ones((2, 2))}, "nuisance_influence"),
        ({"ratio_gradients": np.ones((2, 1)), "nuisance_influence": np.ones((3, 1))}, "nuisance_influence"),
        ({"ratio_gradients": np.ones((1, 1)), "nuisance_influence": np.ones((2, 1))}, "ratio_gradients"),
        ({"ratio_gradients": np.ones((2, 1)), "nuisance_influence": np.ones((2, 1)), "exact": True}, "exact"),
    ],
)
def test_what_is_wrong_is_named(fields, where):
    with pytest.raises(InputError) as error:
        ope.EvaluationLog.from_weights([0.0, 1.0], **{"ratios": [1.0, 2.0], **fields})
    assert error.value.where == where


def test_what_needs_probabilities_refuses():
    log = ope.EvaluationLog.from_weights(REWARDS, E / P, reward_range=(0, 1), weight_bound=10)
    exact = ope.EvaluationLog.from_weights(REWARDS, E / P, exact=True, reward_range=(0, 1), weight_bound=10)
    for ask in (
        lambda: ope.estimate(log, "dr"),
        lambda: ope.estimate(log, "mips"),
        lambda: ope.analysis.sensitivity(log),
        lambda: ope.explore(log, 0.1),
        lambda: ope.estimate(log, "ips", interval="betting"),
        lambda: ope.inference.lower_bound(log, "ips"),
        lambda: ope.Stream(["ips"]).add(log),
        lambda: replace(log, propensities=P),
    ):
        with pytest.raises(InputError):
            ask()
    assert np.isfinite(ope.estimate(exact, "ips", interval="betting").ci_low)
