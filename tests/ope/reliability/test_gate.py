"""Diagnostics and verdicts."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from rlbench_rec import ope
from rlbench_rec.ope.reliability.effective_sizes import Sizes
from rlbench_rec.ope.reliability.gate import Gate, Overlap, judge, judge_skewness

EVEN = Sizes(effective=100.0, evenness=0.33, largest=1, known=0.0)
FINE = Overlap(
    users=None,
    ess=500,
    ess_ratio=0.5,
    mean_weight=1.0,
    mean_weight_z=0.5,
    largest_weight_share=0.01,
    balanced_weights=100.0,
    effective_events=100,
    balanced_events=100.0,
    size_balance=1.0,
    sizes=EVEN,
    unsupported_mass=0.0,
)


def test_a_log_with_good_overlap_is_trusted():
    assert judge(FINE, Gate()) == ("trusted", ())


@pytest.mark.parametrize(
    ("change", "verdict", "word"),
    [
        ({"ess": 49.9}, "unreliable", "effective sample size"),
        ({"ess": np.nan}, "unreliable", "effective sample size"),
        ({"ess": 50}, "weak", "effective sample size"),
        ({"ess": 199.9}, "weak", "below 200"),
        ({"ess_ratio": 0.049}, "weak", "of the log"),
        ({"largest_weight_share": 0.26}, "unreliable", "one weight is 26%"),
        ({"largest_weight_share": 0.06}, "weak", "one weight is 6%"),
        ({"largest_weight_share": np.nan}, "unreliable", "no weight is above 0"),
        ({"mean_weight": 0.49}, "unreliable", "mean weight 0.49"),
        ({"mean_weight": 2.1}, "unreliable", "mean weight 2.1"),
        ({"mean_weight": np.inf}, "unreliable", "mean weight inf"),
        ({"mean_weight_z": -6.1}, "unreliable", "standard errors from 1"),
        ({"mean_weight_z": 3.1}, "weak", "standard errors from 1"),
        ({"effective_events": 4.9}, "unreliable", "effective events"),
        ({"unsupported_mass": 0.11}, "unreliable", "never logged"),
        ({"unsupported_mass": 0.02}, "weak", "never logged"),
        ({"unsupported_mass": 0.01}, "trusted", ""),
        ({"balanced_weights": 9.9}, "weak", "count for 9.9 alike, below 10"),
        ({"balanced_events": 50}, "weak", "count for 16.5 alike in weight and size, below 25: the largest may not"),
        ({"sizes": replace(EVEN, effective=50.0)}, "weak", "count for 16.5 alike"),
        ({"sizes": replace(EVEN, evenness=0.2)}, "weak", "count for 20 alike"),
        ({"sizes": None, "balanced_events": 0.0}, "trusted", ""),
        ({"users": 9.0, "ess": 8.0}, "trusted", ""),
    ],
)
def test_each_rule(change, verdict, word):
    found, reasons = judge(replace(FINE, **change), Gate())
    assert found == verdict and (not word or any(word in reason for reason in reasons))


@pytest.mark.parametrize(
    ("change", "trusted"),
    [
        ({"sizes": replace(EVEN, largest=20), "balanced_events": 16.0}, True),
        ({"sizes": replace(EVEN, largest=19), "balanced_events": 16.0}, False),
        ({"sizes": replace(EVEN, largest=20), "balanced_events": 15.9}, False),
        ({"sizes": replace(EVEN, largest=20), "balanced_events": 20.0, "size_balance": 0.7}, False),
        ({"sizes": replace(EVEN, known=0.5), "balanced_events": 32.0}, True),
        ({"sizes": replace(EVEN, known=0.5), "balanced_events": 31.0}, False),
        ({"balanced_events": 44.0, "lift": True}, True),
        ({"balanced_events": 44.0, "lift": True, "users": 300.0}, False),
        ({"sizes": replace(EVEN, largest=20), "balanced_events": 19.0, "users": 300.0}, False),
    ],
    ids=["at the largest", "too few there", "too few", "uneven", "limit", "far", "lift", "lift by user", "users"],
)
def test_events_of_a_known_largest_size_may_be_fewer(change, trusted):
    assert judge(replace(FINE, **change), Gate())[0] == ("trusted" if trusted else "weak")


def test_a_skewed_estimate_is_not_trusted():
    assert judge_skewness(("trusted", ()), -0.25, Gate()) == ("trusted", ())
    verdict, reasons = judge_skewness(("trusted", ()), -0.26, Gate())
    assert verdict == "weak" and "skewness is 0.26, above 0.25" in reasons[0]
    assert judge_skewness(("unreliable", ("few",)), 1.0, Gate())[0] == "unreliable"


def test_thresholds_can_be_set():
    assert judge(replace(FINE, ess=40), Gate(unreliable_ess=10, trusted_ess=30))[0] == "trusted"


def test_diagnostics_by_hand():
    log = ope.EvaluationLog([1, 0, 0, 1], np.full(4, 0.25), [0.25, 0.5, 0.0, 0.25])
    found = ope.diagnose(log)
    # Weights 1, 2, 0, 1; the median reward is 0, and events w |r - 0| are 1, 0, 0, 1.
    assert found.ess == pytest.approx(16 / 6) and found.ess_ratio == pytest.approx(4 / 6)
    assert found.mean_weight == 1 and found.mean_weight_z == 0 and found.max_weight == 2
    assert found.largest_weight_share == 0.5 and found.zero_weight_share == 0.25
    assert found.effective_events == 2 and np.isnan(found.unsupported_mass)
    # k3 of the events' weights 1, 1 is 2; of all weights 6^3 / 10^2 = 2.16, half of which have an event.
    assert found.balanced_events == pytest.approx(1.08) and found.balanced_weights == pytest.approx((16 / 6) ** 3 / 16)
    assert found.units == found.effective_users == 4 and found.size_evenness == 0.33
    assert found.verdict == "unreliable" and found.to_dict()["ess"] == found.ess


def test_episodes_are_judged_by_their_last_weight_with_ess_per_step_beside():
    log = ope.EvaluationLog([1, 1, 1], [0.5, 0.5, 0.5], [1.0, 0.25, 0.5], episode_starts=[0, 2])
    found = ope.diagnose(log)
    # W: 2, 1 and 1: last weights 1, 1.
    assert found.ess == 2 and found.step_ess == pytest.approx((9 / 5, 1.0))
    assert found.mean_weight_z == 0


def test_unknown_unsupported_mass_has_a_lower_limit_from_the_weights():
    log = ope.EvaluationLog(np.ones(1_000), np.ones(1_000), np.full(1_000, 0.5))
    found = ope.diagnose(log)
    assert found.unsupported_mass_lower == pytest.approx(0.5)
    assert found.verdict == "unreliable" and any("never logged" in reason for reason in found.reasons)


def test_estimators_with_a_bias_are_never_trusted_and_say_so():
    rng = np.random.default_rng(0)
    n = 5_000
    log = ope.EvaluationLog(rng.normal(1, 1, n), np.full(n, 0.5), np.full(n, 0.5), np.ones(n), np.ones(n))
    assert ope.estimate(log, "ips").verdict == ope.estimate(log, "dr").verdict == "trusted"
    for name, parameters in {
        "dm": {},
        "ips-clip": {"clip": 10},
        "dr-clip": {"clip": 10},
        "switch-dr": {"threshold": 10},
        "dros": {"shrinkage": 10},
        "sg-ips": {"strength": 0.1},
        "sg-dr": {"strength": 0.1},
    }.items():
        estimate = ope.estimate(log, name, **parameters)
        assert estimate.interval_kind == "sampling-only" and estimate.verdict == "weak" and estimate.reasons


def few_clicks(clicks: int, n: int = 10_000) -> ope.EvaluationLog:
    """Weights of 1 to 3, and a model that says .004 of every row."""
    rng = np.random.default_rng(0)
    rewards = np.zeros(n)
    rewards[:clicks] = 1
    propensities = np.full(n, 0.25)
    target = propensities * rng.permutation(np.repeat([0.5, 1.0, 1.5], [n // 3, n - 2 * (n // 3), n // 3]))
    rate = np.full(n, 0.004)
    return ope.EvaluationLog(rewards, propensities, target, rate, rate)


@pytest.mark.parametrize(("clicks", "verdict"), [(4, "unreliable"), (13, "weak"), (60, "trusted")])
def test_a_model_of_rare_clicks_makes_no_more_of_them(clicks, verdict):
    """Thousands of small residuals of rows without a click are not events."""
    names = ["ips", "snips", "dr", "sndr"]
    estimates = ope.estimate_all(few_clicks(clicks), names, interval="none")
    assert [one.verdict for one in estimates] == 4 * [verdict]
    lifts = [ope.lift(few_clicks(clicks), name, interval="none").verdict for name in names]
    assert lifts == 4 * [verdict]


def test_on_policy_means_are_judged_without_weights():
    log = ope.EvaluationLog(np.arange(1_000) % 2, np.ones(1_000), np.full(1_000, 0.001))
    assert ope.estimate(log, "on-policy").verdict == "trusted"
    assert ope.estimate(log, "ips").verdict == "unreliable"


def test_the_source_of_propensities_is_part_of_the_result():
    log = ope.EvaluationLog([1.0, 0.0], [0.5, 0.5], [0.5, 0.5], propensity_source="estimated")
    assert ope.estimate(log, "ips").to_dict()["propensity_source"] == "estimated"


def test_a_log_without_events_says_so_in_words():
    log = ope.EvaluationLog(np.zeros(1_000), np.ones(1_000), np.ones(1_000))
    estimate = ope.estimate(log, "ips")
    assert estimate.verdict == "unreliable"
    assert estimate.reasons == ("no effective events (every reward that has weight is the same), below 5",)


@pytest.mark.parametrize("rounding", [1e-16, 6e-8])
def test_weights_of_one_but_for_rounding_are_no_evidence_against_the_log(rounding):
    """A policy's own log, its probabilities computed on two ways: the mean weight misses 1 by many standard errors."""
    rng = np.random.default_rng(0)
    target = 0.5 * (1 - rounding * rng.uniform(0.9, 1.1, 1_000))
    log = ope.EvaluationLog(rng.normal(size=1_000), np.full(1_000, 0.5), target)
    assert ope.diagnose(log).mean_weight_z == 0 and ope.diagnose(log).verdict == "trusted"
