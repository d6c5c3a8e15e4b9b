"""`pricing-v1`: the discount shown at each visit, and customers who remember what they were shown."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

import numpy as np
from pydantic import Field, field_validator

from ...policies import QFunction
from ..policy_ladder import ScoreBlend, ScoredConfig, ScoredTask
from ..simulator import Simulator
from .shared.draws import draw_group, sigmoid
from .shared.grid import Grid
from .shared.strata import PRICING

METRICS = ("CVR", "revenue", "discount", "satisfaction")
SEGMENTS = ("loyal", "ordinary", "thrifty")


class PricingConfig(ScoredConfig):
    """Parameters of the shop; prices as a share of the list price, the rest log-odds unless said otherwise."""

    gamma: float = Field(default=0.95, ge=0.0, le=1.0)
    """Discount factor over visits."""
    service: ScoreBlend = ScoreBlend(score={"myopic": 1.0}, noise=0.2, tau=0.7, epsilon=0.05)
    """The behaviour policy; with few levels, a larger error could lose to random."""
    discounts: tuple[float, ...] = (0.0, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4)
    """The discount levels that may be shown."""
    cost: float = Field(default=0.5, ge=0.0, le=0.9)
    """What the shop pays for the product."""
    list_price: float = Field(default=20.0, gt=0.0, le=100_000.0)
    """In currency units; for the metric `revenue` alone."""
    buy_base: float = Field(default=-0.6, ge=-8.0, le=4.0)
    """Purchase by an ordinary customer at the list price, if they expect that price and have none left."""
    buy_spread: float = Field(default=0.6, ge=0.0, le=4.0)
    """How much more readily loyal customers buy than ordinary ones, and how much less thrifty ones do."""
    elasticity: float = Field(default=4.0, ge=0.0, le=20.0)
    """Added to the purchase per unit of price taken off, for an ordinary customer."""
    elasticity_spread: float = Field(default=0.5, ge=0.0, le=1.0)
    """Share by which thrifty customers respond more to the price, and loyal ones less."""
    gain: float = Field(default=4.0, ge=0.0, le=40.0)
    """Added per unit of price below what the customer expects."""
    loss: float = Field(default=8.0, ge=0.0, le=40.0)
    """Taken per unit of price above what the customer expects; losses weigh more than gains."""
    memory: float = Field(default=0.8, ge=0.0, lt=1.0)
    """Share of the reference price that is left after a visit; the rest is the price shown."""
    stock_weight: float = Field(default=1.0, ge=0.0, le=10.0)
    """Taken from the purchase per unit of the product still at home."""
    stock_decay: float = Field(default=0.7, ge=0.0, lt=1.0)
    """Share of the stock at home that is left at the next visit."""
    leave_base: float = Field(default=-3.5, ge=-10.0, le=4.0)
    """Not coming back after a visit."""
    leave_loss: float = Field(default=4.0, ge=0.0, le=40.0)
    """Added per unit of price above what the customer expects."""
    shop_spread: float = Field(default=0.15, ge=0.0, le=1.0)
    """How much the segments differ from shop to shop: standard deviation of base and of log elasticity."""

    @field_validator("discounts")
    @classmethod
    def _rise(cls, levels: tuple[float, ...]) -> tuple[float, ...]:
        if len(levels) < 2 or min(levels) < 0 or max(levels) >= 1 or list(levels) != sorted(set(levels)):
            raise ValueError("discounts must be two or more rising numbers in [0, 1)")
        return levels


class PricingSimulator(Simulator):
    """A batch of customers; see `Pricing` for the equations."""

    draws_at_start = 2
    draws_per_step = 2

    def __init__(self, task: Pricing, n_users: int, seed: int | Sequence[int], users: Sequence[int] | None = None):
        super().__init__(task.action_count, task.horizon, n_users, seed, users)
        self.task, self.config = task, task.config

    def _begin(self, uniforms: np.ndarray) -> dict[str, np.ndarray]:
        segment = draw_group(uniforms[0], self.task.shares)
        # Nobody knows what was shown before: between the lowest price and the list price.
        reference = self.task.lowest + (1.0 - self.task.lowest) * uniforms[1]
        return {"segment": segment, "reference": reference.astype(np.float64), "stock": np.zeros(len(segment))}

    def _react(self, actions: np.ndarray, uniforms: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        c, users, price = self.config, self.users, self.task.prices[actions]
        reference, stock = users["reference"], users["stock"]
        chance = self.task.buy_chance(users["segment"], reference, stock, price)
        buy = uniforms[0] < chance
        leaves = uniforms[1] < self.task.leave_chance(reference, price)
        users["reference"], users["stock"] = self.task.after(reference, stock, price, buy)
        if c.rollouts == "expected":
            self.means = self._outcomes(chance, price, reference)
        outcomes = self._outcomes(buy, price, reference).astype(np.float32)
        return outcomes[:, 0], outcomes[:, 1:], leaves

    def _outcomes(self, buy: np.ndarray, price: np.ndarray, reference: np.ndarray) -> np.ndarray:
        """(k, 1 + m) reward and metrics of a visit, from purchases or the chances of them."""
        c = self.config
        reward = buy * (price - c.cost) / (1.0 - c.cost)
        return np.stack((reward, buy, buy * price * c.list_price, 1.0 - price, buy * (reference - price)), axis=1)

    def _observe(self) -> np.ndarray:
        users = self.users
        segment = users["segment"][:, None] == np.arange(len(SEGMENTS))
        time = np.full(len(segment), self.elapsed / self.horizon)
        return np.column_stack((segment, users["reference"], users["stock"], time)).astype(np.float32)


class Pricing(ScoredTask[PricingConfig]):
    """The discount shown at each visit: what sells today teaches the customer to wait for tomorrow's price.

    A customer comes back visit after visit, belongs to a known segment g (loyal, ordinary, thrifty), expects a
    reference price r and has a stock h of the product at home. With sigma the logistic function, p = 1 - discount:

        P(buy)   = sigma(base_g + elasticity_g (1 - p) + gain (r - p)_+ - loss (p - r)_+ - stock_weight h)
        P(leave) = sigma(leave_base + leave_loss (p - r)_+)
        r'       = memory r + (1 - memory) p
        h'       = stock_decay h + buy
        reward   = buy (p - cost) / (1 - cost)            (a sale at the list price earns 1)

    A state is (g one-hot, r, h, visit / visits): r and h follow from what was shown and bought. Looking ahead pays
    because each discount lowers the reference price, and because a sale today is partly one that is missing tomorrow.

    Metrics per visit: CVR = purchase, revenue = price paid, discount = level shown, satisfaction = what a buyer saved
    against the price expected.

    The score `myopic` is the expected reward of the visit; `farsighted` is the optimal Q by dynamic programming on a
    grid of r and h with linear interpolation, for the visits that are left.

    Reference prices: Winer (1986), Kalyanaram and Winer (1995, losses weigh more); that a short-sighted shop prices too
    low: Kopalle, Rao and Assuncao (1996), Popescu and Wu (2007, Dynamic Pricing Strategies with Reference Effects);
    stockpiling on sale: Hendel and Nevo (2006).
    """

    id = "pricing-v1"
    Config = PricingConfig
    strata = PRICING
    metric_names = METRICS
    observation_names = (*SEGMENTS, "reference_price", "stock", "time")

    def __init__(self, config: PricingConfig, seed: int = 0):
        super().__init__(config, seed)
        c, rng = config, np.random.default_rng(seed)
        side = np.array([1.0, 0.0, -1.0])
        self.base = c.buy_base + c.buy_spread * side + c.shop_spread * rng.standard_normal(3)
        slope = c.elasticity * (1.0 - c.elasticity_spread * side)
        self.slope = slope * np.exp(c.shop_spread * rng.standard_normal(3))
        self.shares = rng.dirichlet(np.full(3, 20.0))
        self.prices = 1.0 - np.asarray(c.discounts)
        self.lowest = float(self.prices.min())
        self.action_count = len(self.prices)
        self.action_names = tuple(f"{100 * level:g}%" for level in c.discounts)

    # --- the customer ------------------------------------------------------------------------------------------
    def buy_chance(
        self, segment: np.ndarray, reference: np.ndarray, stock: np.ndarray, price: np.ndarray
    ) -> np.ndarray:
        """P(buy); the arguments broadcast."""
        c = self.config
        felt = c.gain * np.maximum(reference - price, 0.0) - c.loss * np.maximum(price - reference, 0.0)
        return sigmoid(self.base[segment] + self.slope[segment] * (1.0 - price) + felt - c.stock_weight * stock)

    def leave_chance(self, reference: np.ndarray, price: np.ndarray) -> np.ndarray:
        """P(leave); the arguments broadcast."""
        return sigmoid(self.config.leave_base + self.config.leave_loss * np.maximum(price - reference, 0.0))

    def after(
        self, reference: np.ndarray, stock: np.ndarray, price: np.ndarray, buy: np.ndarray | float
    ) -> tuple[np.ndarray, np.ndarray]:
        """Reference price and stock at the next visit."""
        c = self.config
        return c.memory * reference + (1.0 - c.memory) * price, c.stock_decay * stock + buy

    def simulator(
        self, n_users: int, seed: int | Sequence[int], users: Sequence[int] | None = None
    ) -> PricingSimulator:
        return PricingSimulator(self, n_users, seed, users)

    @property
    def observation_bounds(self) -> tuple[np.ndarray, np.ndarray]:
        most = 1.0 / (1.0 - self.config.stock_decay)
        low, high = [0.0, 0.0, 0.0, self.lowest, 0.0, 0.0], [1.0, 1.0, 1.0, 1.0, most, 1.0]
        # Sums may pass the limit of the series by a rounding.
        return np.array(low, np.float32) - np.float32(1e-3), np.array(high, np.float32) + np.float32(1e-3)

    # --- scores ------------------------------------------------------------------------------------------------
    def scores(self) -> dict[str, QFunction]:
        return {"myopic": self.expected_reward, "farsighted": self.optimal}

    def expected_reward(self, states: np.ndarray) -> np.ndarray:
        """(n, A) expected reward of the next visit at each discount level."""
        segment = states[:, :3].argmax(axis=1)[:, None]
        chance = self.buy_chance(segment, states[:, 3:4], states[:, 4:5], self.prices)
        return chance * (self.prices - self.config.cost) / (1.0 - self.config.cost)

    def optimal(self, states: np.ndarray) -> np.ndarray:
        """(n, A) optimal Q, interpolated; see the class."""
        segment = states[:, :3].argmax(axis=1)
        time = np.clip(np.rint(states[:, 5] * self.horizon).astype(np.int64), 0, self.horizon - 1)
        return self._grid.at(self._q, (time, segment), states[:, 3], states[:, 4])

    @cached_property
    def _grid(self) -> Grid:
        return Grid(np.linspace(self.lowest, 1.0, 31), np.linspace(0.0, 1.0 / (1.0 - self.config.stock_decay), 26))

    @cached_property
    def _q(self) -> np.ndarray:
        """(horizon, 3, grid, grid, A) optimal Q by backward induction."""
        c, price = self.config, self.prices
        segment = np.arange(3)[:, None, None, None]
        reference, stock = (axis[..., None] for axis in np.meshgrid(*self._grid.axes, indexing="ij"))
        chance = self.buy_chance(segment, reference, stock, price)
        earned = chance * (price - c.cost) / (1.0 - c.cost)
        stays = 1.0 - self.leave_chance(reference, price)
        idle, bought = (np.broadcast_arrays(*self.after(reference, stock, price, buy)) for buy in (0.0, 1.0))
        ways = [(stays * (1.0 - chance), self._grid.weights(*idle)), (stays * chance, self._grid.weights(*bought))]
        return np.stack(list(self._grid.backward_induction(earned, ways, c.gamma, self.horizon))[::-1])
