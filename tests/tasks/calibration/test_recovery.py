"""Does the fit find the parameters of a shop of its own kind, as nearly as chance lets it?"""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import adjusted_rand_score

from rlbench_rec import tasks
from rlbench_rec.tasks.calibration import CalibratedShop, ShopConfig, calibrate
from rlbench_rec.tasks.calibration.fit_shop import SESSIONS

LOGS, SIZE = 6, 5_000
FITTED = ("click_base", "interest", "drift", "cart_base", "purchase_base", "leave_base")


@pytest.fixture(scope="module")
def truth():
    items = tasks.make("recommend-v1", seed=0).catalogue
    return ShopConfig(
        source="known",
        items=30,
        categories=6,
        names=[f"item-{i}" for i in range(30)],
        groups=items.category.tolist(),
        appeal=items.appeal.tolist(),
        interest=3.0,
        # About the click rate, which the fit takes for it.
        click_expected=0.5,
    )


@pytest.fixture(scope="module")
def fits(truth, choices):
    shop = CalibratedShop(truth)
    rate = float(shop.log(8_000, seed=99).metrics[:, 0].mean())
    return [calibrate(choices(shop, SIZE, seed), click_rate=rate, groups=6).shop for seed in range(1, LOGS + 1)]


@pytest.mark.slow
@pytest.mark.parametrize("name", FITTED)
def test_parameters_within_four_standard_errors(name, truth, fits):
    fitted = np.array([getattr(fit, name) for fit in fits])
    # The logs differ in their random numbers; the fit's own simulation has the same ones in every fit, so a mean does
    # not reduce that part of the error.
    logs, simulation = 1.0 / LOGS, 0.8 * SIZE / SESSIONS
    assert abs(fitted.mean() - getattr(truth, name)) < 4.0 * fitted.std(ddof=1) * np.sqrt(logs + simulation)


@pytest.mark.slow
def test_groups_and_appeal(truth, fits):
    assert min(adjusted_rand_score(truth.groups, fit.groups) for fit in fits) > 0.85
    assert min(np.corrcoef(truth.appeal, fit.appeal)[0, 1] for fit in fits) > 0.99
