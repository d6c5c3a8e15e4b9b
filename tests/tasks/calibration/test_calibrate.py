"""What the fit finds in logs of shops whose parameters are known."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from sklearn.metrics import adjusted_rand_score

from rlbench_rec import tasks
from rlbench_rec.errors import InputError
from rlbench_rec.tasks.calibration import calibrate, fit_shop
from rlbench_rec.tasks.calibration.goodness_of_fit import Goodness, largest_gap, variation


@pytest.fixture(scope="module")
def shop():
    return tasks.make("recommend-v1", interest=3.0)


@pytest.fixture(scope="module")
def log(shop, choices):
    return choices(shop, 10_000)


@pytest.fixture(scope="module")
def calibration(shop, log):
    shown = shop.log(2_000, seed=9)
    return calibrate(log, click_rate=float(shown.metrics[:, 0].mean()), groups=6)


def test_it_finds_items_and_groups(shop, calibration):
    assert adjusted_rand_score(shop.catalogue.category, calibration.shop.groups) > 0.9
    assert np.corrcoef(shop.catalogue.appeal, calibration.shop.appeal)[0, 1] > 0.95
    assert calibration.shop.names == list(shop.action_names) and calibration.covered == 1.0


@pytest.mark.parametrize(
    ("name", "within"),
    [("click_base", 0.3), ("cart_base", 0.3), ("purchase_base", 0.3), ("leave_base", 0.6), ("interest", 1.0)],
)
def test_it_finds_the_rates(name, within, shop, calibration):
    # Log-odds. What the fit takes as given (satiation, engagement) it happens to know here; a real log's it does not.
    assert getattr(calibration.shop, name) == pytest.approx(getattr(shop.config, name), abs=within)


def test_what_was_to_be_matched_is_matched(calibration):
    for name in ("clicks", "cart_rate", "purchase_rate", "near", "far"):
        assert getattr(calibration.shop_moments, name) == pytest.approx(
            getattr(calibration.log_moments, name), rel=0.06
        ), name
    assert variation(calibration.shop_moments.shares, calibration.log_moments.shares) < 0.03


def test_the_shop_is_as_near_to_the_later_part_as_the_log_itself(calibration):
    for measure in Goodness(calibration).measures:
        assert measure.shop < measure.yardstick + 0.06, measure


@pytest.fixture
def few_rounds(monkeypatch):
    """Two rounds of the fit do all that sixteen do."""
    monkeypatch.setattr(fit_shop, "ROUNDS", 2)


@pytest.fixture(scope="module")
def rough_shop(log):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fit_shop, "ROUNDS", 2)
        return calibrate(log, groups=6).shop


def test_same_log_same_shop(log, rough_shop, few_rounds):
    assert calibrate(log, groups=6).shop == rough_shop


def test_the_held_out_part_is_not_looked_at(log, rough_shop, few_rounds):
    cut = int(log.episode_starts[log.train_episodes])
    actions = log.actions.copy()
    actions[cut:] = 0
    assert calibrate(replace(log, actions=actions), groups=6).shop == rough_shop


def test_refused(shop, log, choices):
    with pytest.raises(InputError, match=r"known: The log is too small to calibrate: \d+ sessions with \d+ clicks"):
        calibrate(choices(shop, 100))
    with pytest.raises(InputError, match=r"click_rate: It is 1.5; it must lie in \[0.01, 0.9\]"):
        calibrate(log, click_rate=1.5)
    with pytest.raises(InputError, match="The log has no events"):
        calibrate(shop.log(300, seed=1))


def test_distances():
    assert variation(np.array([1.0, 1.0]), np.array([3.0, 1.0])) == pytest.approx(0.25)
    assert largest_gap(np.array([1, 1, 2, 4]), np.array([1, 1, 2, 4])) == 0.0
    assert largest_gap(np.array([1, 1, 2, 4]), np.array([2, 2, 4, 4])) == pytest.approx(0.5)
