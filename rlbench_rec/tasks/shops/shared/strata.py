"""The strata of the shops: what each sets in place of the defaults; docs/strata.md has what comes of it, and sources.

`real` has rates in the range of published figures, so rewards are rare, and true values are played in expectation.
Each of the others is `easy` with one thing that real logs do and simulated ones do not: `partial` hides a part of what
users do next from, `confounded` has a behaviour policy that saw more than the log has, and in `delayed` a purchase
comes after the decision that led to it. In `offers` what is hidden stands on the real chat, since the easy one is over
after one turn.
"""

from __future__ import annotations

from collections.abc import Mapping

Strata = Mapping[str, Mapping[str, object]]

EXPECTED: dict[str, object] = {"rollouts": "expected"}
RATES: dict[str, object] = {"click_base": -6.0, "cart_base": -2.3, "purchase_base": -0.9}
"""Of `recommend`: a click on 1 % of what is shown, a tenth of them to the cart, three in ten of these bought."""
CHAT: dict[str, object] = {
    "horizon": 20,
    "explain_base": -4.0,
    "explain_clear": 2.0,
    "take_small": -3.0,
    "take_large": -2.0,
    "small": 0.1,
    "large": 0.3,
    "hand_cost": 0.9,
    "lost": 0.2,
    "leave_base": -4.5,
    "leave_turn": 0.1,
}
"""Of `offers`: an issue that takes several turns to settle."""

ADS: Strata = {
    "easy": {},
    "real": EXPECTED | {"click_base": -5.0, "sale_rate": 0.025, "margin": 3_500.0},
}
CART: Strata = {
    "easy": {},
    "real": EXPECTED | {"abandon_base": -1.0, "settled": "at checkout"},
    "partial": {"observed": "partial"},
    "delayed": {"settled": "at checkout"},
}
OFFERS: Strata = {"easy": {}, "real": EXPECTED | CHAT, "partial": EXPECTED | CHAT | {"observed": "partial"}}
PRICING: Strata = {"easy": {}, "real": EXPECTED | {"buy_base": -5.2}}
RECOMMEND: Strata = {
    "easy": {},
    "real": EXPECTED | RATES | {"items": 1_000, "categories": 10, "candidates": 20},
    "partial": {"observed": "partial"},
    "confounded": {"confounding": 1.0},
    "delayed": {"delay": 5.0},
}
RECOMMEND_MYOPIC: Strata = {"easy": {}, "real": EXPECTED | RATES | {"click_base": -6.1}}
RETENTION: Strata = {"easy": {}, "real": EXPECTED | {"buy_base": -5.6, "leave_base": -2.5}}
SEQUENCE: Strata = {"easy": {}, "real": EXPECTED | {"click_base": -4.8, "buy_base": -3.7}}
