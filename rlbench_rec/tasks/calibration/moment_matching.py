"""Moving a shop's parameters until its simulated visits have the moments of a log."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from ..shops.recommend import RecommendConfig
from ..shops.shared.linear_rankers import LinearRanker
from ..variants import bounds_of
from .calibrated_shop import CalibratedShop, ShopConfig
from .visit_moments import Moments, moments
from .visits import simulated
from .visits_by_kind import VisitKind

SEED = 7_001
"""Of the users that the fit simulates; the logs and true values of suites have others."""
MOST_INTEREST = 4.0
"""A user with more interest than this clicks on hardly anything else."""
SHORTEST = 0.05
"""Clicks after the first one are counted from here: a habit of leaving at once has none."""


TOLERANCES = {"clicks": 0.1, "cart_rate": 0.2, "near": 0.2}
"""How far the moments that a draw is judged by may be off."""


@dataclass(frozen=True)
class Aim:
    """What a shop is moved to.

    Attributes:
        log: moments of the log's visits.
        click_rate: clicks per decision.
        ranker: the behaviour policy, before what interest cannot explain is added to its weight on recent clicks.
        ladder: whether the ladder's weights on recent clicks move with that of the behaviour policy.
    """

    log: Moments
    click_rate: float
    ranker: LinearRanker
    ladder: bool = True


def matched(shop: ShopConfig, aim: Aim, *, rounds: int, sessions: int) -> tuple[ShopConfig, Moments]:
    """The shop after some rounds of simulating it and moving each parameter towards the moment that it controls, with
    the same random numbers in each; and its moments."""
    groups = np.array(shop.groups)
    for _ in range(rounds):
        visits = simulated(CalibratedShop(shop), sessions, SEED)
        shop = _moved(shop, aim, moments(visits, groups, shop.categories), len(visits) / visits.decisions)
    visits = simulated(CalibratedShop(shop), sessions, SEED)
    return shop, moments(visits, groups, shop.categories)


def alike(log: Moments, shop: Moments, usual: Mapping[str, float] | None = None) -> bool:
    """Whether a shop has the log's moments: within `TOLERANCES`, or not much further off than usual.

    Args:
        log, shop: moments of both.
        usual: `misfits` of the shop that is fitted best: some logs are beyond what any shop reaches.
    """
    limits = {name: max(most, 1.5 * (usual or {}).get(name, 0.0)) for name, most in TOLERANCES.items()}
    return all(off < limits[name] for name, off in misfits(log, shop).items())


def misfits(log: Moments, shop: Moments) -> dict[str, float]:
    """How far the log-odds (of `clicks`, the logarithm) of the moments in `TOLERANCES` are off."""
    off = {name: abs(logit(getattr(log, name)) - logit(getattr(shop, name))) for name in ("cart_rate", "near")}
    return off | {"clicks": abs(float(np.log(log.clicks / shop.clicks)))}


def _moved(shop: ShopConfig, aim: Aim, simulation: Moments, rate: float) -> ShopConfig:
    """One step of each parameter."""
    log = aim.log
    # Neighbours are alike because users stay with a group, and because the ranker shows it again. What interest cannot
    # explain is attributed to the ranker.
    alike = shop.interest + shop.ranker.clicks - aim.ranker.clicks + logit(log.near) - logit(simulation.near)
    # Persistence over two clicks is (1 - drift) to the number of decisions between them.
    kept = np.log1p(-shop.drift) * (np.log(log.persistence) / np.log(simulation.persistence)) ** 0.5
    moved = {
        "click_base": shop.click_base + logit(aim.click_rate) - logit(rate),
        "cart_base": shop.cart_base + logit(log.cart_rate) - logit(simulation.cart_rate),
        "purchase_base": shop.purchase_base + logit(log.purchase_rate) - logit(simulation.purchase_rate),
        "interest": min(alike, MOST_INTEREST),
        "drift": min(float(-np.expm1(kept)), 0.9),
    }
    appeal = np.array(shop.appeal) + 0.5 * (np.log(log.shares) - np.log(simulation.shares))
    within: dict[str, object] = {name: within_bounds(name, value) for name, value in moved.items()}
    within["appeal"] = centred(appeal).round(6).tolist()
    within |= _leaving(shop, log, simulation) | _staying(shop, log, simulation)
    excess = max(alike - MOST_INTEREST, 0.0)
    within["ranker"] = _weighted(aim.ranker, aim.ranker.clicks + excess)
    if aim.ladder:
        within["ladder"] = {
            name: _weighted(ranking, ranking.clicks * (1.0 + excess / aim.ranker.clicks))
            for name, ranking in RecommendConfig().ladder.items()
        }
    return shop.model_copy(update=within)


def _leaving(shop: ShopConfig, log: Moments, simulation: Moments) -> dict[str, object]:
    """How visits end: all of them, or each habit and part of the day."""
    within: dict[str, object] = {}
    base = shop.leave_base + np.log(simulation.clicks / log.clicks)
    if shop.habits and log.habits is not None and simulation.habits is not None:
        shares, leaving = _kinds(shop.habits, log.habits, simulation.habits)
        base = shop.leave_base + float(shares @ leaving)
        within["habits"] = _written(shares, leaving - shares @ leaving)
    if shop.dayparts and log.dayparts is not None and simulation.dayparts is not None:
        shares, leaving = _kinds(shop.dayparts, log.dayparts, simulation.dayparts)
        within["dayparts"] = _written(shares, leaving - shares @ leaving)
    return within | {"leave_base": within_bounds("leave_base", float(base))}


def _kinds(kinds: tuple[VisitKind, ...], log: np.ndarray, simulation: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Shares of the visits, and what each kind adds to leaving, after a step. A geometric distribution's hazard has
    log-odds -log(mean - 1)."""
    shares = np.array([kind.share for kind in kinds]) * log[:, 0] / simulation[:, 0]
    further = np.maximum(simulation[:, 1] - 1.0, SHORTEST) / np.maximum(log[:, 1] - 1.0, SHORTEST)
    leaving = np.array([kind.leaving for kind in kinds]) + np.log(further)
    return shares / shares.sum(), leaving.clip(-8.0, 8.0)


