"""Calibration of real samples."""

from __future__ import annotations

import pytest

from rlbench_rec import events, mdp, tasks
from rlbench_rec.errors import InputError
from rlbench_rec.tasks.calibration import CalibratedShop, calibrate, write_shop
from rlbench_rec.tasks.calibration.goodness_of_fit import Goodness


def test_rees46(shared_data, tmp_path):
    log = events.load("rees46", shared_data / "rees46")
    calibration = calibrate(mdp.build(log, mdp.MDPConfig(actions="categories", top_k=50)))
    measures = {measure.measure: measure for measure in Goodness(calibration).measures}
    assert len(measures) == 5 and all(0.0 <= measure.shop <= 1.0 for measure in measures.values())
    assert measures["session length"].shop < 0.15
    write_shop(calibration.shop, tmp_path / "shop.json")
    shop = tasks.make(str(tmp_path / "shop.json"), variant="judge")
    assert isinstance(shop, CalibratedShop) and shop.action_names == tuple(calibration.shop.names)


def test_seventy_events_are_too_few(shared_data):
    log = events.load("retailrocket", shared_data / "retailrocket")
    with pytest.raises(InputError, match="too small to calibrate"):
        calibrate(mdp.build(log, mdp.MDPConfig(top_k=20)))
