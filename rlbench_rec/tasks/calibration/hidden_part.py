"""What a choice log cannot tell, drawn: each draw is a shop that the log does not tell from the others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from ...errors import InputError
from ..shops.recommend import RecommendConfig
from .fit_shop import Calibration, horizon_of
from .moment_matching import Aim, logit, matched, within_bounds
from .calibrated_shop import ShopConfig
from .visit_moments import moments

HIDDEN: dict[str, tuple[float, float]] = {
    "bait": (-0.2, 0.8),
    "quality_funnel": (0.0, 0.7),
    "engagement_funnel": (0.0, 2.0),
    "engagement_gain": (0.0, 0.8),
    "engagement_decay": (0.8, 0.97),
    "leave_engagement": (0.0, 2.0),
    "leave_quality": (0.0, 1.0),
    "leave_satiation": (0.0, 0.5),
    "satiation_click": (0.0, 1.2),
    "satiation_decay": (0.6, 0.95),
}
"""Ranges that users' hidden part is drawn from, evenly: from none of an effect to about twice that of `recommend-v1`."""
RANKER: dict[str, tuple[float, float]] = {
    "appeal": (0.4, 1.5),
    "clicks": (0.4, 1.5),
    "noise": (0.0, 0.6),
    "tau": (0.6, 1.8),
}
"""Ranges of the policy that was in service: a choice log does not show it either."""
CLICK_RATES = (0.15, 0.5)
"""Range of the click rate, drawn evenly on a logarithmic scale, where it is not known."""
ROUNDS, SESSIONS = 10, 4_000
STREAM = 7_003


def draw_shop(calibration: Calibration, number: int, *, click_rates: Sequence[float] = CLICK_RATES) -> ShopConfig:
    """Shop `number` of those that the log does not tell apart.

    Click rate, ranker in service and the users' hidden part are drawn from their ranges, quality and the rankers' errors
    follow from the number; then everything that the log identifies is fitted anew, given these, to a bootstrap resample
    of the training sessions. So the draws differ by what the log cannot tell and by the log's own chance. The ladder of
    policies is the same in all.

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
            "click_expected": round(rate, 6),
            "click_base": within_bounds("click_base", base.click_base + logit(rate) - logit(calibration.click_rate)),
            "leave_base": within_bounds("leave_base", base.leave_base + np.log(rate / calibration.click_rate)),
        }
    )
    ranker = RecommendConfig().ranker.model_copy(update=weights)
    shop, _ = matched(start, Aim(log, rate, ranker, ladder=False), rounds=ROUNDS, sessions=SESSIONS)
    return shop
