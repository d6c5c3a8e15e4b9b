"""frontier.looking_ahead: one look at the test side, against everything that does not look ahead."""

from __future__ import annotations

import math
import sys
from dataclasses import replace

import numpy as np
import pytest

from rlbench_rec import frontier, ope, policies
from rlbench_rec.errors import InputError
from rlbench_rec.frontier.looking_ahead import opponents_of
from rlbench_rec.policies import Uniform


@pytest.fixture(scope="module")
def base(shop):
    return frontier.LoggedBase(shop.behaviour)


@pytest.fixture(scope="module")
def now(shop):
    return shop.scores()["myopic"]


@pytest.fixture(scope="module")
def asked(shop_log, best_q, now, base):
    validation, test = shop_log
    floor = {"constant": policies.make("constant", validation)}
    return frontier.looking_ahead({"best": best_q}, {"now": now}, floor, validation, test, base)


def test_where_looking_ahead_pays_the_log_says_yes(asked):
    assert asked.answer == "yes"
    assert [gain.opponent for gain in asked.gains[:2]] == ["behaviour", "now"]
    assert {gain.opponent for gain in asked.gains} == {"behaviour", "now", "constant"}
    assert asked.closest.p == max(gain.p for gain in asked.gains) < 0.05
    assert asked.closest.detectable == asked.closest.paired.detectable(0.05) > 0


def test_a_gain_is_the_paired_difference_on_the_test_side(asked, shop_log, base, best_q, now):
    _, test = shop_log
    gain = asked.gains[1]
    logs = [
        base.on(test).scored(np.asarray(q(test.observations))).evaluation_log(step.dial, step.parameter)
        for q, step in ((best_q, asked.step), (now, gain.step))
    ]
    values = [ope.estimate(log, "snips", interval="none").value for log in logs]
    assert gain.estimate.value == pytest.approx(values[0] - values[1])
    half = 1.6449 * gain.estimate.std_error
    assert gain.estimate.ci_low == pytest.approx(gain.estimate.value - half, rel=1e-3)
    assert gain.n_units == test.n_episodes


@pytest.mark.parametrize("swapped", [True, False])
def test_what_does_not_gain_over_gamma_0_is_not_shown(shop_log, best_q, now, base, swapped):
    # Against itself nothing is gained, and what is worse than its control is not shown to be needed either.
    ahead, control = (now, best_q) if swapped else (now, now)
    found = frontier.looking_ahead({"ahead": ahead}, {"control": control}, {}, *shop_log, base)
    assert found.answer == "not shown"
    assert found.closest.opponent == "control"
    assert found.closest.p > 0.9
    # It does gain over the behaviour policy: the control alone stands in its way.
    assert found.gains[0].shown


def test_every_opponent_has_to_be_beaten(shop_log, best_q, now, base):
    found = frontier.looking_ahead({"ahead": best_q}, {"now": now, "as good": best_q}, {}, *shop_log, base)
    assert found.gains[1].shown
    assert found.answer == "not shown"
    assert found.closest.opponent == "as good"


def test_opponents_are_as_bold_as_the_step_and_the_best_there_are(asked, shop_log, now, base):
    curve = frontier.trace({"now": now}, shop_log[0], base)
    for step in curve.steps:
        opponents = {each.divergence for each in opponents_of(curve, step)}
        # As bold, whether the log supports that or not: a milder policy gains less for being mild.
        assert opponents == {step.divergence, curve.chosen.divergence}
    farther = replace(curve.steps[-1], divergence=1e3)
    assert curve.steps[-1] in opponents_of(curve, farther)
    assert asked.step.divergence in {gain.step.divergence for gain in asked.gains if gain.opponent == "now"}


def test_the_step_is_one_that_is_supported_at_gamma_0_too(shop_log, best_q, now, base, monkeypatch):
    whole = frontier.trace({"best": best_q}, shop_log[0], base).chosen

    def trace(contenders, *arguments, **options):
        curve = frontier.trace(contenders, *arguments, **options)
        if "now" not in contenders:
            return curve
        steps = tuple(replace(step, eligible=step.eligible and step.divergence < 0.1) for step in curve.steps)
        return replace(curve, steps=steps)

    # The package has the function under the module's name.
    monkeypatch.setattr(sys.modules[opponents_of.__module__], "trace", trace)
    found = frontier.looking_ahead({"best": best_q}, {"now": now}, {}, *shop_log, base)
    assert whole.divergence > 0.1 > found.step.divergence


def test_without_an_eligible_step_nothing_is_tested(shop_log, best_q, now, base):
    strict = ope.inference.Inference(gate=replace(ope.Gate(), trusted_ess=1e9))
    found = frontier.looking_ahead({"best": best_q}, {"now": now}, {}, *shop_log, base, inference=strict)
    assert (found.answer, found.gains, found.closest) == ("not shown", (), None)


def test_a_weak_difference_has_to_be_shown_at_a_stricter_level_and_an_unreliable_one_is_not():
    estimate = ope.Estimate("snips-lift", 2.5, 0.0, 0.0, "normal", "sampling", 0.9, 1.0, 10, 10, "trusted", ())
    trusted, weak, unreliable = (
        frontier.Gain("x", None, replace(estimate, verdict=verdict), 1_000)
        for verdict in ("trusted", "weak", "unreliable")
    )
    # 2.5 standard errors: p = .006, above one in a thousand.
    assert (trusted.shown, weak.shown, unreliable.shown) == (True, False, False)
    assert frontier.Gain("x", None, replace(weak.estimate, value=3.2), 1_000).shown
    assert trusted.detectable == pytest.approx(1.646 + 0.842, abs=2e-3)
    assert weak.detectable == pytest.approx(3.098 + 0.842, abs=2e-3)
    assert math.isnan(unreliable.detectable)
    # The unreliable one decides, though it is as far above 0.
    found = frontier.LookingAhead(None, None, (trusted, weak, unreliable))
    assert found.closest is unreliable and found.answer == "not shown"


def test_one_decision_a_session_and_one_name_twice_are_refused(make_log, shop_log, best_q, now, base):
    short, half = make_log(100), frontier.LoggedBase(Uniform(2))
    with pytest.raises(InputError, match="one decision"):
        frontier.looking_ahead({"q": best_q}, {"now": now}, {}, short, short, half)
    with pytest.raises(InputError, match="'now' is among both"):
        frontier.looking_ahead({"q": best_q}, {"now": now}, {"now": policies.Uniform(2)}, *shop_log, base)


def test_noise_that_looks_ahead_seldom_says_yes(shop, now, base):
    # Scores as good as the control's but for noise: a truth that is no better, chosen and tested on 25 logs.
    rng, said = np.random.default_rng(0), 0
    scores = now(np.eye(shop.log(episodes=10).observations.shape[1]))
    for number in range(25):
        data = shop.log(episodes=1_200, seed=100 + number)
        noisy = [scores + rng.normal(0.0, 0.5 * scores.std(), scores.shape) for _ in range(2)]
        ahead = {str(i): (lambda states, own=own: states @ own) for i, own in enumerate(noisy)}
        found = frontier.looking_ahead(ahead, {"now": now}, {}, data.episodes(0, 600), data.episodes(600, 1_200), base)
        said += found.answer == "yes"
    assert said <= 3
