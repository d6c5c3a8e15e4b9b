"""The users of `recommend-v1`; see `Recommend` for the equations."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..shown_items import add_shown, event_codes, history_block, nothing_shown
from ..simulator import Simulator
from .recommend_candidates import Retriever
from .recommend_config import RecommendConfig
from .shared.draws import draw_category, sigmoid
from .shared.products import Catalogue

ENGAGEMENT_LIMIT = 2.0
"""Engagement stays within plus and minus this: nobody is won or lost for good."""
HIDDEN = ("satiation", "engagement")
"""What a state does not show where the user is observed in part; the columns are 0 there."""
LATE = 3
"""What may come late of a purchase: its part of the reward, the conversion and the revenue."""


class RecommendSimulator(Simulator):
    """A batch of users of one shop; see `Recommend` for the equations.

    Args:
        config: the shop's parameters.
        catalogue: what it sells.
        n_users, seed, users: as in `Simulator`.
        retriever: puts candidates before the policy; None: every item is an action.
    """

    draws_at_start = 1
    draws_per_step = 5

    def __init__(
        self,
        config: RecommendConfig,
        catalogue: Catalogue,
        n_users: int,
        seed: int | Sequence[int],
        users: Sequence[int] | None = None,
        retriever: Retriever | None = None,
    ):
        super().__init__(retriever.candidates if retriever else config.items, config.horizon, n_users, seed, users)
        self.config, self.catalogue, self.retriever = config, catalogue, retriever
        keen, late = int(config.confounding > 0), int(config.delay > 0)
        more = (retriever.candidates if retriever else 0) + keen
        # What only some shops draw comes after what all draw.
        self.draws_at_start, self.draws_per_step = 1 + more, 5 + more + late

    def _begin(self, uniforms: np.ndarray) -> dict[str, np.ndarray]:
        users, c = uniforms.shape[1], self.config
        started = {
            "interest": draw_category(uniforms[0], c.categories),
            "satiation": np.zeros((users, c.categories), np.float32),
            "memory": np.zeros((users, c.categories), np.float32),
            "engagement": np.zeros(users, np.float32),
            "clicked": np.zeros(users, np.float32),
        } | nothing_shown(users, c.history)
        if c.delay:
            started |= {"due": np.zeros((users, LATE)), "due_means": np.zeros((users, LATE))}
        return started | self._next_moment(uniforms[1:])

    def _next_moment(self, uniforms: np.ndarray) -> dict[str, np.ndarray]:
        """What is drawn anew for every decision: candidates, and whether the user is keen."""
        moment: dict[str, np.ndarray] = {}
        if self.retriever:
            moment["candidates"] = self.retriever.draw(uniforms[: self.retriever.candidates])
        if self.config.confounding:
            keen = uniforms[self.retriever.candidates if self.retriever else 0] < 0.5
            moment["keen"] = keen.astype(np.int64)
        return moment

    @property
    def field(self) -> np.ndarray | None:
        return self.users.get("keen")

    def _react(self, actions: np.ndarray, uniforms: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        c, users, rows = self.config, self.users, np.arange(len(actions))
        items = users["candidates"][rows, actions] if self.retriever else actions
        category = self.catalogue.category[items]
        satiation = users["satiation"][rows, category]
        quality, chances = self.catalogue.quality[items], self._chances(items, category, satiation)
        click = uniforms[0] < chances[0]
        cart = click & (uniforms[1] < chances[1])
        purchase = cart & (uniforms[2] < chances[2])

        felt = click * quality
        engagement = c.engagement_decay * users["engagement"] + c.engagement_gain * felt
        users["engagement"] = engagement.clip(-ENGAGEMENT_LIMIT, ENGAGEMENT_LIMIT)
        leave_logit = self._leave_base() - c.leave_engagement * users["engagement"]
        leave_logit += c.leave_satiation * satiation - c.leave_quality * felt
        leaves = uniforms[3] < sigmoid(leave_logit)

        users["satiation"] *= c.satiation_decay
        users["satiation"][rows, category] += 1.0
        users["memory"] *= c.memory_decay
        users["memory"][rows, category] += click - np.float32(c.click_expected)
        users["clicked"] = click.astype(np.float32)
        if c.history:
            self.events = event_codes(click, cart, purchase)
            add_shown(users, actions, self.events)
        self._drift(uniforms[4])
        # Satiation of 1 and more: the category was shown at the last step.
        kind = (self.catalogue.price[items], satiation < 1.0, quality)
        ended = leaves | (self.elapsed + 1 == self.horizon)
        arrive = (uniforms[-1] < 1.0 / (1.0 + c.delay)) | ended if c.delay else None
        outcomes = self._outcomes((click, cart, purchase), kind, "due", arrive)
        if c.rollouts == "expected":
            # A click may send the user away, and what is late waits for that: there it is taken as it was drawn.
            carts = chances[0] * chances[1]
            bought = (click * chances[1] if c.delay else carts) * chances[2]
            self.means = self._outcomes((chances[0], carts, bought), kind, "due_means", arrive)
        users |= self._next_moment(uniforms[5:])
        outcomes = outcomes.astype(np.float32)
        return outcomes[:, 0], outcomes[:, 1:], leaves

    def _chances(self, items: np.ndarray, category: np.ndarray, satiation: np.ndarray) -> tuple[np.ndarray, ...]:
        """(k,) each: of a click, of a cart after it, and of a purchase after that."""
        c, users = self.config, self.users
        wanted = self._interest_in(category) * (users["interest"] == category)
        logit = c.click_base + self.catalogue.appeal[items] + wanted - c.satiation_click * satiation
        if c.confounding:
            logit = logit + c.confounding * users["keen"]
        funnel = c.engagement_funnel * users["engagement"] + c.quality_funnel * self.catalogue.quality[items]
        return sigmoid(logit), sigmoid(c.cart_base + funnel), sigmoid(c.purchase_base + funnel)

    def _outcomes(
        self, funnel: tuple[np.ndarray, ...], kind: tuple[np.ndarray, ...], due: str, arrive: np.ndarray | None
    ) -> np.ndarray:
        """(k, 1 + m) reward and metrics of a decision.

        Args:
            funnel: click, cart and purchase: 0 or 1, or the chances of them.
            kind: price of what was shown, whether its category is a change, and its quality.
            due: column of `users` in which late purchases wait.
            arrive: (k,) whose purchases arrive now; None: purchases are not late.
        """
        c, (click, cart, purchase), (price, change, quality) = self.config, funnel, kind
        late = np.stack((c.purchase_reward * purchase, purchase, purchase * price), axis=1)
        if arrive is not None:
            waiting = self.users[due] + late
            late = np.where(arrive[:, None], waiting, 0.0)
            self.users[due] = waiting - late
        reward = c.click_reward * click + c.cart_reward * cart + late[:, 0]
        return np.stack((reward, click, late[:, 1], late[:, 2], change, click * quality), axis=1)

    def _interest_in(self, category: np.ndarray) -> np.ndarray | float:
        """Added to the click where the item is of the category that the user is after."""
        return self.config.interest

    def _leave_base(self) -> np.ndarray | float:
        """Leaving, at engagement 0 and without satiation, of each present user."""
        return self.config.leave_base

    def _drift(self, uniforms: np.ndarray) -> None:
        moved = np.flatnonzero(uniforms < self.config.drift)
        # Below `drift` the number is uniform again, so it also says where the interest goes.
        self.users["interest"][moved] = draw_category(uniforms[moved] / self.config.drift, self.config.categories)

    def _observe(self) -> np.ndarray:
        users, time = self.users, np.float32(self.elapsed / self.horizon)
        full = self.config.observed == "full"
        satiation, engagement = (users[name] if full else np.zeros_like(users[name]) for name in HIDDEN)
        single = (engagement / ENGAGEMENT_LIMIT, users["clicked"], np.full(len(users["clicked"]), time))
        shown = [history_block(users)] if self.config.history else []
        if self.retriever:
            shown.append(self.retriever.features(users["candidates"]))
        return np.column_stack((satiation, users["memory"], *single, *shown))
