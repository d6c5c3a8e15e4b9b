"""A simulated shop like the user's own: `recommend` fitted to a log, judged on its held-out part, and saved as a task.

calibration = calibrate(data)                    # data: mdp.build(log, MDPConfig(decisions="every-event", top_k=100))
write_shop(calibration.shop, "my-shop.json")     # then tasks.make("my-shop.json"), or a suite's `task = "my-shop.json"`
"""

from __future__ import annotations

from .calibrated_shop import CalibratedShop, ShopConfig, read_shop, shop_id, write_shop
from .fit_shop import Calibration, calibrate
from .visits import Visits, logged, simulated

__all__ = [
    "CalibratedShop",
    "Calibration",
    "ShopConfig",
    "Visits",
    "calibrate",
    "logged",
    "read_shop",
    "shop_id",
    "simulated",
    "write_shop",
]
