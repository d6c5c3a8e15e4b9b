"""Several outcomes from one set of weights, ratios among them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from rlbench_rec import ope
from rlbench_rec.errors import InputError
from rlbench_rec.ope.estimators import valued

ASKED = {"revenue": None, "clicks": 0, "orders": 1, "basket": (None, 1)}


def test_a_ratio_on_paper():
    # Weights 2, .5, 4: revenue 2 x 10 + 4 x 6 = 44 over orders 2 x 1 + 4 x 2 = 10; logged: 16 over 3.
    log = ope.EvaluationLog([10, 0, 6], [0.25, 0.5, 0.125], [0.5, 0.25, 0.5], metrics=[[1], [0], [2]])
    for name in ("snips", "ips"):
        found = ope.estimate(log, name, metric=(None, 0), interval="none")
        assert found.value == pytest.approx(4.4, rel=1e-14) and found.estimator == f"{name}-ratio"
        lift = ope.lift(log, name, metric=(None, 0), interval="none")
        assert lift.value == pytest.approx(4.4 - 16 / 3, rel=1e-14) and lift.estimator == f"{name}-ratio-lift"


def test_the_delta_method_by_hand(shop):
    log = shop.log(2_000)
    found = ope.estimate(log, "ips", metric=(None, 1), interval="normal")
    above, below = log.importance_weights * log.rewards, log.importance_weights * log.metrics[:, 1]
    psi = (above - found.value * below) / below.mean()
    assert found.std_error == pytest.approx(psi.std(ddof=1) / np.sqrt(2_000), rel=1e-9)


def test_a_ratio_of_proportional_outcomes_is_certain(shop):
    log = shop.log(500)
    log = ope.EvaluationLog(7.0 * log.metrics[:, 1], log.propensities, log.target_propensities, metrics=log.metrics)
    for interval in ("bootstrap", "bca", "studentised", "normal", "simultaneous"):
        found = ope.estimate(log, "snips", metric=(None, 1), interval=interval)
        assert (found.ci_low, found.value, found.ci_high) == pytest.approx((7, 7, 7), rel=1e-9)


def test_ratios_of_episodes_and_of_users(population):
    log = population.log
    steps = np.ones((log.n_rows, 1))
    log = replace(log, metrics=steps)
    value, length = (ope.estimate(log, "snips", metric=one, interval="none").value for one in (None, 0))
    ratio = ope.estimate(log, "snips", metric=(None, 0))
    assert ratio.value == pytest.approx(value / length, rel=1e-12) and ratio.ci_low < ratio.value < ratio.ci_high
    users = replace(log, clusters=np.arange(log.n_episodes) // 4)
    by_user = ope.estimate(users, "snips", metric=(None, 0))
    assert by_user.value == ratio.value and by_user.std_error != ratio.std_error


def test_values_lifts_and_intervals_hold_the_truth(shop):
    log, now, new = shop.log(20_000), shop.value(shop.behaviour), shop.value(shop.target)
    for one in ope.analysis.kpis(log, ASKED, confidence=0.999, interval="normal"):
        assert one.value.ci_low < new[one.name] < one.value.ci_high
        assert one.lift.ci_low < new[one.name] - now[one.name] < one.lift.ci_high
        assert one.lift.value == pytest.approx(one.value.value - one.behaviour.value, rel=1e-9)


def test_kpis_agree_with_the_estimates_one_by_one(shop):
    log = shop.log(3_000)
    for one in ope.analysis.kpis(log, ASKED, seed=4, n_resamples=300):
        metric = ASKED[one.name]
        alone = ope.estimate(log, "snips", metric=metric, seed=4, n_resamples=300)
        lift = ope.lift(log, "snips", metric=metric, seed=4, n_resamples=300)
        assert (one.value.value, one.value.verdict) == (alone.value, alone.verdict)
        assert (one.value.ci_low, one.value.ci_high) == pytest.approx((alone.ci_low, alone.ci_high), rel=1e-9)
        assert (one.lift.ci_low, one.lift.ci_high) == pytest.approx((lift.ci_low, lift.ci_high), rel=1e-9)


def test_a_band_covers_all_outcomes_at_once(shop):
    truth = shop.value(shop.target)
    asked = [valued(ope.estimator("snips"), outcome) for outcome in ASKED.values()]
    missed = {"normal": 0, "simultaneous": 0}
    for seed in range(120):
        log = shop.log(800, seed)
        for interval in missed:
            found = ope.estimate_all(log, asked, interval=interval, n_resamples=150, confidence=0.9)
            missed[interval] += any(
                not one.ci_low < truth[name] < one.ci_high for name, one in zip(ASKED, found, strict=True)
            )
    # A rate of .10 has a standard error of .027; one by one, about one log in four misses something.
    assert 0.03 <= missed["simultaneous"] / 120 <= 0.18 < missed["normal"] / 120


def test_a_band_of_one_estimate_is_its_interval_and_copies_cost_nothing(shop):
    log = shop.log(3_000)
    alone = ope.estimate(log, "snips", interval="simultaneous")
    twice = ope.estimate_all(log, ["snips", "snips"], interval="simultaneous")
    assert (alone.ci_low, alone.ci_high) == pytest.approx((twice[1].ci_low, twice[1].ci_high), rel=1e-9)
    usual = ope.estimate(log, "snips")
    assert alone.ci_high - alone.ci_low == pytest.approx(usual.ci_high - usual.ci_low, rel=0.1)
    # A policy that changes nothing varies by rounding alone, and must not widen the others.
    same = ope.EvaluationLog(log.rewards, log.propensities, log.propensities)
    found = ope.analysis.select({"new": log_without(log), "same": same}, interval="simultaneous")
    assert found[0].lift_high - found[0].lift_low < 1.3 * ((one := ope.lift(log)).ci_high - one.ci_low) and found[
        1
    ].lift_high == pytest.approx(0, abs=1e-9)


def log_without(log: ope.EvaluationLog) -> ope.EvaluationLog:
    return ope.EvaluationLog(log.rewards, log.propensities, log.target_propensities)


def test_the_verdict_is_the_worse_of_the_two_outcomes(shop):
    log = shop.log(20_000)
    rare = np.zeros((20_000, 1))
    rare[:3] = 1.0
    log = ope.EvaluationLog(log.rewards, log.propensities, log.target_propensities, metrics=rare)
    assert ope.estimate(log, "snips", interval="none").verdict == "trusted"
    found = ope.estimate(log, "snips", metric=(None, 0), interval="none")
    assert found.verdict == "unreliable" and "effective events" in found.reasons[0]


def test_a_denominator_of_0_is_no_number_and_says_so(shop):
    log = shop.log(500, metrics=np.zeros((500, 1)))
    for found in (ope.estimate(log, "snips", metric=(None, 0)), ope.lift(log, "snips", metric=(None, 0))):
        assert np.isnan(found.value) and found.verdict == "unreliable"
        assert "denominator of the ratio is 0" in found.reasons[0]


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda log: ope.analysis.kpis(log, {}), "Nothing is asked for"),
        (lambda log: ope.analysis.kpis(log, {"x": 7}), "Metric 7 asked of a log with 2 metrics"),
        (lambda log: ope.estimate(log, "snips", metric=(0, 1, 1)), "is not an outcome"),
        (lambda log: ope.estimate(log, "dr", metric=(None, 1)), "q of 'dr' is a model of the reward"),
        (lambda log: ope.analysis.kpis(log, {"x": 0}, interval="betting"), "the known range"),
        (lambda log: ope.Stream([valued(ope.estimator("ips"), 0)]), "outcome of its own"),
        (lambda log: valued(valued(ope.estimator("ips"), 0), 1), "has its outcome already"),
    ],
)
def test_what_cannot_be_asked(shop, call, words):
    with pytest.raises(InputError, match=words):
        call(shop.log(100))
