"""A simulated shop like the user's own: `recommend` fitted to a log, judged on its held-out part, and saved as a task.

found = calibrate(data)                # data: mdp.build(log, MDPConfig(actions="categories", top_k=100))
write_shop(found, "my-shop.json")      # then tasks.make("my-shop.json"), or a suite's `task = "my-shop.json"`
"""

from __future__ import annotations

from .fitting import Calibration, calibrate
from .shop import CalibratedShop, ShopConfig, read_shop, shop_id, write_shop
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
