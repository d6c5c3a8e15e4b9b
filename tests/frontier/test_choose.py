"""The rule of the frontier: who is eligible, who is chosen, what it says."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from rlbench_rec import ope
from rlbench_rec.frontier import LEAST_CONCENTRATION, MARGIN, Step
from rlbench_rec.frontier.choose import chosen_of, in_words, log_needed, reasons_against, stricter
from rlbench_rec.ope.analysis.simultaneous_lifts import lift_on_log, with_limits


def log(rows: int, clicks: float = 0.3, sigma: float = 0.5, seed: int = 0, better: float = 1.0) -> ope.EvaluationLog:
    """Clicks, and weights exp(sigma z) that favour them `better` times."""
    rng = np.random.default_rng(seed)
    happened = rng.random(rows) < clicks
    weights = rng.lognormal(-(sigma**2) / 2, sigma, rows) * np.where(happened, better, 1.0)
    propensities = np.full(rows, 0.02)
    return ope.EvaluationLog(happened.astype(float), propensities, np.minimum(0.02 * weights, 1.0))


def measured(data: ope.EvaluationLog):
    return lift_on_log(data, stricter=stricter(ope.Gate()))


def step(low: float, *, eligible: bool = True, divergence: float = 0.1, **fields) -> Step:
    estimate = ope.lift(log(300), interval="normal")
    lift = replace(estimate, value=low + 1, ci_low=low, ci_high=low + 2)
    reasons = () if eligible else ("too few",)
    return Step(**{
        "contender": "q", "dial": "tilted", "parameter": 1.0, "divergence": divergence, "lift": lift,
        "concentration": 100.0, "eligible": eligible, "reasons": reasons, "log_needed": 1.0,
    } | fields)  # fmt: skip


def test_the_highest_lower_limit_above_0_is_chosen():
    first, second = step(0.1), step(0.2, divergence=0.3)
    assert chosen_of([first, second]) is second
    assert chosen_of([step(-0.1), step(0.0)]) is None and chosen_of([]) is None
    assert chosen_of([first, step(5.0, eligible=False), step(math.nan)]) is first


def test_of_equal_steps_the_mildest_is_chosen():
    mild, bold = step(0.2), step(0.2 * (1 + 1e-12), divergence=0.3)
    assert chosen_of([mild, bold]) is mild


def test_an_eligible_step_would_be_trusted_in_a_log_half_as_long():
    gate, by_length = ope.Gate(), {}
    for rows in (150, 300, 600, 1_200, 2_400, 4_800):
        lift = measured(log(rows, sigma=0.9))
        assert lift.estimate.verdict == ope.lift(log(rows, sigma=0.9), interval="none", gate=gate).verdict
        by_length[rows] = (lift.estimate.verdict == "trusted", not reasons_against(lift))
    trusted, eligible = (next(rows for rows, flags in by_length.items() if flags[at]) for at in (0, 1))
    assert eligible >= trusted * MARGIN
    assert all(trusted or not eligible for trusted, eligible in by_length.values())


def test_weights_that_count_for_fewer_than_30_alike_are_named():
    # ESS of log-normal weights is n exp(-sigma^2): ESS^3 / n^2 of 800 rows is about 800 exp(-3.6) = 22.
    lift = measured(log(800, clicks=0.5, sigma=1.2**0.5, seed=2))
    assert 10 < lift.balanced_weights < LEAST_CONCENTRATION
    assert any("count for" in reason and "below 30" in reason for reason in reasons_against(lift))


def needed(better: float, rows: int = 2_000) -> float:
    lift = measured(log(rows, sigma=0.3, better=better))
    (limits,), critical_value = with_limits([lift])
    return log_needed(lift, limits, critical_value, not reasons_against(lift))


def test_log_needed_is_more_the_smaller_the_lift():
    assert needed(1.05) == 1.0 < needed(1.02) < needed(1.01) < math.inf
    assert needed(0.8) == math.inf, "worse than the behaviour policy"


def test_no_log_is_long_enough_for_weights_that_cannot_be_right():
    lift = measured(log(2_000, sigma=0.3, better=1.2))
    assert any("standard errors from 1" in reason for reason in reasons_against(lift))
    assert needed(1.2) == math.inf


def test_four_in_five_logs_of_the_needed_length_show_the_lift():
    lift = measured(log(2_000, sigma=0.3, better=1.02))
    (limits,), critical_value = with_limits([lift])
    times = log_needed(lift, limits, critical_value, True)
    assert times == pytest.approx(((critical_value + 0.8416) * limits.std_error / limits.value) ** 2, rel=1e-3)


def test_what_is_said():
    assert "highest lower limit" in in_words([step(0.1)], step(0.1))
    assert "no step of the dials" in in_words([], None)
    assert "too few" in in_words([step(0.5, eligible=False)], None)
    assert "1 of 2 steps are eligible" in in_words([step(-0.5), step(1.0, eligible=False)], None)


def test_the_margin_leaves_users_and_effective_sizes_alone():
    gate = ope.Gate()
    firm = stricter(gate)
    assert (firm.trusted_users, firm.trusted_ess, firm.trusted_z) == (
        gate.trusted_users,
        gate.trusted_ess,
        gate.trusted_z,
    )
    assert firm.trusted_events == 2 * gate.trusted_events and firm.trusted_weight_share == gate.trusted_weight_share / 2
    assert stricter(replace(gate, trusted_balanced_weights=99.0)).trusted_balanced_weights == 99.0
