"""The traits that each shop's best policy is searched over."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np

from ..shops.ads import Ads
from ..shops.cart import Cart
from ..shops.media import Media
from ..shops.offers import Offers
from ..shops.recommend import Recommend
from ..shops.shared.draws import sigmoid
from .kits_alone import KitsAlone, can_be_planned
from .trait_scores import Traits

if TYPE_CHECKING:
    from ..base import Task

BELIEF = 2.0
"""How strongly the shop's memory of clicks in a category speaks for the user's interest in it, in log-odds."""


def traits_of(task: Task) -> Traits | None:
    """What a search may weigh in a shop; None where the task's own planner is not searched over."""
    for shop, make in SHOPS.items():
        if isinstance(task, shop):
            return make(task)
    return None


def recommend_traits(task: Recommend) -> Traits:
    """Expected reward of the next step, the quality felt, appeal, quality, memory and satiation.

    The interest is guessed: each category as likely as exp(2 x the memory of its clicks). Of candidates the state has
    appeal and rating, which stands for their quality.
    """
    c, items, categories = task.config, task.catalogue, task.config.categories
    category = task.retriever.category if task.retriever else items.category
    paid = c.click_reward, c.cart_reward, c.purchase_reward

    def values(states: np.ndarray) -> Sequence[np.ndarray]:
        satiation, memory = states[:, :categories].astype(float), states[:, categories : 2 * categories].astype(float)
        engagement, clicked, time = (
            2.0 * states[:, [2 * categories]],
            *(states[:, [2 * categories + k]] for k in (1, 2)),
        )
        appeal, quality = items.appeal, items.quality
        if task.retriever:
            appeal, quality = np.split(states[:, -2 * c.candidates :], 2, axis=1)
        belief = np.exp(BELIEF * (memory - memory.max(axis=1, keepdims=True)))
        belief = (belief / belief.sum(axis=1, keepdims=True))[:, category]
        worn, remembered = satiation[:, category], memory[:, category]
        logit = c.click_base + appeal - c.satiation_click * worn
        click = belief * sigmoid(logit + c.interest) + (1.0 - belief) * sigmoid(logit)
        funnel = c.engagement_funnel * engagement + c.quality_funnel * quality
        cart = sigmoid(c.cart_base + funnel)
        earned = click * (paid[0] + cart * (paid[1] + paid[2] * sigmoid(c.purchase_base + funnel)))
        felt, shown = click * quality, (worn >= 1.0).astype(float)
        return (
            earned,
            felt,
            felt * engagement,
            felt * time,
            appeal,
            quality,
            remembered,
            worn,
            shown * clicked,
            shown * (1.0 - clicked),
        )

    names = ("earned", "felt", "felt x engagement", "felt x time", "appeal", "quality", "memory", "satiation")
    return Traits((*names, "shown and clicked", "shown in vain"), (1.0, 2.0) + 8 * (0.0,), values)


def media_traits(task: Media) -> Traits:
    """Expected reward of the title, what follows by the planner, worth watched, share watched and satiation."""
    genres = task.config.categories

    def values(states: np.ndarray) -> Sequence[np.ndarray]:
        share, now = task._shares(states), task.expected_reward(states)
        worn = states[:, genres : 2 * genres].astype(float)[:, task.genre]
        worth, goodwill, today = share * task.worth, states[:, -3:-2], states[:, -2:-1]
        ahead = task.reward_and_return(states) - now
        return now, ahead, worth, worth * goodwill, worth * today, share, worn, worn * share, task.length

    names = ("now", "ahead", "worth", "worth x goodwill", "worth x today", "share", "satiation", "satiation x share")
    return Traits((*names, "length"), (1.0, 1.0) + 7 * (0.0,), values)


def cart_traits(task: Cart) -> Traits:
    """Expected reward of the step, what follows by the planner, the margin taken, what is opened, and offering; and
    what follows where each kit is planned for alone."""
    alone = KitsAlone(task) if can_be_planned(task) else None

    def values(states: np.ndarray) -> Sequence[np.ndarray]:
        taken = task._taken(states)
        now = task._now(states, taken)
        ahead = task.reward_and_openings(states) - now
        opens = (1.0 - states[:, 3 : 3 + task.items].astype(float)) @ task._openings.T
        offers = np.r_[0.0, np.ones(task.items)]
        chance = _with_nothing(taken)
        annoyance, time = states[:, -2:-1], states[:, -1:]
        margin = _with_nothing(taken * task.margin)
        kits = [alone.ahead(states, taken)] if alone else []
        opened = _with_nothing(taken * opens)
        return *kits, now, ahead, margin, margin * time, opened, offers, annoyance * offers, chance

    names = ("now", "ahead", "margin", "margin x time", "opens", "offers", "annoyance x offers", "taken")
    if alone:
        return Traits(("kits alone", *names), (1.0, 1.0) + 7 * (0.0,), values, version=1)
    return Traits(names, (1.0, 1.0) + 6 * (0.0,), values)


def ads_traits(task: Ads) -> Traits:
    """Worth of the impression, its price, the budget that is left, and what the showing takes off later ones."""

    def values(states: np.ndarray) -> Sequence[np.ndarray]:
        when, place = task._where(states)
        wins, pays, ahead = (table[when, place][:, task.level] for table in task.auctions)
        worth, worn_off = (part[:, task.ad] for part in task._worth(states))
        left, budget = 1.0 - states[:, -1:], states[:, -2:-1]
        return wins * worth, pays, ahead, wins * worn_off, wins, wins * left, pays * left, pays * budget

    names = ("worth", "price", "ahead", "worn off", "wins", "wins x left", "price x left", "price x budget")
    return Traits(names, (1.0, -1.0, task.gamma, -1.0) + 4 * (0.0,), values)


def offers_traits(task: Offers) -> Traits | None:
    """Where the mood is hidden: both scores at a middling mood, and each move, more or less of it as the chat goes on.

    Where all is seen, the planner is exact, and nothing is searched.
    """
    if task.config.observed == "full":
        return None
    moves, scores = np.eye(task.action_count), task.scores()

    def values(states: np.ndarray) -> Sequence[np.ndarray]:
        time = states[:, -1:]
        return scores["farsighted"](states), scores["myopic"](states), *moves, *(time * move for move in moves)

    names = (*task.action_names, *(f"{name} x time" for name in task.action_names))
    return Traits(("farsighted", "myopic", *names), (1.0, 0.0) + len(names) * (0.0,), values)


def _with_nothing(values: np.ndarray) -> np.ndarray:
    """(n, items) -> (n, A): 0 for offering nothing."""
    return np.column_stack((np.zeros(len(values)), values))


SHOPS: dict[type, Callable[..., Traits | None]] = {
    Recommend: recommend_traits,
    Media: media_traits,
    Cart: cart_traits,
    Ads: ads_traits,
    Offers: offers_traits,
}
