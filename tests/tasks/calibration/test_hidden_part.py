"""Draws of what a choice log cannot tell, and the spread of lifts over them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from rlbench_rec import tasks
from rlbench_rec.errors import InputError
from rlbench_rec.tasks.calibration import (
    HIDDEN,
    CalibratedShop,
    Lift,
    calibrate,
    draw_shop,
    draw_shops,
    fit_shop,
    fixed_policies,
    hidden_part,
    lifts,
    moment_matching,
)
from rlbench_rec.tasks.calibration.visit_moments import moments
from rlbench_rec.tasks.calibration.visits import simulated


@pytest.fixture(scope="module")
def calibration(choices):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fit_shop, "SESSIONS", 2_000)
        return calibrate(choices(tasks.make("recommend-v1", interest=3.0), 3_000), groups=6)


@pytest.fixture(autouse=True)
def fewer_sessions(monkeypatch):
    monkeypatch.setattr(hidden_part, "SESSIONS", 1_000)


def test_a_draw_differs_where_the_log_is_silent_and_agrees_where_it_speaks(calibration):
    first, second = (draw_shop(calibration, number) for number in (1, 2))
    assert first == draw_shop(calibration, 1) and first.draw == 1
    for name, (low, high) in HIDDEN.items():
        assert low <= getattr(first, name) <= high and getattr(first, name) != getattr(second, name)
    shops = [CalibratedShop(config) for config in (first, second)]
    qualities = [shop.catalogue.quality for shop in shops]
    assert abs(np.corrcoef(*qualities)[0, 1]) < 0.9
    assert first.ladder == second.ladder == calibration.shop.ladder and first.ranker != second.ranker
    log = calibration.log_moments
    for shop in shops:
        own = moments(simulated(shop, 2_000, 5), np.array(first.groups), first.categories)
        assert own.clicks == pytest.approx(log.clicks, rel=0.2)
        assert own.near == pytest.approx(log.near, abs=0.08)


def test_the_click_rate_is_drawn_unless_it_was_measured(calibration, monkeypatch):
    monkeypatch.setattr(hidden_part, "_matched", lambda shop, aim, usual: aim)
    rates = [draw_shop(calibration, number).click_rate for number in range(1, 40)]
    assert 0.1 <= min(rates) < 0.15 and 0.45 < max(rates) <= 0.6
    assert draw_shop(calibration, 7, click_rates=(0.2, 0.2)).click_rate == pytest.approx(0.2)
    for wrong in ({"number": 0}, {"number": 1, "click_rates": (0.5, 0.2)}):
        with pytest.raises(InputError, match=r"numbered from 1|the smaller first"):
            draw_shop(calibration, **wrong)


def test_draws_that_cannot_be_fitted_are_counted(calibration, monkeypatch):
    def matched(shop, aim, usual):
        return None if shop.draw in (1, 3) else shop

    monkeypatch.setattr(hidden_part, "_matched", matched)
    shops, rejected = draw_shops(calibration, 3)
    assert [shop.draw for shop in shops] == [2, 4, 5] and rejected == 2
    monkeypatch.setattr(hidden_part, "_matched", lambda shop, aim, usual: None)
    with pytest.raises(InputError, match="Only 0 of 8 draws"):
        draw_shops(calibration, 2)


def test_a_draw_is_judged_by_what_the_best_fit_reaches(calibration):
    log = calibration.log_moments
    assert moment_matching.alike(log, log)
    # A tenth more clicks than the tolerance of e^0.1; a log that no shop comes nearer to than e^0.2 allows them.
    longer = replace(log, clicks=log.clicks * 1.2)
    assert not moment_matching.alike(log, longer)
    assert moment_matching.alike(log, longer, {"clicks": 0.2})
    assert moment_matching.misfits(log, longer)["clicks"] == pytest.approx(np.log(1.2))


def test_lifts_are_the_values_of_fixed_policies(calibration):
    base = calibration.shop
    told = {lift.policy: lift for lift in lifts([base, base.model_copy(update={"draw": 1})], base, users=512)}
    assert set(told) == {*base.ladder, "random", "one item"}
    shop = CalibratedShop(base)
    policy = fixed_policies(shop, 3)["one item"]
    assert policy.probabilities(np.zeros((2, 15)))[:, 3].tolist() == [1.0, 1.0]
    value = (
        shop.true_value("random", relative_error=0.02).value / shop.true_value("behaviour", relative_error=0.02).value
    )
    assert told["random"].draws[0] == pytest.approx(value - 1.0, abs=0.1)


def test_the_interval_of_one_more_draw():
    lift = Lift("p", np.arange(1.0, 40.0))
    # 39 draws: the first and the last, since 1 - 2 / 40 = 95 %.
    assert lift.limits == (1.0, 39.0) and lift.level == pytest.approx(0.95) and lift.sign == "better"
    assert Lift("p", np.arange(1.0, 80.0)).limits == (2.0, 78.0)
    assert Lift("p", -np.arange(20.0) - 1.0).sign == "worse"
    assert Lift("p", np.array([-1.0] + [1.0] * 19)).sign == "not identified"
    # How often does it hold one more draw from the same distribution? Twenty draws: 19 of 21 times.
    draws = np.random.default_rng(0).normal(size=(4_000, 21))
    held = [lift.limits[0] <= row[20] <= lift.limits[1] for row in draws for lift in [Lift("p", row[:20])]]
    assert np.mean(held) == pytest.approx(19 / 21, abs=0.015)
