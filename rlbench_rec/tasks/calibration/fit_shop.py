"""Fitting `recommend` to a log: items and their groups from the clicks, rates by simulation."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from ...errors import InputError
from ...mdp.dataset import TransitionDataset
from ..shops.recommend import RecommendConfig
from .calibrated_shop import ShopConfig
from .interests import groups_of
from .leaving_habits import leaving_habits
from .moment_matching import Aim, centred, logit, matched, within_bounds
from .visit_context import FEWEST_VISITS, SIGNIFICANCE, with_context
from .visit_moments import Moments, moments
from .visits import Visits, logged
from .visits_by_kind import VisitKind

FEWEST_SESSIONS, FEWEST_CLICKS = 100, 300
ROUNDS, SESSIONS = 16, 8_000
"""Rounds of the fit, and simulated sessions in each."""
LONGEST = 200
"""Most decisions in a session."""


@dataclass(frozen=True)
class Calibration:
    """A shop fitted to a log.

    Attributes:
        shop: the shop.
        train, held_out: clicks of the log's earlier and later part; the fit saw only the earlier one.
        log_moments, shop_moments: moments of the training part, and of the shop after the fit.
        click_rate: clicks per decision: assumed, since a choice log does not show what was not clicked.
        covered: share of the training clicks on items that the shop has.
        identified: `habits`, `loyalty`, `dayparts` and `returning` -> what the log says of it, in words, and whether it
            was fitted: what the log does not identify is not.
    """

    shop: ShopConfig
    train: Visits
    held_out: Visits
    log_moments: Moments
    shop_moments: Moments
    click_rate: float
    covered: float
    identified: dict[str, str]


def calibrate(
    data: TransitionDataset, *, click_rate: float = 0.3, groups: int = 8, name: str | None = None, seed: int = 0
) -> Calibration:
    """Fit `recommend` to the training part of a log.

    From the clicks come the items (those of the dataset's vocabulary), their groups (k-means of an embedding by
    co-occurrence) and, by simulating the shop and moving each parameter until what it controls agrees:
    each item's appeal (its share of the clicks), `click_base` (the assumed click rate), `cart_base` and
    `purchase_base` (the funnel), `leave_base` (clicks of a session), `interest` and, beyond 4, the ranker's weight
    on recent clicks (how often neighbouring clicks are of one group) and `drift` (how fast that fades). Where the log
    identifies them: habits of leaving (the spread of session lengths), loyalty of each group (how often a click on it
    is followed by another), parts of the day and returning users. Everything else is as in `recommend-v1`; `draw_shop`
    draws it.

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
    train, context = with_context(train, group)
    habits = leaving_habits(train.lengths)
    log_moments = replace(
        moments(train, group, count),
        habits=np.stack([habits.shares, habits.means], axis=1) if len(habits) > 1 else None,
    )
    shop = _before_the_fit(data, train, log_moments, group, click_rate, name)
    aim = Aim(log_moments, click_rate, RecommendConfig().ranker)
    shop, shop_moments = matched(shop, aim, rounds=ROUNDS, sessions=SESSIONS)
    differs, loyalty = _loyalty(log_moments, shop_moments)
    if differs:
        shop = shop.model_copy(update={"loyalty": (0.0,) * count})
        shop, shop_moments = matched(shop, aim, rounds=ROUNDS // 2, sessions=SESSIONS)
    identified = {
        "habits": _fitted(len(habits) > 1, f"{_counted(habits.means)} (Bayes' information criterion)"),
        "loyalty": _fitted(differs, loyalty),
        "dayparts": _fitted("daypart" in train.kinds, context["daypart"]),
        "returning": _fitted("remembered" in train.kinds, context["remembered"]),
    }
    covered = float(train.known.mean())
    return Calibration(shop, train, held_out, log_moments, shop_moments, click_rate, covered, identified)


def horizon_of(visits: Visits, click_rate: float) -> int:
    """Decisions of all but one in a thousand sessions, 10 to 200."""
    return int(np.clip(np.quantile(visits.lengths, 0.999) / click_rate, 10, LONGEST))


def _before_the_fit(
    data: TransitionDataset, train: Visits, log: Moments, group: np.ndarray, click_rate: float, name: str | None
) -> ShopConfig:
    """The shop that the fit starts from: items, groups and appeal of the log, rates as they would be if users did not
    differ."""
    return ShopConfig(
        source=name or data.provenance.source.rpartition("/")[2],
        items=train.item_count,
        categories=len(log.pairs),
        names=list(data.action_names[: train.item_count]),
        groups=group.tolist(),
        appeal=centred(np.log(log.shares) / 2.0).tolist(),
        horizon=horizon_of(train, click_rate),
        click_base=within_bounds("click_base", logit(click_rate)),
        click_expected=click_rate,
        cart_base=within_bounds("cart_base", logit(log.cart_rate)),
        purchase_base=within_bounds("purchase_base", logit(log.purchase_rate)),
        returning=log.returning,
        **_kinds_of(log),
    )


def _kinds_of(log: Moments) -> dict[str, tuple[VisitKind, ...]]:
    """Habits and parts of the day before the fit: their shares, and hazards that last as long, around the mean."""
    kinds = {}
    for name, table in (("habits", log.habits), ("dayparts", log.dayparts)):
        if table is not None:
            leaving = np.log(log.clicks / table[:, 1])
            pairs = zip(table[:, 0] / table[:, 0].sum(), leaving - table[:, 0] @ leaving, strict=True)
            kinds[name] = tuple(VisitKind(share=float(share), leaving=float(moved)) for share, moved in pairs)
    return kinds


def _loyalty(log: Moments, shop: Moments) -> tuple[bool, str]:
    """Whether users stay in some groups for longer than one interest for all explains: a chi-square test of what
    follows a click on each group, in the log and in the shop."""
    from scipy.stats import chi2

    many = (log.pairs >= FEWEST_VISITS) & (shop.pairs >= FEWEST_VISITS)
    if many.sum() < 2:
        return False, f"fewer than two groups have {FEWEST_VISITS} clicks that are followed by another"
    chance = shop.stays[many] * (1.0 - shop.stays[many]) * (1.0 / log.pairs[many] + 1.0 / shop.pairs[many])
    p = float(chi2.sf(((log.stays - shop.stays)[many] ** 2 / chance).sum(), many.sum() - 1))
    stays = log.stays[many]
    said = f"after a click on a group {stays.min():.0%} to {stays.max():.0%} of the next are on it, by group"
    return p < SIGNIFICANCE, f"{said} (p = {p:.1g})"


def _fitted(fitted: bool, what: str) -> str:
    return f"{'fitted' if fitted else 'not fitted'}: {what}"


def _counted(means: np.ndarray) -> str:
    if len(means) == 1:
        return "one habit of leaving explains the session lengths"
    return f"visits of {', '.join(f'{mean:.1f}' for mean in means)} clicks on average"


def _check_size(train: Visits, held_out: Visits, source: str) -> None:
    have = f"{len(train.lengths)} sessions with {len(train)} clicks to fit, {len(held_out.lengths)} to hold out"
    if len(train.lengths) < FEWEST_SESSIONS or len(train) < FEWEST_CLICKS or len(held_out.lengths) < 20:
        hint = f"{FEWEST_SESSIONS} sessions and {FEWEST_CLICKS} clicks are the least, and 20 sessions to hold out."
        raise InputError(f"The log is too small to calibrate: {have}.", where=source, hint=hint)
    if train.item_count < 8 or train.known.sum() < FEWEST_CLICKS / 3:
        hint = "Take categories as items, or more of them."
        raise InputError(f"{int(train.known.sum())} clicks are on {train.item_count} items.", where=source, hint=hint)
