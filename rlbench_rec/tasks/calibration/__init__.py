"""A simulated shop like the user's own: `recommend` fitted to a log, judged on its held-out part, and saved as a task.

calibration = calibrate(data)                    # data: mdp.build(log, MDPConfig(decisions="every-event", top_k=100))
write_shop(calibration.shop, "my-shop.json")     # then tasks.make("my-shop.json"), or a suite's `task = "my-shop.json"`
shops, rejected = draw_shops(calibration, 40)    # what the log cannot tell, drawn: shops that it does not tell apart
for lift in lifts(shops, calibration.shop):      # of fixed policies, over these
    print(lift.policy, lift.limits, lift.sign)
"""

from __future__ import annotations

from .calibrated_shop import CalibratedShop, ShopConfig, read_shop, shop_id, write_shop
from .choice_logs import choice_log
from .fit_shop import Calibration, calibrate
from .hidden_part import CLICK_RATES, HIDDEN, RANKER, draw_shop, draw_shops
from .lifts import Lift, fixed_policies, lifts, lifts_in
from .visits import Visits, logged, simulated

__all__ = [
    "CLICK_RATES",
    "HIDDEN",
    "RANKER",
    "CalibratedShop",
    "Calibration",
    "Lift",
    "ShopConfig",
    "Visits",
    "calibrate",
    "choice_log",
    "draw_shop",
    "draw_shops",
    "fixed_policies",
    "lifts",
    "lifts_in",
    "logged",
    "read_shop",
    "shop_id",
    "simulated",
    "write_shop",
]
