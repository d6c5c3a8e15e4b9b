"""Fitting `recommend` to a log: items and their groups from the clicks, rates by simulation."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...errors import InputError
from ...mdp.dataset import TransitionDataset
from ..shops.recommend import RecommendConfig
from ..shops.shared.linear_rankers import LinearRanker
from ..variants import bounds_of
from .calibrated_shop import CalibratedShop, ShopConfig
from .interests import groups_of
from .visit_moments import Moments, moments
from .visits import Visits, logged, simulated

FEWEST_SESSIONS, FEWEST_CLICKS = 100, 300
ROUNDS, SESSIONS = 16, 8_000
"""Rounds of the fit, and simulated sessions in each."""
SEED = 7_001
"""Of the users that the fit simulates; the logs and true values of suites have others."""
LONGEST = 200
"""Most decisions in a session."""
MOST_INTEREST = 4.0
"""A user with more interest than this clicks on hardly anything else."""


@dataclass(frozen=True)
class Calibration:
    """A shop fitted to a log.

    Attributes:
        shop: the shop.
        train, held_out: clicks of the log's earlier and later part; the fit saw only the earlier one.
        log_moments, shop_moments: moments of the training part, and of the shop after the fit.
        click_rate: clicks per decision: assumed, since a choice log does not show what was not clicked.
        covered: share of the training clicks on items that the shop has.
    """

    shop: ShopConfig
    train: Visits
    held_out: Visits
    log_moments: Moments
    shop_moments: Moments
    click_rate: float
    covered: float


def calibrate(
    data: TransitionDataset, *, click_rate: float = 0.3, groups: int = 8, name: str | None = None, seed: int = 0
) -> Calibration:
    """Fit `recommend` to the training part of a log.

    From the clicks come the items (those of the dataset's vocabulary), their groups (k-means of an embedding by
    co-occurrence) and, by simulating the shop and moving each parameter until what it controls agrees:
    each item's appeal (its share of the clicks), `click_base` (the assumed click rate), `cart_base` and
    `purchase_base` (the funnel), `leave_base` (clicks of a session), `interest` and, beyond 4, the ranker's weight
    on recent clicks (how often neighbouring clicks are of one group) and `drift` (how fast that fades). Everything else
    is as in `recommend-v1`.

    Args:
        data: a log with events, split by time; its actions are the shop's items.
        click_rate: clicks per decision. A choice log does not show what was not clicked, so this cannot be fitted. That
            popular items are shown more often is attributed to the shop's ranker, which knows the appeal.
        groups: how many groups of interest; at most a quarter of the items.
        name: of the data set; None takes that of the log.
        seed: of the groups.

    Raises:
        InputError: a log without events or too small to calibrate, or an argument out of range.
    """
    if not 0.01 <= click_rate <= 0.9:
        raise InputError(f"It is {click_rate}; it must lie in [0.01, 0.9].", where="click_rate")
    if data.events is None:
        raise InputError("The log has no events.", where=data.provenance.source, hint="Calibrate to a log of a card.")
    train, held_out = (logged(side) for side in data.split())
    _check_size(train, held_out, data.provenance.source)
    count = max(2, min(groups, train.item_count // 4))
    group = groups_of(train, count, seed)
    log_moments = moments(train, group)
    shop = ShopConfig(
        source=name or data.provenance.source.rpartition("/")[2],
        items=train.item_count,
        categories=count,
        names=list(data.action_names[: train.item_count]),
        groups=group.tolist(),
        appeal=_centred(np.log(log_moments.shares) / 2.0).tolist(),
        horizon=int(np.clip(np.quantile(train.lengths, 0.999) / click_rate, 10, LONGEST)),
        click_base=_within("click_base", _logit(click_rate)),
        click_expected=click_rate,
        cart_base=_within("cart_base", _logit(log_moments.cart_rate)),
        purchase_base=_within("purchase_base", _logit(log_moments.purchase_rate)),
    )
    for _ in range(ROUNDS):
        visits = simulated(CalibratedShop(shop), SESSIONS, SEED)
        shop = _moved(shop, log_moments, moments(visits, group), click_rate, len(visits) / visits.decisions)
    shop_moments = moments(simulated(CalibratedShop(shop), SESSIONS, SEED), group)
    return Calibration(shop, train, held_out, log_moments, shop_moments, click_rate, float(train.known.mean()))


def _moved(shop: ShopConfig, log_moments: Moments, shop_moments: Moments, click_rate: float, rate: float) -> ShopConfig:
    """One step of each parameter towards what it controls."""
    # Neighbours are alike because users stay with a group, and because the ranker shows it again. What interest cannot
    # explain is attributed to the ranker.
    usual = RecommendConfig().ranker.clicks
    alike = shop.interest + shop.ranker.clicks - usual + _logit(log_moments.near) - _logit(shop_moments.near)
    # Persistence over two clicks is (1 - drift) to the number of decisions between them.
    kept = np.log1p(-shop.drift) * (np.log(log_moments.persistence) / np.log(shop_moments.persistence)) ** 0.5
    moved = {
        "click_base": shop.click_base + _logit(click_rate) - _logit(rate),
        "cart_base": shop.cart_base + _logit(log_moments.cart_rate) - _logit(shop_moments.cart_rate),
        "purchase_base": shop.purchase_base + _logit(log_moments.purchase_rate) - _logit(shop_moments.purchase_rate),
        "leave_base": shop.leave_base + np.log(shop_moments.clicks / log_moments.clicks),
        "interest": min(alike, MOST_INTEREST),
        "drift": min(float(-np.expm1(kept)), 0.9),
    }
    appeal = np.array(shop.appeal) + 0.5 * (np.log(log_moments.shares) - np.log(shop_moments.shares))
    within: dict[str, object] = {name: _within(name, value) for name, value in moved.items()}
    within["appeal"] = _centred(appeal).round(6).tolist()
    return shop.model_copy(update=within | _rankers(usual + max(alike - MOST_INTEREST, 0.0)))


def _rankers(clicks: float) -> dict[str, object]:
    """The behaviour policy with this weight on recent clicks, and the ladder with weights in proportion."""
    usual = RecommendConfig()
    factor = round(float(np.clip(clicks, 0.0, 10.0)), 6) / usual.ranker.clicks

    def changed(ranking: LinearRanker) -> LinearRanker:
        return ranking.model_copy(update={"clicks": ranking.clicks * factor})

    return {
        "ranker": changed(usual.ranker),
        "ladder": {name: changed(ranking) for name, ranking in usual.ladder.items()},
    }


def _within(name: str, value: float) -> float:
    bounds = bounds_of(RecommendConfig.model_fields[name])
    assert bounds is not None, "what is fitted has bounds"
    return round(float(np.clip(value, bounds.low, bounds.high)), 6)


def _check_size(train: Visits, held_out: Visits, source: str) -> None:
    have = f"{len(train.lengths)} sessions with {len(train)} clicks to fit, {len(held_out.lengths)} to hold out"
    if len(train.lengths) < FEWEST_SESSIONS or len(train) < FEWEST_CLICKS or len(held_out.lengths) < 20:
        hint = f"{FEWEST_SESSIONS} sessions and {FEWEST_CLICKS} clicks are the least, and 20 sessions to hold out."
        raise InputError(f"The log is too small to calibrate: {have}.", where=source, hint=hint)
    if train.item_count < 8 or train.known.sum() < FEWEST_CLICKS / 3:
        hint = "Take categories as items, or more of them."
        raise InputError(f"{int(train.known.sum())} clicks are on {train.item_count} items.", where=source, hint=hint)


def _logit(share: float) -> float:
    share = min(max(share, 1e-4), 1.0 - 1e-4)
    return float(np.log(share / (1.0 - share)))


def _centred(values: np.ndarray) -> np.ndarray:
    return values - values.mean()
