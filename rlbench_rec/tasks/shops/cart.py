"""`cart-v1`: what to offer at the shopping cart, before the customer checks out or gives up."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import ClassVar, Literal

import numpy as np
from pydantic import Field

from ...policies import QFunction
from ..policy_ladder import ScoredConfig, ScoredTask
from ..simulator import Simulator
from .shared.draws import draw_category, log_logistic, log_logistic_above, sigmoid, standardised_ranks
from .shared.strata import CART

METRICS = ("CTR", "CVR", "revenue", "diversity", "satisfaction")
PURSES = ("tight", "middling", "easy")


class CartConfig(ScoredConfig):
    """Parameters of the shop; money in units of the median price, the rest log-odds unless said otherwise."""

    added: ClassVar[frozenset[str]] = ScoredConfig.added | {"settled", "observed"}

    gamma: float = Field(default=0.95, ge=0.0, le=1.0)
    """Discount factor over offers."""
    horizon: int = Field(default=12, ge=1, le=1_000)
    """Most offers before the checkout."""
    kits: int = Field(default=3, ge=1, le=50)
    """Groups of items that are used together."""
    depth: int = Field(default=4, ge=2, le=20)
    """Levels of a kit, the item that customers come for included."""
    price_rise: float = Field(default=0.5, ge=0.0, le=2.0)
    """Added to the log price from one level of a kit to the next: an accessory of an accessory is expensive."""
    ready_made: float = Field(default=0.5, ge=0.0, le=2.0)
    """Added to the log price of what stands in for the rest of the kit."""
    price_spread: float = Field(default=0.2, ge=0.0, le=2.0)
    """Standard deviation of the rest of the log price."""
    margin_spread: float = Field(default=0.3, ge=0.0, lt=0.5)
    """Standard deviation of the items' margins, as a share of the mean margin."""
    price_median: float = Field(default=20.0, gt=0.0, le=100_000.0)
    """Currency units; for the metric `revenue` alone."""
    add_base: float = Field(default=-3.0, ge=-8.0, le=4.0)
    """Taking an affordable offer of mean appeal that nothing in the basket calls for."""
    appeal_spread: float = Field(default=0.6, ge=0.0, le=3.0)
    """Standard deviation of the items' appeal."""
    complement: float = Field(default=3.5, ge=0.0, le=8.0)
    """Added per unit of pull by what is in the basket."""
    substitute: float = Field(default=1.0, ge=0.0, le=2.0)
    """Pull that a ready-made item takes from the later levels of its kit."""
    stray: float = Field(default=0.15, ge=0.0, le=1.0)
    """Pull of an item on one item, drawn at random, of another kit."""
    again: float = Field(default=1.5, ge=0.0, le=8.0)
    """Taken from an offer that was declined before."""
    purse: float = Field(default=6.0, gt=0.0, le=1_000.0)
    """Median of what a middling customer can spend beside the item they came for."""
    purse_ratio: float = Field(default=2.0, ge=1.0, le=10.0)
    """How many times an easy purse exceeds a middling one, and a middling one a tight one."""
    purse_spread: float = Field(default=0.5, gt=0.0, le=3.0)
    """Standard deviation of the log of what can be spent, within customers of one purse."""
    annoyance_decay: float = Field(default=0.8, ge=0.0, lt=1.0)
    """Share of the annoyance left after an offer; each offer declined adds 1."""
    leave_base: float = Field(default=-3.0, ge=-10.0, le=4.0)
    """Going on to the checkout after an offer, or none, without annoyance."""
    leave_annoyance: float = Field(default=0.3, ge=0.0, le=5.0)
    """Added per unit of annoyance."""
    abandon_base: float = Field(default=-3.5, ge=-10.0, le=4.0)
    """Abandoning the basket at the checkout, without annoyance."""
    abandon_annoyance: float = Field(default=0.8, ge=0.0, le=5.0)
    """Added per unit of annoyance."""
    settled: Literal["at once", "at checkout"] = "at once"
    """When margins are a reward: as an offer is taken, to be lost with the basket; or all at the checkout, that of the
    item that the customer came for too."""
    observed: Literal["full", "partial"] = "full"
    """`partial`: states do not show the annoyance."""