def _written(shares: np.ndarray, leaving: np.ndarray) -> tuple[VisitKind, ...]:
    pairs = zip(shares.round(6), leaving.round(6), strict=True)
    return tuple(VisitKind(share=float(share), leaving=float(moved)) for share, moved in pairs)


def _staying(shop: ShopConfig, log: Moments, simulation: Moments) -> dict[str, object]:
    """Loyalty of each group, and users who return to theirs."""
    within: dict[str, object] = {}
    if shop.loyalty:
        steps = np.array([logit(a) - logit(b) for a, b in zip(log.stays, simulation.stays, strict=True)])
        # Not centred: where interest is at its limit, the groups may still differ.
        loyalty = np.array(shop.loyalty) + 0.5 * steps
        within["loyalty"] = tuple(loyalty.clip(-MOST_INTEREST, 1.0).round(6).tolist())
    if shop.returning and simulation.returning:
        within["returning"] = round(float(np.clip(shop.returning * log.returning / simulation.returning, 0.0, 1.0)), 6)
        same = shop.return_same + log.return_same - simulation.return_same
        within["return_same"] = round(float(np.clip(same, 0.0, 1.0)), 6)
    return within


def _weighted(ranking: LinearRanker, clicks: float) -> LinearRanker:
    return ranking.model_copy(update={"clicks": round(float(np.clip(clicks, 0.0, 10.0)), 6)})


def within_bounds(name: str, value: float) -> float:
    """A parameter, cut to its bounds and to six digits."""
    bounds = bounds_of(RecommendConfig.model_fields[name])
    assert bounds is not None, "what is fitted has bounds"
    return round(float(np.clip(value, bounds.low, bounds.high)), 6)


def logit(share: float) -> float:
    """Log-odds of a share, kept away from 0 and 1."""
    share = min(max(share, 1e-4), 1.0 - 1e-4)
    return float(np.log(share / (1.0 - share)))


def centred(values: np.ndarray) -> np.ndarray:
    """Less their mean."""
    return values - values.mean()
