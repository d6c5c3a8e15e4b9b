"""`retention-v1`: each week a push message, a small coupon, a large coupon or nothing, for customers who may leave."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

import numpy as np
from pydantic import Field, model_validator

from ...policies import QFunction
from ..policy_ladder import ScoredConfig, ScoredTask
from ..simulator import Simulator
from .shared.draws import draw_group, sigmoid
from .shared.grid import Grid
from .shared.state_columns import one_hot, whole
from .shared.strata import RETENTION

METRICS = ("CVR", "revenue", "discount", "retained")
SEGMENTS = ("loyal", "ordinary", "thrifty")
ACTIONS = ("nothing", "push", "small coupon", "large coupon")


class RetentionConfig(ScoredConfig):
    """Parameters of the shop; log-odds unless said otherwise."""

    gamma: float = Field(default=0.95, ge=0.0, le=1.0)
    """Discount factor over weeks."""
    margin: float = Field(default=0.4, gt=0.0, le=1.0)
    """What the shop earns on a basket at full price, as a share of its price."""
    small: float = Field(default=0.08, ge=0.0, le=1.0)
    """Small coupon, as a share of the basket's price."""
    large: float = Field(default=0.2, gt=0.0, le=1.0)
    """Large coupon, as a share of the basket's price; at least the small one."""
    send_cost: float = Field(default=0.002, ge=0.0, le=1.0)
    """Cost of any message, as a share of the basket's price."""
    basket: float = Field(default=40.0, gt=0.0, le=100_000.0)
    """Price of a basket in currency units; for the metric `revenue` alone."""
    buy_base: float = Field(default=-1.5, ge=-8.0, le=4.0)
    """Purchase in a week by an ordinary customer without habit, message or coupon."""
    buy_spread: float = Field(default=0.5, ge=0.0, le=4.0)
    """How much more readily loyal customers buy than ordinary ones, and how much less thrifty ones do."""
    buy_habit: float = Field(default=0.5, ge=0.0, le=4.0)
    """Added to the purchase per unit of habit."""
    buy_reminded: float = Field(default=0.6, ge=0.0, le=4.0)
    """Added to the purchase by any message."""
    buy_coupon: float = Field(default=8.0, ge=0.0, le=40.0)
    """Added to the purchase per unit of coupon, for an ordinary customer."""
    coupon_spread: float = Field(default=0.5, ge=0.0, le=1.0)
    """Share by which thrifty customers respond more to a coupon, and loyal ones less."""
    buy_addicted: float = Field(default=1.5, ge=0.0, le=10.0)
    """Taken from the purchase of a customer who is fully used to coupons: what is usual is not a treat."""
    habit_decay: float = Field(default=0.7, ge=0.0, lt=1.0)
    """Share of habit left after a week; each purchase adds 1."""
    addiction_decay: float = Field(default=0.92, ge=0.0, lt=1.0)
    """Share of addiction left after a week; a purchase with a coupon adds up to what is missing to 1."""
    leave_base: float = Field(default=-1.5, ge=-10.0, le=4.0)
    """Leaving after a week, without habit, message or coupon."""
    leave_habit: float = Field(default=1.5, ge=0.0, le=10.0)
    """Taken from leaving per unit of habit after the week."""
    leave_message: float = Field(default=0.8, ge=0.0, le=5.0)
    """Added to leaving by any message: it annoys, and offers to unsubscribe."""
    leave_coupon: float = Field(default=0.6, ge=0.0, le=5.0)
    """Taken from leaving by a large coupon, in part by a small one."""
    shop_spread: float = Field(default=0.15, ge=0.0, le=1.0)
    """How much the segments differ from shop to shop: standard deviation of base and of log response to coupons."""

    @model_validator(mode="after")
    def _coupons_rise(self) -> RetentionConfig:
        if self.small > self.large:
            raise ValueError(f"the small coupon {self.small} is larger than the large one {self.large}")
        return self