class CartSimulator(Simulator):
    """A batch of customers; see `Cart` for the equations."""

    draws_at_start = 3
    draws_per_step = 3

    def __init__(self, task: Cart, n_users: int, seed: int | Sequence[int], users: Sequence[int] | None = None):
        super().__init__(task.action_count, task.horizon, n_users, seed, users)
        self.task, self.config = task, task.config

    def _begin(self, uniforms: np.ndarray) -> dict[str, np.ndarray]:
        task, customers = self.task, np.arange(uniforms.shape[1])
        purse = draw_category(uniforms[0], len(PURSES))
        came_for = draw_category(uniforms[1], self.config.kits)
        basket = np.zeros((len(customers), task.items), bool)
        basket[customers, came_for] = True
        return {
            "purse": purse,
            "can_spend": log_logistic(uniforms[2].astype(np.float64), task.purses[purse], self.config.purse_spread),
            "spent": np.zeros(len(customers)),
            "value": task.price[came_for],
            "at_stake": task.margin[came_for],
            "basket": basket,
            "declined": np.zeros((len(customers), task.items), bool),
            "annoyance": np.zeros(len(customers)),
        }

    def _react(self, actions: np.ndarray, uniforms: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        task, users, rows = self.task, self.users, np.arange(len(actions))
        offers, item = actions > 0, np.maximum(actions - 1, 0)
        price, margin, basket = task.price[item], task.margin[item], users["basket"]
        pull = (basket * task.pull.T[item]).sum(axis=1)
        affords = users["spent"] + price <= users["can_spend"]
        able = offers & affords & ~basket[rows, item]
        adds = able & (uniforms[0] < sigmoid(task.add_logit(item, pull, users["declined"][rows, item])))
        declines = offers & ~adds
        basket[rows, item] |= adds
        users["declined"][rows, item] |= declines
        users["spent"] = users["spent"] + adds * price
        users["value"] = users["value"] + adds * price
        users["at_stake"] = users["at_stake"] + adds * margin
        users["annoyance"] = self.config.annoyance_decay * users["annoyance"] + declines
        chances = task.leave_chances(users["annoyance"])
        leaves = (uniforms[1] < chances[0]) | (self.elapsed + 1 == self.horizon)
        abandons = leaves & (uniforms[2] < chances[1])
        offer = (adds, adds * margin, declines)
        if self.config.rollouts == "expected":
            self.means = self._outcomes(offer, leaves * chances[1], leaves * (1.0 - chances[1]))
        outcomes = self._outcomes(offer, abandons, leaves & ~abandons).astype(np.float32)
        return outcomes[:, 0], outcomes[:, 1:], leaves

    def _outcomes(self, offer: tuple[np.ndarray, ...], abandons: np.ndarray, pays: np.ndarray) -> np.ndarray:
        """(k, 1 + m) reward and metrics of a step.

        Args:
            offer: whether it was taken, the margin that it added, and whether it was declined.
            abandons, pays: how the session ended, or the chances of it for those whose session ends.
        """
        c, users, (adds, margin, declines) = self.config, self.users, offer
        at_once = c.settled == "at once"
        reward = margin - abandons * users["at_stake"] if at_once else pays * users["at_stake"]
        kits = users["basket"].reshape(len(adds), -1, c.kits).any(axis=1).sum(axis=1)
        revenue = c.price_median * pays * users["value"]
        return np.stack((reward, adds, pays, revenue, pays * kits, -declines.astype(np.float64)), axis=1)

    def _observe(self) -> np.ndarray:
        users = self.users
        purse = users["purse"][:, None] == np.arange(len(PURSES))
        time = np.full(len(purse), self.elapsed / self.horizon)
        annoyance = users["annoyance"] if self.config.observed == "full" else np.zeros(len(purse))
        columns = (purse, users["basket"], users["declined"], users["spent"], annoyance, time)
        return np.column_stack(columns).astype(np.float32)


class Cart(ScoredTask[CartConfig]):
    """Complements offered at the shopping cart: an offer that is taken calls for the next, one that is not annoys.

    A kit has levels: the item that customers come for, and at each further level a part and a ready-made item, which
    costs more and stands in for all that would follow. A customer begins with one first item in the basket and can
    spend so much more: log-logistic around the median of their purse (tight, middling, easy). The shop knows the purse,
    but not the amount. At each step it offers an item i, or nothing. Items have a price p, a margin m and an appeal a.
    W_ji is the pull of item j on item i: 1 from a part on both items of the next level of its kit, -substitute from a
    ready-made item on all later levels of its kit, and `stray` from each item on one of another kit.
    With sigma the logistic function, q the annoyance and b the basket:

        P(add)     = 1{spent + p_i <= can spend, i not in b} sigma(add_base + a_i + complement sum_j b_j W_ji
                     - again 1{declined before})
        q'         = annoyance_decay q + 1{offered and not added}
        P(leave)   = sigma(leave_base + leave_annoyance q'), and at the last step 1
        P(abandon) = sigma(abandon_base + abandon_annoyance q') at leaving; else the customer checks out
        reward     = m_i if added, less all margins in the basket if abandoned

    Rewards and prices are in units of the median price; m_i = p_i (1 + margin_spread x a standardised trait). A state
    is (purse one-hot, in the basket, declined before, spent, q, step / steps). Looking ahead pays because a cheap part
    opens expensive ones where the ready-made item, which earns more at once, closes the kit, because the purse is spent
    once, and because annoyance stays.

    Metrics per step: CTR = offer taken, CVR = checkout, revenue = price of the basket at the checkout, diversity = kits
    in the basket at the checkout, satisfaction = minus offers declined.

    The score `myopic` is the expected reward of the next step. `farsighted` adds, where the customer stays, the best
    offer after this one (margin and openings), and, if the offer is taken, what it opens: sum_k W_ik P(k is taken)
    (m_k + gamma x what k opens in its turn), over items not yet in the basket.

    The parts: complements and substitutes within a basket (McAuley, Pandey and Leskovec 2015; Ruiz, Athey and Blei
    2020, SHOPPER, whose customers think ahead), and why carts are abandoned (Kukar-Kinney and Close 2010).
    """

    id = "cart-v1"
    Config = CartConfig
    strata = CART
    metric_names = METRICS

    def __init__(self, config: CartConfig, seed: int = 0):
        super().__init__(config, seed)
        c, rng = config, np.random.default_rng(seed)
        # Slot 0 is what customers come for; each further level has a part and a ready-made item.
        slots = 2 * c.depth - 1
        self.items = c.kits * slots  # item = slot x kits + kit
        slot, kit = np.divmod(np.arange(self.items), c.kits)
        level, ready = (slot + 1) // 2, (slot > 0) & (slot % 2 == 0)
        self.appeal = c.appeal_spread * standardised_ranks(rng, self.items)
        rise = c.price_rise * (level - c.depth / 2) + c.ready_made * ready
        self.price = np.exp(rise + c.price_spread * standardised_ranks(rng, self.items))
        self.margin = self.price * (1.0 + c.margin_spread * standardised_ranks(rng, self.items))
        same_kit, later = kit[:, None] == kit, level - level[:, None]
        self.pull = 1.0 * (same_kit & ~ready[:, None] & (later == 1))
        self.pull -= c.substitute * (same_kit & ready[:, None] & (later > 0))
        others = [np.flatnonzero((kit != k) & (level > 0)) for k in kit]
        if c.kits > 1:
            self.pull[np.arange(self.items), [rng.choice(items) for items in others]] += c.stray
        self.purses = c.purse * c.purse_ratio ** np.array([-1.0, 0.0, 1.0])
        self.action_count = 1 + self.items
        kinds = np.where(ready, "ready-made", "part")
        names = (f"kit-{k} {kind}-{d}" for k, kind, d in zip(kit, kinds, level, strict=True))
        self.action_names = ("nothing", *names)
        blocks = (f"{block}_{i}" for block in ("basket", "declined") for i in range(self.items))
        self.observation_names = (*PURSES, *blocks, "spent", "annoyance", "time")

    # --- the customer ------------------------------------------------------------------------------------------
    def add_logit(self, items: np.ndarray, pull: np.ndarray, declined: np.ndarray) -> np.ndarray:
        """Log-odds that an affordable offer is taken; the arguments broadcast."""
        c = self.config
        return c.add_base + self.appeal[items] + c.complement * pull - c.again * declined

    def leave_chances(self, annoyance: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """P(leave), and P(abandon) of those who leave."""
        c = self.config
        leave = sigmoid(c.leave_base + c.leave_annoyance * annoyance)
        return leave, sigmoid(c.abandon_base + c.abandon_annoyance * annoyance)

    def simulator(self, n_users: int, seed: int | Sequence[int], users: Sequence[int] | None = None) -> CartSimulator:
        return CartSimulator(self, n_users, seed, users)

    @property
    def observation_bounds(self) -> tuple[np.ndarray, np.ndarray]:
        annoyance = 1.0 / (1.0 - self.config.annoyance_decay)
        high = [1.0] * (3 + 2 * self.items) + [float(self.price.sum()), annoyance, 1.0]
        # Sums may pass the limit of the series by a rounding.
        return np.zeros(len(high), np.float32), np.array(high, np.float32) + np.float32(1e-3)

    # --- scores ------------------------------------------------------------------------------------------------
    def scores(self) -> dict[str, QFunction]:
        return {"myopic": self.expected_reward, "farsighted": self.reward_and_openings}

    def expected_reward(self, states: np.ndarray) -> np.ndarray:
        """(n, A) expected reward of the next step, for nothing and for each item."""
        return self._now(states, self._taken(states))

    def reward_and_openings(self, states: np.ndarray) -> np.ndarray:
        """(n, A) expected reward, plus what an offer opens and what annoyance closes; see the class."""
        taken = self._taken(states)
        left = self.horizon - np.rint(states[:, -1:] * self.horizon) - 1.0
        annoyance = self.config.annoyance_decay * states[:, -2:-1].astype(np.float64)
        calm, sore = (1.0 - self.leave_chances(annoyance + extra)[0] for extra in (0.0, 1.0))
        reach = self.gamma * np.minimum(left, 1.0)
        wanted = 1.0 - states[:, 3 : 3 + self.items].astype(np.float64)
        opens = wanted @ self._openings.T
        best = (taken * (self.margin + opens)).max(axis=1, keepdims=True)
        ahead = np.column_stack((calm * best, taken * calm * (best + opens) + (1.0 - taken) * sore * best))
        return self._now(states, taken) + reach * ahead

    @cached_property
    def _openings(self) -> np.ndarray:
        """(items, items) what item j is worth once item i is in the basket, with all that it opens in its turn."""
        taken = sigmoid(self.config.add_base + self.appeal + self.config.complement)
        worth = np.zeros(self.items)
        for _ in range(self.config.depth):
            worth = taken * (self.margin + self.gamma * (self.pull * worth).sum(axis=1))
        return self.pull * worth

    def _taken(self, states: np.ndarray) -> np.ndarray:
        """(n, items) probability that each item is taken, by all that the shop knows of the purse."""
        purse = states[:, :3].argmax(axis=1)
        basket, declined = states[:, 3 : 3 + self.items], states[:, 3 + self.items : 3 + 2 * self.items]
        # In float64, so that a row alone and in a batch agree far below what a probability shows.
        pull = basket.astype(np.float64) @ self.pull
        spent = states[:, -3:-2].astype(np.float64)
        median, spread = self.purses[purse][:, None], self.config.purse_spread
        affords = log_logistic_above(spent + self.price, median, spread) / log_logistic_above(spent, median, spread)
        return (1.0 - basket) * affords * sigmoid(self.add_logit(np.arange(self.items), pull, declined))

    def _now(self, states: np.ndarray, taken: np.ndarray) -> np.ndarray:
        """(n, A) expected reward of the next step, given (n, items) the probability that each item is taken."""
        annoyance = self.config.annoyance_decay * states[:, -2:-1].astype(np.float64)
        last = np.rint(states[:, -1:] * self.horizon) >= self.horizon - 1
        lost = []
        for extra in (0.0, 1.0):
            leave, abandon = self.leave_chances(annoyance + extra)
            lost.append(np.where(last, 1.0, leave) * abandon)
        stake = (states[:, 3 : 3 + self.items] * self.margin).sum(axis=1, keepdims=True)
        offers = taken * (self.margin - lost[0] * (stake + self.margin)) - (1.0 - taken) * lost[1] * stake
        return np.column_stack((-lost[0] * stake, offers))
