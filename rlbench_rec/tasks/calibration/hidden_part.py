"""What a choice log cannot tell, drawn: each draw is a shop that the log does not tell from the others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from ...errors import InputError
from ..shops.recommend import RecommendConfig
from .calibrated_shop import ShopConfig
from .fit_shop import Calibration, horizon_of
from .moment_matching import Aim, alike, logit, matched, misfits, within_bounds
from .visit_moments import moments

HIDDEN: dict[str, tuple[float, float]] = {
    "bait": (-0.5, 0.95),
    "quality_funnel": (0.0, 0.7),
    "engagement_funnel": (0.0, 2.0),
    "engagement_gain": (0.0, 0.8),
    "engagement_decay": (0.8, 0.97),
    "leave_engagement": (0.0, 2.0),
    "leave_quality": (0.0, 1.2),
    "leave_satiation": (0.0, 0.5),
    "satiation_click": (0.0, 1.5),
}
"""Ranges that the users' hidden part is drawn from, evenly: from none of an effect to twice that of `recommend-v1`."""
RANKER: dict[str, tuple[float, float]] = {
    "appeal": (0.0, 1.5),
    "clicks": (0.0, 1.5),
    "quality": (0.0, 0.6),
    "satiation": (-0.5, 0.0),
    "noise": (0.0, 0.6),
    "tau": (0.5, 1.8),
}
"""Ranges of the policy that was in service: a choice log does not show it either. From one that knows nothing to one
that knows what satisfies."""
CLICK_RATES = (0.1, 0.6)
"""Range of the click rate, drawn evenly on a logarithmic scale, where it is not known."""
ROUNDS, SESSIONS = 4, 4_000
"""Rounds of a draw's fit before it is looked at, and simulated sessions in each."""
LOOKS = 4
"""A shop that is not like the log after as many looks is not taken for it."""
STREAM = 7_003


def draw_shop(
    calibration: Calibration, number: int, *, click_rates: Sequence[float] = CLICK_RATES
) -> ShopConfig | None:
    """Shop `number` of those that the log does not tell apart; None where what is drawn cannot be fitted to it.

    Click rate, ranker in service and the users' hidden part are drawn from their ranges, quality and the rankers'
    errors follow from the number; then everything that the log identifies is fitted anew, given these, to a bootstrap
    resample of the training sessions. So the draws differ by what the log cannot tell and by the log's own chance. What
    a state shows of clicks and satiation, and the ladder of policies over it, are the same in all.

    Args:
        calibration: of a log.
        number: from 1.
        click_rates: least and largest click rate; twice the same number where it was measured.

    Raises:
        InputError: a number below 1, or rates out of order or beyond [0.01, 0.9].
    """
    if number < 1:
        raise InputError(f"It is {number}; draws are numbered from 1.", where="number")
    least, most = click_rates
    if not 0.01 <= least <= most <= 0.9:
        raise InputError(
            f"They are {least} to {most}; they must lie in [0.01, 0.9], the smaller first.", where="click_rates"
        )
    rng = np.random.default_rng((STREAM, number))
    # In this order, so that a draw's other numbers are the same whether the click rate is known or not.
    chances = {name: float(rng.uniform(*bounds)) for name, bounds in HIDDEN.items()}
    weights = {name: round(float(rng.uniform(*bounds)), 4) for name, bounds in RANKER.items()}
    rate = float(least * (most / least) ** rng.random())
    base = calibration.shop
    visits = calibration.train.resampled(rng)
    log = replace(moments(visits, np.array(base.groups), base.categories), habits=calibration.log_moments.habits)
    start = base.model_copy(
        update={name: within_bounds(name, value) for name, value in chances.items()}
        | {
            "draw": number,
            "horizon": horizon_of(visits, rate),
            "click_base": within_bounds("click_base", base.click_base + logit(rate) - logit(calibration.click_rate)),
            "leave_base": within_bounds("leave_base", base.leave_base + np.log(rate / calibration.click_rate)),
        }
    )
    aim = Aim(log, rate, RecommendConfig().ranker.model_copy(update=weights), ladder=False)
    return _matched(start, aim, misfits(calibration.log_moments, calibration.shop_moments))


def draw_shops(
    calibration: Calibration, count: int, *, click_rates: Sequence[float] = CLICK_RATES
) -> tuple[list[ShopConfig], int]:
    """The first `count` draws that can be fitted to the log, and how many could not: the log speaks against those.

    Raises:
        InputError: as `draw_shop`; or fewer than one draw in four can be fitted.
    """
    shops: list[ShopConfig] = []
    for number in range(1, 4 * count + 1):
        if (shop := draw_shop(calibration, number, click_rates=click_rates)) is not None:
            shops.append(shop)
        if len(shops) == count:
            return shops, number - count
    what = f"Only {len(shops)} of {4 * count} draws of what the log does not show could be fitted to it."
    raise InputError(what, where=calibration.shop.source, hint="Give the click rate, or fewer groups.")


def _matched(shop: ShopConfig, aim: Aim, usual: Mapping[str, float]) -> ShopConfig | None:
    for _ in range(LOOKS):
        shop, reached = matched(shop, aim, rounds=ROUNDS, sessions=SESSIONS)
        if alike(aim.log, reached, usual):
            return shop
    return None