class RetentionSimulator(Simulator):
    """A batch of customers; see `Retention` for the equations."""

    draws_at_start = 2
    draws_per_step = 2

    def __init__(self, task: Retention, n_users: int, seed: int | Sequence[int], users: Sequence[int] | None = None):
        super().__init__(task.action_count, task.horizon, n_users, seed, users)
        self.task, self.config = task, task.config

    def _begin(self, uniforms: np.ndarray) -> dict[str, np.ndarray]:
        segment = draw_group(uniforms[0], self.task.shares)
        return {"segment": segment, "habit": uniforms[1].astype(np.float64), "addiction": np.zeros(len(segment))}

    def _react(self, actions: np.ndarray, uniforms: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        c, task, users = self.config, self.task, self.users
        habit, addiction = users["habit"], users["addiction"]
        chance = task.buy_chance(users["segment"], habit, addiction, actions)
        buy = uniforms[0] < chance
        users["habit"], users["addiction"] = task.after(habit, addiction, actions, buy)
        leaves = uniforms[1] < task.leave_chance(users["habit"], actions)
        if c.rollouts == "expected":
            self.means = self._outcomes(chance, actions, ~leaves)
        outcomes = self._outcomes(buy, actions, ~leaves).astype(np.float32)
        return outcomes[:, 0], outcomes[:, 1:], leaves

    def _outcomes(self, buy: np.ndarray, actions: np.ndarray, stays: np.ndarray) -> np.ndarray:
        """(k, 1 + m) reward and metrics of a week, from purchases or the chances of them."""
        c, coupon = self.config, self.task.coupon[actions]
        reward = (buy * (c.margin - coupon) - c.send_cost * (actions > 0)) / c.margin
        return np.stack((reward, buy, buy * (1.0 - coupon) * c.basket, coupon, stays), axis=1)

    def _observe(self) -> np.ndarray:
        users = self.users
        time = np.full(len(users["habit"]), self.elapsed / self.horizon)
        segment = one_hot(users["segment"], len(SEGMENTS))
        return np.column_stack((segment, users["habit"], users["addiction"], time)).astype(np.float32)


class Retention(ScoredTask[RetentionConfig]):
    """A push message, a small coupon, a large coupon or nothing: what keeps a customer, and what spoils them.

    An episode is a customer, a step a week. The customer belongs to a known segment g (loyal, ordinary, thrifty), and
    has a habit h and an addiction to coupons d in [0, 1]. A move a sends a message (m_a = 1 but for nothing) with a
    coupon v_a (0 for nothing and push); k_a = v_a / large. With sigma the logistic function:

        P(buy)   = sigma(base_g + buy_habit h + buy_reminded m_a + response_g v_a - buy_addicted d)
        h'       = habit_decay h + buy
        d'       = addiction_decay d + (1 - addiction_decay) buy k_a
        P(leave) = sigma(leave_base - leave_habit h' + leave_message m_a - leave_coupon k_a)
        reward   = [buy (margin - v_a) - send_cost m_a] / margin        (a purchase at full price earns 1)

    A state is (g one-hot, h, d, week / weeks): h and d follow from what was sent and bought. Looking ahead pays in both
    directions: a coupon that loses money today builds the habit that keeps a new customer, and one that earns money
    today teaches a good customer to wait for the next; a message that sells a little now makes people unsubscribe.

    Metrics per week: CVR = purchase, revenue = price paid, discount = coupon sent, retained = the customer stays (the
    proxy of satisfaction).

    The score `myopic` is the expected reward of the week; `farsighted` is the optimal Q by dynamic programming on a
    grid of h and d with linear interpolation, for the weeks that are left.

    Churn as a hazard that recent purchases lower: Fader, Hardie and Lee (2005), Ascarza (2018, target who responds and
    not who is at risk); coupons that teach to wait: Anderson and Simester (2004, long-run effects of promotion depth),
    Mela, Gupta and Lehmann (1997); mailing as a Markov decision process: Gonul and Shi (1998), Simester, Sun and
    Tsitsiklis (2006).
    """

    id = "retention-v1"
    Config = RetentionConfig
    strata = RETENTION
    metric_names = METRICS
    action_names = ACTIONS
    action_count = len(ACTIONS)
    observation_names = (*SEGMENTS, "habit", "addiction", "time")

    def __init__(self, config: RetentionConfig, seed: int = 0):
        super().__init__(config, seed)
        c, rng = config, np.random.default_rng(seed)
        side = np.array([1.0, 0.0, -1.0])
        self.base = c.buy_base + c.buy_spread * side + c.shop_spread * rng.standard_normal(3)
        response = c.buy_coupon * (1.0 - c.coupon_spread * side)
        self.response = response * np.exp(c.shop_spread * rng.standard_normal(3))
        self.shares = rng.dirichlet(np.full(3, 20.0))
        self.coupon = np.array([0.0, 0.0, c.small, c.large])

    # --- the customer ------------------------------------------------------------------------------------------
    def buy_chance(
        self, segment: np.ndarray, habit: np.ndarray, addiction: np.ndarray, moves: np.ndarray
    ) -> np.ndarray:
        """P(buy); the arguments broadcast."""
        c = self.config
        lift = c.buy_reminded * (moves > 0) + self.response[segment] * self.coupon[moves]
        return sigmoid(self.base[segment] + c.buy_habit * habit - c.buy_addicted * addiction + lift)

    def after(
        self, habit: np.ndarray, addiction: np.ndarray, moves: np.ndarray, buy: np.ndarray | float
    ) -> tuple[np.ndarray, np.ndarray]:
        """Habit and addiction after a week."""
        c = self.config
        used = buy * self.coupon[moves] / c.large
        return c.habit_decay * habit + buy, c.addiction_decay * addiction + (1.0 - c.addiction_decay) * used

    def leave_chance(self, habit: np.ndarray, moves: np.ndarray) -> np.ndarray:
        """P(leave) at the habit after the week; the arguments broadcast."""
        c = self.config
        gift = c.leave_coupon * self.coupon[moves] / c.large
        return sigmoid(c.leave_base - c.leave_habit * habit + c.leave_message * (moves > 0) - gift)

    def simulator(
        self, n_users: int, seed: int | Sequence[int], users: Sequence[int] | None = None
    ) -> RetentionSimulator:
        return RetentionSimulator(self, n_users, seed, users)

    @property
    def observation_bounds(self) -> tuple[np.ndarray, np.ndarray]:
        most = 1.0 / (1.0 - self.config.habit_decay)
        # Sums may pass the limit of the series by a rounding.
        return np.zeros(6, np.float32), np.array([1.0, 1.0, 1.0, most, 1.0, 1.0], np.float32) + np.float32(1e-3)

    # --- scores ------------------------------------------------------------------------------------------------
    def scores(self) -> dict[str, QFunction]:
        return {"myopic": self.expected_reward, "farsighted": self.optimal}

    def expected_reward(self, states: np.ndarray) -> np.ndarray:
        """(n, 4) expected reward of each move in the next week."""
        segment = states[:, :3].argmax(axis=1)[:, None]
        return self._earned(self.buy_chance(segment, states[:, 3:4], states[:, 4:5], np.arange(4)))

    def _earned(self, chance: np.ndarray) -> np.ndarray:
        c = self.config
        return (chance * (c.margin - self.coupon) - c.send_cost * (np.arange(4) > 0)) / c.margin

    def optimal(self, states: np.ndarray) -> np.ndarray:
        """(n, 4) optimal Q, interpolated; see the class."""
        week = whole(states[:, 5], self.horizon, self.horizon)
        return self._grid.at(self._q, (week, states[:, :3].argmax(axis=1)), states[:, 3], states[:, 4])

    @cached_property
    def _grid(self) -> Grid:
        return Grid(np.linspace(0.0, 1.0 / (1.0 - self.config.habit_decay), 31), np.linspace(0.0, 1.0, 21))

    @cached_property
    def _q(self) -> np.ndarray:
        """(weeks, 3, grid, grid, 4) optimal Q by backward induction."""
        moves, segment = np.arange(4), np.arange(3)[:, None, None, None]
        habit, addiction = (axis[..., None] for axis in np.meshgrid(*self._grid.axes, indexing="ij"))
        buy = self.buy_chance(segment, habit, addiction, moves)
        ways = []
        for chance, bought in ((1.0 - buy, 0.0), (buy, 1.0)):
            after = np.broadcast_arrays(*self.after(habit, addiction, moves, bought))
            ways.append((chance * (1.0 - self.leave_chance(after[0], moves)), self._grid.weights(*after)))
        return np.stack(list(self._grid.backward_induction(self._earned(buy), ways, self.gamma, self.horizon))[::-1])
